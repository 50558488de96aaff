"""The power of a paired round, counted over every table that can occur, and the size it needs.

Unconditional: the number of discordant pairs is binomial, and each such number has its own rejection region
(Duffy 1984, Biometrics 40:1005).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.mcnemar import exact_p, midp_p
from results.statistics.numeric import check_share
from results.statistics.power.connor import check_shares, connor_pairs

Test = Literal["exact", "midp"]
Floats = npt.NDArray[np.float64]

_P_VALUES: dict[str, Callable[[npt.ArrayLike, npt.ArrayLike], Floats]] = {"exact": exact_p, "midp": midp_p}
_MOST = 100_000  # pairs; no round is that large, and the search must end


@dataclass(frozen=True)
class PowerCurve:
    """``power[i]`` is the exact power of ``pairs[i]`` pairs: two arrays of one length, ready to draw."""

    pairs: npt.NDArray[np.int_]
    power: Floats


def exact_power(p10: float, p01: float, n: int, alpha: float = 0.05, test: Test = "midp") -> float:
    """Probability that ``n`` pairs give a two-sided p of at most ``alpha``, over every table that can occur.

    A round of no pairs has power 0. BadInput for shares that cannot be.
    """
    check_shares(p10, p01)
    check_share("alpha", alpha)
    psi = p10 + p01
    if n < 1 or psi == 0:
        return 0.0
    m = likely(n, psi)
    return float(np.clip(_binomial(m, n, psi) @ _two_sided(p10, p01, m, alpha, test), 0.0, 1.0))


def power_curve(p10: float, p01: float, pairs: npt.ArrayLike, alpha: float = 0.05, test: Test = "midp") -> PowerCurve:
    """``exact_power`` at each size in ``pairs``, shape (k,)."""
    sizes = np.atleast_1d(np.asarray(pairs, dtype=int))
    return PowerCurve(sizes, np.array([exact_power(p10, p01, int(n), alpha, test) for n in sizes]))


def smallest_pairs(p10: float, p01: float, power: float = 0.8, alpha: float = 0.05, test: Test = "midp") -> int:
    """The smallest n from which the exact power stays at or above ``power``.

    Power has teeth: the rejection region grows in whole steps, so one pair more can lower it. A tooth is about two
    discordant pairs wide. The search brackets the crossing, then looks at five teeth and more on each side of it, and
    goes on until no size in such a window falls short. BadInput without a difference or past 100,000 pairs.
    """
    start = connor_pairs(p10, p01, power, alpha)
    if start > _MOST:
        raise BadInput(
            Problem(
                "too-many-pairs",
                "Zoveel tests zijn niet te doen.",
                found=f"{start:.0f}",
                remedy="Kies een groter verschil.",
            )
        )
    window = 60 + ceil(10 / (p10 + p01))
    reject = _two_sided(p10, p01, np.arange(2 * ceil(start) + 4 * window + 1), alpha, test)
    return first_lasting(lambda n: unconditional(reject, p10 + p01, n) >= power, len(reject) - 1, window)


def smallest_difference(
    n: int, discordance: float, power: float = 0.8, alpha: float = 0.05, test: Test = "midp"
) -> float | None:
    """Smallest net difference (proportion) that ``n`` pairs find with this exact power; None when not even 1 is found.

    ``discordance`` as in ``minimum_detectable``: held constant until the difference itself is larger.
    """
    if n < 1 or not 0 <= discordance <= 1:
        raise BadInput(
            Problem("impossible-round", "Zo'n ronde bestaat niet.", found=f"n = {n}, aandeel verschil = {discordance}")
        )
    check_share("power", power)

    from scipy import optimize  # slow to load, and only this search needs it

    def beyond(gap: float) -> float:
        spread = max(discordance, gap)
        return exact_power((spread + gap) / 2, (spread - gap) / 2, n, alpha, test) - power

    # At no difference the power is about alpha: a target below that is met by chance alone.
    if beyond(1.0) < 0 or beyond(0.0) >= 0:
        return None if beyond(1.0) < 0 else 0.0
    return float(optimize.brentq(beyond, 0.0, 1.0, xtol=1e-12))


def first_lasting(enough: Callable[[int], bool], most: int, window: int) -> int:
    """The smallest size from which ``enough`` holds for a whole ``window``, searched around its first crossing."""
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    last = n = max(low - window, 0)
    while n - last < window + max(low - last, 0):
        n += 1
        if n > most:
            raise BadInput(
                Problem("too-many-pairs", "Met dit aantal tests wordt het doel niet gehaald.", found=str(most))
            )
        last = last if enough(n) else n
    return last + 1


def unconditional(reject: Floats, psi: float, n: int) -> float:
    """Power of ``n`` pairs; ``reject[m]`` is the chance to reject with m discordant pairs, ``psi`` their share."""
    if n < 1 or psi == 0:
        return 0.0
    m = likely(n, psi)
    return float(np.clip(_binomial(m, n, psi) @ reject[m], 0.0, 1.0))


def likely(n: int, psi: float) -> npt.NDArray[np.int_]:
    """The numbers of discordant pairs that can occur: ten standard deviations either way hold all but 1e-20."""
    middle, reach = n * psi, 10 * np.sqrt(n * psi * (1 - psi)) + 60
    return np.arange(max(int(middle - reach), 0), min(int(middle + reach), n) + 1)


def _two_sided(p10: float, p01: float, m: npt.NDArray[np.int_], alpha: float, test: Test) -> Floats:
    """Chance to reject at each number ``m`` of discordant pairs; never without any."""
    size = np.maximum(m, 1)
    k = np.where(m > 0, _critical(size, alpha, _P_VALUES[test]), -1)
    share, at = p10 / (p10 + p01), np.maximum(k, 0)
    return np.where(k < 0, 0.0, special.bdtr(at, size, share) + special.bdtr(at, size, 1 - share))


def _critical(
    m: npt.NDArray[np.int_], alpha: float, p_value: Callable[[npt.ArrayLike, npt.ArrayLike], Floats]
) -> npt.NDArray[np.int_]:
    """Per m the largest min(c10, c01) that rejects, or -1. The mid-p limit is at most one above the exact one."""
    start = np.floor(np.nan_to_num(special.bdtrik(alpha / 2, m, 0.5), nan=-1.0)).astype(int)
    tried = start[:, None] + np.arange(-2, 3)
    size = np.broadcast_to(m[:, None], tried.shape)
    valid = (tried >= 0) & (2 * tried < size)
    valid &= p_value(np.where(valid, tried, 0), size) <= alpha
    return np.asarray(np.where(valid, tried, -1).max(axis=1))


def _binomial(m: npt.NDArray[np.int_], n: int, share: float) -> Floats:
    ways = special.gammaln(n + 1) - special.gammaln(m + 1) - special.gammaln(n - m + 1)
    return np.asarray(np.exp(ways + special.xlogy(m, share) + special.xlog1py(n - m, -share)))
