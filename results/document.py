"""The results of a round for machines: one JSON document with everything that was counted and computed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from math import isfinite
from typing import Any

from results.statistics import Analysis, Estimate, TestResult
from results.statistics.unpaired import Arms


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
        "tests": [_told(test) for test in analysis.tests],
        "design_digest": design_digest,
        "seed": seed,
        "market_truth": None if market_truth is None else dict(market_truth),
    }


def unpaired_document(
    compared: Mapping[str, tuple[Arms, Sequence[Estimate], Sequence[TestResult]]],
    *,
    excluded: Mapping[str, int],
    design_digest: str | None,
    seed: int | None,
    market_truth: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """As `results_document`, for a round in which each listing heard one arm: by treatment, beside the control.

    ``counts`` are {control_positive, control_n, treatment_positive, treatment_n}.
    """
    return {
        "unpaired": {
            str(treatment): {
                "counts": asdict(arms),
                "estimates": [_finite(asdict(estimate), estimate) for estimate in estimates],
                "tests": [_told(test) for test in tests],
            }
            for treatment, (arms, estimates, tests) in compared.items()
        },
        "excluded": {reason: int(excluded[reason]) for reason in sorted(excluded)},
        "design_digest": design_digest,
        "seed": seed,
        "market_truth": None if market_truth is None else dict(market_truth),
    }


def _told(test: TestResult) -> dict[str, Any]:
    return _finite({"name": test.name, "p": test.p, "statistic": test.statistic}, test)


def _finite(entry: dict[str, Any], source: Estimate | TestResult) -> dict[str, Any]:
    if not all(isfinite(value) for value in astuple(source) if isinstance(value, float)):
        raise ValueError(f"a result is not a finite number: {source}")
    return entry
