"""What every test gets: no way out of this machine, no settings of the person who runs it, and databases to use."""

import gc
import ipaddress
import os
import secrets
import shutil
import socket
import sqlite3
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from servers import Away, Postgres, a_postgres
from sqlalchemy import URL, create_engine, event, text
from sqlalchemy.orm import ORMExecuteState

from orchestrator.db import Database, Session
from orchestrator.garbage import collect_less
from orchestrator.master_keys import Keys
from orchestrator.models import Base, Control
from orchestrator.schema import prepare

# The makers of a round are used by the tests of three rooms.
sys.path.append(str(Path(__file__).parent / "orchestrator"))

# How long one example takes tells of the load of the machine, not of the code. Who runs the tests of a commit again
# gets the same answer; other examples are looked for with --hypothesis-profile=exploring.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("exploring", deadline=None, derandomize=False)
settings.load_profile("house")

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


class WroteWhileReading(AssertionError):
    """A session that only reads locked a row or stored something: SQLite lets that pass, PostgreSQL refuses it."""


@event.listens_for(Session, "do_orm_execute")
def _locks_nothing(asked: ORMExecuteState) -> None:
    locks = getattr(asked.statement, "_for_update_arg", None) is not None
    if _reads(asked.session) and (locks or asked.is_insert or asked.is_update or asked.is_delete):
        raise WroteWhileReading(str(asked.statement))


@event.listens_for(Session, "before_flush")
def _stores_nothing(session: Session, *_: object) -> None:
    if _reads(session) and (session.new or session.dirty or session.deleted):
        raise WroteWhileReading(f"{list(session.new)} {list(session.dirty)} {list(session.deleted)}")


def _reads(session: Session) -> bool:
    return bool(session.get_bind().get_execution_options().get("reading"))


DATABASES = ("sqlite", "postgresql")

FIRST = (
    "test_acceptance.py", "test_clock_steps.py", "test_partition.py", "test_cli_processes.py", "test_faults.py",
    "test_cli_rehearse.py", "test_journey.py", "test_pool.py", "test_accessibility.py", "test_setup_browser.py",
    "test_outlook.py", "test_relay.py", "test_cli_names.py",
)  # fmt: skip
"""Files of few tests that take long. They begin first, those that compute beside those that wait, or the run would end
with one process at work and the others idle."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("long"):
        _leave_out(config, items)
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


def pytest_collection_finish() -> None:
    """What was loaded stays till the end: no need to go through it for garbage again and again."""
    gc.freeze()
    collect_less()


def _leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what is run every day: what is not long, and of a test that is run on both databases one of the two.

    Who names a test gets it.
    """
    if any("::" in argument for argument in config.args):
        return
    both = Counter(_whichever(item) for item in items)
    spare = {item for item in items if "long" in item.keywords or (both[_whichever(item)] > 1 and _other_day(item))}
    config.hook.pytest_deselected(items=list(spare))
    _left_out.add(len(spare))
    items[:] = [item for item in items if item not in spare]


def _whichever(item: pytest.Item) -> str:
    """The name of a test, whichever its database is."""
    name = item.nodeid
    for database in DATABASES:
        name = name.replace(f"[{database}", "[").replace(f"-{database}", "-")
    return name


def _other_day(item: pytest.Item) -> bool:
    """Say whether this test is run on the other database, which its name decides: the same one in each process."""
    of_the_day = DATABASES[zlib.crc32(_whichever(item).encode()) % 2]
    return of_the_day not in item.nodeid.partition("[")[2]


