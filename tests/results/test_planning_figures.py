"""What a design comes to: the same numbers as the command, and caps counted day by day."""

import sys
from math import sqrt
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "orchestrator"))
from design_makers import a_design

from profiles.errors import BadInput
from results import planning_figures
from results.planning_figures import figures, power_of
from results.statistics import power


def of(**parts: Any) -> planning_figures.Figures:
    return figures(a_design(**parts))


def test_the_power_of_a_market_is_that_of_the_tests_that_compare() -> None:
    found = of(sample={"pairs": 240, "prior": "nl_scenario_8"}, question={"sham_share": 0.1})
    assert (found.pairs, found.sham, found.advertisers) == (240, 24, 30)
    assert found.market is not None
    assert found.market.pairs == 216
    assert found.market.now == power.exact_power(0.13, 0.05, 216)
    assert found.market.needed == power.smallest_pairs(0.13, 0.05)
    assert power_of(a_design(), 216) == found.market.now
    for n, share in found.market.rows:
        assert share == pytest.approx(power.exact_power(0.13, 0.05, n), abs=1e-12)


def test_the_power_of_one_advertiser_is_that_of_its_own_tests_and_no_verdict_comes_of_a_few() -> None:
    found = of(sample={"per_advertiser": 40})
    assert found.advertiser is not None
    assert found.advertiser.now == power.advertiser_power(0.13, 0.05, 40)
    few = of(sample={"per_advertiser": 5}).advertiser
    assert few is not None
    assert few.now == 0


def test_the_width_is_that_of_the_large_sample_interval() -> None:
    found = of(sample={"pairs": 400}, question={"sham_share": 0}, analysis={"level": 0.95})
    assert found.width == pytest.approx(2 * 1.959964 * sqrt((0.18 - 0.08**2) / 400), rel=1e-6)


@pytest.mark.parametrize(
    ("week", "day", "each", "days"),
    [
        (3, 0, 3, 1),  # the cap of a week lets all three go on the first day
        (3, 1, 3, 3),
        (3, 0, 4, 6),  # the fourth waits for the next Monday
        (3, 1, 8, 12),
        (1, 0, 6, None),  # five weeks, six tests
        (100, 0, 100, 1),
    ],
)
def test_days_are_counted_as_the_caps_of_a_week_and_a_day_let_tests_go(
    week: int, day: int, each: int, days: int | None
) -> None:
    schedule = {"per_advertiser_week": week, "per_advertiser_day": day}
    found = of(schedule=schedule, sample={"per_advertiser": each})
    assert (found.days, found.open_days) == (days, 25)


def test_the_burden_is_for_all_letters_to_one_advertiser_from_reading_alone_to_a_viewing_each() -> None:
    found = of(sample={"per_advertiser": 8}, question={"also": ["turkish"]})
    assert (found.letters, found.least_minutes, found.most_minutes) == (24, 48, 456)


def test_an_unpaired_design_has_no_power_of_pairs_and_an_unknown_prior_is_named() -> None:
    unpaired = of(question={"approach": "unpaired", "sham_share": 0})
    assert (unpaired.market, unpaired.advertiser, unpaired.width) == (None, None, None)
    assert power_of(a_design(question={"approach": "unpaired", "sham_share": 0}), 240) is None
    with pytest.raises(BadInput) as caught:
        of(sample={"prior": "verzonnen"})
    assert caught.value.problems[0].code == "unknown-prior"
    assert power_of(a_design(sample={"prior": "verzonnen"}), 240) is None


def test_a_hundred_thousand_tests_are_told_as_fast_as_a_hundred() -> None:
    of()
    began = perf_counter()
    for pairs in (90, 1_000, 99_999):
        of(sample={"pairs": pairs})
    assert perf_counter() - began < 3  # 0.2 s on a quiet machine; the naive curve alone takes seconds
