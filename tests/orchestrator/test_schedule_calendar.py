"""Office hours: weekdays, holidays, daylight saving, and counting open seconds."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from design_makers import a_design
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.design import Schedule, Weekday
from orchestrator.schedule import Calendar

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SECOND = timedelta(seconds=1)


def a_schedule(**keys: Any) -> Schedule:
    return a_design(schedule=keys).schedule


def a_calendar(**keys: Any) -> Calendar:
    return Calendar(a_schedule(**keys))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-09-07T09:00:00", True),
        ("2026-09-07T08:59:59", False),
        ("2026-09-07T17:29:59", True),
        ("2026-09-07T17:30:00", False),
        ("2026-09-12T12:00:00", False),  # Saturday
        ("2026-04-06T12:00:00", False),  # Easter Monday
        ("2026-04-27T12:00:00", False),  # King's Day
        ("2026-05-14T12:00:00", False),  # Ascension Day
        ("2026-12-25T12:00:00", False),  # Christmas
        ("2026-12-24T12:00:00", True),
        ("2027-01-01T12:00:00", False),  # New Year, of a later year than the period
    ],
)
def test_office_hours_are_open_on_working_days_only(moment: str, is_open: bool) -> None:
    assert a_calendar().is_open(local(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-09-07T12:00:01", "2026-09-07T12:00:01"),
        ("2026-09-07T03:00:00", "2026-09-07T09:00:00"),
        ("2026-09-11T17:30:00", "2026-09-14T09:00:00"),
        ("2026-04-03T17:30:00", "2026-04-07T09:00:00"),  # over Easter
        ("2026-12-24T18:00:00", "2026-12-28T09:00:00"),  # over Christmas
        ("2026-10-23T18:00:00", "2026-10-26T09:00:00"),  # over the end of summer time, beyond the period
    ],
)
def test_the_next_open_moment_passes_over_nights_weekends_and_holidays(moment: str, opens: str) -> None:
    found = a_calendar().next_open(local(moment))
    assert found == local(opens)
    assert found.tzinfo is UTC


def test_a_schedule_that_never_opens_is_an_error_and_no_endless_search() -> None:
    with pytest.raises(ValueError, match="no open moment"):
        a_calendar(until="08:00").next_open(local("2026-09-07T12:00:00"))


@pytest.mark.parametrize("method", ["is_open", "next_open", "day_of", "closing"])
def test_a_naive_moment_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match="naive"):
        getattr(a_calendar(), method)(datetime(2026, 9, 7, 12))  # noqa: DTZ001


def test_office_hours_follow_the_clock_on_the_wall_across_daylight_saving() -> None:
    calendar = a_calendar()
    assert calendar.next_open(local("2026-10-23T03:00:00")).hour == 7
    assert calendar.next_open(local("2026-10-26T03:00:00")).hour == 8


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 5), (date(2026, 10, 25), 7), (date(2026, 3, 22), 6)])
def test_a_night_of_daylight_saving_is_an_hour_shorter_or_longer(day: date, hours: int) -> None:
    calendar = a_calendar(**{"weekdays": ["sun"], "from": "00:00", "until": "06:00"})
    assert calendar.working_time(day, day) == timedelta(hours=hours)


def test_working_time_counts_both_days() -> None:
    assert a_calendar().working_time(date(2026, 9, 7), date(2026, 10, 9)) == 25 * timedelta(hours=8.5)
    assert a_calendar().working_time(date(2026, 9, 12), date(2026, 9, 13)) == timedelta(0)
    assert a_calendar().seconds == 25 * 8.5 * 3600


def test_the_ends_of_the_period_are_its_first_and_last_open_second() -> None:
    calendar = a_calendar()
    assert calendar.moment_at(0) == calendar.first == local("2026-09-07T09:00:00")
    assert calendar.moment_at(1) == calendar.last == local("2026-10-09T17:29:59")
    assert calendar.moment_at(0.5).tzinfo is UTC


@pytest.mark.parametrize("fraction", [-0.001, 1.001, float("nan")])
def test_a_fraction_outside_the_period_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction"):
        a_calendar().moment_at(fraction)


def test_a_period_without_open_seconds_has_no_moment() -> None:
    with pytest.raises(ValueError, match="of 0"):
        a_calendar(first_day=date(2026, 9, 12), last_day=date(2026, 9, 13)).moment_at(0.5)


def test_even_fractions_fall_evenly_over_days_and_hours() -> None:
    calendar = a_calendar()
    count = 25 * 17 * 4  # four in each half hour of each day
    moments = [calendar.moment_at((number + 0.5) / count).astimezone(AMSTERDAM) for number in range(count)]
    assert set(Counter(moment.date() for moment in moments).values()) == {17 * 4}
    assert set(Counter((moment.hour, moment.minute // 30) for moment in moments).values()) == {25 * 4}


schedules = st.builds(
    lambda first, days, weekdays, opens, minutes: a_schedule(
        first_day=first,
        last_day=first + timedelta(days=days),
        weekdays=weekdays,
        **{"from": opens, "until": (datetime.combine(first, opens) + timedelta(minutes=minutes)).time()},
    ),
    st.dates(date(2026, 1, 1), date(2027, 12, 1)),
    st.integers(8, 60),
    st.sets(st.sampled_from([day.value for day in Weekday]), min_size=1).map(sorted),
    st.times(time(0), time(12)).map(lambda opens: opens.replace(second=0, microsecond=0)),
    st.integers(1, 11 * 60),
)


@settings(max_examples=100, deadline=None)
@given(schedules, st.floats(0, 1), st.integers(-10, 70 * 86400))
def test_open_seconds_can_be_counted_forth_and_back(schedule: Schedule, fraction: float, ahead: int) -> None:
    calendar = Calendar(schedule)
    if not calendar.spans:
        return
    moment = calendar.moment_at(fraction)
    assert calendar.is_open(moment)
    assert calendar.second(calendar.seconds_before(moment)) == moment
    assert calendar.next_open(moment) == moment
    assert schedule.first_day <= moment.astimezone(AMSTERDAM).date() <= schedule.last_day
    anywhere = calendar.first + ahead * SECOND
    opening = calendar.next_open(anywhere)
    assert opening >= anywhere
    assert calendar.is_open(opening)
    if opening <= calendar.last:
        assert calendar.seconds_before(opening) == calendar.seconds_before(anywhere)
    else:
        assert calendar.seconds_before(anywhere) == calendar.seconds
