"""Each advertiser's net difference, drawn linearly towards the mean of all.

Source: Morris (1983), JASA 78:47; the variance between advertisers as in Kline, Rose & Walters (2024).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.statistics.advertiser.spread import whole
from results.statistics.estimands import NET_ALL

Numbers = npt.NDArray[np.float64]
ROUNDING = 1e-15


@dataclass(frozen=True)
class Shrunk:
    """J estimates drawn towards their mean.

    ``mean`` is their plain mean, ``sd`` the estimated true spread between advertisers (0 when the estimates differ no
    more than chance makes them, and the note says so), ``values`` the shrunk estimates and ``weights`` the part of each
    own deviation that stays (0 to 1); both of shape (J,), in the order given. ``note`` is Dutch.
    """

    mean: float
    sd: float
    values: Numbers
    weights: Numbers
    note: str


def shrink(theta: npt.ArrayLike, s: npt.ArrayLike) -> Shrunk:
    """Linear empirical Bayes of estimates ``theta`` with standard errors ``s``, shape (J,), J at least 2.

    sigma^2 = mean((theta - mu)^2 - (J - 1)/J s^2), at least 0; theta* = mu + sigma^2 / (sigma^2 + s^2) (theta - mu).
    """
    estimate, error = _checked(theta, s)
    many, mean = len(estimate), float(estimate.mean())
    raw = float(np.mean((estimate - mean) ** 2 - (many - 1) / many * error**2))
    # Equal estimates leave a rounding error of their size squared, which is no spread.
    variance = raw if raw > ROUNDING else 0.0
    weights = variance / (variance + error**2) if variance else np.zeros(many)
    return Shrunk(mean, sqrt(variance), mean + weights * (estimate - mean), weights, _told(variance))


def net_shrunk(cells: npt.ArrayLike) -> Shrunk:
    """Shrunk net differences (c10 - c01) / n of J advertisers; ``cells`` of shape (J, 4): c11 c10 c01 c00.

    Every advertiser has pairs. An advertiser's own few pairs do not tell how much one pair varies (one pair would seem
    to be certain), so its variance is that of one pair within advertisers, pooled over all, divided by n.
    """
    table = _cells(cells)
    n, net, discordant = table.sum(axis=1), table[:, 1] - table[:, 2], table[:, 1] + table[:, 2]
    free = int(n.sum()) - len(n)
    if free < 1:
        raise BadInput(
            Problem(
                "clusters-of-one",
                "Elke woningaanbieder heeft maar één test.",
                remedy="Trek alleen naar het gemiddelde als minstens één woningaanbieder twee tests heeft.",
            )
        )
    within = float(np.sum(discordant - net**2 / n)) / free
    shrunk = shrink(net / n, np.sqrt(within / n))
    return Shrunk(shrunk.mean, shrunk.sd, shrunk.values, shrunk.weights, f"{NET_ALL.convention}; {shrunk.note}")


def _told(variance: float) -> str:
    if variance:
        return "naar het gemiddelde van de woningaanbieders getrokken"
    return "geen spreiding tussen woningaanbieders boven toeval: ieder krijgt het gemiddelde"


def _checked(theta: npt.ArrayLike, s: npt.ArrayLike) -> tuple[Numbers, Numbers]:
    estimate, error = np.asarray(theta, dtype=float), np.asarray(s, dtype=float)
    if estimate.shape != error.shape or estimate.ndim != 1:
        raise BadInput(
            Problem(
                "advertisers-do-not-match",
                "Niet elke schatting heeft een standaardfout.",
                found=f"{estimate.shape} en {error.shape}",
                remedy="Geef voor elke woningaanbieder een schatting en een standaardfout.",
            )
        )
    _check_several(len(estimate))
    if not bool(np.isfinite(estimate).all() and np.isfinite(error).all() and (error >= 0).all()):
        raise BadInput(
            Problem(
                "not-a-number",
                "Een schatting of standaardfout is geen getal, of negatief.",
                remedy="Geef eindige schattingen en standaardfouten van 0 of hoger.",
            )
        )
    return estimate, error


def _cells(cells: npt.ArrayLike) -> npt.NDArray[np.intp]:
    table = np.asarray(cells)
    if table.ndim != 2 or table.shape[1] != 4:
        raise BadInput(
            Problem(
                "advertisers-do-not-match",
                "Niet elke woningaanbieder heeft vier tellingen.",
                found=str(table.shape),
                remedy="Geef per woningaanbieder c11, c10, c01 en c00.",
            )
        )
    _check_several(len(table))
    counts = whole("c11, c10, c01 of c00", table)
    if not bool(counts.sum(axis=1).all()):
        raise BadInput(
            Problem(
                "empty-stratum",
                "Een woningaanbieder heeft geen enkele geslaagde test.",
                remedy="Laat woningaanbieders zonder geslaagde test weg.",
            )
        )
    return counts


def _check_several(many: int) -> None:
    if many < 2:
        raise BadInput(
            Problem(
                "too-few-clusters",
                "Er zijn minder dan twee woningaanbieders.",
                found=str(many),
                remedy="Vergelijk minstens twee woningaanbieders.",
            )
        )
