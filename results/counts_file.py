"""Counts from a file of one's own: ``praktijktest analyse COUNTS.csv``.

Two shapes, told apart by the header. One row per table: ``c11,c10,c01,c00`` and perhaps ``name``. Or one row per
inquiry: ``pair,arm,positive`` and perhaps ``advertiser``. Other columns are ignored. UTF-8, with comma, semicolon or
tab between the columns. Every problem in the file is reported, each with its line and column.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from profiles.errors import BadInput, Problem
from results.statistics import Counts

CELLS = ("c11", "c10", "c01", "c00")
INQUIRY = ("pair", "arm", "positive")
ARMS = ("control", "treatment")
YES = frozenset({"1", "true", "ja", "yes"})
NO = frozenset({"0", "false", "nee", "no"})
DIGITS = 9  # a count above a thousand million is a typing error


@dataclass(frozen=True)
class CountTable:
    """One table from the file; the last two are per pair, None in a file of counts or without ``advertiser``."""

    name: str
    counts: Counts
    differences: tuple[int, ...] | None = None
    clusters: tuple[str, ...] | None = None


@dataclass(frozen=True)
class _Row:
    """One line: its number, per column what stands there, and what stands behind the last column."""

    file: str
    line: int
    cells: Mapping[str, str]
    columns: Mapping[str, int]
    beyond: tuple[str, ...]

    def problem(self, code: str, message: str, column: str, remedy: str) -> Problem:
        where = self.columns.get(column)
        return Problem(code, message, self.file, self.line, where, self.cells.get(column) or "niets", remedy)


def read_counts(path: str | Path) -> list[CountTable]:
    """The tables in a CSV file, in file order; raises BadInput with everything that is wrong with it."""
    path = Path(path)
    header, rows = _rows(path, _text(path))
    missing = _missing(str(path), header)
    if missing:
        raise BadInput(missing)
    if not rows:
        raise BadInput(Problem("no-rows", "Onder de kopregel staat niets.", str(path), 1, remedy="Voeg regels toe."))
    problems = [_too_long(row) for row in rows if row.beyond]
    tables = _tables(path, rows, problems) if set(CELLS) <= set(header) else _pairs(path, rows, problems)
    if problems:
        raise BadInput(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return tables


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(
            Problem("cannot-read", f"Dit bestand is niet te lezen ({error.strerror}).", str(path))
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        remedy = "Bewaar het opnieuw als 'CSV UTF-8' (in Excel: Opslaan als)."
        found = f"byte 0x{raw[error.start]:02x}"
        problem = Problem("not-utf-8", "Dit bestand is geen UTF-8.", str(path), line, found=found, remedy=remedy)
        raise BadInput(problem) from error
    if not text.strip():
        raise BadInput(Problem("empty-file", "Dit bestand is leeg.", str(path), remedy=_SHAPES))
    return text


def _rows(path: Path, text: str) -> tuple[list[str], list[_Row]]:
    """The header in lower case, and the rows that hold anything."""
    first = next(line for line in text.splitlines() if line.strip())
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    header: list[str] = []
    rows: list[_Row] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if header:
                    rows.append(_row(str(path), start, header, cells))
                else:
                    header = [cell.strip().lower() for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        message = f"Deze regel is geen geldige CSV ({error})."
        remedy = "Kijk of elk aanhalingsteken ook gesloten wordt."
        raise BadInput(Problem("not-csv", message, str(path), start, remedy=remedy)) from error
    return header, rows


def _row(file: str, line: int, header: list[str], cells: list[str]) -> _Row:
    padded = [cell.strip() for cell in cells] + [""] * len(header)
    columns = {name: number for number, name in enumerate(header, start=1)}
    return _Row(
        file, line, dict(zip(header, padded, strict=False)), columns, tuple(filter(None, padded[len(header) :]))
    )


def _too_long(row: _Row) -> Problem:
    message = f"Deze regel heeft meer vakjes dan de kopregel ({len(row.columns)})."
    remedy = "Staat er een komma in een getal of naam? Zet die tussen aanhalingstekens of haal hem weg."
    return Problem("too-many-cells", message, row.file, row.line, len(row.columns) + 1, " ".join(row.beyond), remedy)


_SHAPES = "Nodig zijn de kolommen c11, c10, c01 en c00 (tellingen), of pair, arm en positive (één regel per reactie)."


def _missing(file: str, header: list[str]) -> list[Problem]:
    wanted = CELLS if set(CELLS) & set(header) and not set(INQUIRY) <= set(header) else INQUIRY
    absent = [name for name in wanted if name not in header]
    if set(CELLS) <= set(header) or not absent:
        used = [*CELLS, "name"] if set(CELLS) <= set(header) else [*INQUIRY, "advertiser"]
        double = [name for name in used if header.count(name) > 1]
        return [_double(file, header, name) for name in double]
    message = f"Er ontbreken kolommen: {', '.join(absent)}."
    return [
        Problem("missing-column", message, file, 1, found=", ".join(filter(None, header)) or "niets", remedy=_SHAPES)
    ]


def _double(file: str, header: list[str], name: str) -> Problem:
    last = len(header) - header[::-1].index(name)
    return Problem(
        "double-column", f"De kolom {name} staat er twee keer.", file, 1, last, name, "Laat er één van staan."
    )


def _tables(path: Path, rows: list[_Row], problems: list[Problem]) -> list[CountTable]:
    tables = []
    for row in rows:
        numbers = {cell: _count(row, cell, problems) for cell in CELLS}
        if None in numbers.values():
            continue
        counts = Counts(**{cell: number or 0 for cell, number in numbers.items()})
        if not counts.n:
            problems.append(
                row.problem("no-pairs", "Deze tabel heeft geen enkele test.", "c11", "Haal de regel weg of vul hem in.")
            )
        tables.append(CountTable(row.cells.get("name") or _name(path, row, rows), counts))
    return tables


def _name(path: Path, row: _Row, rows: list[_Row]) -> str:
    return path.stem if len(rows) == 1 else f"{path.stem}, regel {row.line}"


def _count(row: _Row, cell: str, problems: list[Problem]) -> int | None:
    found = row.cells[cell]
    if found.isascii() and found.isdigit() and len(found) <= DIGITS:
        return int(found)
    problems.append(
        row.problem("count-not-whole", f"{cell} is geen telling.", cell, "Schrijf een heel getal van 0 of hoger.")
    )
    return None


def _pairs(path: Path, rows: list[_Row], problems: list[Problem]) -> list[CountTable]:
    answers: dict[str, list[tuple[_Row, str | None, bool | None]]] = {}
    for row in rows:
        arm, positive = _arm(row, problems), _positive(row, problems)
        if row.cells["pair"]:
            answers.setdefault(row.cells["pair"], []).append((row, arm, positive))
        else:
            problems.append(
                row.problem("no-pair", "Er staat niet bij welke test deze regel hoort.", "pair", "Vul pair in.")
            )
    for members in answers.values():
        problems.extend(_broken([row for row, _, _ in members], [arm for _, arm, _ in members]))
    if problems:
        return []
    outcomes = {pair: {arm: bool(yes) for _, arm, yes in members} for pair, members in answers.items()}
    counts = Counts.tally((outcome["control"], outcome["treatment"]) for outcome in outcomes.values())
    differences = tuple(outcome["control"] - outcome["treatment"] for outcome in outcomes.values())
    clusters = tuple(members[0][0].cells.get("advertiser", "") for members in answers.values())
    return [CountTable(path.stem, counts, *((differences, clusters) if all(clusters) else ()))]


def _arm(row: _Row, problems: list[Problem]) -> str | None:
    arm = row.cells["arm"].lower()
    if arm in ARMS:
        return arm
    problems.append(row.problem("unknown-arm", "Dit profiel bestaat niet.", "arm", "Schrijf control of treatment."))
    return None


def _positive(row: _Row, problems: list[Problem]) -> bool | None:
    answer = row.cells["positive"].lower()
    if answer in YES | NO:
        return answer in YES
    problems.append(
        row.problem("unknown-outcome", "Dit is geen uitkomst.", "positive", "Schrijf 1 of 0, of ja of nee.")
    )
    return None


def _broken(rows: list[_Row], arms: list[str | None]) -> Iterator[Problem]:
    """What is wrong with the rows of one pair together."""
    pair, last = rows[0].cells["pair"], rows[-1]
    if len(rows) != len(ARMS):
        message = f"Test {pair} heeft {len(rows)} {'regel' if len(rows) == 1 else 'regels'}."
        yield last.problem("pair-not-two", message, "pair", "Geef per test één regel control en één regel treatment.")
    elif arms[0] and arms[0] == arms[1]:
        message = f"Test {pair} heeft twee keer {arms[0]}."
        yield last.problem("arm-twice", message, "arm", "Geef per test één regel control en één regel treatment.")
    if "advertiser" not in last.columns:
        return
    for row in rows:
        if not row.cells["advertiser"]:
            message = "De woningaanbieder ontbreekt."
            yield row.problem("no-advertiser", message, "advertiser", "Vul advertiser in, of haal de kolom weg.")
    if len({row.cells["advertiser"] for row in rows} - {""}) > 1:
        message = f"Test {pair} heeft meer dan één woningaanbieder."
        yield last.problem("two-advertisers", message, "advertiser", "Schrijf in elke regel van een test dezelfde.")
