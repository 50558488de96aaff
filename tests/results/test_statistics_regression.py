"""Regressions that say the same as the counts, against published figures and statsmodels."""

from math import log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import BadInput
from results.statistics import Counts
from results.statistics.clustering import cr1
from results.statistics.regression import clogit_counts, clogit_pairs, clogit_sets, linear, linear_counts

CALLBACK = Counts(43, 43, 27, 197)  # Petit et al. 2013, in the R package callback
Drawn = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]


def drawn(pairs: int = 400, seed: int = 7) -> Drawn:
    """Outcomes of both arms and two covariate differences; writing first and a better text both help."""
    rng = np.random.default_rng(seed)
    level, first, text = rng.normal(-0.5, 1, pairs), rng.integers(0, 2, pairs), rng.normal(size=(2, pairs))
    control = rng.random(pairs) < 1 / (1 + np.exp(-(level + 0.6 + 0.4 * first + 0.5 * text[0])))
    treatment = rng.random(pairs) < 1 / (1 + np.exp(-(level + 0.4 * (1 - first) + 0.5 * text[1])))
    return control.astype(int), treatment.astype(int), np.column_stack([2.0 * first - 1, text[0] - text[1]])


def code_of(call: Any) -> str:
    with pytest.raises(BadInput) as caught:
        call()
    return caught.value.problems[0].code


def test_the_published_paired_t_of_the_french_test_comes_out() -> None:
    found = linear_counts(CALLBACK).coefficient()
    assert found.value == pytest.approx(0.0516129)
    assert (found.statistic, found.p) == (pytest.approx(1.920642, abs=5e-7), pytest.approx(0.05569699, abs=5e-9))


def test_the_textbook_figures_of_the_washington_audit_come_out() -> None:
    found = linear_counts(Counts(40, 46, 14, 141)).coefficient()
    assert (round(found.value, 3), round(found.error, 3), round(found.statistic, 2)) == (0.133, 0.031, 4.28)
    assert found.error * sqrt(241) == pytest.approx(0.482, abs=5e-4)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 60))
def test_from_counts_or_from_pairs_the_linear_model_is_the_same(b: int, c: int, same: int) -> None:
    here = linear_counts(Counts(0, b, c, same)).coefficient()
    there = linear([1] * b + [-1] * c + [0] * same).coefficient()
    assert (there.value, there.error, there.p) == pytest.approx((here.value, here.error, here.p), abs=1e-12)


def test_the_linear_model_is_least_squares_with_a_dummy_for_every_pair() -> None:
    control, treatment, _ = drawn(40)
    arm = np.repeat([1.0, 0.0], 40)
    design = np.column_stack([arm, np.tile(np.eye(40), (2, 1))])
    fit = sm.OLS(np.concatenate([control, treatment]), design).fit()
    found = linear(control - treatment).coefficient()
    assert (found.value, found.error, found.p) == pytest.approx((fit.params[0], fit.bse[0], fit.pvalues[0]))


def test_covariates_and_clusters_are_those_of_statsmodels() -> None:
    control, treatment, covariates = drawn()
    groups = np.arange(400) % 37
    fit = sm.OLS(control - treatment, np.column_stack([np.ones(400), covariates]))
    plain, robust = fit.fit(), fit.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    for found, expected in (
        (linear(control - treatment, covariates, ["first", "text"]), plain),
        (linear(control - treatment, covariates, ["first", "text"], groups), robust),
    ):
        assert [c.value for c in found.coefficients] == pytest.approx(list(expected.params))
        assert [c.error for c in found.coefficients] == pytest.approx(list(expected.bse))
        assert [(c.low, c.high) for c in found.coefficients] == [
            pytest.approx(tuple(row)) for row in expected.conf_int()
        ]


def test_without_covariates_the_clustered_model_is_the_cr1_interval() -> None:
    table = [[1, 3, 0, 2], [0, 1, 2, 4], [2, 5, 1, 8], [1, 2, 2, 0]]
    cells = [(0, 1, -1, 0)[cell] for row in table for cell, times in enumerate(row) for _ in range(times)]
    groups = np.repeat(np.arange(4), [sum(row) for row in table])
    found, expected = linear(cells, clusters=groups).coefficient(), cr1(table)
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))


