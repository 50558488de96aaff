"""What the fault tests tell at the end: which servers, the fault table with both columns, and recovery times."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from history import Verdict, arrivals
from house import Stage
from mayhem import NOTHING_HERE, Fault, recoveries
from servers import Postgres, Redis
from sink import MISCHIEF

ALONE = {
    "test_disk_full": "disk full under SQLite at each step",
    "test_partition": "line between worker and database silent or cut",
    "test_clock_steps": "clock of a whole installation an hour off, by libfaketime",
    "test_late_ticks": "clock of a lone worker an hour ahead",
    "test_pool": "child of a pool killed, pool stopped",
}
"""What is broken outside the random faults, by the file that does it."""


@dataclass
class Column:
    """One stage after its faults."""

    name: str
    rows: dict[str, str]
    kinds: dict[str, int]
    recovery: dict[str, tuple[int, float, float]]


@dataclass
class Report:
    """Kept with pytest's configuration, so that every test can add to it."""

    services: tuple[Postgres, Redis] | None = None
    columns: list[Column] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    alone: dict[str, Counter[str]] = field(default_factory=dict)
    """How the tests of each fault in `ALONE` ended."""

    @classmethod
    def of(cls, config: pytest.Config) -> "Report":
        return config.stash.setdefault(_KEY, cls())

    def ended(self, file: str, outcome: str) -> None:
        """Note how a test in this file ended: passed, failed or skipped."""
        if file in ALONE:
            self.alone.setdefault(file, Counter())[outcome] += 1

    def add(self, stage: Stage, faults: Sequence[Fault], verdict: Verdict, ran: float, rested: float) -> None:
        """Note a stage that came to rest ``rested`` seconds after the last of its faults."""
        wires, letters = stage.sink.wires(), stage.letters()
        states = Counter(letter.state for letter in letters)
        faults = [fault for fault in faults if fault.detail != NOTHING_HERE]
        mischief = [f"mail server: {wire.why}" for wire in wires if wire.why in MISCHIEF]
        doubtful, arrived, settled = stage.doubt()
        rows = {
            "injected faults": str(len(faults)),
            "misbehaviour of the mail server": str(len(mischief)),
            "letters planned": str(len(letters)),
            "letters that arrived": str(len(set(arrivals(wires)))),
            "DOUBLE letters": str(len(verdict.double)),
            "LOST letters": str(len(verdict.lost)),
            "UNKNOWN letters (the sink has them)": str(len(verdict.unknown)),
            "SECOND halves without the first": str(len(verdict.headless)),
            "EARLY letters": str(len(verdict.early)),
            "uncertain for a while or for good": str(doubtful),
            "- of which really arrived": str(arrived),
            "- of those settled by the ledger copy": str(settled),
            "- unexplained": str(len(verdict.unexplained)),
            "failed (5xx), cancelled": f"{states['failed']}, {states['cancelled']}",
            "seconds of faults": f"{ran:.0f}",
            "seconds until rest after them": f"{rested:.0f}",
        }
        accepted = [wire.at for wire in wires if wire.event == "accepted"]
        kinds = dict(Counter([*(fault.kind for fault in faults), *mischief]))
        self.columns.append(Column(stage.name, rows, kinds, recoveries(faults, accepted)))

    def told(self) -> Iterator[str]:
        if self.services:
            postgres, broker = self.services
            yield f"PostgreSQL {postgres.version} ({postgres.origin}), {broker.version} ({broker.origin})"
        yield from self.lines
        for file, outcomes in self.alone.items():
            yield f"alone: {ALONE[file]}: " + ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
        yield from self._table()
        for column in self.columns:
            yield f"{column.name}: seconds until the next letter arrived, after a fault of each kind (median, longest)"
            for kind, (number, middle, longest) in column.recovery.items():
                yield f"  {kind:<26}{number:>4}{middle:>8.1f}{longest:>8.1f}"

    def _table(self) -> Iterator[str]:
        if not self.columns:
            return
        yield " " * 48 + "".join(f"{column.name:>12}" for column in self.columns)
        for name in self.columns[0].rows:
            yield f"{name:<48}" + "".join(f"{column.rows[name]:>12}" for column in self.columns)
        for kind in sorted({kind for column in self.columns for kind in column.kinds}):
            yield f"  {kind:<46}" + "".join(f"{column.kinds.get(kind, 0):>12}" for column in self.columns)


_KEY = pytest.StashKey[Report]()
