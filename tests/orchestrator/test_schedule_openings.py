"""Counting the open seconds of a period, for advertisers that each have closed days of their own."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from design_makers import a_design
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.design import Calendar, Schedule, Weekday
from orchestrator.schedule.openings import Closure, Openings

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ALWAYS: Closure = (None, frozenset())
HALF_HOUR = 1800


def a_schedule(**keys: Any) -> Schedule:
    return a_design(schedule=keys).schedule


def listed(schedule: Schedule, closure: Closure = ALWAYS) -> list[int]:
    """All open seconds of a period, one by one, as the calendar of office hours gives them."""
    consent, days_off = closure
    calendar = Calendar(schedule, days_off=days_off)
    first, last = consent or (date.min, date.max)
    spans = [span for span in calendar.spans if first <= calendar.day_of(span[0]) <= last]
    return [second for begin, end in spans for second in range(int(begin.timestamp()), int(end.timestamp()))]


schedules = st.builds(
    lambda first, days, weekdays, opens, minutes: a_schedule(
        first_day=first,
        last_day=first + timedelta(days=days),
        weekdays=weekdays,
        **{"from": opens, "until": (datetime.combine(first, opens) + timedelta(minutes=minutes)).time()},
    ),
    st.dates(date(2026, 1, 1), date(2027, 12, 1)),
    st.integers(8, 40),
    st.sets(st.sampled_from([day.value for day in Weekday]), min_size=1).map(sorted),
    st.times(time(0), time(12)).map(lambda opens: opens.replace(second=0, microsecond=0)),
    st.integers(1, 4 * 60),
)
closures = st.tuples(
    st.none() | st.tuples(st.integers(-5, 30), st.integers(-5, 45)),
    st.sets(st.integers(-3, 50), max_size=12),
)


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(schedules, st.lists(closures, min_size=1, max_size=4), st.data())
def test_open_seconds_are_those_of_the_calendar_counted_forth_and_back(
    schedule: Schedule, asked: list[tuple[tuple[int, int] | None, set[int]]], data: st.DataObject
) -> None:
    def day(ahead: int) -> date:
        return schedule.first_day + timedelta(days=ahead)

    all_ = [((day(days[0]), day(days[1])) if days else None, frozenset(map(day, off))) for days, off in asked]
    openings = Openings.of(schedule, all_)
    seconds = [np.array(listed(schedule, closure), np.int64) - openings.origin for closure in all_]
    assert openings.totals.tolist() == [len(each) for each in seconds]
    rows = np.repeat(np.arange(len(all_)), openings.totals)
    numbers = np.concatenate([np.arange(len(each)) for each in seconds])
    moments, days = openings.moments(rows, numbers)
    assert (moments == np.concatenate(seconds)).all()
    since_1970 = (openings.origin + moments[::5000]).tolist()
    told = [openings.day_index(datetime.fromtimestamp(moment, AMSTERDAM).date()) for moment in since_1970]
    assert told == days[::5000].tolist()
    assert (openings.before(rows, moments) == numbers).all()
    anywhere = int(openings.starts[0]) + data.draw(st.integers(-(10**6), 5 * 10**6))
    before = openings.before(np.arange(len(all_)), np.full(len(all_), anywhere))
    assert before.tolist() == [int((each < anywhere).sum()) for each in seconds]


@settings(max_examples=30, deadline=None)
@given(schedules, st.floats(0, 1))
def test_what_is_left_of_a_day_ends_at_its_closing(schedule: Schedule, share: float) -> None:
    openings, row = Openings.of(schedule, [ALWAYS]), np.zeros(1, np.int64)
    if not openings.totals[0]:
        return
    second = (share * (openings.totals - 1)).astype(np.int64)
    moment = openings.origin + int(openings.moments(row, second)[0][0])
    closing = Calendar(schedule).closing(datetime.fromtimestamp(moment, AMSTERDAM))
    assert openings.rest_of_day(row, second)[0] == closing.timestamp() - moment


def test_the_open_seconds_of_a_working_month_are_counted() -> None:
    off = frozenset({date(2026, 9, 8), date(2026, 9, 12), date(2026, 9, 9)})
    consent = (date(2026, 9, 14), date(2026, 9, 18))
    openings = Openings.of(a_schedule(), [ALWAYS, (None, off), (consent, off)])
    assert (openings.totals / 3600).tolist() == [25 * 8.5, 23 * 8.5, 5 * 8.5]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 5), ("2026-10-25", 7), ("2026-03-22", 6)])
def test_a_night_in_which_the_clock_changes_has_an_hour_less_or_more(day: str, hours: int) -> None:
    first = (date.fromisoformat(day) - timedelta(days=14)).isoformat()
    schedule = a_schedule(first_day=first, last_day=day, weekdays=["sun"], **{"from": "00:00", "until": "06:00"})
    assert np.diff(Openings.of(schedule, [ALWAYS]).passed[0])[-1] == hours * 3600


def test_a_period_or_consent_without_working_days_has_no_open_seconds() -> None:
    weekend = a_schedule(first_day=date(2026, 9, 12), last_day=date(2026, 9, 13))
    assert Openings.of(weekend, [ALWAYS]).totals.tolist() == [0]
    later = (date(2026, 12, 1), date(2026, 12, 31))
    assert Openings.of(a_schedule(), [(later, frozenset())]).totals.tolist() == [0]


def test_the_days_of_a_period_are_those_of_its_whole_weeks() -> None:
    openings = Openings.of(a_schedule(first_day=date(2026, 9, 9), last_day=date(2026, 9, 15)), [ALWAYS])
    assert [openings.day_index(date(2026, 9, day)) for day in (6, 7, 9, 20, 21)] == [None, 0, 2, 13, None]
    assert np.flatnonzero(np.diff(openings.passed[0])).tolist() == [2, 3, 4, 7, 8]


def test_even_steps_over_the_open_seconds_fall_evenly_over_days_and_hours() -> None:
    openings = Openings.of(a_schedule(), [ALWAYS])
    steps = np.arange(0, openings.totals[0], HALF_HOUR // 4)
    moments, days = openings.moments(np.zeros_like(steps), steps)
    assert set(np.bincount(days)[np.unique(days)].tolist()) == {17 * 4}
    assert set(np.bincount((moments - openings.starts[days]) // HALF_HOUR).tolist()) == {25 * 4}
