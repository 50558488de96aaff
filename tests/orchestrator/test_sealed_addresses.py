"""Where letters to an office go stands in no table and no file in clear, and each letter goes there alone."""

import logging
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from house_makers import (
    DUE,
    PLANNED,
    TUESDAY,
    a_listing,
    an_advertiser,
    answer,
    answered,
    claim,
    claim_declines,
    dump,
    index,
    letters,
    listings,
    meddle,
    moves,
    only_sqlite,
    refuses,
    run,
    send_both,
)
from invitation_makers import WALL, an_offer, countersign, invite, sign, stored, take_part
from servers import Postgres
from sqlalchemy import create_engine, select, text, update
from test_schema import filled

from orchestrator import backup, drafts, erasure, invitations, own_data
from orchestrator.addresses import hidden, index_of
from orchestrator.db import Database, Session
from orchestrator.drafts import Texts
from orchestrator.intake import Channel
from orchestrator.master_keys import Keys
from orchestrator.models import Advertiser, Attempt, Draft, EnrolmentScope, Inquiry, Invitation
from orchestrator.rounds import lifecycle, sending
from orchestrator.schema import MIGRATIONS, prepare
from orchestrator.sealing import key_ids, vault_of
from orchestrator.states import ErasureReason
from orchestrator.vault import Vault

OFFICES = ("alfa", "bravo")
ADDRESSES = tuple(f"verhuur@{key}.example" for key in OFFICES)
FORM = "https://alfa.example/Contact"


def played(database: Database) -> None:
    """A round of two offices, one of which signed: letters went, one was invited and it was given back; and a draft."""
    take_part(database)
    people = [an_advertiser(), an_advertiser("bravo")]
    run(database, participants=people, rows=[*listings(2), a_listing(9, "bravo")])
    send_both(database)
    first = letters(database, 1)[0].id
    with database.writing() as session:
        answer(session, first, "UITNODIGING", now=TUESDAY)
    with database.writing() as session:
        drafts.create(session, "concept-1", Texts("x", f"{ADDRESSES[0]}\n{ADDRESSES[1]}\n"), "dora", PLANNED)
    with database.writing() as session:
        drafts.save(session, "concept-1", 1, "dora", PLANNED, participants=f"anders,{ADDRESSES[1]}\n")


def envelopes(database: Database) -> list[str]:
    """To whom the letters go that are due."""
    held = claim(database, most=16)
    with database.reading() as session:
        found = sending.all_written(session, held, DUE)
    return sorted(each.recipient for each in found.values())


def test_no_address_of_an_office_is_in_any_table_of_a_played_round(database: Database) -> None:
    played(database)
    held = dump(database)
    assert [address for address in ADDRESSES if address.encode() in held] == []
    assert b"makelaardij alfa" in held  # a published name: that stays readable


def test_no_byte_of_them_is_in_the_file_of_a_played_round_or_in_its_backup(house: Database, tmp_path: Path) -> None:
    played(house)
    backup.save(house, tmp_path / "back-up")
    house.engine.dispose()
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file()).lower()
    assert [address for address in ADDRESSES if address.encode() in held] == []
    assert b"makelaardij alfa" in held


def test_all_of_them_read_as_before(database: Database) -> None:
    played(database)
    with database.reading() as session:
        rows = session.scalars(select(Advertiser).order_by(Advertiser.key)).all()
        assert tuple(row.email for row in rows) == ADDRESSES
        assert [row.domain for row in rows] == ["alfa.example", "bravo.example"]
        held = own_data.held(session, "alfa")
        assert held["advertiser"]["letters_to"] == ADDRESSES[0]
        assert held["invitations"][0]["offered"]["terms"]["email"] == ADDRESSES[0]
        assert held["invitations"][0]["signed"]["terms"]["email"] == ADDRESSES[0]
        assert drafts.find(session, "concept-1").participants == f"anders,{ADDRESSES[1]}\n"


def test_the_letters_of_a_batch_go_to_their_offices_with_one_question_for_keys(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database, participants=[an_advertiser(), an_advertiser("bravo")], rows=[*listings(3), a_listing(9, "bravo")])
    asked: list[int] = []
    find = Vault.find
    monkeypatch.setattr(Vault, "find", lambda self, ids: (asked.append(len(ids)), find(self, ids))[1])
    assert envelopes(database) == [ADDRESSES[0]] * 3 + [ADDRESSES[1]]
    assert asked == [2]


def swap(session: Session) -> None:
    """Let what is sealed, and only that, be another address than letters were written for."""
    office = session.scalars(select(Advertiser)).one()
    office.email = "elders@elders.example"


