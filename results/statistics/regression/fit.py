"""What a regression gives back, and the checks that every model starts with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics import cells
from results.statistics.numeric import check_share

CONTROL = "control"
COLLINEAR = 1e-10  # smallest eigenvalue of the correlations of columns that are still told apart
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Coefficient:
    """One coefficient with its standard error, interval and two-sided p; ``statistic`` is value / error."""

    name: str
    value: float
    error: float
    low: float
    high: float
    statistic: float
    p: float


@dataclass(frozen=True)
class Fit:
    """A fitted model. ``n`` pairs or sets went in, ``used`` of them inform the coefficients.

    ``coefficients`` are differences between shares for the linear model, log odds ratios for conditional logit; the one
    of ``CONTROL`` is the control arm against the treatment arm. ``df`` is None where the normal quantile was used.
    """

    model: str
    coefficients: tuple[Coefficient, ...]
    n: int
    used: int
    df: float | None
    level: float
    convention: str

    def coefficient(self, name: str = CONTROL) -> Coefficient:
        """The coefficient asked for. KeyError when there is none of that name."""
        return {coefficient.name: coefficient for coefficient in self.coefficients}[name]


def coefficients(
    names: Sequence[str], values: Floats, covariance: Floats, level: float, df: float | None
) -> tuple[Coefficient, ...]:
    """Coefficients with intervals: t quantile with ``df`` degrees of freedom, normal quantile without."""
    check_share("level", level)
    quantile = float(special.ndtri(0.5 + level / 2) if df is None else special.stdtrit(df, 0.5 + level / 2))
    found = []
    for name, value, error in zip(names, values.tolist(), np.sqrt(np.diag(covariance)).tolist(), strict=True):
        statistic = value / error
        p = 2 * float(special.ndtr(-abs(statistic)) if df is None else special.stdtr(df, -abs(statistic)))
        found.append(Coefficient(name, value, error, value - quantile * error, value + quantile * error, statistic, p))
    return tuple(found)


def covariate_columns(covariates: npt.ArrayLike | None, names: Sequence[str], shape: tuple[int, ...]) -> Floats:
    """Covariates of shape (*shape, k), k the number of names.

    Raises BadInput ``covariates-do-not-match`` for another shape, ``covariate-not-a-number`` for anything not finite.
    """
    if covariates is None:
        return np.zeros((*shape, 0))
    found = np.asarray(covariates)
    if found.shape != (*shape, len(names)):
        raise BadInput(
            Problem(
                "covariates-do-not-match",
                "De kenmerken passen niet bij de tests en hun namen.",
                found=f"vorm {found.shape} in plaats van {(*shape, len(names))}",
                remedy="Geef per waarneming één getal voor elk genoemd kenmerk.",
            )
        )
    numeric = np.issubdtype(found.dtype, np.number) or found.dtype == bool
    if not numeric or not bool(np.isfinite(found.astype(float)).all()):
        raise BadInput(
            Problem(
                "covariate-not-a-number",
                "Een kenmerk is geen getal.",
                remedy="Codeer kenmerken als getallen en laat tests zonder kenmerk weg.",
            )
        )
    return found.astype(float)


def check_rank(design: Floats, names: Sequence[str]) -> None:
    """Refuse columns that follow from one another, or that never vary: their coefficients do not exist."""
    gram = design.T @ design
    length = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    if np.linalg.eigvalsh(gram / np.outer(length, length)).min() < COLLINEAR:
        raise BadInput(
            Problem(
                "collinear",
                "De kenmerken zijn niet van elkaar te scheiden: een ervan varieert niet binnen de tests of volgt uit "
                "de andere.",
                found=", ".join(names),
                remedy="Laat een van deze kenmerken weg.",
            )
        )


def clustered_meat(scores: Floats, clusters: npt.ArrayLike) -> tuple[Floats, int]:
    """Sum over clusters of the outer product of summed scores (n, k), and the number of clusters.

    Raises BadInput as ``cells.codes`` and, below two clusters, ``too-few-clusters``.
    """
    codes = cells.codes(clusters, len(scores))
    groups = int(np.count_nonzero(np.bincount(codes)))
    if groups < 2:
        raise BadInput(
            Problem(
                "too-few-clusters",
                "Clusteren kan pas met twee woningaanbieders.",
                found=str(groups),
                remedy="Reken zonder clusters.",
            )
        )
    sums = np.stack([np.bincount(codes, weights=column) for column in scores.T])
    return np.asarray(sums @ sums.T, dtype=float), groups
