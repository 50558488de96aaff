"""Who signs, who is written to and who signs in stand in no file in clear, and are found all the same."""

from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from alembic import command
from alembic.config import Config
from house_makers import refused
from invitation_makers import PLANNED, WALL, an_offer, countersign, invite, sign, stored
from sqlalchemy import select, text
from test_schema import filled

from orchestrator import accounts, backup, own_access, own_data, second_factor
from orchestrator.db import Database
from orchestrator.models import Invitation, Person
from orchestrator.schema import MIGRATIONS, prepare
from orchestrator.sealing import open_all
from orchestrator.states import Role
from orchestrator.vault import Vault

SIGNER, FUNCTION = "Wilhelmina van Geheimenisse", "zaakwaarneemster"
CONTACT, PERSON = "w.geheimenisse@alfa.example", "brechtje.onbekend@stad.example"
WHEN = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)


def peopled(database: Database) -> str:
    """An office that takes part, with its contact, and a person with a second factor; the secret of that one."""
    token = invite(database, an_offer(contact=CONTACT))
    countersign(database, sign(database, token, signer=SIGNER, function=FUNCTION))
    with database.writing() as session:
        accounts.add(session, "Brechtje", PERSON, [Role.DESIGNER], "beheerder", WHEN)
    with database.writing() as session:
        link = accounts.make_link(session, accounts.find(session, "Brechtje"), "beheerder", WHEN, WALL)
        cookie = accounts.sign_in(session, link, WHEN, WALL)
    with database.writing() as session:
        offer = second_factor.offer(session, cookie, WALL)
    assert offer is not None
    with database.writing() as session:
        assert second_factor.set_up(session, cookie, pyotp.TOTP(offer.secret).at(WALL), WHEN, WALL)
    return offer.secret


def every_value(database: Database) -> bytes:
    """All that stands in the tables, as the database gives it."""
    found = b""
    with database.reading() as session:
        for table in ("invitation", "contact", "person", "web_session", "event"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608 - names of ours
            found += b"".join(
                bytes(v) if isinstance(v, (bytes, memoryview)) else str(v).encode() for r in rows for v in r
            )
    return found


def test_no_name_address_or_secret_of_a_person_is_in_the_tables(database: Database) -> None:
    secret = peopled(database)
    held = every_value(database)
    hits = {word: held.count(word.encode()) for word in (SIGNER, FUNCTION, CONTACT, PERSON, secret)}
    assert set(hits.values()) == {0}
    assert b"invitation.signed" in held


def test_no_byte_of_them_is_in_the_file_or_in_a_backup(house: Database, tmp_path: Path) -> None:
    secret = peopled(house)
    backup.save(house, tmp_path / "back-up")
    house.engine.dispose()
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    hits = {word: held.count(word.encode()) for word in (SIGNER, FUNCTION, CONTACT, PERSON, secret)}
    assert set(hits.values()) == {0}
    assert b"Makelaardij Alfa" in held  # a published name: that stays readable


def test_all_of_them_read_and_are_found_as_before(database: Database) -> None:
    secret = peopled(database)
    row = stored(database)
    assert (row.signer, row.signer_function, row.contact) == (SIGNER, FUNCTION, CONTACT)
    assert SIGNER in (row.signed_text or "")
    with database.reading() as session:
        person, office = accounts.by_email(session, f" {PERSON.upper()}"), own_access.by_email(session, CONTACT.title())
        assert person is not None
        assert office is not None
        assert (person.email, person.totp_secret, office.key) == (PERSON, secret, "alfa")
        assert [each.email for each in accounts.everybody(session)] == [PERSON]
        held = own_data.held(session, "alfa")
        assert (held["advertiser"]["links_to"], held["invitations"][0]["signed"]["by"]) == (CONTACT, SIGNER)


def test_an_address_of_somebody_is_still_nobody_elses(database: Database) -> None:
    peopled(database)
    with refused("person-exists"), database.writing() as session:
        accounts.add(session, "Els", CONTACT, [Role.CODER], "beheerder", WHEN)
    with refused("address-taken"), database.writing() as session:
        own_access.set_contact(session, "alfa", PERSON, "beheerder", WHEN)
    with refused("address-taken"):
        invite(database, an_offer("beta", contact=CONTACT))


def test_who_lost_the_key_of_a_second_factor_does_not_set_up_another_unseen(database: Database) -> None:
    peopled(database)
    with database.writing() as session:
        person = accounts.find(session, "Brechtje")
        database.vault.destroy([(person.totp_secret_sealed or b"")[1:17]])
    with database.reading() as session:
        person = accounts.find(session, "Brechtje")
        assert (person.totp_secret, person.has_factor) == (None, True)


def test_many_rows_are_opened_with_one_question_for_their_keys(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as session:
        for number in range(20):
            accounts.add(session, f"Coder {number}", f"c{number}.x@stad.example", [Role.CODER], "beheerder", PLANNED)
    asked: list[int] = []
    find = Vault.find
    monkeypatch.setattr(Vault, "find", lambda self, ids: (asked.append(len(ids)), find(self, ids))[1])
    with database.reading() as session:
        people = session.scalars(select(Person)).all()
        open_all(session, people)
        assert {each.email for each in people} == {f"c{number}.x@stad.example" for number in range(20)}
    assert asked == [20]


def test_people_of_before_come_through_the_upgrade_sealed_and_are_found(tmp_path: Path) -> None:
    house = Database.at(f"sqlite:///{tmp_path}/oud.db")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"], config.attributes["vault"] = house.engine, house.vault
    command.upgrade(config, "0028")
    with house.engine.begin() as connection:
        office = filled(connection, "advertiser", kind="broker", channel="smtp", key="alfa")
        filled(connection, "contact", advertiser_id=office, email=CONTACT)
        filled(
            connection, "invitation", key="alfa", kind="broker", contact=CONTACT, state="signed", signer=SIGNER,
            signer_function=FUNCTION, signed_text=f"Getekend door {SIGNER}", digest="d", token_hash="t",
        )  # fmt: skip
        person = filled(
            connection, "person", name="Brechtje", key="brechtje", email=PERSON, totp_secret="GEHEIMCODE", roles=[]
        )
        told = {"hash": "h", "expires_at": WHEN, "used_at": None, "person_id": person}
        filled(connection, "sign_in_link", **told)
    prepare(house)
    with house.reading() as session:
        found = accounts.by_email(session, PERSON)
        office_ = own_access.by_email(session, CONTACT)
        row = session.scalars(select(Invitation)).one()
        assert found is not None
        assert office_ is not None
        assert (found.id, found.totp_secret, office_.id) == (person, "GEHEIMCODE", office)
        assert (row.contact, row.signer, row.signed_text) == (CONTACT, SIGNER, f"Getekend door {SIGNER}")
    house.engine.dispose()
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert not [each for each in (SIGNER, FUNCTION, CONTACT, PERSON, "GEHEIMCODE") if each.encode() in held]
