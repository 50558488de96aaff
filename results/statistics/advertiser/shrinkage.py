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
    tables, times = _distinct(b, c)
    informative, total = int(times.sum()), int((b + c).sum())
    pooled = float(b.sum() / total) if total else None
    boundary = _boundary(tables, times)
    if pooled is None or boundary is not None:
        return BetaFit(None, None, pooled, None, informative, boundary or Spread.UNKNOWN)
    return _interior(tables, times, pooled, informative)


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


def _distinct(b: Whole, c: Whole) -> tuple[Numbers, Numbers]:
    """The different tables with at least one one-sided pair, shape (K, 2), and how many advertisers have each."""
    seen = np.stack([b, c], axis=1)[b + c > 0]
    tables, times = np.unique(seen, axis=0, return_counts=True)
    return tables.astype(float), times.astype(float)


def _boundary(tables: Numbers, times: Numbers) -> Spread | None:
    """Counts for which no finite alpha and beta can be the best, whatever the numbers; None for all others."""
    if times[tables.sum(axis=1) > 1].sum() < 2:
        return Spread.UNKNOWN
    if bool((tables[:, 0] == 0).all() or (tables[:, 1] == 0).all()):
        return Spread.ONE_SIDED
    return Spread.EXTREME if bool((tables.min(axis=1) == 0).all()) else None


def _interior(tables: Numbers, times: Numbers, pooled: float, informative: int) -> BetaFit:
    """The best alpha and beta; when one share for all fits as well, there is no spread."""
    chosen = float(times @ log_choose(tables))
    height, mean, size = max(_climb(tables, times, start) for start in _starts(tables, times, pooled))
    none = _one_share(tables, times, pooled)
    if height <= none + FLAT:
        return BetaFit(None, None, pooled, none + chosen, informative, Spread.NONE)
    alpha, beta = mean * size, (1 - mean) * size
    known = _uncertainty(tables, times, alpha, beta)
    return BetaFit(alpha, beta, mean, height + chosen, informative, Spread.BETWEEN, known)


def _starts(tables: Numbers, times: Numbers, pooled: float) -> list[Numbers]:
    """Where to climb from: at two means every local top over rising totals, for few advertisers make several."""
    own = float(times @ (tables[:, 0] / tables.sum(axis=1)) / times.sum())
    return [place for mean in (pooled, own) for place in _tops(tables, times, mean)]


def _tops(tables: Numbers, times: Numbers, mean: float) -> list[Numbers]:
    places = [np.array([special.logit(mean), np.log(size)]) for size in STARTS]
    costs = np.array([np.inf, *(_cost(place, tables, times)[0] for place in places), np.inf])
    tops = (costs[1:-1] <= costs[:-2]) & (costs[1:-1] <= costs[2:])
    return [place for place, top in zip(places, tops, strict=True) if top]


def _climb(tables: Numbers, times: Numbers, start: Numbers) -> tuple[float, float, float]:
    """Marginal log likelihood (less binomial coefficients), mean and alpha + beta at the top reached from a start."""
    from scipy import optimize  # slow to load, and only a fit needs it

    found = optimize.minimize(
        _cost,
        start,
        (tables, times),
        method="L-BFGS-B",
        jac=True,
        bounds=[(-MOST, MOST), (-MOST, MOST)],
        options={"ftol": 1e-14, "gtol": 1e-8, "maxiter": 200},
    )
    logit, log_size = found.x.tolist()
    return -float(found.fun), float(special.expit(logit)), float(np.exp(log_size))


def _cost(place: Numbers, tables: Numbers, times: Numbers) -> tuple[float, Numbers]:
    """Minus the marginal log likelihood, and its slope, in logit(mean) and log(alpha + beta)."""
    mean, size = special.expit(place[0]), np.exp(place[1])
    prior = np.array([mean * size, (1 - mean) * size])
    after = tables + prior
    likelihood = special.betaln(after[:, 0], after[:, 1]) - special.betaln(*prior)
    both = special.digamma(after.sum(axis=1)) - special.digamma(size)
    slope = times @ (special.digamma(after) - special.digamma(prior) - both[:, None])
    turn = np.array([(slope[0] - slope[1]) * mean * (1 - mean) * size, slope @ prior])
    return -float(times @ likelihood), -turn


def _uncertainty(tables: Numbers, times: Numbers, alpha: float, beta: float) -> tuple[float, float, float]:
    """Inverse of the observed information in log(alpha) and log(beta); flat directions count as nearly unknown."""
    prior = np.array([alpha, beta])
    after = tables + prior
    bend = times @ (special.polygamma(1, after) - special.polygamma(1, prior))
    both = float(times @ special.polygamma(1, after.sum(axis=1)) - times.sum() * special.polygamma(1, prior.sum()))
    information = -(np.diag(bend) - both) * np.outer(prior, prior)
    curvature, axes = np.linalg.eigh(information)
    inverse = axes @ np.diag(1 / np.maximum(curvature, LEAST_CURVED)) @ axes.T
    return float(inverse[0, 0]), float(inverse[1, 1]), float(inverse[0, 1])


def _one_share(tables: Numbers, times: Numbers, share: float) -> float:
    """The log likelihood (without binomial coefficients) when every advertiser has the same share."""
    return float(times @ special.xlogy(tables, [share, 1 - share]).sum(axis=1))


def log_choose(tables: Numbers) -> Numbers:
    """Log of m over c10 for rows (c10, c01)."""
    first, second = tables.T + 1
    return np.asarray(-special.betaln(first, second) - np.log(first + second - 1))


def _share(
    value: float | None, low: float | None, high: float | None, level: float, n: int, method: str, convention: str
) -> Estimate:
    return Estimate("one_sided_share", OVER, value, low, high, level, n, method, convention)
