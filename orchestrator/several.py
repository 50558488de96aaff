"""One statement for several rows at once: a list is one value of it, so that it is made, and planned, once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Self, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    ColumnElement,
    CursorResult,
    Dialect,
    Executable,
    Insert,
    String,
    Table,
    TableValuedAlias,
    TypeDecorator,
    Update,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine


class _List(TypeDecorator[Sequence[Any]]):
    """Values of one type as one parameter: an array of a server, and JSON for SQLite, which has no arrays."""

    impl = String
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.of) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002 the signature is the library's
        """As it is: SQLite, which has no truth of its own, would compare it with 1 and then use no index for it."""
        return self


class _AmongFew(_Among):
    inherit_cache = True


class _ByRow(FunctionElement[Any]):
    inherit_cache = True


class _NotFirst(FunctionElement[Any]):
    inherit_cache = True


@compiles(_Among, "postgresql")
def _is_any(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} = ANY({values})"


@compiles(_AmongFew, "postgresql")
def _is_any_of_few(element: _AmongFew, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} = ANY(ARRAY(SELECT unnest({values})))"


@compiles(_Among, "sqlite")
@compiles(_AmongFew, "sqlite")
def _is_one(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - of columns and parameters


@compiles(_ByRow, "postgresql")
def _of_array(element: _ByRow, compiler: SQLCompiler, **how: Any) -> str:
    column, values, told = (compiler.process(each, **how) for each in element.clauses)
    return f"({told})[array_position({values}, {column})]"


@compiles(_ByRow, "sqlite")
def _of_json(element: _ByRow, compiler: SQLCompiler, **how: Any) -> str:
    column, values, told = (compiler.process(each, **how) for each in element.clauses)
    place = f"(SELECT key FROM json_each({values}) WHERE value = {column})"  # noqa: S608 - as above
    return f"json_extract({told}, '$[' || {place} || ']')"


@compiles(_NotFirst)
def _as_it_is(element: _NotFirst, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(next(iter(element.clauses)), **how)


@compiles(_NotFirst, "sqlite")
def _of_no_index(element: _NotFirst, compiler: SQLCompiler, **how: Any) -> str:
    return f"+{_as_it_is(element, compiler, **how)}"


def ask(
    session: Session, statement: Executable, told: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> CursorResult[*tuple[Any, ...]]:
    """Ask a statement that was made once, of columns alone, in the transaction of this session; nothing is flushed.

    The session itself would copy the statement each time, and go through all its parts to see whether it knows it.
    """
    return session.connection().execute(statement, told)


def put(session: Session, model: type, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all tell the same columns, in the transaction of this session; nothing is flushed.

    A server is told all of them at once: one by one each is a statement of its own to it, and to its driver.
    """
    table = cast("Table", model.__table__)  # type: ignore[attr-defined]
    if _is_server(session):
        ask(session, _put_all(table, tuple(rows[0])), {"rows": _as_json(rows)})
    else:
        ask(session, _put_one(table), rows)


def change(session: Session, model: type, by: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Give the rows that these columns name the values of the other columns; else as `put`."""
    table = cast("Table", model.__table__)  # type: ignore[attr-defined]
    if _is_server(session):
        ask(session, _change_all(table, tuple(by), tuple(rows[0])), {"rows": _as_json(rows)})
    else:
        named = [{f"_{name}" if name in by else name: value for name, value in row.items()} for row in rows]
        ask(session, _change_one(table, tuple(by), tuple(rows[0])), named)


def among(column: Column[Any] | ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values that are asked with, as a list, under this name."""
    return _Among(column, _bind(name, column.type))


def among_few(column: Column[Any] | ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """As `among`, in a statement that takes longer to plan than to ask of the few values there ever are.

    PostgreSQL plans a statement each time while a plan for these values seems better to it than one for any. That these
    are fewer than it takes any to be, it does not see here.
    """
    return _AmongFew(column, _bind(name, column.type))


def one_of(column: Column[Any] | ColumnElement[Any], values: Iterable[StrEnum]) -> ColumnElement[bool]:
    """Return the condition that a column has one of these values, which stand in the statement itself.

    As parameters they would be put into its text again each time that it is asked.
    """
    return column.in_([written_out(column, value) for value in values])


def written_out(column: Column[Any] | ColumnElement[Any], value: StrEnum) -> ColumnElement[Any]:
    """Return a value of a column as it stands in a statement: a database sees which partial index has its rows."""
    return literal_column(f"'{value}'", column.type)


def not_first(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column by which SQLite looks up no rows: what is asked beside it leads to fewer.

    SQLite does not count its rows by itself, and would go through all pairs of a round for a few letters.
    """
    found = _NotFirst(column)
    found.type = column.type
    return found


def by_row(
    column: Column[Any] | ColumnElement[Any], name: str, told: str, type_: TypeEngine[Any]
) -> ColumnElement[Any]:
    """Return for each row what was told of it: the value of the list ``told`` where ``name`` has its column's."""
    found = _ByRow(column, _bind(name, column.type), _bind(told, type_))
    found.type = type_
    return found


def _is_server(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, default=datetime.isoformat, ensure_ascii=False)


def _told(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """The rows that are told as JSON, as a table of columns of the same types."""
    columns = [column(name, table.c[name].type) for name in names]
    rows = func.json_to_recordset(bindparam("rows", type_=String()).cast(JSON))
    return rows.table_valued(*columns).render_derived("told", with_types=True)


@cache
def _put_one(table: Table) -> Insert:
    return insert(table)


@cache
def _put_all(table: Table, names: tuple[str, ...]) -> Insert:
    told = _told(table, names)
    return insert(table).from_select(names, select(*(told.c[name] for name in names)))


@cache
def _change_all(table: Table, by: tuple[str, ...], names: tuple[str, ...]) -> Update:
    told = _told(table, names)
    values = {name: told.c[name] for name in names if name not in by}
    return update(table).where(*(table.c[name] == told.c[name] for name in by)).values(values)


@cache
def _change_one(table: Table, by: tuple[str, ...], names: tuple[str, ...]) -> Update:
    values = {name: bindparam(name, type_=table.c[name].type) for name in names if name not in by}
    these = (table.c[name] == bindparam(f"_{name}", type_=table.c[name].type) for name in by)
    return update(table).where(*these).values(values)


def _bind(name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    return bindparam(name, type_=_List(type_))
