"""Perception records and names to avoid, from and to CSV: every problem at once, each with its line and remedy."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from orchestrator.sheet import Row, Sheet, read_sheet
from profiles.catalogue import Catalogue
from profiles.errors import BadInput, Problem
from profiles.perception import HIGHEST, LOWEST, Perception
from profiles.profile import Gender, Name

FIGURES = ("year", "raters", "recognised", "class_mean", "religiosity_mean")
COLUMNS = ("name_set", "first", "last", *FIGURES, "source")
EXTRA = ("gender", "cohort", "recognised_low", "recognised_high")
"""What an export tells besides, and an import passes over."""

AVOID_COLUMNS = ("first", "last", "reason")
FIRST_YEAR, LAST_YEAR = 1990, 2100

Number = TypeVar("Number", int, float)


def read_perceptions(path: Path, catalogue: Catalogue) -> tuple[Perception, ...]:
    """Read the records of a file; a row whose figures are all empty is a name that was not tested, and passed over.

    Raises BadInput for a name that is not in the catalogue, a share or mean that cannot be, or two records of one name
    and year.
    """
    sheet = read_sheet(path, COLUMNS)
    known = {(name.name_set, name.full) for name in catalogue.names if catalogue.sets[name.name_set].of is None}
    records = {row.line: _record(row, sheet, known) for row in sheet.rows if any(row[column] for column in FIGURES)}
    made = {line: record for line, record in records.items() if record}
    sheet.problems += _twice(sheet, made)
    if sheet.problems:
        raise BadInput(sorted(sheet.problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return tuple(made.values())


def merge(kept: Iterable[Perception], new: Iterable[Perception], file: Path) -> tuple[Perception, ...]:
    """Return the records of both, by set, name and year; BadInput when one name and year would get other figures."""
    merged = {(record.full, record.year): record for record in kept}
    wrong = [record for record in new if merged.setdefault((record.full, record.year), record) != record]
    if wrong:
        raise BadInput(_other_figures(record, file) for record in wrong)
    return tuple(sorted(merged.values(), key=lambda record: (record.name_set, record.first, record.last, record.year)))


def perceptions_csv(rows: Iterable[tuple[Name, Perception | None]]) -> str:
    """Write names with their records, a name without one with empty figures; `read_perceptions` reads it again."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *EXTRA))
    for name, record in rows:
        writer.writerow(_cells(name, record))
    return text.getvalue()


def read_avoided(path: Path, catalogue: Catalogue) -> dict[str, str]:
    """Return which names of the catalogue a file says to avoid, and why; spelling with or without marks is the same.

    A name that is not in the catalogue is no problem: it is never drawn either.
    """
    sheet = read_sheet(path, AVOID_COLUMNS)
    reasons = {_plain(row["first"], row["last"]): row["reason"] for row in sheet.rows if _complete(row, sheet)}
    if sheet.problems:
        raise BadInput(sheet.problems)
    return {
        name.full: reasons[plain]
        for name in catalogue.names
        if (plain := _plain(name.first, name.last)) in reasons
    }  # fmt: skip


def _record(row: Row, sheet: Sheet, known: set[tuple[str, str]]) -> Perception | None:
    full = f"{row['first']} {row['last']}"
    if (row["name_set"], full) not in known:
        sheet.problems.append(_unknown(row, full, known))
        return None
    year = _number(row, sheet, "year", int, FIRST_YEAR, LAST_YEAR)
    raters = _number(row, sheet, "raters", int, 1, 1_000_000)
    share = _number(row, sheet, "recognised", float, 0, 1)
    class_mean = _number(row, sheet, "class_mean", float, LOWEST, HIGHEST)
    religiosity = _number(row, sheet, "religiosity_mean", float, LOWEST, HIGHEST)
    if year is None or raters is None or share is None or class_mean is None or religiosity is None:
        return None
    return Perception(
        row["first"], row["last"], row["name_set"], year, raters, share, class_mean, religiosity, row["source"]
    )


def _number(
    row: Row, sheet: Sheet, column: str, kind: Callable[[str], Number], least: float, most: float
) -> Number | None:
    """The number in a cell, written with a point or a comma; None, and a problem, when it cannot be."""
    try:
        value = kind(row[column].replace(",", "."))
        if least <= value <= most:  # neither of which holds for NaN
            return value
        code, message = "impossible-value", f"Deze waarde kan niet: zij ligt niet van {least:g} tot en met {most:g}."
    except ValueError:
        code, message = "not-a-number", "Hier hoort een heel getal." if kind is int else "Hier hoort een getal."
    if column == "recognised":
        code = "impossible-share" if code == "impossible-value" else code
        remedy = "Schrijf een deel, zoals 0.85, en geen percentage."
    else:
        remedy = f"Schrijf een getal van {least:g} tot en met {most:g}."
    sheet.problems.append(row.problem(column, code, message, row[column], remedy))
    return None


def _unknown(row: Row, full: str, known: set[tuple[str, str]]) -> Problem:
    elsewhere = sorted(key for key, name in known if name == full)
    if elsewhere:
        remedy = f"Deze naam staat in namenset '{elsewhere[0]}'."
    else:
        remedy = "Schrijf de naam zoals praktijktest names export haar schrijft, of haal de regel weg."
    found = f"{full} ({row['name_set']})"
    return row.problem("last", "unknown-name", "Deze naam staat niet in de namenbank.", found, remedy)


def _twice(sheet: Sheet, records: Mapping[int, Perception]) -> Iterator[Problem]:
    lines: dict[tuple[str, int], int] = {}
    for row in sheet.rows:
        record = records.get(row.line)
        if record is None:
            continue
        first = lines.setdefault((record.full, record.year), row.line)
        if first != row.line:
            message = f"Van deze naam en dit jaar staat er al een uitkomst, op regel {first}."
            found = f"{record.full}, {record.year}"
            yield row.problem("year", "duplicate-record", message, found, "Haal een van de twee weg.")


def _other_figures(record: Perception, file: Path) -> Problem:
    return Problem(
        "other-figures",
        "Van deze naam en dit jaar zijn al andere cijfers ingelezen.",
        str(file),
        found=f"{record.full}, {record.year}",
        remedy="Controleer welke kloppen; haal de verkeerde uit dit bestand of uit perceptions.csv in de datamap.",
    )


def _cells(name: Name, record: Perception | None) -> tuple[object, ...]:
    low_high: tuple[object, ...] = ("", "")
    figures: tuple[object, ...] = ("",) * len(FIGURES)
    if record:
        low_high = tuple(f"{limit:.3f}" for limit in record.interval)
        shares = (f"{record.recognised:.4f}", f"{record.class_mean:.2f}", f"{record.religiosity_mean:.2f}")
        figures = (record.year, record.raters, *shares)
    source = record.source if record else ""
    return (name.name_set, name.first, name.last, *figures, source, name.gender.value, name.cohort, *low_high)


def _complete(row: Row, sheet: Sheet) -> bool:
    empty = [column for column in AVOID_COLUMNS if not row[column]]
    for column in empty:
        remedy = "Schrijf voornaam, achternaam en waarom deze naam vermeden wordt."
        sheet.problems.append(row.problem(column, "empty-cell", f"De cel '{column}' is leeg.", "", remedy))
    return not empty


def _plain(first: str, last: str) -> str:
    """The name as it is compared: as a mailbox where it has one."""
    try:
        return Name(first, last, "", Gender.FEMALE).mailbox
    except ValueError:
        return f"{first} {last}".casefold()
