"""What every test gets: no way out of this machine, no settings of the person who runs it, and databases to use."""

import ipaddress
import os
import secrets
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.db import Database
from orchestrator.models import Base, Control
from orchestrator.schema import prepare

# The makers of a round are used by the tests of three rooms.
sys.path.append(str(Path(__file__).parent / "orchestrator"))

# Read before `_no_settings` clears what this person set.
POSTGRES_SETTING = "PRAKTIJKTEST_TEST_POSTGRES"
POSTGRES = make_url(os.environ.get(POSTGRES_SETTING, "postgresql+psycopg://127.0.0.1:5432/test"))

_connect = socket.socket.connect


class ReachedOut(AssertionError):
    """A test tried to reach beyond loopback."""


def _guarded(self: socket.socket, address: object) -> None:
    if self.family != socket.AF_UNIX:
        host = str(address[0])  # type: ignore[index]
        if host != "localhost" and not ipaddress.ip_address(host.split("%")[0]).is_loopback:
            raise ReachedOut(f"a test tried to reach {address}")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _guarded)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("PRAKTIJKTEST_"):
            monkeypatch.delenv(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    about = "inject 200 faults into real worker processes, and into the naive mode beside them (about 13 minutes)"
    parser.addoption("--faults", action="store_true", help=about)


def pytest_report_header() -> str:
    return _databases()


_told_of_faults: list[str] = []


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what the fault tests had to tell, when another process ran them."""
    _told_of_faults.extend(getattr(node, "workeroutput", {}).get("faults", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _told_of_faults:
        terminalreporter.section("faults")
        terminalreporter.write("\n".join([*_told_of_faults, ""]))
    # Quiet runs, ours by default, have no header.
    if not terminalreporter.showheader:
        terminalreporter.write_line(_databases())


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty, prepared database: a SQLite file, and PostgreSQL where it can be reached."""
    made: Database = request.getfixturevalue(f"_{request.param}")
    with made.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        session.add(Control(id=1, sending_enabled=True))
    return made


@pytest.fixture(scope="session")
def blank_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared file, to be copied: that is much faster than migrating once more."""
    file = tmp_path_factory.mktemp("blank") / "praktijktest.db"
    made = Database.at(f"sqlite:///{file}")
    prepare(made)
    made.engine.dispose()
    return file


@pytest.fixture(scope="session")
def _sqlite(blank_sqlite: Path) -> Iterator[Database]:
    # One engine for all tests: it remembers the SQL it wrote, and writing SQL is what takes the time.
    made = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, blank_sqlite.with_name('used.db'))}")
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def _postgresql() -> Iterator[Database]:
    """A prepared schema of our own, dropped at the end; nothing else on the server is touched."""
    server, reason = _server()
    if server is None:
        pytest.skip(reason)
    schema = f"proef_{os.getpid()}_{secrets.token_hex(4)}"
    outside = create_engine(POSTGRES)
    with outside.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    made = Database.at(_within(schema).render_as_string(hide_password=False))
    prepare(made)
    yield made
    made.engine.dispose()
    with outside.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    outside.dispose()


def _within(schema: str) -> URL:
    # A test that waits for a lock for so long has found a deadlock of its own.
    return POSTGRES.update_query_dict({"options": f"-csearch_path={schema} -clock_timeout=15s"})


@cache
def _server() -> tuple[str | None, str]:
    """The version of the PostgreSQL server, or None and why there is none."""
    engine = create_engine(POSTGRES, connect_args={"connect_timeout": 2})
    try:
        with engine.connect() as connection:
            return str(connection.scalar(text("SHOW server_version"))).split()[0], ""
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return None, f"no PostgreSQL at {POSTGRES.render_as_string()}: {why} (set {POSTGRES_SETTING} to choose another)"
    finally:
        engine.dispose()


def _databases() -> str:
    server, reason = _server()
    return f"databases: SQLite {sqlite3.sqlite_version}, {f'PostgreSQL {server}' if server else reason}"
