"""The published numbers, and what it means to reproduce one."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

ORACLES = Path(__file__).parents[1] / "oracles"
INTERVALS = {
    "tango": ("net_discrimination", "all", "tango"),
    "newcombe_method10": ("net_discrimination", "all", "newcombe10"),
    "bonett_price": ("net_discrimination", "all", "bonett_price"),
    "agresti_min": ("net_discrimination", "all", "agresti_min"),
    "wald": ("net_discrimination", "all", "wald"),
    "wald_cc": ("net_discrimination", "all", "wald_cc"),
    "rr_bonett_price": ("rate_ratio", "all", "bonett_price"),
    "rr_tang": ("rate_ratio", "all", "tang"),
    "rr_mover_wilson": ("rate_ratio", "all", "mover_wilson"),
    "rr_wald": ("rate_ratio", "all", "wald"),
    "or_clopper_pearson": ("odds_ratio", "discordant", "clopper_pearson"),
    "or_midp": ("odds_ratio", "discordant", "midp"),
    "or_wilson": ("odds_ratio", "discordant", "wilson"),
    "or_wald": ("odds_ratio", "discordant", "wald"),
    "net_tango": ("net_discrimination", "all", "tango"),
    "net_newcombe10": ("net_discrimination", "all", "newcombe10"),
    "net_bonett_price": ("net_discrimination", "all", "bonett_price"),
    "net_agresti_min": ("net_discrimination", "all", "agresti_min"),
    "net_wald": ("net_discrimination", "all", "wald"),
    "ndr_tango_3cell": ("net_discrimination", "usable", "tango"),
    "ratio_bonett_price": ("rate_ratio", "all", "bonett_price"),
}
"""What the file calls an interval, and which of ours it is: name, denominator and method."""


def oracle(name: str) -> dict[str, Any]:
    """One file of published numbers."""
    found: dict[str, Any] = json.loads((ORACLES / f"{name}.json").read_text("utf-8"))
    return found


def printed(value: float, places: int = 0) -> Any:
    """Equal up to half a unit of the last printed digit (a table prints at least ``places``: JSON drops zeros)."""
    last = Decimal(str(value)).as_tuple().exponent
    assert isinstance(last, int)
    return pytest.approx(value, rel=1e-12, abs=0.5000001 * 10.0 ** min(last, -places))
