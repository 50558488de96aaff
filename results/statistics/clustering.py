"""Several pairs with one advertiser are not independent: the cluster-robust interval (CR1)."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.counts import Counts
from results.statistics.estimands import NET_ALL, Estimate
from results.statistics.numeric import check_share

FEW_CLUSTERS = 30
ROUNDING = 1e-12


def repeated(clusters: Sequence[str]) -> bool:
    """Whether some advertiser has more than one pair while there are at least two advertisers."""
    return 1 < len(set(clusters)) < len(clusters)


def cluster_error(differences: npt.ArrayLike, clusters: Sequence[str]) -> tuple[float, int]:
    """CR1 standard error of the mean pair difference, and the number of clusters G (at least 2).

    V = G / (G - 1) * sum over clusters of (sum of residuals)^2 / n^2; equal to OLS on a constant with clustered errors.
    """
    d = np.asarray(differences, dtype=float)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    sums = np.bincount([numbers[name] for name in clusters], weights=d - d.mean())
    groups = len(numbers)
    return sqrt(groups / (groups - 1) * float(sums @ sums)) / len(d), groups


def clustered(differences: npt.ArrayLike, clusters: Sequence[str], level: float) -> Estimate:
    """Net discrimination over all pairs with its CR1 interval, t quantile with G - 1 degrees of freedom.

    ``differences`` holds per pair control minus treatment (1, 0 or -1), ``clusters`` the advertiser of the same pair.
    """
    check_share("level", level)
    d = np.asarray(differences, dtype=float)
    error, groups = cluster_error(d, clusters)
    value, half = float(d.mean()), float(special.stdtrit(groups - 1, 0.5 + level / 2)) * error
    # No spread between advertisers, up to rounding, would claim certainty.
    known = error > ROUNDING
    low, high = (max(value - half, -1.0), min(value + half, 1.0)) if known else (None, None)
    note = _note(groups) if known else f"{_note(groups)}; geen interval: geen spreiding tussen woningaanbieders"
    return Estimate(NET_ALL.name, NET_ALL.over, value, low, high, level, len(d), "cluster_cr1", note)


def _note(groups: int) -> str:
    text = f"{NET_ALL.convention}; geclusterd naar {groups} woningaanbieders"
    return f"{text}, bij minder dan {FEW_CLUSTERS} soms te krap" if groups < FEW_CLUSTERS else text


def check_pairs(counts: Counts, differences: npt.ArrayLike, clusters: Sequence[str]) -> None:
    """Refuse pair differences that do not add up to the counts, or an advertiser list of another length."""
    d = np.asarray(differences, dtype=float).ravel()
    found = (int((d == 1).sum()), int((d == -1).sum()), int((d == 0).sum()), len(clusters))
    wanted = (counts.c10, counts.c01, counts.c11 + counts.c00, counts.n)
    if found != wanted or len(d) != counts.n:
        raise BadInput(
            Problem(
                "pairs-do-not-match",
                "De verschillen per test horen niet bij de tellingen.",
                found=f"{found} in plaats van {wanted} (+1, -1, 0, woningaanbieders)",
                remedy="Geef per test één verschil (1, 0 of -1) en één woningaanbieder.",
            )
        )
