"""Other designs than pairs with a yes or no: sets of arms, unpaired inquiries, amounts and classes of answers."""

from collections.abc import Mapping
from math import exp

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.statistics import categories, differences, unpaired, unpaired_strata
from results.statistics.arms import Sets, cochran_q, compare_arms
from results.statistics.estimands import Estimate
from results.statistics.findings import Findings, Found, Gathered
from results.statistics.further import nets
from results.statistics.mcnemar import TestResult
from results.statistics.numeric import check_share
from results.statistics.randomisation import sign_flip_drawn
from results.statistics.regression import Coefficient, Fit, clogit_sets

MOST_SIGNS = 50_000_000
"""Coins of one randomisation test by draws: 9999 draws up to 5,000 pairs, fewer with more of them."""


def _findings(found: Gathered) -> Findings:
    return Findings(
        estimates=tuple(found.estimates),
        tests=tuple(found.tests),
        groups=tuple(found.groups),
        absent=tuple(found.absent),
    )


def analyse_sets(sets: Sets, level: float = 0.95, all_methods: bool = False) -> Findings:
    """Cochran's Q, every two arms with mid-p adjusted by Holm, and (all methods) conditional logit over the sets.

    The first arm is the control. Raises BadInput ``no-pairs`` without a complete set.
    """
    check_share("level", level)
    found = Gathered()
    found.add(cochran_q(sets))
    compared = {f"{each.control} – {each.treatment}": each.counts for each in compare_arms(sets)}
    found.add(*nets("arms", compared, level, "holm"))
    if all_methods:
        found.attempt(conditional_logit=lambda: _set_logit(sets, level))
    return _findings(found)


def _set_logit(sets: Sets, level: float) -> tuple[Found, ...]:
    """Odds of each arm against the control, all sets together; one row per letter."""
    patterns, times = np.array(list(sets.patterns), dtype=np.int64), np.array(list(sets.patterns.values()))
    arms = patterns.shape[1]
    answered = np.repeat(patterns, times, axis=0).ravel()
    dummies = np.tile(np.eye(arms)[:, 1:], (sets.n, 1))
    fit = clogit_sets(answered, dummies, list(sets.arms[1:]), np.repeat(np.arange(sets.n), arms), level)
    return tuple(each for beta in fit.coefficients for each in _arm_odds(beta, fit, sets.arms[0]))


def _arm_odds(beta: Coefficient, fit: Fit, control: str) -> tuple[Estimate, TestResult]:
    text = f"odds van {beta.name} gedeeld door odds van {control}, binnen sets (voorwaardelijke logit)"
    limits = exp(beta.value), exp(beta.low), exp(beta.high)
    estimate = Estimate("odds_ratio", beta.name, *limits, fit.level, fit.used, fit.model, text)
    return estimate, TestResult(f"conditional_logit: {beta.name}", beta.p, beta.statistic, "z-toets")


def analyse_inquiries(
    arms: unpaired.Arms,
    level: float = 0.95,
    advertisers: npt.ArrayLike | None = None,
    strata: Mapping[str, tuple[int, int, int, int]] | None = None,
) -> Findings:
    """Unpaired inquiries: rates, differences and ratios, Fisher's test; clustered and stratified where given.

    Tables have rows of control positive, control n, treatment positive, treatment n.
    """
    plain, found = unpaired.analyse_unpaired(arms, level), Gathered()
    found.add(*plain.estimates, *plain.tests)
    if advertisers is not None:
        found.attempt(
            clustered_difference=lambda: unpaired_strata.clustered_difference(advertisers, level),
            clustered_difference_cr2=lambda: unpaired_strata.clustered_difference_cr2(advertisers, level),
            clustered_odds_ratio=lambda: unpaired_strata.clustered_odds_ratio(advertisers, level),
        )
    if strata:
        table = list(strata.values())
        found.attempt(
            common_difference=lambda: unpaired_strata.common_difference(table, level),
            common_odds_ratio=lambda: unpaired_strata.common_odds_ratio(table, level),
            mantel_haenszel=lambda: unpaired_strata.mantel_haenszel(table),
        )
    return _findings(found)


def analyse_values(
    control: npt.NDArray[np.float64],
    treatment: npt.NDArray[np.float64],
    level: float = 0.95,
    advertisers: npt.NDArray[np.intp] | None = None,
    scores: tuple[float, ...] = (),
    classes: npt.ArrayLike | None = None,
    seed: int = 1,
) -> Findings:
    """Amounts per pair: mean difference, paired t, Wilcoxon, randomisation test; by class too when there are few.

    ``advertisers`` (n,) are codes: their pairs are flipped together. ``classes`` is the table of the values ``scores``,
    control in rows.
    """
    found = Gathered()
    found.add(differences.paired_difference(control, treatment, level))
    draws = max(999, min(9999, MOST_SIGNS // len(control)))
    found.attempt(
        paired_t=lambda: differences.paired_t(control, treatment),
        signed_rank=lambda: differences.signed_rank(control, treatment),
        sign_flip_drawn=lambda: sign_flip_drawn(control - treatment, np.random.default_rng(seed), advertisers, draws),
    )
    if classes is not None:
        found.attempt(
            mean_score_difference=lambda: categories.mean_score_interval(classes, scores, level),
            mean_score_wald=lambda: categories.mean_score_wald(classes, scores, level),
            mean_score=lambda: categories.mean_score_test(classes, scores),
        )
        _homogeneity(found, classes)
    return _findings(found)


def analyse_labels(classes: npt.ArrayLike) -> Findings:
    """Classes without order, control in rows: do both arms get each class equally often?

    Raises BadInput ``one-class`` when there is only one.
    """
    if len(np.asarray(classes)) < 2:
        message = "Alle antwoorden zijn van dezelfde klasse, dus er valt niets te vergelijken."
        raise BadInput(Problem("one-class", message, remedy="Kies een kolom met meer dan één antwoord."))
    found = Gathered()
    _homogeneity(found, classes)
    return _findings(found)


def _homogeneity(found: Gathered, classes: npt.ArrayLike) -> None:
    found.attempt(
        stuart_maxwell=lambda: categories.stuart_maxwell(classes),
        bhapkar=lambda: categories.bhapkar(classes),
        bowker=lambda: categories.bowker(classes),
    )
