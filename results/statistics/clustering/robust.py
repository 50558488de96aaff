"""Cluster-robust intervals from the counts per advertiser: CR1, and CR2 for few advertisers.

With n pairs, n_g pairs and net s_g for advertiser g, mean d = sum s_g / n and residuals r_g = s_g - n_g d:

    CR1   V = G/(G-1) * sum r_g^2 / n^2,             t with G - 1 degrees of freedom
    CR2   V = sum (r_g^2 / (1 - n_g/n)) / n^2,       t with Satterthwaite's degrees of freedom

CR2: Bell & McCaffrey (2002), Survey Methodology 28; for the mean of pair differences their adjustment matrices reduce
to the division by 1 - n_g/n, and it equals CR1 when every advertiser has equally many pairs.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics import cells
from results.statistics.cells import Table
from results.statistics.estimands import NET_ALL, Estimate
from results.statistics.mcnemar import TestResult
from results.statistics.numeric import check_share

FEW_CLUSTERS = 30
ROUNDING = 1e-12
NO_SPREAD = "geen interval: geen spreiding tussen woningaanbieders"


@dataclass(frozen=True)
class Clusters:
    """Pairs (G,) and net number of pairs (G,) of the advertisers that have a usable pair; at least two of them."""

    sizes: Table
    net: Table

    @property
    def n(self) -> int:
        return int(self.sizes.sum())

    @property
    def value(self) -> float:
        """Mean pair difference."""
        return float(self.net.sum() / self.n)

    @property
    def spread(self) -> bool:
        """Whether any advertiser differs from the mean, decided in whole numbers."""
        return bool(np.any(self.net * self.n != self.sizes * self.net.sum()))

    @property
    def residuals(self) -> npt.NDArray[np.float64]:
        return np.asarray(self.net - self.sizes * self.value)


def clusters_of(table: npt.ArrayLike) -> Clusters:
    """The clusters of a table (G, 4): advertisers without a usable pair do not count.

    Raises BadInput ``too-few-clusters`` below two, ``no-repeated-advertiser`` when each has only one pair.
    """
    counts = cells.checked(table)
    size = cells.sizes(counts)
    tested = size > 0
    if tested.sum() < 2:
        raise BadInput(
            Problem(
                "too-few-clusters",
                "Clusteren kan pas met twee woningaanbieders.",
                found=str(int(tested.sum())),
                remedy="Gebruik het gewone interval, of tel de tests per woningaanbieder.",
            )
        )
    if size.max() == 1:
        raise BadInput(
            Problem(
                "no-repeated-advertiser",
                "Geen enkele woningaanbieder heeft meer dan één test, dus er valt niets te clusteren.",
                remedy="Gebruik het gewone interval.",
            )
        )
    return Clusters(size[tested], cells.net(counts)[tested])


def has_repeats(table: npt.ArrayLike) -> bool:
    """Whether some advertiser has more than one pair while there are at least two with a pair."""
    size = cells.sizes(cells.checked(table))
    return bool((size > 0).sum() > 1 and size.max() > 1)


def cr1(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Net discrimination over all pairs with its CR1 interval, from counts per advertiser (G, 4)."""
    return cr1_of(clusters_of(table), level)


