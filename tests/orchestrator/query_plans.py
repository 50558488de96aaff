"""What a database is asked, and how SQLite goes about it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import event

from orchestrator.db import Database

Asked = tuple[str, Any]
"""A statement and its values, as the driver gets them."""


def overheard(database: Database) -> list[Asked]:
    """Return the list into which all comes that this database is asked from now on."""
    asked: list[Asked] = []
    for engine in (database.engine, database.reader):
        event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    return asked


def steps(database: Database, asked: Iterable[Asked]) -> list[str]:
    """Return every step of SQLite's plans of these."""
    with database.reading() as session:
        ask = session.connection().exec_driver_sql
        return [line.detail for told, values in list(asked) for line in ask(f"EXPLAIN QUERY PLAN {told}", values)]
