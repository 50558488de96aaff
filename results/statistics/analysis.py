"""One table of pairs in, every number out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.statistics import clustering, estimands, intervals, ratios
from results.statistics.cells import checked
from results.statistics.counts import Counts
from results.statistics.estimands import Estimand, Estimate
from results.statistics.findings import Findings, Gathered
from results.statistics.further import clustered_methods, models, ordered, stratified
from results.statistics.intervals import Interval
from results.statistics.mcnemar import mcnemar
from results.statistics.numeric import check_share
from results.statistics.randomisation import sign_flip_clustered
from results.statistics.ratios import IntervalMethod

SEED = 1


@dataclass(frozen=True, kw_only=True)
class Analysis(Findings):
    """Counts with everything computed from them."""

    counts: Counts


def _net_usable(method: IntervalMethod) -> IntervalMethod:
    def interval(counts: Counts, level: float) -> Interval:
        return method(counts.without_neither(), level) if counts.answered else intervals.NO_INTERVAL

    return interval


def _wilson(estimand: Estimand) -> IntervalMethod:
    return lambda counts, level: intervals.share_wilson(estimand, counts, level)


def _exact(estimand: Estimand) -> IntervalMethod:
    return lambda counts, level: intervals.share_clopper_pearson(estimand, counts, level)


_Plan = tuple[tuple[Estimand, Mapping[str, IntervalMethod]], ...]
_NET: dict[str, IntervalMethod] = {
    "tango": intervals.tango,
    "newcombe10": intervals.newcombe10,
    "bonett_price": intervals.bonett_price,
    "agresti_min": intervals.agresti_min,
    "wald": intervals.wald,
}
_MORE_NET: dict[str, IntervalMethod] = {"newcombe8": intervals.newcombe8, "wald_cc": intervals.wald_cc}
_SHARES = (
    estimands.GROSS_ALL,
    estimands.GROSS_USABLE,
    estimands.GROSS_FAVOURABLE,
    estimands.RATE_CONTROL,
    estimands.RATE_TREATMENT,
)
_DEFAULT: _Plan = (
    (estimands.NET_ALL, _NET),
    (estimands.NET_USABLE, {"tango": _net_usable(intervals.tango)}),
    (estimands.NET_RELATIVE, {"bonett_price": ratios.relative_bonett_price}),
    *((estimand, {"wilson": _wilson(estimand)}) for estimand in _SHARES),
    (estimands.ODDS_RATIO, {"midp": ratios.odds_midp}),
    (estimands.RATE_RATIO, {"bonett_price": ratios.ratio_bonett_price}),
)
_FURTHER: _Plan = (
    (estimands.NET_ALL, _MORE_NET),
    (
        estimands.NET_USABLE,
        {name: _net_usable(method) for name, method in (_NET | _MORE_NET).items() if name != "tango"},
    ),
    *((estimand, {"wilson": _wilson(estimand)}) for estimand in estimands.SHARES if estimand not in _SHARES),
    *((estimand, {"clopper_pearson": _exact(estimand)}) for estimand in estimands.SHARES),
    (
        estimands.ODDS_RATIO,
        {
            "clopper_pearson": ratios.odds_clopper_pearson,
            "wilson": ratios.odds_wilson,
            "wald": ratios.odds_wald,
        },
    ),
    (
        estimands.RATE_RATIO,
        {"tang": ratios.ratio_tang, "mover_wilson": ratios.ratio_mover_wilson, "wald": ratios.ratio_wald},
    ),
)


def analyse(
    counts: Counts,
    *,
    level: float = 0.95,
    advertisers: npt.ArrayLike | None = None,
    strata: Mapping[str, Counts] | None = None,
    orders: tuple[Counts, Counts] | None = None,
    all_methods: bool = False,
    seed: int = SEED,
) -> Analysis:
    """Estimates with intervals, and tests, from one table and how it splits up.

    ``advertisers``: counts per advertiser, shape (G, 4), c11 c10 c01 c00. As soon as one of them has more than one pair
    and there are two, the clustered interval (CR2 below 30 advertisers, CR1 from there) stands directly behind Tango's,
    with its t test and the randomisation test per advertiser. ``strata``: counts by name. ``orders``: counts where the
    control arm wrote first, and where the treatment arm did. ``all_methods`` adds every further interval and test;
    ``seed`` is for the bootstrap among them. What the data do not allow is in ``absent``. Raises BadInput for a table
    without pairs, a level outside (0, 1), or a split that does not add up to the counts.
    """
    check_share("level", level)
    if not counts.n:
        raise BadInput(Problem("no-pairs", "Er is geen enkele geslaagde test, dus er valt niets te berekenen."))
    found = Gathered()
    found.add(*_planned(_DEFAULT, counts, level), *mcnemar(counts))
    if advertisers is not None:
        _clustered(found, counts, advertisers, level, all_methods, seed)
    if all_methods:
        found.add(*further_intervals(counts, level))
        models(found, counts, level)
    if strata:
        _adds_up(counts, [_row(each) for each in strata.values()])
        stratified(found, strata, level)
    if orders:
        _adds_up(counts, [_row(each) for each in orders])
        ordered(found, orders, level)
    return Analysis(
        counts=counts,
        estimates=tuple(found.estimates),
        tests=tuple(found.tests),
        groups=tuple(found.groups),
        absent=tuple(found.absent),
    )


def further_intervals(counts: Counts, level: float) -> tuple[Estimate, ...]:
    """The intervals that nothing shows by default."""
    return tuple(_planned(_FURTHER, counts, level))


def _clustered(
    found: Gathered, counts: Counts, advertisers: npt.ArrayLike, level: float, all_methods: bool, seed: int
) -> None:
    table = _adds_up(counts, advertisers)
    if not clustering.has_repeats(table):
        return
    found.estimates.insert(1, clustering.best(table, level))
    found.attempt(
        cluster_test=lambda: clustering.best_test(table), sign_flip_clustered=lambda: sign_flip_clustered(table)
    )
    if all_methods:
        clustered_methods(found, table, level, seed)


def _adds_up(counts: Counts, table: npt.ArrayLike) -> npt.NDArray[Any]:
    """The table (K, 4), refused when its rows do not add up to the counts."""
    rows = checked(table)
    total = rows.sum(axis=0).tolist()
    if total != _row(counts):
        raise BadInput(
            Problem(
                "pairs-do-not-match",
                "De tellingen per groep horen niet bij de tellingen samen.",
                found=f"{total} in plaats van {_row(counts)} (c11, c10, c01, c00)",
                remedy="Geef elke geslaagde test precies één groep.",
            )
        )
    return rows


def _row(counts: Counts) -> list[int]:
    return [counts.c11, counts.c10, counts.c01, counts.c00]


def _planned(plan: _Plan, counts: Counts, level: float) -> Iterator[Estimate]:
    for estimand, methods in plan:
        for name, method in methods.items():
            yield _estimate(estimand, name, method, counts, level)


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
