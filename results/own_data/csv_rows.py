"""The rows of a CSV file, each with its line: UTF-8, with comma, semicolon or tab between the columns."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np

from profiles.errors import BadInput, Problem
from results.own_data.frame import Frame, encoded


@dataclass(frozen=True)
class Row:
    """One line: its number, per column what stands there, and what stands behind the last column."""

    file: str
    line: int
    cells: Mapping[str, str]
    columns: Mapping[str, int]
    beyond: tuple[str, ...]

    def problem(self, code: str, message: str, column: str, remedy: str) -> Problem:
        where = self.columns.get(column)
        return Problem(code, message, self.file, self.line, where, self.cells.get(column) or "niets", remedy)


@dataclass(frozen=True)
class CsvFile:
    """The header in lower case, and the rows that hold anything."""

    file: str
    header: list[str]
    rows: list[Row]

    def check(self, used: list[str]) -> None:
        """Raise BadInput for a used column that is there twice, no rows, or rows with more cells than the header."""
        double = [name for name in used if self.header.count(name) > 1]
        if double:
            raise BadInput(_double(self.file, self.header, name) for name in double)
        if not self.rows:
            raise BadInput(
                Problem("no-rows", "Onder de kopregel staat niets.", self.file, 1, remedy="Voeg regels toe.")
            )

    @property
    def too_long(self) -> list[Problem]:
        """A problem for every row with more cells than the header."""
        return [_too_long(row) for row in self.rows if row.beyond]

    def frame(self) -> Frame:
        """The rows as columns."""
        columns = {
            name: encoded(name, number, [row.cells[name] for row in self.rows])
            for number, name in enumerate(self.header, start=1)
            if name
        }
        return Frame(self.file, len(self.rows), columns, np.array([row.line for row in self.rows], dtype=np.intp))


def read_csv(path: Path) -> CsvFile:
    """Raises BadInput ``cannot-read``, ``not-utf-8``, ``empty-file`` and ``not-csv``."""
    return CsvFile(str(path), *_rows(path, _text(path)))


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
        remedy = "Schrijf een kopregel met de namen van de kolommen, en daaronder de regels."
        raise BadInput(Problem("empty-file", "Dit bestand is leeg.", str(path), remedy=remedy))
    return text


def _rows(path: Path, text: str) -> tuple[list[str], list[Row]]:
    first = next(line for line in text.splitlines() if line.strip())
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    header: list[str] = []
    rows: list[Row] = []
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


def _row(file: str, line: int, header: list[str], cells: list[str]) -> Row:
    padded = [cell.strip() for cell in cells] + [""] * len(header)
    columns = {name: number for number, name in enumerate(header, start=1)}
    return Row(file, line, dict(zip(header, padded, strict=False)), columns, tuple(filter(None, padded[len(header) :])))


def _too_long(row: Row) -> Problem:
    message = f"Deze regel heeft meer vakjes dan de kopregel ({len(row.columns)})."
    remedy = "Staat er een komma in een getal of naam? Zet die tussen aanhalingstekens of haal hem weg."
    return Problem("too-many-cells", message, row.file, row.line, len(row.columns) + 1, " ".join(row.beyond), remedy)


def _double(file: str, header: list[str], name: str) -> Problem:
    last = len(header) - header[::-1].index(name)
    return Problem(
        "double-column", f"De kolom {name} staat er twee keer.", file, 1, last, name, "Laat er één van staan."
    )
