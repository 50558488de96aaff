"""What accepted notes of advertisers would change: the declared figure, and beside it the one without their pairs."""

from collections.abc import Set
from dataclasses import dataclass

from orchestrator.db import Session
from orchestrator.design import Approach
from results import tables
from results.reports import figures
from results.statistics import Analysis, Estimate
from results.tables import RoundTable


@dataclass(frozen=True)
class Effect:
    """The net difference as declared, and without ``left_out`` usable pairs; None where no pair is left."""

    left_out: int
    declared: Estimate | None
    without: Estimate | None


def of(table: RoundTable, accepted: Set[str]) -> Effect | None:
    """Return the effect of leaving out these pairs; None when none of them counts, and in an unpaired round."""
    if table.facts.approach == Approach.UNPAIRED:
        return None  # there is no pair in it: a group is compared with a group
    table = tables.at_the_end(table)
    counted = figures.usable(figures.real(table.rows))
    left = tuple(row for row in counted if row.pair not in accepted)
    level = table.facts.level
    return _between(*(figures.analysed(rows, level) for rows in (counted, left)))


def of_round(session: Session, round_name: str, accepted: Set[str]) -> Effect | None:
    """Return the same from the kept counts of a round, and from its rows where none are kept."""
    table, without = tables.counted_only(session, round_name), tables.counts_without(session, round_name, accepted)
    if table is None or table.kept is None or without is None:
        return of(tables.load(session, round_name), accepted)
    level = tables.at_the_end(table).facts.level
    return _between(*(figures.analysed_kept(each, level) for each in (table.kept, without)))


def _between(declared: Analysis | None, without: Analysis | None) -> Effect | None:
    counted, left = (each.counts.n if each else 0 for each in (declared, without))
    return None if left == counted else Effect(counted - left, figures.net(declared), figures.net(without))
