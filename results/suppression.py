"""Which parts of a round may be published: all its tables together, and beside everything that was published before.

A hidden part is given away by a subtraction: the total minus what is shown, or this release minus an earlier one. Of
one table only the hidden parts together can be computed, so these are hidden until they are safe together. Of two
releases the parts that are hidden together in either of them can be computed together, so the tests that changed in
them must be none, or safe.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from results.disclosure import unsafe

PROTECTION = 3
"""An outcome of the hidden parts together is told only with so many tests, or all that the whole round has of it."""

Parts = Mapping[str, Sequence["Unit"]]
Hidden = frozenset[str] | None
"""The parts of a table that are hidden; None for a table of which not even the total is shown."""


@dataclass(frozen=True)
class Unit:
    """One test as the policy sees it: with whom, how it ended, and in which part of each table it is counted."""

    pair: str
    advertiser: str
    outcome: str
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Before:
    """An earlier release of the same round: its tests, and what was hidden of each table."""

    units: Sequence[Unit]
    hidden: Mapping[str, Hidden]


@dataclass(frozen=True)
class Part:
    """A part of a table with its number of tests by outcome, or None when it is hidden."""

    name: str
    counts: Mapping[str, int] | None


@dataclass(frozen=True)
class Table:
    """A published table; ``total`` is None when the table is hidden as a whole, and it then names no parts."""

    name: str
    total: Mapping[str, int] | None
    parts: tuple[Part, ...]

    @property
    def hidden(self) -> Hidden:
        return None if self.total is None else frozenset(part.name for part in self.parts if part.counts is None)


def published(
    units: Sequence[Unit], earlier: Sequence[Before] = (), groups: Sequence[frozenset[str]] = ()
) -> tuple[Table, ...]:
    """Return every table of these tests as it may be published, in the order of its name.

    ``groups`` are the advertisers of whom re-tests told numbers together: where a total beside these would tell too
    much, all tables are hidden.
    """
    names = sorted({table for unit in units for table in unit.parts})
    if not tellable(units, groups, [each.units for each in earlier]):
        return tuple(Table(name, None, ()) for name in names)
    return tuple(_table(name, units, earlier) for name in names)


def judge(parts: Parts, earlier: Sequence[tuple[Parts, frozenset[str]]] = ()) -> Hidden:
    """Return which parts of one table stay hidden; ``earlier`` are its parts and hidden parts in earlier releases."""
    everything = frozenset(parts)
    if unsafe(_advertisers(_together(parts, everything))) or any(
        _telling(before, parts, [everything.union(before)]) for before, _ in earlier
    ):
        return None
    away = frozenset(name for name in parts if unsafe(_advertisers(parts[name])))
    while more := _more(parts, away, earlier):
        away |= more
    return away


def tellable(units: Sequence[Unit], groups: Sequence[frozenset[str]], earlier: Sequence[Sequence[Unit]] = ()) -> bool:
    """Say whether numbers over each of these groups of advertisers may be told beside those over all tests together.

    Subtraction tells the rest of the round, and two groups tell where they differ. So the tests are parted by which
    groups their advertiser is in, and every part must be safe, now and in what changed since ``earlier`` releases:
    whatever anybody computes is then a sum of parts that may be told. Only tests that count are looked at.
    """
    if not groups:
        return True
    before = [_apart(each, groups) for each in earlier]
    parts: Parts = {**{part: () for each in before for part in each}, **_apart(units, groups)}
    return judge(parts, [(each, frozenset()) for each in before]) == frozenset()


def _apart(units: Iterable[Unit], groups: Sequence[frozenset[str]]) -> dict[str, list[Unit]]:
    parts: dict[str, list[Unit]] = {}
    for unit in units:
        if unit.outcome:
            parts.setdefault("".join("01"[unit.advertiser in group] for group in groups), []).append(unit)
    return parts


def _table(name: str, units: Sequence[Unit], earlier: Sequence[Before]) -> Table:
    told = [(_parts(name, each.units), each.hidden.get(name)) for each in earlier]
    known = [(parts, hidden) for parts, hidden in told if hidden is not None]
    # A part that lost all its tests is as small as can be: to leave it out would say that it has none.
    parts: Parts = {**{each: () for before, _ in known for each in before}, **_parts(name, units)}
    away = judge(parts, known)
    if away is None:
        return Table(name, None, ())
    shown = tuple(Part(each, None if each in away else _outcomes(parts[each])) for each in sorted(parts, key=_order))
    return Table(name, _outcomes(_together(parts, parts)), shown)


def _more(parts: Parts, away: frozenset[str], earlier: Sequence[tuple[Parts, frozenset[str]]]) -> frozenset[str]:
    """Return what must be hidden beside ``away``; nothing when that gives nothing away."""
    if away and not _safe_together(parts, away):
        return _smallest(parts, away)
    for before, hidden in earlier:
        groups = _groups(parts, away, hidden)
        thin = (each for each in groups if _thin(before, parts, each, away - hidden))
        if telling := _telling(before, parts, groups) or next(thin, frozenset()):
            return (telling & parts.keys()) - away or _smallest(parts, away | telling)
    return frozenset()


def _safe_together(parts: Parts, away: frozenset[str]) -> bool:
    hidden, whole = _together(parts, away), _together(parts, parts)
    if away == parts.keys():
        return True
    return len(away) > 1 and not unsafe(_advertisers(hidden)) and _enough(_outcomes(hidden), _outcomes(whole))


def _enough(some: Mapping[str, int], whole: Mapping[str, int]) -> bool:
    """Say whether no outcome is so rare among some tests that their parts can be told to have none of it."""
    return all(some.get(outcome, 0) >= min(PROTECTION, number) for outcome, number in whole.items())


def _groups(parts: Parts, away: frozenset[str], hidden: frozenset[str]) -> list[frozenset[str]]:
    """Return the smallest groups of parts that can be computed both from this release and from the earlier one."""
    blocks = [away | hidden] if away & hidden else [each for each in (away, hidden) if each]
    alone = parts.keys() - away - hidden
    return sorted([*blocks, *(frozenset({name}) for name in alone)], key=sorted)


def _telling(before: Parts, after: Parts, groups: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return groups of parts of which a difference of two releases tells too few tests; nothing when none does.

    The tests that changed within a group, and those that moved from one group to another, are each judged alone: of
    some groups together the difference is a sum of these, and a sum of what is safe is safe.
    """
    kinds: dict[frozenset[frozenset[str]], list[Unit]] = {}
    for unit, where in _changes(before, after, groups):
        kinds.setdefault(where, []).append(unit)
    small = (where for where, units in kinds.items() if unsafe(_advertisers(units)))
    return _union(next(small, frozenset()))


