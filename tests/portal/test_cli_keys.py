"""The keys and the terms of an installation at the command line."""

import sqlite3
from pathlib import Path

import pytest
from cli_makers import User, a_user
from house_makers import PLANNED

from orchestrator.db import Database
from orchestrator.models import InboundMail
from orchestrator.states import MailState


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    made = a_user(tmp_path, capsys, monkeypatch)
    made.does("migrate")
    return made


def house(user: User) -> Database:
    return Database.at(f"sqlite:///{user.folder / 'data' / 'praktijktest.db'}")


def mail(user: User) -> None:
    with house(user).writing() as session:
        told = {"envelope_to": "", "received_at": PLANNED, "state": MailState.DEFERRED}
        session.add(InboundMail(content_key="m1", raw=b"ruw", **told))


@pytest.mark.long
def test_keys_are_counted_rotated_copied_and_put_back_without_showing_any(user: User) -> None:
    assert "nog niets versleuteld" in user.does("keys", "show")
    mail(user)
    data = user.folder / "data"
    first = user.does("keys", "show")
    assert ": 1 sleutels" in first
    before = (data / "hoofdsleutel").read_text().strip()
    assert user.does("keys", "rotate").startswith("1 sleutels")
    after = (data / "hoofdsleutel").read_text().strip()
    assert before != after
    assert after not in user.does("keys", "show")
    copy = user.folder / "kopie"
    copy.write_bytes(b"de vorige")
    assert "1 sleutels" in user.does("keys", "backup", str(copy))
    assert copy.stat().st_mode & 0o777 == 0o600
    assert user.says("keys", "restore", str(copy)).err.startswith("keys-there")
    for file in data.glob("sleutels.db*"):
        file.unlink()
    assert "1 sleutels" in user.does("keys", "restore", str(copy))
    with house(user).reading() as session:
        assert session.get_one(InboundMail, 1).raw == b"ruw"


def test_what_is_no_copy_of_keys_is_named(user: User) -> None:
    other = user.folder / "anders"
    with sqlite3.connect(other) as there:
        there.execute("CREATE TABLE iets (id)")
    there.close()
    assert "no-key-copy" in user.says("keys", "restore", str(other)).err


def test_terms_are_shown_and_kept(user: User) -> None:
    assert "niets" in user.does("retention", "due")
    assert "niets" in user.does("retention", "run", "--by", "anna")


@pytest.mark.long
def test_the_doctor_finds_a_master_key_beside_the_data_wrong_once_letters_go_for_real(user: User) -> None:
    mail(user)
    warned = "Verplaats"
    assert warned not in user.says("doctor").out
    user.monkeypatch.setenv("PRAKTIJKTEST_LIVE", "true")
    assert warned in user.says("doctor").out
    user.monkeypatch.setenv("PRAKTIJKTEST_MASTER_KEY_FILE", str(user.folder / "elders"))
    assert warned not in user.says("doctor").out
