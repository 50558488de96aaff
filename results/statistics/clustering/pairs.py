"""Clustering from one row per pair: the counts per advertiser, and the CR1 interval."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.statistics import cells
from results.statistics.clustering.robust import Clusters, cr1_error, cr1_of
from results.statistics.estimands import Estimate


def cluster_error(differences: npt.ArrayLike, clusters: Sequence[str]) -> tuple[float, int]:
    """CR1 standard error of the mean pair difference, and the number of clusters G (at least 2).

    V = G / (G - 1) * sum over clusters of (sum of residuals)^2 / n^2; equal to OLS on a constant with clustered errors.
    """
    grouped = _grouped(differences, clusters)
    return cr1_error(grouped), len(grouped.sizes)


def clustered(differences: npt.ArrayLike, clusters: Sequence[str], level: float) -> Estimate:
    """Net discrimination over all pairs with its CR1 interval, t quantile with G - 1 degrees of freedom.

    ``differences`` holds per pair control minus treatment (1, 0 or -1), ``clusters`` the advertiser of the same pair.
    """
    return cr1_of(_grouped(differences, clusters), level)


def _grouped(differences: npt.ArrayLike, clusters: Sequence[str]) -> Clusters:
    d, codes = np.asarray(differences, dtype=float), _codes(clusters)
    if not bool(np.all(d == np.rint(d))):
        raise BadInput(
            Problem(
                "difference-not-whole",
                "Een verschil per test is 1, 0 of -1.",
                found=str(d[d != np.rint(d)][0]),
                remedy="Gebruik voor andere uitkomsten het lineaire model.",
            )
        )
    return Clusters(np.bincount(codes), np.bincount(codes, weights=d).astype(np.int64))


def _codes(clusters: Sequence[str]) -> npt.NDArray[np.intp]:
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    return np.fromiter(map(numbers.__getitem__, clusters), dtype=np.intp, count=len(clusters))


def tabulate(
    control: npt.ArrayLike, treatment: npt.ArrayLike, clusters: npt.ArrayLike, groups: int = 0
) -> npt.NDArray[np.int64]:
    """Counts per advertiser, shape (G, 4) in the order c11 c10 c01 c00, from one row per pair.

    ``control`` and ``treatment`` hold 0 or 1 (or booleans), ``clusters`` the advertiser as a code 0..G-1. Raises
    BadInput ``outcome-not-binary`` for any other outcome, ``pairs-do-not-match`` for columns of different length and
    ``not-a-code``. ``groups`` is the least number of rows, for advertisers at the end without a pair.
    """
    first, second = _binary("control", control), _binary("treatment", treatment)
    codes = cells.codes(clusters, len(first))
    if len(first) != len(second):
        raise BadInput(
            Problem(
                "pairs-do-not-match",
                "Niet elke test heeft een uitkomst voor beide profielen.",
                found=f"{len(first)} en {len(second)} uitkomsten",
                remedy="Geef per test twee uitkomsten.",
            )
        )
    total = max(groups, int(codes.max(initial=-1)) + 1)
    cell = 3 - 2 * first - second  # c11 = 0, c10 = 1, c01 = 2, c00 = 3
    return np.bincount(4 * codes + cell, minlength=4 * total).reshape(total, 4)


def _binary(name: str, outcomes: npt.ArrayLike) -> npt.NDArray[np.int64]:
    found = np.asarray(outcomes)
    if not (np.issubdtype(found.dtype, np.number) or found.dtype == bool) or not bool(np.isin(found, (0, 1)).all()):
        raise BadInput(
            Problem(
                "outcome-not-binary",
                f"De uitkomsten van {name} zijn niet allemaal 0 of 1.",
                remedy="Schrijf 1 voor een positief antwoord en 0 voor al het andere.",
            )
        )
    return found.astype(np.int64)
