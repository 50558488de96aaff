"""The headline of a round, from its rows: what is said first, and what anybody must be able to compute again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from orchestrator.design import Approach
from results.reports import figures, unpaired
from results.statistics import Estimate
from results.tables import PairRow

Headline = Mapping[str, float]
"""Name -> number: the counts, and value, low and high of the net difference with the interval that reports show."""


def headline(rows: Sequence[PairRow], approach: str, level: float) -> Headline:
    """Return the headline of these rows, sham pairs left out; empty when no pair counts."""
    if approach == Approach.UNPAIRED:
        found = unpaired.comparisons(rows, level)
        return {**asdict(found[0].arms), **_told(found[0].net)} if found else {}
    real = figures.real(rows)
    analysis = figures.analysed(real, level)
    net = figures.net(analysis)
    return {} if analysis is None or net is None else {**asdict(analysis.counts), **_told(net)}


def _told(net: Estimate) -> dict[str, float]:
    numbers = {"net": net.value, "low": net.low, "high": net.high, "level": net.level, "n": net.n}
    return {name: value for name, value in numbers.items() if value is not None}