def cr2(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """The same with the CR2 variance and Satterthwaite's degrees of freedom: for fewer than 30 advertisers."""
    return _cr2_of(clusters_of(table), level)


def best(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """CR1 where the advertisers are worth thirty of equal size or more, CR2 below; ``convention`` says which and why.

    What they are worth is counted by Satterthwaite's degrees of freedom: where a few of forty advertisers hold most of
    the pairs, CR1 covers 85% instead of 95%.
    """
    clusters = clusters_of(table)
    if not _worth_thirty(clusters):
        return _cr2_of(clusters, level)
    note = f", {FEW_CLUSTERS} of meer: gewone clustercorrectie (CR1)"
    return _estimate(clusters, cr1_error(clusters), len(clusters.sizes) - 1, level, "cluster_cr1", note)


def best_test(table: npt.ArrayLike) -> TestResult:
    """Whether the mean pair difference is zero, with the same error and t quantile as ``best``; the statistic is t.

    Raises BadInput ``no-spread`` where no advertiser differs from the mean.
    """
    clusters = clusters_of(table)
    check_spread(clusters)
    many = _worth_thirty(clusters)
    error, free = (cr1_error(clusters), len(clusters.sizes) - 1.0) if many else _cr2_error(clusters)
    statistic = clusters.value / error
    p = 2 * float(special.stdtr(free, -abs(statistic)))
    name = "cluster_cr1" if many else "cluster_cr2"
    return TestResult(name, p, statistic, f"t-toets met {free:.1f} vrijheidsgraden")


def check_spread(clusters: Clusters) -> None:
    """Refuse to test where every advertiser has exactly the mean difference: the error would be zero."""
    if not clusters.spread:
        raise BadInput(
            Problem(
                "no-spread",
                "Alle woningaanbieders hebben precies hetzelfde verschil, dus er is geen standaardfout.",
                found=f"verschil {clusters.value:.4f}",
                remedy="Gebruik de toets van McNemar of de wisseltoets.",
            )
        )


def degrees_of_freedom(table: npt.ArrayLike) -> float:
    """Satterthwaite's degrees of freedom of the CR2 variance, under independent pairs; G - 1 for equal sizes.

    With shares w_g = n_g/n and b_g = w_g^2/(1 - w_g): 1 / (sum w_g^2 + (sum b_g)^2 - sum b_g^2).
    """
    return _free(clusters_of(table))


def cr1_error(clusters: Clusters) -> float:
    """CR1 standard error of the mean pair difference."""
    groups, residuals = len(clusters.sizes), clusters.residuals
    return sqrt(groups / (groups - 1) * float(residuals @ residuals)) / clusters.n


def cr1_of(clusters: Clusters, level: float) -> Estimate:
    """CR1 interval of advertisers that may also have one pair each."""
    groups = len(clusters.sizes)
    few = f", bij minder dan {FEW_CLUSTERS} soms te krap" if groups < FEW_CLUSTERS else ""
    return _estimate(clusters, cr1_error(clusters), groups - 1, level, "cluster_cr1", few)


def _cr2_error(clusters: Clusters) -> tuple[float, float]:
    left = 1 - clusters.sizes / clusters.n
    return sqrt(float(np.sum(clusters.residuals**2 / left))) / clusters.n, _free(clusters)


def _cr2_of(clusters: Clusters, level: float) -> Estimate:
    error, free = _cr2_error(clusters)
    few, unequal = f", minder dan {FEW_CLUSTERS}, ", " van zeer ongelijke grootte, "
    why = few if len(clusters.sizes) < FEW_CLUSTERS else " " if _worth_thirty(clusters) else unequal
    note = f"{why}met de correctie van Bell en McCaffrey ({free:.1f} vrijheidsgraden)"
    return _estimate(clusters, error, free, level, "cluster_cr2", note)


def _worth_thirty(clusters: Clusters) -> bool:
    return _free(clusters) > FEW_CLUSTERS - 1 - ROUNDING


def _free(clusters: Clusters) -> float:
    share = clusters.sizes / clusters.n
    between = share**2 / (1 - share)
    return float(1 / (np.sum(share**2) + np.sum(between) ** 2 - np.sum(between**2)))


def _estimate(clusters: Clusters, error: float, free: float, level: float, method: str, note: str) -> Estimate:
    check_share("level", level)
    value, text = clusters.value, f"{convention(clusters)}{note}"
    if not clusters.spread:  # a width of zero would claim certainty
        return Estimate(
            NET_ALL.name, NET_ALL.over, value, None, None, level, clusters.n, method, f"{text}; {NO_SPREAD}"
        )
    half = float(special.stdtrit(free, 0.5 + level / 2)) * error
    low, high = max(value - half, -1.0), min(value + half, 1.0)
    return Estimate(NET_ALL.name, NET_ALL.over, value, low, high, level, clusters.n, method, text)


def convention(clusters: Clusters) -> str:
    """What the number is over, in Dutch."""
    return f"{NET_ALL.convention}; geclusterd naar {len(clusters.sizes)} woningaanbieders"
