"""How many pairs a round needs, and what it could have found."""

import json
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import BadInput
from results.statistics import Counts, analyse, connor_pairs, exact_power, minimum_detectable
from results.statistics.mcnemar import exact_p, midp_p

ORACLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles" / "statistics.json").read_text("utf-8"))
ALPHA = 0.05


def enumerated_power(p10: float, p01: float, n: int, test: str) -> float:
    """Every table one by one, with the tests of ``analyse``."""
    total = 0.0
    for c10 in range(n + 1):
        for c01 in range(n + 1 - c10):
            if analyse(Counts(0, c10, c01, n - c10 - c01)).test(f"mcnemar_{test}").p <= ALPHA:
                ways = comb(n, c10) * comb(n - c10, c01)
                total += ways * p10**c10 * p01**c01 * (1 - p10 - p01) ** (n - c10 - c01)
    return total


def test_the_published_exact_power_comes_out_without_its_truncation() -> None:
    entry = ORACLE["power"][0]
    found = exact_power(entry["pb"], entry["pc"], entry["npairs"], test="exact")
    assert found == pytest.approx(entry["exact_no_truncation"], abs=5e-8)
    assert found == pytest.approx(entry["published_exact_power"], abs=1e-5)


def test_the_published_number_of_pairs_comes_out() -> None:
    entry = ORACLE["power"][1]
    assert connor_pairs(entry["p10"], entry["p01"], entry["power"]) == pytest.approx(entry["published_n"], abs=5e-5)


@pytest.mark.parametrize(("p10", "p01", "pairs"), ORACLE["planning"]["pairs"])
def test_the_planning_table_comes_out(p10: float, p01: float, pairs: int) -> None:
    assert round(connor_pairs(p10, p01)) == pairs


@pytest.mark.parametrize("test", ["exact", "midp"])
@pytest.mark.parametrize(("p10", "p01", "n"), [(0.3, 0.1, 14), (0.5, 0.5, 9), (0.4, 0.0, 12)])
def test_the_exact_power_is_what_counting_every_table_gives(p10: float, p01: float, n: int, test: Any) -> None:
    assert exact_power(p10, p01, n, test=test) == pytest.approx(enumerated_power(p10, p01, n, test), abs=1e-12)


@pytest.mark.parametrize("test", [exact_p, midp_p])
def test_power_without_a_difference_is_the_probability_of_a_false_alarm(test: Any) -> None:
    name = "exact" if test is exact_p else "midp"
    for n in range(1, 90):
        c10 = np.arange(n + 1)
        alarm = test(np.minimum(c10, n - c10), n) <= ALPHA
        ways = np.array([comb(n, k) for k in c10], dtype=float)
        assert exact_power(0.5, 0.5, n, test=name) == pytest.approx(float((ways * alarm).sum() / 2.0**n), abs=1e-12)


def test_the_exact_test_gives_a_false_alarm_in_at_most_five_percent_of_rounds() -> None:
    assert max(exact_power(0.5, 0.5, n, test="exact") for n in range(1, 120)) <= ALPHA


def test_the_exact_power_at_connors_size_stays_some_points_below_eighty_percent() -> None:
    assert exact_power(0.2, 0.1, 234, test="exact") == pytest.approx(0.775, abs=0.015)
    assert exact_power(0.2, 0.1, 234, test="midp") > exact_power(0.2, 0.1, 234, test="exact")


@given(st.integers(20, 5000), st.floats(0.05, 0.6))
def test_the_minimum_detectable_difference_needs_exactly_this_many_pairs(n: int, discordance: float) -> None:
    gap = minimum_detectable(n, discordance)
    spread = max(gap, discordance)
    assert connor_pairs((spread + gap) / 2, (spread - gap) / 2) == pytest.approx(n, rel=1e-6)


@given(st.integers(1, 3000), st.floats(0, 1))
def test_more_pairs_find_smaller_differences(n: int, discordance: float) -> None:
    assert 0 < minimum_detectable(n + 1, discordance) <= minimum_detectable(n, discordance) <= 1


def test_a_round_of_240_pairs_could_have_found_about_eight_points() -> None:
    assert minimum_detectable(240, 0.18) == pytest.approx(0.076, abs=0.001)


def test_too_few_pairs_find_not_even_a_total_difference() -> None:
    assert minimum_detectable(3, 0.2) == 1


@pytest.mark.parametrize(("n", "discordance"), [(0, 0.2), (10, -0.1), (10, 1.1), (10, float("nan"))])
def test_a_round_that_cannot_exist_is_refused(n: int, discordance: float) -> None:
    with pytest.raises(BadInput, match="impossible-round"):
        minimum_detectable(n, discordance)


def test_shares_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadInput, match="not-shares"):
        connor_pairs(0.8, 0.4)
    with pytest.raises(BadInput, match="no-difference"):
        connor_pairs(0.2, 0.2)
