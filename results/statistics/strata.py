"""Several strata: one figure over all of them, and whether they differ.

A table has one row per stratum, c11 c10 c01 c00. Three scales answer "do the strata differ?" and may disagree, because
a stratum with more answers has a larger difference at the same odds ratio: the design names the scale beforehand.
"""

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics import cells, estimands, ratios
from results.statistics.cells import C00, C01, C10, Table
from results.statistics.counts import Counts
from results.statistics.estimands import Estimate
from results.statistics.intervals import Interval, tango
from results.statistics.mcnemar import TestResult
from results.statistics.numeric import check_share

SCALES = (
    "de toetsen op de odds ratio, het verschil over alle tests en het verschil over beantwoorde tests kunnen elkaar "
    "tegenspreken; het onderzoeksplan kiest vooraf"
)
SMALL = "verwachte aantallen onder 5: de chi-kwadraattoets is onbetrouwbaar"
Floats = npt.NDArray[np.float64]


def strata_of(table: npt.ArrayLike) -> Table:
    """The table, shape (K, 4). Raises BadInput ``empty-stratum`` for a row without pairs."""
    counts = cells.checked(table)
    empty = np.flatnonzero(cells.sizes(counts) == 0)
    if len(empty):
        raise BadInput(
            Problem(
                "empty-stratum",
                "Een stratum heeft geen enkele geslaagde test.",
                found=f"rij {empty[0] + 1}",
                remedy="Voeg het stratum bij een ander, of laat het weg.",
            )
        )
    return counts


def stratified_net(table: npt.ArrayLike, level: float = 0.95, weights: npt.ArrayLike | None = None) -> Estimate:
    """Net discrimination averaged over strata (K, 4), by stratum size unless ``weights`` (K,) says otherwise.

    Variance: sum of w_k^2 s_k^2 / n_k, w summing to 1, s_k^2 the sample variance of the pair differences within the
    stratum; t quantile with Welch-Satterthwaite degrees of freedom. No interval when a stratum has one pair or when
    there is no spread. Raises BadInput ``empty-stratum`` and ``weights-not-usable``.
    """
    check_share("level", level)
    counts = strata_of(table)
    n, share = cells.sizes(counts), _weights(counts, weights)
    value = float(share @ (cells.net(counts) / n))
    own = "gewogen naar stratumgrootte" if weights is None else "gewogen met gekozen gewichten"
    text = f"{estimands.ALL}; {len(counts)} strata, {own}"
    low, high, why = _welch(counts[share > 0], share[share > 0], value, level)
    return Estimate(
        "net_discrimination", "all", value, low, high, level, int(n.sum()), "stratified", "; ".join((text, *why))
    )


def _weights(counts: Table, weights: npt.ArrayLike | None) -> Floats:
    chosen = np.asarray(cells.sizes(counts) if weights is None else weights, dtype=float)
    usable = chosen.shape == (len(counts),) and bool(np.all(np.isfinite(chosen) & (chosen >= 0)))
    if not usable or not chosen.sum() > 0:
        raise BadInput(
            Problem(
                "weights-not-usable",
                "Deze gewichten passen niet bij de strata.",
                found=str(chosen.tolist())[:100],
                remedy=f"Geef {len(counts)} gewichten van 0 of hoger, waarvan minstens één groter dan 0.",
            )
        )
    return np.asarray(chosen / chosen.sum())


def _welch(counts: Table, share: Floats, value: float, level: float) -> tuple[float | None, float | None, list[str]]:
    n = cells.sizes(counts)
    if n.min() == 1:
        return None, None, ["geen interval: een stratum met één test heeft geen spreiding"]
    parts = share**2 * _variance(counts, n) / (n - 1)
    variance = float(parts.sum())
    if not variance > 0:
        return None, None, ["geen interval: geen spreiding tussen de tests"]
    free = variance**2 / float(np.sum(parts**2 / (n - 1)))
    half = float(special.stdtrit(free, 0.5 + level / 2)) * sqrt(variance)
    return max(value - half, -1.0), min(value + half, 1.0), []


def _variance(counts: Table, n: npt.NDArray[np.int64]) -> Floats:
    """Mean square of the pair differences minus the square of their mean, exact zero without any spread."""
    return np.asarray((cells.discordant(counts) * n - cells.net(counts) ** 2) / n.astype(float) ** 2)


