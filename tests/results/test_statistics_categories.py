"""More than two classes of answer, and more than two arms."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle_maker import oracle, printed
from statsmodels.stats.contingency_tables import SquareTable, cochrans_q

from profiles.errors import BadInput
from results.statistics import Counts
from results.statistics.arms import Sets, cochran_q, compare_arms, tally_sets
from results.statistics.categories import (
    bhapkar,
    bowker,
    mean_score_interval,
    mean_score_test,
    mean_score_wald,
    stuart_maxwell,
)
from results.statistics.mcnemar import mcnemar

ORACLE = oracle("categories")
PETERSON, FISCHER = ORACLE["square_tables"][0], ORACLE["ordinal"]
TESTS = {"stuart_maxwell": stuart_maxwell, "bhapkar": bhapkar, "bowker": bowker}
squares = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 30), min_size=k, max_size=k), min_size=k, max_size=k)
)
patterns = st.integers(2, 4).flatmap(lambda k: st.lists(st.integers(0, 20), min_size=2**k, max_size=2**k).filter(any))


def sets_of(numbers: Sequence[int]) -> Sets:
    k = len(numbers).bit_length() - 1
    every = list(product((False, True), repeat=k))
    return Sets(tuple("ABCD"[:k]), dict(zip(every, numbers, strict=True)))


def published_sets() -> Sets:
    entry = ORACLE["cochran_q"]["patterns"]
    return Sets(("A", "B", "C"), {tuple(mark == "1" for mark in key): count for key, count in entry.items()})


@pytest.mark.parametrize("name", TESTS)
def test_the_published_test_of_a_square_table_comes_out(name: str) -> None:
    statistic, df, p = PETERSON["published"][name]
    found = TESTS[name](PETERSON["table"])
    assert (found.statistic, found.df, found.p) == (printed(statistic, 3), df, printed(p, 6))


@given(squares)
def test_the_tests_of_a_square_table_are_those_of_statsmodels(table: list[list[int]]) -> None:
    counts = np.array(table)
    changed = counts + counts.T - 2 * np.diag(np.diag(counts))
    assume((np.linalg.matrix_rank(np.diag(changed.sum(axis=0)) - changed) == len(counts) - 1) and counts.sum() > 0)
    theirs = SquareTable(counts, shift_zeros=False)
    stuart = theirs.homogeneity("stuart_maxwell")
    assert (stuart_maxwell(table).statistic, stuart_maxwell(table).p) == (
        pytest.approx(stuart.statistic, abs=1e-7),
        pytest.approx(stuart.pvalue, abs=1e-9),
    )
    if stuart.statistic < counts.sum() * 0.999:
        assert bhapkar(table).statistic == pytest.approx(theirs.homogeneity("bhapkar").statistic, rel=1e-6, abs=1e-7)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(1, 99))
def test_with_two_classes_the_tests_are_mcnemars(c11: int, c10: int, c01: int, c00: int) -> None:
    wanted = mcnemar(Counts(c11, c10, c01, c00))[2]
    table = [[c11, c10], [c01, c00]]
    for test in (stuart_maxwell(table), bowker(table), mean_score_test(table, [1, 0])):
        assert test.p == pytest.approx(wanted.p)
        assert test.statistic == pytest.approx(wanted.statistic)


@given(squares.filter(lambda table: sum(map(sum, table)) > 0))
def test_swapping_the_arms_changes_no_test_of_a_square_table(table: list[list[int]]) -> None:
    turned = np.array(table).T
    for test in (stuart_maxwell, bowker):
        assert test(table).p == pytest.approx(test(turned).p, abs=1e-9)
        assert test(table).statistic == pytest.approx(test(turned).statistic, abs=1e-7)


def test_a_class_that_both_arms_always_share_tells_nothing_apart_and_costs_no_degree_of_freedom() -> None:
    with_class, without = [[5, 9, 0], [2, 4, 0], [0, 0, 7]], [[5, 9], [2, 4]]
    assert (stuart_maxwell(with_class).statistic, stuart_maxwell(with_class).df) == (
        pytest.approx(stuart_maxwell(without).statistic),
        1,
    )


def test_a_table_without_any_difference_says_so() -> None:
    for test in (stuart_maxwell, bhapkar, bowker):
        found = test([[4, 0, 0], [0, 5, 0], [0, 0, 1]])
        assert (found.p, found.statistic) == (1.0, None)
        assert "geen enkele test met een verschil" in found.note


def test_bhapkars_test_does_not_exist_when_every_pair_differs_one_way() -> None:
    with pytest.raises(BadInput, match="no-comparison"):
        bhapkar([[0, 8], [0, 0]])


def test_the_published_marginal_mean_scores_come_out() -> None:
    for method in (mean_score_interval, mean_score_wald):
        found = method(FISCHER["table"], FISCHER["scores"])
        assert found.value == printed(FISCHER["published"]["estimate"])
        assert [found.low, found.high] == [printed(limit) for limit in FISCHER["published"][found.method]]
        assert found.convention.startswith("gemiddelde score controleprofiel min testprofiel, scores 8, 3.5, 0")


@given(squares.filter(lambda table: sum(map(sum, table)) > 0))
def test_the_score_interval_excludes_zero_exactly_when_the_test_rejects(table: list[list[int]]) -> None:
    scores = list(range(len(table)))
    test, estimate = mean_score_test(table, scores), mean_score_interval(table, scores)
    assume(abs(test.p - 0.05) > 1e-9)
    if estimate.low is None or estimate.high is None:
        assert test.p == 1
    else:
        assert (test.p < 0.05) == (estimate.low > 0 or estimate.high < 0)


@given(squares.filter(lambda table: sum(map(sum, table)) > 1))
def test_the_observed_error_of_the_mean_score_is_the_spread_of_the_pair_differences(table: list[list[int]]) -> None:
    counts = np.array(table)
    gaps = np.repeat(np.subtract.outer(np.arange(len(counts)), np.arange(len(counts))).ravel(), counts.ravel())
    found = mean_score_wald(table, np.arange(len(counts)))
    assert found.value == pytest.approx(gaps.mean(), abs=1e-12)
    if found.low is not None and found.high is not None:
        assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(gaps.std() / np.sqrt(len(gaps)), rel=1e-6)


def test_the_published_cochran_q_comes_out() -> None:
    wanted, found = ORACLE["cochran_q"]["published"], cochran_q(published_sets())
    assert (found.statistic, found.df, found.p) == (printed(wanted["q"]), wanted["df"], printed(wanted["p"]))


@given(patterns)
def test_cochran_q_is_the_one_of_statsmodels(numbers: list[int]) -> None:
    sets = sets_of(numbers)
    rows = np.repeat(np.array(list(sets.patterns)), list(sets.patterns.values()), axis=0).astype(int)
    found = cochran_q(sets)
    if len(set(map(tuple, rows - rows[:, :1]))) == 1 and not (rows - rows[:, :1]).any():
        assert (found.p, found.statistic) == (1.0, None)
    else:
        theirs = cochrans_q(rows)
        assert (found.statistic, found.p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99), st.integers(0, 99))
def test_for_two_arms_cochran_q_is_mcnemars_statistic(c11: int, c10: int, c01: int, c00: int) -> None:
    sets = Sets(
        ("control", "treatment"), {(True, True): c11, (True, False): c10, (False, True): c01, (False, False): c00}
    )
    assert cochran_q(sets).statistic == pytest.approx((c10 - c01) ** 2 / (c10 + c01))
    assert sets.pair(0, 1) == Counts(c11, c10, c01, c00)


def test_each_pair_of_arms_is_tested_and_adjusted_for_the_number_of_pairs() -> None:
    found = compare_arms(published_sets())
    assert [(each.control, each.treatment) for each in found] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert found[0].counts == Counts(22, 6, 6, 12)
    assert found[1].counts == Counts(8, 20, 8, 10)
    assert found[1].test == mcnemar(Counts(8, 20, 8, 10))[0]
    assert [each.p_adjusted for each in found] == pytest.approx(
        [found[0].test.p, 3 * found[1].test.p, 3 * found[1].test.p]
    )


def test_rows_become_patterns_and_an_incomplete_set_counts_nowhere() -> None:
    rows = [("w1", "A", True), ("w2", "A", True), ("w1", "B", False), ("w2", "B", True), ("w3", "A", False)]
    assert tally_sets(rows, ["A", "B"]) == Sets(("A", "B"), {(True, False): 1, (True, True): 1}, 1)


@pytest.mark.parametrize(
    ("rows", "code"),
    [([(1, "A", True), (1, "A", True), (1, "B", True)], "double-arm"), ([(1, "C", True)], "unknown-arm")],
)
def test_a_set_with_an_arm_twice_or_an_unknown_arm_is_refused(rows: list[tuple[int, str, bool]], code: str) -> None:
    with pytest.raises(BadInput, match=code):
        tally_sets(rows, ["A", "B"])


@pytest.mark.parametrize(
    ("arms", "pattern", "number", "code"),
    [
        (("A", "B"), (True, False, True), 1, "incomplete-set"),
        (("A", "B"), (2, 0), 1, "incomplete-set"),
        (("A", "A"), (True, False), 1, "arms-not-distinct"),
        (("A",), (True,), 1, "arms-not-distinct"),
        (("A", "B"), (True, False), -1, "count-not-whole"),
        (("A", "B"), (True, False), 0.5, "count-not-whole"),
    ],
)
def test_sets_that_do_not_fit_their_arms_are_refused(
    arms: tuple[str, ...], pattern: object, number: float, code: str
) -> None:
    with pytest.raises(BadInput, match=code):
        Sets(arms, {pattern: number})  # type: ignore[dict-item]


def test_no_complete_set_is_refused() -> None:
    with pytest.raises(BadInput, match="no-pairs"):
        cochran_q(Sets(("A", "B"), {}))


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ([[1, 2, 3], [4, 5, 6]], "not-square"),
        ([[1]], "not-square"),
        ([[1, 2], [3]], "count-not-whole"),
        ([[1, -2], [3, 4]], "count-not-whole"),
        ([[1, 0.5], [3, 4]], "count-not-whole"),
        ([["1", "2"], ["3", "4"]], "count-not-whole"),
        ([[0, 0], [0, 0]], "no-pairs"),
    ],
)
def test_a_table_that_is_not_one_is_refused(table: list[list[int]], code: str) -> None:
    for test in (stuart_maxwell, bhapkar, bowker):
        with pytest.raises(BadInput, match=code):
            test(table)


@pytest.mark.parametrize("scores", [[1], [1, 1], [1, float("nan")], ["a", "b"], [[1, 2]]])
def test_scores_that_do_not_fit_the_classes_are_refused(scores: list[float]) -> None:
    with pytest.raises(BadInput, match="scores-do-not-match"):
        mean_score_test([[1, 2], [3, 4]], scores)
