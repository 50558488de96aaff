"""The open seconds of a period, counted for many advertisers at once, each of which may have closed days of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orchestrator.chance import Ints
from orchestrator.design import Calendar, Schedule
from orchestrator.schedule.times import Closure

WEEK = 7
HOUR = 3600

Few = NDArray[np.int32]
"""Numbers that fit in half the bytes, and are read in half the time: the seconds of some decades."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Openings:
    """The days of a period, in whole ISO weeks, and how long each is open; a calendar for every closure asked for.

    Moments are whole seconds since ``origin``, the first opening. Calendars and days are told by their index: day ``d``
    is that many days after ``monday``, in week ``d // 7``. Office hours, holidays and the changes of the clock are
    those of `Calendar`.
    """

    monday: date
    origin: int
    """In seconds since 1970 (UTC)."""
    starts: Few
    """The moment at which each day opens, or would have."""
    lengths: Few
    """How many seconds each day is open to whom nothing is closed."""
    open: Flags
    """By calendar and day: whether it is open."""

    @classmethod
    def of(cls, schedule: Schedule, closures: Sequence[Closure]) -> "Openings":
        """Count the open seconds of a schedule under each of these closures."""
        monday = schedule.first_day - timedelta(days=schedule.first_day.weekday())
        number = WEEK * -(-((schedule.last_day - monday).days + 1) // WEEK)
        days = [monday + timedelta(days=ahead) for ahead in range(number)]
        calendar = Calendar(schedule)
        spans = [calendar.hours(day) for day in days]
        starts = np.array([calendar.opening(day).timestamp() for day in days], np.int64)
        lengths = np.array([(span[1] - span[0]).total_seconds() if span else 0 for span in spans], np.int32)
        lengths *= _open_days(monday, number, [((schedule.first_day, schedule.last_day), frozenset())])[0]
        whole = cls(
            monday, int(starts[0]), (starts - starts[0]).astype(np.int32), lengths, np.empty((0, number), np.bool_)
        )
        return whole.under(closures)

    def under(self, closures: Sequence[Closure]) -> "Openings":
        """The same days under other closures."""
        return replace(self, open=_open_days(self.monday, len(self.starts), closures) & (self.lengths > 0))

    @cached_property
    def passed(self) -> Few:
        """By calendar and day: how many open seconds come before it; one column more, for all of them."""
        passed = np.zeros((len(self.open), len(self.starts) + 1), np.int32)
        np.multiply(self.open, self.lengths, out=passed[:, 1:])
        np.cumsum(passed, axis=1, out=passed)
        return passed

    @cached_property
    def totals(self) -> Few:
        """The number of open seconds of each calendar."""
        return self.passed[:, -1].copy()

    def day_index(self, day: date) -> int | None:
        """The index of a day; None when it is in no week of the period."""
        index = (day - self.monday).days
        return index if 0 <= index < len(self.starts) else None

    def before(self, calendars: Ints, moments: Few | Ints) -> Few:
        """How many open seconds of its calendar come before each moment."""
        days = self._by_hour.take(moments // HOUR, mode="clip")
        begin, end = self._passed(calendars, days)
        into = np.maximum(moments - self.starts.take(days), 0)
        passed: Few = np.minimum(begin + into, end).astype(np.int32, copy=False)
        return passed

    def moments(self, calendars: Ints, seconds: Few) -> tuple[Few, Ints]:
        """The moment and the day of each open second of its calendar, counted from 0, below its total."""
        days = self._days(calendars, seconds)
        begin = seconds // self._longest * self._longest if self._even else self._passed(calendars, days)[0]
        return self.starts.take(days) + (seconds - begin), days

    def rest_of_day(self, calendars: Ints, seconds: Few) -> Few:
        """How many open seconds are left on the day of each open second, itself included."""
        return self._passed(calendars, self._days(calendars, seconds))[1] - seconds

    def _passed(self, calendars: Ints, days: Ints) -> tuple[Few, Few]:
        """How many open seconds come before each day, and how many before the next."""
        # To index a flat table is twice as fast as to index by two arrays.
        flat, places = self.passed.ravel(), calendars * self.passed.shape[1] + days
        return flat.take(places), flat[1:].take(places)

    def _days(self, calendars: Ints, seconds: Few) -> Ints:
        days, begins = self._working_days
        # Where all days are as long as the longest, this is the one; a day that is shorter, for the clock changes
        # within its hours, puts it off.
        places = begins.take(calendars) + seconds // self._longest
        found = days.take(places).astype(np.int64)
        while not self._even and (over := seconds >= self._passed(calendars, found)[1]).any():
            places += over
            found = days.take(places).astype(np.int64)
        return found

    @cached_property
    def _longest(self) -> int:
        return int(self.lengths.max(initial=1))

    @cached_property
    def _even(self) -> bool:
        """Whether all days that are open are as long as the longest."""
        return bool((self.lengths[self.lengths > 0] == self._longest).all())

    @cached_property
    def _by_hour(self) -> Ints:
        """The day of each hour since the first opening: that which opened last. Clocks change by whole hours."""
        hours = np.diff(self.starts // HOUR, append=self.starts[-1] // HOUR + 1)
        return np.repeat(np.arange(len(self.starts)), hours)

    @cached_property
    def _working_days(self) -> tuple[NDArray[np.int16], Ints]:
        """The days on which calendars are open, one calendar after another, and where each calendar begins."""
        many = np.count_nonzero(self.open, axis=1)
        days = np.broadcast_to(np.arange(len(self.starts), dtype=np.int16), self.open.shape)[self.open]
        return days, np.cumsum(many) - many


def _open_days(monday: date, number: int, closures: Sequence[Closure]) -> Flags:
    """By closure and day: whether an advertiser may be written to on it."""
    start = monday.toordinal()
    first = np.array([days[0].toordinal() if days else start for days, _ in closures], np.int32)
    last = np.array([days[1].toordinal() if days else start + number for days, _ in closures], np.int32)
    days = np.arange(start, start + number, dtype=np.int32)
    may: Flags = (first[:, np.newaxis] <= days) & (days <= last[:, np.newaxis])
    rows = np.repeat(np.arange(len(closures)), [len(days_off) for _, days_off in closures])
    off = [day.toordinal() for _, days_off in closures for day in days_off]
    columns = np.array(off, np.int64) - start
    within = (columns >= 0) & (columns < number)
    may[rows[within], columns[within]] = False
    return may
