"""How the shares of one-sided pairs spread over advertisers: the beta-binomial fit.

Model: c10 out of m = c10 + c01 is Bin(m, theta), theta ~ Beta(alpha, beta) over advertisers; alpha and beta maximise
the marginal likelihood. Source: Gelman et al. (2013), Bayesian Data Analysis, section 5.3. What follows for one
advertiser is in ``shrinkage.py``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
Margins = tuple[tuple[Numbers, Numbers], ...]

STARTS = tuple(np.geomspace(0.02, 2000, 16).tolist())
"""Totals alpha + beta from which a climb can start, from nearly all spread to hardly any."""
MOST = 11.5
"""Bound of logit(mean) and log(alpha + beta). Beyond a total of 100,000 there is no spread to speak of, and the log
likelihood would be rounding."""
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
    """

    alpha: float | None
    beta: float | None
    mean: float | None
    log_likelihood: float | None
    informative: int
    spread: Spread


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
    over = margins(b, c)
    chosen = float(log_choose(b, c).sum())
    height, mean, size = max(_climb(over, start) for start in _starts(over, pooled, float((b / (b + c)).mean())))
    none = float(special.xlogy(b.sum(), pooled) + special.xlog1py(c.sum(), -pooled))
    if height <= none + FLAT:
        return BetaFit(None, None, pooled, none + chosen, len(b), Spread.NONE)
    alpha, beta = mean * size, (1 - mean) * size
    return BetaFit(alpha, beta, mean, height + chosen, len(b), Spread.BETWEEN)


def margins(b: Whole, c: Whole) -> Margins:
    """The different values of c10, of c01 and of m, with how many advertisers have it: all the likelihood needs."""
    counted = (np.unique(each, return_counts=True) for each in (b, c, b + c))
    return tuple((values.astype(float), times.astype(float)) for values, times in counted)


def _starts(over: Margins, pooled: float, own: float) -> list[Numbers]:
    """Where to climb from: at two means every local top over rising totals, for few advertisers make several."""
    return [place for mean in {pooled, own} for place in _tops(over, mean)]


def _tops(over: Margins, mean: float) -> list[Numbers]:
    places = [np.array([special.logit(mean), np.log(size)]) for size in STARTS]
    costs = np.array([np.inf, *(_cost(place, over)[0] for place in places), np.inf])
    tops = (costs[1:-1] <= costs[:-2]) & (costs[1:-1] <= costs[2:])
    return [place for place, top in zip(places, tops, strict=True) if top]


def _climb(over: Margins, start: Numbers) -> tuple[float, float, float]:
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
    if not found.success:
        raise BadInput(
            Problem(
                "no-fit",
                "De spreiding tussen woningaanbieders kon niet worden berekend.",
                found=str(found.message),
                remedy="Meld dit met de tellingen per woningaanbieder.",
            )
        )
    logit, log_size = found.x.tolist()
    return -float(found.fun), float(special.expit(logit)), float(np.exp(log_size))


def _cost(place: Numbers, over: Margins) -> tuple[float, Numbers]:
    """Minus the marginal log likelihood, and its slope, in logit(mean) and log(alpha + beta).

    The likelihood falls apart into c10, c01 and m: B(alpha + b, beta + c) / B(alpha, beta) holds Gamma(alpha + b) /
    Gamma(alpha), the same of beta and c, and the inverse of that of alpha + beta and m.
    """
    mean, size = special.expit(place[0]), np.exp(place[1])
    shape = (mean * size, (1 - mean) * size, size)
    heights = [rise(x, *margin) for x, margin in zip(shape, over, strict=True)]
    slopes = [times @ (special.digamma(x + v) - special.digamma(x)) for x, (v, times) in zip(shape, over, strict=True)]
    alpha, beta, both = slopes
    turn = np.array([(alpha - beta) * mean * (1 - mean) * size, (alpha - both) * shape[0] + (beta - both) * shape[1]])
    return float(heights[2] - heights[0] - heights[1]), -turn


def rise(shape: npt.ArrayLike, values: Numbers, times: Numbers) -> Numbers:
    """Sum over advertisers of log(Gamma(shape + value) / Gamma(shape)), for one shape or a whole array of them."""
    start = np.asarray(shape, dtype=float)[..., None]
    return np.asarray((special.gammaln(start + values) - special.gammaln(start)) @ times)


def log_choose(b: Whole, c: Whole) -> Numbers:
    """Log of the number of orders in which b and c one-sided pairs can come."""
    return np.asarray(-special.betaln(b + 1.0, c + 1.0) - np.log(b + c + 1.0))
