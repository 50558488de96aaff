"""A database of its own for what is measured: a file, or one of a PostgreSQL as the tests start theirs."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.db import Database
from orchestrator.schema import prepare

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from servers import Away, OwnPostgres, own_postgres


@contextmanager
def postgres() -> Iterator[OwnPostgres]:
    """Start one and stop it; `SystemExit` says why there can be none on this machine."""
    try:
        server = own_postgres(durable=True)
    except Away as why:
        raise SystemExit(f"no PostgreSQL: {why}") from why
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def a_file() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database.at(f"sqlite:///{folder}/measured.db")
        prepare(database)
        yield database
        database.engine.dispose()
