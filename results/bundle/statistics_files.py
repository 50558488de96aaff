"""The rows of a round as SPSS and Stata read them: codes with labels, and a label on every column."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from results.bundle.columns import Column
from results.bundle.rows import Row

LONGEST = 80
"""Stata cuts the label of a column there."""
SAV_MOMENT, NO_SAV_MOMENT = slice(92, 109), b"01 Jan 0000:00:00"
DTA_MOMENT, NO_DTA_MOMENT = b"<timestamp>\x11", b"01 Jan 2000 00:00"
"""Where the writer puts the moment of writing, and what we put there: the same rows give the same bytes."""


def sav(columns: Sequence[Column], rows: Sequence[Row], title: str) -> bytes:
    """Return an SPSS file."""
    import pyreadstat  # slow to load

    written = _written(pyreadstat.write_sav, columns, rows, title, compress=False)
    return written[: SAV_MOMENT.start] + NO_SAV_MOMENT + written[SAV_MOMENT.stop :]


def dta(columns: Sequence[Column], rows: Sequence[Row], title: str) -> bytes:
    """Return a Stata file (version 15)."""
    import pyreadstat  # as above

    written = _written(pyreadstat.write_dta, columns, rows, title)
    begin = written.index(DTA_MOMENT) + len(DTA_MOMENT)
    return written[:begin] + NO_DTA_MOMENT + written[begin + len(NO_DTA_MOMENT) :]


def _written(
    write: Callable[..., None], columns: Sequence[Column], rows: Sequence[Row], title: str, **options: Any
) -> bytes:
    import pandas  # slow to load

    # Without its type a column with nothing in it has none that Stata knows.
    frame = pandas.DataFrame(
        {each.name: pandas.Series(_values(each, rows), dtype=float if _numeric(each) else str) for each in columns}
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        write(
            frame,
            str(path),
            file_label=title[:LONGEST],
            column_labels=[each.dutch[:LONGEST] for each in columns],
            variable_value_labels={each.name: dict(enumerate(each.labels.values())) for each in columns if each.labels},
            **options,
        )
        return path.read_bytes()


def _values(column: Column, rows: Sequence[Row]) -> list[Any]:
    """A coded column as numbers from 0 in the order of its labels, a time as text, nothing as missing."""
    found = [row[column.name] for row in rows]
    if column.labels:
        places = {code: float(place) for place, code in enumerate(column.labels)}
        return [places.get(_code(value)) for value in found]
    if column.kind == "number":
        return found
    return ["" if value is None else _plain(value) for value in found]


def _numeric(column: Column) -> bool:
    return bool(column.labels) or column.kind == "number"


def _code(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _plain(value: object) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
