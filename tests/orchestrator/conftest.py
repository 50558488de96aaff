"""What the state machines of this room share."""

from collections.abc import Iterator

import pytest
from machine_makers import Planting, forget_statements


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Planting]:
    """Puts wrong functions in the place of real ones until the test ends."""
    yield Planting(monkeypatch)
    monkeypatch.undo()
    forget_statements()
