"""Hours, demands and words are compared pair by pair."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle_maker import oracle, printed
from scipy import stats

from profiles.errors import BadInput
from results.statistics.differences import paired_difference, paired_t, signed_rank

# Student (1908): extra hours of sleep of ten patients under two drugs; the paired t test of every textbook.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
amounts = st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=2, max_size=40).map(
    lambda rows: tuple(np.array(rows, dtype=float).T / 8)
)


def test_the_published_paired_t_test_of_student_comes_out() -> None:
    test, estimate = paired_t(FIRST, SECOND), paired_difference(FIRST, SECOND)
    assert test.statistic == pytest.approx(-4.0621, abs=5e-5)
    assert test.p == pytest.approx(0.002833, abs=5e-7)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((-1.58, -2.4598858, -0.7001142), abs=5e-8)
    assert (estimate.n, estimate.method) == (10, "paired_t")


@pytest.mark.parametrize(
    ("name", "t", "places"), [("callback_inter1_Woman.F", 1.920642, 6), ("wooldridge_audit", 4.28, 2)]
)
def test_the_published_paired_t_of_a_correspondence_test_comes_out(name: str, t: float, places: int) -> None:
    entry = next(study for study in oracle("statistics")["studies"] if study["id"] == name)
    numbers = [entry["counts"][key] for key in ("both", "only_majority", "only_minority", "neither")]
    found = paired_t(np.repeat([1, 1, 0, 0], numbers), np.repeat([1, 0, 1, 0], numbers))
    assert found.statistic == printed(t, places)
    if "paired_t_p" in entry["published"]:
        assert found.p == printed(entry["published"]["paired_t_p"])


@given(amounts)
@settings(max_examples=50)
def test_the_interval_and_the_p_values_are_those_of_scipy(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    control, treatment = pairs
    assume(np.ptp(control - treatment) > 0)
    theirs = stats.ttest_rel(control, treatment)
    limits = theirs.confidence_interval(0.9)
    estimate = paired_difference(control, treatment, 0.9)
    assert paired_t(control, treatment).p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (estimate.low, estimate.high) == (pytest.approx(limits.low), pytest.approx(limits.high))


@given(amounts)
@settings(max_examples=50)
def test_swapping_the_arms_mirrors_the_difference_and_keeps_every_p(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    control, treatment = pairs
    here, there = paired_difference(control, treatment), paired_difference(treatment, control)
    assert here.value == -(there.value or 0)
    assert signed_rank(control, treatment).p == pytest.approx(signed_rank(treatment, control).p)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9, unique=True), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_exact_rank_test_counts_every_way_of_swapping_the_arms(sizes: list[int], random: object) -> None:
    signs = [random.choice([-1, 1]) for _ in sizes]  # type: ignore[attr-defined]
    gaps = np.array(sizes) * signs
    ranks = np.argsort(np.argsort(sizes)) + 1
    flips = np.array(np.meshgrid(*[[0, 1]] * len(sizes))).reshape(len(sizes), -1)
    sums = ranks @ flips
    found = signed_rank(gaps, np.zeros(len(gaps), dtype=int))
    middle = ranks.sum() / 2
    assert found.statistic == ranks[gaps > 0].sum()
    assert found.p == pytest.approx((abs(sums - middle) >= abs(found.statistic - middle)).mean())


def test_one_pair_or_equal_differences_give_a_value_without_an_interval() -> None:
    alone, equal = paired_difference([3.0], [1.5]), paired_difference([0.1, 0.2, 0.3], [0.0, 0.1, 0.2])
    assert (alone.value, alone.low, alone.high) == (1.5, None, None)
    assert (equal.value, equal.low) == (pytest.approx(0.1), None)
    assert "geen interval: maar één test" in alone.convention
    assert "geen interval: elke test heeft hetzelfde verschil" in equal.convention


def test_no_difference_in_any_pair_is_p_one_in_words() -> None:
    for test in (paired_t([1, 2], [1, 2]), signed_rank([1, 2], [1, 2])):
        assert (test.p, test.statistic) == (1.0, None)
        assert test.note.startswith("geen enkele test met een verschil")


def test_a_t_test_of_equal_differences_is_refused_rather_than_infinitely_sure() -> None:
    with pytest.raises(BadInput, match="no-spread"):
        paired_t([2, 3, 4], [1, 2, 3])


@pytest.mark.parametrize(
    ("control", "treatment", "code"),
    [
        (["3", "4"], [1, 2], "not-numeric"),
        ([1, None], [1, 2], "not-numeric"),
        ([True, False], [1, 2], "not-numeric"),
        ([[1, 2]], [[1, 2]], "not-numeric"),
        ([1.0, float("nan")], [1.0, 2.0], "not-finite"),
        ([1.0, 2.0], [1.0, float("inf")], "not-finite"),
        ([1, 2, 3], [1, 2], "pairs-do-not-match"),
        ([], [], "no-pairs"),
    ],
)
def test_amounts_that_are_none_are_refused_by_name(control: list[float], treatment: list[float], code: str) -> None:
    for compare in (paired_difference, paired_t, signed_rank):
        with pytest.raises(BadInput, match=code):
            compare(control, treatment)
