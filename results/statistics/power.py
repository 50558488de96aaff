"""How many pairs a round needs, and what it could have found.

Connor (1987), Biometrics 43:207; the exact power counts every possible table.
"""

from collections.abc import Callable
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.mcnemar import exact_p, midp_p
from results.statistics.numeric import bisect, check_share

_P_VALUES: dict[str, Callable[[npt.ArrayLike, npt.ArrayLike], npt.NDArray[np.float64]]] = {
    "exact": exact_p,
    "midp": midp_p,
}


def connor_pairs(p10: float, p01: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Pairs needed (not rounded) to find p10 - p01 with the uncorrected two-sided McNemar test.

    The true power at this size is some points lower for the exact test: see ``exact_power``.
    """
    _check_shares(p10, p01)
    if p10 == p01:
        raise BadInput(Problem("no-difference", "Zonder verschil is geen aantal tests te berekenen.", found=str(p10)))
    return _pairs(p10 + p01, abs(p10 - p01), power, alpha)


def minimum_detectable(n: int, discordance: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Smallest net difference (proportion) that ``n`` pairs find with this power (Connor's formula inverted).

    ``discordance`` is the share of pairs in which one arm is favoured; when too few pairs differ for any difference to
    be found, it is taken to be the difference itself (all of it in one direction). 1.0 is the ceiling: below five
    pairs not even a total difference is found.
    """
    if n < 1 or not 0 <= discordance <= 1:
        raise BadInput(
            Problem("impossible-round", "Zo'n ronde bestaat niet.", found=f"n = {n}, aandeel verschil = {discordance}")
        )

    def too_small(difference: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        gap = float(difference)
        return np.asarray(_pairs(max(discordance, gap), gap, power, alpha) > n)

    return float(bisect(too_small, np.asarray(0.0), np.asarray(1.0)))


def exact_power(p10: float, p01: float, n: int, alpha: float = 0.05, test: Literal["exact", "midp"] = "midp") -> float:
    """Probability that ``n`` pairs give a two-sided p of at most ``alpha``, over every table that can occur."""
    _check_shares(p10, p01)
    check_share("alpha", alpha)
    psi = p10 + p01
    if n < 1 or psi == 0:
        return 0.0
    m = np.arange(1, n + 1)
    k = _critical(m, alpha, _P_VALUES[test])
    share = p10 / psi
    reject = np.where(
        k < 0, 0.0, special.bdtr(np.maximum(k, 0), m, share) + special.bdtr(np.maximum(k, 0), m, 1 - share)
    )
    return float(np.clip(np.sum(_binomial(m, n, psi) * reject), 0.0, 1.0))


def _critical(
    m: npt.NDArray[np.int_],
    alpha: float,
    p_value: Callable[[npt.ArrayLike, npt.ArrayLike], npt.NDArray[np.float64]],
) -> npt.NDArray[np.int_]:
    """Per m the largest min(c10, c01) that rejects, or -1. The mid-p limit is at most one above the exact one."""
    start = np.floor(np.nan_to_num(special.bdtrik(alpha / 2, m, 0.5), nan=-1.0)).astype(int)
    tried = start[:, None] + np.arange(-2, 3)
    size = np.broadcast_to(m[:, None], tried.shape)
    valid = (tried >= 0) & (2 * tried < size)
    valid &= p_value(np.where(valid, tried, 0), size) <= alpha
    return np.asarray(np.where(valid, tried, -1).max(axis=1))


def _binomial(m: npt.NDArray[np.int_], n: int, share: float) -> npt.NDArray[np.float64]:
    ways = special.gammaln(n + 1) - special.gammaln(m + 1) - special.gammaln(n - m + 1)
    return np.asarray(np.exp(ways + special.xlogy(m, share) + special.xlog1py(n - m, -share)))


def _pairs(psi: float, difference: float, power: float, alpha: float) -> float:
    check_share("power", power)
    check_share("alpha", alpha)
    reach = special.ndtri(1 - alpha / 2) * sqrt(psi) + special.ndtri(power) * sqrt(max(psi - difference**2, 0))
    return float((reach / difference) ** 2)


def _check_shares(p10: float, p01: float) -> None:
    if min(p10, p01) < 0 or p10 + p01 > 1:
        raise BadInput(
            Problem(
                "not-shares",
                "De aandelen tests met een verschil kunnen niet.",
                found=f"{p10} en {p01}",
                remedy="Geef twee aandelen van 0 of hoger die samen hoogstens 1 zijn.",
            )
        )