def test_conditional_logit_of_pairs_is_the_ratio_of_the_discordant_counts() -> None:
    found = clogit_counts(CALLBACK)
    assert found.coefficient().value == pytest.approx(log(43 / 27))
    assert found.coefficient().error == pytest.approx(sqrt(1 / 43 + 1 / 27))
    assert (found.n, found.used) == (310, 70)


def test_the_odds_of_the_american_rental_test_lie_near_its_published_conditional_logit() -> None:
    """Christensen et al. 2022 print .6016 [.4607, .7855] for Black names, with covariates; the counts give .6231."""
    found = clogit_counts(Counts(486, 248, 398, 1109)).coefficient()
    assert np.exp(found.value) == pytest.approx(248 / 398)
    assert 0.4607 < np.exp(found.value) < 0.7855


@given(st.integers(1, 60), st.integers(1, 60))
def test_newtons_method_finds_the_closed_formula(b: int, c: int) -> None:
    here = clogit_counts(Counts(0, b, c, 0)).coefficient()
    there = clogit_pairs([1] * b + [0] * c, [0] * b + [1] * c).coefficient()
    assert (there.value, there.error) == pytest.approx((here.value, here.error), abs=1e-7)


def test_pairs_with_covariates_are_logistic_regression_on_the_differences_within_discordant_pairs() -> None:
    control, treatment, covariates = drawn()
    some = control != treatment
    expected = sm.Logit(control[some], np.column_stack([np.ones(some.sum()), covariates[some]])).fit(disp=False)
    found = clogit_pairs(control, treatment, covariates, ["first", "text"])
    assert [c.value for c in found.coefficients] == pytest.approx(list(expected.params), abs=1e-6)
    assert [c.error for c in found.coefficients] == pytest.approx(list(expected.bse), rel=1e-5)
    assert found.coefficient("text").value == pytest.approx(0.5, abs=0.35)


def test_pairs_as_sets_of_two_give_the_same_conditional_logit() -> None:
    control, treatment, covariates = drawn(150)
    half = covariates / 2
    rows = np.column_stack([np.repeat([1.0, 0.0], 150), np.concatenate([half, -half])])
    sets = clogit_sets(
        np.concatenate([control, treatment]), rows, ["control", "first", "text"], np.tile(np.arange(150), 2)
    )
    pairs = clogit_pairs(control, treatment, covariates, ["first", "text"])
    assert (sets.n, sets.used) == (pairs.n, pairs.used)
    for one, other in zip(sets.coefficients, pairs.coefficients, strict=True):
        assert (one.value, one.error) == pytest.approx((other.value, other.error), rel=1e-6)


def triads(number: int = 200) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    rng = np.random.default_rng(3)
    groups = np.tile(np.eye(3)[:, 1:], (number, 1))
    chance = 1 / (1 + np.exp(-(np.repeat(rng.normal(-0.5, 1, number), 3) + groups @ [-0.6, -0.3])))
    return (rng.random(3 * number) < chance).astype(int), groups, np.repeat(np.arange(number), 3)


def conditional_loglike(beta: npt.ArrayLike, y: Any, x: Any, sets: Any) -> float:
    """Every subset of the set with as many answers, one after another."""
    from itertools import combinations

    total = 0.0
    for one in np.unique(sets):
        rows = x[sets == one] @ np.asarray(beta)
        answered = int(y[sets == one].sum())
        others = [sum(rows[list(subset)]) for subset in combinations(range(len(rows)), answered)]
        total += float(rows[y[sets == one] == 1].sum() - np.log(np.exp(others).sum()))
    return total


def test_triads_maximise_the_conditional_likelihood_counted_out_subset_by_subset() -> None:
    y, x, sets = triads()
    found = clogit_sets(y, x, ["second", "third"], sets)
    beta = np.array([c.value for c in found.coefficients])
    best = conditional_loglike(beta, y, x, sets)
    for step in ([0.02, 0], [-0.02, 0], [0, 0.02], [0, -0.02]):
        assert conditional_loglike(beta + step, y, x, sets) < best


