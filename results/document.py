"""Results for machines: one JSON document with everything that was counted and computed (docs/results-json.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from math import isfinite
from typing import Any

from results.statistics import Analysis, Estimate, TestResult
from results.statistics.findings import Findings, Group
from results.statistics.unpaired import Arms


def results_document(
    analysis: Analysis,
    *,
    excluded: Mapping[str, int],
    design_digest: str | None,
    seed: int | None,
    market_truth: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document of pairs: ``counts`` are {c11, c10, c01, c00}; see ``findings_document``."""
    return findings_document(
        analysis,
        "paired",
        asdict(analysis.counts),
        excluded=excluded,
        design_digest=design_digest,
        seed=seed,
        market_truth=market_truth,
    )


def findings_document(
    findings: Findings,
    design: str,
    counts: Mapping[str, Any],
    *,
    excluded: Mapping[str, int],
    design_digest: str | None = None,
    seed: int | None = None,
    market_truth: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Plain JSON values in a fixed order: ``json.dumps(..., allow_nan=False)`` accepts them.

    ``excluded`` {reason: pairs}; ``estimates`` as ``Estimate``; ``tests`` of {name, p, statistic, df, note};
    ``design_digest`` and ``seed`` (None for a file of one's own); ``market_truth``, which only a rehearsal knows;
    ``design``; ``groups`` of {kind, name, counts, estimates, tests}; ``not_computed`` of {name, reason}. Raises
    ValueError when a number is not finite.
    """
    return {
        "counts": dict(counts),
        "excluded": {reason: int(excluded[reason]) for reason in sorted(excluded)},
        "estimates": [estimate_entry(estimate) for estimate in findings.estimates],
        "tests": [test_entry(test) for test in findings.tests],
        "design_digest": design_digest,
        "seed": seed,
        "market_truth": None if market_truth is None else dict(market_truth),
        "design": design,
        "groups": [group_entry(group) for group in findings.groups],
        "not_computed": [asdict(absent) for absent in findings.absent],
    }


def group_entry(group: Group) -> dict[str, Any]:
    """A part of the data with its own numbers."""
    return {
        "kind": group.kind,
        "name": group.name,
        "counts": asdict(group.counts),
        "estimates": [estimate_entry(estimate) for estimate in group.estimates],
        "tests": [test_entry(test) for test in group.tests],
    }


def estimate_entry(estimate: Estimate) -> dict[str, Any]:
    """An estimate as it is; ValueError when a number is not finite."""
    return _finite(asdict(estimate), estimate)


def test_entry(test: TestResult) -> dict[str, Any]:
    """A test with its degrees of freedom, None where it has none; ValueError when a number is not finite."""
    told = {"name": test.name, "p": test.p, "statistic": test.statistic}
    return _finite({**told, "df": getattr(test, "df", None), "note": test.note}, test)


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
                "estimates": [estimate_entry(estimate) for estimate in estimates],
                "tests": [test_entry(test) for test in tests],
            }
            for treatment, (arms, estimates, tests) in compared.items()
        },
        "excluded": {reason: int(excluded[reason]) for reason in sorted(excluded)},
        "design_digest": design_digest,
        "seed": seed,
        "market_truth": None if market_truth is None else dict(market_truth),
    }


def _finite(entry: dict[str, Any], source: Estimate | TestResult) -> dict[str, Any]:
    if not all(isfinite(value) for value in astuple(source) if isinstance(value, float)):
        raise ValueError(f"a result is not a finite number: {source}")
    return entry
