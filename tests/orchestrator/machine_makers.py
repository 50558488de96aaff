"""Makers for the state machines of this room: a database that goes back in a millisecond, and proof of their strength.

A machine drives the real functions of `orchestrator.rounds` and keeps a small record of its own beside them, written
down from DESIGN and not from the code. After every step it compares the two. What a machine is worth is shown by
planting errors: a real function is replaced by one that is wrong, and the machine must find it.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select

from orchestrator import ledger
from orchestrator.db import Database
from orchestrator.models import Base
from orchestrator.rounds import claiming, following, sending

Row = tuple[Any, ...]
numbers = st.integers(0, 2**64 - 1)

_TABLES = {table.name: str(select(table).order_by(*table.primary_key)) for table in Base.metadata.sorted_tables}


class Memory:
    """A SQLite database in memory, and the moments of it that were remembered."""

    def __init__(self, blank: Path) -> None:
        self.database = Database.at("sqlite://")
        connection = self.database.engine.raw_connection().driver_connection
        assert isinstance(connection, sqlite3.Connection)
        self.raw = connection
        with closing(sqlite3.connect(blank)) as prepared:
            prepared.backup(self.raw)
        self.moments: dict[str, sqlite3.Connection] = {}

    def remember(self, moment: str) -> None:
        if moment not in self.moments:
            self.moments[moment] = sqlite3.connect(":memory:")
        self.raw.backup(self.moments[moment])

    def go_back(self, moment: str) -> None:
        self.moments[moment].backup(self.raw)

    def rows(self, sql: str, *told: object) -> list[Row]:
        """Read past SQLAlchemy and past our own functions: what stands there is what stands there."""
        return self.raw.execute(sql, told).fetchall()

    def all_rows(self) -> dict[str, list[Row]]:
        """Every row of every table."""
        return {name: self.rows(sql) for name, sql in _TABLES.items()}

    def events_after(self, seq: int) -> list[tuple[str, str]]:
        """Kind and subject of every line of the ledger after this one."""
        return [(kind, subject) for kind, subject in self.rows(
            "SELECT kind, subject FROM event WHERE seq > ? ORDER BY seq", seq)]  # fmt: skip

    def last_event(self) -> int:
        return int(self.rows("SELECT coalesce(max(seq), 0) FROM event")[0][0])

    def ledger_faults(self) -> list[str]:
        with self.database.reading() as session:
            return list(ledger.faults(session))

    def close(self) -> None:
        for kept in self.moments.values():
            kept.close()
        self.database.engine.dispose()


class ChanceMachine(RuleBasedStateMachine):
    """A machine whose every step is chosen by a chance of its own, among what can make a difference at that moment.

    Hypothesis chooses how many steps there are, and drops those that a failure does not need. Where it drew every
    choice as well, it repeated itself and missed errors that need two letters under way.
    """

    memory: ClassVar[Memory]
    luck = 0

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[int] = Counter()
        self.agreed = True
        """Whether the last step ended as it should: only then is there something to look at in the end."""

    @initialize(luck=numbers)
    def begin(self, luck: int) -> None:
        self.luck = luck
        self.begins(Random(luck))  # noqa: S311 - no secret: what happens next

    @rule(number=numbers)
    def something_happens(self, number: int) -> None:
        self.agreed = False
        self.seen[number] += 1
        self.happens(Random(f"{self.luck} {number} {self.seen[number]}"))  # noqa: S311 - as above
        self.check()
        self.agreed = True

    def teardown(self) -> None:
        if self.agreed:
            self.ends()

    def begins(self, chance: Random) -> None:
        """Take the first steps of a run, if there are any."""

    def happens(self, chance: Random) -> None:
        """Take one step."""
        raise NotImplementedError

    def check(self) -> None:
        """Compare the record with what it should be."""
        raise NotImplementedError

    def ends(self) -> None:
        """Look at the whole once more, when nothing more comes."""
        assert self.memory.ledger_faults() == []


Machine = type[ChanceMachine]


def moment(written: str | None) -> datetime | None:
    """Read a time as SQLite holds it."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC) if written else None


def survives(machine: Machine, pytestconfig: pytest.Config, *, examples: int, steps: int) -> None:
    """Run a machine on the functions as they are: the same runs each time, or with ``--faults`` many and fresh ones."""
    long = pytestconfig.getoption("--faults")
    wishes = _wishes(
        examples * 10 if long else examples,
        steps,
        derandomize=not long,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    run_state_machine_as_test(machine, settings=wishes)


def finds(machine: Machine, fault: str, *, examples: int = 2000, steps: int = 40) -> None:
    """Run a machine on functions of which one is wrong; it must say ``fault``.

    It stops as soon as it is said: so many runs are a bound on patience, not what a planted error usually takes.
    """
    wishes = _wishes(examples, steps, derandomize=True, phases=(Phase.generate,))
    with pytest.raises(AssertionError, match=fault):
        run_state_machine_as_test(machine, settings=wishes)


def _wishes(examples: int, steps: int, *, derandomize: bool, phases: Sequence[Phase]) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=steps, derandomize=derandomize, phases=phases, deadline=None,
        database=None, report_multiple_bugs=False, print_blob=True, suppress_health_check=list(HealthCheck),
    )  # fmt: skip


class Planting:
    """Puts wrong functions in the place of real ones; statements that were made before, or with them, are forgotten."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def put(self, place: object, name: str, wrong: Callable[..., Any]) -> None:
        self.monkeypatch.setattr(place, name, wrong)
        forget_statements()

    def around(self, place: object, name: str, wrong: Callable[..., Any]) -> None:
        """Put a wrong function there that gets the real one as its first argument."""
        real = getattr(place, name)
        self.put(place, name, lambda *told, **more: wrong(real, *told, **more))


def forget_statements() -> None:
    for room in (claiming, following, sending):
        for forget in _made(vars(room).values()):
            forget()


def _made(values: Iterable[object]) -> list[Callable[[], None]]:
    return [value.cache_clear for value in values if hasattr(value, "cache_clear")]
