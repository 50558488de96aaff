"""When the two letters of each pair go out: uniform over the open seconds, within the load an advertiser may bear."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from numpy.random import Generator

from orchestrator.assignment import Refusal, RefusalReason
from orchestrator.chance import generator, rank
from orchestrator.design import Calendar, Design, Schedule
from orchestrator.design.calendar import Span

__all__ = ["Calendar", "Placement", "Times", "latest_start", "place", "place_beside", "when_open"]

TRIES = 500
MANY = 1_000_000
SECOND = timedelta(seconds=1)
OPENING_SPREAD = timedelta(hours=1)
"""A letter moved to the next opening goes within this time of it: many letters at nine sharp would stand out."""


@dataclass(frozen=True)
class Times:
    """Both moments of a pair, aware UTC, and the gap: the least time that must pass between the two.

    The gap is the time between both moments, or the longest declared gap when a closure lies between them.
    """

    first: datetime
    second: datetime
    gap: timedelta


@dataclass(frozen=True)
class Placement:
    """Times by listing key, and a refusal for every listing that no moment was found for."""

    times: Mapping[str, Times]
    refused: tuple[Refusal, ...]


def place(
    design: Design,
    advertiser: str,
    listings: Collection[str],
    *,
    consent: tuple[date, date] | None = None,
    days_off: frozenset[date] = frozenset(),
) -> Placement:
    """Draw the moments of all pairs of one advertiser; the order of ``listings`` does not matter.

    The first letter is uniform over the open seconds after which the shortest gap still fits in the period; the second
    is uniform over the open seconds from the shortest to the longest gap (clock hours) after it. Is nothing open
    between those two, as over a weekend, then it goes soon after the next opening. A draw that breaks a cap (of the
    day or ISO week of the first letter) or the cool-down between letters of different pairs is drawn again, with a
    counter in its key. ``consent`` is the first and last day the advertiser takes part: no letter is planned outside
    them, nor on its ``days_off``.
    """
    calendar = Calendar(_within(design.schedule, consent), days_off=days_off)
    times: dict[str, Times] = {}
    refused: list[Refusal] = []
    for listing in sorted(set(listings), key=lambda listing: rank(design.seed, listing)):
        found = _find(design, calendar, advertiser, listing, tuple(times.values()))
        if found is None:
            refused.append(Refusal(listing, RefusalReason.NO_MOMENT))
        else:
            times[listing] = found
    return Placement(MappingProxyType(times), tuple(refused))


def place_beside(
    design: Design,
    advertiser: str,
    listing: str,
    others: Collection[Times],
    *,
    consent: tuple[date, date],
    window: Span,
    days_off: frozenset[date] = frozenset(),
) -> Times | None:
    """Draw the moments of one more pair of an advertiser whose ``others`` stay where they are; None when none is found.

    As `place`, but the first letter is uniform over the open seconds of ``window`` (aware, both ends included), or goes
    soon after the next opening when nothing in it is open.
    """
    calendar = Calendar(_within(design.schedule, consent), days_off=days_off)
    return _find(design, calendar, advertiser, listing, tuple(others), window)


def latest_start(calendar: Calendar) -> datetime | None:
    """Return the last moment at which a pair may begin, so that its second letter still fits; None when none does."""
    room = _room(calendar) if calendar.spans else 0
    return calendar.second(room - 1) if room else None


def _within(schedule: Schedule, consent: tuple[date, date] | None) -> Schedule:
    if consent is None:
        return schedule
    first_day, last_day = max(schedule.first_day, consent[0]), min(schedule.last_day, consent[1])
    return schedule.model_copy(update={"first_day": first_day, "last_day": last_day})


def _find(
    design: Design,
    calendar: Calendar,
    advertiser: str,
    listing: str,
    others: tuple[Times, ...],
    window: Span | None = None,
) -> Times | None:
    for number in range(TRIES if calendar.spans else 0):
        drawn = _draw(calendar, generator(design.seed, "moment", advertiser, listing, str(number)), window)
        if drawn is not None and _bearable(drawn, others, calendar):
            return drawn
    return None


def _draw(calendar: Calendar, rng: Generator, window: Span | None) -> Times | None:
    """One draw, or None when the shortest gap does not fit in the period."""
    shortest, longest = _gaps(calendar)
    first = _first(calendar, window, rng)
    if first is None:
        return None
    second = _between(calendar, first + shortest, first + longest, rng)
    return Times(first, second, min(second - first, longest))


def _first(calendar: Calendar, window: Span | None, rng: Generator) -> datetime | None:
    """An open second of the period, or of its window, after which the shortest gap still fits."""
    room = _room(calendar)
    if room == 0:
        return None
    if window is None:
        return calendar.second(int(rng.integers(room)))
    last = calendar.second(room - 1)
    first = _between(calendar, max(window[0], calendar.first), min(window[1], last), rng)
    return first if first <= last else None


def _room(calendar: Calendar) -> int:
    """How many open seconds of the period leave room for the shortest gap after them."""
    return calendar.seconds_before(calendar.last - _gaps(calendar)[0] + SECOND)


def _gaps(calendar: Calendar) -> tuple[timedelta, timedelta]:
    """The shortest and the longest gap, in whole seconds."""
    bounds = calendar.schedule.gap_hours
    return round(bounds.min * 3600) * SECOND, round(bounds.max * 3600) * SECOND


def _between(calendar: Calendar, earliest: datetime, latest: datetime, rng: Generator) -> datetime:
    """An open second from earliest to latest, or soon after the next opening when there is none."""
    before = calendar.seconds_before(earliest)
    choices = calendar.seconds_before(latest + SECOND) - before
    if choices > 0:
        return calendar.second(before + int(rng.integers(choices)))
    return when_open(calendar, earliest, rng)


def when_open(calendar: Calendar, moment: datetime, rng: Generator) -> datetime:
    """Return the moment itself when it is open, else one drawn soon after the next opening."""
    opening = calendar.next_open(moment)
    if opening == moment:
        return moment
    spread = min(OPENING_SPREAD, calendar.closing(opening) - SECOND - opening)
    return opening + int(rng.integers(spread // SECOND, endpoint=True)) * SECOND


def _bearable(drawn: Times, others: Collection[Times], calendar: Calendar) -> bool:
    schedule = calendar.schedule
    week, day = _week(drawn, calendar), calendar.day_of(drawn.first)
    same_week = sum(_week(other, calendar) == week for other in others)
    same_day = sum(calendar.day_of(other.first) == day for other in others)
    rest = timedelta(hours=schedule.cooldown_hours)
    within_caps = same_week < schedule.per_advertiser_week and same_day < (schedule.per_advertiser_day or MANY)
    return within_caps and all(_apart(drawn, other) >= rest for other in others)


def _week(times: Times, calendar: Calendar) -> tuple[int, int]:
    year, week, _ = calendar.day_of(times.first).isocalendar()
    return year, week


def _apart(one: Times, other: Times) -> timedelta:
    """The shortest time between a letter of the one and a letter of the other."""
    return min(abs(a - b) for a in (one.first, one.second) for b in (other.first, other.second))
