"""What one would write first: a plain loop over `random` and `datetime` that draws the same pairs and the same times.

It keeps the rules of `orchestrator.schedule.place`, one pair and one draw at a time.
"""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from orchestrator.design import Calendar, Design, Schedule
from orchestrator.design.calendar import AMSTERDAM
from orchestrator.schedule import Closure

SECOND = timedelta(seconds=1)
HOUR = 3600
TRIES = 500
Planned = tuple[datetime, datetime, timedelta, str | None, str, list[str]]


class Load(NamedTuple):
    """The listings of one advertiser, and when it may be written to."""

    listings: tuple[str, ...]
    closure: Closure


class OpenHours:
    """The open seconds of one advertiser, counted by bisection."""

    def __init__(self, schedule: Schedule, load: Load) -> None:
        consent, days_off = load.closure
        first_day, last_day = consent or (schedule.first_day, schedule.last_day)
        spans = Calendar(schedule, days_off=days_off).spans
        spans = tuple(span for span in spans if first_day <= span[0].astimezone(AMSTERDAM).date() <= last_day)
        self.openings, self.closings = [span[0] for span in spans], [span[1] for span in spans]
        self.ends = list(accumulate((end - start) // SECOND for start, end in spans))

    def before(self, moment: datetime) -> int:
        day = bisect_right(self.closings, moment)
        passed = self.ends[day - 1] if day else 0
        if day == len(self.openings) or moment <= self.openings[day]:
            return passed
        return passed + (moment - self.openings[day]) // SECOND

    def moment(self, index: int) -> datetime:
        day = bisect_right(self.ends, index)
        return self.openings[day] + (index - (self.ends[day - 1] if day else 0)) * SECOND

    def left_on_day(self, index: int) -> int:
        return self.ends[bisect_right(self.ends, index)] - index


def plan(design: Design, loads: Mapping[str, Load], texts: list[str], rng: random.Random) -> dict[str, Planned]:
    """Draw kind, order, words and times of all pairs; by listing."""
    planned: dict[str, Planned] = {}
    for load in loads.values():
        _plan_one(design, load, texts, rng, planned)
    return planned


def _plan_one(design: Design, load: Load, texts: list[str], rng: random.Random, planned: dict[str, Planned]) -> None:
    schedule, hours = design.schedule, OpenHours(design.schedule, load)
    shortest, longest = (timedelta(hours=gap) for gap in (schedule.gap_hours.min, schedule.gap_hours.max))
    room = hours.before(hours.closings[-1] - shortest) if hours.closings else 0
    weeks: Counter[tuple[int, int]] = Counter()
    days: Counter[object] = Counter()
    placed: list[tuple[datetime, datetime]] = []
    listings = list(load.listings)
    rng.shuffle(listings)
    for listing in listings:
        sham = "control" if rng.random() < design.question.sham_share else None
        arm, words = rng.choice(("control", "treatment")), rng.sample(texts, 2)
        for _ in range(TRIES if room else 0):
            first = hours.moment(rng.randrange(room))
            day = first.astimezone(AMSTERDAM).date()
            week = day.isocalendar()[:2]
            if weeks[week] >= schedule.per_advertiser_week or days[day] >= (schedule.per_advertiser_day or TRIES):
                continue
            low = hours.before(first + shortest)
            choices = hours.before(first + longest + SECOND) - low
            second = hours.moment(
                low + rng.randrange(choices if choices > 0 else min(HOUR + 1, hours.left_on_day(low)))
            )
            if _too_near(first, second, placed, timedelta(hours=schedule.cooldown_hours)):
                continue
            weeks[week] += 1
            days[day] += 1
            placed.append((first, second))
            planned[listing] = (first, second, min(second - first, longest), sham, arm, words)
            break


def _too_near(first: datetime, second: datetime, placed: list[tuple[datetime, datetime]], rest: timedelta) -> bool:
    return any(
        abs(first - one) < rest or abs(first - other) < rest or abs(second - one) < rest or abs(second - other) < rest
        for one, other in placed
    )
