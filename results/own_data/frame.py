"""A file as columns of codes: every distinct value once, and per row which of them stands there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestrator.text_file import shorten
from profiles.errors import BadInput, Problem

Codes = npt.NDArray[np.intp]
Rows = npt.NDArray[np.intp]
MOST = 50
"""Problems of one kind that are told: a wrong column in a large file is wrong in every row."""


@dataclass(frozen=True)
class Column:
    """``levels[codes[row]]`` stands in a row; code -1 is an empty cell. ``labels`` names levels (SPSS, Stata)."""

    name: str
    number: int
    codes: Codes
    levels: Sequence[Any]
    labels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Per level what a person would write: the value label, else the value."""
        return tuple(self.labels.get(text, text) for text in map(as_text, self.levels))

    def at(self, row: int) -> str:
        """What stands in a row, as text; "niets" for an empty cell."""
        code = int(self.codes[row])
        return "niets" if code < 0 else self.texts[code]

    def mapped(self, values: Mapping[str, int]) -> Codes:
        """Per row the number that ``values`` gives its text or, failing that, its value; -1 for anything else.

        Case does not matter.
        """
        found = [
            values.get(text.lower(), values.get(as_text(level).lower(), -1))
            for text, level in zip(self.texts, self.levels, strict=True)
        ]
        return np.asarray(np.array([*found, -1], dtype=np.intp)[self.codes])


@dataclass(frozen=True)
class Frame:
    """The columns of a file by their name in lower case; ``lines`` are the line numbers of the rows of a CSV file."""

    file: str
    rows: int
    columns: Mapping[str, Column]
    lines: Rows | None = None

    def place(self, row: int) -> int:
        """The line of a row in a CSV file, else its number; from 1."""
        return row + 1 if self.lines is None else int(self.lines[row])

    def problem(self, code: str, message: str, column: Column, row: int, remedy: str) -> Problem:
        return Problem(code, message, self.file, self.place(row), column.number, column.at(row), remedy)

    def problems(self, code: str, message: str, column: Column, rows: Rows, remedy: str) -> Iterable[Problem]:
        """One problem per row, the first ``MOST`` of them."""
        return (self.problem(code, message, column, int(row), remedy) for row in rows[:MOST])

    def column(self, name: str) -> Column:
        """Raises BadInput ``missing-column`` with the columns there are."""
        return self.wanted(name)[0]

    def wanted(self, *names: str) -> list[Column]:
        """The columns asked for, in that order. Raises BadInput ``missing-column`` for all that are not there."""
        absent = [name for name in names if name.lower() not in self.columns]
        if absent:
            raise BadInput(missing(self.file, self.lines is not None, absent, self.columns))
        return [self.columns[name.lower()] for name in names]


_SHAPES = (
    "Nodig zijn de kolommen c11, c10, c01 en c00 (tellingen), of pair, arm en positive (één regel per reactie). "
    "Heten ze anders? Noem ze met --pair, --arm en --positive."
)


def missing(file: str, csv: bool, absent: Iterable[str], there: Iterable[str]) -> Problem:
    """Which columns are not there, and which are."""
    message = f"Er ontbreken kolommen: {', '.join(absent)}."
    found = shorten(", ".join(filter(None, there)), 500) or "niets"
    return Problem("missing-column", message, file, 1 if csv else None, found=found, remedy=_SHAPES)


def as_text(level: Any) -> str:
    """A value as one would write it in a CSV file: no ".0" behind a whole number, 1 and 0 for true and false."""
    if isinstance(level, bool | np.bool_):
        return str(int(level))
    if isinstance(level, float | np.floating) and float(level).is_integer():
        return str(int(level))
    return str(level).strip()


def encoded(name: str, number: int, values: Sequence[Any], labels: Mapping[str, str] | None = None) -> Column:
    """A column from its values; None, nan and blank text are empty cells."""
    if isinstance(values, np.ndarray) and np.issubdtype(values.dtype, np.number):
        levels, codes = np.unique(values, return_inverse=True)
        if np.issubdtype(values.dtype, np.integer):
            return Column(name, number, codes.astype(np.intp), levels.tolist(), labels or {})
        return cleaned(name, number, codes, levels.tolist(), labels)
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    codes = np.fromiter(map(places.__getitem__, values), dtype=np.intp, count=len(values))
    return cleaned(name, number, codes, list(places), labels)


def cleaned(
    name: str, number: int, codes: npt.ArrayLike, levels: Sequence[Any], labels: Mapping[str, str] | None = None
) -> Column:
    """A column from codes and levels, where levels that mean nothing become empty cells."""
    kept = [not _blank(level) for level in levels]
    new = np.where(kept, np.cumsum(kept) - 1, -1) if levels else np.zeros(0, dtype=np.intp)
    old = np.asarray(codes, dtype=np.intp)
    left = [level for level, keep in zip(levels, kept, strict=True) if keep]
    return Column(name, number, np.append(new, -1).astype(np.intp)[old], left, labels or {})


def _blank(level: Any) -> bool:
    if isinstance(level, float) and isnan(level):
        return True
    return level is None or (isinstance(level, str) and not level.strip())
