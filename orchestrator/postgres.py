"""PostgreSQL, by a client that does not wait for ever: a server that is gone, or says nothing, is soon an error."""

import time
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")

ANSWER_SECONDS = 6.0
"""A server that acknowledges every packet but says nothing for so long is given up; time-outs of TCP do not see it."""

_AWAY = {
    "connect_timeout": 3,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000,
}
"""The pool asks a connection whether it lives and else makes another: both together stay under ten seconds."""

FRESH_SECONDS = 1.0
"""Of a connection that answered so lately nobody asks whether it lives: that takes as long as what it is wanted for."""


def _set(*settings: str) -> str:
    """Return how a connection asks for these settings of the server."""
    return " ".join(f"-c{setting}" for setting in settings)


_OF_SERVER = _set(
    "tcp_keepalives_idle=2", "tcp_keepalives_interval=1", "tcp_keepalives_count=3", "tcp_user_timeout=4000"
)
"""The server too takes a client for dead whose machine no longer answers, and lets go of its locks: by itself it waits
two hours, and for the ledger's lock everybody waits."""

LEFT_BEHIND_SECONDS = 60
"""A transaction that its client left open, while its machine still answers, holds its locks for so long."""


class Impatient(psycopg.Connection[Any]):
    """A connection that ends itself rather than wait longer than its ``patience`` (in seconds) for an answer."""

    patience: float = ANSWER_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # Its answer may still come, to a question that nobody asks any more.
                self.pgconn.finish()
            raise


PLAN_ONCE = _set(
    "plan_cache_mode=force_generic_plan",
    "jit=off",
    "enable_seqscan=off",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
)
"""For what is asked of a few rows, each found by an index. Compiling it takes ten times as long as asking it; and the
server thinks what the gate asks of an advertiser so dear that it would read all listings to have fewer to ask it of."""


def make_engine(url: URL, *, plan_once: bool = False) -> Engine:
    """Return an engine whose every step is answered, or an error, within ten seconds.

    With ``plan_once`` the server plans a statement that was asked often once and for all, whatever it is asked with.
    """
    return _engine(url, _set(f"idle_in_transaction_session_timeout={LEFT_BEHIND_SECONDS}s"), plan_once=plan_once)


def make_reader(writer: Engine, *, plan_once: bool = False) -> Engine:
    """Return an engine that can only read, each statement by itself; it is disposed of with the ``writer``.

    At READ COMMITTED several statements see no more of one moment in one transaction than without, so that beginning
    and ending one only costs the time of two more questions; and at a ROLLBACK the driver forgets all it prepared.
    """
    how = {"isolation_level": "AUTOCOMMIT", "execution_options": {"reading": True}}
    reader = _engine(writer.url, _set("default_transaction_read_only=on"), plan_once=plan_once, **how)
    event.listen(writer, "engine_disposed", lambda _: reader.dispose())
    return reader


def _engine(url: URL, option: str, *, plan_once: bool, **how: Any) -> Engine:
    # The connection that was used last is used next: what it prepared is not prepared by each of the others as well.
    engine = create_engine(url, connect_args=_AWAY, hide_parameters=True, pool_use_lifo=True, **how)
    _ask_whether_it_lives(engine)
    options = f"{option} {_OF_SERVER} {PLAN_ONCE if plan_once else ''}"
    prepared = {"prepare_threshold": 0} if plan_once else {}

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, record: Any, args: Any, parameters: Any) -> Impatient:  # noqa: ARG001 - SQLAlchemy's call
        told = {**parameters, **prepared, "options": f"{parameters.get('options', '')} {options}"}
        return Impatient.connect(*args, **told)

    return engine


def _ask_whether_it_lives(engine: Engine) -> None:
    """Let the pool ask that of a connection which rested for a while; if not, it makes another."""

    @event.listens_for(engine, "connect")
    @event.listens_for(engine, "checkin")
    def _answered(connection: object, record: ConnectionPoolEntry) -> None:  # noqa: ARG001 - SQLAlchemy's call
        record.info["answered"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _lives(connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:  # noqa: ARG001 - as above
        if time.monotonic() < record.info["answered"] + FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.OperationalError as error:
            raise InvalidatePoolError from error


def copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Copy rows into these columns, in the transaction of the connection; raises the errors of SQLAlchemy."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as into:
            for row in rows:
                into.write_row(row)
    except psycopg.Error as error:
        told = statement.as_string(driver)
        raise DBAPIError.instance(told, None, error, psycopg.Error, dialect=connection.dialect) from error
