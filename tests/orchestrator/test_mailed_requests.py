"""The request test by mail: through the same claim, gate and record, at most once, with consent at every step."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from house_makers import DAY, HOUR, PLANNED, an_advertiser, attempts, index, moves, only_sqlite, refused, sweep
from sqlalchemy import select, update

from orchestrator import control, enrolment
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.models import Enrolment, OwnerRequest, RequestLetter
from orchestrator.request_models import LetterStep, RequestState
from orchestrator.rounds import copies, holds, lifecycle, requesting, sending
from orchestrator.rounds.sending import Claim, Result
from orchestrator.states import AttemptOutcome, LetterState
from profiles.errors import BadInput
from profiles.owner_requests import load

NAME, DOMAIN = "verzoek-mail", "woonpost.example"
OFFICES = ("alfa", "beta", "gamma")
LATE = datetime(2026, 9, 18, 13, 0, tzinfo=UTC)
"""A Friday at three, Dutch time: every request of the round is due."""

LEASE, GRACE = timedelta(minutes=1), timedelta(minutes=5)


def a_plan(**changes: Any) -> requesting.Plan:
    days = {"first_day": date(2026, 9, 7), "last_day": date(2026, 9, 18)}
    told: dict[str, Any] = {"name": NAME, "script": load().newest("afkomst"), "testers": (), "seed": 7, **days}
    return requesting.Plan(**({**told, "purpose": Purpose.LEARNING, "domain": DOMAIN} | changes))


def running(database: Database, offices: tuple[Any, ...] | None = None, **changes: Any) -> None:
    with database.writing() as session:
        listed = list(offices or map(an_advertiser, OFFICES))
        requesting.plan(session, a_plan(**changes), listed, "r.visser", PLANNED)
        requesting.approve(session, NAME, "m.dekker", PLANNED)
        requesting.start(session, NAME, "s.bos", PLANNED)


def claim(database: Database, now: datetime = LATE, worker: str = "w1") -> list[Claim]:
    with database.writing() as session:
        return sending.claim_requests(session, worker, now, LEASE, GRACE, 100)


def gate(database: Database, held: Claim, now: datetime = LATE) -> bool:
    with database.writing() as session:
        return sending.gate(session, held, "w1", now, LEASE, GRACE)


def record(database: Database, held: Claim, outcome: AttemptOutcome, now: datetime = LATE) -> None:
    with database.writing() as session:
        sending.record(session, held, "w1", now, Result(outcome, "answer", "250 ok"), timedelta(seconds=30))


def send(database: Database, now: datetime = LATE) -> int:
    """Claim, pass the gate and record as sent all that may go; return how many."""
    held = claim(database, now)
    for each in held:
        assert gate(database, each, now)
        record(database, each, AttemptOutcome.SENT, now)
    return len(held)


def letters(database: Database, step: LetterStep = LetterStep.REQUEST) -> list[RequestLetter]:
    with database.reading() as session:
        rows = select(RequestLetter).where(RequestLetter.step == step).order_by(RequestLetter.id)
        return list(session.scalars(rows))


def states(database: Database) -> set[LetterState]:
    return {each.state for each in letters(database)}


def does(database: Database, step: Callable[..., Any], *given: Any, **told: Any) -> Any:
    with database.writing() as session:
        return step(session, *given, **told)


def test_each_office_gets_one_letter_with_its_own_address_on_its_own_day_in_office_hours(database: Database) -> None:
    running(database)
    found = letters(database)
    assert len({each.reply_address for each in found}) == len({each.message_id for each in found}) == 3
    assert {each.address_index for each in found} == {index(database, f"verhuur@{key}.example") for key in OFFICES}
    assert all(each.reply_address.endswith(f"@{DOMAIN}") for each in found)
    assert all(7 <= each.planned_at.hour < 14 and each.planned_at.weekday() < 5 for each in found)
    with database.reading() as session:
        days = dict(session.execute(select(OwnerRequest.id, OwnerRequest.planned_on)).all())
    assert all(each.planned_at.date() == days[each.request_id] for each in found)
    body = found[0].body
    assert "Marokkaanse of Turkse achtergrond" in body
    assert "Hoe gaan jullie daarmee om?" in body
    assert "dan weet ik genoeg" not in body
    assert body.rstrip().endswith(found[0].sender_name)


def test_the_letters_are_drawn_the_same_again_from_name_and_seed(database: Database) -> None:
    running(database)
    told = [(each.message_id, each.planned_at, each.sender_name, each.body) for each in letters(database)]
    with database.writing() as session:
        for each in session.scalars(select(RequestLetter)):
            session.delete(each)
        for request in session.scalars(select(OwnerRequest)):
            session.delete(request)
        session.flush()
        session.delete(requesting.find(session, NAME))
    running(database)
    assert [(each.message_id, each.planned_at, each.sender_name, each.body) for each in letters(database)] == told


def test_what_is_due_goes_once_and_never_again(database: Database) -> None:
    running(database)
    assert send(database) == 3
    assert states(database) == {LetterState.SENT}
    assert send(database) == send(database, LATE + HOUR) == 0
    assert attempts(database) == [AttemptOutcome.SENT] * 3


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 9, 18, 16, 0, tzinfo=UTC),  # Friday at six, Dutch time
        datetime(2026, 9, 12, 10, 0, tzinfo=UTC),  # a Saturday
        datetime(2026, 9, 4, 10, 0, tzinfo=UTC),  # before the first day
        datetime(2026, 9, 21, 10, 0, tzinfo=UTC),  # after the last
    ],
)
def test_nothing_goes_outside_office_hours_or_the_period(database: Database, now: datetime) -> None:
    running(database)
    assert claim(database, now) == []


def withdraw(database: Database) -> None:
    does(database, lifecycle.withdraw, "alfa", "beheerder", PLANNED)


def pause(database: Database) -> None:
    does(database, holds.hold, "alfa", "proef", "beheerder", PLANNED)


def off(database: Database) -> None:
    does(database, enrolment.give_days_off, "alfa", frozenset({LATE.date()}), "beheerder", PLANNED)


def moved(database: Database) -> None:
    with database.writing() as session:
        moves(session, "elders@alfa.example")


def used_up(database: Database) -> None:
    with database.writing() as session:
        session.execute(update(Enrolment).values(max_pairs=0))


def shut(database: Database) -> None:
    does(database, lifecycle.set_sending, False, "beheerder", PLANNED, "proef")


def closed(database: Database) -> None:
    does(database, requesting.close, NAME, "s.bos", PLANNED)


CHANGES = (withdraw, pause, off, moved, used_up, shut, closed)


@pytest.mark.parametrize("change", CHANGES)
def test_the_claim_asks_consent_pause_days_off_scope_cap_switch_and_round(
    database: Database, change: Callable[[Database], None]
) -> None:
    running(database, (an_advertiser("alfa"),))
    change(database)
    assert claim(database) == []


@pytest.mark.parametrize("change", CHANGES)
def test_the_gate_asks_it_all_once_more(database: Database, change: Callable[[Database], None]) -> None:
    running(database, (an_advertiser("alfa"),))
    (held,) = claim(database)
    change(database)
    assert not gate(database, held)
    assert attempts(database) == []


def test_a_consent_for_one_test_has_no_room_after_a_request(database: Database) -> None:
    running(database, (an_advertiser("alfa", max_pairs=1),))
    assert send(database) == 1
    with database.writing() as session:
        session.execute(update(RequestLetter).values(state=LetterState.PLANNED, message_id="<a@b>", next_try_at=None))
        session.add(_second(session))
    assert claim(database, LATE) != []  # the row that stands as planned counts for nothing
    with database.writing() as session:
        session.execute(
            update(RequestLetter).where(RequestLetter.message_id == "<a@b>").values(state=LetterState.UNCERTAIN)
        )
        session.execute(
            update(RequestLetter).where(RequestLetter.message_id == "<c@d>").values(state=LetterState.PLANNED)
        )
    assert claim(database, LATE) == []


def _second(session: Any) -> RequestLetter:
    first = session.scalars(select(RequestLetter)).one()
    names = ("channel", "address_index", "domain", "subject", "body", "planned_at", "not_after", "sender_name")
    told = {name: getattr(first, name) for name in names}
    other = OwnerRequest(
        round_id=_other_round(session).id, advertiser_id=first.request.advertiser_id, tester="-",
        planned_on=LATE.date(), state=RequestState.PLANNED, tries=0,
    )  # fmt: skip
    session.add(other)
    session.flush()
    return RequestLetter(
        request_id=other.id, step=LetterStep.REQUEST, state=LetterState.PLANNED, message_id="<c@d>",
        reply_address="ander@woonpost.example", **told,
    )  # fmt: skip


def _other_round(session: Any) -> Any:
    first = requesting.find(session, NAME)
    names = ("script", "version", "ground", "text", "purpose", "seed", "first_day", "last_day", "planned_by",
             "planned_at", "approved_by", "state")  # fmt: skip
    other = type(first)(name="ander", domain=DOMAIN, live=False, **{name: getattr(first, name) for name in names})
    session.add(other)
    session.flush()
    return other


def test_two_workers_never_hold_one_letter_and_an_old_fence_opens_no_gate(database: Database) -> None:
    running(database)
    first = claim(database)
    assert claim(database, worker="w2") == []
    sweep(database, LATE + 2 * LEASE)
    second = claim(database, LATE + 2 * LEASE)
    assert [each.id for each in first] == [each.id for each in second]
    assert not gate(database, first[0], LATE + 2 * LEASE)
    assert gate(database, second[0], LATE + 2 * LEASE)
    assert not gate(database, second[0], LATE + 2 * LEASE)


def test_a_worker_killed_between_gate_and_record_leaves_it_uncertain_and_it_is_never_sent_again(
    database: Database,
) -> None:
    running(database, (an_advertiser("alfa"),))
    (held,) = claim(database)
    assert gate(database, held)
    for moment in (LATE + 2 * LEASE, LATE + HOUR):
        sweep(database, moment)
        assert states(database) == {LetterState.UNCERTAIN}
        assert claim(database, moment) == []
    assert attempts(database) == [AttemptOutcome.UNCERTAIN]


def test_a_copy_in_the_ledger_mailbox_settles_an_uncertain_request(database: Database) -> None:
    running(database, (an_advertiser("alfa"),))
    (held,) = claim(database)
    assert gate(database, held)
    sweep(database, LATE + HOUR)
    (letter,) = letters(database)
    with database.writing() as session:
        assert copies.note(session, letter.message_id, LATE, LATE + HOUR)
        assert copies.settle_seen(session, LATE + HOUR) == 1
    assert states(database) == {LetterState.SENT}


@pytest.mark.parametrize(
    ("outcome", "state", "again"),
    [
        (AttemptOutcome.NOT_SENT, LetterState.PLANNED, 1),
        (AttemptOutcome.REFUSED, LetterState.FAILED, 0),
        (AttemptOutcome.UNCERTAIN, LetterState.UNCERTAIN, 0),
    ],
)
def test_how_far_it_came_on_the_wire_decides_whether_it_may_be_tried_again(
    database: Database, outcome: AttemptOutcome, state: LetterState, again: int
) -> None:
    running(database, (an_advertiser("alfa"),))
    (held,) = claim(database)
    if outcome is AttemptOutcome.UNCERTAIN:
        assert gate(database, held)
    record(database, held, outcome)
    assert states(database) == {state}
    assert len(claim(database, LATE + HOUR)) == again


def test_at_closing_who_may_have_been_asked_counts_as_not_reached_and_is_not_asked_again(database: Database) -> None:
    running(database)
    one, two, three = claim(database)
    for held, outcome in ((one, AttemptOutcome.SENT), (two, AttemptOutcome.UNCERTAIN)):
        assert gate(database, held)
        record(database, held, outcome)
    does(database, sending.release, three, LATE, timedelta(seconds=1))
    closed(database)
    with database.reading() as session:
        by_letter = {each.id: each.request.state for each in session.scalars(select(RequestLetter))}
    assert [by_letter[each.id] for each in (one, two, three)] == [
        RequestState.NOT_REACHED, RequestState.NOT_REACHED, RequestState.CANCELLED,
    ]  # fmt: skip
    assert {each.id: each.state for each in letters(database)}[three.id] is LetterState.CANCELLED
    with database.writing() as session:
        again = requesting.plan_for_all(session, a_plan(name="nog-eens"), "r.visser", PLANNED)
        assert len(again.requests) == 1


@only_sqlite
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"domain": "geen domein"}, "bad-domain"),
        ({"domain": "Woonpost.Example"}, "bad-domain"),
        ({"domain": "woonpost.example", "live": True}, "reserved-domain-live"),
        ({"domain": None, "testers": ("Tess",), "live": True}, "live-calls"),
        ({"domain": None}, "bad-testers"),
    ],
)
def test_a_plan_by_mail_that_cannot_be_is_refused_with_the_remedy(
    database: Database, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(BadInput) as refusal, database.writing() as session:
        requesting.plan(session, a_plan(**changes), [an_advertiser()], "r.visser", PLANNED)
    assert refusal.value.problems[0].code == code


@only_sqlite
def test_a_live_round_starts_only_where_letters_truly_go_and_then_counts_as_live(database: Database) -> None:
    with database.writing() as session:
        plan = a_plan(domain="woonpost.nl", live=True)
        requesting.plan(session, plan, [an_advertiser()], "r.visser", PLANNED)
        requesting.approve(session, NAME, "m.dekker", PLANNED)
    with refused("live-detour"):
        does(database, requesting.start, NAME, "s.bos", PLANNED)
    with database.reading() as session:
        assert control.live_round(session) is None
    does(database, requesting.start, NAME, "s.bos", PLANNED, pretends=None)
    with database.reading() as session:
        assert control.live_round(session) == NAME


@only_sqlite
def test_nobody_has_a_call_sheet_of_a_round_by_mail(database: Database) -> None:
    running(database)
    for tester in ("r.visser", "Tess"):
        assert does(database, requesting.sheet, NAME, tester, LATE) == []
        with refused("not-yours"):
            does(database, requesting.made, NAME, "alfa", tester, "zelf bedacht", LATE + DAY)
