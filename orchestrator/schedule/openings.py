"""The open seconds of a period, counted for many advertisers at once, each of which may have closed days of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orchestrator.chance import Ints
from orchestrator.design import Calendar, Schedule
from orchestrator.schedule.times import Closure

WEEK = 7
HOUR, DAY = 3600, 86400

Few = NDArray[np.int32]
"""Counts that fit in half the bytes, and are read in half the time: the open seconds of some decades."""


@dataclass(frozen=True, eq=False)
class Openings:
    """The days of a period, in whole ISO weeks, and how long each is open; a calendar for every closure asked for.

    Moments are whole seconds since 1970 (UTC). Calendars and days are told by their index: day ``d`` is that many days
    after ``monday``, in week ``d // 7``. Office hours, holidays and the changes of the clock are those of `Calendar`.
    """

    monday: date
    starts: Ints
    """The moment at which each day opens, or would have."""
    passed: Few
    """By calendar and day: how many open seconds of the period come before it; one column more, for all of them."""

    @classmethod
    def of(cls, schedule: Schedule, closures: Sequence[Closure]) -> "Openings":
        """Count the open seconds of a schedule under each of these closures."""
        monday = schedule.first_day - timedelta(days=schedule.first_day.weekday())
        number = WEEK * -(-((schedule.last_day - monday).days + 1) // WEEK)
        days = [monday + timedelta(days=ahead) for ahead in range(number)]
        calendar = Calendar(schedule)
        spans = [calendar.hours(day) for day in days]
        starts = np.array([calendar.opening(day).timestamp() for day in days], np.int64)
        lengths = np.array([(span[1] - span[0]).total_seconds() if span else 0 for span in spans], np.int64)
        lengths *= _open_days(monday, number, [((schedule.first_day, schedule.last_day), frozenset())])[0]
        passed = np.zeros((len(closures), number + 1), np.int32)
        np.cumsum(_open_days(monday, number, closures) * lengths.astype(np.int32), axis=1, out=passed[:, 1:])
        return cls(monday, starts, passed)

    @cached_property
    def totals(self) -> Ints:
        """The number of open seconds of each calendar."""
        return self.passed[:, -1].astype(np.int64)

    def day_index(self, day: date) -> int | None:
        """The index of a day; None when it is in no week of the period."""
        index = (day - self.monday).days
        return index if 0 <= index < len(self.starts) else None

    def before(self, calendars: Ints, moments: Ints) -> Ints:
        """How many open seconds of its calendar come before each moment."""
        # From opening to opening it is 23 to 25 hours: counted in days of 24, at most one too many.
        days = np.clip((moments - self.starts[0] + HOUR) // DAY, 0, len(self.starts) - 1)
        days -= (days > 0) & (self.starts.take(days) > moments)
        open_ = _at(self.passed, calendars, days) + np.maximum(moments - self.starts.take(days), 0)
        passed: Ints = np.minimum(open_, _at(self.passed, calendars, days + 1))
        return passed

    def moments(self, calendars: Ints, seconds: Ints) -> tuple[Ints, Ints]:
        """The moment and the day of each open second of its calendar, counted from 0, below its total."""
        days = self._days(calendars, seconds)
        return self.starts.take(days) + seconds - _at(self.passed, calendars, days), days

    def rest_of_day(self, calendars: Ints, seconds: Ints) -> Ints:
        """How many open seconds are left on the day of each open second, itself included."""
        left: Ints = _at(self.passed, calendars, self._days(calendars, seconds) + 1) - seconds
        return left

    def _days(self, calendars: Ints, seconds: Ints) -> Ints:
        days, begins, longest, even = self._working_days
        # Where all days are as long as the longest, this is the one; a day that is shorter, for the clock changes
        # within its hours, puts it off.
        places = begins.take(calendars) + seconds // longest
        found: Ints = days.take(places)
        while not even and (over := seconds >= _at(self.passed, calendars, found + 1)).any():
            places += over
            found = days.take(places)
        return found

    @cached_property
    def _working_days(self) -> tuple[Ints, Ints, int, bool]:
        """The days on which calendars are open, one calendar after another, and where each calendar begins.

        With these the length of the longest day, and whether all are as long.
        """
        lengths = np.diff(self.passed, axis=1)
        open_, longest = lengths > 0, int(lengths.max(initial=1))
        many = open_.sum(axis=1)
        days = np.broadcast_to(np.arange(lengths.shape[1]), open_.shape)[open_]
        return days, np.cumsum(many) - many, longest, bool((many * longest == self.totals).all())


def _at(table: Few, rows: Ints, columns: Ints) -> Few:
    """What a table holds at these places; twice as fast as to index by two arrays."""
    held: Few = table.ravel().take(rows * table.shape[1] + columns)
    return held


def _open_days(monday: date, number: int, closures: Sequence[Closure]) -> NDArray[np.bool_]:
    """By closure and day: whether an advertiser may be written to on it."""
    start = monday.toordinal()
    spans = [(c[0].toordinal() - start, c[1].toordinal() - start) if c else (0, number) for c, _ in closures]
    first, last = np.array(spans, np.int64).reshape(-1, 2).T[:, :, np.newaxis]
    days = np.arange(number)
    may: NDArray[np.bool_] = (first <= days) & (days <= last)
    rows = np.repeat(np.arange(len(closures)), [len(days_off) for _, days_off in closures])
    off = [day.toordinal() for _, days_off in closures for day in days_off]
    columns = np.array(off, np.int64) - start
    within = (columns >= 0) & (columns < number)
    may[rows[within], columns[within]] = False
    return may
