"""A database of its own for what is measured: a file, or one of a PostgreSQL as the tests start theirs."""

import shutil
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
    with tempfile.TemporaryDirectory() as folder, _within(folder) as database:
        prepare(database)
        yield database


@contextmanager
def a_copy(of: Database) -> Iterator[Database]:
    """Of such a file, and of the keys beside it, as it stands when nobody writes."""
    of.engine.dispose()  # who leaves last puts what is in the log into the file
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(Path(str(of.engine.url.database)).parent, folder, dirs_exist_ok=True)
        with _within(folder) as database:
            yield database


@contextmanager
def _within(folder: str) -> Iterator[Database]:
    database = Database.at(f"sqlite:///{folder}/measured.db")
    yield database
    database.engine.dispose()
