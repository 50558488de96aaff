"""Shares and net differences of advertisers drawn towards the others, and said in words where that cannot be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from profiles.errors import BadInput
from results.statistics.advertiser import BetaFit, Spread, fit_beta, net_shrunk, shares, shrink

# Tarone (1982), the tumours of 71 groups of rats, as in Gelman et al., Bayesian Data Analysis, table 5.1: y out of n.
RATS = (
    "0/20 0/20 0/20 0/20 0/20 0/20 0/20 0/19 0/19 0/19 0/19 0/18 0/18 0/17 1/20 1/20 1/20 1/20 1/19 1/19 1/18 1/18 "
    "2/25 2/24 2/23 2/20 2/20 2/20 2/20 2/20 2/20 1/10 5/49 2/19 5/46 3/27 2/17 7/49 7/47 3/20 3/20 2/13 9/48 10/50 "
    "4/20 4/20 4/20 4/20 4/20 4/20 4/20 10/48 4/19 4/19 4/19 5/22 11/46 12/49 5/20 5/20 6/23 5/19 6/22 6/20 6/20 6/20 "
    "16/52 15/47 15/46 9/24 4/14"
)
COUNTS = np.array([(int(y), int(n) - int(y)) for y, n in (each.split("/") for each in RATS.split())])
Table = list[tuple[int, int]]


def fit(pairs: Table) -> BetaFit:
    return fit_beta(*np.array(pairs).T)


def likelihood(alpha: float, beta: float) -> float:
    return float(stats.betabinom.logpmf(COUNTS[:, 0], COUNTS.sum(axis=1), alpha, beta).sum())


def drawn(advertisers: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True shares, c10 and c01 of advertisers whose shares follow Beta(4, 3)."""
    rng = np.random.default_rng(seed)
    theta, m = rng.beta(4, 3, advertisers), rng.poisson(8, advertisers)
    b = rng.binomial(m, theta)
    return theta, b, m - b


def test_the_fit_has_the_highest_beta_binomial_likelihood() -> None:
    found = fit_beta(COUNTS[:, 0], COUNTS[:, 1])
    assert found.alpha is not None
    assert found.beta is not None
    assert (found.alpha, found.beta) == pytest.approx((2.342, 14.115), abs=5e-4)
    assert found.log_likelihood == pytest.approx(likelihood(found.alpha, found.beta), abs=1e-9)
    around = [(found.alpha * up, found.beta * down) for up in (0.99, 1, 1.01) for down in (0.99, 1, 1.01)]
    assert max(around, key=lambda place: likelihood(*place)) == (found.alpha, found.beta)


def test_a_share_lies_between_the_own_share_and_the_common_one_and_nearer_to_its_own_with_more_pairs() -> None:
    table = [(4, 0), (40, 0), (0, 5), (5, 5), (3, 1)]
    found = fit(table)
    few, many = (each.value for each in shares(*np.array(table).T, found)[:2])
    assert found.mean is not None
    assert few is not None
    assert many is not None
    assert found.mean < few < many < 1


def test_an_advertiser_without_one_sided_pairs_gets_the_common_share() -> None:
    table = [(4, 0), (0, 5), (5, 5), (0, 0)]
    found = fit(table)
    unknown = shares(*np.array(table).T, found)[3]
    assert (unknown.n, unknown.value) == (0, pytest.approx(found.mean))


@pytest.mark.parametrize(
    ("table", "spread"),
    [
        ([(0, 0), (0, 0)], Spread.UNKNOWN),
        ([(1, 0), (0, 1), (1, 0)], Spread.UNKNOWN),
        ([(5, 5)], Spread.UNKNOWN),
        ([(3, 0), (0, 4)], Spread.EXTREME),
        ([(3, 0), (2, 0)], Spread.ONE_SIDED),
        ([(5, 5), (4, 4), (6, 6)], Spread.NONE),
    ],
)
def test_counts_that_do_not_tell_the_spread_say_so_and_give_no_fit(table: Table, spread: Spread) -> None:
    found = fit(table)
    assert (found.spread, found.alpha, found.beta) == (spread, None, None)
    for each in shares(*np.array(table).T, found):
        assert str(spread) in each.convention
        assert (each.value is None) == (spread is not Spread.NONE)