SIGHTS = [(320, "en"), (1280, "nl"), (320, "nl"), (1280, "en")]
"""Widths and languages in which pages are looked at; the first, where things break soonest, by every run."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"width", "language"} <= set(metafunc.fixturenames):
        sights = SIGHTS if metafunc.config.getoption("long") else SIGHTS[:1]
        metafunc.parametrize(("width", "language"), sights)


def pytest_addoption(parser: pytest.Parser) -> None:
    about = "inject 200 faults into real worker processes, and into the naive mode beside them (about 13 minutes)"
    parser.addoption("--faults", action="store_true", help=about)
    about = "also what takes long, on both databases, and every page at both widths in both languages, as .ci/run does"
    parser.addoption("--long", action="store_true", help=about)
    about = "also twenty thousand changed inputs through every parser of outsiders' bytes (about a minute)"
    parser.addoption("--fuzz", action="store_true", help=about)
    parser.addoption("--pictures", metavar="FOLDER", help="keep pictures of the pages that a round's journey passes")


_told_of_faults: list[str] = []
_told_of_attacks: dict[str, list[str]] = {}

# The same in each process that runs tests.
_left_out: set[int] = set()

# In the order of their first use; each process that runs tests has its own.
_used: dict[str, None] = {}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what the tests had to tell, when another process ran them."""
    told = getattr(node, "workeroutput", {})
    _told_of_faults.extend(told.get("faults", ()))
    for section, lines in told.get("attacks", {}).items():
        _told_of_attacks.setdefault(section, []).extend(lines)
    _used.update(dict.fromkeys(told.get("servers", ())))
    _left_out.update(told.get("left_out", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["servers"], told["left_out"] = list(_used), list(_left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _told_of_faults:
        terminalreporter.section("faults")
        terminalreporter.write("\n".join([*_told_of_faults, ""]))
    for section, lines in _told_of_attacks.items():
        terminalreporter.section(section)
        terminalreporter.write("\n".join([*lines, ""]))
    for number in _left_out:
        terminalreporter.write_line(f"tests left to --long: {number}")
    # Which server it is, is known when it was first asked for.
    terminalreporter.write_line("; ".join([f"databases: SQLite {sqlite3.sqlite_version}", *_used]))


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Database:
    """An empty, prepared database: a SQLite file, and PostgreSQL where it can be reached."""
    made: Database = request.getfixturevalue(f"_{request.param}")
    _empty(made)
    with made.writing() as session:
        session.add(Control(id=1, sending_enabled=True))
    return made


def _empty(made: Database) -> None:
    """Empty all tables, at once: one by one that takes longer than many a test."""
    dialect, tables = made.engine.dialect, reversed(Base.metadata.sorted_tables)
    wiped = "".join(f"{table.delete().compile(dialect=dialect)};" for table in tables)
    with closing(made.engine.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        if dialect.name == "sqlite":
            driver.executescript(f"BEGIN; {wiped} COMMIT")
        else:
            driver.execute(wiped)
            driver.commit()


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
def postgres_server() -> Iterator[Postgres]:
    """The server of this run; one of our own begins at its first use and ends with the run."""
    try:
        server = a_postgres(own=False)
    except Away as error:
        pytest.skip(str(error))
    _used[f"PostgreSQL {server.version} ({server.origin})"] = None
    with pytest.MonkeyPatch.context() as patch:
        if server.tools:  # pg_dump and pg_restore are to be as old as the server
            patch.setenv("PATH", str(server.tools), prepend=os.pathsep)
        yield server
    server.stop()


@pytest.fixture(scope="session")
def _postgresql(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A prepared schema of our own, dropped at the end; nothing else on the server is touched."""
    schema = f"proef_{os.getpid()}_{secrets.token_hex(4)}"
    outside = create_engine(postgres_server.url)
    with outside.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    keys = Keys.beside(tmp_path_factory.mktemp("sleutels"))
    made = Database.at(_within(postgres_server.url, schema).render_as_string(hide_password=False), keys)
    prepare(made)
    yield made
    made.engine.dispose()
    with outside.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    outside.dispose()


def _within(url: URL, schema: str) -> URL:
    # A test that waits for a lock for so long has found a deadlock of its own.
    return url.update_query_dict({"options": f"-csearch_path={schema} -clock_timeout=15s"})
