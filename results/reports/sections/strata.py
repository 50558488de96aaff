"""The difference in parts of a round: those the design declared, those looked at afterwards, and both orders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from profiles.pairs import BOTH
from results import tables
from results.language import _
from results.reports import figures, wording
from results.statistics import Counts, Estimate, Group, TestResult
from results.statistics.findings import Absent, Gathered
from results.statistics.further import ordered, stratified
from results.tables import PairRow, RoundFacts


@dataclass(frozen=True)
class Split:
    """The usable pairs divided by one thing; ``by`` is its code, ``declared`` whether the design names it.

    ``groups`` have their p corrected for their number: Holm where declared, Benjamini-Hochberg where not. Estimates and
    tests are of all groups together; ``absent`` is what these data do not allow.
    """

    by: str
    declared: bool
    groups: tuple[Group, ...]
    estimates: tuple[Estimate, ...]
    tests: tuple[TestResult, ...]
    absent: tuple[Absent, ...]


def splits(counted: Sequence[PairRow], facts: RoundFacts) -> tuple[Split, ...]:
    """Divide by factor, district and kind of advertiser, declared ones first; what has one value only is left out."""
    ways: dict[str, Callable[[PairRow], str]] = {"district": _district, "kind": _kind}
    if facts.factor:
        ways[facts.factor] = _level
    declared = (facts.factor, facts.stratum)
    made = (_split(by, counted, key, by in declared, facts.level) for by, key in ways.items())
    return tuple(sorted((each for each in made if each), key=lambda split: not split.declared))


def order(counted: Sequence[PairRow], level: float) -> Split:
    """Divide by who wrote first, with Gart's test."""
    found = Gathered()
    halves = [tables.counts(row for row in counted if row.first == arm) for arm in BOTH]
    ordered(found, (halves[0], halves[1]), level)
    return _made("order", True, found)


def _split(
    by: str, counted: Sequence[PairRow], key: Callable[[PairRow], str], declared: bool, level: float
) -> Split | None:
    groups = _counts(figures.by(counted, key))
    if len(groups) < 2:
        return None
    found = Gathered()
    stratified(found, groups, level, "holm" if declared else "bh")
    return _made(by, declared, found)


def _counts(groups: Mapping[str, Sequence[PairRow]]) -> dict[str, Counts]:
    return {name: tables.counts(rows) for name, rows in groups.items()}


def _made(by: str, declared: bool, found: Gathered) -> Split:
    return Split(by, declared, tuple(found.groups), tuple(found.estimates), tuple(found.tests), tuple(found.absent))


def _district(row: PairRow) -> str:
    return row.district or _(wording.NO_DISTRICT)


def _kind(row: PairRow) -> str:
    return wording.told(wording.KINDS, row.advertiser_kind)


def _level(row: PairRow) -> str:
    return wording.told(wording.LEVELS, row.level) if row.level else _(wording.NO_LEVEL)
