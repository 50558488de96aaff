"""When a mailed request goes: a moment of an office day, drawn for each office. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from numpy.random import Generator

from orchestrator.design import working_days

ZONE = ZoneInfo("Europe/Amsterdam")
OPENS, CLOSES = time(9, 0), time(17, 0)
LAST_PLANNED = time(16, 0)
"""No request is planned later on a day, so that it can be answered the same day."""


def is_open(now: datetime) -> bool:
    """Say whether offices are open: a working day, between nine and five, Dutch time."""
    local = now.astimezone(ZONE)
    return OPENS <= local.time() < CLOSES and bool(working_days(local.date(), local.date()))


def drawn(day: date, rng: Generator) -> datetime:
    """Draw a moment of this day, to the second, between the opening and `LAST_PLANNED`."""
    first, last = (datetime.combine(day, moment, ZONE) for moment in (OPENS, LAST_PLANNED))
    return first.astimezone(UTC) + timedelta(seconds=int(rng.integers(int((last - first).total_seconds()))))


def closing(day: date) -> datetime:
    """Return when offices close on this day."""
    return datetime.combine(day, CLOSES, ZONE).astimezone(UTC)
