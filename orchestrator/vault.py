"""Envelope encryption: each record has its own data key, kept outside the database and wrapped by a master key.

A sealed value names the key of its record and is bound to its place (table, column and row), so that it opens nowhere
else. The wrapped data keys are in a store of their own that no backup of the database holds: whoever destroys a key
makes every backup forget that record too. See docs/privacy.md.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)

from orchestrator.db import CHECKPOINT, UtcDateTime, make_engine, some, tidy
from orchestrator.master_keys import Keys, Master, Ring
from profiles.errors import Refused

VERSION = b"\x01"
ID_BYTES, SECRET_BYTES, NONCE_BYTES = 16, 32, 12
HEAD_BYTES = len(VERSION) + ID_BYTES
BATCH = 500
INDEX_KEY = bytes(ID_BYTES)
"""The id of the one key that seals nothing: equal texts give equal fingerprints under it."""

_STORE_LOCK = 7_204_614  # any fixed number: PostgreSQL's advisory lock under which keys are added and wrapped anew
_STORE = MetaData()
_KEYS = Table(
    "data_key",
    _STORE,
    Column("id", LargeBinary(ID_BYTES), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("master", String(16), nullable=False, index=True),
    Column("made_at", UtcDateTime, nullable=False),
)
_WRAPPED = (_KEYS.c.id, _KEYS.c.wrapped, _KEYS.c.master)
_FIND = select(*_WRAPPED).where(_KEYS.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True)
class DataKey:
    """The key of one record, in clear: it is never stored so."""

    id: bytes
    secret: bytes


def seal(key: DataKey, place: str, plain: bytes) -> bytes:
    """Return the value sealed under the key of its record, for this place alone."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return VERSION + key.id + nonce + AESGCM(key.secret).encrypt(nonce, plain, place.encode())


def key_of(sealed: bytes) -> bytes:
    """Return the id of the key that a value was sealed with; raise `Refused` for what is no sealed value."""
    if sealed[:1] != VERSION or len(sealed) < HEAD_BYTES + NONCE_BYTES:
        raise Refused("not-sealed", "Wat hier staat, is geen versleutelde waarde van dit programma.")
    return sealed[len(VERSION) : HEAD_BYTES]


def unseal(key: DataKey, place: str, sealed: bytes) -> bytes:
    """Return what was sealed; raise `Refused` when it was changed, or moved to another place."""
    nonce, rest = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
    try:
        return AESGCM(key.secret).decrypt(nonce, rest, place.encode())
    except InvalidTag as error:
        message = f"De versleutelde waarde op {place} is gewijzigd of verplaatst."
        raise Refused(
            "sealed-broken", message, "Zet een back-up terug, en zoek uit wie bij de database kon."
        ) from error


