"""Makers of a closed round of sixty tests at ten offices, and of the steps of its release."""

from datetime import datetime

from house_makers import DAY, DUE, HOUR, ROUND
from look_makers import a_looking_design, cells, under_way

from orchestrator.db import Database
from orchestrator.models import Release
from orchestrator.rounds import lifecycle, lookup, releasing
from results.releases import steps

CLOSED = DUE + 12 * DAY
RELEASED = CLOSED + DAY


def closed(database: Database) -> None:
    """A round of which 24, 18, 6 and 12 tests ended in each of the four ways; r.visser planned it."""
    under_way(database, cells(24, 18, 6, 12), a_looking_design(None))
    with database.writing() as session:
        lifecycle.collect(session, ROUND, "r.visser", DUE + DAY)
        lifecycle.close(session, ROUND, "r.visser", CLOSED)


def draft(database: Database, by: str = "anna", reason: str | None = None, now: datetime = RELEASED) -> int:
    return steps.draft(database, ROUND, by, now, reason).number


def sign(database: Database, by: str = "bert", number: int = 1) -> None:
    steps.sign(database, ROUND, number, by, RELEASED + HOUR)


def read(database: Database, by: str = "gemma", number: int = 1, remark: str = "") -> None:
    steps.read(database, ROUND, number, by, RELEASED + 2 * HOUR, remark)


def release(database: Database, by: str = "carla", number: int = 1) -> None:
    steps.release(database, ROUND, number, by, RELEASED + 3 * HOUR)


def released(database: Database) -> None:
    """A closed round whose first version was released."""
    closed(database)
    draft(database)
    sign(database)
    read(database)
    release(database)


def versions(database: Database) -> list[Release]:
    with database.reading() as session:
        return list(releasing.versions(session, lookup.find(session, ROUND)))
