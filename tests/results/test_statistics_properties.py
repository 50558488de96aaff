"""What must hold for every table, not only for the published ones."""

import json
import subprocess
import sys
from math import isfinite

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.inter_rater import cohens_kappa as statsmodels_kappa

from profiles.errors import BadInput
from results.statistics import Analysis, Counts, Estimate, analyse, benjamini_hochberg, cohens_kappa, holm
from results.statistics.numeric import normal_quantile

cell = st.integers(0, 12) | st.integers(0, 4000)
tables = st.builds(Counts, cell, cell, cell, cell).filter(lambda counts: counts.n > 0)
ALPHA, ROUNDING = 0.05, 1e-6
net_methods = ("tango", "newcombe10", "bonett_price", "agresti_min", "wald", "wald_cc")


def everything(counts: Counts, level: float = 0.95) -> Analysis:
    return analyse(counts, level=level, all_methods=True)


def limits(estimate: Estimate) -> tuple[float | None, float | None]:
    return estimate.low, estimate.high


def swapped(counts: Counts) -> Counts:
    return Counts(counts.c11, counts.c01, counts.c10, counts.c00)


@given(tables)
@example(Counts(0, 0, 0, 1))
@example(Counts(0, 3, 0, 0))
@example(Counts(0, 0, 3, 0))
@example(Counts(5, 0, 0, 0))
def test_no_result_is_ever_infinite_or_not_a_number(counts: Counts) -> None:
    analysis = everything(counts)
    numbers = [n for e in analysis.estimates for n in (e.value, e.low, e.high) if n is not None]
    assert all(isfinite(number) for number in numbers)
    assert all(0 <= test.p <= 1 for test in analysis.tests)


@pytest.mark.long
@given(tables)
@example(Counts(0, 3, 0, 0))
@example(Counts(0, 4000, 0, 0))
def test_an_interval_contains_its_estimate(counts: Counts) -> None:
    for estimate in everything(counts).estimates:
        value, slack = estimate.value, 1e-9
        if value is not None and estimate.low is not None:
            assert estimate.low <= value + slack * max(1, value), estimate
        if value is not None and estimate.high is not None:
            assert value - slack * max(1, value) <= estimate.high, estimate


@pytest.mark.long
@given(tables)
def test_a_difference_over_all_or_usable_pairs_stays_between_minus_one_and_one(counts: Counts) -> None:
    for estimate in everything(counts).estimates:
        if estimate.name == "net_discrimination" and estimate.over != "relative":
            assert all(-1 <= number <= 1 for number in (*limits(estimate), estimate.value) if number is not None)


@pytest.mark.long
@given(tables)
def test_swapping_the_arms_mirrors_every_difference(counts: Counts) -> None:
    here, there = everything(counts), everything(swapped(counts))
    for over in ("all", "usable"):
        for method in net_methods:
            if over == "usable" and method == "wald_cc":
                continue
            one, other = (a.estimate("net_discrimination", over, method) for a in (here, there))
            if one.low is None or one.high is None:
                assert limits(other) == (None, None)
            else:
                assert limits(other) == (pytest.approx(-one.high, abs=1e-9), pytest.approx(-one.low, abs=1e-9))
    assert [test.p for test in here.tests] == [pytest.approx(test.p, rel=1e-12) for test in there.tests]


@pytest.mark.long
@given(tables)
def test_swapping_the_arms_inverts_every_ratio(counts: Counts) -> None:
    here, there = everything(counts), everything(swapped(counts))
    for estimate in here.estimates:
        if estimate.name in ("odds_ratio", "rate_ratio"):
            other = there.estimate(estimate.name, estimate.over, estimate.method)
            if estimate.low and estimate.high and other.low and other.high:
                assert other.low == pytest.approx(1 / estimate.high, rel=1e-6)
                assert other.high == pytest.approx(1 / estimate.low, rel=1e-6)


@pytest.mark.long
@given(tables)
def test_the_relative_difference_and_the_rate_ratio_say_the_same(counts: Counts) -> None:
    analysis = everything(counts)
    relative, ratio = analysis.estimate("net_discrimination", "relative"), analysis.estimate("rate_ratio")
    if relative.value is not None and ratio.value:
        assert relative.value == pytest.approx(1 - 1 / ratio.value, rel=1e-9, abs=1e-9)
    if relative.low is not None and ratio.low:
        assert relative.low == pytest.approx(1 - 1 / ratio.low)


@given(tables)
def test_tango_excludes_zero_exactly_when_the_uncorrected_test_rejects(counts: Counts) -> None:
    analysis = everything(counts)
    test, estimate = analysis.test("mcnemar_asymptotic"), analysis.estimate("net_discrimination")
    assume(test.statistic is not None)
    assert test.statistic is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assume(abs(test.statistic - normal_quantile(0.95) ** 2) > ROUNDING)
    assert (test.p < ALPHA) == (estimate.low > 0 or estimate.high < 0)


@pytest.mark.long
@given(tables)
def test_more_confidence_asks_for_a_wider_interval(counts: Counts) -> None:
    for narrow, wide in zip(everything(counts, 0.8).estimates, everything(counts, 0.95).estimates, strict=True):
        if narrow.low is not None and wide.low is not None:
            assert wide.low <= narrow.low + 1e-9 * abs(narrow.low), (narrow, wide)
        if narrow.high is not None and wide.high is not None:
            assert wide.high >= narrow.high - 1e-9 * abs(narrow.high), (narrow, wide)


