"""The wild cluster bootstrap with the null imposed: Cameron, Gelbach & Miller (2008), Rev. Econ. Stat. 90.

Under a hypothesised difference D every advertiser keeps its pairs, and its deviation s_g - n_g D is multiplied by a
random weight with mean 0 and variance 1, the same for all its pairs. How often is the t statistic at least as far from
zero as the observed one? The interval is the set of D that this test does not reject (test inversion, the same draws
for every D).

Weights: Rademacher (+1, -1); Webb's six points (Webb 2014) where 2^G Rademacher patterns are fewer than the draws.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from results.statistics.clustering.robust import NO_SPREAD, Clusters, check_spread, clusters_of, convention
from results.statistics.estimands import NET_ALL, Estimate
from results.statistics.mcnemar import TestResult
from results.statistics.numeric import bisect, check_share

DRAWS = 9999
WEBB = np.array([-sqrt(1.5), -1.0, -sqrt(0.5), sqrt(0.5), 1.0, sqrt(1.5)])
RADEMACHER = np.array([-1.0, 1.0])
BLOCK = 1 << 20  # weights held at once
TIE = 1e-9  # patterns that equal the data but for rounding count as at least as far
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """Everything a bootstrap t needs, as sums over advertisers per draw (B,): the hypothesis enters as a polynomial."""

    net: Floats  # sum w s
    size: Floats  # sum w n
    net_net: Floats  # sum w^2 s^2
    net_size: Floats  # sum w^2 s n
    size_size: Floats  # sum w^2 n^2
    cross: Floats  # sum w s n
    square: Floats  # sum w n^2


def wild_test(table: npt.ArrayLike, rng: np.random.Generator, null: float = 0.0, draws: int = DRAWS) -> TestResult:
    """Two-sided p of the hypothesis that the mean pair difference is ``null``, from counts per advertiser (G, 4).

    p = (1 + draws at least as extreme) / (1 + draws), so never zero. Raises BadInput as ``cr1``, and ``no-spread``.
    """
    clusters = clusters_of(table)
    check_spread(clusters)
    kind, drawn = _draw(clusters, rng, draws)
    statistic = (clusters.value - null) * clusters.n / _root(clusters)
    return TestResult("cluster_wild", float(_p(clusters, drawn, null)), statistic, f"{draws} trekkingen, {kind}")


def wild(table: npt.ArrayLike, rng: np.random.Generator, level: float = 0.95, draws: int = DRAWS) -> Estimate:
    """Net discrimination over all pairs with the interval of all differences that the bootstrap test keeps."""
    check_share("level", level)
    clusters = clusters_of(table)
    kind, drawn = _draw(clusters, rng, draws)
    text = f"{convention(clusters)}; wilde clusterbootstrap onder de nulhypothese, {draws} trekkingen, {kind}"
    low, high = _limits(clusters, drawn, 1 - level) if clusters.spread else (None, None)
    text = text if clusters.spread else f"{text}; {NO_SPREAD}"
    return Estimate(NET_ALL.name, NET_ALL.over, clusters.value, low, high, level, clusters.n, "cluster_wild", text)


def _draw(clusters: Clusters, rng: np.random.Generator, draws: int) -> tuple[str, Draws]:
    groups = len(clusters.sizes)
    few = groups < np.log2(draws)
    kind, points = ("Webb-gewichten", WEBB) if few else ("Rademacher-gewichten", RADEMACHER)
    rows = max(1, BLOCK // groups)
    parts = [
        _sums(clusters, points[rng.integers(len(points), size=(min(rows, draws - start), groups))])
        for start in range(0, draws, rows)
    ]
    return kind, Draws(*np.concatenate(parts, axis=1))


def _sums(clusters: Clusters, w: Floats) -> Floats:
    """The seven sums of ``Draws`` for weights (B, G), shape (7, B)."""
    s, n = clusters.net.astype(float), clusters.sizes.astype(float)
    net, size, cross, square = (w @ np.column_stack([s, n, s * n, n**2])).T
    net_net, net_size, size_size = (w**2 @ np.column_stack([s**2, s * n, n**2])).T
    return np.stack([net, size, net_net, net_size, size_size, cross, square])


def _root(clusters: Clusters) -> float:
    """n times the CR1 error."""
    groups = len(clusters.sizes)
    return sqrt(groups / (groups - 1) * float(clusters.residuals @ clusters.residuals))


def _p(clusters: Clusters, drawn: Draws, null: float) -> float:
    """Both statistics squared and cross-multiplied, because a draw may have no spread at all."""
    mean = (drawn.net - null * drawn.size) / clusters.n
    own = drawn.net_net - 2 * null * drawn.net_size + null**2 * drawn.size_size
    shared = drawn.cross - null * drawn.square
    spread = own - 2 * mean * shared + mean**2 * float(np.sum(clusters.sizes.astype(float) ** 2))
    observed = float(clusters.residuals @ clusters.residuals)
    beyond = mean**2 * observed >= (clusters.value - null) ** 2 * np.maximum(spread, 0) * (1 - TIE)
    return float((1 + np.count_nonzero(beyond)) / (1 + len(beyond)))


def _limits(clusters: Clusters, drawn: Draws, alpha: float) -> tuple[float, float]:
    """Where p falls to alpha on either side of the estimate, within [-1, 1]."""

    def kept(nulls: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return np.array([_p(clusters, drawn, float(null)) > alpha for null in nulls])

    inner = np.full(2, clusters.value)
    ends = np.array([-1.0, 1.0])
    found = np.where(kept(ends), ends, bisect(kept, inner, ends))
    return float(found[0]), float(found[1])
