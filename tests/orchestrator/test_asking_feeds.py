"""When feeds are asked: in turn, by one worker, not too often, and only while they may bring something."""

from datetime import UTC, datetime

from feed_makers import MONDAY, URL, ask, feed_of, feeding, grow, lasting, offer
from house_makers import DAY, HOUR, MINUTE, ROUND, only_sqlite, round_state, run, together
from sqlalchemy import update

from orchestrator import channel_faults, views
from orchestrator.db import Database
from orchestrator.models import Inquiry
from orchestrator.rounds import growing, lifecycle
from orchestrator.states import LetterState, RoundState
from workers.advance import advance_rounds


def test_a_feed_is_asked_by_one_worker_and_not_again_within_a_quarter(database: Database) -> None:
    run(database, feeding(URL, f"{URL}2"))
    asked = together(*[lambda: ask(database)] * 4)
    urls = sorted(each.declared.url for each in asked if each)
    assert urls == [URL, f"{URL}2"]
    assert ask(database, MONDAY + 14 * MINUTE) is None
    again = ask(database, MONDAY + 15 * MINUTE)
    assert again is not None
    assert again.advertisers == {"alfa"}


@only_sqlite
def test_feeds_are_asked_from_the_first_day_until_no_pair_fits_any_more(database: Database) -> None:
    run(database, feeding())
    assert ask(database, datetime(2026, 9, 6, 21, 59, tzinfo=UTC)) is None
    assert ask(database, datetime(2026, 9, 6, 22, 0, tzinfo=UTC)) is not None
    last = datetime(2026, 10, 9, 14, 29, 59, tzinfo=UTC)
    assert ask(database, last) is not None
    assert ask(database, last + HOUR) is None


@only_sqlite
def test_a_full_sample_asks_no_more(database: Database) -> None:
    run(database, feeding(pairs=2))
    assert ask(database) is not None
    grow(database, offer(1))
    assert ask(database, MONDAY + HOUR) is None


@only_sqlite
def test_a_round_is_not_collected_while_a_feed_may_bring_more(database: Database) -> None:
    run(database, feeding())
    with database.writing() as session:
        session.execute(update(Inquiry).values(state=LetterState.SENT, sent_at=MONDAY))
    advance_rounds(database, MONDAY + DAY)
    assert round_state(database) is RoundState.RUNNING
    with database.reading() as session:
        assert views.monitor(session, ROUND, MONDAY + DAY).why_waiting == "Wacht op nieuwe advertenties uit de feeds."
    advance_rounds(database, MONDAY + 40 * DAY)
    assert round_state(database) is RoundState.CLOSED


@only_sqlite
def test_a_fault_of_a_feed_is_forgotten_when_its_round_asks_no_more(database: Database) -> None:
    run(database, feeding())
    feed_id = feed_of(database)
    with database.writing() as session:
        growing.note_fault(session, feed_id, "feed-html", MONDAY)
        channel_faults.note(session, "smtp", "relay weg", MONDAY)
    assert lasting(database) == ["feed-html", "relay weg"]
    ask(database)
    assert lasting(database) == ["feed-html", "relay weg"]
    with database.writing() as session:
        lifecycle.abort(session, ROUND, "r.visser", MONDAY, "proef")
    ask(database)
    assert lasting(database) == ["relay weg"]
