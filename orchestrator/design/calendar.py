"""The working moments that a schedule declares, correct across holidays and daylight saving."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from orchestrator.design.model import Schedule

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SECOND = timedelta(seconds=1)
SATURDAY = 5
# No run of holidays closes a weekday for so many days on end.
LONGEST_CLOSURE = 60

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Calendar:
    """Office hours of a schedule; Dutch public holidays and ``days_off`` are closed.

    Moments in are aware, moments out aware UTC.

    `spans`, `first` and `last` are of the period, from ``first_day`` to ``last_day``, both included; the other members
    know office hours only. Open seconds are counted by `schedule.openings`.
    """

    schedule: Schedule
    zone: ZoneInfo = AMSTERDAM
    days_off: frozenset[date] = frozenset()

    def is_open(self, moment: datetime) -> bool:
        """Whether letters may go at this moment: from the opening second up to, not including, the closing time."""
        span = self.hours(self.day_of(moment))
        return span is not None and span[0] <= moment < span[1]

    def next_open(self, moment: datetime) -> datetime:
        """The first open moment at or after this one; ValueError when the schedule never opens."""
        day = self.day_of(moment)
        longest = LONGEST_CLOSURE + len(self.days_off)
        for ahead in range(longest):
            span = self.hours(day + timedelta(days=ahead))
            if span is not None and moment < span[1]:
                return max(span[0], moment.astimezone(UTC))
        raise ValueError(f"no open moment within {longest} days of {day}")

    def closing(self, moment: datetime) -> datetime:
        """The closing time of the day of an open moment; ValueError when it is not open."""
        span = self.hours(self.day_of(moment))
        if span is None or not span[0] <= moment < span[1]:
            raise ValueError(f"not open: {moment}")
        return span[1]

    def hours(self, day: date) -> Span | None:
        """Opening and closing moment of a day, or None when it is closed."""
        if day.weekday() not in self._weekdays or day in _holidays(day.year) or day in self.days_off:
            return None
        opening = self.opening(day)
        closing = datetime.combine(day, self.schedule.until, self.zone).astimezone(UTC)
        return (opening, closing) if opening < closing else None

    def opening(self, day: date) -> datetime:
        """The moment at which a day opens, if it is not closed."""
        return datetime.combine(day, self.schedule.from_, self.zone).astimezone(UTC)

    def day_of(self, moment: datetime) -> date:
        """The calendar day of a moment in the zone; ValueError for a naive moment."""
        if moment.tzinfo is None:
            raise ValueError(f"naive moment: {moment}")
        return moment.astimezone(self.zone).date()

    def working_time(self, first_day: date, last_day: date) -> timedelta:
        """How long it is open from the first to the last day, both included."""
        return sum((end - start for start, end in self._open(first_day, last_day)), timedelta())

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The open days of the period, in order; empty when there is nothing but weekends and holidays."""
        return self._open(self.schedule.first_day, self.schedule.last_day)

    @property
    def first(self) -> datetime:
        """The first open second of the period."""
        return self.spans[0][0]

    @property
    def last(self) -> datetime:
        """The last open second of the period."""
        return self.spans[-1][1] - SECOND

    def _open(self, first_day: date, last_day: date) -> tuple[Span, ...]:
        days = (first_day + timedelta(days=ahead) for ahead in range((last_day - first_day).days + 1))
        return tuple(span for day in days if (span := self.hours(day)) is not None)

    @cached_property
    def _weekdays(self) -> frozenset[int]:
        return frozenset(day.number for day in self.schedule.weekdays)


def working_days(first_day: date, last_day: date) -> list[date]:
    """The days from the first to the last, both included, that are no weekend and no Dutch public holiday."""
    days = (first_day + timedelta(days=ahead) for ahead in range((last_day - first_day).days + 1))
    return [day for day in days if day.weekday() < SATURDAY and day not in _holidays(day.year)]


@lru_cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("NL", years=year))
