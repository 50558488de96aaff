"""A request test of a few offices, and browsers of those who plan, start, call and code it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from app_makers import an_app
from house_makers import PLANNED, a_session, an_advertiser
from page_makers import OURS
from sqlalchemy import select
from starlette.testclient import TestClient

from orchestrator import enrolment
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.models import OwnerRequest
from orchestrator.request_models import RequestState
from orchestrator.rounds import requesting
from orchestrator.states import Role
from portal.web.access import COOKIE
from profiles.owner_requests import load

NAME = "verzoek-2026"
MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
OFFICES = tuple(f"kantoor-{number}" for number in range(1, 13))
REFUSAL = "Dat doen wij niet, dat is verboden."


def enrolled(database: Database, *keys: str) -> None:
    with database.writing() as session:
        participants = [an_advertiser(key, email=f"{key}@kantoor.example") for key in keys or OFFICES]
        enrolment.enrol(session, participants)


def running(
    database: Database, *testers: str, name: str = NAME, offices: int = len(OFFICES), domain: str | None = None
) -> None:
    """Enrol the offices, and start a round in which these people call; with a ``domain`` it goes by mail."""
    enrolled(database, *(f"kantoor-{number}" for number in range(1, offices + 1)))
    script = load().newest("afkomst")
    days = (date(2026, 9, 7), date(2026, 9, 18))
    plan = requesting.Plan(name, script, testers or ("tess",), *days, Purpose.LEARNING, 7, domain)
    with database.writing() as session:
        requesting.plan_for_all(session, plan, "anna", PLANNED)
        requesting.approve(session, name, "m.dekker", PLANNED)
        requesting.start(session, name, "s.bos", PLANNED)


def asked(database: Database, tester: str = "tess", note: str = REFUSAL) -> None:
    """Let a tester ask every office on its sheet."""
    with database.writing() as session:
        for _, office, _ in requesting.sheet(session, NAME, tester, MONDAY):
            requesting.made(session, NAME, office.key, tester, note, MONDAY)


def coded(database: Database, code: str = "WEIGERT_MET_UITLEG") -> None:
    """Let two people code every answer alike, and close the round."""
    with database.writing() as session:
        for coder in ("cora", "chris"):
            for each in requesting.queue(session, NAME, coder):
                requesting.code(session, each.id, coder, code, MONDAY)
        requesting.close(session, NAME, "s.bos", MONDAY)


def mailed(database: Database) -> None:
    """A round by mail that is no live one, in which every office answered."""
    running(database, domain="woonpost.example")
    with database.writing() as session:
        for each in session.scalars(select(OwnerRequest)):
            each.state, each.note, each.made_at = RequestState.MADE, REFUSAL, MONDAY


def answered(database: Database, codes: Sequence[str]) -> None:
    """Let every office answer, in order of its request, what two coders take for these codes; and close the round."""
    asked(database)
    with database.writing() as session:
        numbers = list(session.scalars(select(OwnerRequest.id).order_by(OwnerRequest.id)))
        for number, code in zip(numbers, codes, strict=True):
            for coder in ("cora", "chris"):
                requesting.code(session, number, coder, code, MONDAY)
        requesting.close(session, NAME, "s.bos", MONDAY)


def browser(database: Database, name: str, *roles: Role, now: datetime = MONDAY) -> TestClient:
    app = an_app(database, now)
    cookies = {COOKIE: a_session(database, name, roles)}
    return TestClient(app, raise_server_exceptions=False, cookies=cookies, headers=OURS)
