"""Where the letters of an advertiser's pairs are placed in the period."""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

import numpy as np
from design_makers import a_design
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest

from orchestrator.assignment import Homes, Refusal, RefusalReason
from orchestrator.design import Design
from orchestrator.schedule import Calendar, Times, latest_start, place, place_all, place_beside
from orchestrator.schedule.openings import Openings

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SURE = 1e-4


def alone(design: Design, number: int) -> list[Times]:
    """The times of so many pairs, each with an advertiser of its own."""
    keys = [f"a-{each}" for each in range(number)]
    homes = Homes.of([f"ams-{each}" for each in range(number)], keys, [""] * number)
    return list(place_all(design, homes, dict.fromkeys(keys, (None, frozenset()))).placement().times.values())


def fractions(design: Design, moments: list[datetime]) -> NDArray[np.float64]:
    """Which part of the open seconds of the period comes before each moment."""
    openings = Openings.of(design.schedule, [(None, frozenset())])
    seconds = np.array([moment.timestamp() for moment in moments], np.int64) - openings.origin
    return openings.before(np.zeros_like(seconds), seconds) / openings.totals


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**53 - 1),
    st.floats(0.5, 20),
    st.floats(0, 20),
    st.integers(1, 4),
    st.sampled_from(["2026-04-06", "2026-10-19", "2026-03-23"]),  # Easter Monday; both changes of the clock
)
def test_both_letters_go_in_office_hours_of_the_period_and_the_gap_is_kept(
    seed: int, shortest: float, more: float, per_week: int, first_day: str
) -> None:
    last_day = (date.fromisoformat(first_day) + timedelta(days=18)).isoformat()
    gap = {"min": shortest, "max": shortest + more}
    schedule = {"first_day": first_day, "last_day": last_day, "gap_hours": gap, "per_advertiser_week": per_week}
    design = a_design(seed=seed, schedule=schedule)
    calendar = Calendar(design.schedule)
    placed = place(design, "kantoor", [f"ams-{number}" for number in range(5)])
    assert len(placed.times) + len(placed.refused) == 5
    for times in placed.times.values():
        assert calendar.is_open(times.first)
        assert calendar.is_open(times.second)
        assert calendar.first <= times.first < times.second <= calendar.last
        assert shortest - 0.001 <= times.gap / timedelta(hours=1) <= shortest + more + 0.001
        assert times.second - times.first >= times.gap


def test_weekly_cap_and_cool_down_are_kept() -> None:
    design = a_design(schedule={"per_advertiser_week": 2, "cooldown_hours": 6})
    for advertiser in range(30):
        times = place(design, f"a-{advertiser}", [f"{advertiser}-{number}" for number in range(8)]).times.values()
        weeks = [each.first.astimezone(AMSTERDAM).isocalendar()[:2] for each in times]
        assert max(weeks.count(week) for week in weeks) <= 2
        for one, other in combinations(times, 2):
            apart = [abs(a - b) for a in (one.first, one.second) for b in (other.first, other.second)]
            assert min(apart) >= timedelta(hours=6)


def test_the_cap_of_a_day_is_kept_and_nothing_is_planned_on_a_day_off() -> None:
    design = a_design(schedule={"per_advertiser_week": 5, "per_advertiser_day": 1, "cooldown_hours": 0})
    days_off = frozenset({date(2026, 9, 9), date(2026, 9, 15), date(2026, 9, 16)})
    for advertiser in range(30):
        keys = [f"{advertiser}-{number}" for number in range(8)]
        times = place(design, f"a-{advertiser}", keys, days_off=days_off).times.values()
        days = [each.first.astimezone(AMSTERDAM).date() for each in times]
        assert len(days) == len(set(days)) == 8
        assert days_off.isdisjoint(days + [each.second.astimezone(AMSTERDAM).date() for each in times])


def test_a_second_letter_that_must_move_passes_over_days_off() -> None:
    friday = datetime(2026, 9, 11, 16, 0, tzinfo=UTC)
    calendar = Calendar(a_design().schedule, days_off=frozenset({date(2026, 9, 14), date(2026, 9, 15)}))
    assert calendar.next_open(friday).astimezone(AMSTERDAM).date() == date(2026, 9, 16)


