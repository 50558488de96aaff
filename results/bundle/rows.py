"""The letters of a round as rows: all of them, and those that count."""

from collections.abc import Iterator, Mapping, Sequence

from profiles.pairs import Arm
from results.bundle.columns import ANALYSIS, ARM, PAIR
from results.reports import figures
from results.tables import PairRow

Row = Mapping[str, object]


def letters(rows: Sequence[PairRow]) -> list[Row]:
    """One row per letter (``columns.LETTER``), the control of a pair before its treatments."""
    return [_pair(row) | {"arm": arm} | _arm(row, arm) for row in rows for arm in row.arms]


def counted(rows: Sequence[PairRow]) -> list[Row]:
    """One row per letter that counts (``columns.ANALYSIS``): of usable pairs that are no sham pairs."""
    names = {each.name for each in ANALYSIS}
    usable = figures.usable(figures.real(rows))
    return [{name: row[name] for name in row if name in names} for row in _answered(usable)]


def _answered(rows: Sequence[PairRow]) -> Iterator[Row]:
    for row in letters(rows):
        yield {**row, "positive": row["positive"] is True}


def _pair(row: PairRow) -> dict[str, object]:
    return {each.name: getattr(row, each.name) for each in PAIR}


def _arm(row: PairRow, arm: Arm) -> dict[str, object]:
    return {each.name: getattr(row.arms.get(arm), each.name, None) for each in ARM}
