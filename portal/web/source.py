"""The installation's database as the source of the pages."""

from dataclasses import dataclass

from fastapi import FastAPI

from orchestrator import burden, exposure, views
from orchestrator.burden import Burden
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.exposure import Watched
from portal.web import pretest
from portal.web.pages import create_app
from results import tables
from results.tables import RoundTable


@dataclass(frozen=True)
class DatabaseSource:
    """Reads everything afresh for each page, in a session of its own."""

    database: Database
    clock: Clock

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


def make_app(database: Database, clock: Clock) -> FastAPI:
    """Return the web application over this database."""
    app = create_app(DatabaseSource(database, clock))
    pretest.add(app, database, clock)
    return app
