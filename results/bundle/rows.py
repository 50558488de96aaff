"""The three tables of a bundle as rows: one line per pair, per letter, and per letter that counts."""

from collections.abc import Iterator, Mapping, Sequence

from profiles.pairs import BOTH, Arm
from results.bundle.columns import ANALYSIS, ARM, PAIR
from results.reports import figures
from results.tables import PairRow

Row = Mapping[str, object]


def arms_of(rows: Sequence[PairRow]) -> tuple[Arm, ...]:
    """The arms that wrote in a round, always both of a pair."""
    return tuple(arm for arm in Arm if arm in BOTH or any(arm in row.arms for row in rows))


def pairs(rows: Sequence[PairRow]) -> list[Row]:
    """One row per pair (``columns.pair_columns``)."""
    arms = arms_of(rows)
    return [_pair(row) | _arms(row, arms) for row in rows]


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


def _arms(row: PairRow, arms: Sequence[Arm]) -> dict[str, object]:
    return {f"{arm}_{name}": value for arm in arms for name, value in _arm(row, arm).items()}


def _arm(row: PairRow, arm: Arm) -> dict[str, object]:
    return {each.name: getattr(row.arms.get(arm), each.name, None) for each in ARM}
