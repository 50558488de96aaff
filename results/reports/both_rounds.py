"""Before and after of a re-test: the tests of the offices that were tested in both rounds, side by side.

Each round is analysed as always; the change between them as `results.statistics.change` does, with the wider of its
two intervals, so that it never claims more than either.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from results import tables
from results.reports import figures
from results.statistics import Counts, Estimate, change
from results.tables import PairRow, RoundTable

FEWEST = 2
"""Offices from which their tests can be clustered."""


@dataclass(frozen=True)
class Both:
    """The usable tests, sham pairs apart, of the offices that have one in both rounds."""

    offices: frozenset[str]
    before: tuple[PairRow, ...]
    after: tuple[PairRow, ...]


@dataclass(frozen=True)
class Change:
    """The net difference before, after, and after − before; ``detectable`` is the smallest change it could find."""

    before: Estimate
    after: Estimate
    change: Estimate
    detectable: float | None


def both(table: RoundTable, only: Collection[str] | None = None) -> Both | None:
    """Return the tests of a re-test and of the round it re-tests, of ``only`` these offices if they are given.

    None for a round that re-tests none, and where no office has a usable test in both.
    """
    if table.earlier is None:
        return None
    before, after = (figures.usable(figures.real(_rows(each, only))) for each in (table.earlier, table))
    offices = frozenset(row.advertiser for row in before) & {row.advertiser for row in after}
    if not offices:
        return None
    return Both(offices, *(tuple(row for row in rows if row.advertiser in offices) for rows in (before, after)))


def _rows(table: RoundTable, only: Collection[str] | None) -> Iterable[PairRow]:
    return table.rows if only is None else [row for office in only for row in table.offices.get(office, ())]


def changed(found: Both, level: float) -> Change:
    """Return how much changed at these offices."""
    shown = _shown(found, level)
    return Change(_net(found.before, level), _net(found.after, level), shown, change.detectable(shown))


def counts(found: Both) -> tuple[Counts, Counts]:
    """Return the four cells before and after."""
    return tables.counts(found.before), tables.counts(found.after)


def _net(rows: Sequence[PairRow], level: float) -> Estimate:
    found = figures.net(figures.analysed(rows, level))
    if found is None:
        raise ValueError("there is no usable test")
    return found


def _shown(found: Both, level: float) -> Estimate:
    apart = change.mover(*counts(found), level)
    if len(found.offices) < FEWEST:
        return apart
    names = sorted(found.offices)
    clustered = change.clustered(_table(found.before, names), _table(found.after, names), level)
    return max(apart, clustered, key=figures.width)


def _table(rows: Sequence[PairRow], names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Counts per office, in the order of the names."""
    groups = figures.by(rows, lambda row: row.advertiser)
    found = (tables.counts(groups[name]) for name in names)
    return np.array([[each.c11, each.c10, each.c01, each.c00] for each in found], dtype=np.int64)
