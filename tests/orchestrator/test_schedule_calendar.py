"""Office hours: weekdays, holidays and daylight saving."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from design_makers import a_design

from orchestrator.design import Schedule
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


def test_the_ends_of_the_period_are_its_first_and_last_open_second() -> None:
    calendar = a_calendar()
    assert calendar.first == local("2026-09-07T09:00:00")
    assert calendar.last == local("2026-10-09T17:29:59")
    assert calendar.first.tzinfo is calendar.last.tzinfo is UTC
