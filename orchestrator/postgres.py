"""PostgreSQL, by a client that does not wait for ever: a server that is gone, or says nothing, is soon an error."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

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


LEFT_BEHIND_SECONDS = 60
"""A transaction that its client left open, cut off, holds its locks for so long: the ledger's own is one of them."""


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


def make_engine(url: URL) -> Engine:
    """Return an engine whose every step is answered, or an error, within ten seconds."""
    engine = create_engine(url, pool_pre_ping=True, connect_args=_AWAY, hide_parameters=True)

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, record: Any, args: Any, parameters: Any) -> Impatient:  # noqa: ARG001 - SQLAlchemy's call
        limit = f"-cidle_in_transaction_session_timeout={LEFT_BEHIND_SECONDS}s"
        return Impatient.connect(*args, **{**parameters, "options": f"{parameters.get('options', '')} {limit}"})

    return engine


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
