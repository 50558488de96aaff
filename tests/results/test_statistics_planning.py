"""How many pairs, how many advertisers, how many pairs of one advertiser: solved by exact power, not by a formula."""

import json
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.errors import BadInput
from results.planning_priors import PRIORS_FILE, load, planned_shares
from results.statistics.power import (
    advertiser_pairs,
    advertiser_power,
    clustered_pairs,
    clustered_power,
    connor_pairs,
    design_effect,
    exact_power,
    fewest_one_sided,
    minimum_detectable,
    power_curve,
    simulated_power,
    smallest_difference,
    smallest_pairs,
)

ORACLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles" / "statistics.json").read_text("utf-8"))
SHARES = [(0.9, 0.1), (0.3, 0.1), (0.5, 0.2), (0.6, 0.4), (0.3, 0.0), (1.0, 0.0), (0.05, 0.4)]


@pytest.mark.long
@pytest.mark.parametrize("test", ["exact", "midp"])
@pytest.mark.parametrize(("p10", "p01"), SHARES)
def test_the_size_is_the_first_from_which_no_larger_round_falls_short(p10: float, p01: float, test: Any) -> None:
    found = smallest_pairs(p10, p01, test=test)
    short = np.flatnonzero(power_curve(p10, p01, range(1, 4 * found + 50), test=test).power < 0.8) + 1
    assert found == short[-1] + 1


def test_one_pair_more_can_lower_the_power_so_the_first_size_that_reaches_it_is_not_enough() -> None:
    curve = power_curve(0.6, 0.4, range(1, 400), test="exact")
    dips = [
        (p, float(target))
        for p, target in [((0.95, 0.05), 0.9), ((0.9, 0.1), 0.8), ((0.85, 0.15), 0.8)]
        if np.flatnonzero(power_curve(*p, range(1, 200), test="exact").power >= target)[0] + 1
        < smallest_pairs(*p, power=target, test="exact")
    ]
    assert np.any(np.diff(curve.power) < 0)
    assert dips


@pytest.mark.parametrize(("p10", "p01", "pairs"), ORACLE["planning"]["pairs"])
def test_exact_size_stands_a_few_percent_from_connors(p10: float, p01: float, pairs: int) -> None:
    assert 0.94 * pairs < smallest_pairs(p10, p01) <= 1.01 * pairs
    assert 1.03 * pairs < smallest_pairs(p10, p01, test="exact") < 1.10 * pairs


@pytest.mark.parametrize("test", ["exact", "midp"])
def test_the_smallest_difference_needs_this_round_and_a_smaller_one_is_missed(test: Any) -> None:
    gap = smallest_difference(240, 0.18, test=test)
    assert gap is not None
    assert exact_power((0.18 + gap) / 2, (0.18 - gap) / 2, 240, test=test) == pytest.approx(0.8, abs=1e-6)
    assert gap == pytest.approx(minimum_detectable(240, 0.18), abs=0.005)


def test_three_pairs_find_not_even_a_total_difference() -> None:
    assert smallest_difference(3, 0.2) is None
    assert smallest_difference(6, 0.0, test="exact") == pytest.approx(0.8 ** (1 / 6), abs=1e-9)


def test_a_curve_gives_the_power_at_each_size_in_the_order_asked() -> None:
    curve = power_curve(0.2, 0.1, [300, 100, 0], test="exact")
    assert curve.power.tolist() == [
        exact_power(0.2, 0.1, 300, test="exact"), exact_power(0.2, 0.1, 100, test="exact"), 0.0,
    ]  # fmt: skip


def test_the_published_limits_for_one_advertiser_come_out() -> None:
    wanted = ORACLE["detection_limits"]["one_sided_05_min_b"]
    assert {m: fewest_one_sided(int(m)) for m in wanted} == wanted


@pytest.mark.parametrize(("p10", "p01", "n"), [(0.4, 0.1, 16), (0.7, 0.05, 9), (0.3, 0.3, 12)])
def test_the_power_at_one_advertiser_is_what_counting_every_table_gives(p10: float, p01: float, n: int) -> None:
    total = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            tail = sum(comb(b + c, k) for k in range(b, b + c + 1)) / 2 ** (b + c)
            if b + c >= 6 and tail <= 0.05:
                total += comb(n, b) * comb(n - b, c) * p10**b * p01**c * (1 - p10 - p01) ** (n - b - c)
    assert advertiser_power(p10, p01, n) == pytest.approx(total, abs=1e-12)


def test_pairs_for_one_advertiser_last() -> None:
    n = advertiser_pairs(0.3, 0.02)
    assert advertiser_power(0.3, 0.02, n - 1) < 0.8
    assert min(advertiser_power(0.3, 0.02, size) for size in range(n, 4 * n)) >= 0.8
    assert advertiser_pairs(0.3, 0.02, alpha=0.05 / 20) > n


def test_the_design_effect_of_equal_advertisers_is_the_textbook_one() -> None:
    assert design_effect([5] * 40, 0.1) == pytest.approx(1.4)
    assert design_effect([1] * 40, 0.3) == 1
    assert design_effect([2, 8], 0.1) == pytest.approx(1 + 0.1 * (68 / 10 - 1))