def common_odds(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """The odds ratio common to all strata: sum c10 / sum c01, Mantel-Haenszel with pairs as the matched sets.

    Its mid-p interval is that of one table, because given the discordant pairs their sum is binomial as well.
    """
    total = Counts(*(int(count) for count in strata_of(table).sum(axis=0)))
    value = estimands.ODDS_RATIO.value(total)
    low, high = ratios.odds_midp(total, level)
    text = f"{estimands.ODDS_RATIO.convention}; gelijk verondersteld in alle strata"
    if value is None:
        text = f"{text}; niet te berekenen: {estimands.ODDS_RATIO.missing}"
    return Estimate(
        "common_odds_ratio", "discordant", value, low, high, level, total.discordant, "mantel_haenszel_midp", text
    )


def odds_homogeneity(table: npt.ArrayLike) -> TestResult:
    """Chi-square on c10 and c01 of the strata: is the odds ratio the same everywhere?

    Strata without discordant pairs say nothing and are left out. Raises BadInput ``too-few-strata`` when fewer than two
    are left, and ``one-sided-pairs`` when all discordant pairs point the same way.
    """
    informative = _informative(strata_of(table))
    expected = np.outer(informative.sum(axis=1), informative.sum(axis=0)) / informative.sum()
    statistic = float(np.sum((informative - expected) ** 2 / expected))
    note = f"{SMALL}; {SCALES}" if expected.min() < 5 else SCALES
    return _chi_square("homogeneity_odds_ratio", statistic, len(informative), note)


def odds_homogeneity_exact(table: npt.ArrayLike) -> TestResult:
    """Fisher's exact test of the same question for two strata with discordant pairs; the statistic is the ratio."""
    from scipy.stats import fisher_exact  # slow to import, and needed only here

    informative = _informative(strata_of(table))
    if len(informative) != 2:
        raise BadInput(
            Problem(
                "not-two-strata",
                "De exacte toets vergelijkt precies twee strata.",
                found=str(len(informative)),
                remedy="Vergelijk de strata twee aan twee, of gebruik de chi-kwadraattoets.",
            )
        )
    (b1, c1), (b2, c2) = informative.tolist()
    ratio = b1 * c2 / (c1 * b2) if c1 * b2 else None
    return TestResult("homogeneity_odds_ratio_exact", float(fisher_exact(informative).pvalue), ratio, SCALES)


def _informative(counts: Table) -> Table:
    some = counts[cells.discordant(counts) > 0][:, [C10, C01]]
    if len(some) < 2:
        raise BadInput(
            Problem(
                "too-few-strata",
                "Minder dan twee strata hebben een test met een verschil, dus de strata zijn niet te vergelijken.",
                found=str(len(some)),
                remedy="Voeg strata samen of wacht op meer tests.",
            )
        )
    if not some.sum(axis=0).all():
        raise BadInput(
            Problem(
                "one-sided-pairs",
                "Alle tests met een verschil wijzen dezelfde kant op, dus een odds ratio per stratum bestaat niet.",
                found=f"{some[:, 0].sum()} en {some[:, 1].sum()}",
                remedy="Vergelijk de strata op het verschil over alle tests.",
            )
        )
    return some


def net_homogeneity(table: npt.ArrayLike, over: str = "all") -> TestResult:
    """Is the net difference the same in every stratum (K, 4)? Cochran's Q with Wald variances, K - 1 df.

    ``over`` is "all" (every usable pair) or "usable" (pairs with at least one positive answer). Raises BadInput
    ``empty-stratum``, ``too-few-strata`` and, where a stratum has no spread to weigh it by, ``no-spread``.
    """
    counts, n = _denominated(strata_of(table), over)
    if len(counts) < 2:
        raise BadInput(Problem("too-few-strata", "Eén stratum valt niet te vergelijken.", remedy="Geef twee strata."))
    variance = _variance(counts, n) / n
    if variance.min() <= 0:
        raise BadInput(
            Problem(
                "no-spread",
                "In een stratum hebben alle tests dezelfde uitkomst, dus het heeft geen standaardfout.",
                found=f"rij {int(np.argmin(variance)) + 1}",
                remedy="Voeg het stratum bij een ander.",
            )
        )
    value = cells.net(counts) / n
    middle = np.sum(value / variance) / np.sum(1 / variance)
    statistic = float(np.sum((value - middle) ** 2 / variance))
    return _chi_square(f"homogeneity_net_{over}", statistic, len(counts), SCALES)


def _denominated(counts: Table, over: str) -> tuple[Table, Table]:
    if over not in ("all", "usable"):
        raise BadInput(
            Problem("unknown-denominator", "Deze noemer bestaat niet.", found=over, remedy='Kies "all" of "usable".')
        )
    if over == "usable":
        counts = counts.copy()
        counts[:, C00] = 0
        counts = strata_of(counts)
    return counts, cells.sizes(counts)


def _chi_square(name: str, statistic: float, strata: int, note: str) -> TestResult:
    return TestResult(name, float(special.chdtrc(strata - 1, statistic)), statistic, f"{strata} strata; {note}")


def net_contrast(first: Counts, second: Counts, level: float = 0.95, over: str = "all") -> tuple[Estimate, TestResult]:
    """How much more net discrimination in ``first`` than in ``second``, two strata without a common pair.

    The interval joins the two Tango intervals (MOVER, Zou & Donner 2008); the test is Wald's z, squared as statistic.
    Raises BadInput as ``net_homogeneity``.
    """
    test = net_homogeneity([[t.c11, t.c10, t.c01, t.c00] for t in (first, second)], over)
    two = tuple(counts.without_neither() if over == "usable" else counts for counts in (first, second))
    values = [(counts.c10 - counts.c01) / counts.n for counts in two]
    low, high = mover(values[0], tango(two[0], level), values[1], tango(two[1], level))
    text = f"verschil tussen twee strata; {estimands.ANSWERED if over == 'usable' else estimands.ALL}"
    n = two[0].n + two[1].n
    return Estimate("net_contrast", over, values[0] - values[1], low, high, level, n, "mover_tango", text), test


def mover(first: float, interval1: Interval, second: float, interval2: Interval) -> tuple[float, float]:
    """Limits for the difference of two independent figures from the limits of each (Zou & Donner 2008)."""
    (low1, high1), (low2, high2) = _finite(interval1), _finite(interval2)
    down, up = sqrt((first - low1) ** 2 + (high2 - second) ** 2), sqrt((high1 - first) ** 2 + (second - low2) ** 2)
    return first - second - down, first - second + up


def _finite(interval: Interval) -> tuple[float, float]:
    low, high = interval
    if low is None or high is None:
        raise BadInput(Problem("no-interval", "Van een van de twee cijfers bestaat geen interval."))
    return low, high
