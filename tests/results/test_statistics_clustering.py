"""Pairs with the same advertiser hang together; the interval knows."""

from collections.abc import Sequence

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import BadInput
from results.statistics import Counts, analyse
from results.statistics.clustering import cluster_error, clustered, tabulate

pairs = st.lists(st.tuples(st.sampled_from([-1, 0, 0, 1]), st.sampled_from("abcde")), min_size=3, max_size=60).filter(
    lambda rows: len({name for _, name in rows}) > 1
)


def columns(rows: Sequence[tuple[int, str]]) -> tuple[list[int], list[str]]:
    return [d for d, _ in rows], [name for _, name in rows]


def counts_of(differences: Sequence[int]) -> Counts:
    return Counts(differences.count(0), differences.count(1), differences.count(-1), 0)


def table_of(differences: Sequence[int], clusters: Sequence[str]) -> np.ndarray:
    d = np.array(differences)
    return tabulate(d >= 0, d <= 0, np.unique(list(clusters), return_inverse=True)[1])


@given(pairs)
def test_the_clustered_error_is_the_one_of_a_regression_on_a_constant(rows: list[tuple[int, str]]) -> None:
    differences, clusters = columns(rows)
    fit = sm.OLS(np.asarray(differences, dtype=float), np.ones(len(rows))).fit(
        cov_type="cluster", cov_kwds={"groups": np.unique(clusters, return_inverse=True)[1]}
    )
    assert cluster_error(differences, clusters)[0] == pytest.approx(float(fit.bse[0]), abs=1e-10)


def test_the_clustered_limits_are_those_of_the_regression_with_a_t_quantile() -> None:
    rng = np.random.default_rng(1)
    differences = rng.choice([-1, 0, 1], size=48, p=[0.1, 0.6, 0.3])
    groups = np.repeat(np.arange(12), 4)
    fit = sm.OLS(differences.astype(float), np.ones(48)).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    estimate = clustered(differences, [str(group) for group in groups], 0.95)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(fit.conf_int()[0]))


@given(pairs, st.randoms())
def test_order_and_names_of_advertisers_do_not_matter(rows: list[tuple[int, str]], random: object) -> None:
    shuffled = sorted(rows, key=lambda row: (row[1] * 7, -row[0]), reverse=True)
    renamed = [(d, f"advertiser {ord(name) * 31 % 17}") for d, name in shuffled]
    first, second = (clustered(*columns(some), 0.95) for some in (rows, renamed))
    assert (first.value, first.low, first.high) == pytest.approx((second.value, second.low, second.high), abs=1e-9)


@given(pairs)
def test_swapping_the_arms_mirrors_the_clustered_interval(rows: list[tuple[int, str]]) -> None:
    differences, clusters = columns(rows)
    here, there = clustered(differences, clusters, 0.95), clustered([-d for d in differences], clusters, 0.95)
    assert here.value == pytest.approx(-(there.value or 0), abs=1e-12)
    if here.low is not None and there.high is not None:
        assert here.low == pytest.approx(-there.high, abs=1e-9)


def test_the_same_pairs_copied_under_new_advertisers_shrink_the_error_and_copied_under_the_old_do_not() -> None:
    differences, clusters = [1, 0, -1, 1, 0, 0, 1, 1], list("aabbccdd")
    once, _ = cluster_error(differences, clusters)
    same, _ = cluster_error(differences * 2, clusters * 2)
    fresh, _ = cluster_error(differences * 2, [*clusters, *"eeffgghh"])
    assert same == pytest.approx(once)
    assert fresh < 0.75 * once


def test_an_analysis_shows_the_clustered_interval_directly_behind_tango() -> None:
    differences, clusters = [1, 0, -1, 1, 0, 0, 1, 1], list("aabbccdd")
    estimates = analyse(counts_of(differences), advertisers=table_of(differences, clusters)).estimates
    assert [e.method for e in estimates[:3]] == ["tango", "cluster_cr2", "newcombe10"]
    assert (estimates[1].name, estimates[1].over, estimates[1].n) == ("net_discrimination", "all", 8)
    assert "geclusterd naar 4 woningaanbieders" in estimates[1].convention


@pytest.mark.parametrize("clusters", ["abcd", "aaaa"])
def test_one_pair_each_or_one_advertiser_alone_gives_no_clustered_interval(clusters: str) -> None:
    differences = [1, 0, -1, 1]
    analysis = analyse(counts_of(differences), advertisers=table_of(differences, clusters))
    assert not any(estimate.method.startswith("cluster_") for estimate in analysis.estimates)


def test_advertisers_without_any_spread_give_no_interval_and_say_so() -> None:
    estimate = clustered([1, 0, 1, 0], list("aabb"), 0.95)
    assert (estimate.value, estimate.low, estimate.high) == (0.5, None, None)
    assert "geen spreiding tussen woningaanbieders" in estimate.convention


@pytest.mark.parametrize("table", [[[1, 2, 0, 0]], [[1, 2, 1, 0], [0, 0, 0, 1]]])
def test_advertisers_that_do_not_add_up_to_the_counts_are_refused(table: list[list[int]]) -> None:
    with pytest.raises(BadInput, match="pairs-do-not-match"):
        analyse(Counts(1, 2, 1, 0), advertisers=table)