def test_clustered_size_is_whole_advertisers_and_reaches_the_power() -> None:
    size = clustered_pairs(0.15, 0.05, 5, 0.1)
    assert size.pairs == 5 * size.advertisers
    assert size.pairs >= smallest_pairs(0.15, 0.05) * 1.4
    assert clustered_power(0.15, 0.05, [5] * size.advertisers, 0.1) >= 0.8


@pytest.mark.parametrize(("icc", "each"), [(0.0, 4), (0.1, 5), (0.3, 3)])
def test_simulated_rounds_with_correlated_pairs_are_found_as_often_as_planned(icc: float, each: int) -> None:
    sizes = [each] * (240 // each)
    found = simulated_power(0.15, 0.05, sizes, icc, 2500, np.random.default_rng(11))
    assert found == pytest.approx(clustered_power(0.15, 0.05, sizes, icc), abs=0.03)


def test_without_a_difference_correlated_pairs_give_a_false_alarm_in_about_one_in_twenty_rounds() -> None:
    found = simulated_power(0.1, 0.1, [4] * 60, 0.2, 4000, np.random.default_rng(5))
    assert found == pytest.approx(0.05, abs=0.012)


@settings(max_examples=25)
@given(st.integers(1, 12), st.floats(0, 1))
def test_more_correlation_never_raises_the_power(each: int, icc: float) -> None:
    assert clustered_power(0.2, 0.1, [each] * 20, icc) <= clustered_power(0.2, 0.1, [each] * 20, 0) + 1e-12


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("not-cluster-sizes", lambda: design_effect([2, 0], 0.1)),
        ("not-cluster-sizes", lambda: design_effect([1.5], 0.1)),
        ("not-a-correlation", lambda: design_effect([2], -0.1)),
        ("too-few-clusters", lambda: simulated_power(0.2, 0.1, [4], 0.1, 10, np.random.default_rng(1))),
        ("no-difference", lambda: smallest_pairs(0.1, 0.1)),
        ("no-difference", lambda: advertiser_pairs(0.1, 0.2)),
        ("too-many-pairs", lambda: smallest_pairs(0.1001, 0.1)),
        ("too-many-pairs", lambda: advertiser_pairs(0.011, 0.01)),
        ("impossible-round", lambda: smallest_difference(0, 0.1)),
        ("impossible-plan", lambda: planned_shares(0.3, 0.5, 0.1)),
        ("impossible-plan", lambda: planned_shares(0.9, 0.9, 0.5)),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_name(code: str, wrong: Any) -> None:
    with pytest.raises(BadInput, match=code):
        wrong()


def test_the_packaged_priors_load_and_each_names_its_source() -> None:
    priors = load()
    rows = (*priors.discordance, *priors.rates, *priors.ratio)
    assert all(len(row.source) > 20 for row in rows)
    dutch = next(row for row in priors.ratio if row.key == "nl_etnisch")
    assert (dutch.ratio, dutch.low, dutch.high) == (0.78, 0.65, 0.93)


def test_priors_from_published_counts_are_those_counts() -> None:
    counts = {study["id"]: study["counts"] for study in ORACLE["studies"]}
    for key, study in (("arabisch", "arabic"), ("turks", "turkish"), ("pools", "polish"), ("italiaans", "italian")):
        row = next(row for row in load().discordance if row.key == f"de_{key}_2016")
        table = counts[f"br2016_{study}"]
        assert row.pairs == sum(table.values())
        assert row.control_only == pytest.approx(table["only_majority"] / row.pairs, abs=5e-6)
        assert row.treatment_only == pytest.approx(table["only_minority"] / row.pairs, abs=5e-6)


def test_a_rate_a_ratio_and_a_share_of_differences_give_the_shares_to_plan_with() -> None:
    shares = planned_shares(0.4, 0.78, 0.2)
    assert shares.p10 - shares.p01 == pytest.approx(0.088)
    assert shares.p10 + shares.p01 == pytest.approx(0.2)
    assert connor_pairs(shares.p10, shares.p01) == pytest.approx(197, abs=6)


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("control_only = 0.11229", "control_only = 1.2", "bad-value", 15),
        ("control_only = 0.11229", "control_only = 0.99", "not-shares", 15),
        ('source = "Rekenvoorbeeld van Praktijktest, geen meting"', "", "missing-key", None),
        ("pairs = 2734\n", "", "no-pairs", None),
        ("low = 0.65\n", "", "half-interval", None),
        ("low = 0.65", "low = 0.85", "outside-interval", None),
        ('key = "de_turks_2016"', 'key = "de_arabisch_2016"', "double-key", None),
        ("year = 2016", "jaar = 2016", "unknown-key", None),
    ],
)
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, old: str, new: str, code: str, line: int | None) -> None:
    text = PRIORS_FILE.read_text("utf-8")
    assert old in text
    path = tmp_path / "priors.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadInput, match=code) as caught:
        load(path)
    if line:
        assert line in [problem.line for problem in caught.value.problems]
