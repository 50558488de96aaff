"""Conditional logit: the odds of an answer within a pair or a larger set, whatever the advertiser's own level.

Pairs without covariates: exp(beta) = c10 / c01, standard error sqrt(1/c10 + 1/c01). Pairs with covariates: a logistic
regression without intercept on the differences within discordant pairs (Breslow & Day 1980, chapter 7). Larger sets:
the full conditional likelihood, by statsmodels.

A coefficient exists unless some combination of covariates ranks every answered applicant at or above every unanswered
one of the same set (separation, Albert & Anderson 1984); a linear programme decides that where a fit does not settle.
"""

import warnings
from collections.abc import Sequence
from math import log

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics import cells
from results.statistics.counts import Counts
from results.statistics.regression.fit import (
    CONTROL,
    Codes,
    Fit,
    Floats,
    check_rank,
    clustered_meat,
    coefficients,
    covariate_columns,
)

STEPS, SETTLED, FAR = 25, 1e-12, 30.0
STILL = 1e-6  # the step, in standard errors, that a settled fit would still make


def clogit_counts(counts: Counts, level: float = 0.95) -> Fit:
    """Pairs without covariates, in closed form. Raises BadInput ``no-discordant`` and ``separation``."""
    b, c = counts.c10, counts.c01
    _check_discordant(counts.discordant)
    if not (b and c):
        raise _separation([CONTROL])
    found = coefficients([CONTROL], np.array([log(b / c)]), np.array([[1 / b + 1 / c]]), level, None)
    return Fit("conditional_logit", found, counts.n, counts.discordant, None, level, "gesloten formule")


def clogit_pairs(
    control: npt.ArrayLike,
    treatment: npt.ArrayLike,
    covariates: npt.ArrayLike | None = None,
    names: Sequence[str] = (),
    clusters: Codes | None = None,
    level: float = 0.95,
) -> Fit:
    """Pairs: outcomes (n,) of 0 and 1 per arm, covariate differences (n, k) control minus treatment.

    ``clusters`` (n,), codes 0..G-1, asks for the sandwich error G/(G-1). Raises BadInput ``outcome-not-binary``,
    ``covariates-do-not-match``, ``covariate-not-a-number``, ``no-discordant``, ``collinear``, ``separation``,
    ``no-convergence`` and ``too-few-clusters``.
    """
    first, second = outcomes(control), outcomes(treatment)
    if len(first) != len(second):
        raise _lengths(len(first), len(second))
    columns = covariate_columns(covariates, names, (len(first),))
    discordant = first != second
    _check_discordant(int(discordant.sum()))
    sign = (first - second)[discordant].astype(float)
    toward = np.column_stack([np.ones(len(sign)), columns[discordant]]) * sign[:, None]  # answered minus unanswered
    labels = [CONTROL, *names]
    check_rank(toward, labels)
    values = _newton(toward, labels)
    covariance, note = _covariance(
        toward, values, None if clusters is None else cells.codes(clusters, len(first))[discordant]
    )
    found = coefficients(labels, values, covariance, level, None)
    return Fit("conditional_logit", found, len(first), len(sign), None, level, note)


def clogit_sets(
    answered: npt.ArrayLike, covariates: npt.ArrayLike, names: Sequence[str], sets: npt.ArrayLike, level: float = 0.95
) -> Fit:
    """Sets of any size, one row per inquiry: outcomes (N,) of 0 and 1, covariates (N, k), set of the inquiry (N,).

    The arms enter as covariates (for a triad: two indicators). Raises BadInput as ``clogit_pairs``
    and ``sets-do-not-match``.
    """
    y = outcomes(answered)
    columns = covariate_columns(covariates, names, y.shape)
    codes = _sets(sets, len(y))
    positive, size = np.bincount(codes, weights=y), np.bincount(codes)
    mixed = (positive > 0) & (positive < size)
    _check_discordant(int(mixed.sum()))
    rows = mixed[codes]
    values, covariance = _library(y[rows], columns[rows], _sets(codes[rows], int(rows.sum())), names)
    found = coefficients(list(names), values, covariance, level, None)
    return Fit("conditional_logit", found, len(size), int(mixed.sum()), None, level, "voorwaardelijke aannemelijkheid")


def _sets(sets: npt.ArrayLike, rows: int) -> Codes:
    found = np.asarray(sets)
    if found.shape != (rows,):
        raise BadInput(
            Problem(
                "sets-do-not-match",
                "Het aantal sets past niet bij het aantal brieven.",
                found=f"{found.size} in plaats van {rows}",
                remedy="Geef per brief de set waar hij bij hoort.",
            )
        )
    return np.asarray(np.unique(found, return_inverse=True)[1], dtype=np.intp)


