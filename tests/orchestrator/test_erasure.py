"""An office that does not take part (any more) is erased on request; the results stay as they were."""

from datetime import datetime

from house_makers import ROUND, events, letters, refused, run
from invitation_makers import WALL, an_offer, invite, take_part
from sqlalchemy import select, text
from test_retention import CLOSED, DAY, closed, headline, said

from orchestrator import erasure, ledger, own_data, retention
from orchestrator.db import Database
from orchestrator.models import Advertiser, Invitation
from orchestrator.rounds import lifecycle
from orchestrator.sealing import GONE
from orchestrator.states import ErasureReason

SHOWS = ("Makelaardij Alfa", "alfa.example", "Els de Wit")


def erase(database: Database, now: datetime) -> int | None:
    with database.writing() as session:
        return erasure.erase(session, "alfa", ErasureReason.ASKED, "anna", now, WALL)


def out_of_it(database: Database) -> None:
    """An office that signed, was tested in a round that closed, and withdrew."""
    take_part(database)
    closed(database)
    with database.writing() as session:
        lifecycle.withdraw(session, "alfa", "anna", CLOSED)


def told(database: Database) -> str:
    """What the tables say in clear, but the letters of nobody and the ledger."""
    with database.reading() as session:
        tables = ("advertiser", "invitation", "contact", "enrolment_scope", "toolkit_use", "reply")
        rows = [row for each in tables for row in session.execute(text(f"SELECT * FROM {each}"))]  # noqa: S608
        rows += session.execute(text("SELECT recipient, last_error, remote_ref FROM inquiry")).all()
    return str(rows)


def test_an_erased_office_is_nowhere_in_clear_and_its_results_stay(database: Database) -> None:
    out_of_it(database)
    before = headline(database)
    assert [each for each in SHOWS if each in told(database)]
    assert (erase(database, CLOSED) or 0) >= 5  # two mails, two answers, an invitation and a contact
    assert [each for each in SHOWS if each in told(database)] == []
    assert headline(database) == before
    assert said(database) == [(GONE, "UITNODIGING")] * 2
    with database.reading() as session:
        row = session.scalars(select(Invitation)).one()
        assert (row.signer, row.signed_text, row.contact) == (None, None, GONE)
        assert row.digest
        assert list(ledger.faults(session)) == []


def test_the_ledger_has_the_proof_and_nothing_of_who_it_was(database: Database) -> None:
    out_of_it(database)
    erase(database, CLOSED)
    proof = next(each for each in events(database) if each.kind == erasure.ERASED)
    assert (proof.data["reply"], proof.data["invitation"], proof.data["reason"]) == (2, 1, "verzoek")
    assert not [each for each in SHOWS if each in f"{proof.subject} {proof.data}"]


def test_erasing_again_does_and_tells_nothing(database: Database) -> None:
    out_of_it(database)
    erase(database, CLOSED)
    before = len(events(database))
    assert erase(database, CLOSED + DAY) is None
    assert len(events(database)) == before


def test_the_own_data_and_the_terms_cope_with_an_erased_office(database: Database) -> None:
    out_of_it(database)
    erase(database, CLOSED)
    with database.reading() as session:
        held = own_data.held(session, "alfa")
        assert (held["advertiser"]["name"], held["advertiser"]["links_to"]) == (erasure.NAME, None)
        assert held["invitations"][0]["signed"]["by"] is None
        assert retention.terms(session) == ()


def test_who_takes_part_is_not_erased(database: Database) -> None:
    take_part(database)
    with refused("takes-part"):
        erase(database, CLOSED)


def test_who_is_in_a_round_that_goes_on_or_is_invited_is_not_erased(database: Database) -> None:
    run(database)
    assert letters(database)
    with database.writing() as session:
        lifecycle.withdraw(session, "alfa", "anna", CLOSED)
    with refused("round-open"):
        erase(database, CLOSED)
    with database.writing() as session:
        lifecycle.close(session, ROUND, "anna", CLOSED, reason="voorbij")
    invite(database, an_offer())
    with refused("invited"):
        erase(database, CLOSED)


def test_another_office_keeps_all_it_has(database: Database) -> None:
    out_of_it(database)
    take_part(database, "beta")
    erase(database, CLOSED)
    with database.reading() as session:
        other = session.scalars(select(Advertiser).where(Advertiser.key == "beta")).one()
        held = own_data.held(session, "beta")
    assert (other.name, other.email) == ("Makelaardij Beta", "verhuur@beta.example")
    assert held["invitations"][0]["signed"]["by"] == "Els de Wit"
