"""Alembic's entry: one engine, handed in by `orchestrator.schema` or made from the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from orchestrator.db import UtcDateTime, make_engine
from orchestrator.models import Base
from orchestrator.settings import Settings
from orchestrator.vault import Vault

LOCK_SECONDS: int = context.config.attributes.get("lock_seconds", 5)
UPGRADE_SECONDS = 4 * 3600.0


def _as_plain_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    # A migration must not change when our own column type does.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Let SQLite rebuild a table that others refer to: it does so by dropping it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")  # has no effect once a transaction has begun
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


@contextmanager
def _giving_way(connection: Connection) -> Iterator[None]:
    """On PostgreSQL take hours for an index, but wait for no table longer than `LOCK_SECONDS`.

    Whoever waits for a table makes everybody else wait behind it: then rather all is undone, to be tried again.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    raw: Any = connection.connection.driver_connection
    usual = getattr(raw, "patience", None)
    raw.patience = UPGRADE_SECONDS
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    connection.commit()
    try:
        yield
    finally:
        raw.patience = usual
        connection.rollback()
        connection.exec_driver_sql("RESET lock_timeout")
        connection.commit()


def _require_whole(connection: Connection) -> None:
    """Refuse an upgrade that leaves rows that refer to nothing, before it is committed."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if lost:
            raise RuntimeError(f"this upgrade would leave rows that refer to nothing: {lost[:3]}")


engine = context.config.attributes.get("engine") or make_engine(Settings.from_env().database)
context.config.attributes.setdefault("vault", None)
if context.config.attributes["vault"] is None:
    context.config.attributes["vault"] = Vault(Settings.from_env().keys)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=_as_plain_type,
    )
    with _giving_way(connection), _without_foreign_keys(connection):
        with context.begin_transaction():
            context.run_migrations()
        _require_whole(connection)
        if connection.in_transaction():
            connection.commit()
