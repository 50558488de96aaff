"""What `analyse` adds to the plain numbers of a table: clustering, models, strata and order."""

from collections.abc import Mapping
from dataclasses import replace
from math import exp

import numpy as np

from results.statistics import clustering, estimands
from results.statistics.cells import Table
from results.statistics.counts import Counts
from results.statistics.estimands import Estimate
from results.statistics.findings import Found, Gathered, Group
from results.statistics.intervals import tango_bounds
from results.statistics.mcnemar import NO_DISCORDANT, TestResult, midp_p
from results.statistics.multiplicity import benjamini_hochberg, holm
from results.statistics.order import gart, net_by_order
from results.statistics.randomisation import sign_flip
from results.statistics.regression import Fit, clogit_counts, linear_counts
from results.statistics.strata import (
    common_odds,
    net_homogeneity,
    odds_homogeneity,
    odds_homogeneity_exact,
    stratified_net,
)

WEIGHTS = 5_000_000
"""Random weights of one bootstrap: 9999 draws up to 500 advertisers, fewer with more of them."""
FEWEST_DRAWS = 999


def clustered_methods(found: Gathered, table: Table, level: float, seed: int) -> None:
    """CR1 or CR2, whichever is not the default, and the wild bootstrap with its test."""
    made = {estimate.method for estimate in found.estimates}
    for name, method in (("cluster_cr1", clustering.cr1), ("cluster_cr2", clustering.cr2)):
        if name not in made:
            found.add(method(table, level))
    draws = max(FEWEST_DRAWS, min(9999, WEIGHTS // len(table)))
    found.add(clustering.wild(table, np.random.default_rng(seed), level, draws))
    found.attempt(cluster_wild=lambda: clustering.wild_test(table, np.random.default_rng(seed), draws=draws))


def models(found: Gathered, counts: Counts, level: float) -> None:
    """Randomisation test per pair, conditional logit, and the linear model with an effect per pair."""
    found.add(sign_flip(counts))
    found.attempt(
        conditional_logit=lambda: _logit(clogit_counts(counts, level)),
        pair_fixed_effects=lambda: _linear(linear_counts(counts, level)),
    )


def _logit(fit: Fit) -> tuple[Found, ...]:
    beta = fit.coefficient()
    of = estimands.ODDS_RATIO
    limits = exp(beta.value), exp(beta.low), exp(beta.high)
    return (
        Estimate(of.name, of.over, *limits, fit.level, fit.used, fit.model, of.convention),
        TestResult(fit.model, beta.p, beta.statistic, "z-toets van de coëfficiënt"),
    )


def _linear(fit: Fit) -> tuple[Found, ...]:
    beta = fit.coefficient()
    of = estimands.NET_ALL
    return (
        Estimate(
            of.name,
            of.over,
            beta.value,
            max(beta.low, -1.0),
            min(beta.high, 1.0),
            fit.level,
            fit.n,
            fit.model,
            of.convention,
        ),
        TestResult(fit.model, beta.p, beta.statistic, f"{fit.convention}, {fit.df:.0f} vrijheidsgraden"),
    )


def stratified(found: Gathered, strata: Mapping[str, Counts], level: float, adjust: str = "bh") -> None:
    """Figures over all strata, whether they differ, and each of them with p adjusted for their number (``adjust``)."""
    table = np.array([[each.c11, each.c10, each.c01, each.c00] for each in strata.values()])
    found.attempt(
        stratified=lambda: stratified_net(table, level),
        common_odds_ratio=lambda: common_odds(table, level),
        homogeneity_odds_ratio=lambda: odds_homogeneity(table),
        homogeneity_net_all=lambda: net_homogeneity(table, "all"),
        homogeneity_net_usable=lambda: net_homogeneity(table, "usable"),
    )
    if len(strata) == 2:
        found.attempt(homogeneity_odds_ratio_exact=lambda: odds_homogeneity_exact(table))
    found.add(*nets("stratum", strata, level, adjust))


def nets(kind: str, tables: Mapping[str, Counts], level: float, adjust: str) -> tuple[Group, ...]:
    """Per group the net difference (Tango) and mid-p, also adjusted for the number of groups: "holm" or "bh"."""
    cells = np.array([[each.c11, each.c10, each.c01, each.c00] for each in tables.values()])
    n, b, c = cells.sum(axis=1), cells[:, 1], cells[:, 2]
    low, high = tango_bounds(n, b, c, level)
    p = np.where(b + c > 0, midp_p(np.minimum(b, c), np.maximum(b + c, 1)), 1.0)
    adjusted = holm(p) if adjust == "holm" else benjamini_hochberg(p)
    rows = zip(tables.items(), ((b - c) / n).tolist(), low.tolist(), high.tolist(), p.tolist(), adjusted, strict=True)
    return tuple(
        _group(kind, name, counts, level, limits, {"mcnemar_midp": each, f"mcnemar_midp_{adjust}": over})
        for (name, counts), *limits, each, over in rows
    )


def _group(
    kind: str, name: str, counts: Counts, level: float, limits: list[float], tests: Mapping[str, float]
) -> Group:
    of = estimands.NET_ALL
    value, low, high = limits
    net = Estimate(of.name, of.over, value, low, high, level, counts.n, "tango", of.convention)
    smaller = float(min(counts.c10, counts.c01)) if counts.discordant else None
    note = "" if counts.discordant else NO_DISCORDANT
    return Group(kind, name, counts, (net,), tuple(TestResult(test, p, smaller, note) for test, p in tests.items()))


def ordered(found: Gathered, orders: tuple[Counts, Counts], level: float) -> None:
    """Gart's order test, and the net difference within each order."""

    def made() -> tuple[Found, ...]:
        effect = gart(*orders, level)
        return effect.group, effect.order, *effect.tests

    found.attempt(order_gart=made)
    for name, counts, place in zip(("control", "treatment"), orders, (0, 1), strict=True):
        if counts.n:
            full = (orders[0], orders[1]) if all(each.n for each in orders) else (counts, counts)
            net = net_by_order(*full, level)[place]
            found.add(Group("order", name, counts, (replace(net),), ()))