class Vault:
    """The keys of one installation. Data keys are asked for each time: a destroyed one opens nothing."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._opening = Lock()

    @cached_property
    def _engine(self) -> Engine:
        engine = make_engine(self.keys.url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _overwrite_deleted)
        _STORE.create_all(engine)
        return engine

    @cached_property
    def _reader(self) -> Engine:
        return self._store.execution_options(reading=True)

    @property
    def _store(self) -> Engine:
        with self._opening:
            return self._engine

    def make(self, count: int) -> list[DataKey]:
        """Make keys for so many records; they are in the store before any record names them."""
        made = [DataKey(secrets.token_bytes(ID_BYTES), secrets.token_bytes(SECRET_BYTES)) for _ in range(count)]
        if not made:
            return made
        with self._adding() as (connection, ring):
            self._insert(connection, ring.newest, made)
        return made

    def find(self, ids: Collection[bytes]) -> dict[bytes, DataKey]:
        """Return those of these keys that were not destroyed."""
        found: dict[bytes, DataKey] = {}
        with self._reading() as connection:
            for these in some(ids):
                rows = connection.execute(_FIND, {"ids": these}).all()
                ring = self.keys.ring() if rows else None
                for row in rows:
                    assert ring is not None  # noqa: S101 - there are rows
                    found[row.id] = DataKey(row.id, ring.find(row.master).unwrap(row.id, row.wrapped))
        return found

    def destroy(self, ids: Collection[bytes]) -> int:
        """Destroy these keys for good; return how many there were."""
        count = 0
        with self._store.begin() as connection:
            for these in some(ids):
                count += connection.execute(delete(_KEYS).where(_KEYS.c.id.in_(these))).rowcount
        tidy(self._store, CHECKPOINT)  # the log beside a file held it too
        return count

    def fingerprint(self, said: str) -> bytes:
        """Return by what an address is looked up: the same for the same address, and of no use without our keys."""
        return self.exact(said.strip().casefold())

    def exact(self, said: str) -> bytes:
        """As `fingerprint`, of exactly this text: other capitals are another web address."""
        return hmac.digest(self._index, said.encode(), hashlib.sha256)

    def counts(self) -> Mapping[str, int]:
        """Return how many data keys each master key wraps, by its id."""
        with self._reading() as connection:
            rows = connection.execute(select(_KEYS.c.master, func.count()).group_by(_KEYS.c.master))
            return {str(master): int(count) for master, count in rows}

    def older_than(self, moment: datetime) -> set[bytes]:
        """Return the keys of records that were made before this moment."""
        with self._reading() as connection:
            rows = connection.scalars(select(_KEYS.c.id).where(_KEYS.c.made_at < moment, _KEYS.c.id != INDEX_KEY))
            return set(rows)

    def rewrap(self, most: int = BATCH) -> int:
        """Wrap some of the keys that an older master key wraps by the newest; return how many, 0 when it is done."""
        with self._adding() as (connection, ring):
            old = select(*_WRAPPED).where(_KEYS.c.master != ring.newest.id)
            rows = connection.execute(old.limit(most)).all()
            for row in rows:
                secret = ring.find(row.master).unwrap(row.id, row.wrapped)
                told = {"wrapped": ring.newest.wrap(row.id, secret), "master": ring.newest.id}
                connection.execute(update(_KEYS).where(_KEYS.c.id == row.id).values(told))
            if not rows:
                # Under the lock: nobody is adding a key that the older ones wrap.
                self.keys.drop_older()
        if not rows:
            tidy(self._store, CHECKPOINT)  # the log beside a file held it too
        return len(rows)

    def all_wrapped(self) -> Iterator[tuple[bytes, bytes, str, datetime]]:
        """Yield every key as it is stored: id, wrapped, id of its master key, when it was made."""
        with self._reading() as connection:
            for row in connection.execution_options(yield_per=BATCH).execute(select(_KEYS)):
                yield row.id, row.wrapped, row.master, row.made_at

    def take_in(self, rows: Iterable[tuple[bytes, bytes, str, datetime]]) -> int:
        """Fill an empty store with keys as they were stored; raise `Refused` when it is not empty."""
        count = 0
        with self._store.begin() as connection:
            if connection.scalar(select(func.count()).where(_KEYS.c.id != INDEX_KEY)):
                message = "Er zijn al sleutels. Oude erbij zetten zou terughalen wat vernietigd is."
                raise Refused("keys-there", message, "Zet een kopie alleen terug waar geen sleutels meer zijn.")
            # Who tried to sign in meanwhile had a new one made, that finds nobody.
            connection.execute(delete(_KEYS))
            for these in some(rows):
                connection.execute(insert(_KEYS), [dict(zip(_KEYS.c.keys(), row, strict=True)) for row in these])
                count += len(these)
        return count

    @cached_property
    def _index(self) -> bytes:
        if known := self.find([INDEX_KEY]):
            return known[INDEX_KEY].secret
        with self._adding() as (connection, ring):
            if connection.scalar(select(func.count()).where(_KEYS.c.id == INDEX_KEY)) == 0:
                self._insert(connection, ring.newest, [DataKey(INDEX_KEY, secrets.token_bytes(SECRET_BYTES))])
        return self.find([INDEX_KEY])[INDEX_KEY].secret

    @contextmanager
    def _adding(self) -> Iterator[tuple[Connection, Ring]]:
        """Hold the store alone, with the master keys as they are now: a rotation cannot pass in between."""
        with self._store.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _STORE_LOCK})
            fresh = connection.scalar(select(_KEYS.c.id).limit(1)) is None
            yield connection, self.keys.ring(may_make=fresh)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._reader.connect() as connection:
            yield connection

    def _insert(self, connection: Connection, master: Master, made: Iterable[DataKey]) -> None:
        now = datetime.now(UTC)
        rows = [(key.id, master.wrap(key.id, key.secret), master.id, now) for key in made]
        connection.execute(insert(_KEYS), [dict(zip(_KEYS.c.keys(), row, strict=True)) for row in rows])


def _overwrite_deleted(connection: object, record: object) -> None:  # noqa: ARG001
    connection.execute("PRAGMA secure_delete=ON")  # type: ignore[attr-defined]
