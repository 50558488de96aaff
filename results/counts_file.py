"""A file of one's own: ``praktijktest analyse FILE.csv``, ``.sav``, ``.dta`` or ``.parquet``.

Two shapes, told apart by the columns. One row per table: ``c11,c10,c01,c00`` and perhaps ``name`` (CSV only). Or one
row per inquiry: ``pair,arm,positive`` and perhaps ``advertiser``, or columns by other names (`own_data.Wishes`). Other
columns are ignored. Every problem in the file is reported, with its line and column or the number of its row.
"""

from collections.abc import Sequence
from pathlib import Path

from profiles.errors import BadInput
from results.own_data import OwnTable, PairTable, Wishes
from results.own_data.csv_rows import CsvFile, Row, read_csv
from results.own_data.frame import missing
from results.own_data.readers import READERS, read_frame
from results.own_data.tables import table_of
from results.statistics import Counts

CELLS = ("c11", "c10", "c01", "c00")
INQUIRY = ("pair", "arm", "positive")
DIGITS = 9  # a count above a thousand million is a typing error


def read_counts(path: str | Path, wishes: Wishes | None = None) -> Sequence[OwnTable]:
    """The tables in a file, in file order; raises BadInput with everything that is wrong with it."""
    path, asked = Path(path), wishes or Wishes()
    if path.suffix.lower() in READERS:
        return [table_of(read_frame(path), asked, path.stem)]
    file = read_csv(path)
    if asked.plain and set(CELLS) & set(file.header) and not set(INQUIRY) <= set(file.header):
        return _tables(path, file)
    if asked.plain and set(CELLS) <= set(file.header):
        return _tables(path, file)
    return [_inquiries(path, file, asked)]


def _inquiries(path: Path, file: CsvFile, wishes: Wishes) -> OwnTable:
    used = [
        wishes.pair or "pair",
        wishes.arm or "arm",
        wishes.positive or "positive",
        wishes.advertiser or "advertiser",
    ]
    used += [name for name in (wishes.stratum, wishes.order, wishes.value) if name]
    if wishes.plain:
        _check_columns(file, INQUIRY)
    file.check([name.lower() for name in used])
    if file.too_long:
        raise BadInput(file.too_long)
    return table_of(file.frame(), wishes, path.stem)


def _check_columns(file: CsvFile, wanted: Sequence[str]) -> None:
    absent = [name for name in wanted if name not in file.header]
    if absent:
        raise BadInput(missing(file.file, True, absent, file.header))


def _tables(path: Path, file: CsvFile) -> list[PairTable]:
    _check_columns(file, CELLS)
    file.check([*CELLS, "name"])
    problems, tables = file.too_long, []
    for row in file.rows:
        wrong = [cell for cell in CELLS if not _is_count(row.cells[cell])]
        problems += [
            row.problem("count-not-whole", f"{cell} is geen telling.", cell, "Schrijf een heel getal van 0 of hoger.")
            for cell in wrong
        ]
        if wrong:
            continue
        counts = Counts(*(int(row.cells[cell]) for cell in CELLS))
        if not counts.n:
            remedy = "Haal de regel weg of vul hem in."
            problems.append(row.problem("no-pairs", "Deze tabel heeft geen enkele test.", "c11", remedy))
        tables.append(PairTable(row.cells.get("name") or _name(path, row, file.rows), counts))
    if problems:
        raise BadInput(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return tables


def _name(path: Path, row: Row, rows: Sequence[Row]) -> str:
    return path.stem if len(rows) == 1 else f"{path.stem}, regel {row.line}"


def _is_count(found: str) -> bool:
    return found.isascii() and found.isdigit() and len(found) <= DIGITS
