"""Confidence intervals for the ratio of two paired rates and for the odds ratio of the discordant pairs.

Ratio: control rate divided by treatment rate. Formulas: Bonett & Price (2006); Tang, Tang & Chan (2003); MOVER with
Wilson limits (Donner & Zou 2012), all as set out by Fagerland, Lydersen & Laake (2014). The odds ratio is c10 / c01,
by transforming an interval for the share c10 / (c10 + c01). A limit that is not finite is None.
"""

from collections.abc import Callable
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles import shares
from results.statistics.counts import Counts
from results.statistics.intervals import NO_INTERVAL, Interval, clopper_pearson, correlation, wilson
from results.statistics.numeric import Array, bisect, normal_quantile

IntervalMethod = Callable[[Counts, float], Interval]
_END = float(np.nextafter(1.0, 0.0))  # a share of 1 is an infinite ratio


def ratio_bonett_price(counts: Counts, level: float) -> Interval:
    """Hybrid Wilson interval over the pairs with at least one positive answer."""
    usable, control, treatment = counts.answered, counts.control, counts.treatment
    if not usable:
        return NO_INTERVAL
    together = sqrt((counts.discordant + 2) / ((control + 1) * (treatment + 1)))
    apart = sum(sqrt((1 - (part + 1) / (usable + 2)) / (part + 1)) for part in (control, treatment))
    z = normal_quantile(level) * together / apart
    low1, high1 = shares.wilson(control, usable, z)
    low2, high2 = shares.wilson(treatment, usable, z)
    return low1 / high2, _divide(high1, low2)


def relative_bonett_price(counts: Counts, level: float) -> Interval:
    """The same interval turned into the relative difference: 1 - treatment rate / control rate."""
    low, high = ratio_bonett_price(counts, level)
    if low is None:
        return NO_INTERVAL
    return (1 - 1 / low if low else None), (1 - 1 / high if high else 1.0)


def ratio_wald(counts: Counts, level: float) -> Interval:
    """Wald interval on the log scale; None where a rate is zero or the arms never differ."""
    if not (counts.control and counts.treatment and counts.discordant):
        return NO_INTERVAL
    half = normal_quantile(level) * sqrt(counts.discordant / (counts.control * counts.treatment))
    middle = log(counts.control / counts.treatment)
    return exp(middle - half), exp(middle + half)


def ratio_tang(counts: Counts, level: float) -> Interval:
    """Tang's score interval, solved on the scale ratio / (1 + ratio)."""
    if not counts.answered:
        return NO_INTERVAL
    middle = counts.control / (counts.control + counts.treatment)
    sides = normal_quantile(level) * np.array([-1.0, 1.0])

    def before(share: Array) -> npt.NDArray[np.bool_]:
        gap = counts.control * (1 - share) - counts.treatment * share
        return np.asarray(gap + sides * _tang_error(counts, share) > 0)

    low, high = bisect(before, np.array([0.0, min(middle, _END)]), np.array([min(middle, _END), _END]))
    return (_odds(float(low)) if counts.control else 0.0), (_odds(float(high)) if counts.treatment else None)


def _tang_error(counts: Counts, share: Array) -> Array:
    """Standard error of the gap, with ratio = share / (1 - share) and everything times (1 - share)."""
    n, usable, other = counts.n, counts.answered, 1 - share
    square = n * other
    linear = counts.treatment * share**2 - (counts.control + 2 * counts.c01) * other**2
    constant = counts.c01 * (other - share) * other * usable / n
    root = np.sqrt(np.maximum(linear**2 - 4 * square * constant, 0))
    q = (root - linear) / (2 * square)
    return np.asarray(np.sqrt(np.maximum(n * other * q + usable * (share - other) * other, 0)))


def ratio_mover_wilson(counts: Counts, level: float) -> Interval:
    """MOVER interval from the Wilson limits of both rates and their correlation; None when the arms never differ."""
    n = counts.n
    if not counts.discordant:
        return NO_INTERVAL
    p1, p2, psi = counts.control / n, counts.treatment / n, correlation(counts, correct=False)
    low1, high1 = wilson(counts.control, n, level)
    low2, high2 = wilson(counts.treatment, n, level)
    down = p1 * p2 - psi * (p1 - low1) * (high2 - p2)
    up = p1 * p2 - psi * (high1 - p1) * (p2 - low2)
    below, above = high2 * (2 * p2 - high2), low2 * (2 * p2 - low2)
    low = _divide(down - sqrt(max(down**2 - low1 * (2 * p1 - low1) * below, 0)), below)
    return low, _divide(up + sqrt(max(up**2 - high1 * (2 * p1 - high1) * above, 0)), above)


def odds_midp(counts: Counts, level: float) -> Interval:
    """Mid-p interval: the limits at which half the observed probability is counted on each side."""
    m, tail = counts.discordant, (1 - level) / 2
    if not m:
        return NO_INTERVAL

    limits = np.array([1 - tail, tail])

    def before(share: Array) -> npt.NDArray[np.bool_]:
        below = special.bdtr(counts.c10 - 1, m, share) if counts.c10 else 0.0
        return np.asarray((special.bdtr(counts.c10, m, share) + below) / 2 > limits)

    low, high = bisect(before, np.zeros(2), np.ones(2))
    return (_odds(float(low)) if counts.c10 else 0.0), (_odds(float(high)) if counts.c01 else None)


def odds_clopper_pearson(counts: Counts, level: float) -> Interval:
    """Exact interval."""
    if not counts.discordant:
        return NO_INTERVAL
    low, high = clopper_pearson(counts.c10, counts.discordant, level)
    return _odds(low), _odds(high)


def odds_wald(counts: Counts, level: float) -> Interval:
    """Wald interval on the log scale, standard error sqrt(1/c10 + 1/c01); None when either count is zero."""
    if not (counts.c10 and counts.c01):
        return NO_INTERVAL
    half = normal_quantile(level) * sqrt(1 / counts.c10 + 1 / counts.c01)
    middle = log(counts.c10 / counts.c01)
    return exp(middle - half), exp(middle + half)


def odds_wilson(counts: Counts, level: float) -> Interval:
    """Wilson score interval."""
    if not counts.discordant:
        return NO_INTERVAL
    low, high = wilson(counts.c10, counts.discordant, level)
    return _odds(low), _odds(high)


def _odds(share: float) -> float | None:
    return _divide(share, 1 - share)


def _divide(above: float, below: float) -> float | None:
    return above / below if below else None
