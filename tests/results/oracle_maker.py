"""The published numbers, and what it means to reproduce one."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

ORACLES = Path(__file__).parents[1] / "oracles"


def oracle(name: str) -> dict[str, Any]:
    """One file of published numbers."""
    found: dict[str, Any] = json.loads((ORACLES / f"{name}.json").read_text("utf-8"))
    return found


def printed(value: float, places: int = 0) -> Any:
    """Equal up to half a unit of the last printed digit (a table prints at least ``places``: JSON drops zeros)."""
    last = Decimal(str(value)).as_tuple().exponent
    assert isinstance(last, int)
    return pytest.approx(value, rel=1e-12, abs=0.5000001 * 10.0 ** min(last, -places))
