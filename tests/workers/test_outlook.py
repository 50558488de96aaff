"""What an operator is told will not go, does not go; the rest goes: the outlook against the real dispatcher."""

import random
from collections.abc import Callable
from datetime import datetime

import pytest
from dispatch_makers import Wire, a_dispatcher
from house_makers import (
    DAY,
    DUE,
    GRACE,
    HOUR,
    OPENING,
    ROUND,
    a_listing,
    a_monday,
    an_advertiser,
    letters,
    moves,
    only_sqlite,
    run,
)  # fmt: skip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from orchestrator import db, outlook
from orchestrator.db import Database, Session
from orchestrator.design import Calendar
from orchestrator.models import Base, Control, Enrolment, Inquiry, Pair
from orchestrator.outlook import Fate, Outlook
from orchestrator.rounds import holds, lifecycle, lookup
from orchestrator.rounds.sending import Envelope
from orchestrator.states import LetterState, Why
from workers.channels.transport import TransportError

PEOPLE = ("alfa", "bravo", "charlie")
TWO_WEEKS = {"last_day": "2026-09-18", "gap_hours": {"min": 1, "max": 30}}
BY = "r.visser"
HAPPENINGS: dict[str, Callable[[Session, str, datetime], object]] = {
    "withdraws": lambda session, who, now: lifecycle.withdraw(session, who, BY, now),
    "consent ends": lambda session, who, now: _consent(session, who, valid_until=now + DAY),
    "moves": lambda session, who, _: moves(session, "weg@elders.example", who),
    "is held": lambda session, who, now: holds.hold(session, who, "klacht", BY, now),
    "stop": lambda session, _, now: lifecycle.set_sending(session, False, BY, now, "klacht"),
    "pause": lambda session, _, now: lifecycle.pause(session, ROUND, BY, now, "klacht"),
}


def _consent(session: Session, who: str, **values: object) -> None:
    theirs = Enrolment.advertiser_id == lookup.advertiser(session, who).id
    session.execute(update(Enrolment).where(theirs).values(**values))


def _play(database: Database, wire: Wire, begin: datetime, hours: int) -> None:
    """Let the real dispatcher look every hour that the office is open, and once more at the end."""
    calendar = Calendar(a_monday(schedule=TWO_WEEKS).schedule)
    moments = [begin + hour * HOUR for hour in range(hours + 1)]
    for moment in moments:
        if moment != moments[-1] and not calendar.is_open(moment):
            continue
        worker = a_dispatcher(database, wire, moment)
        while worker.send_due():
            pass
        worker.sweep()


def _mishaps(seed: int, share: float) -> Callable[[Envelope], None]:
    """Let about this share of the letters go wrong, in one of three ways."""
    chance = random.Random(seed)  # noqa: S311 - a test's own dice

    def goes_wrong(_: Envelope) -> None:
        if chance.random() < share:
            raise TransportError("mis", "rcpt", **chance.choice(({}, {"permanent": True}, {"body_left": True})))

    return goes_wrong


def _fates(database: Database, now: datetime) -> list[Fate]:
    with database.reading() as session:
        pairs = session.scalars(select(Pair.id)).all()
        return outlook.fates_of(session, Inquiry, lookup.find(session, ROUND), now, GRACE, pairs)


def _seen(database: Database, now: datetime) -> Outlook:
    with database.reading() as session:
        return outlook.of_round(session, lookup.find(session, ROUND), now, GRACE)


def _empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        session.add(Control(id=1, sending_enabled=True))


@only_sqlite
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    people=st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=6),
    played=st.integers(0, 40),
    share=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 99),
    happenings=st.dictionaries(st.sampled_from(sorted(HAPPENINGS)), st.sampled_from(PEOPLE), max_size=3),
)
@pytest.mark.long
def test_what_is_foreseen_to_go_goes_and_nothing_else_does(
    database: Database, people: list[str], played: int, share: float, seed: int, happenings: dict[str, str]
) -> None:
    _empty(database)
    rows = [a_listing(number, who) for number, who in enumerate(people, start=1)]
    design = a_monday(schedule=TWO_WEEKS, seed=seed)
    run(database, design, participants=[an_advertiser(who) for who in PEOPLE], rows=rows)
    _play(database, Wire(_mishaps(seed, share)), OPENING, played)
    now = OPENING + played * HOUR
    with database.writing() as session:
        for what, who in happenings.items():
            HAPPENINGS[what](session, who, now)
    before = {row.id for row in letters(database) if row.state is LetterState.SENT}
    told = _fates(database, now)
    _play(database, Wire(), now, 15 * 24)
    sent = {row.id for row in letters(database) if row.state is LetterState.SENT} - before
    assert sent == {fate.letter for fate in told if fate.goes}
    assert len(told) == 2 * len(people)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("withdraws", Why.WITHDRAWN), ("moves", Why.SCOPE), ("is held", Why.HELD), ("stop", Why.STOPPED),
        ("pause", Why.PAUSED),
    ],
)  # fmt: skip
def test_both_databases_tell_why_nothing_goes(database: Database, what: str, why: Why) -> None:
    run(database, rows=2)
    assert (_seen(database, OPENING).first, _seen(database, OPENING).second) == (2, 2)
    with database.writing() as session:
        HAPPENINGS[what](session, "alfa", OPENING)
    seen = _seen(database, OPENING)
    assert (seen.first, seen.second) == (0, 0)
    told = {**seen.waiting, **seen.never}
    assert told[why] >= 2
    assert any(outlook.WORDS[why] in sentence for sentence in outlook.sentences(seen))


def test_looking_ahead_some_pairs_at_a_time_or_at_one_office_alone_tells_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [a_listing(number, who) for number, who in enumerate(PEOPLE * 2, start=1)]
    run(database, participants=[an_advertiser(who) for who in PEOPLE], rows=homes)
    with database.writing() as session:
        HAPPENINGS["is held"](session, PEOPLE[0], OPENING)
    whole = _seen(database, OPENING)
    assert whole.first == 2 * len(PEOPLE) - 2
    monkeypatch.setattr(db, "ASKED", 1)
    assert _seen(database, OPENING) == whole
    with database.reading() as session:
        round_ = lookup.find(session, ROUND)
        each = [outlook.of_round(session, round_, OPENING, GRACE, advertiser=who) for who in PEOPLE]
    assert sum(seen.first for seen in each) == whole.first
    assert [seen.waiting.get(Why.HELD, 0) > 0 for seen in each] == [True, *[False] * (len(PEOPLE) - 1)]


def test_after_a_stop_returns_nothing_goes_that_was_only_claimed(database: Database) -> None:
    run(database, rows=3)
    wire = Wire()
    worker = a_dispatcher(database, wire, DUE)

    def stop(_: Envelope) -> None:
        with database.writing() as session:
            lifecycle.set_sending(session, False, BY, DUE, "klacht")

    wire.mishap = stop
    assert worker.send_due() == 3
    assert len(wire.taken) == 1
    assert sorted(row.state for row in letters(database)).count(LetterState.SENT) == 1
