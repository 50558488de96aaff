"""What a researcher takes home of a round: results.json and pairs.csv."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from orchestrator.design import Approach
from profiles.errors import Refused
from profiles.pairs import BOTH, Arm
from results import disclosure, looks, tables
from results.csv_cells import plain
from results.document import results_document, unpaired_document
from results.reports import figures, sections, unpaired
from results.round_document import round_entry
from results.tables import ArmRow, PairRow, RoundFacts, RoundTable

PAIR_COLUMNS = (
    "pair", "listing", "advertiser", "advertiser_kind", "district", "sham", "level", "first", "gap_hours", "state",
    "reason",
)  # fmt: skip
ARM_COLUMNS = ("name_set", "variant", "sent_at", "label", "outcome", "positive", "answer_hours")


def results_of(
    table: RoundTable, market_truth: Mapping[str, Any] | None = None, *, all_methods: bool = False
) -> dict[str, Any]:
    """Return the results document of a round, sham pairs apart.

    ``looks`` is None when none was declared, ``round`` holds the sections of a round of pairs. Raises `Refused` while
    its numbers are hidden, and when no pair counts.
    """
    disclosure.unblinded_round(table.facts.state, table.facts.round)
    table = tables.at_the_end(table)
    if table.facts.approach == Approach.UNPAIRED:
        return _unpaired(table, market_truth)
    rows = figures.real(table.rows)
    analysis = figures.analysed(rows, table.facts.level, all_methods=all_methods)
    if analysis is None:
        raise _nothing_usable(table.facts)
    found = sections.of_round(table)
    document = results_document(
        analysis,
        excluded=tables.excluded(rows),
        design_digest=table.facts.digest,
        seed=table.facts.seed,
        market_truth=market_truth,
    )
    seen = looks.document(table.looks, tables.counted(rows)) if table.looks else None
    return document | {"looks": seen, "round": round_entry(found) if found else None}


def _unpaired(table: RoundTable, market_truth: Mapping[str, Any] | None) -> dict[str, Any]:
    found = unpaired.comparisons(table.rows, table.facts.level)
    if not found:
        raise _nothing_usable(table.facts)
    return unpaired_document(
        {each.treatment: (each.arms, each.estimates, each.tests) for each in found},
        excluded=tables.excluded(table.rows),
        design_digest=table.facts.digest,
        seed=table.facts.seed,
        market_truth=market_truth,
    )


def _nothing_usable(facts: RoundFacts) -> Refused:
    return Refused(
        "no-usable-pairs",
        f"Ronde '{facts.round}' is {facts.state} en heeft geen geslaagde tests.",
        "Er is niets te berekenen; het onderzoeksrapport noemt waarom tests niet meetellen.",
    )


def results_json(table: RoundTable, market_truth: Mapping[str, Any] | None = None) -> str:
    """Return `results_of` as text; never a NaN."""
    return json.dumps(results_of(table, market_truth), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def arms_of(rows: Sequence[PairRow]) -> tuple[Arm, ...]:
    """Return the arms that have columns: both of a pair, and the further treatments that wrote."""
    return tuple(arm for arm in Arm if arm in BOTH or any(arm in row.arms for row in rows))


def pairs_csv(table: RoundTable) -> str:
    """Return one line per pair, sham pairs included and marked; times in UTC, no names of applicants.

    Raises `Refused` while the numbers of the round are hidden, for a line says what each arm got, and when not all
    consented to its purpose.
    """
    disclosure.unblinded_round(table.facts.state, table.facts.round)
    tables.require_purpose(table)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    arms = arms_of(table.rows)
    writer.writerow([*PAIR_COLUMNS, *(f"{arm}_{column}" for arm in arms for column in ARM_COLUMNS)])
    for row in table.rows:
        writer.writerow([as_text(value) for value in _values(row, arms)])
    return text.getvalue()


def _values(row: PairRow, arms: Sequence[Arm]) -> Iterator[object]:
    yield from (getattr(row, column) for column in PAIR_COLUMNS)
    for arm in arms:
        yield from _arm_values(row.arms.get(arm))


def _arm_values(arm: ArmRow | None) -> Iterator[object]:
    """The columns of an arm, empty for one that did not write."""
    yield from (getattr(arm, column, None) for column in ARM_COLUMNS)


def as_text(value: object) -> str:
    """Return a value as a cell of a CSV file: 1 and 0, hours in hundredths, times as ISO 8601, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.2f}"
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else str(plain(str(value)))
