"""From counts per advertiser: CR1, CR2 and the wild cluster bootstrap, each against an independent computation."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from profiles.errors import BadInput
from results.statistics.clustering import (
    best,
    best_test,
    clustered,
    cr1,
    cr2,
    degrees_of_freedom,
    has_repeats,
    tabulate,
    wild,
    wild_test,
)
from results.statistics.estimands import Estimate
from results.statistics.randomisation import sign_flip_drawn
from results.statistics.regression import clogit_pairs

UNEQUAL = [[1, 3, 0, 2], [0, 1, 2, 4], [2, 5, 1, 8], [0, 0, 1, 1], [1, 2, 2, 0], [3, 4, 0, 9]]
tables = hnp.arrays(np.int64, st.tuples(st.integers(2, 8), st.just(4)), elements=st.integers(0, 5)).filter(
    lambda table: has_repeats(table)
)


def rows(table: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Difference and advertiser per pair."""
    cells = np.asarray(table)
    pairs = [
        (d, g) for g, row in enumerate(cells) for d, times in zip((0, 1, -1, 0), row, strict=True) for _ in range(times)
    ]
    return np.array([d for d, _ in pairs]), np.array([g for _, g in pairs])


def brute_cr2(table: npt.ArrayLike) -> tuple[float, float]:
    """Standard error and degrees of freedom by Bell and McCaffrey's matrices, nothing simplified."""
    d, groups = rows(table)
    n = len(d)
    hat = np.full((n, n), 1 / n)
    rest = np.eye(n) - hat
    residuals, meat, columns = rest @ d, 0.0, []
    for g in np.unique(groups):
        own = groups == g
        values, vectors = np.linalg.eigh(rest[np.ix_(own, own)])
        adjust = vectors @ np.diag(values**-0.5) @ vectors.T
        meat += float(np.ones(own.sum()) @ adjust @ residuals[own]) ** 2
        columns.append(rest[:, own] @ adjust @ np.ones(own.sum()) / n)
    p = np.array(columns)
    omega = p @ p.T
    return meat**0.5 / n, float(np.trace(omega) ** 2 / np.trace(omega @ omega))


def limits(estimate: Estimate) -> tuple[Any, Any]:
    return estimate.low, estimate.high


