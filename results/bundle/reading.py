"""The data file of a bundle read back into rows, so that its headline can be computed again."""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import StringIO

from profiles.errors import BadInput, Problem
from profiles.factors import FactorLevel
from profiles.pairs import BOTH, Arm
from results.bundle.columns import pair_columns
from results.outcomes import Outcome
from results.tables import ArmRow, PairRow

Line = Mapping[str, str]


def read_pairs(text: str, file: str) -> tuple[PairRow, ...]:
    """Read what ``files.pairs_csv`` wrote; raise `BadInput` with the line of what is not of such a file."""
    lines = csv.DictReader(StringIO(text))
    needed = {each.name for each in pair_columns(BOTH)}
    try:
        there = set(lines.fieldnames or ())
    except csv.Error as error:
        raise BadInput(
            Problem("line-unreadable", f"De kop is niet te lezen: {error}.", file, 1, remedy=AGAIN)
        ) from error
    if missing := needed - there:
        found = ", ".join(sorted(missing))
        raise BadInput(Problem("columns-missing", "Er ontbreken kolommen.", file, found=found, remedy=AGAIN))
    return tuple(_rows(lines, file))


AGAIN = "Maak de bundel opnieuw: praktijktest export RONDE."


def _rows(lines: "csv.DictReader[str]", file: str) -> Iterator[PairRow]:
    try:
        yield from map(_pair, lines)
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        message = f"Deze regel is niet te lezen: {error}."
        raise BadInput(Problem("line-unreadable", message, file, lines.line_num, remedy=AGAIN)) from error


def _pair(line: Line) -> PairRow:
    arms = {arm: _arm(line, arm) for arm in Arm if line.get(f"{arm}_name_set")}
    return PairRow(
        pair=line["pair"],
        listing=line["listing"],
        advertiser=line["advertiser"],
        advertiser_name=line["advertiser"],
        advertiser_kind=line["advertiser_kind"],
        district=line["district"],
        sham=Arm(line["sham"]) if line["sham"] else None,
        first=Arm(line["first"]),
        gap_hours=_number(line["gap_hours"]),
        state=line["state"],
        reason=line["reason"] or None,
        level=FactorLevel(line["level"]) if line["level"] else None,
        arms=arms,
    )


def _arm(line: Line, arm: Arm) -> ArmRow:
    found = {name: line[f"{arm}_{name}"] for name in ("name_set", "variant", "sent_at", "label", "outcome", "positive")}
    return ArmRow(
        name="",
        name_set=found["name_set"],
        variant=found["variant"],
        state="",
        sent_at=datetime.fromisoformat(found["sent_at"]) if found["sent_at"] else None,
        label=found["label"] or None,
        outcome=Outcome(found["outcome"]) if found["outcome"] else None,
        positive={"1": True, "0": False, "": None}[found["positive"]],
        answer_hours=_number(line[f"{arm}_answer_hours"]),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
