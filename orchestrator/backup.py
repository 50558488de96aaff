"""Making a backup of the whole record, and putting one back so that nothing goes twice. See DESIGN §4."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, make_url, text

from orchestrator import ledger
from orchestrator.db import Database, DatabaseError, Session
from orchestrator.ledger import Head
from orchestrator.master_keys import Keys
from orchestrator.schema import prepare
from profiles.errors import BadInput, Problem, Refused

ALONE_SECONDS = 2.0
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Saved:
    """What is in a backup: its size in bytes, and the newest line of its ledger (None when nothing happened yet)."""

    size: int
    head: Head | None


@dataclass(frozen=True)
class PutBack:
    """The newest line of the ledger that was put back, and where the replaced database is kept."""

    head: Head | None
    kept: Path | None


def save(database: Database, file: Path) -> Saved:
    """Write the record as it is at one moment to a new file; work may go on meanwhile.

    Raises `Refused` when the file is there already or cannot be written, or when pg_dump is not there or fails.
    """
    url = database.engine.url
    with _new(file):
        if url.get_backend_name() == "sqlite":
            head = _save_sqlite(database, file)
        else:
            head = _save_postgresql(database, url, file)
    return Saved(file.stat().st_size, head)


def put_back(url: str, file: Path, mark: Callable[[Database], None], keys: Keys | None = None) -> PutBack:
    """Replace the SQLite database at ``url`` by a backup, in one step; what was there is kept beside it.

    ``mark`` is done to the backup before it takes the place: nobody ever sees it without. Raises `BadInput` for a file
    that is no whole backup, and `Refused` for another kind of database or while any process has this one open.
    """
    target = Path(make_url(url).database or "")
    if make_url(url).get_backend_name() != "sqlite":
        remedy = "Gebruik pg_restore (zie docs/operations.md), en daarna praktijktest restored --by NAAM."
        raise Refused("not-sqlite", "Alleen een SQLite-database kan zo worden teruggezet.", remedy)
    _check(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    prepared = target.with_name(f"{target.name}.herstel")
    prepared.unlink(missing_ok=True)
    try:
        head = _prepare(file, prepared, mark, keys)
        with _alone(target) as (connection, kept):
            _copy(prepared, connection)
    except (sqlite3.Error, DatabaseError) as error:
        raise Refused("restore-failed", f"{file} terugzetten mislukte: {error}.", "Is er ruimte?") from error
    finally:
        prepared.unlink(missing_ok=True)
    return PutBack(head, kept)


@contextmanager
def _new(file: Path) -> Iterator[None]:
    """Make the file, for its owner alone; it goes away again when anything fails."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        message = f"{file} bestaat al; een back-up overschrijft niets."
        raise Refused("file-exists", message, "Kies een andere naam.") from error
    except OSError as error:
        message = f"{file} kan niet worden geschreven ({error.strerror})."
        raise Refused("cannot-write", message, "Kies een andere plek.") from error
    with ExitStack() as failed:
        failed.callback(file.unlink)
        yield
        failed.pop_all()


def _save_sqlite(database: Database, file: Path) -> Head | None:
    try:
        with database.reading() as session, closing(sqlite3.connect(file)) as there:
            head = ledger.head(session)
            here = session.connection().connection.driver_connection
            assert isinstance(here, sqlite3.Connection)  # noqa: S101 - the only driver for SQLite
            here.backup(there)
            there.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    except sqlite3.Error as error:
        raise Refused("backup-failed", f"De back-up naar {file} mislukte: {error}.", "Is er ruimte?") from error
    return head


def _save_postgresql(database: Database, url: URL, file: Path) -> Head | None:
    """Let pg_dump write exactly what this transaction sees."""
    program = shutil.which("pg_dump")
    if program is None:
        message = "pg_dump staat niet op deze machine."
        raise Refused("no-pg-dump", message, "Installeer postgresql-client, of draai pg_dump op de databaseserver.")
    with database.engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        # Our transaction only waits while pg_dump works, however long that takes.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        seen = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        head = ledger.head(Session(connection))
        address = url.set(drivername="postgresql", password=None).render_as_string()
        done = subprocess.run(  # noqa: S603 - its own arguments, no shell
            [program, "--format=custom", "--no-owner", f"--snapshot={seen}", f"--file={file}", f"--dbname={address}"],
            env={**os.environ, **({"PGPASSWORD": url.password} if url.password else {})},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"code {done.returncode}"]
        raise Refused("backup-failed", f"pg_dump mislukte: {said[0]}", "Gebruik een pg_dump die bij de server past.")
    return head


def _check(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            magic = stream.read(len(_SQLITE))
        whole = magic == _SQLITE and _asks(file, "PRAGMA integrity_check") == "ok" and _asks(file, _OURS) == 3
    except (OSError, sqlite3.Error):
        whole = False
    if not whole:
        problem = "Dit is geen (hele) back-up van een SQLite-database van praktijktest."
        raise BadInput(Problem("no-backup", problem, file=str(file), remedy="Kies wat praktijktest backup schreef."))


_OURS = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('alembic_version', 'control', 'event')"


def _asks(file: Path, question: str) -> object:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchone()[0]


def _prepare(file: Path, prepared: Path, mark: Callable[[Database], None], keys: Keys | None) -> Head | None:
    """Copy the backup beside its place, bring it up to this version and mark it; return its own newest line."""
    with closing(sqlite3.connect(prepared)) as connection:
        _copy(file, connection)
    database = Database.at(f"sqlite:///{prepared}", keys)
    try:
        prepare(database)
        with database.reading() as session:
            head = ledger.head(session)
        mark(database)
    finally:
        database.engine.dispose()
    return head


def _copy(source: Path, connection: sqlite3.Connection) -> None:
    """Make a connection's database equal to another file: one transaction of SQLite's own."""
    with closing(sqlite3.connect(source)) as there:
        there.backup(connection)


@contextmanager
def _alone(target: Path) -> Iterator[tuple[sqlite3.Connection, Path | None]]:
    """Hold the database so that no other process has it open; give it, and where its content is kept."""
    kept = target.with_name(f"{target.name}.vervangen-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    there = target.exists()
    if there and _is_broken(target):
        target.replace(kept)
        for beside in ("-wal", "-shm"):
            target.with_name(target.name + beside).unlink(missing_ok=True)
    with closing(sqlite3.connect(target, timeout=ALONE_SECONDS, isolation_level=None)) as connection:
        try:
            # Leaving WAL asks for the whole file; that hold lasts until the connection ends.
            for step in ("PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=DELETE", "BEGIN EXCLUSIVE", "COMMIT"):
                connection.execute(step)
        except sqlite3.OperationalError as error:
            message = f"De database {target} is in gebruik, of niet te openen ({error})."
            raise Refused("in-use", message, "Stop eerst praktijktest run en alle werkprocessen.") from error
        if there and not kept.exists():
            with closing(sqlite3.connect(kept)) as beside_it:
                connection.backup(beside_it)
        yield connection, kept if there else None


def _is_broken(target: Path) -> bool:
    """Say whether a file is no database at all any more."""
    try:
        _asks(target, "SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError:
        return True
    return False
