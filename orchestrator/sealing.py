"""Columns of which the database holds only a sealed value: a row reads and writes them as if they were plain.

They are sealed as the transaction commits: then the number of the row, to which a value is bound, is known, and all
keys of the transaction are made at once. A query can neither select nor compare them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Generic, Self, TypeVar, cast, overload

from sqlalchemy import func, select
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session, object_mapper, object_session

from orchestrator.db import VAULT
from orchestrator.vault import HEAD_BYTES, DataKey, Vault, key_of, seal, unseal
from profiles.errors import Refused

T = TypeVar("T", bound=str | bytes | None)

GONE = "(verwijderd volgens de bewaartermijn)"
"""What is read where a text was destroyed."""

_WAITING = "rows to seal in this transaction"
_PLAIN, _OPENED, _KEYS = "_plain", "_opened", "_vault"


class Sealing:
    """A row with sealed values; one data key serves all of them for as long as the row lives."""

    def sealed(self) -> dict[str, bytes]:
        """Return the sealed values that are there, by the name of their column."""
        told = {name: getattr(self, name) for name in sealed_columns(type(self))}
        return {name: value for name, value in told.items() if value is not None}


class Sealed(Generic[T]):
    """A value that the database holds sealed, in the column ``<name>_sealed``; ``gone`` is read where there is none."""

    def __init__(self, gone: T) -> None:
        self.gone = gone
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def column(self) -> str:
        return f"{self.name}_sealed"

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: Sealing, owner: type) -> T: ...
    def __get__(self, row: Sealing | None, owner: type) -> Self | T:
        if row is None:
            return self
        if self.name in (waiting := row.__dict__.get(_PLAIN, {})):
            return cast("T", waiting[self.name])
        return self._opened(row, getattr(row, self.column))

    def __set__(self, row: Sealing, value: T) -> None:
        if value is None:
            row.__dict__.get(_PLAIN, {}).pop(self.name, None)
            setattr(row, self.column, None)
            return
        row.__dict__.setdefault(_PLAIN, {})[self.name] = value
        if session := object_session(row):
            _await(session, row)

    def _opened(self, row: Sealing, sealed: bytes | None) -> T:
        if sealed is None:
            return self.gone
        if not self.is_open(row):
            number = key_of(sealed)
            self.open(row, _vault_of_row(row).find([number]).get(number))
        return cast("T", row.__dict__[_OPENED][self.name][1])

    def is_open(self, row: Sealing) -> bool:
        """Say whether reading this value asks nothing of the keys: it was opened, or there is none."""
        sealed, last = getattr(row, self.column), row.__dict__.get(_OPENED, {}).get(self.name)
        return sealed is None or (last is not None and last[0] is sealed)

    def open(self, row: Sealing, key: DataKey | None) -> None:
        """Open the value of a row with its key, or without one as what is gone."""
        sealed = getattr(row, self.column)
        row.__dict__.setdefault(_OPENED, {})[self.name] = (sealed, self.read(place(row, self.column), sealed, key))

    def read(self, where: str, sealed: bytes, key: DataKey | None) -> T:
        """Return what was sealed at this place; what is gone, without a key."""
        if key is None:
            return self.gone
        plain = unseal(key, where, sealed)
        return cast("T", plain if isinstance(self.gone, bytes) else plain.decode())


def sealed_columns(row: type) -> list[str]:
    """Return the columns of a table that hold sealed values."""
    return [each.column for each in _values(row)]


def open_all(session: Session, rows: Iterable[Sealing]) -> None:
    """Open the values of all these rows with one question for their keys, where reading them asks one each."""
    kinds = ((row, cast("type", type(row))) for row in rows)
    shut = [(row, each) for row, kind in kinds for each in _values(kind) if not each.is_open(row)]
    numbers = [key_of(getattr(row, each.column)) for row, each in shut]
    keys = vault_of(session).find(set(numbers)) if shut else {}
    for (row, each), number in zip(shut, numbers, strict=True):
        each.open(row, keys.get(number))


def opened(session: Session, model: type[Sealing], value: Sealed[T], sealed: Mapping[int, bytes]) -> dict[int, T]:
    """Open this value of several rows that were not loaded, by the number of the row, as `open_all` does."""
    keys = vault_of(session).find({key_of(each) for each in sealed.values()}) if sealed else {}
    return {
        number: value.read(_bound(model, value.column, number), each, keys.get(key_of(each)))
        for number, each in sealed.items()
    }


def sealed_rows(session: Session, model: type, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield new rows, that have their numbers, as the database holds them; each gets a key of its own."""
    for row, key in zip(rows, vault_of(session).make(len(rows)), strict=True):
        told = dict(row)
        for each in _values(model):
            where = _bound(model, each.column, row["id"])
            told[each.column] = seal(key, where, _bytes(told.pop(each.name)))
        yield told


