"""Confidence intervals for a share and for the difference between two paired shares.

Formulas: Fagerland, Lydersen & Laake (2013, 2014); Tango (1998); Newcombe (1998), methods 8 and 10; Bonett & Price
(2012); Agresti & Min (2005); Clopper & Pearson (1934). Every function takes a table with at least one pair and gives
proportions within [-1, 1].
"""

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles import shares
from results.statistics.counts import Counts
from results.statistics.estimands import Estimand
from results.statistics.numeric import Array, bisect, normal_quantile

Interval = tuple[float | None, float | None]
NO_INTERVAL: Interval = (None, None)
ROUNDING = 1e-12


def wilson(positive: float, n: float, level: float) -> tuple[float, float]:
    """Wilson score interval of ``positive`` out of ``n``."""
    return shares.wilson(positive, n, normal_quantile(level))


def clopper_pearson(positive: int, n: int, level: float) -> tuple[float, float]:
    """Exact interval of ``positive`` out of ``n`` (n at least 1)."""
    tail = (1 - level) / 2
    low = float(special.betaincinv(positive, n - positive + 1, tail)) if positive else 0.0
    high = float(special.betaincinv(positive + 1, n - positive, 1 - tail)) if positive < n else 1.0
    return low, high


def share_wilson(estimand: Estimand, counts: Counts, level: float) -> Interval:
    """Wilson interval of an estimand that is a share (one of ``estimands.SHARES``); none without its denominator."""
    n = estimand.n(counts)
    return wilson(estimand.numerator(counts), n, level) if n else NO_INTERVAL


def share_clopper_pearson(estimand: Estimand, counts: Counts, level: float) -> Interval:
    """Exact interval of an estimand that is a share (one of ``estimands.SHARES``); none without its denominator."""
    n = estimand.n(counts)
    return clopper_pearson(int(estimand.numerator(counts)), n, level) if n else NO_INTERVAL


def tango(counts: Counts, level: float) -> Interval:
    """Tango's score interval; agrees with the uncorrected McNemar test."""
    low, high = tango_bounds(counts.n, counts.c10, counts.c01, level)
    return float(low), float(high)


def tango_bounds(
    n: npt.ArrayLike, c10: npt.ArrayLike, c01: npt.ArrayLike, level: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Tango limits for arrays of tables of equal shape (or single numbers)."""
    z = normal_quantile(level)
    size, b, c = (np.asarray(part, dtype=float) for part in (n, c10, c01))
    middle = (b - c) / size
    sides = np.array([-z, z]).reshape(2, *(1 for _ in middle.shape))  # both limits are solved in one go

    def before(difference: Array) -> npt.NDArray[np.bool_]:
        return np.asarray(b - c - size * difference + sides * _tango_error(size, b, c, difference) > 0)

    end = np.ones_like(middle)
    low, high = bisect(before, np.stack([-end, middle]), np.stack([middle, end]))
    return np.asarray(low), np.asarray(high)


def _tango_error(n: Array, b: Array, c: Array, difference: Array) -> Array:
    linear = -b - c + (2 * n - b + c) * difference
    constant = -c * difference * (1 - difference)
    q = (np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0)) - linear) / (4 * n)
    return np.asarray(np.sqrt(np.maximum(n * (2 * q + difference * (1 - difference)), 0)))


def newcombe10(counts: Counts, level: float) -> Interval:
    """Newcombe's square-and-add interval with continuity-corrected correlation (method 10)."""
    return _square_and_add(counts, level, correlation(counts, correct=True))


def newcombe8(counts: Counts, level: float) -> Interval:
    """Newcombe's square-and-add interval with the plain correlation (method 8).

    None where both arms always agree and answer half of the time: a width of zero would claim certainty.
    """
    low, high = _square_and_add(counts, level, correlation(counts, correct=False))
    return (low, high) if high - low > ROUNDING else NO_INTERVAL


def _square_and_add(counts: Counts, level: float, psi: float) -> tuple[float, float]:
    n, difference = counts.n, (counts.c10 - counts.c01) / counts.n
    p1, p2 = counts.control / n, counts.treatment / n
    low1, high1 = wilson(counts.control, n, level)
    low2, high2 = wilson(counts.treatment, n, level)
    # (a - b)^2 + 2 (1 - psi) a b, because a^2 - 2 psi a b + b^2 leaves rounding errors where psi is 1.
    down = (p1 - low1 - high2 + p2) ** 2 + 2 * (1 - psi) * (p1 - low1) * (high2 - p2)
    up = (high1 - p1 - p2 + low2) ** 2 + 2 * (1 - psi) * (high1 - p1) * (p2 - low2)
    return _within(difference - sqrt(max(down, 0)), difference + sqrt(max(up, 0)))


def correlation(counts: Counts, *, correct: bool) -> float:
    """Phi between the two arms; ``correct`` shrinks a positive one by half a pair. 0 when an arm never varies."""
    product = counts.c11 * counts.c00 - counts.c10 * counts.c01
    shrunk = max(product - counts.n / 2, 0) if correct and product > 0 else product
    margins = counts.control * (counts.n - counts.control) * counts.treatment * (counts.n - counts.treatment)
    return shrunk / sqrt(margins) if margins else 0.0


def wald(counts: Counts, level: float) -> Interval:
    """Wald interval: the paired t interval with the normal quantile. None without any spread."""
    return _wald(counts, level, correction=0)


def wald_cc(counts: Counts, level: float) -> Interval:
    """Wald interval with Edwards' continuity correction in the standard error."""
    return _wald(counts, level, correction=1)


def _wald(counts: Counts, level: float, correction: int) -> Interval:
    n, net = counts.n, counts.c10 - counts.c01
    spread = counts.discordant - max(abs(net) - correction, 0) ** 2 / n
    if spread <= 0:
        return NO_INTERVAL  # one value in every pair: a width of zero would claim certainty
    half = normal_quantile(level) * sqrt(spread) / n
    return _within(net / n - half, net / n + half)


def agresti_min(counts: Counts, level: float) -> Interval:
    """Wald interval after adding half a pair to each of the four cells."""
    return _adjusted(counts.n + 2, counts.c10 + 0.5, counts.c01 + 0.5, level)


def bonett_price(counts: Counts, level: float) -> Interval:
    """Wald interval after adding one pair to each discordant cell and two to the total."""
    return _adjusted(counts.n + 2, counts.c10 + 1, counts.c01 + 1, level)


def _adjusted(n: float, c10: float, c01: float, level: float) -> Interval:
    difference = (c10 - c01) / n
    half = normal_quantile(level) * sqrt(((c10 + c01) / n - difference**2) / n)
    return _within(difference - half, difference + half)


def _within(low: float, high: float) -> tuple[float, float]:
    return max(low, -1.0), min(high, 1.0)
