"""The JSON document of a round: the same keys, the same order, and only plain finite values."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.document import results_document
from results.statistics import Analysis, Counts, analyse

cell = st.integers(0, 50)


def document(analysis: Analysis, **given: object) -> dict[str, object]:
    facts = {"excluded": {"withdrawn": 2, "duplicate": 1}, "design_digest": "ab12", "seed": 7, **given}
    return results_document(analysis, **facts)  # type: ignore[arg-type]


def test_the_document_has_exactly_the_agreed_keys() -> None:
    found = document(analyse(Counts(464, 307, 80, 1883)), market_truth={"net_discrimination": 0.08})
    assert list(found) == [
        "counts",
        "excluded",
        "estimates",
        "tests",
        "design_digest",
        "seed",
        "market_truth",
        "design",
        "groups",
        "not_computed",
    ]
    assert found["counts"] == {"c11": 464, "c10": 307, "c01": 80, "c00": 1883}
    assert list(found["excluded"].items()) == [("duplicate", 1), ("withdrawn", 2)]  # type: ignore[attr-defined]
    assert (found["design_digest"], found["seed"]) == ("ab12", 7)
    assert found["market_truth"] == {"net_discrimination": 0.08}


def test_every_estimate_and_test_has_exactly_the_agreed_fields() -> None:
    found = document(analyse(Counts(464, 307, 80, 1883)))
    fields = ["name", "over", "value", "low", "high", "level", "n", "method", "convention"]
    assert all(list(estimate) == fields for estimate in found["estimates"])  # type: ignore[attr-defined]
    assert all(list(test) == ["name", "p", "statistic", "df", "note"] for test in found["tests"])  # type: ignore[attr-defined]


def test_the_agreed_names_denominators_and_methods_are_all_there() -> None:
    estimates = analyse(Counts(464, 307, 80, 1883)).estimates
    assert [(e.name, e.over, e.method) for e in estimates] == [
        ("net_discrimination", "all", "tango"),
        ("net_discrimination", "all", "newcombe10"),
        ("net_discrimination", "all", "bonett_price"),
        ("net_discrimination", "all", "agresti_min"),
        ("net_discrimination", "all", "wald"),
        ("net_discrimination", "usable", "tango"),
        ("net_discrimination", "relative", "bonett_price"),
        ("gross_discrimination", "all", "wilson"),
        ("gross_discrimination", "usable", "wilson"),
        ("gross_favourable", "all", "wilson"),
        ("rate_control", "all", "wilson"),
        ("rate_treatment", "all", "wilson"),
        ("odds_ratio", "discordant", "midp"),
        ("rate_ratio", "all", "bonett_price"),
    ]


@pytest.mark.long
@given(st.builds(Counts, cell, cell, cell, cell).filter(lambda counts: counts.n > 0))
def test_any_table_gives_strict_json_that_reads_back_the_same(counts: Counts) -> None:
    found = document(analyse(counts, all_methods=True))
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text) == found
    assert json.dumps(document(analyse(counts, all_methods=True)), allow_nan=False) == text


def test_a_file_of_counts_has_no_digest_seed_or_market() -> None:
    found = document(analyse(Counts(1, 2, 3, 4)), excluded={}, design_digest=None, seed=None)
    assert (found["excluded"], found["design_digest"], found["seed"], found["market_truth"]) == ({}, None, None, None)


def test_a_number_that_is_not_finite_never_leaves_the_house() -> None:
    analysis = analyse(Counts(1, 2, 3, 4))
    broken = replace(analysis, estimates=(replace(analysis.estimates[0], high=float("inf")),))
    with pytest.raises(ValueError, match="not a finite number"):
        document(broken)
