"""A CSV file as rows of named cells, with the file, line and column of each."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.text_file import read_utf8, shorten
from profiles.errors import BadInput, Problem

LONGEST_HEADING = 500
DELIMITERS = ",;\t"
_SAVE = "Kies in Excel: Opslaan als, en dan het type 'CSV UTF-8 (door komma's gescheiden)'."


@dataclass(frozen=True)
class Row:
    """The cells of one row by column name, stripped; ``columns`` maps a name to the number of its field, from 1.

    What is no sheet has no numbered fields, and its ``line`` is the number of the item, from 1.
    """

    file: str
    line: int
    cells: Mapping[str, str]
    columns: Mapping[str, int]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def problem(self, column: str, code: str, message: str, found: str, remedy: str) -> Problem:
        """A problem with one cell."""
        return Problem(code, message, self.file, self.line, self.columns.get(column), shorten(found) or None, remedy)


@dataclass
class Sheet:
    """The rows that have as many cells as there are columns, and a problem for each row that has not."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_sheet(path: Path, required: Sequence[str]) -> Sheet:
    """Read a CSV file (UTF-8 with or without byte order mark; comma, semicolon or tab, whichever fits its heading).

    Other columns than the required are left alone, and blank rows passed over. BadInput for a file without rows, a
    missing column, another encoding, or quotes that do not match.
    """
    return parse_sheet(read_utf8(path, "wrong-encoding", _SAVE), str(path), required)


def parse_sheet(text: str, file: str, required: Sequence[str]) -> Sheet:
    """As `read_sheet`, for text that is here already; ``file`` is what problems call it."""
    lines = list(_lines(file, text, _delimiter(text, required)))
    if not lines:
        raise BadInput(Problem("empty-file", "Dit bestand is leeg.", file, remedy=_begin_with(required)))
    (number, heading), *body = lines
    names = [name.strip().casefold() for name in heading]
    if problems := [*_bad_heading(file, number, names, required)]:
        raise BadInput(problems)
    if not body:
        message = "Onder de kop staat geen enkele regel."
        raise BadInput(Problem("empty-file", message, file, number, remedy="Voeg de regels toe."))
    return _rows(file, names, body)


def _rows(file: str, names: list[str], body: list[tuple[int, list[str]]]) -> Sheet:
    sheet = Sheet()
    columns = {name: number for number, name in enumerate(names, start=1)}
    for line, cells in body:
        while len(cells) > len(names) and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) != len(names):
            sheet.problems.append(_ragged(file, line, len(cells), len(names)))
            continue
        stripped = (cell.strip() for cell in cells)
        sheet.rows.append(Row(file, line, dict(zip(names, stripped, strict=True)), columns))
    return sheet


def _lines(file: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        message = "Hier klopt een aanhalingsteken niet."
        remedy = "Sluit elk aanhalingsteken; schrijf een aanhalingsteken binnen een cel dubbel."
        raise BadInput(Problem("bad-quotes", message, file, begin, found=str(error), remedy=remedy)) from error


def _delimiter(text: str, required: Sequence[str]) -> str:
    heading = next((line for line in text.splitlines() if line.strip()), "").casefold()
    return max(DELIMITERS, key=lambda each: sum(name.strip(' "') in required for name in heading.split(each)))


def _bad_heading(file: str, line: int, names: list[str], required: Sequence[str]) -> Iterator[Problem]:
    for name in required:
        if name not in names:
            message = f"De kolom '{name}' ontbreekt."
            found = shorten(", ".join(name for name in names if name), LONGEST_HEADING)
            yield Problem("missing-column", message, file, line, found=found, remedy=_begin_with(required))
        elif names.count(name) > 1:
            second = names.index(name, names.index(name) + 1) + 1
            message = f"De kolom '{name}' staat er twee keer."
            yield Problem("duplicate-column", message, file, line, second, name, "Haal een van de twee weg.")


def _begin_with(required: Sequence[str]) -> str:
    return f"Begin het bestand met de regel: {','.join(required)}"


def _ragged(file: str, line: int, found: int, expected: int) -> Problem:
    return Problem(
        "ragged-row",
        f"Deze regel heeft niet evenveel cellen als de kop ({expected}).",
        file,
        line,
        min(found, expected) + 1,
        f"{found} cellen",
        "Laat een lege cel staan voor een leeg veld, en zet tekst met een scheidingsteken tussen aanhalingstekens.",
    )