def test_pairs_that_do_not_fit_are_refused_and_the_others_placed() -> None:
    design = a_design(schedule={"last_day": "2026-09-11", "per_advertiser_week": 2})
    placed = place(design, "kantoor", [f"ams-{number}" for number in range(5)])
    assert len(placed.times) == 2
    assert {refusal.reason for refusal in placed.refused} == {RefusalReason.NO_MOMENT}


def test_no_letter_is_planned_outside_the_days_of_consent() -> None:
    consent = (date(2026, 9, 15), date(2026, 9, 18))
    for number in range(100):
        (times,) = place(a_design(), f"a-{number}", [f"ams-{number}"], consent=consent).times.values()
        assert consent[0] <= times.first.astimezone(AMSTERDAM).date()
        assert times.second.astimezone(AMSTERDAM).date() <= consent[1]


def test_consent_that_meets_no_working_day_refuses_every_pair() -> None:
    placed = place(a_design(), "kantoor", ["ams-1"], consent=(date(2026, 12, 1), date(2026, 12, 31)))
    assert placed.refused == (Refusal("ams-1", RefusalReason.NO_MOMENT),)


@given(st.permutations([f"ams-{number}" for number in range(8)]))
def test_the_order_of_the_listings_changes_no_moment(listings: list[str]) -> None:
    assert place(a_design(), "kantoor", listings) == place(a_design(), "kantoor", sorted(listings))


def test_first_letters_are_uniform_over_the_open_seconds_that_leave_room() -> None:
    design = a_design()
    room = 1 - 2 / 212.5
    first = fractions(design, [times.first for times in alone(design, 20_000)])
    assert kstest(first / room, "uniform").pvalue > SURE


def test_moments_are_never_evenly_spaced_and_use_every_second_of_a_minute() -> None:
    times = alone(a_design(), 1000)
    for moments in ([each.first for each in times], [each.second for each in times]):
        steps = [later - earlier for earlier, later in pairwise(sorted(moments))]
        assert len(set(steps)) > 300
        seconds = np.bincount([moment.second for moment in moments], minlength=60)
        assert seconds.min() > 0
        assert seconds.max() < 45


def test_second_letters_do_not_pile_up_at_opening_time() -> None:
    hours = [each.second.astimezone(AMSTERDAM).hour for each in alone(a_design(), 2000)]
    assert hours.count(9) / len(hours) < 0.2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 45 * 24 * 60), st.integers(1, 96), st.integers(0, 3))
def test_one_more_pair_begins_in_its_window_or_soon_after_the_next_opening_and_moves_no_other(
    seed: int, minutes: int, hours: int, before: int
) -> None:
    design = a_design(seed=seed)
    calendar = Calendar(design.schedule)
    consent = (design.schedule.first_day, design.schedule.last_day)
    others = tuple(place(design, "kantoor", [f"ams-{number}" for number in range(before)]).times.values())
    since = calendar.first - timedelta(days=2) + timedelta(minutes=minutes)
    window = (since, since + timedelta(hours=hours))
    found = place_beside(design, "kantoor", "nieuw", others, consent=consent, window=window)
    last = latest_start(design)
    assert last is not None
    if found is None:
        assert since > last - timedelta(days=4) or others
        return
    opening = calendar.next_open(max(since, calendar.first))
    assert since <= found.first <= max(window[1], opening + timedelta(hours=1))
    assert calendar.is_open(found.first)
    assert calendar.is_open(found.second)
    assert calendar.first <= found.first <= last
    assert found.first + found.gap <= found.second <= calendar.last
    for other in others:
        apart = [abs(a - b) for a in (found.first, found.second) for b in (other.first, other.second)]
        assert min(apart) >= timedelta(hours=design.schedule.cooldown_hours)


def test_a_second_letter_waits_for_the_weekend_to_pass() -> None:
    gap = {"min": 10, "max": 24}
    design = a_design(schedule={"first_day": "2026-09-11", "last_day": "2026-09-14", "gap_hours": gap})
    for times in alone(design, 200):
        opening = datetime(2026, 9, 14, 9, tzinfo=AMSTERDAM)
        assert timedelta(0) <= times.second - opening <= timedelta(hours=1)
        assert times.gap == timedelta(hours=24)


def test_short_office_hours_bound_how_late_after_opening_a_letter_goes() -> None:
    design = a_design(schedule={"until": "09:20", "gap_hours": {"min": 1, "max": 3}})
    calendar = Calendar(design.schedule)
    assert all(calendar.is_open(times.second) for times in alone(design, 300))
