"""Before and after at the same advertisers: how much net discrimination changed from one round to a later one.

The two rounds are two samples of pairs. Pairs of one advertiser hang together, within a round and from round to round,
so the advertiser is the cluster. With n pairs in a round, n_g of advertiser g and residuals r_g as in
`clustering.robust`, and b and a for before and after:

    CR2   V = sum u_g^2,   u_g = r_ag / (n_a sqrt(1 - n_ag/n_a)) - r_bg / (n_b sqrt(1 - n_bg/n_b))

This is Bell & McCaffrey's variance (2002) of the coefficient of "after" in a regression of the pair differences on it,
clustered by advertiser, with Satterthwaite's degrees of freedom under independent pairs. Beside it stands MOVER (Zou &
Donner 2008): the limits of two independent differences squared and added, which needs no second advertiser.
"""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics import cells
from results.statistics.clustering.robust import NO_SPREAD, ROUNDING
from results.statistics.counts import Counts
from results.statistics.estimands import NET_ALL, Estimate
from results.statistics.intervals import tango_bounds
from results.statistics.numeric import check_share, normal_quantile

NAME = "net_discrimination_change"
CONVENTION = "netto verschil na min netto verschil voor, elk over alle geslaagde tests"


@dataclass(frozen=True)
class _Half:
    """Pairs and residuals per advertiser of one of the two rounds, as parts of the whole."""

    n: int
    value: float
    share: npt.NDArray[np.float64]
    residuals: npt.NDArray[np.float64]

    @classmethod
    def of(cls, table: cells.Table) -> "_Half":
        size, net = cells.sizes(table), cells.net(table)
        n = int(size.sum())
        value = float(net.sum() / n)
        return cls(n, value, np.asarray(size / n), np.asarray((net - size * value) / n))

    @property
    def influence(self) -> npt.NDArray[np.float64]:
        return np.asarray(self.residuals / np.sqrt(1 - self.share))


def mover(before: Counts, after: Counts, level: float = 0.95) -> Estimate:
    """The change with the interval of two independent samples, from Tango's limits of each; within [-2, 2].

    Raises BadInput ``no-pairs`` when one of the two has none.
    """
    _check_pairs(before.n, after.n)
    (was, was_low, was_high), (now, now_low, now_high) = (_limits(each, level) for each in (before, after))
    value = now - was
    low, high = value - hypot(now - now_low, was_high - was), value + hypot(now_high - now, was - was_low)
    text = f"{CONVENTION}; als twee onafhankelijke steekproeven, uit de intervallen van Tango"
    return Estimate(NAME, NET_ALL.over, value, low, high, level, before.n + after.n, "mover_tango", text)


def clustered(before: npt.ArrayLike, after: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """The change with its CR2 interval; both are counts per advertiser, shape (G, 4), the same advertiser in a row.

    Raises BadInput ``pairs-do-not-match`` for tables of different length, ``no-pairs`` when a round has none, and
    ``too-few-clusters`` when all pairs of a round are of one advertiser.
    """
    check_share("level", level)
    was, now = _halves(before, after)
    value, error = now.value - was.value, _error(was, now)
    n, groups = was.n + now.n, int(np.count_nonzero(was.share + now.share))
    free = degrees_of_freedom(before, after)
    text = f"{CONVENTION}; geclusterd naar {groups} woningaanbieders, met de correctie van Bell en McCaffrey"
    text = f"{text} ({free:.1f} vrijheidsgraden)"
    if error <= ROUNDING:  # a width of zero would claim certainty
        return Estimate(NAME, NET_ALL.over, value, None, None, level, n, "cluster_cr2", f"{text}; {NO_SPREAD}")
    half = float(special.stdtrit(free, 0.5 + level / 2)) * error
    low, high = max(value - half, -2.0), min(value + half, 2.0)
    return Estimate(NAME, NET_ALL.over, value, low, high, level, n, "cluster_cr2", text)


def degrees_of_freedom(before: npt.ArrayLike, after: npt.ArrayLike) -> float:
    """Satterthwaite's degrees of freedom of that variance; G - 1 where every advertiser has equally many pairs."""
    was, now = _halves(before, after)
    spread = sum(_covariance(each) for each in (was, now))
    return float(np.trace(spread) ** 2 / np.sum(np.square(spread)))


def detectable(estimate: Estimate, power: float = 0.8) -> float | None:
    """The smallest change that would have been found with this power; None without an interval, or beyond 1."""
    if estimate.low is None or estimate.high is None:
        return None
    z = normal_quantile(estimate.level)
    found = (estimate.high - estimate.low) / (2 * z) * (z + float(special.ndtri(power)))
    return found if found < 1 else None


def _limits(counts: Counts, level: float) -> tuple[float, float, float]:
    low, high = tango_bounds(counts.n, counts.c10, counts.c01, level)
    return (counts.c10 - counts.c01) / counts.n, float(low), float(high)


def _halves(before: npt.ArrayLike, after: npt.ArrayLike) -> tuple[_Half, _Half]:
    tables = cells.checked(before), cells.checked(after)
    if len(tables[0]) != len(tables[1]):
        raise BadInput(
            Problem(
                "pairs-do-not-match",
                "De tellingen van voor en na gaan niet over dezelfde woningaanbieders.",
                found=f"{len(tables[0])} en {len(tables[1])} rijen",
                remedy="Geef per woningaanbieder een rij in elke tabel.",
            )
        )
    _check_pairs(*(int(table.sum()) for table in tables))
    was, now = (_Half.of(table) for table in tables)
    if max(was.share.max(), now.share.max()) > 1 - ROUNDING:
        remedy = "Gebruik het gewone interval."
        raise BadInput(Problem("too-few-clusters", "Clusteren kan pas met twee woningaanbieders.", remedy=remedy))
    return was, now


def _check_pairs(*pairs: int) -> None:
    if not all(pairs):
        raise BadInput(Problem("no-pairs", "Er is geen enkele geslaagde test, dus er valt niets te berekenen."))


def _error(was: _Half, now: _Half) -> float:
    apart = now.influence - was.influence
    return sqrt(float(apart @ apart))


def _covariance(half: _Half) -> npt.NDArray[np.float64]:
    """How the advertisers' parts of the variance hang together when all pairs are independent, up to a factor."""
    scaled = half.share / np.sqrt(1 - half.share)
    between = -np.outer(scaled, scaled)
    np.fill_diagonal(between, half.share)
    return np.asarray(between / half.n)
