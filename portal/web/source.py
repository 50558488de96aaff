"""The installation's database as the source of the pages."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI

from orchestrator import burden, exposure, status, views
from orchestrator.burden import Burden
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.exposure import Watched
from orchestrator.status import Chapter
from portal.web import pretest
from portal.web.pages import create_app
from results import tables
from results.tables import RoundTable


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
            return tables.load(session, round_name, self.clock.now())

    def monitor(self, round_name: str) -> views.Monitor:
        with self.database.reading() as session:
            return views.monitor(session, round_name, self.clock.now())

    def detection(self, round_name: str) -> tuple[Watched, ...]:
        with self.database.reading() as session:
            return exposure.of_round(session, round_name, self.clock.now())

    def burden(self, round_name: str) -> tuple[Burden, ...]:
        with self.database.reading() as session:
            return burden.of_round(session, round_name)


def make_app(database: Database, clock: Clock, mailboxes: tuple[str, ...] = ()) -> FastAPI:
    """Return the web application over this database; ``mailboxes`` are the names of the folders that are read."""
    app = create_app(DatabaseSource(database, clock, mailboxes))
    pretest.add(app, database, clock)
    return app
