"""docs/results-json.md tells of every key and name that the JSON has."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import report_makers as make

from profiles.factors import Factor
from results import files
from results.document import findings_document, results_document
from results.looks import Look, RoundLooks, judged
from results.looks import document as looks_document
from results.statistics import Counts, Findings, analyse
from results.statistics.arms import Sets
from results.statistics.designs import analyse_inquiries, analyse_sets, analyse_values
from results.statistics.looks import LookPlan
from results.statistics.unpaired import Arms

PAGE = (Path(__file__).parents[2] / "docs" / "results-json.md").read_text(encoding="utf-8")
TOLD = set(re.findall(r"`([a-z_0-9]+)`", PAGE))
HALF = Counts(5, 9, 3, 8)
WHOLE = analyse(
    Counts(10, 18, 6, 16),
    advertisers=[[5, 9, 3, 8]] * 2,
    strata={"a": HALF, "b": HALF},
    orders=(HALF, HALF),
    all_methods=True,
)


def test_every_key_of_the_document_is_told() -> None:
    document = results_document(WHOLE, excluded={}, design_digest=None, seed=None)
    told = {*document, *document["counts"], *document["estimates"][0], *document["tests"][0], *document["groups"][0]}
    assert told - TOLD == set()


def test_every_key_of_the_looks_is_told() -> None:
    pairs = [(f"P-{place}", place < 25, False) for place in range(30)]
    bare = RoundLooks(LookPlan((30, 60)), (), tuple(code for code, _, _ in pairs))
    seen = Look(1, 30, datetime(2026, 9, 20, tzinfo=UTC), "anna", bare.settled or (), judged(bare, pairs, 30))
    document = looks_document(replace(bare, opened=(seen,)), pairs)
    opened = document["opened"]
    assert isinstance(opened, list)
    assert {"looks", *document, *opened[0]} - TOLD == set()
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def keys(value: object) -> Iterator[str]:
    """Every key at any depth; net differences by level of a factor have keys of the data, not of the document."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from () if key == "nets" else keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from keys(each)


def whole_round() -> dict[str, Any]:
    """A round in which every section has something to tell."""
    found = files.results_of(make.full_round(factor=Factor.INCOME))["round"]
    many = files.results_of(make.table(make.pairs(60, 30, 5, 25, advertisers=60)))["round"]
    return found | {"bias": found["bias"] | {"lowest_share": many["bias"]["lowest_share"]}}


def test_every_key_and_code_of_a_closed_round_is_told() -> None:
    told = whole_round()
    assert all((told["bias"]["lowest_share"], told["noise"], told["answer_times"]))
    assert set(keys(told)) - TOLD == set()
    codes = {each[key] for each in walk(told["bias"]) for key in ("reason", "factor") if key in each}
    codes |= {each["name"] for each in told["bias"]["choices"]}
    assert codes - TOLD == set()
    estimates = [each for each in walk(told) if "convention" in each]
    assert {each[key] for each in estimates for key in ("name", "over")} - TOLD == set()


def walk(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(each)


HOURS = np.array([1.0, 2, 3, 1])
OTHERS = {
    "sets": analyse_sets(
        Sets(("c", "x", "y"), {(True, False, True): 4, (False, True, True): 3, (True, False, False): 5})
    ),
    "unpaired": analyse_inquiries(Arms(9, 20, 5, 20), 0.95, [[5, 10, 2, 10], [4, 10, 3, 10]], {"a": (9, 20, 5, 20)}),
    "values": analyse_values(HOURS, HOURS[::-1].copy()),
}


@pytest.mark.parametrize("findings", [WHOLE, *OTHERS.values()], ids=["paired", *OTHERS])
def test_every_name_and_denominator_of_an_estimate_is_told(findings: Findings) -> None:
    assert {name for each in findings.estimates for name in (each.name, each.over)} - TOLD == set()


@pytest.mark.parametrize("design", OTHERS)
def test_every_design_is_told(design: str) -> None:
    document = findings_document(OTHERS[design], design, {}, excluded={})
    assert document["design"] in TOLD
