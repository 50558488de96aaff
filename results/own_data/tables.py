"""From rows to sufficient statistics: a table per advertiser, per stratum and per order, in one pass each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.own_data.frame import Codes, Frame
from results.own_data.rows import CONTROL, TREATMENT, Grouping, Rows, Tests
from results.own_data.wishes import Design, Wishes
from results.statistics import Counts
from results.statistics.arms import Sets
from results.statistics.cells import Table
from results.statistics.unpaired import Arms

MOST_CLASSES = 10
"""Ordered values that are also compared class by class."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairTable:
    """Pairs: counts, and by advertiser, stratum and order (control first, treatment first) tables of shape (K, 4)."""

    name: str
    counts: Counts
    advertisers: Table | None = None
    strata: Mapping[str, Counts] = field(default_factory=dict)
    orders: tuple[Counts, Counts] | None = None
    asked_to_cluster: bool = False


@dataclass(frozen=True)
class SetTable:
    """Sets of more than one treatment arm per listing."""

    name: str
    sets: Sets


@dataclass(frozen=True)
class ArmTable:
    """Unpaired inquiries; rows of ``advertisers`` and ``strata``: control positive, n, treatment positive, n."""

    name: str
    arms: Arms
    advertisers: Table | None = None
    strata: Mapping[str, tuple[int, int, int, int]] = field(default_factory=dict)
    asked_to_cluster: bool = False


@dataclass(frozen=True)
class ValueTable:
    """Pairs whose outcome is an amount, per arm (n,); ``classes`` is the table of its values when they are few."""

    name: str
    control: Floats
    treatment: Floats
    left_out: int
    advertisers: Codes | None = None
    scores: tuple[float, ...] = ()
    classes: Table | None = None


@dataclass(frozen=True)
class LabelTable:
    """Pairs whose outcome is a class without order: control in rows, treatment in columns."""

    name: str
    labels: tuple[str, ...]
    classes: Table
    left_out: int


OwnTable = PairTable | SetTable | ArmTable | ValueTable | LabelTable


def table_of(frame: Frame, wishes: Wishes, name: str) -> OwnTable:
    """The table that the wishes ask of a file. Raises BadInput with everything that is wrong with its rows."""
    if wishes.value and wishes.design is not Design.PAIRED:
        message = "Een uitkomst als getal of klasse kan alleen bij paren."
        raise BadInput(Problem("value-needs-pairs", message, remedy="Laat --value of --design weg."))
    if wishes.order and wishes.design is not Design.PAIRED:
        message = "De volgorde kan alleen bij paren."
        raise BadInput(Problem("order-needs-pairs", message, remedy="Laat --order of --design weg."))
    if wishes.design is Design.SETS:
        return _sets(frame, wishes, name)
    if wishes.design is Design.UNPAIRED:
        return _arms(frame, wishes, name)
    return _values(frame, wishes, name) if wishes.value else _pairs(frame, wishes, name)


def _names(wishes: Wishes, *names: str) -> list[str]:
    return [getattr(wishes, name) or name for name in names]


def _pairs(frame: Frame, wishes: Wishes, name: str) -> PairTable:
    frame.wanted(*_names(wishes, "pair", "arm", "positive"))
    tests, arms, names = _tests(frame, wishes)
    answers = tests.outcomes()
    advertisers, strata = _grouped(tests)
    tests.check_pairs(names, arms)
    first = _first(tests, arms) if wishes.order else None
    tests.stop_at_problems()
    place = tests.by_arm(arms, 2)
    cell = 3 - 2 * answers[place[CONTROL]] - answers[place[TREATMENT]]  # c11 = 0, c10 = 1, c01 = 2, c00 = 3
    return PairTable(
        name,
        Counts(*np.bincount(cell, minlength=4).tolist()),
        _by_advertiser(advertisers and advertisers.take(place[CONTROL]), cell),
        _by_stratum(strata and strata.take(place[CONTROL]), cell),
        _by_order(first[place[CONTROL]], cell) if first is not None else None,
        bool(advertisers and advertisers.asked),
    )


def _tests(frame: Frame, wishes: Wishes) -> tuple[Tests, Codes, tuple[str, ...]]:
    tests = Tests(frame, wishes)
    names, arms = tests.arms()
    return tests, arms, names


def _grouped(tests: Tests) -> tuple[Grouping | None, Grouping | None]:
    advertisers, strata = tests.groups()
    tests.check_same(advertisers, tests.wishes.advertiser or "advertiser", "two-advertisers", "woningaanbieder")
    tests.check_same(strata, tests.wishes.stratum or "stratum", "two-strata", "stratum")
    return advertisers, strata


def _first(tests: Tests, arms: Codes) -> Codes:
    """Per row 1 when it was the first of its test, else 0; a test has one of each."""
    column = tests.frame.column(tests.wishes.order or "order")
    found = column.mapped({"1": 1, "2": 0})
    wrong, remedy = np.flatnonzero(found < 0), "Schrijf 1 bij de eerste brief van een test en 2 bij de tweede."
    tests.problems.extend(tests.frame.problems("unknown-order", "Dit is geen volgorde.", column, wrong, remedy))
    if not tests.problems:
        control, treatment = tests.by_arm(arms, 2)
        same = treatment[found[control] == found[treatment]]
        message = "Beide regels van deze test hebben dezelfde volgorde."
        tests.problems.extend(tests.frame.problems("order-twice", message, column, same, remedy))
    return found


