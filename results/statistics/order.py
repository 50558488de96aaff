"""Who wrote first: does the first letter have an advantage, and does it disturb the comparison?

Gart (1969), Biometrika 56: with c10 and c01 among pairs where control wrote first (b1, c1) and where treatment
wrote first (b2, c2), a pair's odds are the group's odds times (or divided by) the odds of writing first:

    group odds ratio  sqrt(b1 b2 / (c1 c2))     order odds ratio  sqrt(b1 c2 / (c1 b2))
    standard error of either logarithm  sqrt(1/b1 + 1/c1 + 1/b2 + 1/c2) / 2
"""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics import estimands
from results.statistics.counts import Counts
from results.statistics.estimands import Estimate
from results.statistics.intervals import tango
from results.statistics.mcnemar import TestResult
from results.statistics.numeric import normal_quantile

GROUP = "controleprofiel tegenover testprofiel, gezuiverd van de volgorde"
ORDER = "eerste tegenover tweede brief, gezuiverd van het profiel"
ZERO = "een van de vier aantallen tests met een verschil is nul"


@dataclass(frozen=True)
class OrderEffect:
    """Odds ratio of the group and of the order (above 1: control, respectively the first letter, is favoured).

    ``error`` is the standard error of both logarithms, None when one of the four cells is zero. ``tests``:
    "order_exact" and "group_exact" (Fisher), and without a zero cell "order_gart" and "group_gart" (chi-square, 1 df).
    ``net``: net discrimination over all pairs where control wrote first, and where treatment did.
    """

    group: Estimate
    order: Estimate
    error: float | None
    tests: tuple[TestResult, ...]
    net: tuple[Estimate, Estimate]

    def test(self, name: str) -> TestResult:
        """The test asked for. KeyError when there is none of that name."""
        return {test.name: test for test in self.tests}[name]


def gart(control_first: Counts, treatment_first: Counts, level: float = 0.95) -> OrderEffect:
    """Gart's order test. Raises BadInput ``no-discordant-in-order`` when an order has no pair with a difference."""
    for counts, first in ((control_first, "controleprofiel"), (treatment_first, "testprofiel")):
        _check(counts, first)
    b1, c1, b2, c2 = control_first.c10, control_first.c01, treatment_first.c10, treatment_first.c01
    above, below = (b1, b2), (c1, c2)
    error = sqrt(sum(1 / cell for cell in (*above, *below))) / 2 if all((*above, *below)) else None
    group = _ratio("group_odds_ratio", (b1, b2), (c1, c2), error, level, GROUP)
    order = _ratio("order_odds_ratio", (b1, c2), (c1, b2), error, level, ORDER)
    tests = (
        _fisher("order_exact", [[b1, c1], [b2, c2]], order.value),
        _fisher("group_exact", [[b1, c1], [c2, b2]], group.value),
        *(_wald(name, found, error) for name, found in (("order_gart", order), ("group_gart", group)) if error),
    )
    return OrderEffect(group, order, error, tests, net_by_order(control_first, treatment_first, level))


def net_by_order(control_first: Counts, treatment_first: Counts, level: float = 0.95) -> tuple[Estimate, Estimate]:
    """Net discrimination over all pairs of each order, with Tango's interval. Raises BadInput ``no-pairs``."""
    return _net(control_first, "controleprofiel", level), _net(treatment_first, "testprofiel", level)


def _check(counts: Counts, first: str) -> None:
    if not counts.discordant:
        raise BadInput(
            Problem(
                "no-discordant-in-order",
                f"Geen enkele test waarin het {first} eerst schreef heeft een verschil.",
                remedy="De volgorde is pas te toetsen als beide volgordes tests met een verschil hebben.",
            )
        )


def _ratio(
    name: str, above: tuple[int, int], below: tuple[int, int], error: float | None, level: float, text: str
) -> Estimate:
    half = normal_quantile(level)
    n = sum(above) + sum(below)
    if error is None:
        missing = f"{text}; niet te berekenen: {ZERO}, gebruik de exacte toets"
        return Estimate(name, "discordant", None, None, None, level, n, "gart", missing)
    middle = (sum(map(log, above)) - sum(map(log, below))) / 2
    low, high = exp(middle - half * error), exp(middle + half * error)
    return Estimate(name, "discordant", exp(middle), low, high, level, n, "gart", text)


def _wald(name: str, found: Estimate, error: float) -> TestResult:
    statistic = (log(found.value or 1.0) / error) ** 2
    return TestResult(name, float(special.chdtrc(1, statistic)), statistic)


def _fisher(name: str, table: list[list[int]], ratio: float | None) -> TestResult:
    from scipy.stats import fisher_exact  # slow to import, and needed only here

    return TestResult(
        name, float(fisher_exact(np.array(table)).pvalue), ratio, "exacte toets van Fisher; maat: de odds ratio"
    )


def _net(counts: Counts, first: str, level: float) -> Estimate:
    if not counts.n:
        raise BadInput(Problem("no-pairs", f"Er is geen enkele geslaagde test waarin het {first} eerst schreef."))
    low, high = tango(counts, level)
    value = (counts.c10 - counts.c01) / counts.n
    text = f"{estimands.ALL} waarin het {first} eerst schreef"
    return Estimate("net_discrimination", "all", value, low, high, level, counts.n, "tango", text)
