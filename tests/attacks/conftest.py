"""What every attack needs: the makers of rounds and of visitors, and the tables that the run tells at its end."""

import sys
from pathlib import Path

import pytest
from attack_makers import TOLD

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE / "fuzz"), *(str(HERE.parent / room) for room in ("portal", "workers", "results"))]


def pytest_sessionfinish(session: pytest.Session) -> None:
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["attacks"] = session.config.stash.get(TOLD, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for section, lines in config.stash.get(TOLD, {}).items():
        terminalreporter.section(section)
        terminalreporter.write("\n".join([*lines, ""]))
