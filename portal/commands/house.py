"""Opening the house for one command: settings, database, clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

from orchestrator import tallies
from orchestrator.control import read_clock
from orchestrator.db import Database, DatabaseError, Session
from orchestrator.schema import prepare
from orchestrator.settings import Settings
from profiles.errors import BadInput, Problem, Refused

DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")


def open_database(settings: Settings | None = None) -> Database:
    """Return the installation's database, created or upgraded when that is needed.

    Raises `Refused` when it cannot be opened: no server, no rights, a folder or file that is something else.
    """
    settings = settings or Settings.from_env()
    try:
        database = open_as_it_is(settings)
        prepare(database)
    except (DatabaseError, OSError) as error:
        raise _unusable(settings, error) from error
    return database


def open_as_it_is(settings: Settings) -> Database:
    """Return the installation's database without looking at its tables; raise `BadInput` for another kind of it."""
    if (kind := settings.database.partition(":")[0]) not in DATABASES:
        remedy = "Begin PRAKTIJKTEST_DATABASE_URL met postgresql:// of met sqlite:///."
        raise BadInput(Problem("unknown-database", "Deze soort database kennen we niet.", found=kind, remedy=remedy))
    return Database.at(settings.database, settings.keys)


def opened() -> tuple[Database, datetime]:
    """Return the installation's database, and the moment by its clock."""
    database = open_database()
    return database, read_clock(database).now()


@contextmanager
def writing() -> Iterator[tuple[Session, datetime]]:
    """Give one transaction on the installation's database, and the moment by its clock."""
    database, now = opened()
    with database.writing() as session:
        yield session, now


@contextmanager
def reading() -> Iterator[tuple[Session, datetime]]:
    """Give a read-only session on the installation's database, and the moment by its clock."""
    database, now = opened()
    with database.reading() as session:
        yield session, now


def recount() -> None:
    """Print where the tallies differ from the rows, and count everything again when any does."""
    with writing() as (session, _):
        found = tallies.differences(session)
        for difference in found:
            print(difference)
        if found:
            tallies.rebuild(session)
    print(f"Opnieuw geteld; {len(found)} tellingen klopten niet." if found else "Alle tellingen kloppen.")


def make_folder(path: Path) -> Path:
    """Return the folder, made when it is not there; raise `Refused` when nothing can be written in it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            return path
    except OSError as error:
        message = f"In map {path} kan niet worden geschreven ({error.strerror})."
        raise Refused("cannot-write", message, "Kies een andere map.") from error


def must_exist(path: Path) -> Path:
    """Return the path; raise `BadInput` when there is no such file."""
    if not path.is_file():
        raise BadInput(Problem("no-such-file", "Dit bestand bestaat niet.", file=str(path), remedy="Kijk het pad na."))
    return path


def _unusable(settings: Settings, error: Exception) -> Refused:
    # The driver's own words; SQLAlchemy's wrapping would add a stack of links, and perhaps the address with password.
    said = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error).strip().splitlines()[0]
    if settings.database_url:
        message = f"De database van PRAKTIJKTEST_DATABASE_URL is niet te openen: {said}."
        return Refused("database-unusable", message, "Kijk of de server draait, en of adres, naam en rechten kloppen.")
    message = f"De database in map {settings.data} is niet te openen: {said}."
    remedy = "Kies met PRAKTIJKTEST_DATA een map waarin u mag schrijven en waarin praktijktest.db van dit programma is."
    return Refused("database-unusable", message, remedy)


def write(path: Path, content: str | bytes) -> None:
    """Write a file, in a folder that is made when it is not there; raise `Refused` when it cannot be written."""
    make_folder(path.parent)
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> Refused:
    """Return the refusal of a file that cannot be written."""
    message = f"Bestand {path} kan niet worden geschreven ({error.strerror})."
    return Refused("cannot-write", message, "Kies een andere plaats.")
