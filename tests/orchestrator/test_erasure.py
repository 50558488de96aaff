"""An office that does not take part (any more) is erased on request; the results stay as they were."""

from datetime import datetime
from typing import Any

import pytest
from house_makers import ROUND, events, letters, moves, refused, run
from invitation_makers import WALL, an_offer, invite, take_part
from sqlalchemy import select, text
from test_retention import CLOSED, DAY, closed, headline, said

from orchestrator import erasure, ledger, own_access, own_data, retention
from orchestrator.db import Database
from orchestrator.models import Advertiser, Contact, InboundMail, Invitation
from orchestrator.rounds import lifecycle
from orchestrator.sealing import GONE, key_ids, vault_of
from orchestrator.states import ErasureReason, MailState

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
        rows += session.execute(text("SELECT address_index, last_error, remote_ref FROM inquiry")).all()
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


def comes_in(database: Database, sender: str, state: MailState = MailState.DEFERRED, header: str = "From") -> None:
    """A mail that answers no letter, of which the text is its sender."""
    raw = f"Received: from mx by ons\r\n{header}: Balie\r\n <{sender}>\r\nTo: wij@woonpost.example\r\n\r\nVan {sender}"
    with database.writing() as session:
        told = {"envelope_to": "", "received_at": CLOSED, "state": state}
        session.add(InboundMail(content_key=sender + header, raw=raw.encode(), **told))


def strays(database: Database) -> list[str]:
    """Of whom mail is held that answers no letter."""
    with database.reading() as session:
        rows = session.scalars(select(InboundMail).order_by(InboundMail.id))
        return [row.raw.decode().rpartition("Van ")[2] for row in rows if row.raw]


THEIRS = ("verhuur@alfa.example", "Iemand@ALFA.example", "postmaster@alfa.example")
OTHERS = ("verhuur@beta.example", "x@niet-alfa.example", "x@alfa.example.org", "alfa.example@elders.example")


def test_mail_of_an_erased_office_that_could_not_be_placed_goes_too_that_of_others_stays(
    database: Database,
) -> None:
    out_of_it(database)
    for sender in (*THEIRS, *OTHERS):
        comes_in(database, sender)
    comes_in(database, "balie@alfa.example", MailState.IGNORED, header="Reply-To")
    with database.reading() as session:
        here = select(InboundMail.id).where(InboundMail.content_key.in_([f"{each}From" for each in THEIRS]))
        keys = key_ids(session, InboundMail, InboundMail.id.in_(here))
    erase(database, CLOSED)
    assert strays(database)[1:] == list(OTHERS)  # the first says nothing of who sent it
    with database.reading() as session:
        assert (len(keys), vault_of(session).find(keys)) == (3, {})
        assert next(each for each in events(database) if each.kind == erasure.ERASED).data["inbound_mail"] == 6


@pytest.mark.parametrize("address", ["alfa@gmail.com", "alfa@beta.example"])
def test_at_a_domain_of_many_only_the_own_address_tells_whose_mail_it_is(database: Database, address: str) -> None:
    out_of_it(database)
    with database.writing() as session:
        moves(session, address)
    take_part(database, "beta")
    domain = address.rpartition("@")[2]
    comes_in(database, address)
    comes_in(database, f"iemand@{domain}")
    erase(database, CLOSED)
    assert strays(database)[1:] == [f"iemand@{domain}"]


def test_while_mail_of_an_office_waits_to_be_read_it_is_not_erased(database: Database) -> None:
    out_of_it(database)
    comes_in(database, "verhuur@alfa.example", MailState.STORED)
    with refused("mail-unread"):
        erase(database, CLOSED)


def test_what_is_held_of_an_office_has_its_unplaced_mail_once_no_round_with_it_goes_on(database: Database) -> None:
    run(database)
    comes_in(database, "verhuur@alfa.example")
    comes_in(database, "verhuur@beta.example")
    assert own_strays(database) == []
    with database.writing() as session:
        lifecycle.close(session, ROUND, "anna", CLOSED, reason="voorbij")
    assert [each["received"] for each in own_strays(database)] == [CLOSED]
    assert own_strays(database)[0]["mail"].endswith("Van verhuur@alfa.example")


def own_strays(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        return list(own_data.held(session, "alfa")["mail_that_answers_no_letter"])


def test_ending_the_access_of_an_office_destroys_the_key_of_its_address(database: Database) -> None:
    take_part(database)
    with database.writing() as session:
        own_access.set_contact(session, "alfa", "els@alfa.example", "anna", CLOSED)
    with database.reading() as session:
        keys = key_ids(session, Contact)
        assert len(vault_of(session).find(keys)) == 1
    with database.writing() as session:
        own_access.revoke(session, "alfa", "anna", CLOSED, WALL)
    with database.reading() as session:
        assert vault_of(session).find(keys) == {}
        assert session.scalars(select(Contact)).all() == []