def test_without_spread_everyone_gets_the_pooled_share_with_an_interval_that_allows_for_some() -> None:
    found = shares([5, 4, 60], [5, 4, 60], fit([(5, 5), (4, 4), (60, 60)]))
    assert [each.value for each in found] == [0.5] * 3
    low = [each.low for each in found if each.low is not None]
    assert 0.2 < low[1] < low[0] < low[2] < 0.5


def test_one_huge_advertiser_costs_no_memory_and_keeps_its_own_share() -> None:
    table = [(150_000, 30_000), (5, 5), (3, 1), (0, 2)]
    found = shares(*np.array(table).T, fit(table))[0]
    assert found.value == pytest.approx(5 / 6, abs=1e-4)
    assert found.low is not None
    assert found.low > 0.83


@pytest.mark.parametrize("advertisers", [10, 40, 300])
def test_the_credible_interval_holds_the_true_share_about_as_often_as_it_says(advertisers: int) -> None:
    held = []
    for seed in range(900 // advertisers):
        theta, b, c = drawn(advertisers, seed)
        found = shares(b, c, fit_beta(b, c))
        held += [
            each.low <= true <= each.high
            for each, true in zip(found, theta.tolist(), strict=True)
            if each.low is not None and each.high is not None
        ]
    assert np.mean(held) > 0.88


def test_the_interval_says_from_how_many_advertisers_the_spread_comes() -> None:
    found = shares(COUNTS[:, 0], COUNTS[:, 1], fit_beta(COUNTS[:, 0], COUNTS[:, 1]))
    assert "het interval rekent mee dat die spreiding uit 71 woningaanbieders komt" in found[0].convention


def test_with_many_advertisers_the_interval_is_that_of_the_fitted_beta() -> None:
    _, b, c = drawn(5000, 2)
    found = fit_beta(b, c)
    assert found.alpha is not None
    assert found.beta is not None
    plug_in = stats.beta.ppf([0.025, 0.975], found.alpha + b[0], found.beta + c[0])
    one = shares(b, c, found)[0]
    assert (one.low, one.high) == pytest.approx(tuple(plug_in), abs=0.003)


def test_the_fit_finds_back_the_truth_from_many_advertisers() -> None:
    _, b, c = drawn(5000, 1)
    found = fit_beta(b, c)
    assert (found.alpha, found.beta) == pytest.approx((4, 3), rel=0.08)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=12))
def test_every_table_gives_a_fit_or_a_reason(table: Table) -> None:
    found = fit(table)
    assert (found.spread is Spread.BETWEEN) == (found.alpha is not None)
    for each in shares(*np.array(table).T, found):
        if each.low is not None and each.high is not None and each.value is not None:
            assert 0 <= each.low <= each.value <= each.high <= 1


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=12))
def test_swapping_the_arms_mirrors_the_fit(table: Table) -> None:
    found, mirrored = fit(table), fit([(c, b) for b, c in table])
    assert found.spread is mirrored.spread
    if found.log_likelihood is not None:
        assert found.log_likelihood == pytest.approx(mirrored.log_likelihood, abs=1e-5)


def test_a_climb_that_does_not_arrive_fails_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    climb = optimize.minimize
    monkeypatch.setattr(optimize, "minimize", lambda *given, **how: climb(*given, **{**how, "options": {"maxiter": 1}}))
    with pytest.raises(BadInput, match="no-fit"):
        fit_beta(COUNTS[:, 0], COUNTS[:, 1])


