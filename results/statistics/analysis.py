"""One table in, every number out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.statistics import estimands, intervals, ratios
from results.statistics.clustering import check_pairs, clustered, repeated
from results.statistics.counts import Counts
from results.statistics.estimands import Estimand, Estimate
from results.statistics.intervals import Interval, wilson
from results.statistics.mcnemar import TestResult, mcnemar
from results.statistics.numeric import check_share
from results.statistics.ratios import IntervalMethod


@dataclass(frozen=True)
class Analysis:
    """Counts with everything computed from them; the first estimate of a name and denominator is the default one."""

    counts: Counts
    estimates: tuple[Estimate, ...]
    tests: tuple[TestResult, ...]

    def estimate(self, name: str, over: str = "all", method: str | None = None) -> Estimate:
        """The estimate asked for, by the default method unless one is named. KeyError when it was not made."""
        for estimate in self.estimates:
            if (estimate.name, estimate.over) == (name, over) and method in (None, estimate.method):
                return estimate
        raise KeyError((name, over, method))

    def test(self, name: str) -> TestResult:
        """The test asked for. KeyError when there is none of that name."""
        for test in self.tests:
            if test.name == name:
                return test
        raise KeyError(name)


def _net_usable(method: IntervalMethod) -> IntervalMethod:
    def interval(counts: Counts, level: float) -> Interval:
        return method(counts.without_neither(), level) if counts.answered else intervals.NO_INTERVAL

    return interval


def _wilson(estimand: Estimand) -> IntervalMethod:
    def interval(counts: Counts, level: float) -> Interval:
        n = estimand.n(counts)
        return wilson(estimand.numerator(counts), n, level) if n else intervals.NO_INTERVAL

    return interval


_NET: dict[str, IntervalMethod] = {
    "tango": intervals.tango,
    "newcombe10": intervals.newcombe10,
    "bonett_price": intervals.bonett_price,
    "agresti_min": intervals.agresti_min,
    "wald": intervals.wald,
}
_SHARES = (
    estimands.GROSS_ALL,
    estimands.GROSS_USABLE,
    estimands.GROSS_FAVOURABLE,
    estimands.RATE_CONTROL,
    estimands.RATE_TREATMENT,
)
_DEFAULT: tuple[tuple[Estimand, dict[str, IntervalMethod]], ...] = (
    (estimands.NET_ALL, _NET),
    (estimands.NET_USABLE, {"tango": _net_usable(intervals.tango)}),
    (estimands.NET_RELATIVE, {"bonett_price": ratios.relative_bonett_price}),
    *((estimand, {"wilson": _wilson(estimand)}) for estimand in _SHARES),
    (estimands.ODDS_RATIO, {"midp": ratios.odds_midp}),
    (estimands.RATE_RATIO, {"bonett_price": ratios.ratio_bonett_price}),
)
_FURTHER: tuple[tuple[Estimand, dict[str, IntervalMethod]], ...] = (
    (estimands.NET_ALL, {"wald_cc": intervals.wald_cc}),
    (estimands.NET_USABLE, {name: _net_usable(method) for name, method in _NET.items() if name != "tango"}),
    (estimands.ODDS_RATIO, {"clopper_pearson": ratios.odds_clopper_pearson, "wilson": ratios.odds_wilson}),
    (
        estimands.RATE_RATIO,
        {"tang": ratios.ratio_tang, "mover_wilson": ratios.ratio_mover_wilson, "wald": ratios.ratio_wald},
    ),
)


def analyse(
    counts: Counts,
    *,
    level: float = 0.95,
    differences: npt.ArrayLike | None = None,
    clusters: Sequence[str] | None = None,
    all_methods: bool = False,
) -> Analysis:
    """Estimates with intervals, and McNemar's tests, from one table.

    ``differences`` (per pair control minus treatment: 1, 0, -1) and ``clusters`` (its advertiser) add the interval
    clustered by advertiser, directly behind Tango's, as soon as an advertiser has more than one pair and there are two
    advertisers. ``all_methods`` adds the interval methods that nothing shows by default. Raises BadInput for a table
    without pairs, a level outside (0, 1), or pairs that do not add up to the counts.
    """
    check_share("level", level)
    if not counts.n:
        raise BadInput(Problem("no-pairs", "Er is geen enkele geslaagde test, dus er valt niets te berekenen."))
    plan = _DEFAULT + _FURTHER if all_methods else _DEFAULT
    found = [
        _estimate(estimand, name, method, counts, level)
        for estimand, methods in plan
        for name, method in methods.items()
    ]
    found[1:1] = _clustered(counts, differences, clusters, level)
    return Analysis(counts, tuple(found), mcnemar(counts))


def _clustered(
    counts: Counts, differences: npt.ArrayLike | None, clusters: Sequence[str] | None, level: float
) -> Iterator[Estimate]:
    if differences is None and clusters is None:
        return
    check_pairs(counts, [] if differences is None else differences, clusters or ())
    if clusters and repeated(clusters):
        yield clustered([] if differences is None else differences, clusters, level)


def _estimate(estimand: Estimand, name: str, method: IntervalMethod, counts: Counts, level: float) -> Estimate:
    value = estimand.value(counts)
    low, high = method(counts, level)
    convention = "; ".join((estimand.convention, *_gaps(estimand, value, low, high)))
    return Estimate(estimand.name, estimand.over, value, low, high, level, estimand.n(counts), name, convention)


def _gaps(estimand: Estimand, value: float | None, low: float | None, high: float | None) -> Iterator[str]:
    """Why a number is missing, in Dutch."""
    if value is None:
        yield f"niet te berekenen: {estimand.missing}"
    if low is None and high is None:
        if value is not None:
            yield "geen interval: geen spreiding tussen de tests"
    elif high is None:
        yield "wel een ondergrens, geen bovengrens"
    elif low is None:
        yield "wel een bovengrens, geen ondergrens"