def half(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return (estimate.high - estimate.low) / 2


@given(tables)
def test_cr1_from_counts_is_cr1_from_pairs(table: npt.NDArray[np.int64]) -> None:
    d, groups = rows(table)
    assert limits(cr1(table)) == limits(clustered(d, [str(g) for g in groups], 0.95))


@settings(max_examples=40)
@given(tables)
def test_cr2_is_what_bell_and_mccaffreys_matrices_give(table: npt.NDArray[np.int64]) -> None:
    error, free = brute_cr2(table)
    assert degrees_of_freedom(table) == pytest.approx(free, rel=1e-9)
    estimate = cr2(table, 0.5)
    if estimate.low is not None and abs(estimate.value or 0) + 5 * error < 1:
        from scipy.stats import t

        assert half(estimate) == pytest.approx(t.ppf(0.75, free) * error, rel=1e-9)


def test_cr2_comes_out_as_the_r_package_clubsandwich_prints_it() -> None:
    """clubSandwich 0.5.8, conf_int and coef_test with vcov = "CR2" on lm(d ~ 1) of the pairs of UNEQUAL."""
    found = cr2(UNEQUAL)
    assert limits(found) == (pytest.approx(-0.0648447044, abs=5e-11), pytest.approx(0.4109985505, abs=5e-11))
    assert degrees_of_freedom(UNEQUAL) == pytest.approx(3.3721810106, abs=5e-11)
    assert best_test(UNEQUAL).p == pytest.approx(0.1077281617, abs=5e-11)


def test_with_equal_sizes_cr2_is_cr1_with_one_degree_of_freedom_less_than_advertisers() -> None:
    table = [[1, 2, 0, 1], [0, 1, 2, 1], [2, 2, 0, 0], [0, 0, 1, 3], [1, 1, 1, 1]]
    assert degrees_of_freedom(table) == pytest.approx(4)
    assert limits(cr2(table)) == pytest.approx(limits(cr1(table)))


def test_one_large_advertiser_costs_degrees_of_freedom() -> None:
    assert degrees_of_freedom([[0, 20, 5, 75], *[[0, 1, 1, 3]] * 9]) < 3


def test_cr1_is_the_regression_on_a_constant_with_clustered_errors() -> None:
    d, groups = rows(UNEQUAL)
    fit = sm.OLS(d.astype(float), np.ones(len(d))).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    assert limits(cr1(UNEQUAL)) == pytest.approx(tuple(fit.conf_int()[0]))


def test_the_best_interval_is_cr2_below_thirty_advertisers_and_cr1_from_there_and_says_so() -> None:
    few, many = best([[1, 1, 0, 2], [0, 1, 1, 2]] * 14), best([[1, 1, 0, 2], [0, 1, 1, 2]] * 15)
    assert (few.method, many.method) == ("cluster_cr2", "cluster_cr1")
    assert "28 woningaanbieders, minder dan 30" in few.convention
    assert "Bell en McCaffrey" in few.convention
    assert many.convention.endswith("geclusterd naar 30 woningaanbieders, 30 of meer: gewone clustercorrectie (CR1)")


def test_forty_advertisers_of_whom_a_few_hold_most_pairs_are_not_worth_thirty() -> None:
    lopsided = best([*[[1, 0, 0, 1], [0, 1, 0, 1]] * 20, [10, 20, 5, 85], [9, 30, 2, 79]])
    assert lopsided.method == "cluster_cr2"
    assert (
        "42 woningaanbieders van zeer ongelijke grootte, met de correctie van Bell en McCaffrey" in lopsided.convention
    )


@pytest.mark.parametrize("repeats", [1, 8])
def test_the_test_rejects_zero_exactly_when_the_interval_leaves_it_out(repeats: int) -> None:
    table = UNEQUAL * repeats
    p = best_test(table).p
    for level in (1 - p * 1.01, 1 - p * 0.99):
        low = best(table, level).low
        assert low is not None
        assert (low > 0) is (p < 1 - level)


def brute_wild_p(table: npt.ArrayLike, null: float, weights: npt.NDArray[np.float64]) -> float:
    """The bootstrap pair by pair: new outcomes, new mean, new CR1 error, for every given draw of weights."""
    d, groups = rows(table)

    def t(outcome: npt.NDArray[np.float64]) -> float:
        residual = outcome - outcome.mean()
        error = np.sqrt((np.bincount(groups, weights=residual) ** 2).sum())
        return float(abs((outcome.mean() - null) / error))

    observed = t(d.astype(float))
    found = [t(null + draw[groups] * (d - null)) for draw in weights]
    return (1 + sum(value >= observed * (1 - 1e-9) for value in found)) / (1 + len(found))


@pytest.mark.parametrize("null", [0.0, 0.3])
def test_the_bootstrap_on_sums_is_the_bootstrap_pair_by_pair(null: float) -> None:
    draws = 199
    points = np.array([-(1.5**0.5), -1, -(0.5**0.5), 0.5**0.5, 1, 1.5**0.5])
    weights = points[np.random.default_rng(4).integers(6, size=(draws, len(UNEQUAL)))]
    found = wild_test(UNEQUAL, np.random.default_rng(4), null, draws)
    assert found.p == pytest.approx(brute_wild_p(UNEQUAL, null, weights), abs=1e-12)
    assert "Webb" in found.note


def test_from_many_advertisers_the_weights_are_rademacher_and_the_interval_is_near_cr1() -> None:
    rng = np.random.default_rng(11)
    table = rng.multinomial(12, (0.2, 0.15, 0.05, 0.6), size=60)
    found = wild(table, rng)
    assert "Rademacher" in found.convention
    assert limits(found) == pytest.approx(limits(cr1(table)), abs=0.006)


def test_the_bootstrap_interval_holds_what_its_test_keeps() -> None:
    rng = np.random.default_rng(2)
    table = rng.multinomial(10, (0.2, 0.25, 0.05, 0.5), size=12)
    found = wild(table, np.random.default_rng(8), 0.95, 999)
    assert found.low is not None
    for null, kept in ((found.low - 0.003, False), (found.low + 0.003, True)):
        assert (wild_test(table, np.random.default_rng(8), null, 999).p > 0.05) is kept


def test_two_advertisers_leave_the_bootstrap_nothing_to_exclude() -> None:
    assert limits(wild([[1, 5, 0, 4], [0, 3, 1, 6]], np.random.default_rng(1))) == (-1, 1)


@pytest.mark.parametrize("estimate", [cr1, cr2, best, lambda table: wild(table, np.random.default_rng(1))])
def test_no_spread_between_advertisers_gives_no_interval_and_says_so(estimate: Any) -> None:
    found = estimate([[0, 1, 0, 2], [1, 2, 0, 3]])  # 1 of 3 and 2 of 6
    assert (found.value, *limits(found)) == (pytest.approx(1 / 3), None, None)
    assert "geen spreiding" in found.convention


def test_no_spread_between_advertisers_is_no_test() -> None:
    for test in (best_test, lambda table: wild_test(table, np.random.default_rng(1))):
        with pytest.raises(BadInput, match="no-spread"):
            test([[0, 1, 0, 2], [1, 2, 0, 3]])


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ([[1, 2, 3, 4]], "too-few-clusters"),
        ([[1, 2, 3, 4], [0, 0, 0, 0]], "too-few-clusters"),
        ([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]], "no-repeated-advertiser"),
        ([[1, 2, 3, -4], [1, 1, 1, 1]], "count-not-whole"),
        ([[1, 2, 3, 0.5], [1, 1, 1, 1]], "count-not-whole"),
        ([["a", "b", "c", "d"]], "count-not-whole"),
        ([[1, 2, 3], [4, 5, 6]], "not-a-table"),
        (np.zeros((0, 4), dtype=int), "not-a-table"),
    ],
)
def test_a_table_that_cannot_be_clustered_is_a_named_error(table: Any, code: str) -> None:
    for estimate in (cr1, cr2, best, best_test):
        with pytest.raises(BadInput, match=code):
            estimate(table)


