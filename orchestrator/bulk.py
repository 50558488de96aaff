"""Many rows of one table at once, by the quickest way of the database's own driver.

The rows go in the transaction of the session and are held to the same constraints, and each value is written as the
column's type writes it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Column, Connection, Enum, Table, insert, inspect, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from orchestrator.base import Base

Row = Mapping[str, Any]
"""Values by the names of their attributes."""

CHUNK = 5_000
"""So many rows go at a time: PostgreSQL checks the references at the end of each, while the client waits for it."""

FEW = 200
"""Of these so many are made ready at a time: a server is at work on them while the next are made."""


def insert_all(session: Session, model: type[Base], rows: Iterable[Row]) -> None:
    """Insert rows that all have the same attributes; what they leave out is the column's default, or nothing.

    Raises the errors that the session would raise. The session does not get to know the rows.
    """
    session.flush()
    connection, left, table = session.connection(), iter(rows), model.metadata.tables[model.__tablename__]
    write = _copy if connection.dialect.name == "postgresql" else _execute_many
    while chunk := list(islice(left, CHUNK)):
        write(connection, table, list(_values(table, chunk[:1])), _ready(connection, table, chunk))


def number(session: Session, *models: type[Base]) -> None:
    """Give the new rows of these tables their numbers, in the order in which they were added.

    A row whose number is known is written together with all others of its table, and with its values sealed.
    """
    for model in models:
        new: list[Any] = [row for row in session.new if isinstance(row, model) and inspect(row).dict.get("id") is None]
        new.sort(key=lambda row: inspect(row).insert_order)
        for row, free in zip(new, free_numbers(session, model, len(new)), strict=True):
            row.id = free


def free_numbers(session: Session, model: type[Base], count: int) -> Iterable[int]:
    """Return so many numbers that no row of a table has, or will get: those that the database would give."""
    connection, table = session.connection(), model.__tablename__
    if connection.dialect.name == "postgresql":
        given = f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, :count)"  # noqa: S608 - a name of ours
        return connection.scalars(text(given), {"count": count}).all()
    last = connection.scalar(text(f"SELECT max(id) FROM {table}")) or 0  # noqa: S608 - a name of ours
    return range(last + 1, last + 1 + count)  # it has one writer at a time, and that is us


def survey(session: Session, *models: type[Base]) -> None:
    """Let PostgreSQL look at tables that were just filled; at all of them when none is named.

    It does so by itself only after a minute. Until then it takes them for empty, and a claim that asks them all of some
    hundred letters takes longer than anybody waits for an answer.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text(f"ANALYZE {', '.join(model.__tablename__ for model in models)}"))


def _values(table: Table, rows: Sequence[Row]) -> dict[str, list[Any]]:
    """The values of all rows by column, in the order of the table."""
    values = {}
    for column in table.columns:
        if column.key in rows[0]:
            values[column.key] = [row[column.key] for row in rows]
        elif isinstance(column.default, ScalarElementColumnDefault):
            values[column.key] = [column.default.arg] * len(rows)
    return values


def _ready(connection: Connection, table: Table, rows: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows as the driver wants them."""
    for start in range(0, len(rows), FEW):
        values = _values(table, rows[start : start + FEW])
        yield from zip(*(_written(connection, table.columns[key], of) for key, of in values.items()), strict=True)


def _written(connection: Connection, column: Column[Any], values: list[Any]) -> list[Any]:
    """The values of a column as the driver wants them."""
    write = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if write and values.count(None) == len(values):  # much is known only later
        return [write(None)] * len(values)
    if isinstance(column.type, Enum):  # few words, each of which is written many times
        known = {word: write(word) if write else word for word in set(values)}
        return [known[word] for word in values]
    return [write(value) for value in values] if write else values


def _execute_many(connection: Connection, table: Table, names: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    statement = insert(table).compile(dialect=connection.dialect, column_keys=names)
    connection.exec_driver_sql(str(statement), list(rows))


def _copy(connection: Connection, table: Table, names: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    from orchestrator import postgres  # an installation on SQLite does without its driver

    postgres.copy(connection, table.name, names, rows)