def test_a_letter_of_which_the_sealed_address_is_another_is_not_written_and_that_is_told(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    run(database)
    held = claim(database)
    meddle(database, swap)
    with database.reading() as session, caplog.at_level(logging.ERROR):
        assert sending.all_written(session, held, DUE) == {}
    assert "is niet geschreven voor dit adres" in caplog.text
    assert "elders" not in caplog.text


def test_a_courtesy_letter_of_which_the_sealed_address_is_another_is_not_written(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 1, "UITNODIGING")
    when = TUESDAY + timedelta(hours=4)
    held = claim_declines(database, when)
    assert len(held) == 1
    meddle(database, swap)
    with database.reading() as session:
        assert sending.all_written(session, held, when) == {}


def test_an_office_of_which_the_key_is_gone_gets_no_letter_and_another_does(database: Database) -> None:
    run(database, participants=[an_advertiser(), an_advertiser("bravo")], rows=[a_listing(1), a_listing(9, "bravo")])
    with database.reading() as session:
        keys = key_ids(session, Advertiser, Advertiser.key == "alfa")
    database.vault.destroy(keys)
    assert envelopes(database) == [ADDRESSES[1]]


def test_a_web_address_with_other_capitals_is_another_address(database: Database) -> None:
    form = an_advertiser(channel=Channel.WEBFORM, form_url=FORM)
    run(database, participants=[form])
    assert index(database, FORM) != index(database, FORM.lower())

    def elsewhere(session: Session) -> None:
        session.execute(update(Advertiser).values(form_url=FORM.lower(), form_index=index_of(session, FORM.lower())))

    refuses(database, elsewhere)


@only_sqlite
def test_a_list_that_is_read_again_seals_nothing_anew_and_a_new_address_is_sealed_under_the_same_key(
    database: Database,
) -> None:
    run(database)

    def sealed() -> tuple[bytes, set[bytes]]:
        with database.reading() as session:
            return session.scalars(select(Advertiser)).one().email_sealed or b"", key_ids(session, Advertiser)

    before, keys = sealed()
    with database.writing() as session:
        moves(session, ADDRESSES[0])
    assert sealed() == (before, keys)
    with database.writing() as session:
        moves(session, "nieuw@alfa.example")
    after, kept = sealed()
    assert (after != before, kept) == (True, keys)


def test_erasing_an_office_destroys_the_keys_of_its_address(database: Database) -> None:
    take_part(database)
    run(database)
    with database.writing() as session:
        lifecycle.close(session, "proef-2026", "anna", TUESDAY, reason="voorbij")
        lifecycle.withdraw(session, "alfa", "anna", TUESDAY)
    with database.reading() as session:
        keys = key_ids(session, Advertiser) | key_ids(session, Invitation)
        sealed = session.scalars(select(Advertiser.email_sealed)).one()
        assert len(vault_of(session).find(keys)) == len(keys) == 2
    assert sealed is not None
    with database.writing() as session:
        erasure.erase(session, "alfa", ErasureReason.ASKED, "anna", TUESDAY, WALL)
    with database.reading() as session:
        assert vault_of(session).find(keys) == {}
        office = session.scalars(select(Advertiser)).one()
        assert (office.email, office.email_index, office.domain, office.email_sealed) == ("", "", "", None)
        assert set(session.scalars(select(Inquiry.address_index))) == {""}
        assert session.scalars(select(Invitation)).one().email == ""


@only_sqlite
def test_a_draft_that_is_thrown_away_takes_its_key_with_it(database: Database) -> None:
    with database.writing() as session:
        drafts.create(session, "concept-1", Texts("x", ADDRESSES[0]), "dora", PLANNED)
    with database.reading() as session:
        keys = key_ids(session, Draft)
    with database.writing() as session:
        drafts.drop(session, "concept-1")
    assert (len(keys), database.vault.find(keys)) == (1, {})


@only_sqlite
def test_what_was_agreed_has_the_address_of_what_was_offered_and_its_digest_is_that_of_the_text(
    database: Database,
) -> None:
    token = invite(database, an_offer())
    countersign(database, sign(database, token))
    row = stored(database)
    assert "email" not in {*row.terms, *(row.agreed or {})}
    assert invitations.latest(row).email == ADDRESSES[0]
    assert row.digest == invitations.fingerprint(row.signed_text or "")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <verhuur@alfa.example>: geen mailbox", "550 5.1.1 <<adres>>: geen mailbox"),
        ("RCPT TO:verhuur@alfa.example weg", "RCPT TO:<adres> weg"),
        (
            '<a href="mailto:Verhuur%40alfa.example">x&#64;alfa.example</a>',
            '<a href="mailto:<adres>"><adres></a>',
        ),
        ("250 2.0.0 Ok: queued as 4F2", "250 2.0.0 Ok: queued as 4F2"),
    ],
)
def test_what_a_server_said_is_kept_without_addresses(said: str, kept: str) -> None:
    assert hidden(said) == kept


