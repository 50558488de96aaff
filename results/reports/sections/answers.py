"""More than invited or not: the class of every answer, and the demands that were made, side by side per pair."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from profiles.pairs import BOTH
from results.outcomes import Outcome, labels
from results.statistics import Estimate, TestResult
from results.statistics.categories import bhapkar, bowker, mean_score_interval, mean_score_test, stuart_maxwell
from results.statistics.findings import Absent, Gathered
from results.tables import ArmRow, PairRow

DEMANDS = ("none", "one", "more")


@dataclass(frozen=True)
class Classes:
    """Pairs by the class of both arms; ``table[i][j]``: the control got ``classes[i]``, the treatment ``classes[j]``.

    ``scores`` rise with the class. Estimates and tests compare how often each arm got each class.
    """

    of: str
    classes: tuple[str, ...]
    scores: tuple[int, ...]
    table: tuple[tuple[int, ...], ...]
    estimates: tuple[Estimate, ...]
    tests: tuple[TestResult, ...]
    absent: tuple[Absent, ...]


def of(counted: Sequence[PairRow], level: float) -> tuple[Classes, ...]:
    """The outcome of every answer (invited highest), and the number of demands where any was made."""
    outcomes = tuple(str(outcome) for outcome in reversed(Outcome))
    found = [_classes("outcome", outcomes, counted, _outcome, level)]
    if any(_demands(row.arms[arm]) for row in counted for arm in BOTH):
        found.append(_classes("demands", DEMANDS, counted, lambda arm: DEMANDS[min(_demands(arm), 2)], level))
    return tuple(found)


def _outcome(arm: ArmRow) -> str:
    return str(arm.outcome or Outcome.NONE)


def _demands(arm: ArmRow) -> int:
    return sum(labels()[label].demand for label in arm.labels)


def _classes(
    of: str, classes: tuple[str, ...], counted: Sequence[PairRow], key: Callable[[ArmRow], str], level: float
) -> Classes:
    place = {name: number for number, name in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for row in counted:
        table[place[key(row.control)], place[key(row.treatment)]] += 1
    scores, found = tuple(range(len(classes))), Gathered()
    found.attempt(
        mean_score_difference=lambda: mean_score_interval(table, scores, level),
        mean_score=lambda: mean_score_test(table, scores),
        stuart_maxwell=lambda: stuart_maxwell(table),
        bhapkar=lambda: bhapkar(table),
        bowker=lambda: bowker(table),
    )
    cells = tuple(tuple(map(int, row)) for row in table)
    return Classes(of, classes, scores, cells, tuple(found.estimates), tuple(found.tests), tuple(found.absent))
