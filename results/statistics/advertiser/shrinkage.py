"""Each advertiser's share of one-sided pairs, drawn towards the others: beta-binomial empirical Bayes.

Model: c10 out of m = c10 + c01 is Bin(m, theta), theta ~ Beta(alpha, beta) over advertisers. alpha and beta maximise
the marginal likelihood; the posterior of one advertiser is Beta(alpha + c10, beta + c01), its variance enlarged for not
knowing alpha and beta. Sources: Gelman et al. (2013), Bayesian Data Analysis, 5.3; Kass & Steffey (1989), JASA 84:717.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.estimands import Estimate
from results.statistics.intervals import wilson
from results.statistics.numeric import check_share

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]

OVER = "discordant"
STARTS = tuple(np.geomspace(0.02, 2000, 16).tolist())
"""Totals alpha + beta from which a climb can start, from nearly all spread to hardly any."""
MOST = 11.5
"""Bound of logit(mean) and log(alpha + beta). Beyond a total of 100,000 there is no spread to speak of, and the log
likelihood would be rounding."""
LEAST = 0.5
"""The least total alpha + beta of a widened posterior: nearly nothing is known of the share."""
LEAST_CURVED = 1e-6
FEW = 50
FLAT = 1e-7
"""A gain in log likelihood below this is rounding, not spread."""


class Spread(StrEnum):
    """What the counts say of the spread between advertisers; the value is the Dutch sentence that goes with it."""

    BETWEEN = "spreiding tussen woningaanbieders geschat (beta-binomiaal)"
    NONE = "geen spreiding tussen woningaanbieders boven toeval: ieder krijgt het gemeenschappelijke aandeel"
    EXTREME = "alle eenzijdige tests van een woningaanbieder gaan dezelfde kant op: de spreiding is niet begrensd"
    ONE_SIDED = (
        "alle eenzijdige tests van alle woningaanbieders gaan dezelfde kant op: er is geen spreiding te schatten"
    )
    UNKNOWN = "te weinig woningaanbieders met twee of meer eenzijdige tests: er is geen spreiding te schatten"


@dataclass(frozen=True)
class BetaFit:
    """Marginal maximum likelihood of Beta(alpha, beta), or in ``spread`` why there is none.

    ``alpha`` and ``beta`` are None unless ``spread`` is BETWEEN. ``mean`` is alpha / (alpha + beta), or the pooled
    share, or None without any one-sided pair. ``log_likelihood`` includes the binomial coefficients; without spread it
    is that of one share for all, without a fit None. ``informative`` counts advertisers with a one-sided pair.
    ``uncertainty`` holds the variances of log(alpha) and log(beta) and their covariance (inverse information).
    """

    alpha: float | None
    beta: float | None
    mean: float | None
    log_likelihood: float | None
    informative: int
    spread: Spread
    uncertainty: tuple[float, float, float] | None = None


def fit_beta(c10: npt.ArrayLike, c01: npt.ArrayLike) -> BetaFit:
    """Fit Beta(alpha, beta) to the one-sided pairs of J advertisers; both arguments whole counts of shape (J,)."""
    b, c = checked(c10, c01)
    some = b + c > 0
    b, c = b[some], c[some]
    boundary = _boundary(b, c)
    pooled = float(b.sum() / (b + c).sum()) if len(b) else None
    if pooled is None or boundary is not None:
        return BetaFit(None, None, pooled, None, len(b), boundary or Spread.UNKNOWN)
    return _interior(b, c, pooled)


def shares(c10: npt.ArrayLike, c01: npt.ArrayLike, fit: BetaFit, level: float = 0.95) -> tuple[Estimate, ...]:
    """The posterior mean share of every advertiser with a central credible interval.

    Posterior variance: that of Beta(alpha + c10, beta + c01) plus, to first order, what not knowing alpha and beta
    adds; the interval is that of the beta with this mean and variance. Without spread between advertisers: the common
    share with its Wilson interval. Without a fit: no number, and the convention says why.
    """
    check_share("level", level)
    b, c = checked(c10, c01)
    sizes = (b + c).tolist()
    if fit.alpha is not None and fit.beta is not None:
        return _posterior(b, c, fit, level)
    if fit.spread is Spread.NONE:
        return tuple(_common(int(b.sum()), int((b + c).sum()), n, level) for n in sizes)
    return tuple(_share(None, None, None, level, n, "empirical_bayes", str(fit.spread)) for n in sizes)


def _posterior(b: Whole, c: Whole, fit: BetaFit, level: float) -> tuple[Estimate, ...]:
    tables, which = np.unique(np.stack([b, c], axis=1), axis=0, return_inverse=True)
    mean, first, second = _widened(tables.astype(float), fit)
    low, high = (special.betaincinv(first, second, 0.5 + side * level / 2) for side in (-1, 1))
    told = f"{fit.spread} uit {fit.informative} woningaanbieders"
    told = f"{told}, bij minder dan {FEW} vaak te krap" if fit.informative < FEW else told
    columns = (each[which].tolist() for each in (mean, low, high, tables.sum(axis=1)))
    rows = zip(*columns, strict=True)
    return tuple(_share(value, lower, upper, level, n, "empirical_bayes", told) for value, lower, upper, n in rows)


def _widened(tables: Numbers, fit: BetaFit) -> tuple[Numbers, Numbers, Numbers]:
    """Posterior mean, and the beta with that mean and the enlarged variance; one row per table."""
    first, second = np.asarray(fit.alpha) + tables[:, 0], np.asarray(fit.beta) + tables[:, 1]
    total = first + second
    mean = first / total
    up, down = (1 - mean) / total * np.asarray(fit.alpha), -mean / total * np.asarray(fit.beta)
    of_alpha, of_beta, both = fit.uncertainty or (0.0, 0.0, 0.0)
    extra = up**2 * of_alpha + down**2 * of_beta + 2 * up * down * both
    matched = np.maximum(mean * (1 - mean) / (mean * (1 - mean) / (total + 1) + extra) - 1, LEAST)
    return mean, mean * matched, (1 - mean) * matched


def _common(b: int, m: int, n: int, level: float) -> Estimate:
    low, high = wilson(b, m, level)
    return _share(b / m, low, high, level, n, "pooled_wilson", f"{Spread.NONE}, uit {m} eenzijdige tests")


def checked(c10: npt.ArrayLike, c01: npt.ArrayLike) -> tuple[Whole, Whole]:
    """Two arrays of whole counts, one row per advertiser; anything else is refused."""
    b, c = np.atleast_1d(np.asarray(c10)), np.atleast_1d(np.asarray(c01))
    if b.ndim != 1 or b.shape != c.shape:
        raise BadInput(
            Problem(
                "advertisers-do-not-match",
                "Niet elke woningaanbieder heeft twee tellingen.",
                found=f"{b.shape} en {c.shape}",
                remedy="Geef voor elke woningaanbieder c10 en c01.",
            )
        )
    return whole("c10", b), whole("c01", c)


def whole(name: str, values: npt.NDArray[Any]) -> Whole:
    """The counts as integers; refuses a fraction, a negative number, nan and anything that is no number."""
    number: npt.NDArray[Any] = values if values.dtype.kind in "iuf" else np.full(values.shape, -1.0)
    if not bool(np.all((number >= 0) & (number == np.floor(number)) & np.isfinite(number))):
        raise BadInput(
            Problem(
                "count-not-whole",
                f"{name} is geen telling.",
                found=str(values.tolist()[:10]),
                remedy="Geef hele getallen van 0 of hoger.",
            )
        )
    return np.asarray(number, dtype=np.intp)


def _boundary(b: Whole, c: Whole) -> Spread | None:
    """Counts for which no finite alpha and beta can be the best, whatever the numbers; None for all others."""
    if np.count_nonzero(b + c > 1) < 2:
        return Spread.UNKNOWN
    if not b.any() or not c.any():
        return Spread.ONE_SIDED
    return None if np.minimum(b, c).any() else Spread.EXTREME


def _interior(b: Whole, c: Whole, pooled: float) -> BetaFit:
    """The best alpha and beta; when one share for all fits as well, there is no spread."""
    over = np.stack([_more_than(each, int((b + c).max())) for each in (b, c, b + c)])
    chosen = float(log_choose(b, c).sum())
    height, mean, size = max(_climb(over, start) for start in _starts(over, pooled, float((b / (b + c)).mean())))
    none = float(special.xlogy(b.sum(), pooled) + special.xlog1py(c.sum(), -pooled))
    if height <= none + FLAT:
        return BetaFit(None, None, pooled, none + chosen, len(b), Spread.NONE)
    alpha, beta = mean * size, (1 - mean) * size
    return BetaFit(alpha, beta, mean, height + chosen, len(b), Spread.BETWEEN, _uncertainty(over, alpha, beta))


def _more_than(counts: Whole, most: int) -> Numbers:
    """How many advertisers have a count above 0, above 1, ... up to above ``most`` - 1: all the likelihood needs."""
    return np.asarray(np.bincount(counts, minlength=most + 1)[::-1].cumsum()[::-1][1:], dtype=float)


def _starts(over: Numbers, pooled: float, own: float) -> list[Numbers]:
    """Where to climb from: at two means every local top over rising totals, for few advertisers make several."""
    return [place for mean in {pooled, own} for place in _tops(over, mean)]


def _tops(over: Numbers, mean: float) -> list[Numbers]:
    places = [np.array([special.logit(mean), np.log(size)]) for size in STARTS]
    costs = np.array([np.inf, *(_cost(place, over)[0] for place in places), np.inf])
    tops = (costs[1:-1] <= costs[:-2]) & (costs[1:-1] <= costs[2:])
    return [place for place, top in zip(places, tops, strict=True) if top]


def _climb(over: Numbers, start: Numbers) -> tuple[float, float, float]:
    """Marginal log likelihood (less binomial coefficients), mean and alpha + beta at the top reached from a start."""
    from scipy import optimize  # slow to load, and only a fit needs it

    found = optimize.minimize(
        _cost,
        start,
        (over,),
        method="SLSQP",
        jac=True,
        bounds=[(-MOST, MOST), (-MOST, MOST)],
        options={"ftol": 1e-14, "maxiter": 200},
    )
    logit, log_size = found.x.tolist()
    return -float(found.fun), float(special.expit(logit)), float(np.exp(log_size))


def _cost(place: Numbers, over: Numbers) -> tuple[float, Numbers]:
    """Minus the marginal log likelihood, and its slope, in logit(mean) and log(alpha + beta).

    B(alpha + b, beta + c) / B(alpha, beta) is a product of (alpha + k) for k < b and (beta + k) for k < c, divided by
    (alpha + beta + k) for k < b + c.
    """
    mean, size = special.expit(place[0]), np.exp(place[1])
    shape = np.array([mean * size, (1 - mean) * size, size])
    factors = shape[:, None] + np.arange(over.shape[1])
    height = (over * np.log(factors)).sum(axis=1)
    alpha, beta, both = (over / factors).sum(axis=1)
    turn = np.array([(alpha - beta) * mean * (1 - mean) * size, (alpha - both) * shape[0] + (beta - both) * shape[1]])
    return -float(height[0] + height[1] - height[2]), -turn


def _uncertainty(over: Numbers, alpha: float, beta: float) -> tuple[float, float, float]:
    """Inverse of the observed information in log(alpha) and log(beta); flat directions count as nearly unknown."""
    shape = np.array([alpha, beta, alpha + beta])
    bend = (over / (shape[:, None] + np.arange(over.shape[1])) ** 2).sum(axis=1)
    information = (np.diag(bend[:2]) - bend[2]) * np.outer(shape[:2], shape[:2])
    curvature, axes = np.linalg.eigh(information)
    inverse = axes @ np.diag(1 / np.maximum(curvature, LEAST_CURVED)) @ axes.T
    return float(inverse[0, 0]), float(inverse[1, 1]), float(inverse[0, 1])


def log_choose(b: Whole, c: Whole) -> Numbers:
    """Log of the number of orders in which b and c one-sided pairs can come."""
    return np.asarray(-special.betaln(b + 1.0, c + 1.0) - np.log(b + c + 1.0))


def _share(
    value: float | None, low: float | None, high: float | None, level: float, n: int, method: str, convention: str
) -> Estimate:
    return Estimate("one_sided_share", OVER, value, low, high, level, n, method, convention)