def test_an_advertiser_without_usable_pairs_is_no_cluster() -> None:
    assert cr1([*UNEQUAL, [0, 0, 0, 0]]) == cr1(UNEQUAL)


def test_pairs_become_counts_per_advertiser() -> None:
    table = tabulate([1, 1, 0, 0, 1], [True, False, True, False, False], [0, 0, 2, 2, 2], groups=4)
    assert table.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize("outcome", [["ja", "nee"], [0.5, 1], [2, 0], [np.nan, 1]])
def test_an_outcome_that_is_not_zero_or_one_is_a_named_error(outcome: Any) -> None:
    with pytest.raises(BadInput, match="outcome-not-binary"):
        tabulate(outcome, [0, 1], [0, 1])


@pytest.mark.parametrize(
    ("clusters", "code"),
    [([0], "pairs-do-not-match"), ([0, -1], "not-a-code"), (["a", "b"], "not-a-code"), ([0.5, 1], "not-a-code")],
)
def test_advertisers_that_are_not_numbered_from_zero_are_a_named_error(clusters: Any, code: str) -> None:
    with pytest.raises(BadInput, match=code):
        tabulate([1, 0], [0, 1], clusters)
    with pytest.raises(BadInput, match=code):
        sign_flip_drawn([1.5, 0.5], np.random.default_rng(1), clusters)
    with pytest.raises(BadInput, match=code):
        clogit_pairs([1, 0], [0, 1], clusters=clusters)


def test_an_outcome_for_one_arm_only_is_a_named_error() -> None:
    with pytest.raises(BadInput, match="pairs-do-not-match"):
        tabulate([1, 0], [0, 1, 1], [0, 1])


def test_draws_taken_in_blocks_are_the_draws_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = wild(UNEQUAL, np.random.default_rng(9), draws=500)
    monkeypatch.setattr("results.statistics.clustering.bootstrap.BLOCK", 60)
    assert wild(UNEQUAL, np.random.default_rng(9), draws=500) == at_once


def test_a_pair_difference_that_is_not_whole_is_a_named_error() -> None:
    with pytest.raises(BadInput, match="difference-not-whole"):
        clustered([0.5, 1, 0, np.nan], list("aabb"), 0.95)