@given(tables)
def test_the_exact_p_is_the_one_of_statsmodels_and_mid_p_never_exceeds_it(counts: Counts) -> None:
    analysis = everything(counts)
    theirs = statsmodels_mcnemar([[counts.c11, counts.c10], [counts.c01, counts.c00]], exact=True).pvalue
    assert analysis.test("mcnemar_exact").p == pytest.approx(min(theirs, 1.0), rel=1e-9)
    assert analysis.test("mcnemar_midp").p <= analysis.test("mcnemar_exact").p


@given(st.integers(1, 500), st.integers(0, 100), st.integers(0, 100))
def test_equal_discordant_cells_get_no_correction_as_in_r(same: int, both: int, neither: int) -> None:
    analysis = analyse(Counts(both, same, same, neither))
    assert (analysis.test("mcnemar_corrected").statistic, analysis.test("mcnemar_corrected").p) == (0, 1)
    assert analysis.test("mcnemar_exact").p == 1


def test_without_any_difference_p_is_one_and_says_so_in_words() -> None:
    tests = analyse(Counts(4, 0, 0, 9)).tests
    assert {(test.p, test.statistic, test.note.split(":")[0]) for test in tests} == {
        (1.0, None, "geen enkele test met een verschil")
    }


def test_mid_p_comes_first_and_exact_beside_it() -> None:
    names = [test.name for test in analyse(Counts(10, 6, 2, 20)).tests]
    assert names == ["mcnemar_midp", "mcnemar_exact", "mcnemar_asymptotic", "mcnemar_corrected"]


def test_tango_is_the_first_of_five_intervals_over_all_pairs() -> None:
    estimates = analyse(Counts(10, 6, 2, 20)).estimates
    found = [e.method for e in estimates if (e.name, e.over) == ("net_discrimination", "all")]
    assert found == ["tango", "newcombe10", "bonett_price", "agresti_min", "wald"]


def test_a_number_that_does_not_exist_is_none_and_says_why() -> None:
    analysis = analyse(Counts(0, 0, 0, 12))
    usable = analysis.estimate("net_discrimination", "usable")
    assert (usable.value, usable.low, usable.high, usable.n) == (None, None, None, 0)
    assert usable.convention.endswith("niet te berekenen: geen positieve antwoorden")
    assert analysis.estimate("net_discrimination").value == 0


def test_an_odds_ratio_without_upper_bound_keeps_its_lower_bound() -> None:
    odds = analyse(Counts(3, 7, 0, 5)).estimate("odds_ratio", "discordant")
    assert (odds.value, odds.high) == (None, None)
    assert odds.low == pytest.approx((0.05 ** (1 / 7)) / (1 - 0.05 ** (1 / 7)))
    assert "wel een ondergrens, geen bovengrens" in odds.convention


def test_an_interval_of_zero_width_is_not_called_an_interval() -> None:
    wald = analyse(Counts(4, 0, 0, 9)).estimate("net_discrimination", method="wald")
    assert (wald.value, wald.low, wald.high) == (0, None, None)
    assert "geen interval" in wald.convention


def test_a_table_without_pairs_is_refused() -> None:
    with pytest.raises(BadInput, match="no-pairs"):
        analyse(Counts(0, 0, 0, 0))


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, float("nan")])
def test_a_level_that_is_not_a_share_is_refused(level: float) -> None:
    with pytest.raises(BadInput, match="not-a-share"):
        analyse(Counts(1, 2, 3, 4), level=level)


@pytest.mark.parametrize("value", [-1, 1.5, "3", None, True, float("nan")])
def test_a_count_is_a_whole_number_of_zero_or_more(value: object) -> None:
    with pytest.raises(BadInput, match="count-not-whole"):
        Counts(value, 0, 0, 0)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30))
def test_counting_pairs_by_outcome_loses_none(pairs: list[tuple[bool, bool]]) -> None:
    counts = Counts.tally(pairs)
    assert counts.n == len(pairs)
    assert counts.control == sum(control for control, _ in pairs)
    assert counts.treatment == sum(treatment for _, treatment in pairs)


def test_an_estimate_that_was_not_made_is_a_key_error() -> None:
    analysis = analyse(Counts(1, 2, 3, 4))
    with pytest.raises(KeyError):
        analysis.estimate("net_discrimination", "everything")
    with pytest.raises(KeyError):
        analysis.test("chi_square")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusting_never_lowers_a_p_value_and_keeps_the_order(p: list[float]) -> None:
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert all(before <= after <= 1 for before, after in zip(p, adjusted, strict=True))
        ranked = sorted(zip(p, adjusted, strict=True))
        assert [after for _, after in ranked] == sorted(adjusted)
    assert all(b <= h + 1e-12 for b, h in zip(benjamini_hochberg(p), holm(p), strict=True))


def test_a_p_value_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(BadInput, match="not-a-p-value"):
        holm([0.2, float("nan")])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=60))
def test_kappa_is_the_one_of_statsmodels(pairs: list[tuple[str, str]]) -> None:
    mine = cohens_kappa([a for a, _ in pairs], [b for _, b in pairs])
    assume(mine is not None)
    table = [[pairs.count((row, column)) for column in "abc"] for row in "abc"]
    assert mine == pytest.approx(statsmodels_kappa(table, return_results=False), abs=1e-12)


def test_kappa_does_not_exist_without_replies_or_with_one_label() -> None:
    assert cohens_kappa([], []) is None
    assert cohens_kappa(["a", "a"], ["a", "a"]) is None
    with pytest.raises(ValueError, match="two coders"):
        cohens_kappa(["a"], [])


def test_importing_the_statistics_leaves_the_heavy_libraries_alone() -> None:
    heavy = "('scipy.stats', 'scipy.optimize', 'statsmodels', 'pandas')"
    code = f"import json, sys, results.statistics; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
