"""Many advertisers placed at once: every rule holds for each, and none notices the others."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from design_makers import a_design
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from orchestrator.assignment import Homes
from orchestrator.design import Calendar, Design
from orchestrator.schedule import Times, place, place_all, place_beside, placing
from orchestrator.schedule.placing import Moments

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SURE = 1e-4
FIRST_DAY = date(2026, 10, 5)


def day(ahead: int) -> date:
    return FIRST_DAY + timedelta(days=ahead)


schedules = st.fixed_dictionaries(
    {
        # Summer time ends on 25 October.
        "first_day": st.just(FIRST_DAY.isoformat()),
        "last_day": st.integers(10, 40).map(lambda ahead: day(ahead).isoformat()),
        "weekdays": st.sampled_from([["mon", "tue", "wed", "thu", "fri"], ["sat", "sun"], ["mon", "sun"]]),
        "from": st.sampled_from(["00:30", "09:00"]),
        "until": st.sampled_from(["09:40", "17:30", "23:59"]),
        "gap_hours": st.tuples(st.floats(0.5, 20), st.floats(0, 20)).map(lambda g: {"min": g[0], "max": g[0] + g[1]}),
        "per_advertiser_week": st.integers(1, 4),
        "per_advertiser_day": st.integers(0, 2),
        "cooldown_hours": st.sampled_from([0, 0.1, 4, 30, 100]),
    }
)
consents = st.none() | st.tuples(st.integers(-3, 20), st.integers(5, 45)).map(lambda each: (day(each[0]), day(each[1])))
loads = st.builds(
    lambda number, consent, off: (number, consent, frozenset(map(day, off))),
    st.integers(0, 7),
    consents,
    st.sets(st.integers(-2, 40), max_size=8),
)


class Load(NamedTuple):
    """What an advertiser is to bear."""

    listings: tuple[str, ...]
    consent: tuple[date, date] | None
    days_off: frozenset[date]


def all_placed(design: Design, loads: Mapping[str, Load]) -> Moments:
    rows = [(key, advertiser, "") for advertiser, load in loads.items() for key in load.listings]
    listings, advertisers, strata = ([row[part] for row in rows] for part in range(3))
    closures = {advertiser: (load.consent, load.days_off) for advertiser, load in loads.items()}
    return place_all(design, Homes.of(listings, advertisers, strata), closures)


def keyed(asked: Iterable[tuple[int, Any, frozenset[date]]]) -> dict[str, Load]:
    return {
        f"kantoor-{row}": Load(tuple(f"lst-{row}-{each}" for each in range(number)), consent, off)
        for row, (number, consent, off) in enumerate(asked)
    }


def broken(design: Design, load: Load, placed: list[Times]) -> list[str]:
    """The rules that the pairs of one advertiser break, each looked at one by one."""
    schedule, calendar = design.schedule, Calendar(design.schedule, days_off=load.days_off)
    shortest, longest = (
        timedelta(seconds=round(3600 * each)) for each in (schedule.gap_hours.min, schedule.gap_hours.max)
    )
    found = []
    for times in placed:
        for moment in (times.first, times.second):
            local = moment.astimezone(AMSTERDAM).date()
            first, last = load.consent or (date.min, date.max)
            if not (
                calendar.is_open(moment) and max(first, schedule.first_day) <= local <= min(last, schedule.last_day)
            ):
                found.append(f"{moment} is closed")
        apart = times.second - times.first
        opening = calendar.next_open(times.first + shortest)
        in_time = shortest <= apart <= longest
        moved = opening > times.first + longest and opening <= times.second <= opening + timedelta(hours=1)
        if not (in_time or moved) or times.gap != min(apart, longest):
            found.append(f"{times} has the wrong gap")
    days = [times.first.astimezone(AMSTERDAM).date() for times in placed]
    weeks = Counter(each.isocalendar()[:2] for each in days)
    found += [f"week {week} is full" for week, number in weeks.items() if number > schedule.per_advertiser_week]
    most = schedule.per_advertiser_day or 10**6
    found += [f"{each} is full" for each, number in Counter(days).items() if number > most]
    rest = timedelta(hours=schedule.cooldown_hours)
    for one, other in combinations(placed, 2):
        if min(abs(a - b) for a in (one.first, one.second) for b in (other.first, other.second)) < rest:
            found.append(f"{one} and {other} are too near")
    return found


@settings(max_examples=80, deadline=None)
@given(schedules, st.lists(loads, min_size=1, max_size=6), st.integers(0, 2**53 - 1))
def test_every_pair_keeps_every_rule(
    schedule: dict[str, Any], asked: list[tuple[int, Any, frozenset[date]]], seed: int
) -> None:
    design, all_ = a_design(seed=seed, schedule=schedule), keyed(asked)
    placement = all_placed(design, all_).placement()
    refused = {refusal.listing for refusal in placement.refused}
    for load in all_.values():
        assert broken(design, load, [placement.times[key] for key in load.listings if key not in refused]) == []
    assert refused.isdisjoint(placement.times)
    assert len(refused) + len(placement.times) == sum(len(load.listings) for load in all_.values())


@pytest.mark.long
@settings(max_examples=40, deadline=None)
@given(
    schedules,
    st.lists(loads, min_size=1, max_size=6),
    st.sampled_from([(1, 7), (2, 64), (4, 9000)]),
    st.randoms(use_true_random=False),
)
def test_an_advertiser_gets_what_it_would_have_got_alone(
    schedule: dict[str, Any], asked: list[tuple[int, Any, frozenset[date]]], batches: tuple[int, int], rng: Any
) -> None:
    design, all_ = a_design(schedule=schedule), keyed(asked)
    together = all_placed(design, all_).placement()
    shuffled = [(key, load._replace(listings=load.listings[::-1])) for key, load in all_.items()]
    rng.shuffle(shuffled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "ABREAST", batches[0])
        patch.setattr(placing, "TOGETHER", batches[1])
        assert all_placed(design, dict(shuffled)).placement().times == together.times
    for key, load in all_.items():
        alone = place(design, key, load.listings[::-1], consent=load.consent, days_off=load.days_off)
        assert alone.times.items() <= together.times.items()
        assert {each.listing for each in alone.refused} == set(load.listings) - set(alone.times)


def test_a_listing_that_is_refused_does_not_stand_in_the_way_of_the_next() -> None:
    schedule = {
        "weekdays": ["mon"],
        "per_advertiser_week": 1,
        "last_day": "2026-10-05",
        "gap_hours": {"min": 1, "max": 3},
    }
    design = a_design(schedule=schedule)
    placement = all_placed(design, keyed([(7, None, frozenset())] * 50)).placement()
    assert len(placement.times) == 5 * 50
    assert len(placement.refused) == 2 * 50


def test_of_the_weeks_that_take_one_pair_each_is_left_over_as_often() -> None:
    design = a_design(schedule={"per_advertiser_week": 1, "cooldown_hours": 0, "last_day": "2026-10-09"})
    moments = all_placed(design, keyed([(4, None, frozenset())] * 5000))
    first = moments.letters[0]
    weeks = (first - first.min()) // (7 * 86400)
    assert chisquare(np.bincount(weeks, minlength=5)).pvalue > SURE


def test_second_letters_are_uniform_between_the_gaps() -> None:
    schedule = {"from": "00:00", "until": "23:59", "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
    design = a_design(schedule={**schedule, "gap_hours": {"min": 2, "max": 3}})
    first, second = all_placed(design, keyed([(1, None, frozenset())] * 20_000)).letters
    gaps = second - first
    assert kstest((gaps - 7200) / 3600, "uniform").pvalue > SURE


def test_another_advertiser_with_a_listing_of_the_same_key_has_other_moments() -> None:
    one, other = (place(a_design(), advertiser, ["lst-1"]).times["lst-1"] for advertiser in ("a", "b"))
    assert one != other


@pytest.mark.parametrize("micro", [0, 1, 999_999])
def test_the_cool_down_is_kept_to_the_fraction_from_a_letter_that_went(micro: int) -> None:
    """Halfway between two letters is one second, far enough from both; when they went a little later there is none."""
    went = [datetime(2026, 9, 7, hour, 0, 0, micro, AMSTERDAM).astimezone(UTC) for hour in (10, 14)]
    others = [Times(moment, moment, timedelta(0)) for moment in went]
    design = a_design(schedule={"gap_hours": {"min": 20, "max": 24}, "cooldown_hours": 2, "per_advertiser_week": 9})
    middle = datetime(2026, 9, 7, 12, tzinfo=AMSTERDAM)
    window = (middle - timedelta(seconds=2), middle + timedelta(seconds=2))
    consent = (date(2026, 9, 1), date(2026, 12, 31))
    found = place_beside(design, "a", "lst-1", others, consent=consent, window=window)
    assert (found and found.first) == (None if micro else middle)


@pytest.mark.parametrize("caps", [{"per_advertiser_week": 1}, {"per_advertiser_week": 9, "per_advertiser_day": 1}])
def test_a_letter_that_went_counts_for_its_week_and_its_day(caps: dict[str, int]) -> None:
    went = datetime(2026, 9, 7, 9, 0, 0, 1, AMSTERDAM).astimezone(UTC)
    design = a_design(schedule={**caps, "cooldown_hours": 0})
    window, consent = (went, went + timedelta(hours=6)), (date(2026, 9, 1), date(2026, 12, 31))
    others = [Times(went, went + timedelta(hours=3), timedelta(hours=3))]
    assert place_beside(design, "a", "lst-1", others, consent=consent, window=window) is None
    before = [Times(went - timedelta(days=7), went, timedelta(days=7))]
    assert place_beside(design, "a", "lst-1", before, consent=consent, window=window) is not None
