"""The fault tests tell what they broke, and in what; see also `tests/conftest.py` for runs on several processes."""

import pytest
from report import Report


def pytest_sessionfinish(session: pytest.Session) -> None:
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["faults"] = list(Report.of(session.config).told())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := list(Report.of(config).told()):
        terminalreporter.section("faults")
        terminalreporter.write("\n".join([*lines, ""]))
