"""What people write and say is in no file of ours in clear; a key that is destroyed takes every copy along."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from house_makers import refused
from pydantic import SecretStr
from sqlalchemy import select, text
from test_schema import filled

from orchestrator import vault as vaults
from orchestrator.db import Database
from orchestrator.master_keys import FILE_NAME, STORE_NAME, Keys
from orchestrator.models import InboundMail, Reply
from orchestrator.schema import MIGRATIONS, prepare
from orchestrator.states import MailState
from orchestrator.vault import Vault
from profiles.errors import Refused

SECRET = b"Met vriendelijke groet, Wilhelmina van Geheimenisse"
NOW = datetime(2026, 9, 1, tzinfo=UTC)


def keep(house: Database, key: str = "m1", raw: bytes = SECRET) -> int:
    with house.writing() as session:
        mail = InboundMail(content_key=key, raw=raw, envelope_to="", received_at=NOW, state=MailState.STORED)
        session.add(mail)
    return mail.id


def read(house: Database, number: int) -> bytes:
    with house.reading() as session:
        return session.get_one(InboundMail, number).raw


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


def test_a_mail_reads_as_it_came_and_stands_in_no_file_in_clear(database: Database) -> None:
    number = keep(database)
    assert read(database, number) == SECRET
    with database.reading() as session:
        (stored,) = session.scalars(text("SELECT raw_sealed FROM inbound_mail"))
    assert b"Geheimenisse" not in bytes(stored)


def test_no_byte_of_a_mail_is_in_the_data_folder(house: Database, tmp_path: Path) -> None:
    keep(house)
    assert b"Geheimenisse" not in bytes_of(tmp_path)
    assert {FILE_NAME, STORE_NAME} <= {file.name for file in tmp_path.iterdir()}
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_mail_whose_key_was_destroyed_is_empty_for_good(house: Database) -> None:
    first, second = keep(house), keep(house, "m2", b"blijft")
    with house.reading() as session:
        sealed = session.get_one(InboundMail, first).raw_sealed or b""
    assert house.vault.destroy([vaults.key_of(sealed)]) == 1
    assert (read(house, first), read(house, second)) == (b"", b"blijft")


def test_a_record_keeps_its_key_when_it_is_written_again(house: Database) -> None:
    number = keep(house)
    with house.writing() as session:
        mail = session.get_one(InboundMail, number)
        before = vaults.key_of(mail.raw_sealed or b"")
        mail.raw = b"lichter"
    with house.reading() as session:
        mail = session.get_one(InboundMail, number)
        assert (mail.raw, vaults.key_of(mail.raw_sealed or b"")) == (b"lichter", before)


def test_what_was_not_committed_is_forgotten(house: Database) -> None:
    number = keep(house)
    with house.writing() as session:
        mail = session.get_one(InboundMail, number)
        mail.raw = b"anders"
        session.rollback()
    assert read(house, number) == SECRET


def test_a_sealed_value_opens_in_no_other_row(house: Database) -> None:
    first, second = keep(house), keep(house, "m2", b"een ander")
    with house.writing() as session:
        mails = [session.get_one(InboundMail, number) for number in (first, second)]
        mails[0].raw_sealed = mails[1].raw_sealed
    with refused("sealed-broken"):
        read(house, first)


def test_the_keys_of_many_mails_are_made_in_one_go(house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    make = Vault.make
    monkeypatch.setattr(Vault, "make", lambda self, count: (asked.append(count), make(self, count))[1])
    with house.writing() as session:
        for number in range(50):
            told = {"envelope_to": "", "received_at": NOW, "state": MailState.STORED}
            session.add(InboundMail(content_key=f"m{number}", raw=b"%d" % number, **told))
            session.flush()
    assert asked == [50]
    assert [read(house, number) for number in (1, 50)] == [b"0", b"49"]


def test_a_rotation_that_is_broken_off_goes_on_and_the_old_key_is_gone(
    house: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [keep(house, f"m{each}") for each in range(5)]
    keys = house.vault.keys
    assert keys.file is not None
    old = keys.file.read_text()
    keys.add_newest()
    assert house.vault.rewrap(most=2) == 2
    assert [read(house, number) for number in numbers] == [SECRET] * 5
    assert len(house.vault.counts()) == 2
    keys.add_newest()  # begun again: no third key
    new = keep(house, "tussendoor")
    while house.vault.rewrap(most=2):
        pass
    assert list(house.vault.counts()) == [keys.ring().newest.id]
    assert old.strip() not in keys.file.read_text()
    assert [read(house, number) for number in (*numbers, new)] == [SECRET] * 6


def test_a_key_file_that_others_may_read_is_refused(house: Database, tmp_path: Path) -> None:
    number = keep(house)
    (tmp_path / FILE_NAME).chmod(0o640)
    with refused("key-file-open"):
        read(house, number)


def test_a_lost_master_key_is_named_and_never_made_anew(house: Database, tmp_path: Path) -> None:
    number = keep(house)
    (tmp_path / FILE_NAME).unlink()
    for deed in (lambda: read(house, number), lambda: keep(house, "m2")):
        with refused("no-master-key"):
            deed()
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize("written", ["kort", base64.b64encode(b"x" * 31).decode(), "é"])
def test_what_is_no_master_key_is_refused_and_not_shown(tmp_path: Path, written: str) -> None:
    with pytest.raises(Refused) as found:
        Vault(Keys(f"sqlite:///{tmp_path / 'k.db'}", given=SecretStr(written))).make(1)
    assert found.value.problem.code == "bad-master-key"
    assert written not in str(found.value.problem)


@pytest.mark.long
def test_mail_and_answers_of_before_come_through_the_upgrade_sealed(tmp_path: Path) -> None:
    house = Database.at(f"sqlite:///{tmp_path}/oud.db")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = house.engine
    command.upgrade(config, "0027")
    with house.engine.begin() as connection:
        study = filled(connection, "study", purpose="learning")
        round_ = filled(connection, "round", study_id=study, state="closed", planned_by="anna")
        owner = filled(connection, "advertiser", kind="broker", channel="smtp")
        listing = filled(connection, "listing", advertiser_id=owner)
        told = {"round_id": round_, "listing_id": listing, "first": "treatment", "state": "usable"}
        pair = filled(connection, "pair", **told)
        own = {"message_id": "m", "reply_address": "r", "channel": "smtp", "state": "sent", "arm": "treatment"}
        inquiry = filled(connection, "inquiry", pair_id=pair, order=1, gap=datetime(1970, 1, 1), **own)  # noqa: DTZ001 - how SQLite keeps a span
        mail = filled(connection, "inbound_mail", content_key="k", raw=SECRET, state="matched")
        said = {"subject": "Onderwerp", "text": SECRET.decode(), "mail_id": mail}
        filled(connection, "reply", inquiry_id=inquiry, coded_by="rule", confidence=0.5, **said)
        more = "INSERT INTO inbound_mail (content_key, raw, envelope_to, received_at, state) "
        more += "SELECT :key, raw, '', received_at, state FROM inbound_mail WHERE id = 1"
        connection.execute(text(more), [{"key": f"k{number}"} for number in range(450)])  # more than one batch
    assert b"Geheimenisse" in bytes_of(tmp_path)
    prepare(house)
    with house.reading() as session:
        assert {mail.raw for mail in session.scalars(select(InboundMail))} == {SECRET}
        reply = session.scalars(select(Reply)).one()
        assert (reply.subject, reply.text) == ("Onderwerp", SECRET.decode())
    house.engine.dispose()
    assert b"Geheimenisse" not in bytes_of(tmp_path)
