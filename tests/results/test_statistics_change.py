"""Before and after at the same advertisers: the change, and how sure it is."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import pytest
import statsmodels.api as sm
from house_makers import refused
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, stats

from results.statistics import Counts
from results.statistics.change import clustered, degrees_of_freedom, detectable, mover

BEFORE = [[6, 4, 0, 2], [5, 2, 1, 0], [1, 3, 0, 4], [2, 1, 1, 3], [0, 2, 0, 5], [4, 1, 0, 1]]
AFTER = [[3, 1, 1, 1], [6, 0, 1, 2], [2, 2, 0, 1], [1, 1, 0, 1], [2, 0, 0, 3], [9, 1, 2, 4]]
tables = st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=3, max_size=8)


def pairs_of(table: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """The difference of each pair and its advertiser."""
    found = [(d, g) for g, row in enumerate(table) for d, n in zip((0, 1, -1, 0), row, strict=True) for _ in range(n)]
    return [d for d, _ in found], [g for _, g in found]


def by_regression(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> tuple[float, float, float]:
    """The coefficient of "after", with CR2 variance and Satterthwaite's degrees of freedom, all from the definition."""
    (y0, g0), (y1, g1) = pairs_of(before), pairs_of(after)
    y, g = np.array([*y0, *y1], float), np.array([*g0, *g1])
    x = np.column_stack([np.ones(len(y)), [0] * len(y0) + [1] * len(y1)])
    bread = np.linalg.inv(x.T @ x)
    rest = np.eye(len(y)) - x @ bread @ x.T
    e, parts = rest @ y, []
    for each in np.unique(g):
        inside = g == each
        root = linalg.sqrtm(np.linalg.inv(rest[np.ix_(inside, inside)])).real
        parts.append((rest[:, inside] @ root @ x[inside] @ bread)[:, 1])
    spread = np.array(parts) @ np.array(parts).T
    variance = sum(float(part @ y) ** 2 for part in parts)
    return float((bread @ x.T @ y)[1]), variance, float(np.trace(spread) ** 2 / np.sum(spread**2)) + 0 * float(e.sum())


def test_the_clustered_interval_is_that_of_a_regression_worked_out_from_its_definition() -> None:
    value, variance, free = by_regression(BEFORE, AFTER)
    found = clustered(BEFORE, AFTER)
    assert found.low is not None
    assert found.high is not None
    assert found.value == pytest.approx(value)
    assert degrees_of_freedom(BEFORE, AFTER) == pytest.approx(free)
    half = stats.t.ppf(0.975, free) * sqrt(variance)
    assert (found.low, found.high) == pytest.approx((value - half, value + half))
    assert (found.method, found.n) == ("cluster_cr2", 92)


def test_with_equally_many_pairs_everywhere_it_is_the_clustered_error_of_statsmodels() -> None:
    before = [[2, 3, 0, 1], [1, 1, 1, 3], [4, 2, 0, 0], [0, 5, 0, 1], [3, 0, 1, 2]]
    after = [[1, 1, 0, 1], [2, 0, 1, 0], [1, 2, 0, 0], [0, 1, 0, 2], [2, 0, 1, 0]]
    (y0, g0), (y1, g1) = pairs_of(before), pairs_of(after)
    x = sm.add_constant(np.array([0.0] * len(y0) + [1.0] * len(y1)))
    plain = {"groups": np.array([*g0, *g1]), "use_correction": False}
    fit = sm.OLS(np.array([*y0, *y1], float), x).fit(cov_type="cluster", cov_kwds=plain)
    error = float(fit.bse[1]) * sqrt(5 / 4)  # the house's factor, G / (G - 1)
    found = clustered(before, after)
    assert found.low is not None
    assert found.high is not None
    assert degrees_of_freedom(before, after) == pytest.approx(4)
    assert (found.high - found.low) / 2 == pytest.approx(2.7764451 * error)


def test_two_independent_samples_give_the_limits_squared_and_added() -> None:
    before, after = Counts(464, 307, 80, 1883), Counts(600, 184, 110, 1859)
    found = mover(before, after)
    # From Tango's printed limits of both tables in the oracles: 0.0830285 [0.0694881, 0.0970731], 0.0268798 [0.0147725,
    # 0.0392236].
    assert found.value == pytest.approx(0.0268798 - 0.0830285, abs=1e-6)
    assert found.low == pytest.approx(-0.0561487 - sqrt(0.0121073**2 + 0.0140446**2), abs=1e-6)
    assert found.high == pytest.approx(-0.0561487 + sqrt(0.0123438**2 + 0.0135404**2), abs=1e-6)


def test_offices_that_differ_always_in_the_same_way_widen_nothing_and_those_that_swap_do() -> None:
    lasting = clustered([[0, 8, 0, 2], [0, 0, 0, 10]], [[0, 8, 0, 2], [0, 0, 0, 10]])
    swapping = clustered([[0, 8, 0, 2], [0, 0, 0, 10]], [[0, 0, 0, 10], [0, 8, 0, 2]])
    assert (lasting.value, lasting.low) == (0, None)
    assert "geen spreiding" in lasting.convention
    assert swapping.value == 0
    assert swapping.low == -2


def test_the_smallest_change_that_would_have_been_found_is_beyond_the_half_width() -> None:
    found = mover(Counts(20, 10, 4, 26), Counts(18, 8, 6, 28))
    assert found.low is not None
    assert found.high is not None
    least = detectable(found)
    assert least is not None
    assert least == pytest.approx((found.high - found.low) / 2 * (1 + 0.8416212 / 1.9599640))
    assert detectable(mover(Counts(0, 1, 0, 0), Counts(0, 0, 1, 0))) is None


@given(tables, tables)
def test_what_is_swapped_changes_sign_and_no_interval_leaves_its_value_out(
    before: list[list[int]], after: list[list[int]]
) -> None:
    groups = min(len(before), len(after))
    was, now = ([[1, 0, 0, 0], [0, 0, 0, 1], *rows[:groups]] for rows in (before, after))
    there, back = clustered(was, now), clustered(now, was)
    assert there.value is not None
    assert back.value is not None
    assert there.value == pytest.approx(-back.value, abs=1e-12)
    if there.low is not None and there.high is not None:
        assert there.low <= there.value <= there.high
        assert back.high == pytest.approx(-there.low)


def test_a_round_without_pairs_or_with_one_office_is_refused() -> None:
    with refused("no-pairs"):
        mover(Counts(0, 0, 0, 0), Counts(1, 0, 0, 0))
    with refused("too-few-clusters"):
        clustered([[3, 1, 0, 0]], [[2, 0, 0, 1]])
    with refused("pairs-do-not-match"):
        clustered(BEFORE, AFTER[:-1])
