"""The way in of an advertiser from the command line: printed, mailed, and ended again."""

import json
from zipfile import ZipFile

import pytest
from cli_makers import User, a_user
from house_makers import an_advertiser

from orchestrator import enrolment, own_access
from orchestrator.models import Enrolment
from portal.commands import brokers, house


@pytest.fixture
def user(tmp_path, capsys, monkeypatch) -> User:  # type: ignore[no-untyped-def]
    made = a_user(tmp_path, capsys, monkeypatch)
    with house.open_database().writing() as session:
        enrolment.enrol(session, [an_advertiser("alfa")])
    return made


def test_a_printed_link_leads_to_the_own_pages(user: User) -> None:
    told = user.does("broker", "link", "alfa", "--by", "anna")
    assert "Makelaardij Alfa, één keer, binnen 7 dagen: http://127.0.0.1:8400/aanmelden/link/" in told
    assert told.strip().endswith("?next=%2Fmijn")
    assert user.says("broker", "link", "beta").err.startswith("unknown-advertiser: ")


def test_a_mailed_link_goes_to_the_contact_and_is_kept_for_later_until_it_is_revoked(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert user.says("broker", "link", "alfa", "--mail", "directie@alfa.example").err.startswith("no-desk-mail: ")
    monkeypatch.setenv("PRAKTIJKTEST_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PRAKTIJKTEST_DESK_SENDER", "praktijktest@stad.example")
    mailed: list[tuple[str, ...]] = []
    monkeypatch.setattr(brokers, "send_link", lambda _settings, *told: mailed.append(told))
    user.does("broker", "link", "alfa", "--mail", "directie@alfa.example")
    ((name, email, link, text),) = mailed
    assert (name, email) == ("Makelaardij Alfa", "directie@alfa.example")
    assert link.endswith("?next=%2Fmijn")
    assert "zeven dagen" in text
    assert "ingetrokken" in user.does("broker", "revoke", "alfa")
    with house.open_database().reading() as session:
        assert own_access.by_email(session, "directie@alfa.example") is None


@pytest.mark.long
def test_an_office_that_stopped_is_erased_once(user: User) -> None:
    erase = ("retention", "erase", "alfa", "--reason", "verzoek", "--by", "anna")
    with house.open_database().writing() as session:
        row = session.query(Enrolment).one()
        row.valid_until = row.valid_from.replace(year=9999)
    assert user.says(*erase).err.startswith("takes-part: ")
    user.does("withdraw", "alfa", "--by", "anna")
    assert "alfa is gewist" in user.does(*erase)
    assert "al gewist" in user.does(*erase)


def test_all_that_is_held_of_an_office_is_one_file_for_its_owner_alone(user: User) -> None:
    file = user.folder / "alfa.zip"
    user.does("broker", "data", "alfa", "--out", str(file))
    told = json.loads(ZipFile(file).read("gegevens.json"))
    assert (told["advertiser"]["name"], told["consents"][0]["purpose"]) == ("Makelaardij Alfa", "learning")
    assert file.stat().st_mode & 0o777 == 0o600
    assert user.says("broker", "data", "alfa", "--out", str(file)).err.startswith("cannot-write: ")
    assert user.says("broker", "data", "nul", "--out", "nul.zip").err.startswith("unknown-advertiser: ")
