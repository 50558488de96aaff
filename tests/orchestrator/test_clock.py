"""The one source of now."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.clock import Clock

MONDAY = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)


def test_the_real_clock_reads_the_time_of_this_machine_in_utc() -> None:
    before, read, after = datetime.now(UTC), Clock().now(), datetime.now(UTC)
    assert before - timedelta(milliseconds=1) <= read <= after + timedelta(milliseconds=1)
    assert read.tzinfo is UTC


def test_a_scaled_clock_runs_so_many_times_as_fast_from_its_start() -> None:
    clock = Clock(MONDAY, time.time() - 10, 3600)
    assert timedelta(hours=10) <= clock.now() - MONDAY < timedelta(hours=11)


def test_a_scaled_clock_begins_now_and_keeps_utc_whatever_zone_it_was_given() -> None:
    clock = Clock.scaled(MONDAY.astimezone(ZoneInfo("Europe/Amsterdam")), 60)
    assert clock.start == MONDAY
    assert clock.start.tzinfo is UTC
    assert timedelta() <= clock.now() - MONDAY < timedelta(minutes=5)


def test_two_readings_of_one_stored_clock_agree_also_in_two_processes() -> None:
    clock = Clock.scaled(MONDAY, 1000)
    again = Clock(clock.start, clock.wall, clock.speed)
    assert abs(clock.now() - again.now()) < timedelta(seconds=100)


@given(st.floats(0.01, 1e6), st.floats(0, 1e4))
def test_what_must_last_in_the_real_world_is_scaled_and_waited_for_as_long(speed: float, seconds: float) -> None:
    clock = Clock.scaled(MONDAY, speed)
    assert clock.real(seconds) == timedelta(seconds=seconds * speed)
    assert clock.wait_for(clock.now() + clock.real(seconds)) <= seconds + 0.001


def test_nobody_waits_for_a_moment_that_is_past() -> None:
    assert Clock().wait_for(datetime.now(UTC) - timedelta(days=1)) == 0


def test_a_moment_of_another_machine_is_told_by_this_clock_and_never_lies_ahead() -> None:
    now = datetime.now(UTC)
    shifted = Clock.scaled(MONDAY, 1.0)
    assert Clock().when(now - timedelta(hours=9)) == now - timedelta(hours=9)
    assert abs(shifted.when(now - timedelta(hours=9)) - (MONDAY - timedelta(hours=9))) < timedelta(seconds=5)
    for clock in (Clock(), shifted):
        assert clock.when(now + timedelta(hours=9)) <= clock.now()


def test_a_clock_that_runs_fast_does_not_blow_up_the_seconds_of_others() -> None:
    clock = Clock.scaled(MONDAY, 100_000)
    assert clock.when(datetime.now(UTC) - timedelta(seconds=5)) >= MONDAY
