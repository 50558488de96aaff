"""The probability of no one-sided treatment, and report-card grades with a stated rate of wrong orders."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from profiles.errors import BadInput
from results.statistics.advertiser import FLOOR, fit_beta, no_one_sided_treatment, report_card
from results.statistics.advertiser.grades import grade, loss, ordering
from results.statistics.advertiser.mixture import log_bayes_factor

ORACLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles" / "statistics.json").read_text("utf-8"))
BROKERS = ORACLE["brokers_synthetic"]
B, C = (np.array([broker[side] for broker in BROKERS]) for side in ("b", "c"))


def orders(many: int) -> np.ndarray:
    """Every way to grade ``many`` advertisers, ties allowed: 3, 13, 75, 541, 4683 for 2 to 6."""
    found = [each for each in product(range(many), repeat=many) if set(each) == set(range(max(each) + 1))]
    return np.array(found) + 1


def drawn(many: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shapes of the posteriors of advertisers with very different numbers of one-sided pairs."""
    rng = np.random.default_rng(seed)
    m = rng.integers(FLOOR, 60, many)
    b = rng.binomial(m, rng.beta(3, 2, many))
    return 3.0 + b, 2.0 + m - b


# --- the mixture --------------------------------------------------------------------------------------------------


def test_the_posterior_of_twelve_brokers_comes_out() -> None:
    found = no_one_sided_treatment(B, C, pi0=0.5)
    assert found.posterior == pytest.approx([each["posterior_null_pi0_half_beta41"] for each in BROKERS], abs=5.1e-9)


def test_the_fitted_share_has_the_highest_marginal_likelihood() -> None:
    found = no_one_sided_treatment(B, C)
    gain = log_bayes_factor(B, C, (4, 1))
    grid = np.linspace(0.001, 0.999, 999)
    heights = np.log(grid[:, None] + (1 - grid[:, None]) * np.exp(gain)).sum(axis=1)
    assert found.pi0 == pytest.approx(grid[np.argmax(heights)], abs=0.001)
    assert found.note == "het aandeel zonder verschil is geschat uit 11 woningaanbieders met eenzijdige tests"


@pytest.mark.parametrize(("b", "c", "edge"), [([9, 12], [0, 1], 0.0), ([5, 6, 7], [5, 6, 7], 1.0)])
def test_a_fit_on_the_edge_is_said(b: list[int], c: list[int], edge: float) -> None:
    found = no_one_sided_treatment(b, c)
    assert found.pi0 == edge
    assert f"op de grens {edge:g}" in found.note
    assert found.posterior.tolist() == [edge] * len(b)


def test_an_advertiser_without_one_sided_pairs_keeps_the_common_probability() -> None:
    assert no_one_sided_treatment([0, 8], [0, 1], pi0=0.3).posterior[0] == pytest.approx(0.3)


def test_very_long_runs_stay_finite() -> None:
    found = no_one_sided_treatment([100_000, 50_000, 0], [0, 50_000, 100_000])
    assert found.posterior == pytest.approx([0, 0.996, 0], abs=0.001)
    assert 0 < found.pi0 < 1


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_posterior_is_bayes_rule(b: int, c: int) -> None:
    coin = stats.binom.pmf(b, b + c, 0.5)
    other = stats.betabinom.pmf(b, b + c, 4, 1)
    assert no_one_sided_treatment([b], [c], pi0=0.7).posterior[0] == pytest.approx(
        0.7 * coin / (0.7 * coin + 0.3 * other), rel=1e-9
    )


def test_a_mixture_without_any_one_sided_pair_is_refused() -> None:
    with pytest.raises(BadInput, match="no-one-sided-pairs"):
        no_one_sided_treatment([0, 0], [0, 0])


def test_a_share_or_an_alternative_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadInput, match="not-a-share"):
        no_one_sided_treatment([1], [1], pi0=1.5)
    with pytest.raises(BadInput, match="not-a-beta"):
        no_one_sided_treatment([1], [1], alternative=(0, 1))


# --- grades -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [(2.0, 3.0), (10.0, 0.4), (1.2, 7.0), (300.0, 200.0)])
@pytest.mark.parametrize("other", [(2.5, 2.5), (0.3, 0.3), (310.0, 190.0)])
def test_the_probability_of_an_order_is_the_integral(one: tuple[float, float], other: tuple[float, float]) -> None:
    exact, _ = integrate.quad(lambda u: stats.beta.cdf(stats.beta.ppf(u, *one), *other), 0, 1, limit=500)
    found = ordering([one[0], other[0]], [one[1], other[1]])
    assert found[0, 1] == pytest.approx(exact, abs=3e-5)
    assert found[0, 1] + found[1, 0] == pytest.approx(1, abs=1e-12)
    assert found[0, 0] == pytest.approx(0.5)