def cells_by(codes: Codes, cell: Codes, groups: int) -> Table:
    """Counts per group, shape (groups, 4)."""
    return np.bincount(4 * codes + cell, minlength=4 * groups).reshape(groups, 4).astype(np.int64)


def _by_advertiser(of: Grouping | None, cell: Codes) -> Table | None:
    return None if of is None else cells_by(of.codes, cell, len(of.names))


def _by_stratum(of: Grouping | None, cell: Codes) -> dict[str, Counts]:
    if of is None:
        return {}
    rows = cells_by(of.codes, cell, len(of.names)).tolist()
    return {name: Counts(*row) for name, row in zip(of.names, rows, strict=True)}


def _by_order(control_first: Codes, cell: Codes) -> tuple[Counts, Counts]:
    treatment_first, first = cells_by(control_first, cell, 2).tolist()
    return Counts(*first), Counts(*treatment_first)


def _sets(frame: Frame, wishes: Wishes, name: str) -> SetTable:
    frame.wanted(*_names(wishes, "pair", "arm", "positive"))
    tests = Tests(frame, wishes)
    names, arms = tests.arms(most=None)
    answers = tests.outcomes()
    tests.check_sets(names, arms)
    tests.stop_at_problems()
    place = tests.by_arm(arms, len(names))
    complete = (place >= 0).all(axis=0)
    patterns, times = np.unique(answers[place[:, complete]].T, axis=0, return_counts=True)
    found = {tuple(map(bool, pattern)): int(many) for pattern, many in zip(patterns, times, strict=True)}
    return SetTable(name, Sets(names, found, int((~complete).sum())))


def _arms(frame: Frame, wishes: Wishes, name: str) -> ArmTable:
    frame.wanted(*_names(wishes, "arm", "positive"))
    rows = Rows(frame, wishes)
    _, arms = rows.arms()
    answers = rows.outcomes()
    advertisers, strata = rows.groups()
    rows.stop_at_problems()
    total = _inquiries(np.zeros(len(arms), dtype=np.intp), arms, answers, 1)[0]
    by = (None if of is None else _inquiries(of.codes, arms, answers, len(of.names)) for of in (advertisers, strata))
    per_advertiser, per_stratum = by
    named = (
        {}
        if strata is None or per_stratum is None
        else dict(zip(strata.names, map(tuple, per_stratum.tolist()), strict=True))
    )
    return ArmTable(name, Arms(*total.tolist()), per_advertiser, named, bool(advertisers and advertisers.asked))


def _inquiries(codes: Codes, arms: Codes, answers: Codes, groups: int) -> Table:
    """Per group: control positive, control n, treatment positive, treatment n."""
    found = np.bincount(4 * codes + 2 * arms + answers, minlength=4 * groups).reshape(groups, 2, 2)
    return np.stack([found[..., 1], found.sum(axis=2)], axis=2).reshape(groups, 4).astype(np.int64)


def _values(frame: Frame, wishes: Wishes, name: str) -> ValueTable | LabelTable:
    value = wishes.value or "value"
    frame.wanted(*_names(wishes, "pair", "arm"), value)
    tests, arms, names = _tests(frame, wishes)
    advertisers, _ = _grouped(tests)
    tests.check_pairs(names, arms)
    column = frame.column(value)
    numbers = [_number(level) for level in column.levels]
    named = bool(numbers) and all(number is None for number in numbers)
    if not named:
        wrong = np.flatnonzero(np.array([*(number is None for number in numbers), False])[column.codes])
        remedy = "Schrijf in elke regel een getal, of in elke regel een woord."
        tests.problems.extend(frame.problems("not-numeric", "Dit is geen getal.", column, wrong, remedy))
    tests.stop_at_problems()
    place = tests.by_arm(arms, 2)
    both = (column.codes[place] >= 0).all(axis=0)
    left_out, place = int((~both).sum()), place[:, both]
    if named:
        return _labels(name, column.texts, column.codes[place], left_out)
    amounts = np.array([*(0.0 if number is None else number for number in numbers), 0.0])[column.codes[place]]
    scores, classes = _classes(amounts)
    groups = None if advertisers is None else advertisers.codes[place[CONTROL]]
    return ValueTable(name, amounts[CONTROL], amounts[TREATMENT], left_out, groups, scores, classes)


def _number(level: object) -> float | None:
    """A level as a number; None when it is none. A decimal comma is read too."""
    try:
        found = float(str(level).replace(",", ".") if isinstance(level, str) else level)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if np.isfinite(found) else None


def _labels(name: str, texts: tuple[str, ...], codes: Codes, left_out: int) -> LabelTable:
    labels = tuple(sorted(set(texts)))
    place = np.array([labels.index(text) for text in texts], dtype=np.intp)[codes]
    return LabelTable(name, labels, _square(place, len(labels)), left_out)


def _classes(amounts: Floats) -> tuple[tuple[float, ...], Table | None]:
    scores, place = np.unique(amounts, return_inverse=True)
    if not 2 <= len(scores) <= MOST_CLASSES:
        return (), None
    return tuple(scores.tolist()), _square(place.reshape(amounts.shape), len(scores))


def _square(place: Codes, many: int) -> Table:
    return np.bincount(many * place[0] + place[1], minlength=many**2).reshape(many, many).astype(np.int64)
