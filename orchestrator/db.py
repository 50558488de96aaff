"""The engine, the session, and a column type that knows only aware UTC times."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, DateTime, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from orchestrator.master_keys import Keys

if TYPE_CHECKING:
    from orchestrator.vault import Vault

__all__ = [
    "CHECKPOINT",
    "VAULT",
    "Database",
    "DatabaseAway",
    "DatabaseError",
    "Session",
    "SqliteDateTime",
    "Taken",
    "Unfit",
    "UtcDateTime",
    "allow_thought",
    "is_taken",
    "make_engine",
    "some",
    "tidy",
    "why_away",
]

T = TypeVar("T")
ASKED = 500
"""So many values are asked for in one statement: more would be more than some databases take."""

CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Empties the log beside a SQLite file."""

VAULT = "vault"
"""Under which name a session knows its keys."""

DatabaseError = SQLAlchemyError
"""Anything the database or its driver can raise."""

DatabaseAway = (OperationalError, InterfaceError)
"""What is raised while the server is away or goes away, or its disk is full: the same again may work later."""


def why_away(error: Exception) -> str:
    """Say in one Dutch sentence, with what to do, why the database could not be used; for `DatabaseAway`."""
    cause = getattr(error, "orig", None) or error
    if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return "database-full: De schijf met de database is vol. Maak ruimte; daarna gaat het werk vanzelf verder."
    said = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
    return f"database-away: De database antwoordt niet ({said}). Zodra zij er weer is, gaat het werk vanzelf verder."


Unfit = DataError
"""What is raised for a value that the database cannot hold, such as a text with a NUL in it."""


Taken = IntegrityError
"""What is raised for a row that the tables do not take; `is_taken` says whether it was there already."""


def is_taken(error: IntegrityError) -> bool:
    """Say whether a row may be there once, and somebody else made it at the same moment; else it is a fault of ours."""
    unique = getattr(error.orig, "sqlstate", None) == "23505"
    return unique or str(error.orig).startswith("UNIQUE constraint failed")


class SqliteDateTime(sqlite.DATETIME):
    """A moment as SQLite keeps it: the text that its own type writes, in a fifth of the time."""

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:  # noqa: ARG002
        return lambda moment: None if moment is None else moment.isoformat(" ", "microseconds")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC; a naive value is refused with `ValueError`."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "sqlite":
            return super().load_dialect_impl(dialect)
        return SqliteDateTime()  # type: ignore[no-untyped-call]

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time was offered to the database: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def make_engine(url: str) -> Engine:
    """Return an engine for SQLite (WAL, full sync) or PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        from orchestrator import postgres  # an installation on SQLite does without its driver

        return postgres.make_engine(parsed)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 30}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ARG001 - the DBAPI's own, untyped connection
    # The driver would begin its transactions late and deferred; we begin them ourselves, see _begin_sqlite.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock before the first read, so that claim-by-update never works on a stale row.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def allow_thought(session: Session) -> None:
    """Let this transaction be silent for an hour: the server would soon take its client for dead."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '1h'"))


def tidy(engine: Engine, *steps: str) -> None:
    """Do what a SQLite file does outside any transaction, such as VACUUM; nothing on a server, which tidies itself."""
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:
            for step in steps:
                driver: Any = connection.driver_connection
                driver.execute(step).fetchall()


def some(each: Iterable[T], most: int | None = None) -> Iterator[list[T]]:
    """Yield so many at a time, or as many as one statement asks for."""
    rest = iter(each)
    while these := list(islice(rest, most or ASKED)):
        yield these


@dataclass(frozen=True)
class Database:
    """The database of one process; the other rooms get their sessions here and hold nothing of SQLAlchemy.

    Its sessions seal and open what is encrypted with the keys of ``vault``.
    """

    engine: Engine
    reader: Engine
    vault: "Vault"
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)

    @classmethod
    def at(cls, url: str, keys: Keys | None = None) -> "Database":
        """Open a database; without ``keys`` those of a SQLite file are in its folder, and a server's are nowhere."""
        from orchestrator.vault import Vault  # its store is opened as a database is

        engine = make_engine(url)
        vault = Vault(keys or _usual_keys(engine))
        # SQLite has one writer; threads of one process queue here rather than sleep and retry on its lock.
        turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        return cls(engine, _make_reader(engine), vault, turn)

    def repeating(self) -> "Database":
        """The same for whoever asks the same few statements all day: a server plans each of them once.

        To plan what the gate asks of an advertiser takes ten times as long as to ask it, and PostgreSQL, left to
        itself, plans it for each letter. A statement asked here must name in words what a partial index is for.
        """
        if self.engine.dialect.name == "sqlite":
            return self
        from orchestrator import postgres  # as in `make_engine`

        engine = postgres.make_engine(self.engine.url, plan_once=True)
        return replace(self, engine=engine, reader=postgres.make_reader(engine, plan_once=True))

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that commits at the end, or rolls back when anything is raised. Not to be nested."""
        with self.turn, self._session(self.engine) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads: on SQLite it does not wait for, or hold up, a writer."""
        with self._session(self.reader) as session:
            yield session

    def _session(self, engine: Engine) -> Session:
        return Session(engine, expire_on_commit=False, info={VAULT: self.vault})


def _make_reader(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        return engine.execution_options(reading=True)
    from orchestrator import postgres  # as in `make_engine`

    return postgres.make_reader(engine)


def _usual_keys(engine: Engine) -> Keys:
    if engine.dialect.name != "sqlite":
        return Keys("sqlite://")
    return Keys.beside(Path(engine.url.database).parent) if engine.url.database else Keys.passing()
