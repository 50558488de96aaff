"""The results of a round for machines: one JSON document with everything that was counted and computed."""

from collections.abc import Mapping
from dataclasses import asdict, astuple
from math import isfinite
from typing import Any

from results.statistics import Analysis, Estimate, TestResult


def results_document(
    analysis: Analysis,
    *,
    excluded: Mapping[str, int],
    design_digest: str | None,
    seed: int | None,
    market_truth: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Plain JSON values in a fixed order: ``json.dumps(..., allow_nan=False)`` accepts them.

    Keys: ``counts`` {c11, c10, c01, c00}; ``excluded`` {reason: pairs}; ``estimates`` as ``Estimate``; ``tests`` of
    {name, p, statistic}; ``design_digest`` and ``seed`` (None for a file of counts); ``market_truth``, which only a
    rehearsal knows. Raises ValueError when a number is not finite.
    """
    return {
        "counts": asdict(analysis.counts),
        "excluded": {reason: int(excluded[reason]) for reason in sorted(excluded)},
        "estimates": [_finite(asdict(estimate), estimate) for estimate in analysis.estimates],
        "tests": [
            _finite({"name": test.name, "p": test.p, "statistic": test.statistic}, test) for test in analysis.tests
        ],
        "design_digest": design_digest,
        "seed": seed,
        "market_truth": None if market_truth is None else dict(market_truth),
    }


def _finite(entry: dict[str, Any], source: Estimate | TestResult) -> dict[str, Any]:
    if not all(isfinite(value) for value in astuple(source) if isinstance(value, float)):
        raise ValueError(f"a result is not a finite number: {source}")
    return entry
