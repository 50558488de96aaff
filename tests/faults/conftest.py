"""What every fault test needs, and what they tell at the end; `tests/conftest.py` tells it for several processes."""

import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from house import closing_all
from processes import Nursery
from report import Report
from servers import POSTGRES, Away, Postgres, Redis, a_postgres, a_redis

# The mailbox is made by the makers of the tests that read it.
sys.path.append(str(Path(__file__).parents[1] / "workers"))


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> Iterator[tuple[Postgres, Redis]]:
    """The database server and the broker: our own, but in the short form those that are named."""
    long = request.config.getoption("faults")
    try:
        postgres = a_postgres(own=long or POSTGRES is None)
    except Away as error:
        pytest.skip(str(error))
    try:
        broker = a_redis(own=long)
    except Away as error:
        postgres.stop()
        pytest.skip(str(error))
    Report.of(request.config).services = (postgres, broker)
    with closing_all(broker.stop, postgres.stop):
        yield postgres, broker


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    with closing_all(made.close):
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    told = yield
    if told.when == "call" or (told.when == "setup" and not told.passed):
        Report.of(item.config).ended(item.path.stem, told.outcome)
    return told


def pytest_sessionfinish(session: pytest.Session) -> None:
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["faults"] = list(Report.of(session.config).told())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := list(Report.of(config).told()):
        terminalreporter.section("faults")
        terminalreporter.write("\n".join([*lines, ""]))
