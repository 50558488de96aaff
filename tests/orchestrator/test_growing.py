"""A running round grows from its feeds: within its caps, each listing once, and nothing that was planned moves."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from threading import Thread
from typing import Any

import pytest
from feed_makers import MONDAY, URL, ask, feed_of, feeding, grow, in_sample, offer, reading
from house_makers import (
    DAY,
    HOUR,
    MINUTE,
    ROUND,
    a_listing,
    an_advertiser,
    approve,
    events,
    letters,
    listings,
    noting_loads,
    only_sqlite,
    plan,
    round_state,
    run,
    start,
    together,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from orchestrator import channel_faults, views
from orchestrator.chance import rank
from orchestrator.db import Database
from orchestrator.design import Calendar, Design
from orchestrator.enrolment import ZONE
from orchestrator.feed_items import Offer
from orchestrator.intake import Participant
from orchestrator.models import Feed, Inquiry, Listing, Pair, Refusal, Round
from orchestrator.rounds import growing, lifecycle
from orchestrator.schedule import placing
from orchestrator.states import LetterState, PairState, RoundState
from profiles.errors import Problem, Refused
from workers.advance import advance_rounds

FRIDAY_EVENING = datetime(2026, 9, 11, 17, 0, tzinfo=UTC)


def refusals(database: Database) -> dict[str, str]:
    with database.reading() as session:
        rows = select(Listing.key, Refusal.reason).join(Refusal, Refusal.listing_id == Listing.id)
        return dict(session.execute(rows).all())


def count(database: Database, kind: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def state(database: Database) -> tuple[int, ...]:
    return tuple(count(database, kind) for kind in (Listing, Pair, Inquiry, Refusal))


# What comes in.


def test_a_new_listing_gets_a_pair_of_two_letters_while_it_is_new(database: Database) -> None:
    design = feeding()
    run(database, design, rows=3)
    assert grow(database, offer(1, published=MONDAY - 40 * HOUR)) == 1
    first, second = [row for row in letters(database) if row.pair.listing.key == "alfa-f1"]
    assert first.pair.code == "P-0004"
    assert MONDAY <= first.planned_at <= MONDAY + 8 * HOUR
    assert first.planned_at + first.gap <= second.planned_at
    assert Calendar(design.schedule).is_open(first.planned_at)
    assert {first.state, second.state} == {LetterState.PLANNED}
    assert first.pair.listing.first_seen_at == MONDAY - 40 * HOUR


@only_sqlite
def test_a_listing_whose_feed_tells_no_moment_is_new_from_when_it_is_first_seen(database: Database) -> None:
    run(database, feeding())
    grow(database, offer(1))
    (first, _) = [row for row in letters(database) if row.pair.listing.key == "alfa-f1"]
    assert first.pair.listing.first_seen_at == MONDAY
    assert MONDAY <= first.planned_at <= MONDAY + 48 * HOUR


@only_sqlite
def test_a_moment_of_publication_that_is_still_to_come_is_now(database: Database) -> None:
    run(database, feeding())
    grow(database, offer(1, published=MONDAY + 30 * DAY))
    (first, _) = [row for row in letters(database) if row.pair.listing.key == "alfa-f1"]
    assert first.pair.listing.first_seen_at == MONDAY


@only_sqlite
def test_a_listing_of_friday_evening_is_written_to_soon_after_the_office_opens(database: Database) -> None:
    run(database, feeding(feed_hours=24))
    grow(database, *(offer(number) for number in range(1, 20)), now=FRIDAY_EVENING)
    monday = datetime(2026, 9, 14, 7, 0, tzinfo=UTC)
    first = [row.planned_at for row in letters(database, 1) if row.pair.listing.key.startswith("alfa-f")]
    assert len(first) == 19
    assert all(monday <= moment <= monday + HOUR for moment in first)


@only_sqlite
@pytest.mark.parametrize(("hours", "fate"), [(47.9, None), (48.1, "niet-nieuw")])
def test_a_listing_is_new_for_the_declared_hours(database: Database, hours: float, fate: str | None) -> None:
    run(database, feeding())
    grow(database, offer(1, published=MONDAY - timedelta(hours=hours)))
    assert refusals(database).get("alfa-f1") == fate
    assert ("alfa-f1" in in_sample(database)) is (fate is None)


def test_what_was_read_before_is_known(database: Database) -> None:
    run(database, feeding())
    offers = [offer(1), offer(2), offer(3, published=MONDAY - 30 * DAY)]
    assert grow(database, *offers) == 2
    before = state(database)
    assert grow(database, *reversed(offers), now=MONDAY + HOUR) == 0
    assert state(database) == before


@only_sqlite
def test_a_reading_of_a_feed_reads_no_home_but_those_it_offers(database: Database) -> None:
    """It read all there ever were, at each reading of each feed."""
    run(database, feeding(), rows=3)
    with noting_loads(Listing) as read:
        assert grow(database, offer(1)) == 1
        assert read == []
        grow(database, offer(1))
    assert read == ["alfa-f1"]


@only_sqlite
@pytest.mark.parametrize(
    "same",
    [
        {"listing": "alfa-xyz", "id": "ams-1"},
        {"reference": "ref-1"},
        {"url": "https://alfa.example/1"},
        {"street": "PROEFSTRAAT  1", "postcode": "3811 AB"},
        {"street": "Proefstraat 1", "advertiser": "bravo"},
    ],
    ids=["key", "reference", "url", "dwelling", "dwelling of another"],
)
def test_a_listing_that_the_round_knows_is_passed_over(database: Database, same: dict[str, Any]) -> None:
    known = [replace(a_listing(1), url="https://alfa.example/1")]
    run(database, feeding(), rows=known, participants=[an_advertiser(), an_advertiser("bravo")])
    before = state(database)
    id_ = same.pop("id", "f9")
    assert grow(database, replace(offer(9, **same), id=id_)) == 0
    assert state(database) == before


@only_sqlite
def test_a_reference_or_number_of_another_advertiser_is_another_listing(database: Database) -> None:
    run(database, feeding(), participants=[an_advertiser(), an_advertiser("bravo")])
    assert grow(database, replace(offer(9, "bravo", reference="REF-1"), id="ams-1")) == 1


@only_sqlite
def test_one_dwelling_that_stands_in_a_feed_twice_is_tested_once(database: Database) -> None:
    run(database, feeding())
    assert grow(database, offer(1), offer(2, street="Feedstraat 1alfa")) == 1


@only_sqlite
def test_a_listing_of_somebody_whose_consent_ended_is_counted_and_not_kept(database: Database) -> None:
    run(database, feeding(), participants=[an_advertiser(), an_advertiser("bravo")])
    with database.writing() as session:
        lifecycle.withdraw(session, "bravo", "r.visser", MONDAY - HOUR)
    before = state(database)
    assert grow(database, offer(1, "bravo"), offer(2, "niemand")) == 0
    assert state(database) == before
    with database.reading() as session:
        assert views.feeds(session, ROUND)[0].strangers == 2


@only_sqlite
def test_a_listing_that_left_its_feed_keeps_its_letters(database: Database) -> None:
    run(database, feeding())
    grow(database, offer(1))
    grow(database, offer(2), now=MONDAY + MINUTE)
    assert {row.state for row in letters(database)} == {LetterState.PLANNED}
    assert {row.pair.state for row in letters(database)} == {PairState.OPEN}


# Under the quotas of the design.


@only_sqlite
@pytest.mark.parametrize(
    ("sample", "schedule", "cap", "more", "why"),
    [
        ({"pairs": 5}, {}, None, 2, "steekproef-vol"),
        ({"per_advertiser": 5}, {}, None, 2, "maximum-per-aanbieder"),
        ({}, {}, 4, 1, "maximum-per-aanbieder"),
        ({}, {"per_advertiser_week": 5, "last_day": "2026-09-11"}, None, 2, "geen-moment"),
    ],
    ids=["sample", "advertiser", "consent", "week"],
)
def test_what_the_quota_does_not_allow_is_refused_with_the_reason(
    database: Database, sample: dict[str, Any], schedule: dict[str, Any], cap: int | None, more: int, why: str
) -> None:
    run(database, feeding(schedule=schedule, **sample), rows=3, participants=[an_advertiser(max_pairs=cap)])
    assert grow(database, *(offer(number) for number in range(1, 7))) == more
    assert Counter(refusals(database).values()) == {why: 6 - more}
    before = state(database)
    assert grow(database, *(offer(number) for number in range(1, 7)), now=MONDAY + HOUR) == 0
    assert state(database) == before


@only_sqlite
def test_who_has_the_last_places_is_drawn_and_does_not_follow_from_the_order_of_the_feed(database: Database) -> None:
    offers = [offer(number, published=MONDAY) for number in range(1, 10)]
    chosen = []
    for name, order in ((ROUND, offers), ("andere-2026", offers[::-1])):
        run(database, feeding(pairs=4).model_copy(update={"round": name}))
        grow(database, *order, name=name)
        chosen.append(in_sample(database, name))
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 4
    assert chosen[0] != {"ams-1", "alfa-f1", "alfa-f2", "alfa-f3"}


@only_sqlite
def test_consent_bounds_the_days_on_which_a_new_listing_is_written_to(database: Database) -> None:
    people = [an_advertiser(consent_until=MONDAY.date())]
    run(database, feeding(), participants=people, rows=1)
    assert grow(database, *(offer(number) for number in range(1, 20))) == 19
    assert {row.planned_at.astimezone(ZONE).date() for row in letters(database)} == {MONDAY.date()}


@only_sqlite
def test_nothing_that_was_planned_moves(database: Database) -> None:
    def planned() -> list[tuple[Any, ...]]:
        return [(row.pair.code, row.arm, row.planned_at, row.body) for row in letters(database)][:10]

    run(database, feeding(), rows=5)
    before = planned()
    grow(database, *(offer(number) for number in range(1, 30)))
    assert planned() == before


@only_sqlite
def test_listings_get_the_same_pairs_one_by_one_as_in_one_reading(database: Database) -> None:
    def drawn(listing: str) -> list[tuple[Any, ...]]:
        rows = [row for row in letters(database) if row.pair.listing.key == listing]
        return [(row.arm, row.order, row.variant, row.sender_name, row.message_id, row.pair.sham) for row in rows]

    run(database, feeding())
    grow(database, *(offer(number) for number in range(1, 8)))
    alone = {f"alfa-f{number}": drawn(f"alfa-f{number}") for number in range(1, 8)}
    with database.writing() as session:
        lifecycle.abort(session, ROUND, "r.visser", MONDAY, "opnieuw")
        session.execute(update(Round).values(name="vorige-2026"))
        for table in (Inquiry, Pair, Refusal):
            session.execute(table.__table__.delete())
    plan(database, feeding())
    approve(database)
    start(database)
    for number in sorted(range(1, 8), key=lambda number: rank(feeding().seed, f"alfa-f{number}")):
        grow(database, offer(number, published=MONDAY), now=MONDAY + 5 * MINUTE)
    assert {key: drawn(key) for key in alone} == alone


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[int, list[Offer]]]:
    """Batches of offers of two advertisers, each so many hours after the one before."""
    numbers = st.integers(1, 15)
    batches = draw(st.lists(st.tuples(st.integers(0, 60), st.lists(numbers, max_size=8)), min_size=1, max_size=4))
    return [(hours, [offer(number, "alfa" if number % 3 else "bravo") for number in batch]) for hours, batch in batches]


@pytest.mark.long
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=arrivals(),
    per_week=st.integers(1, 4),
    cooldown=st.sampled_from([0, 4, 24]),
    pairs=st.integers(3, 12),
    per_advertiser=st.integers(2, 8),
)
@only_sqlite
def test_whatever_arrives_in_whatever_batches_the_caps_hold_and_no_listing_has_two_pairs(
    database: Database,
    batches: list[tuple[int, list[Offer]]],
    per_week: int,
    cooldown: int,
    pairs: int,
    per_advertiser: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(placing, "TRIES", 50)  # what does not fit is refused, only sooner
    with database.writing() as session:
        for table in (Feed, Inquiry, Pair, Refusal, Listing, Round):
            session.execute(table.__table__.delete())
    load = {"per_advertiser_week": per_week, "cooldown_hours": cooldown}
    design = feeding(schedule=load, pairs=pairs, per_advertiser=per_advertiser)
    people: list[Participant] = [an_advertiser(), an_advertiser("bravo")]
    run(database, design, participants=people, rows=listings(3))
    now = MONDAY
    for hours, batch in batches:
        now += hours * HOUR
        grow(database, *batch, now=now)
    _caps_hold(database, design)
    offered = {each.listing.listing for _, batch in batches for each in batch}
    assert in_sample(database) | refusals(database).keys() == offered | {"ams-1", "ams-2", "ams-3"}
    assert not in_sample(database) & refusals(database).keys()


def _caps_hold(database: Database, design: Design) -> None:
    rows = letters(database)
    by_advertiser: dict[str, dict[str, list[datetime]]] = {}
    for row in rows:
        mine = by_advertiser.setdefault(row.pair.listing.advertiser.key, {})
        mine.setdefault(row.pair.listing.key, []).append(row.planned_at)
    assert len({row.pair_id for row in rows}) == len(in_sample(database)) <= design.sample.pairs
    for pairs in by_advertiser.values():
        assert len(pairs) <= design.sample.per_advertiser
        weeks = Counter(min(moments).astimezone(ZONE).isocalendar()[:2] for moments in pairs.values())
        assert max(weeks.values()) <= design.schedule.per_advertiser_week
        for one, other in combinations(pairs.values(), 2):
            apart = min(abs(a - b) for a in one for b in other)
            assert apart >= timedelta(hours=design.schedule.cooldown_hours)


# Only while it runs, once, and told.


def pause(database: Database) -> None:
    with database.writing() as session:
        lifecycle.pause(session, ROUND, "r.visser", MONDAY, "proef")


def collect(database: Database) -> None:
    with database.writing() as session:
        session.execute(update(Inquiry).values(state=LetterState.SENT, sent_at=MONDAY))
        lifecycle.collect(session, ROUND, "r.visser", MONDAY)


def close(database: Database) -> None:
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", MONDAY, "proef")


def abort(database: Database) -> None:
    with database.writing() as session:
        lifecycle.abort(session, ROUND, "r.visser", MONDAY, "proef")


@only_sqlite
@pytest.mark.parametrize("leave", [pause, collect, close, abort])
def test_a_round_that_does_not_run_takes_nothing_in_and_its_feeds_are_not_asked(
    database: Database, leave: Callable[[Database], None]
) -> None:
    run(database, feeding())
    feed_of(database)
    leave(database)
    before = state(database)
    assert grow(database, offer(1)) == 0
    assert state(database) == before
    assert ask(database) is None
    with database.reading() as session:
        feed = session.scalars(select(Feed)).one()
        assert (feed.etag, feed.read_at) == (None, None)


@pytest.mark.parametrize("attempt", range(3))
def test_two_workers_that_read_the_same_feed_at_once_add_nothing_twice(database: Database, attempt: int) -> None:
    run(database, feeding())
    feed_of(database)
    offers = [offer(number) for number in range(1, 9)]
    steps = [lambda part=part: grow(database, *part) for part in (offers, offers[::-1], offers[:4])]
    assert sum(together(*steps)) == 8
    assert count(database, Pair) == 9
    assert sorted({row.pair.code for row in letters(database)}) == [f"P-{number:04d}" for number in range(1, 10)]


@pytest.mark.parametrize("attempt", range(3))
def test_two_rounds_may_take_in_the_same_new_listing_at_once(database: Database, attempt: int) -> None:
    run(database, feeding())
    other = feeding().model_copy(update={"round": "andere-2026"})
    run(database, other, rows=[a_listing(1)])
    names = (ROUND, "andere-2026")
    for name in names:
        feed_of(database, name)
    assert together(*(lambda name=name: grow(database, offer(1), name=name) for name in names)) == [1, 1]
    assert count(database, Listing) == 2


def test_a_round_that_closes_while_it_grows_keeps_no_open_pair(database: Database) -> None:
    run(database, feeding())
    while_it_grows(database, close)
    assert round_state(database) is RoundState.CLOSED
    assert len(letters(database)) == 6
    assert {row.pair.state for row in letters(database)} == {PairState.EXCLUDED}
    assert {row.state for row in letters(database)} == {LetterState.CANCELLED}


def test_a_round_that_grows_is_not_collected_meanwhile(database: Database) -> None:
    run(database, feeding())
    with database.writing() as session:
        session.execute(update(Inquiry).values(state=LetterState.SENT, sent_at=MONDAY))
    while_it_grows(database, lambda database: advance_rounds(database, MONDAY + 40 * DAY))
    assert round_state(database) is RoundState.RUNNING


def while_it_grows(database: Database, step: Callable[[Database], None]) -> None:
    """Take a step that begins before a growth is stored; what it raises does not count."""
    feed_id = feed_of(database)
    taking = Thread(target=lambda: suppressing(step, database))
    with database.writing() as session:
        growing.grow(session, feed_id, reading(offer(1), offer(2)), None, None, MONDAY)
        taking.start()
        taking.join(0.5)
        assert taking.is_alive()
    taking.join(15)


def suppressing(step: Callable[[Database], None], database: Database) -> None:
    with suppress(Refused):
        step(database)


@only_sqlite
def test_a_growth_is_one_event_of_the_ledger_and_nothing_new_is_none(database: Database) -> None:
    run(database, feeding())
    grow(database, offer(1), offer(2), offer(3, published=MONDAY - 30 * DAY))
    grow(database, offer(1), now=MONDAY + HOUR)
    (grown,) = [event for event in events(database) if event.kind == "round.grown"]
    assert grown.data == {"feed": 1, "seen": 3, "pairs": 2, "refused": 1}


@only_sqlite
def test_the_record_tells_what_stood_in_a_feed_and_what_it_brought(database: Database) -> None:
    run(database, feeding(URL, f"{URL}2"))
    assert [feed.read_at for feed in seen(database)] == [None, None]
    grow(database, offer(1), offer(2))
    grow(database, offer(1), offer(2), offer(3), offer(4, "niemand"), now=MONDAY + HOUR)
    first, second = seen(database)
    assert (first.read_at, first.seen, first.pairs, first.strangers) == (MONDAY + HOUR, 4, 3, 1)
    assert second.read_at is None


def seen(database: Database) -> tuple[views.FeedState, ...]:
    with database.reading() as session:
        return views.feeds(session, ROUND)


@only_sqlite
def test_items_that_cannot_be_used_are_told_until_they_are_mended(database: Database) -> None:
    run(database, feeding())
    feed_id = feed_of(database)
    wrong = Problem("bad-number", "rent: Dit is geen heel getal.", URL, 3, 7)
    for problems, told in (([wrong], 1), ([], 0)):
        with database.writing() as session:
            growing.grow(session, feed_id, reading(offer(1), problems=problems), None, None, MONDAY)
        with database.reading() as session:
            lasting = [fault.message for fault in channel_faults.lasting(session)]
        assert [message.startswith("1 van 2 advertenties onbruikbaar; de eerste: https:") for message in lasting] == [
            True
        ] * told
