"""Opening the house for one command: settings, database, clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from orchestrator.control import read_clock
from orchestrator.db import Database, Session
from orchestrator.schema import prepare
from orchestrator.settings import Settings
from profiles.errors import BadInput, Problem


def open_database(settings: Settings | None = None) -> Database:
    """Return the installation's database, created or upgraded when that is needed."""
    settings = settings or Settings.from_env()
    database = Database.at(settings.database)
    prepare(database)
    return database


@contextmanager
def writing() -> Iterator[tuple[Session, datetime]]:
    """Give one transaction on the installation's database, and the moment by its clock."""
    database = open_database()
    now = read_clock(database).now()
    with database.writing() as session:
        yield session, now


@contextmanager
def reading() -> Iterator[tuple[Session, datetime]]:
    """Give a read-only session on the installation's database, and the moment by its clock."""
    database = open_database()
    now = read_clock(database).now()
    with database.reading() as session:
        yield session, now


def must_exist(path: Path) -> Path:
    """Return the path; raise `BadInput` when there is no such file."""
    if not path.is_file():
        raise BadInput(Problem("no-such-file", "Dit bestand bestaat niet.", file=str(path), remedy="Kijk het pad na."))
    return path
