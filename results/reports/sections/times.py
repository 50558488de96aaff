"""How long each arm waited for the first human answer, over the usable pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from profiles.pairs import BOTH, Arm
from results.statistics.estimands import Estimate
from results.statistics.mcnemar import TestResult
from results.statistics.times import (
    PairedHazard,
    PairTimes,
    Survival,
    answer_times,
    kaplan_meier,
    pair_times,
    paired_hazard,
)
from results.tables import PairRow

MOMENTS = (1.0, 4.0, 12.0, 24.0, 48.0, 72.0, 120.0, 168.0, 240.0, 336.0, 504.0, 720.0)
"""Hours at which the curve is told, as far as the window reaches."""


@dataclass(frozen=True)
class Waiting:
    """Share of one arm's letters that had an answer after so many hours, with its interval.

    ``at_risk`` were still waiting then. The interval is the other side of that of the Kaplan-Meier curve.
    """

    hours: float
    at_risk: int
    answered: float
    low: float
    high: float


@dataclass(frozen=True)
class ArmTimes:
    """One arm: its median, and its curve at fixed moments."""

    arm: Arm
    median: Estimate
    answers: int
    letters: int
    curve: tuple[Waiting, ...]


@dataclass(frozen=True)
class Times:
    """Both arms, who was answered first within a pair, and listings whose clock is at fault (left out everywhere)."""

    arms: tuple[ArmTimes, ...]
    hazard: PairedHazard
    clock_faults: tuple[str, ...]

    @property
    def tests(self) -> tuple[TestResult, ...]:
        return (self.hazard.exact, self.hazard.log_rank)


def of(counted: Sequence[PairRow], response_days: int, level: float) -> Times | None:
    """Answer times within the window of ``response_days``; None when no pair has times that can be used."""
    hours = [[row.arms[arm].answer_hours for arm in BOTH] for row in counted]
    window = 24.0 * response_days
    pairs = pair_times(np.array(hours, dtype=float).reshape(-1, 2), window)
    if not len(pairs.kept):
        return None
    return Times(
        arms=tuple(_arm(arm, pairs, column, window, level) for column, arm in enumerate(BOTH)),
        hazard=paired_hazard(pairs, level),
        clock_faults=tuple(counted[place].listing for place in pairs.clock_faults),
    )


def _arm(arm: Arm, pairs: PairTimes, column: int, window: float, level: float) -> ArmTimes:
    time, answered = pairs.time[:, column], pairs.answered[:, column]
    found = kaplan_meier(answer_times(np.where(answered, time, np.nan), window), level)
    moments = [hours for hours in MOMENTS if hours < window] + [window]
    curve = tuple(_waiting(found, hours, len(time)) for hours in moments)
    return ArmTimes(arm, found.median, int(answered.sum()), len(time), curve)


def _waiting(found: Survival, hours: float, letters: int) -> Waiting:
    place = int(np.searchsorted(found.time, hours, side="right"))
    left = letters - int(found.answers[:place].sum())
    if not place:
        return Waiting(hours, left, 0.0, 0.0, 0.0)
    waiting, low, high = (float(each[place - 1]) for each in (found.waiting, found.low, found.high))
    return Waiting(hours, left, 1 - waiting, 1 - high, 1 - low)
