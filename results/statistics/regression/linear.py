"""The linear probability model with a fixed effect per pair, on the differences within pairs.

With two answers per pair the fixed effects drop out: pair difference = beta + covariate differences. Without covariates
beta = (c10 - c01) / n and its standard error is that of the paired t test, sd(d) / sqrt(n), with n - 1 df.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
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


def linear_counts(counts: Counts, level: float = 0.95) -> Fit:
    """The model without covariates, in closed form from one table. Raises BadInput ``too-few-pairs``, ``no-spread``."""
    n, net = counts.n, counts.c10 - counts.c01
    _check_pairs(n, 1)
    squares = counts.discordant - net**2 / n
    _check_spread(counts.discordant * n != net**2)
    covariance = np.array([[squares / (n - 1) / n]])
    found = coefficients([CONTROL], np.array([net / n]), covariance, level, n - 1)
    return Fit("pair_fixed_effects", found, n, n, n - 1, level, "gepaarde t-toets")


def linear(
    differences: npt.ArrayLike,
    covariates: npt.ArrayLike | None = None,
    names: Sequence[str] = (),
    clusters: Codes | None = None,
    level: float = 0.95,
) -> Fit:
    """Least squares of pair differences (n,) on a constant and covariate differences (n, k), control minus treatment.

    Classical errors with n - k - 1 degrees of freedom, or with ``clusters`` (n,), codes 0..G-1, the CR1 errors of
    Stata, G/(G-1) * (n-1)/(n-k-1), with G - 1. Raises BadInput ``difference-not-a-number``,
    ``covariates-do-not-match``, ``covariate-not-a-number``, ``collinear``, ``too-few-pairs``,
    ``too-few-clusters`` and ``no-spread``.
    """
    d = _numbers(differences)
    columns = covariate_columns(covariates, names, (len(d),))
    design = np.column_stack([np.ones(len(d)), columns])
    labels, (n, k) = [CONTROL, *names], design.shape
    _check_pairs(n, k)
    check_rank(design, labels)
    bread = np.linalg.inv(design.T @ design)
    values = bread @ (design.T @ d)
    residuals = d - design @ values
    _check_spread(float(np.abs(residuals).max()) > 1e-12)
    covariance, df, note = _covariance(design, residuals, bread, clusters)
    found = coefficients(labels, values, covariance, level, df)
    return Fit("pair_fixed_effects", found, n, n, df, level, note)


def _covariance(design: Floats, residuals: Floats, bread: Floats, clusters: Codes | None) -> tuple[Floats, int, str]:
    n, k = design.shape
    if clusters is None:
        return bread * float(residuals @ residuals) / (n - k), n - k, "gewone standaardfouten"
    meat, groups = clustered_meat(design * residuals[:, None], clusters)
    factor = groups / (groups - 1) * (n - 1) / (n - k)
    return factor * bread @ meat @ bread, groups - 1, f"geclusterd naar {groups} woningaanbieders"


def _numbers(differences: npt.ArrayLike) -> Floats:
    d = np.asarray(differences)
    if d.ndim != 1 or not np.issubdtype(d.dtype, np.number) or not bool(np.isfinite(d.astype(float)).all()):
        raise BadInput(
            Problem(
                "difference-not-a-number",
                "De verschillen zijn niet allemaal getallen.",
                remedy="Laat tests zonder uitkomst weg en geef per test één getal.",
            )
        )
    return d.astype(float)


def _check_pairs(n: int, k: int) -> None:
    if n <= k:
        raise BadInput(
            Problem(
                "too-few-pairs",
                "Er zijn te weinig tests voor dit model.",
                found=f"{n} tests, {k} coëfficiënten",
                remedy="Laat kenmerken weg of wacht op meer tests.",
            )
        )


def _check_spread(spread: bool) -> None:
    if not spread:
        raise BadInput(
            Problem(
                "no-spread",
                "Alle tests hebben hetzelfde verschil, dus er is geen standaardfout.",
                remedy="Gebruik de toets van McNemar.",
            )
        )
