"""Counts and estimates as a document has them."""

from collections.abc import Mapping
from typing import Any

from results.releases import units
from results.statistics import Estimate


def cells(outcomes: Mapping[str, int], treatment: int = 0) -> dict[str, Any]:
    """Return the four cells of the control beside one treatment."""
    counts = units.counts(outcomes, treatment)
    return {"c11": counts.c11, "c10": counts.c10, "c01": counts.c01, "c00": counts.c00}


def estimate(found: Estimate | None) -> dict[str, Any] | None:
    """Return an estimate with its interval and its convention; None where there is none."""
    if found is None or found.value is None:
        return None
    return {
        "value": short(found.value),
        "low": short(found.low),
        "high": short(found.high),
        "level": found.level,
        "n": found.n,
        "method": found.method,
        "convention": found.convention,
    }


def short(value: float | None) -> float | None:
    """Four decimals: more than is ever shown, and the same on every machine."""
    return None if value is None else round(float(value), 4) + 0.0
