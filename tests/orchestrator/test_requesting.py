"""The request test: an office is asked once, by who was assigned, with consent, and coded by two who did not ask."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from house_makers import PLANNED, an_advertiser
from invitation_makers import take_part, terms
from sqlalchemy import select

from orchestrator import retention
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.enrolment import give_days_off
from orchestrator.intake import AdvertiserKind, Participant
from orchestrator.models import Event, OwnerRequest, RequestRound, Study
from orchestrator.request_models import RequestState
from orchestrator.rounds import holds, lifecycle, requesting
from orchestrator.states import RoundState
from profiles.errors import BadInput, Refused
from profiles.owner_requests import NOT_REACHED, load

NAME = "verzoek-2026"
MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
OFFICES = ("alfa", "beta", "gamma", "delta")


def a_plan(**changes: Any) -> requesting.Plan:
    told: dict[str, Any] = {
        "name": NAME,
        "script": load().newest("afkomst"),
        "testers": ("Tess", "Tom"),
        "first_day": date(2026, 9, 7),
        "last_day": date(2026, 9, 18),
        "purpose": Purpose.LEARNING,
        "seed": 7,
    }
    return requesting.Plan(**(told | changes))


def offices(*keys: str) -> list[Participant]:
    return [an_advertiser(key) for key in keys or OFFICES]


def plan(database: Database, participants: list[Participant] | None = None, **changes: Any) -> None:
    with database.writing() as session:
        requesting.plan(session, a_plan(**changes), participants or offices(), "r.visser", PLANNED)


def running(database: Database, **changes: Any) -> None:
    plan(database, **changes)
    with database.writing() as session:
        requesting.approve(session, NAME, "m.dekker", PLANNED)
        requesting.start(session, NAME, "s.bos", PLANNED)


def does(database: Database, step: Callable[..., Any], *given: Any) -> Any:
    with database.writing() as session:
        return step(session, *given)


def refusal(database: Database, step: Callable[..., Any], *given: Any) -> str:
    with pytest.raises(Refused) as refused:
        does(database, step, *given)
    return refused.value.problem.code


def assigned(database: Database, key: str) -> tuple[int, str]:
    with database.reading() as session:
        found = session.scalars(select(OwnerRequest).order_by(OwnerRequest.id)).all()
        keys = {each.id: each for each in found}
        for each in keys.values():
            for request, office, _ in requesting.sheet(session, NAME, each.tester, MONDAY):
                if office.key == key:
                    return request.id, request.tester
    raise AssertionError(key)


def ask(database: Database, key: str, answer: str = "Dat doen wij niet.") -> int:
    number, tester = assigned(database, key)
    does(database, requesting.made, NAME, key, tester, answer, MONDAY)
    return number


def state(database: Database, number: int) -> tuple[RequestState, str | None]:
    with database.reading() as session:
        row = session.get_one(OwnerRequest, number)
        return row.state, row.code


def test_every_office_is_planned_once_shared_out_over_testers_and_on_a_working_day(database: Database) -> None:
    give_off = frozenset({date(2026, 9, 7) + timedelta(days=ahead) for ahead in range(5)})
    plan(database, [an_advertiser(key, days_off=give_off) for key in OFFICES])
    with database.reading() as session:
        rows = session.scalars(select(OwnerRequest)).all()
        assert sorted(each.tester for each in rows) == ["Tess", "Tess", "Tom", "Tom"]
        assert {each.planned_on.isocalendar().week for each in rows} == {38}
        assert all(each.planned_on.weekday() < 5 for each in rows)
        assert session.scalars(select(RequestRound)).one().text[3] == "Hoe gaan jullie daarmee om?"


def test_a_plan_is_drawn_the_same_again_from_its_seed(database: Database) -> None:
    plan(database)
    plan(database, offices("epsilon"), name="ander")
    with database.reading() as session:
        before = [(each.tester, each.planned_on) for each in requesting.find(session, NAME).requests]
    with database.writing() as session:
        session.delete(requesting.find(session, "ander").requests[0])
        for each in requesting.find(session, NAME).requests:
            session.delete(each)
        session.flush()
        session.delete(requesting.find(session, NAME))
    plan(database)
    with database.reading() as session:
        assert [(each.tester, each.planned_on) for each in requesting.find(session, NAME).requests] == before


@pytest.mark.parametrize(
    ("participant", "code"),
    [
        (an_advertiser(kind=AdvertiserKind.PRIVATE_LANDLORD), "not-a-broker"),
        (an_advertiser(consent_until=date(2026, 9, 1)), "no-consent"),
        (an_advertiser(purpose=Purpose.MONITORING), "no-consent"),
        (an_advertiser(days_off=frozenset(date(2026, 9, day) for day in range(7, 19))), "no-day"),
    ],
)
def test_who_cannot_be_asked_is_named_and_nothing_is_planned(
    database: Database, participant: Participant, code: str
) -> None:
    with pytest.raises(BadInput) as bad:
        plan(database, [participant, *offices("beta")])
    assert [(each.code, each.found) for each in bad.value.problems] == [(code, "alfa")]
    with database.reading() as session:
        assert session.scalars(select(RequestRound)).all() == []


def test_an_office_is_asked_once_under_a_consent_also_over_two_request_tests(database: Database) -> None:
    running(database)
    ask(database, "alfa")
    with pytest.raises(BadInput) as bad:
        plan(database, offices("alfa"), name="nog-een")
    assert bad.value.problems[0].code == "asked-before"
    _, tester = assigned(database, "beta")
    assert refusal(database, requesting.made, NAME, "alfa", tester, "Nee.", MONDAY) in ("asked-already", "not-yours")


def test_who_planned_does_not_approve_and_nothing_is_asked_before_the_start(database: Database) -> None:
    plan(database)
    assert refusal(database, requesting.approve, NAME, "R.Visser", PLANNED) == "same-person"
    assert refusal(database, requesting.start, NAME, "s.bos", PLANNED) == "wrong-state"
    _, tester = assigned(database, "alfa")
    assert refusal(database, requesting.made, NAME, "alfa", tester, "Nee.", MONDAY) == "not-now"


def test_only_the_assigned_tester_writes_down_an_answer(database: Database) -> None:
    running(database)
    _, tester = assigned(database, "alfa")
    other = {"Tess": "Tom", "Tom": "Tess"}[tester]
    assert refusal(database, requesting.made, NAME, "alfa", other, "Nee.", MONDAY) == "not-yours"
    with pytest.raises(BadInput):
        does(database, requesting.made, NAME, "alfa", tester, "  ", MONDAY)


def withdraws(session: Any) -> None:
    lifecycle.withdraw(session, "alfa", "r.visser", MONDAY)


def pauses(session: Any) -> None:
    holds.hold(session, "alfa", "kijken", "r.visser", MONDAY)


def takes_a_day_off(session: Any) -> None:
    give_days_off(session, "alfa", frozenset({MONDAY.date()}), "r.visser", MONDAY)


@pytest.mark.parametrize("change", [withdraws, pauses, takes_a_day_off])
def test_what_changed_since_the_plan_counts_at_the_moment_of_asking(
    database: Database, change: Callable[[Any], None]
) -> None:
    running(database)
    _, tester = assigned(database, "alfa")
    does(database, change)
    assert refusal(database, requesting.made, NAME, "alfa", tester, "Nee.", MONDAY) == "not-now"


@pytest.mark.parametrize(
    "moment", [MONDAY - timedelta(days=3), MONDAY + timedelta(days=5), MONDAY + timedelta(days=14)]
)
def test_nobody_is_asked_outside_the_period_or_in_a_weekend(database: Database, moment: datetime) -> None:
    running(database)
    _, tester = assigned(database, "alfa")
    assert refusal(database, requesting.made, NAME, "alfa", tester, "Nee.", moment) == "not-now"


def test_an_office_counts_as_not_reached_after_three_tries(database: Database) -> None:
    running(database)
    number, tester = assigned(database, "alfa")
    for _ in range(2):
        does(database, requesting.not_reached, NAME, "alfa", tester, MONDAY)
    assert state(database, number) == (RequestState.PLANNED, None)
    does(database, requesting.not_reached, NAME, "alfa", tester, MONDAY)
    assert state(database, number) == (RequestState.NOT_REACHED, NOT_REACHED)
    assert refusal(database, requesting.not_reached, NAME, "alfa", tester, MONDAY) == "asked-already"


def test_two_equal_codes_are_final_and_a_third_person_decides_between_two_that_differ(database: Database) -> None:
    running(database)
    agreed, differ = ask(database, "alfa"), ask(database, "beta")
    for coder in ("Cora", "Dirk"):
        does(database, requesting.code, agreed, coder, "WEIGERT_MET_UITLEG", MONDAY)
    assert state(database, agreed)[1] == "WEIGERT_MET_UITLEG"
    does(database, requesting.code, differ, "Cora", "ONTWIJKEND", MONDAY)
    does(database, requesting.code, differ, "Dirk", "BEREID_MET_BESEF", MONDAY)
    assert state(database, differ)[1] is None
    does(database, requesting.code, differ, "Eva", "BEREID_MET_BESEF", MONDAY)
    assert state(database, differ)[1] == "BEREID_MET_BESEF"


def test_who_asked_or_coded_already_does_not_code_and_does_not_see_it_in_the_queue(database: Database) -> None:
    running(database)
    number = ask(database, "alfa")
    with database.reading() as session:
        tester = session.get_one(OwnerRequest, number).tester
        assert requesting.queue(session, NAME, tester.upper()) == []
    assert refusal(database, requesting.code, number, tester, "ONTWIJKEND", MONDAY) == "coded-twice"
    does(database, requesting.code, number, "Cora", "ONTWIJKEND", MONDAY)
    assert refusal(database, requesting.code, number, "cora", "ONTWIJKEND", MONDAY) == "coded-twice"
    assert refusal(database, requesting.code, number, "Dirk", NOT_REACHED, MONDAY) == "was-reached"
    assert refusal(database, requesting.code, number, "Dirk", "WEET_NIET", MONDAY) == "unknown-code"


def test_a_request_test_closes_when_all_is_coded_and_cancels_what_was_not_asked(database: Database) -> None:
    running(database)
    number = ask(database, "alfa")
    assert refusal(database, requesting.close, NAME, "s.bos", MONDAY) == "not-coded"
    for coder in ("Cora", "Dirk"):
        does(database, requesting.code, number, coder, "WEIGERT_ZONDER_UITLEG", MONDAY)
    does(database, requesting.close, NAME, "s.bos", MONDAY)
    with database.reading() as session:
        round_ = requesting.find(session, NAME)
        assert round_.state is RoundState.CLOSED
        states = sorted(each.state.value for each in round_.requests)
        assert states == ["cancelled", "cancelled", "cancelled", "made"]


def test_the_ledger_tells_every_step_and_nothing_of_what_was_answered(database: Database) -> None:
    running(database)
    number = ask(database, "alfa", "Piet zei dat het niet mag.")
    does(database, requesting.code, number, "Cora", "WEIGERT_MET_UITLEG", MONDAY)
    with database.reading() as session:
        events = session.scalars(select(Event).order_by(Event.seq)).all()
        told = [each.kind for each in events]
        assert told[-5:] == [
            "request-round.planned", "request-round.approved", "request-round.running", "request.made", "request.coded",
        ]  # fmt: skip
        assert not any("Piet" in str(each.data) or "WEIGERT" in str(each.data) for each in events)


@pytest.mark.parametrize(("outside", "code"), [({"channels": frozenset({"smtp"})}, "not-signed-for"), ({}, None)])
def test_an_office_that_signed_for_no_call_is_not_called(
    database: Database, outside: dict[str, Any], code: str | None
) -> None:
    take_part(database, chosen=terms(**outside))
    if code is None:
        plan(database, offices("alfa"))
        return
    with pytest.raises(BadInput) as wrong:
        plan(database, offices("alfa"))
    assert [problem.code for problem in wrong.value.problems] == [code]


def test_an_office_that_later_signs_for_less_is_not_called_any_more(database: Database) -> None:
    running(database)
    take_part(database, chosen=terms(grounds=frozenset({"age"})))
    number, tester = assigned(database, "alfa")
    assert number
    with database.reading() as session:
        told = {office.key: why for _, office, why in requesting.sheet(session, NAME, tester, MONDAY)}
    assert told["alfa"] == "hiervoor tekende de aanbieder niet"
    assert refusal(database, requesting.made, NAME, "alfa", tester, "Nee.", MONDAY) == "not-now"


def test_answers_are_kept_for_the_shortest_term_of_any_study_after_their_round_closed(database: Database) -> None:
    running(database)
    number = ask(database, "alfa")
    with database.writing() as session:
        round_ = session.scalars(select(RequestRound)).one()
        round_.state, round_.closed_at = RoundState.CLOSED, MONDAY
        for name, months in (("lang", 24), ("kort", 6)):
            told = dict.fromkeys(("commissioner", "legal_basis", "ethics_reference", "dpia_reference"), "x")
            session.add(Study(name=name, retention_months=months, purpose=Purpose.LEARNING, **told))
    over = retention.later(MONDAY, 6)
    assert does(database, retention.run, "praktijktest", over - timedelta(seconds=1)) == {}
    with database.reading() as session:
        assert [(each.round, each.until, each.records) for each in retention.terms(session)] == [(NAME, over, 1)]
    assert does(database, retention.run, "praktijktest", over) == {NAME: 1}
    with database.reading() as session:
        assert session.get_one(OwnerRequest, number).note is None
    assert does(database, retention.run, "praktijktest", over) == {}
