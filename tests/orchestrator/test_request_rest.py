"""A request is a test like any other: it keeps the rest, uses up the cap, and stops with the consent."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from house_makers import (
    DAY,
    GRACE,
    HOUR,
    LEASE,
    MINUTE,
    OPENING,
    PLANNED,
    a_monday,
    an_advertiser,
    meddle,
    run,
)
from house_makers import claim as claim_letters
from house_makers import send as send_letters
from sqlalchemy import select, update

from orchestrator import limits
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.models import Enrolment, Inquiry, OwnerRequest, RequestLetter
from orchestrator.request_models import RequestState
from orchestrator.rounds import lifecycle, requesting, sending
from orchestrator.rounds.sending import Result
from orchestrator.states import AttemptOutcome, LetterState
from profiles.errors import Refused
from profiles.owner_requests import load

REST = 4 * HOUR
A_WEEK = {"last_day": "2026-09-18", "cooldown_hours": 4, "gap_hours": {"min": 1, "max": 2}}
NAME = "verzoek"


def asks(database: Database, domain: str | None = None, name: str = NAME, office: str = "alfa") -> None:
    """A running request test of one office, by mail from this domain or by telephone."""
    days, testers = (date(2026, 9, 7), date(2026, 9, 18)), () if domain else ("Tess",)
    wanted = requesting.Plan(name, load().newest("afkomst"), testers, *days, Purpose.LEARNING, 7, domain)
    with database.writing() as session:
        requesting.plan(session, wanted, [an_advertiser(office)], "r.visser", PLANNED)
        requesting.approve(session, name, "m.dekker", PLANNED)
        requesting.start(session, name, "s.bos", PLANNED)


def by_mail(database: Database) -> None:
    asks(database, "woonpost.example")
    meddle(database, update(RequestLetter).values(planned_at=OPENING))


def resting(database: Database, first: datetime, second: datetime, hours: float = 4) -> None:
    """A running round of one pair with the same office, with its letters at these moments."""
    run(database, a_monday(schedule=A_WEEK | {"cooldown_hours": hours}), rows=1)
    for order, moment in ((1, first), (2, second)):
        this = update(Inquiry).where(Inquiry.order == order)
        meddle(database, this.values(planned_at=moment, not_after=moment + 9 * DAY, next_try_at=None))


def mailed(database: Database, now: datetime, outcome: AttemptOutcome = AttemptOutcome.SENT) -> int:
    """Mail whatever request may go now; return how many went on the wire."""
    with database.writing() as session:
        held = sending.claim_requests(session, "w1", now, LEASE, GRACE, 100)
    gone = 0
    for each in held:
        with database.writing() as session:
            gone += sending.gate(session, each, "w1", now, LEASE, GRACE)
            sending.record(session, each, "w1", now, Result(outcome, "answer", "250 ok"), timedelta(seconds=30))
    return gone


def calls(database: Database, now: datetime, name: str = NAME) -> str:
    """Write down an answer; return "" when it was taken, else why not."""
    try:
        with database.writing() as session:
            requesting.made(session, name, "alfa", "Tess", "Dat doen wij niet.", now)
    except Refused as error:
        return error.problem.message
    return ""


def waiting(database: Database, now: datetime) -> int:
    found = claim_letters(database, now)
    meddle(database, update(Inquiry).where(Inquiry.state == LetterState.CLAIMED).values(state=LetterState.PLANNED))
    return len(found)


@pytest.mark.parametrize("outcome", [AttemptOutcome.SENT, AttemptOutcome.UNCERTAIN])
def test_after_a_mailed_request_no_letter_of_a_pair_goes_until_the_rest_is_over(
    database: Database, outcome: AttemptOutcome
) -> None:
    resting(database, OPENING, OPENING + 9 * DAY)
    by_mail(database)
    assert mailed(database, OPENING, outcome) == 1
    assert waiting(database, OPENING + REST - MINUTE) == 0
    assert waiting(database, OPENING + REST) == 1


def test_after_a_call_that_was_answered_no_letter_of_a_pair_goes_until_the_rest_is_over(database: Database) -> None:
    resting(database, OPENING, OPENING + 9 * DAY)
    asks(database)
    assert calls(database, OPENING) == ""
    assert waiting(database, OPENING + REST - MINUTE) == 0
    assert waiting(database, OPENING + REST) == 1


def test_after_a_letter_no_request_goes_or_is_made_until_the_rest_is_over(database: Database) -> None:
    resting(database, OPENING, OPENING + 9 * DAY)
    by_mail(database)
    assert len(send_letters(database, OPENING)) == 1
    assert mailed(database, OPENING + REST - MINUTE) == 0
    assert mailed(database, OPENING + REST) == 1


def test_a_tester_is_told_not_to_call_so_shortly_after_a_letter(database: Database) -> None:
    resting(database, OPENING, OPENING + 9 * DAY)
    asks(database)
    send_letters(database, OPENING)
    assert "een andere test" in calls(database, OPENING + HOUR)
    assert calls(database, OPENING + REST) == ""


def test_a_request_waits_for_the_second_letter_of_a_pair_that_began(database: Database) -> None:
    resting(database, OPENING, OPENING + REST + 2 * HOUR)
    by_mail(database)
    send_letters(database, OPENING)
    assert mailed(database, OPENING + REST) == 0
    send_letters(database, OPENING + REST + 2 * HOUR)
    assert mailed(database, OPENING + DAY) == 1


def test_where_no_round_asks_for_a_rest_a_request_waits_for_nobody(database: Database) -> None:
    resting(database, OPENING, OPENING + HOUR, hours=0)
    by_mail(database)
    send_letters(database, OPENING)
    assert mailed(database, OPENING) == 1


def test_a_call_that_was_answered_is_one_test_of_the_consent(database: Database) -> None:
    resting(database, OPENING + DAY, OPENING + 9 * DAY)
    asks(database)
    meddle(database, update(Enrolment).values(max_pairs=1))
    assert waiting(database, OPENING + DAY) == 1
    assert calls(database, OPENING) == ""
    assert waiting(database, OPENING + DAY) == 0


def test_nobody_is_called_beyond_the_tests_that_the_office_signed_for(database: Database) -> None:
    resting(database, OPENING, OPENING + 9 * DAY)
    asks(database)
    meddle(database, update(Enrolment).values(max_pairs=1))
    send_letters(database, OPENING)
    assert "alle tests" in calls(database, OPENING + 2 * DAY)


def test_a_request_that_is_planned_leaves_less_room_for_a_round_that_is_planned_after_it(database: Database) -> None:
    asks(database)
    with database.reading() as session:
        assert limits.used_up(session, ["alfa"]) == {"alfa": 1}


def test_who_withdraws_is_not_mailed_or_called_any_more_at_once(database: Database) -> None:
    by_mail(database)
    asks(database, name="beta", office="beta")
    with database.writing() as session:
        assert [lifecycle.withdraw(session, key, "r.visser", PLANNED) for key in ("alfa", "beta")] == [1, 1]
    with database.reading() as session:
        assert set(session.scalars(select(RequestLetter.state))) == {LetterState.CANCELLED}
        assert set(session.scalars(select(OwnerRequest.state))) == {RequestState.CANCELLED}
        assert requesting.sheet(session, "beta", "Tess", OPENING) == []


def test_a_request_that_went_stays_open_for_its_answer_when_the_office_withdraws(database: Database) -> None:
    by_mail(database)
    assert mailed(database, OPENING) == 1
    with database.writing() as session:
        lifecycle.withdraw(session, "alfa", "r.visser", OPENING)
        assert session.scalars(select(OwnerRequest.state)).one() is RequestState.PLANNED
        assert session.scalars(select(RequestLetter.state)).one() is LetterState.SENT


def test_a_withdrawal_leaves_the_requests_to_others_alone(database: Database) -> None:
    asks(database)
    asks(database, name="beta", office="beta")
    with database.writing() as session:
        lifecycle.withdraw(session, "beta", "r.visser", PLANNED)
        states: dict[str, Any] = {each.round.name: each.state for each in session.scalars(select(OwnerRequest))}
    assert states == {NAME: RequestState.PLANNED, "beta": RequestState.CANCELLED}
