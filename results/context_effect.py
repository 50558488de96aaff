"""What accepted notes of advertisers would change: the declared figure, and beside it the one without their pairs."""

from collections.abc import Set
from dataclasses import dataclass

from results import tables
from results.reports import figures
from results.statistics import Estimate
from results.tables import RoundTable


@dataclass(frozen=True)
class Effect:
    """The net difference as declared, and without ``left_out`` usable pairs; None where no pair is left."""

    left_out: int
    declared: Estimate | None
    without: Estimate | None


def of(table: RoundTable, accepted: Set[str]) -> Effect | None:
    """Return the effect of leaving out these pairs; None when none of them counts."""
    table = tables.at_the_end(table)
    counted = figures.usable(figures.real(table.rows))
    kept = tuple(row for row in counted if row.pair not in accepted)
    if len(kept) == len(counted):
        return None
    level = table.facts.level
    before, after = (figures.net(figures.analysed(rows, level)) for rows in (counted, kept))
    return Effect(len(counted) - len(kept), before, after)
