"""Several rounds together: only when they measure the same, and without a line across a change of protocol."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import BadInput
from results.statistics import Counts
from results.statistics.meta import Study, beside, combine, paule_mandel, ratio_of_pairs, ratio_of_totals
from results.statistics.trend import RoundPoint, trend

# BR Data / DER SPIEGEL, field work of 2016: Arabic, Italian, Polish, Turkish name.
GERMAN = {
    "arabic": Counts(464, 307, 80, 1883),
    "italian": Counts(600, 184, 110, 1859),
    "polish": Counts(532, 237, 128, 1877),
    "turkish": Counts(504, 293, 85, 1908),
}
STUDIES = tuple(ratio_of_pairs(name, "uitnodiging", counts) for name, counts in GERMAN.items())


def studies(effects: list[float], variances: list[float]) -> tuple[Study, ...]:
    return tuple(Study(str(i), "log", y, v) for i, (y, v) in enumerate(zip(effects, variances, strict=True)))


def test_the_ratio_of_totals_has_the_variance_of_separate_groups() -> None:
    study = ratio_of_totals("a", "uitnodiging", 771, 2734, 544, 2734)
    assert study.effect == pytest.approx(np.log(544 / 771))
    assert study.variance == pytest.approx(1 / 544 - 1 / 2734 + 1 / 771 - 1 / 2734)


def test_the_ratio_of_pairs_is_the_same_with_a_smaller_variance() -> None:
    pairs = ratio_of_pairs("a", "uitnodiging", GERMAN["arabic"])
    totals = ratio_of_totals("a", "uitnodiging", 771, 2734, 544, 2734)
    assert pairs.effect == pytest.approx(totals.effect)
    assert pairs.variance == pytest.approx(387 / (771 * 544))
    assert pairs.variance < totals.variance


@pytest.mark.parametrize(("method", "name"), [("dl", "dl"), ("pm", "pm")])
def test_between_study_variance_mean_and_interval_are_statsmodels_ones(method: Any, name: str) -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    y, v = np.array([s.effect for s in STUDIES]), np.array([s.variance for s in STUDIES])
    theirs = combine_effects(y, v, method_re=name, use_t=True)
    ours = combine(STUDIES, method)
    assert ours.tau2 == pytest.approx(theirs.tau2, rel=1e-4)
    assert ours.mean.value == pytest.approx(theirs.mean_effect_re, rel=1e-6)
    assert (ours.mean.low, ours.mean.high) == pytest.approx(theirs.conf_int()[3], rel=1e-4)  # Hartung-Knapp
    assert ours.q == pytest.approx(theirs.q)
    assert ours.i2 == pytest.approx(theirs.i2)


# Nine laboratories, Kacker (2004), Metrologia 41:132. The numbers are those of R's metafor, rma(method = "DL" or "PM",
# test = "knha"), as printed in the tests of statsmodels (BSD-3).
KACKER = (
    [61.00, 61.40, 62.21, 62.30, 62.34, 62.60, 62.70, 62.84, 65.90],
    [0.2025, 1.2100, 0.0900, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225],
)


def test_the_printed_numbers_of_metafor_come_out() -> None:
    dl, pm = combine(studies(*KACKER), "dl"), combine(studies(*KACKER), "pm")
    assert (dl.tau2, dl.mean.value) == pytest.approx((0.288049246973751, 62.3901386044504), rel=1e-10)
    assert dl.mean.low == pytest.approx(61.710383798052, rel=1e-10)
    assert (pm.tau2, pm.mean.value) == pytest.approx((0.705395309224248, 62.4076199113286), rel=1e-9)
    assert (dl.q, dl.p_heterogeneity) == pytest.approx((24.801897741835, 0.00167935146372742), rel=1e-10)
    assert dl.i2 == pytest.approx(0.67744403741711, rel=1e-10)
    assert np.sqrt(pm.tau2) == pytest.approx(0.8399, abs=6e-5)  # Kacker's own table 1


def test_restricted_likelihood_has_no_slope_at_its_maximum() -> None:
    y, v = np.array([0.1, 0.5, -0.2, 0.9]), np.array([0.02, 0.05, 0.03, 0.08])
    tau2 = combine(studies(y.tolist(), v.tolist()), "reml").tau2
    w = 1 / (v + tau2)
    mean = w @ y / w.sum()
    score = (w**2 @ (y - mean) ** 2) - w.sum() + (w**2).sum() / w.sum()
    assert tau2 > 0
    assert score == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("method", ["dl", "pm", "reml"])
def test_studies_that_hardly_differ_have_no_variance_between_them(method: Any) -> None:
    found = combine(studies([0.10, 0.11, 0.09], [0.04, 0.05, 0.06]), method)
    assert (found.tau2, found.i2) == (0, 0)


@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.001, 1)), min_size=3, max_size=12),
    st.sampled_from(["dl", "pm", "reml"]),
)
def test_the_mean_lies_among_the_studies_and_the_prediction_around_its_interval(
    rows: list[tuple[float, float]], method: Any
) -> None:
    found = combine(studies([y for y, _ in rows], [v for _, v in rows]), method)
    assert found.tau2 >= 0
    assert sum(found.weights) == pytest.approx(1)
    assert found.mean.value is not None
    assert min(y for y, _ in rows) - 1e-9 <= found.mean.value <= max(y for y, _ in rows) + 1e-9
    if found.mean.low is not None:
        assert found.prediction is not None
        assert found.prediction[0] <= found.mean.low


def test_paule_and_mandel_bring_q_down_to_its_degrees_of_freedom() -> None:
    y, v = np.array([0.0, 1.0, 2.0, 0.5]), np.array([0.1, 0.1, 0.2, 0.05])
    w = 1 / (v + paule_mandel(y, v))
    assert w @ (y - w @ y / w.sum()) ** 2 == pytest.approx(3)


def test_two_studies_have_no_prediction_and_equal_ones_no_interval() -> None:
    assert combine(STUDIES[:2]).prediction is None
    equal = combine(studies([0.5, 0.5], [0.1, 0.2])).mean
    assert (equal.low, equal.high) == (None, None)
    assert "geen interval" in equal.convention


def test_a_round_stands_beside_published_ones_of_the_same_convention_only() -> None:
    own = ratio_of_pairs("eigen ronde", "uitnodiging", Counts(60, 20, 10, 110))
    assert [row.name for row in beside(own, STUDIES)] == ["eigen ronde", *GERMAN]
    with pytest.raises(BadInput, match="convention-differs"):
        beside(replace(own, convention="log odds"), STUDIES)
    with pytest.raises(BadInput, match="convention-differs"):
        combine([ratio_of_pairs("a", "elk antwoord", GERMAN["polish"]), *STUDIES])


def points(*rows: tuple[float, str, float, float]) -> list[RoundPoint]:
    return [RoundPoint(at, protocol, Study(str(at), "net", y, v)) for at, protocol, y, v in rows]


def test_a_straight_line_is_found_with_its_slope() -> None:
    (segment,) = trend(points((2023, "a", 0.10, 0.001), (2025, "a", 0.06, 0.004), (2024, "a", 0.08, 0.002)))
    assert segment.slope is not None
    assert segment.slope.value == pytest.approx(-0.02)
    assert (segment.start, segment.end) == (pytest.approx(0.10), pytest.approx(0.06))


def test_no_line_is_drawn_across_a_change_of_protocol() -> None:
    found = trend(points((2021, "a", 0.1, 0.1), (2022, "a", 0.2, 0.1), (2023, "b", 0.9, 0.1), (2024, "a", 0.0, 0.1)))
    assert [segment.protocol for segment in found] == ["a", "b", "a"]
    assert [segment.slope is None for segment in found] == [False, True, True]


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("no-ratio", lambda: ratio_of_totals("a", "x", 0, 10, 5, 10)),
        ("no-ratio", lambda: ratio_of_totals("a", "x", 11, 10, 5, 10)),
        ("no-ratio", lambda: ratio_of_pairs("a", "x", Counts(5, 0, 0, 5))),
        ("too-few-studies", lambda: combine(STUDIES[:1])),
        ("not-a-variance", lambda: combine(studies([1.0, 2.0], [0.1, 0.0]))),
        ("not-a-variance", lambda: combine(studies([1.0, float("nan")], [0.1, 0.1]))),
        ("no-rounds", lambda: trend([])),
        ("same-moment", lambda: trend(points((2021, "a", 0.1, 0.1), (2021, "b", 0.2, 0.1)))),
        ("not-a-variance", lambda: trend(points((2021, "a", 0.1, 0.1), (2022, "a", 0.2, -0.1)))),
    ],
)
def test_studies_that_cannot_go_together_are_refused_by_name(code: str, wrong: Any) -> None:
    with pytest.raises(BadInput, match=code):
        wrong()