@cache
def _values(row: type) -> list[Sealed[Any]]:
    return [each for kind in row.__mro__ for each in vars(kind).values() if isinstance(each, Sealed)]


def place(row: Any, column: str) -> str:
    """Return what a sealed value is bound to: the table, the column and the row."""
    return _bound(row, column, _number(row))


def _bound(table: Any, column: str, number: Any) -> str:
    return f"{table.__tablename__}.{column}:{number}"


def _bytes(plain: str | bytes) -> bytes:
    return plain.encode() if isinstance(plain, str) else plain


def _number(row: Any) -> Any:
    """Return what a row is known by in its table, whatever that column is called; None before it has one."""
    (number,) = object_mapper(row).primary_key_from_instance(row)
    return number


def vault_of(session: Session) -> Vault:
    """Return the keys with which this session seals; raise `Refused` for a session of nobody's database."""
    vault = session.info.get(VAULT)
    if not isinstance(vault, Vault):
        raise Refused("no-keys", "Deze verbinding weet niet waar de sleutels zijn.")
    return vault


def index_of(session: Session, said: str) -> str:
    """Return by what a sealed address is found: its fingerprint, that says nothing without our keys."""
    return vault_of(session).fingerprint(said).hex()


def key_ids(session: Session, model: type[Sealing], *where: Any) -> set[bytes]:
    """Return the ids of the data keys of these rows, without loading what is sealed."""
    found: set[bytes] = set()
    for name in sealed_columns(model):
        column = getattr(model, name)
        heads = session.scalars(select(func.substr(column, 1, HEAD_BYTES)).where(column.is_not(None), *where))
        found |= {bytes(head)[1:] for head in heads}
    return found


def _vault_of_row(row: Sealing) -> Vault:
    if (known := row.__dict__.get(_KEYS)) is not None:
        return cast("Vault", known)
    session = object_session(row)
    if session is None:
        raise Refused("no-keys", "Deze rij hoort bij geen verbinding.")
    return vault_of(session)


def _await(session: Session, row: Sealing) -> None:
    session.info.setdefault(_WAITING, []).append(row)


@listens_for(Sealing, "load", propagate=True)
def _remember_keys(row: Sealing, context: Any) -> None:
    row.__dict__[_KEYS] = context.session.info.get(VAULT)


@listens_for(Session, "after_attach")
def _attached(session: Session, row: object) -> None:
    if isinstance(row, Sealing) and row.__dict__.get(_PLAIN):
        _await(session, row)


@listens_for(Session, "before_commit")
def _seal_all(session: Session) -> None:
    """Seal what waits, before the ledger takes its lock: who holds that one waits for nobody.

    Rows that have their number already are then written once, others twice.
    """
    if not session.info.get(_WAITING):
        return
    if any(_number(row) is None for row in session.info[_WAITING]):
        session.flush()
    waiting = {id(row): row for row in session.info.pop(_WAITING)}.values()
    rows = [row for row in waiting if row.__dict__.get(_PLAIN) and row in session]
    if not rows:
        return
    for row, key in zip(rows, _keys(vault_of(session), rows), strict=True):
        for name, value in row.__dict__.pop(_PLAIN).items():
            column = f"{name}_sealed"
            sealed = seal(key, place(row, column), _bytes(value))
            setattr(row, column, sealed)
            row.__dict__.setdefault(_OPENED, {})[name] = (sealed, value)
    session.flush()


def _keys(vault: Vault, rows: Collection[Sealing]) -> Iterator[DataKey]:
    """Yield the key of each row: the one it has, or a new one."""
    ids = [next((key_of(each) for each in row.sealed().values()), b"") for row in rows]
    known = vault.find(set(filter(None, ids)))
    made = iter(vault.make(sum(number not in known for number in ids)))
    for number in ids:
        yield known[number] if number in known else next(made)


@listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    for row in session.info.pop(_WAITING, ()):
        row.__dict__.pop(_PLAIN, None)