@pytest.mark.parametrize("lam", [0.1, 0.25, 0.9])
@pytest.mark.parametrize("many", [3, 4, 5, 6])
def test_the_grades_are_nearly_always_the_best_of_all_weak_orders(many: int, lam: float) -> None:
    """Best among contiguous grades is not always best of all: here it is in all 20 draws but at most one."""
    every = orders(many)
    higher = every[:, :, None] < every[:, None, :]
    missed = 0
    for seed in range(20):
        first, second = drawn(many, seed)
        above = ordering(first, second)
        least = (higher * (above.T - lam * above)).sum(axis=(1, 2)).min()
        mine = loss(grade(above, first / (first + second), lam), above, lam)
        assert mine >= least - 1e-9
        missed += mine > least + 1e-9
    assert missed <= 1


def test_the_grades_are_the_best_of_all_contiguous_grades() -> None:
    first, second = drawn(9, 4)
    above, mean = ordering(first, second), first / (first + second)
    order = np.argsort(-mean)
    losses = []
    for cuts in product((0, 1), repeat=8):
        grades = np.empty(9, dtype=int)
        grades[order] = np.cumsum([1, *cuts])
        losses.append(loss(grades, above, 0.25))
    assert loss(grade(above, mean, 0.25), above, 0.25) == pytest.approx(min(losses), abs=1e-9)


@pytest.mark.parametrize("lam", [0.1, 0.25, 0.9])
def test_two_advertisers_are_told_apart_when_the_order_is_likely_enough(lam: float) -> None:
    for gap in range(12):
        above = ordering([8.0 + gap, 8.0], [8.0, 8.0])
        grades = grade(above, np.array([(8 + gap) / (16 + gap), 0.5]), lam)
        assert (grades.tolist() == [1, 2]) == (above[0, 1] > 1 / (1 + lam))


def test_the_stated_rate_of_wrong_orders_is_what_happens() -> None:
    """Shares drawn from the fitted prior, counts from the shares: the report card is wrong as often as it expects."""
    rng = np.random.default_rng(7)
    said, seen, tau = [], [], []
    for _ in range(25):
        theta, m = rng.beta(3, 2, 30), rng.integers(FLOOR, 40, 30)
        b = rng.binomial(m, theta)
        above = ordering(3.0 + b, 2.0 + m - b)
        grades = grade(above, (3.0 + b) / (5 + m), 0.25)
        higher = grades[:, None] < grades[None, :]
        said.append(above.T[higher].sum() / 435)
        wrong = (higher & (theta[:, None] < theta[None, :])).sum()
        seen.append(wrong / 435)
        tau.append((higher.sum() - 2 * wrong) / 435)
    assert np.mean(seen) == pytest.approx(np.mean(said), abs=0.008)
    assert np.mean(tau) > 0.5


def test_a_report_card_of_twelve_brokers() -> None:
    card = report_card(B, C, fit_beta(B, C))
    assert dict(zip("ABCDEFGHIJKL", card.grades.tolist(), strict=True)) == {
        "A": 1, "B": 2, "C": 3, "D": 0, "E": 0, "F": 3, "G": 2, "H": 0, "I": 3, "J": 2, "K": 0, "L": 3,
    }  # fmt: skip
    assert card.certainty == 0.8
    assert card.misranked is not None
    assert card.misranked_graded is not None
    assert card.tau is not None
    assert 0 < card.misranked < card.misranked_graded < 0.08
    assert card.note.startswith("beste indeling in groepen die aansluiten")


def test_fewer_than_six_one_sided_pairs_get_no_grade() -> None:
    card = report_card(B, C, fit_beta(B, C))
    assert (card.grades > 0).tolist() == (B + C >= FLOOR).tolist()


def test_a_higher_lambda_gives_more_grades_and_more_wrong_orders() -> None:
    cards = [report_card(B, C, fit_beta(B, C), lam) for lam in (0.05, 0.25, 0.9)]
    assert [card.grades.max() for card in cards] == sorted(card.grades.max() for card in cards)
    assert [card.misranked for card in cards] == sorted(card.misranked or 0 for card in cards)


def test_without_spread_there_is_one_grade_and_no_wrong_order() -> None:
    card = report_card([5, 4, 6], [5, 4, 6], fit_beta([5, 4, 6], [5, 4, 6]))
    assert (card.grades.tolist(), card.misranked, card.misranked_graded) == ([1, 1, 1], 0, None)
    assert card.note.startswith("één groep: geen spreiding")


def test_with_one_advertiser_over_the_floor_nothing_is_graded() -> None:
    card = report_card([9, 1], [1, 1], fit_beta([9, 1], [1, 1]))
    assert (card.grades.tolist(), card.misranked, card.tau) == ([0, 0], None, None)
    assert "geen groepen" in card.note


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=8))
@settings(deadline=None, max_examples=25)
def test_a_higher_estimated_share_never_gets_a_better_grade(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T + np.array([[3.0], [2.0]])
    mean = first / (first + second)
    grades = grade(ordering(first, second), mean, 0.25)
    assert all(a <= b for a, b, up, down in zip(grades, grades[1:], mean, mean[1:], strict=False) if up > down)
    assert sorted(set(grades.tolist())) == list(range(1, grades.max() + 1))
    assert len({(share, int(number)) for share, number in zip(mean.tolist(), grades, strict=True)}) == len(set(mean))
