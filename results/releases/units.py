"""The tests of a round as the policy of suppression sees them, and how other numbers are told beside them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator.design import Approach
from orchestrator.states import PairState
from profiles.pairs import Arm
from results.statistics import Counts
from results.suppression import Unit
from results.tables import PairRow, RoundFacts

ROUNDED_TO = 10
FEW = 5
"""Fewer advertisers than this are told as "fewer than": a number so small points at somebody."""

DISTRICT, LEVEL, ARM, EXCLUSION = "district", "level", "arm", "exclusion"
UNKNOWN = "onbekend"
CELLS = {(True, True): "c11", (True, False): "c10", (False, True): "c01", (False, False): "c00"}


def units(rows: Iterable[PairRow], facts: RoundFacts) -> tuple[Unit, ...]:
    """Return the tests that compare the groups, sham pairs apart; those that do not count are in a table of reasons."""
    real = (row for row in rows if not row.sham and row.state in (PairState.USABLE, PairState.EXCLUDED))
    return tuple(_unit(row, facts) for row in real)


def _unit(row: PairRow, facts: RoundFacts) -> Unit:
    if row.state == PairState.EXCLUDED:
        return Unit(row.pair, row.advertiser, "", {EXCLUSION: row.reason or UNKNOWN})
    if facts.approach == Approach.UNPAIRED:
        (arm,) = row.arms
        return Unit(row.pair, row.advertiser, "yes" if row.invited(arm) else "no", {ARM: arm.value})
    level = {LEVEL: row.level.value} if row.level else {}
    return Unit(row.pair, row.advertiser, _outcome(row), {DISTRICT: row.district or UNKNOWN, **level})


def _outcome(row: PairRow) -> str:
    """The cell of the pair with each treatment in turn: "c10", or "c10+c11" in a set of three."""
    treatments = [arm for arm in Arm if arm in row.arms and arm is not Arm.CONTROL]
    return "+".join(CELLS[row.invited(Arm.CONTROL), row.invited(arm)] for arm in treatments)


def counts(outcomes: Mapping[str, int], treatment: int = 0) -> Counts:
    """Return the four cells of the control beside one treatment, from numbers of tests by outcome."""
    found = dict.fromkeys(CELLS.values(), 0)
    for outcome, number in outcomes.items():
        found[outcome.split("+")[treatment]] += number
    return Counts(**found)


def as_rows(told: Iterable[Unit]) -> list[list[Any]]:
    """Return the units as they are kept beside a release, for the releases that come after it."""
    return [[unit.pair, unit.advertiser, unit.outcome, dict(unit.parts)] for unit in told]


def from_rows(rows: Sequence[Sequence[Any]]) -> tuple[Unit, ...]:
    """Read what `as_rows` gave."""
    return tuple(Unit(*row) for row in rows)


def rounded(number: int) -> int:
    """Return a number to the nearest ten: beside the exact number of tests that count it tells of no small rest."""
    return ROUNDED_TO * ((number + ROUNDED_TO // 2) // ROUNDED_TO)


def at_least_few(number: int) -> int | None:
    """Return a number of advertisers, or None for fewer than `FEW`."""
    return number if number >= FEW else None
