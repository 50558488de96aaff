"""A PostgreSQL of our own for what is measured on one, as the tests start theirs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
