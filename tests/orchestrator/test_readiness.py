"""What a live round needs before it is approved, and what a rehearsal may go without."""

from datetime import date

import pytest
from bank_makers import a_bank
from house_makers import (
    MINUTE,
    PLANNED,
    ROUND,
    a_monday,
    an_advertiser,
    approve,
    events,
    make_ready,
    only_sqlite,
    plan,
    refused,
    round_state,
)
from sqlalchemy import select, update

from orchestrator import accounts, ledger, mail_trips, readiness
from orchestrator.addresses import set_addresses
from orchestrator.db import Database
from orchestrator.design import Design
from orchestrator.intake import Channel
from orchestrator.models import Advertiser, Enrolment, Inquiry
from orchestrator.readiness import HEADINGS, Item, Power
from orchestrator.rounds import lifecycle, lookup
from orchestrator.states import Role, RoundState
from profiles.errors import BadInput

pytestmark = only_sqlite
ENOUGH = Power(0.85)


def live(**study: str) -> Design:
    told = {"emergency_contact": "J. de Boer", **study}
    return a_monday(mode="live", study={key: value for key, value in told.items() if value})


def items(database: Database, power: Power = ENOUGH) -> dict[str, Item]:
    with database.reading() as session:
        return {each.key: each for each in readiness.checklist(session, lookup.find(session, ROUND), power)}


def blocking(database: Database, power: Power = ENOUGH) -> list[str]:
    return [key for key, item in items(database, power).items() if item.blocks]


def mailed(database: Database, number: str = "a1", *, back: bool = True) -> None:
    with database.writing() as session:
        trip = mail_trips.begin(session, ROUND, "r.visser", PLANNED, number)
        if back:
            mail_trips.came_back(session, trip.message_id, PLANNED + MINUTE)


def approved(database: Database, power: Power | None = ENOUGH) -> None:
    with database.writing() as session:
        lifecycle.approve(session, ROUND, "m.dekker", PLANNED, power)


def test_a_live_round_with_everything_in_order_waits_for_the_second_person_alone(database: Database) -> None:
    plan(database, live(), bank=a_bank())
    mailed(database)
    assert list(items(database)) == list(HEADINGS)
    assert blocking(database) == ["approval"]
    approved(database)
    assert blocking(database) == []
    assert round_state(database) is RoundState.APPROVED


def test_a_form_without_https_holds_a_live_round_up_and_is_named(database: Database) -> None:
    plan(database, live(), bank=a_bank())
    assert items(database)["forms"].ok
    with database.writing() as session:
        office = session.scalars(select(Advertiser)).one()
        set_addresses(session, office, office.email, "http://alfa.example/contact")
        session.execute(update(Inquiry).values(channel=Channel.WEBFORM, address_index=office.form_index))
    assert "http://alfa.example/contact" in items(database)["forms"].why
    assert "forms" in blocking(database)


@pytest.mark.parametrize(
    ("study", "key"),
    [
        ({"emergency_contact": ""}, "contact"),
        ({"ethics_reference": "VOORBEELD-1"}, "references"),
        ({"dpia_reference": "nog te doen"}, "references"),
    ],
)
def test_what_a_live_design_does_not_say_holds_its_approval_up(
    database: Database, study: dict[str, str], key: str
) -> None:
    plan(database, live(**study), bank=a_bank())
    mailed(database)
    assert blocking(database) == [key, "approval"]
    with refused("not-ready"):
        approved(database)
    assert round_state(database) is RoundState.PLANNED


def test_a_mail_that_did_not_come_back_holds_a_live_round_up_and_one_that_did_lasts(database: Database) -> None:
    plan(database, live(), bank=a_bank())
    assert "nog geen bericht" in items(database)["mailbox"].why
    mailed(database, back=False)
    assert "nog niet terug" in items(database)["mailbox"].why
    with refused("not-ready"):
        approved(database)
    mailed(database, "b2")
    mailed(database, "c3", back=False)
    assert items(database)["mailbox"].ok
    with database.writing() as session:
        assert not mail_trips.came_back(session, "<iets.anders@elders.example>", PLANNED)
        assert not mail_trips.came_back(session, None, PLANNED)


@pytest.mark.parametrize("power", [Power(0.79), Power(None), None])
def test_a_live_round_of_too_little_or_unknown_power_needs_a_reason_that_is_kept(
    database: Database, power: Power | None
) -> None:
    plan(database, live(), bank=a_bank())
    mailed(database)
    with refused("not-ready"):
        approved(database, power)
    with database.writing() as session, pytest.raises(BadInput):
        readiness.waive(session, ROUND, "r.visser", PLANNED, "  ")
    with database.writing() as session:
        readiness.waive(session, ROUND, "r.visser", PLANNED, "een proef in een kleine gemeente")
    assert "een proef in een kleine gemeente" in items(database, power or Power(None))["power"].why
    approved(database, power)
    assert "round.power-waived" in [each.kind for each in events(database)]
    with database.reading() as session:
        assert list(ledger.faults(session)) == []


def test_a_waiver_holds_for_the_plan_it_was_given_for_and_no_other(database: Database) -> None:
    plan(database, live(), bank=a_bank())
    make_ready(database)
    assert blocking(database, Power(0.1)) == ["approval"]
    plan(database, live(name="Ander onderzoek"), bank=a_bank())
    assert blocking(database, Power(0.1)) == ["power", "approval"]
    with refused("not-ready"):
        approved(database, Power(0.1))


def test_consent_that_was_withdrawn_or_ends_before_a_letter_holds_a_live_round_up(database: Database) -> None:
    plan(database, live(), bank=a_bank(), participants=[an_advertiser(consent_until=date(2026, 9, 7))])
    mailed(database)
    assert blocking(database) == ["approval"]
    with database.writing() as session:
        session.query(Enrolment).update({"withdrawn_at": PLANNED})
    assert "2 van de 2" in items(database)["consent"].why
    with refused("not-ready"):
        approved(database)


def test_a_rehearsal_is_approved_without_power_mail_and_contact_and_says_that_they_do_not_apply(
    database: Database,
) -> None:
    plan(database, a_monday(study={"ethics_reference": "VOORBEELD"}))
    found = items(database, Power(0.1))
    assert [key for key, item in found.items() if item.blocks] == ["approval"]
    assert [key for key, item in found.items() if not item.applies and not item.ok] == [
        "power", "mailbox", "references", "contact",
    ]  # fmt: skip
    assert "gesimuleerde markt" in found["mailbox"].why
    approve(database)
    assert round_state(database) is RoundState.APPROVED


def test_the_second_person_is_told_of_only_when_there_is_one_who_may(database: Database) -> None:
    plan(database)
    assert "niemand anders heeft de rol goedkeurder" in items(database)["approval"].why
    with database.writing() as session:
        accounts.add(session, "R.Visser", "v@stad.example", [Role.APPROVER], "beheerder", PLANNED)
    assert "niemand anders" in items(database)["approval"].why
    with database.writing() as session:
        accounts.add(session, "Bert", "b@stad.example", [Role.APPROVER], "beheerder", PLANNED)
    assert "Mensen die dat kunnen: 1." in items(database)["approval"].remedy


def test_a_waiver_after_the_approval_is_refused(database: Database) -> None:
    plan(database)
    approve(database)
    with refused("wrong-state"), database.writing() as session:
        readiness.waive(session, ROUND, "r.visser", PLANNED, "te laat")