@pytest.mark.parametrize("b", [[-1, 2], [0.5, 2], [float("nan"), 2], ["a", "b"], [True, False]])
def test_what_is_no_count_is_refused(b: list[object]) -> None:
    with pytest.raises(BadInput, match="count-not-whole"):
        fit_beta(np.array(b), [1, 1])


def test_counts_of_different_advertisers_are_refused() -> None:
    with pytest.raises(BadInput, match="advertisers-do-not-match"):
        fit_beta([1, 2], [1, 2, 3])


# --- linear -------------------------------------------------------------------------------------------------------


def test_linear_shrinkage_by_hand() -> None:
    """mu = 2, mean squared deviation 2/3 each of 1, 0, 1; minus 2/3 of 0.25: sigma^2 = 2/3 - 1/6 = 1/2."""
    found = shrink([1, 2, 3], [0.5, 0.5, 0.5])
    assert (found.mean, found.sd**2) == pytest.approx((2, 0.5))
    assert found.weights == pytest.approx([2 / 3] * 3)
    assert found.values == pytest.approx([4 / 3, 2, 8 / 3])


def test_estimates_that_differ_no_more_than_chance_all_become_the_mean_and_that_is_said() -> None:
    found = shrink([0.1, 0.2, 0.3], [0.4, 0.4, 0.4])
    assert (found.sd, found.values.tolist()) == (0, pytest.approx([0.2] * 3))
    assert found.note.startswith("geen spreiding")


def test_an_exact_estimate_is_not_moved() -> None:
    assert shrink([1, 2, 3], [0, 1, 1]).values[0] == 1


def test_one_pair_is_not_taken_for_certain() -> None:
    found = net_shrunk([[0, 1, 0, 0], [20, 30, 5, 45], [30, 5, 25, 40], [25, 20, 15, 40]])
    assert found.weights[0] < min(found.weights[1:])
    assert found.values[0] < 1


def test_the_variance_of_a_net_difference_is_pooled_within_advertisers() -> None:
    """Two advertisers of four pairs, d = 1 0 0 0 and -1 0 0 0: squares within 2 (1 - 1/4) = 1.5, over 6 is 0.25."""
    found = net_shrunk([[0, 1, 0, 3], [0, 0, 1, 3]])
    assert found.sd**2 == pytest.approx(1 / 16 - 1 / 2 * 0.25 / 4)


def test_linear_shrinkage_finds_back_the_spread() -> None:
    rng = np.random.default_rng(3)
    net = rng.normal(0.1, 0.08, 2000)
    cells = np.array(
        [rng.multinomial(60, [0.3, 0.2 + each / 2, 0.2 - each / 2, 0.3]) for each in np.clip(net, -0.4, 0.4)]
    )
    found = net_shrunk(cells)
    assert (found.mean, found.sd) == pytest.approx((0.1, 0.08), abs=0.006)
    raw = (cells[:, 1] - cells[:, 2]) / 60
    assert np.mean((found.values - net) ** 2) < 0.8 * np.mean((raw - net) ** 2)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ([[0, 1, 0, 0], [0, 0, 1, 0]], "clusters-of-one"),
        ([[1, 1, 1, 1]], "too-few-clusters"),
        ([[1, 1, 1, 1], [0, 0, 0, 0]], "empty-stratum"),
        ([[1, 1, 1], [1, 1, 1]], "advertisers-do-not-match"),
        ([[1, -1, 1, 1], [1, 1, 1, 1]], "count-not-whole"),
    ],
)
def test_tables_that_cannot_be_shrunk_are_refused(cells: list[list[int]], code: str) -> None:
    with pytest.raises(BadInput, match=code):
        net_shrunk(cells)


@pytest.mark.parametrize(("theta", "s"), [([1, float("nan")], [1, 1]), ([1, 2], [1, -1]), ([1, 2], [1, float("inf")])])
def test_numbers_that_are_none_are_refused(theta: list[float], s: list[float]) -> None:
    with pytest.raises(BadInput, match="not-a-number"):
        shrink(theta, s)