def _changes(
    before: Parts, after: Parts, groups: Sequence[frozenset[str]]
) -> Iterator[tuple[Unit, frozenset[frozenset[str]]]]:
    """Yield the tests that count differently among these groups than they did, each with the groups it is in or was.

    They are new, gone, coded anew, or moved. One that moved and was coded anew is of both groups as if they were one:
    the two together still tell of it.
    """
    was, now = _in_groups(before, groups), _in_groups(after, groups)
    for pair in sorted(was.keys() | now.keys()):
        seen = [each[pair] for each in (was, now) if pair in each]
        where = frozenset(group for _, group in seen)
        unit = seen[-1][0]
        if len(seen) == 1 or seen[0][0].outcome != unit.outcome:
            yield unit, frozenset({_union(where)})
        elif len(where) > 1:
            yield unit, where


def _union(groups: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(name for group in groups for name in group)


def _in_groups(parts: Parts, groups: Sequence[frozenset[str]]) -> dict[str, tuple[Unit, frozenset[str]]]:
    return {unit.pair: (unit, group) for group in groups for unit in _together(parts, group)}


def _thin(before: Parts, after: Parts, group: frozenset[str], newly: frozenset[str]) -> bool:
    """Say whether a part that is hidden only now is as it was in some outcome, for all that changed elsewhere."""
    if not group & newly:
        return False
    here, whole = (
        _outcomes(unit for unit, _ in _changes(before, after, [names]))
        for names in (group, frozenset({*before, *after}))
    )
    return not _enough(here, whole)


def _smallest(parts: Parts, but: frozenset[str]) -> frozenset[str]:
    shown = sorted(parts.keys() - but, key=lambda name: (len(parts[name]), _order(name)))
    return frozenset(shown[:1])


def _parts(table: str, units: Iterable[Unit]) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in units:
        if table in unit.parts:
            found.setdefault(unit.parts[table], []).append(unit)
    return found


def _together(parts: Parts, names: Iterable[str]) -> list[Unit]:
    return [unit for name in names for unit in parts.get(name, ())]


def _advertisers(units: Iterable[Unit]) -> Counter[str]:
    return Counter(unit.advertiser for unit in units)


def _outcomes(units: Iterable[Unit]) -> Counter[str]:
    return Counter(unit.outcome for unit in units)


def _order(name: str) -> tuple[str, str]:
    return name.casefold(), name