def outcomes(found: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Outcomes as 0 and 1 (n,). Raises BadInput ``outcome-not-binary``."""
    values = np.asarray(found)
    numeric = np.issubdtype(values.dtype, np.number) or values.dtype == bool
    if values.ndim != 1 or not numeric or not bool(np.isin(values, (0, 1)).all()):
        raise BadInput(
            Problem(
                "outcome-not-binary",
                "De uitkomsten zijn niet allemaal 0 of 1.",
                remedy="Schrijf 1 voor een positief antwoord en 0 voor al het andere.",
            )
        )
    return values.astype(np.int64)


def _lengths(first: int, second: int) -> BadInput:
    return BadInput(
        Problem(
            "pairs-do-not-match",
            "Niet elke test heeft een uitkomst voor beide profielen.",
            found=f"{first} en {second} uitkomsten",
            remedy="Geef per test twee uitkomsten.",
        )
    )


def _newton(toward: Floats, names: Sequence[str]) -> Floats:
    """Maximum of the sum of log expit(toward @ beta), by Newton's method."""
    beta = np.zeros(toward.shape[1])
    for _ in range(STEPS):
        left = special.expit(-(toward @ beta))
        gradient, information = toward.T @ left, (toward * (left * (1 - left))[:, None]).T @ toward
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        beta = beta + step
        if float(gradient @ step) < SETTLED and np.abs(toward @ beta).max() < FAR:
            return np.asarray(beta)
        if not np.isfinite(beta).all() or np.abs(toward @ beta).max() > 10 * FAR:
            break
    raise _separation(names) if _separated(toward) else _no_convergence(names)


def _covariance(toward: Floats, beta: Floats, clusters: Codes | None) -> tuple[Floats, str]:
    left = special.expit(-(toward @ beta))
    bread = np.asarray(np.linalg.inv((toward * (left * (1 - left))[:, None]).T @ toward), dtype=float)
    if clusters is None:
        return np.asarray(bread), "gewone standaardfouten"
    meat, groups = clustered_meat(toward * left[:, None], clusters)
    note = f"geclusterd naar {groups} woningaanbieders met een verschil"
    return np.asarray(groups / (groups - 1) * bread @ meat @ bread), note


def _library(y: npt.NDArray[np.int64], columns: Floats, codes: Codes, names: Sequence[str]) -> tuple[Floats, Floats]:
    """Estimates and covariance by statsmodels; the gradient there must be zero, or the fit has not settled."""
    from statsmodels.discrete.conditional_models import ConditionalLogit  # slow to import

    swaps = _swaps(y, columns, codes)
    check_rank(swaps, names)
    if _separated(swaps):
        raise _separation(names)
    model = ConditionalLogit(y, _centred(columns, codes), groups=codes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a warning would say is checked below, and raised
            result = model.fit(method="newton", maxiter=STEPS)
            values, covariance = np.asarray(result.params), np.asarray(result.cov_params())
    except np.linalg.LinAlgError as error:
        raise _no_convergence(names) from error
    spread = np.sqrt(np.diag(covariance))
    if not np.isfinite(spread).all() or np.max(np.abs(covariance @ model.score(values)) / spread) > STILL:
        raise _no_convergence(names)
    return values, covariance


def _centred(columns: Floats, codes: Codes) -> Floats:
    """Covariates minus their mean in the set, which changes nothing but keeps the exponentials within bounds."""
    totals = np.stack([np.bincount(codes, weights=column) for column in columns.T], axis=1)
    return np.asarray(columns - (totals / np.bincount(codes)[:, None])[codes])


def _swaps(y: npt.NDArray[np.int64], columns: Floats, codes: Codes) -> Floats:
    """Covariates of every answered minus every unanswered inquiry of the same set, each difference once."""
    order = np.argsort(codes, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    parts = [
        (columns[g[y[g] == 1]][:, None] - columns[g[y[g] == 0]][None]).reshape(-1, columns.shape[1]) for g in groups
    ]
    return np.asarray(np.unique(np.concatenate(parts), axis=0))


def _separated(toward: Floats) -> bool:
    """Whether some direction has toward @ direction >= 0 everywhere and > 0 somewhere, by linear programming."""
    from scipy.optimize import linprog  # slow to import

    rows = np.unique(toward, axis=0)
    rows = rows / np.maximum(np.abs(rows).max(axis=0), 1e-300)
    best = linprog(-rows.sum(axis=0), A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
    return best.status == 0 and best.fun is not None and best.fun < -1e-7


def _check_discordant(found: int) -> None:
    if not found:
        raise BadInput(
            Problem(
                "no-discordant",
                "Geen enkele test heeft een verschil, dus er is geen odds ratio te schatten.",
                remedy="Wacht op meer tests, of gebruik het verschil over alle tests.",
            )
        )


def _separation(names: Sequence[str]) -> BadInput:
    return BadInput(
        Problem(
            "separation",
            "De kenmerken voorspellen in elke test wie antwoord krijgt; een odds ratio wordt dan oneindig.",
            found=", ".join(names),
            remedy="Laat een kenmerk weg, voeg groepen samen of gebruik het lineaire model.",
        )
    )


def _no_convergence(names: Sequence[str]) -> BadInput:
    return BadInput(
        Problem(
            "no-convergence",
            "De schatting van het model kwam niet tot rust.",
            found=", ".join(names),
            remedy="Schaal de kenmerken, of laat er een weg.",
        )
    )
