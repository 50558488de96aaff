"""Somebody who reads everything that was published of random rounds, and solves for what was hidden.

The attacker knows which parts there are, that counts are never negative, and every release. The unknowns are the
numbers of tests by release, part of the one table, part of the other, and of which groups that re-tests told of the
office is, for each outcome; what was published are linear equations in them. A quantity is recovered when it is a
combination of those equations.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog

from results import suppression
from results.disclosure import unsafe
from results.suppression import Before, Table, Unit

OUTCOMES = ("c11", "c10", "c01", "c00")
TABLES = ("district", "level", "offices")
Array = Any
Group = frozenset[str]


class Release(NamedTuple):
    """A release of a round, and the groups of offices of which re-tests told what they had in it."""

    units: Sequence[Unit]
    tables: Sequence[Table]
    told: tuple[Group, ...] = ()


@dataclass
class Tally:
    """What an attack found: cells that were hidden, how many of them came out, and the narrowest intervals."""

    rounds: int = 0
    groups: int = 0
    hidden: int = 0
    shown: int = 0
    recovered: int = 0
    outcomes: int = 0
    examples: list[str] = field(default_factory=list)


def random_round(rng: np.random.Generator) -> list[Unit]:
    """A round of 10 to 200 tests with skewed districts and advertisers, often with a second table."""
    districts, advertisers = int(rng.integers(1, 7)), int(rng.integers(4, 30))
    size = int(rng.integers(10, 200))
    weights = [rng.dirichlet(np.full(each, 0.7)) for each in (districts, advertisers, 4)]
    drawn = [rng.choice(len(each), size, p=each) for each in weights]
    levels = rng.integers(0, int(rng.integers(1, 4)), size)
    return [
        Unit(f"P{n}", f"a{a}", OUTCOMES[o], {"district": f"D{d}", "level": f"L{lv}"})
        for n, (d, a, o, lv) in enumerate(zip(*drawn, levels, strict=True))
    ]


def later(rng: np.random.Generator, units: Sequence[Unit], number: int) -> list[Unit]:
    """The same round as a later release has it: grown, coded anew, with tests taken out or put in other districts.

    The ``number`` of the release keeps the codes of new tests apart from all others: the record has no code twice.
    """
    more = [Unit(f"{u.pair}-{number}", u.advertiser, u.outcome, u.parts) for u in random_round(rng)]
    districts = sorted({unit.parts["district"] for unit in units})
    grown = [u for u in more if u.parts["district"] in districts][: int(rng.choice([0, 1, 3, 12, 60, 200]))]
    kept = [u for u in units if rng.random() > rng.choice([0, 0, 0.02])]
    move = float(rng.choice([0, 0, 0.3]))
    kept = [
        Unit(u.pair, u.advertiser, u.outcome, {**u.parts, "district": str(rng.choice(districts))})
        if rng.random() < move
        else u
        for u in kept
    ]
    again = float(rng.choice([0, 0, 0.01, 0.2]))
    recoded = [
        Unit(u.pair, u.advertiser, OUTCOMES[int(rng.integers(4))], u.parts) if rng.random() < again else u for u in kept
    ]
    return recoded + grown


def releases_of(rng: np.random.Generator, number: int, retests: int = 0) -> list[Release]:
    """So many releases of one round, each published with regard to those before.

    Behind each come so many re-tests that would tell what a group of its offices had in it, and do when they may.
    """
    units, made, before = random_round(rng), list[Release](), list[Before]()
    groups: tuple[Group, ...] = ()
    for place in range(number):
        assert len({unit.pair for unit in units}) == len(units)
        tables = suppression.published(units, before, groups)
        before.append(Before(units, {each.name: each.hidden for each in tables}))
        told: tuple[Group, ...] = ()
        for group in (a_group(rng, units, groups) for _ in range(retests)):
            if suppression.tellable(units, (*groups, group), [each.units for each in before]):
                told, groups = (*told, group), tuple(dict.fromkeys((*groups, group)))
        made.append(Release(units, tables, told))
        units = later(rng, units, place + 1)
    return made


def a_group(rng: np.random.Generator, units: Sequence[Unit], groups: Sequence[Group]) -> Group:
    """Some offices, all but one, or those of a group before: the same, or with one more or less."""
    offices = sorted({unit.advertiser for unit in units})
    one = frozenset({str(rng.choice(offices))})
    kind = rng.random()
    if groups and kind < 0.4:
        return groups[-1] ^ (one if kind < 0.2 else frozenset())
    if kind < 0.6:
        return frozenset(offices) - one
    return frozenset(each for each in offices if rng.random() < rng.choice([0.3, 0.5, 0.7]))


class Attack:
    """The unknowns and the published equations of the releases of one round, for one outcome at a time."""

    def __init__(self, releases: Sequence[Release]) -> None:
        self.releases = releases
        self.groups = tuple(dict.fromkeys(group for each in releases for group in each.told))
        parts = [sorted({self.part(unit, table) for each in releases for unit in each.units}) for table in TABLES]
        self.parts = dict(zip(TABLES, parts, strict=True))
        self.shape = (len(releases), *map(len, parts))
        self.rows, self.values = self._equations()

    def part(self, unit: Unit, table: str) -> str:
        """In which part of a table a test is; of the offices: which groups its office is in."""
        if table == "offices":
            return "".join("01"[unit.advertiser in group] for group in self.groups)
        return unit.parts[table]

    def where(self, release: int, table: str, names: Sequence[str]) -> Array:
        """The unknowns that make up these parts of a table."""
        row = np.zeros(self.shape)
        along = np.moveaxis(row[release], TABLES.index(table), 0)
        for name in names:
            along[self.parts[table].index(name)] = 1
        return row.ravel()

    def _equations(self) -> tuple[Array, list[Counter[str]]]:
        rows, values = [np.zeros(self.shape).ravel()], [Counter[str]()]
        for place, (_, tables, _) in enumerate(self.releases):
            for table in tables:
                if table.total is None:
                    continue
                told = {each.name: each.counts for each in table.parts}
                rows.append(self.where(place, table.name, self.parts[table.name]))
                values.append(Counter(table.total))
                for name in self.parts[table.name]:
                    if name not in told or told[name] is not None:
                        rows.append(self.where(place, table.name, [name]))
                        values.append(Counter(told.get(name) or {}))
        for place, group in ((place, group) for place, each in enumerate(self.releases) for group in each.told):
            inside = [name for name in self.parts["offices"] if name[self.groups.index(group)] == "1"]
            rows.append(self.where(place, "offices", inside))
            values.append(Counter(unit.outcome for unit in self.releases[place].units if unit.advertiser in group))
        return np.array(rows), values

    def targets(self) -> Iterator[tuple[str, Array]]:
        """Everything that nobody may compute: small groups of parts, and small changes between two releases."""
        for place, (units, _, _) in enumerate(self.releases):
            for table, names in self._groups():
                inside = [unit for unit in units if self.part(unit, table) in names]
                if inside and unsafe(Counter(unit.advertiser for unit in inside)):
                    yield f"{table} {names} of release {place}", self.where(place, table, names)
        for one, other in combinations(range(len(self.releases)), 2):
            for table, names in self._groups():
                if self._small_change(one, other, table, names):
                    row = self.where(other, table, names) - self.where(one, table, names)
                    yield f"change of {table} {names} from {one} to {other}", row

    def _groups(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for table, parts in self.parts.items():
            sizes = range(1, len(parts) + 1)
            yield from ((table, names) for names in chain.from_iterable(combinations(parts, size) for size in sizes))

    def _small_change(self, one: int, other: int, table: str, names: Sequence[str]) -> bool:
        was, now = (
            {unit.pair: unit for unit in self.releases[place].units if self.part(unit, table) in names}
            for place in (one, other)
        )
        changed = [
            (was.get(pair) or now[pair]).advertiser
            for pair in was.keys() | now.keys()
            if pair not in was or pair not in now or was[pair].outcome != now[pair].outcome
        ]
        return bool(changed) and unsafe(Counter(changed)) is not None

    def hidden(self) -> Iterator[tuple[int, str, str]]:
        """Each cell that was told to be hidden: release, table and part."""
        for place, (_, tables, _) in enumerate(self.releases):
            for table in tables:
                yield from ((place, table.name, each.name) for each in table.parts if each.counts is None)

    def recovered(self) -> list[str]:
        """Which targets and hidden cells are a combination of what was published."""
        cells = [(f"{each}", self.where(each[0], each[1], [each[2]])) for each in self.hidden()]
        wanted = [*self.targets(), *cells]
        if not wanted:
            return []
        rows = np.array([row for _, row in wanted])
        apart = rows - rows @ np.linalg.pinv(self.rows) @ self.rows
        return [name for (name, _), rest in zip(wanted, apart, strict=True) if np.abs(rest).max() < 1e-8]

    def interval(self, cell: tuple[int, str, str], outcome: str | None) -> tuple[float, float]:
        """The least and the most that a hidden cell can have of an outcome (None: of tests), by linear programming."""
        place, table, name = cell
        row, values = self.where(place, table, [name]), self.values
        if outcome is None:
            rows = np.kron(np.eye(len(OUTCOMES)), self.rows)
            equal = [value[each] for each in OUTCOMES for value in values]
            row = np.tile(row, len(OUTCOMES))
        else:
            rows, equal = self.rows, [value[outcome] for value in values]
        least, most = (linprog(sign * row, A_eq=rows, b_eq=equal, bounds=(0, None)) for sign in (1, -1))
        assert least.success, least.message
        assert most.success, most.message
        return float(least.fun), -float(most.fun)

    def told_of_all(self, cell: tuple[int, str, str], outcome: str) -> int:
        """How many tests the whole release has of an outcome: more than that no part can be said to have."""
        table = next(each for each in self.releases[cell[0]].tables if each.name == cell[1])
        assert table.total is not None
        return table.total.get(outcome, 0)


def attack(seed: int, rounds: int, releases: int, retests: int = 0) -> Tally:
    """Attack so many random rounds of so many releases each, with so many re-tests behind each release."""
    rng, tally = np.random.default_rng(seed), Tally()
    for number in range(rounds):
        tried = Attack(releases_of(rng, releases, retests))
        found = tried.recovered()
        tally.rounds += 1
        tally.groups += sum(len(each.told) for each in tried.releases)
        tally.hidden += len(list(tried.hidden()))
        tally.shown += len(tried.rows) - 1
        tally.recovered += len(found)
        tally.examples += [f"round {number}: {each}" for each in found[:1]]
    return tally