def test_an_answer_of_one_endless_word_is_read_in_a_moment() -> None:
    began = time.process_time()
    assert hidden("x" * 20_000) == "x" * 20_000
    assert time.process_time() - began < 1


def of_before(database: Database) -> None:
    """A house as the version before kept it: two offices, one of which moved, a signed scope, a draft and a refusal."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"], config.attributes["vault"] = database.engine, database.vault
    command.upgrade(config, "0031")
    with database.engine.begin() as connection:
        study = filled(connection, "study", purpose="learning")
        round_ = filled(connection, "round", study_id=study, state="running", planned_by="anna", name="oud")
        for number, (key, address) in enumerate(zip(OFFICES, ADDRESSES, strict=True)):
            office = filled(
                connection, "advertiser", kind="broker", channel="smtp", key=key, email=address, form_url=FORM + key
            )
            listing = filled(connection, "listing", advertiser_id=office, key=key)
            pair = filled(connection, "pair", round_id=round_, listing_id=listing, first="control", state="open",
                          code=key)  # fmt: skip
            for order, arm, to in ((1, "control", address), (2, "treatment", f"oud@{key}.example")):
                filled(
                    connection, "inquiry", pair_id=pair, arm=arm, order=order, channel="smtp", state="planned",
                    message_id=f"<{number}{order}@x.example>", reply_address=f"{number}{order}@x.example",
                    recipient=to, last_error=f"rcpt: 550 <{to}>: weg",
                )  # fmt: skip
            consent = filled(connection, "enrolment", advertiser_id=office, purpose="learning", scoped=True)
            for kind, value in (("address", address), ("ground", "origin")):
                filled(connection, "enrolment_scope", enrolment_id=consent, kind=kind, value=value)
        filled(connection, "attempt", message_id="<x@x>", outcome="refused", detail=f"550 {ADDRESSES[0]}: weg",
               response=f"Mail ons op {ADDRESSES[1]}")  # fmt: skip
        told = {"purpose": "learning", "email": ADDRESSES[0], "form_url": None}
        filled(connection, "invitation", key="alfa", kind="broker", state="enrolled", digest="d", token_hash="t",
               enrolment_id=consent, terms=told, agreed=told)  # fmt: skip
        filled(connection, "draft", name="concept-1", participants=f"alfa,{ADDRESSES[0]}\n")


def holds_after(database: Database) -> None:
    with database.reading() as session:
        offices = session.scalars(select(Advertiser).order_by(Advertiser.key)).all()
        assert tuple(each.email for each in offices) == ADDRESSES
        assert [each.domain for each in offices] == ["alfa.example", "bravo.example"]
        assert [each.form_index for each in offices] == [index_of(session, FORM + key) for key in OFFICES]
        kept = [row.address_index for row in session.scalars(select(Inquiry).order_by(Inquiry.id))]
        moved = [f"oud@{key}.example" for key in OFFICES]
        both = zip(ADDRESSES, moved, strict=True)
        assert kept == [index_of(session, each) for pair in both for each in pair]
        assert [each.email_index for each in offices] == kept[::2]
        scope = session.scalars(select(EnrolmentScope.value).order_by(EnrolmentScope.enrolment_id, EnrolmentScope.kind))
        assert scope.all() == [kept[0], "origin", kept[2], "origin"]
        row, told = session.scalars(select(Invitation)).one(), {"purpose": "learning", "form_url": None}
        assert (row.email, row.terms, row.agreed) == (ADDRESSES[0], told, told)
        assert drafts.find(session, "concept-1").participants == f"alfa,{ADDRESSES[0]}\n"
        tried = session.scalars(select(Attempt)).one()
        assert (tried.detail, tried.response) == ("550 <adres>: weg", "Mail ons op <adres>")


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "sqlite":
        yield Database.at(f"sqlite:///{tmp_path}/oud.db")
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    schema, outside = f"adres_{os.getpid()}", create_engine(server.url)
    with outside.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = server.url.update_query_dict({"options": f"-csearch_path={schema}"})
    made = Database.at(url.render_as_string(hide_password=False), Keys.beside(tmp_path))
    yield made
    made.engine.dispose()
    made.reader.dispose()
    with outside.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    outside.dispose()


@pytest.mark.long
def test_addresses_of_before_come_through_the_upgrade_sealed_and_letters_still_know_theirs(
    old: Database, tmp_path: Path
) -> None:
    of_before(old)
    prepare(old)
    holds_after(old)
    gone = [*ADDRESSES, *(f"oud@{key}.example" for key in OFFICES)]
    in_tables = dump(old)
    assert [each for each in gone if each.encode() in in_tables] == []
    old.engine.dispose()
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert [each for each in gone if each.encode() in held] == []
