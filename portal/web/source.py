"""Where the pages get what they show: the installation's database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orchestrator import burden, exposure, status, views
from orchestrator.burden import Burden
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.exposure import Watched
from orchestrator.status import Chapter
from results import tables
from results.tables import RoundTable


class Source(Protocol):
    """Where pages get their rounds. What is asked of one raises `Refused` with a code "unknown-…" for no round."""

    def rounds(self) -> Sequence[views.RoundSummary]: ...

    def status(self) -> tuple[datetime, Sequence[Chapter]]:
        """Return the moment by the installation's clock, and how the installation is."""
        ...

    def table(self, round_name: str) -> RoundTable: ...

    def monitor(self, round_name: str) -> views.Monitor: ...

    def detection(self, round_name: str) -> Sequence[Watched]: ...

    def burden(self, round_name: str) -> Sequence[Burden]: ...


@dataclass(frozen=True)
class DatabaseSource:
    """Reads everything afresh for each page, in a session of its own."""

    database: Database
    clock: Clock
    mailboxes: tuple[str, ...] = ()

    def status(self) -> tuple[datetime, tuple[Chapter, ...]]:
        with self.database.reading() as session:
            return self.clock.now(), status.of_house(session, self.clock, self.mailboxes)

    def rounds(self) -> list[views.RoundSummary]:
        with self.database.reading() as session:
            return list(views.summaries(session))

    def table(self, round_name: str) -> RoundTable:
        with self.database.reading() as session:
            return tables.load(session, round_name)

    def monitor(self, round_name: str) -> views.Monitor:
        with self.database.reading() as session:
            return views.monitor(session, round_name, self.clock.now())

    def detection(self, round_name: str) -> tuple[Watched, ...]:
        with self.database.reading() as session:
            return exposure.of_round(session, round_name, self.clock.now())

    def burden(self, round_name: str) -> tuple[Burden, ...]:
        with self.database.reading() as session:
            return burden.of_round(session, round_name)
