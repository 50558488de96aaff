"""Each advertiser's share of one-sided pairs, drawn towards the others by the spread they show.

The value is the empirical-Bayes mean (alpha + c10) / (alpha + beta + m) with the fitted alpha and beta. Taken as
known, they make an interval that is far too narrow with few advertisers. So the interval comes from the posterior that
averages over mean and spread of the beta, a priori uniform: any mean from 0 to 1, any root of rho = 1 / (alpha + beta +
1) from 0 to 1. That root is the standard deviation of the shares as a part of the largest one possible. Method: Gelman
et al. (2013), Bayesian Data Analysis, section 5.3, on a grid.
"""

import numpy as np
import numpy.typing as npt
from scipy import special

from results.statistics.advertiser.spread import BetaFit, Margins, Numbers, Spread, Whole, checked, margins, rise
from results.statistics.estimands import Estimate
from results.statistics.numeric import check_share

SIDE = 24
PASSES = 3
"""The grid is laid three times, each time over the part where the last one found the posterior to lie."""
NEGLIGIBLE = 12.0
"""Log of how much less likely than the best a place must be to be left out."""
METHOD = "empirical_bayes"


def shares(c10: npt.ArrayLike, c01: npt.ArrayLike, fit: BetaFit, level: float = 0.95) -> tuple[Estimate, ...]:
    """The share of every advertiser drawn towards the others, with a central credible interval.

    ``fit`` is the fit of the same counts. Without spread between advertisers the value is the common share; without a
    fit there is no number, and the convention says why. The interval is that of the beta with the mean and variance of
    the posterior.
    """
    check_share("level", level)
    b, c = checked(c10, c01)
    if fit.mean is None or fit.spread not in (Spread.BETWEEN, Spread.NONE):
        return tuple(_share(None, None, None, level, n, str(fit.spread)) for n in (b + c).tolist())
    _, first, which = np.unique(b * (int(c.max()) + 1) + c, return_index=True, return_inverse=True)
    tables = np.stack([b[first], c[first]], axis=1).astype(float)
    value, (low, high) = _values(tables, fit), _interval(tables, *posterior(b, c), level)
    # The value rests on one alpha and beta, the interval on all: a value beyond it would contradict itself.
    columns = (each.tolist() for each in (value, np.minimum(low, value), np.maximum(high, value)))
    told = f"{fit.spread}; het interval rekent mee dat die spreiding uit {fit.informative} woningaanbieders komt"
    rows = zip(*columns, (b + c)[first].tolist(), strict=True)
    made = [_share(mean, lower, upper, level, n, told) for mean, lower, upper, n in rows]
    return tuple(map(made.__getitem__, which.tolist()))


def _values(tables: Numbers, fit: BetaFit) -> Numbers:
    if fit.alpha is None or fit.beta is None:
        return np.full(len(tables), fit.mean)
    return np.asarray((fit.alpha + tables[:, 0]) / (fit.alpha + fit.beta + tables.sum(axis=1)))


def _interval(tables: Numbers, mean: Numbers, size: Numbers, weight: Numbers, level: float) -> tuple[Numbers, Numbers]:
    """Limits per table: mean and variance of the beta posteriors over all places of the grid, then quantiles.

    A posterior has mean (a + b) / T and mean square (a + b)(a + b + 1) / (T (T + 1)), with a = alpha and T = alpha +
    beta + m: a polynomial in b, whose coefficients need one average over the places per different m.
    """
    b, m = tables[:, 0], tables.sum(axis=1)
    different, which = np.unique(m, return_inverse=True)
    alpha, total = mean * size, size + different[:, None]
    once, twice = 1 / total, 1 / (total * (total + 1))
    middle = (once @ (alpha * weight))[which] + b * (once @ weight)[which]
    square, linear, plain = (
        twice @ (part * weight) for part in (alpha * (alpha + 1), 2 * alpha + 1, np.ones_like(alpha))
    )
    variance = square[which] + b * linear[which] + b**2 * plain[which] - middle**2
    matched = middle * (1 - middle) / variance - 1
    sides = (special.betaincinv(middle * matched, (1 - middle) * matched, 0.5 + s * level / 2) for s in (-1, 1))
    low, high = sides
    return low, high


def posterior(b: Whole, c: Whole) -> tuple[Numbers, Numbers, Numbers]:
    """Places (mean and total alpha + beta) with their posterior weight, adding up to 1; each of shape (places,)."""
    over = margins(b, c)
    low, high = np.zeros(2), np.ones(2)
    for _ in range(PASSES):
        step = (high - low) / SIDE
        mean, root = (axis.ravel() for axis in np.meshgrid(*(low + step * (np.arange(SIDE)[:, None] + 0.5)).T))
        height = _log_likelihood(over, mean, 1 / root**2 - 1)
        kept = height > height.max() - NEGLIGIBLE
        found = np.stack([mean[kept], root[kept]])
        low, high = np.maximum(found.min(axis=1) - step, 0), np.minimum(found.max(axis=1) + step, 1)
    weight = np.exp(height[kept] - height.max())
    return mean[kept], 1 / root[kept] ** 2 - 1, weight / weight.sum()


def _log_likelihood(over: Margins, mean: Numbers, size: Numbers) -> Numbers:
    """Marginal log likelihood (less binomial coefficients) at many places at once."""
    alpha, beta, both = (
        rise(shape, *margin) for shape, margin in zip((mean * size, (1 - mean) * size, size), over, strict=True)
    )
    return np.asarray(alpha + beta - both)


def _share(value: float | None, low: float | None, high: float | None, level: float, n: int, told: str) -> Estimate:
    return Estimate("one_sided_share", "discordant", value, low, high, level, n, METHOD, told)