def test_the_scale_of_a_covariate_does_not_matter() -> None:
    y, x, sets = triads(60)
    rent = np.random.default_rng(1).normal(1500, 300, len(y))
    here = clogit_sets(y, np.column_stack([x, rent]), ["second", "third", "rent"], sets)
    there = clogit_sets(y, np.column_stack([x, rent / 1000]), ["second", "third", "rent"], sets)
    assert here.coefficient("rent").statistic == pytest.approx(there.coefficient("rent").statistic, rel=1e-4)


@pytest.mark.parametrize("counts", [Counts(5, 4, 0, 5), Counts(5, 0, 4, 5)])
def test_one_sided_pairs_are_a_separation_and_never_a_large_number(counts: Counts) -> None:
    assert code_of(lambda: clogit_counts(counts)) == "separation"
    assert code_of(lambda: clogit_pairs([1] * counts.c10 + [0] * counts.c01, [0] * counts.c10 + [1] * counts.c01)) == (
        "separation"
    )


def test_a_covariate_that_decides_every_discordant_pair_is_a_separation_in_pairs_and_in_sets() -> None:
    control, treatment, _ = drawn(60)
    decides = (control - treatment).astype(float) + np.where(control == treatment, 0.3, 0)
    assert code_of(lambda: clogit_pairs(control, treatment, decides[:, None], ["x"])) == "separation"
    y, x, sets = triads(40)
    assert code_of(lambda: clogit_sets(y, np.column_stack([x, y]), ["b", "c", "x"], sets)) == "separation"


def test_a_rare_covariate_on_one_side_only_is_a_quasi_separation() -> None:
    control, treatment = [1, 1, 1, 0, 0, 1, 0], [0, 0, 0, 1, 1, 0, 1]
    assert code_of(lambda: clogit_pairs(control, treatment, [[0], [0], [1], [0], [0], [1], [0]], ["x"])) == "separation"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: clogit_counts(Counts(5, 0, 0, 5)), "no-discordant"),
        (lambda: clogit_pairs([1, 0], [1, 0]), "no-discordant"),
        (lambda: clogit_pairs([1, 2], [1, 0]), "outcome-not-binary"),
        (lambda: clogit_pairs(["a", "b"], [1, 0]), "outcome-not-binary"),
        (lambda: clogit_pairs([1, 0, 1], [1, 0]), "pairs-do-not-match"),
        (lambda: clogit_pairs([1, 0], [0, 1], [[1, 2]], ["x"]), "covariates-do-not-match"),
        (lambda: clogit_pairs([1, 0], [0, 1], [[np.nan], [1]], ["x"]), "covariate-not-a-number"),
        (lambda: clogit_pairs([1, 0], [0, 1], [["a"], ["b"]], ["x"]), "covariate-not-a-number"),
        (lambda: clogit_pairs([1, 0, 1], [0, 1, 0], [[2], [2], [2]], ["x"]), "collinear"),
        (lambda: clogit_pairs([1, 0, 1], [0, 1, 0], clusters=np.zeros(3, dtype=int)), "too-few-clusters"),
        (lambda: clogit_sets([1, 0], [[1], [0]], ["x"], [1]), "sets-do-not-match"),
        (lambda: clogit_sets([1, 0, 1], [[1], [0], [1]], ["x"], [1, 2, 3]), "no-discordant"),
        (lambda: clogit_sets([1, 0, 0, 1], [[1], [1], [2], [2]], ["x"], [1, 1, 2, 2]), "collinear"),
        (lambda: linear([1, 0, -1], [[1], [1], [1]], ["x"]), "collinear"),
        (lambda: linear([1]), "too-few-pairs"),
        (lambda: linear([1, 1, 1]), "no-spread"),
        (lambda: linear_counts(Counts(0, 3, 0, 0)), "no-spread"),
        (lambda: linear_counts(Counts(0, 1, 0, 0)), "too-few-pairs"),
        (lambda: linear(["a", "b"]), "difference-not-a-number"),
        (lambda: linear([1.0, np.nan]), "difference-not-a-number"),
        (lambda: linear([1, 0, 1], clusters=np.array([0, 1])), "pairs-do-not-match"),
        (lambda: linear([1, 0, 1], clusters=np.array([0, 0, 0])), "too-few-clusters"),
    ],
)
def test_input_that_no_model_can_use_is_a_named_error(call: Any, code: str) -> None:
    assert code_of(call) == code
