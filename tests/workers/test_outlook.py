"""What an operator is told will go, goes, and nothing else does: the outlook against the real dispatcher."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from dispatch_makers import Wire, a_dispatcher
from house_makers import (
    DAY,
    GRACE,
    HOUR,
    OPENING,
    ROUND,
    SECOND,
    a_listing,
    a_monday,
    an_advertiser,
    claim,
    gate,
    letters,
    meddle,
    record,
    run,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from orchestrator import course, outlook
from orchestrator.clock import Clock
from orchestrator.course import Fate
from orchestrator.db import Database, Session
from orchestrator.design import Calendar, Design
from orchestrator.models import Advertiser, Base, Control, Enrolment
from orchestrator.rounds import lifecycle, lookup
from orchestrator.rounds.sending import Envelope
from orchestrator.states import OPEN_LETTER, LetterState, Why
from workers.channels.transport import TransportError

S = LetterState
PEOPLE = ("alfa", "bravo", "charlie")
TWO_WEEKS = {"last_day": "2026-09-18", "gap_hours": {"min": 1, "max": 30}}
THE_END = OPENING + 30 * DAY
CALENDAR = Calendar(a_monday(schedule=TWO_WEEKS).schedule)


class Still(Clock):
    """A clock that stands still, so that a letter is sent at the very moment it is taken."""

    def now(self) -> datetime:
        return self.start


def play(database: Database, wire: Wire, begin: datetime, end: datetime) -> None:
    """Let the real dispatcher look at every moment from begin to end at which anything may become due."""
    moment = begin
    while moment <= end:
        worker = replace(a_dispatcher(database, wire), clock=Still(moment))
        while worker.send_due():
            pass
        opening = CALENDAR.next_open(CALENDAR.closing(moment) if CALENDAR.is_open(moment) else moment)
        waiting = [row for row in letters(database) if row.state is S.PLANNED and row.not_after + GRACE >= moment]
        if not waiting:
            return
        due = (each for row in waiting for each in (row.planned_at, row.next_try_at) if each)
        moment = min([each for each in due if each > moment] + [opening])


def mishaps(seed: int, share: float) -> Callable[[Envelope], None]:
    """Let about this share of the letters go wrong, in one of three ways."""
    chance = random.Random(seed)  # noqa: S311 - a test's own dice

    def goes_wrong(envelope: Envelope) -> None:
        if chance.random() < share:
            kind = chance.choice(({}, {"permanent": True}, {"body_left": True}))
            raise TransportError("mis", "rcpt", **kind)

    return goes_wrong


def foreseen(database: Database, now: datetime) -> list[Fate]:
    with database.reading() as session:
        return course.inquiries(session, lookup.find(session, ROUND), now, GRACE)


@dataclass(frozen=True)
class Meddling:
    """Something that happens to a round while it runs."""

    what: str
    who: str
    number: int

    def happens(self, session: Session, now: datetime) -> None:
        theirs = lookup.advertiser(session, self.who).id
        consent = update(Enrolment).where(Enrolment.advertiser_id == theirs)
        match self.what:
            case "withdraws":
                lifecycle.withdraw(session, self.who, "r.visser", now)
            case "consent ends":
                session.execute(consent.values(valid_until=now + self.number * 6 * HOUR))
            case "consent begins later":
                session.execute(consent.values(valid_from=now + self.number * 6 * HOUR))
            case "fewer pairs":
                session.execute(consent.values(max_pairs=self.number))
            case "moves":
                session.execute(update(Advertiser).where(Advertiser.id == theirs).values(email="weg@elders.example"))
            case "pause":
                with suppress(Exception):
                    lifecycle.pause(session, ROUND, "r.visser", now, "klacht")
            case "stop":
                lifecycle.set_sending(session, False, "r.visser", now, "klacht")


meddlings = st.builds(
    Meddling,
    st.sampled_from(["withdraws", "consent ends", "consent begins later", "fewer pairs", "moves", "pause", "stop"]),
    st.sampled_from(PEOPLE),
    st.integers(0, 12),
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    pairs=st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=8),
    per_week=st.integers(1, 4),
    played=st.integers(0, 60),
    idle=st.integers(0, 90),
    share=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 99),
    happenings=st.lists(meddlings, max_size=3),
)
def test_what_is_foreseen_to_go_goes_at_its_moment_and_nothing_else_does(
    database: Database,
    pairs: list[str],
    per_week: int,
    played: int,
    idle: int,
    share: float,
    seed: int,
    happenings: list[Meddling],
) -> None:
    empty(database)
    rows = [a_listing(number, who) for number, who in enumerate(pairs, start=1)]
    design = a_monday(schedule={**TWO_WEEKS, "per_advertiser_week": per_week}, seed=seed)
    run(database, design, participants=[an_advertiser(who) for who in PEOPLE], rows=rows)
    play(database, Wire(mishaps(seed, share)), OPENING, OPENING + played * HOUR)
    now = OPENING + (played + idle) * HOUR
    for happening in happenings:
        meddle(database, lambda session, it=happening: it.happens(session, now))
    before = {row.id for row in letters(database) if row.state is S.SENT}
    told = foreseen(database, now)
    play(database, Wire(), now, THE_END)
    sent = {row.id: row.sent_at for row in letters(database) if row.state is S.SENT and row.id not in before}
    assert sent == {fate.letter: fate.at for fate in told if outlook.goes(fate)}
    assert len(told) == len(letters(database))


def empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        session.add(Control(id=1, sending_enabled=True))
