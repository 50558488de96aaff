"""What the tests of this room share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine_makers import Planting, forget_statements

from orchestrator.db import Database


@pytest.fixture
def house(tmp_path: Path, blank_sqlite: Path) -> Iterator[Database]:
    """A SQLite file in a folder of its own, with its keys beside it."""
    made = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path / 'praktijktest.db')}")
    yield made
    made.engine.dispose()


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Planting]:
    """Puts wrong functions in the place of real ones until the test ends."""
    yield Planting(monkeypatch)
    monkeypatch.undo()
    forget_statements()
