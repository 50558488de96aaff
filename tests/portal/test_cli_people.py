"""People on the command line: the first start prints a way in, and so does a command for anybody in the list."""

import re

import pytest
from cli_makers import User, a_user

from orchestrator import accounts
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import Settings
from portal.commands import house, people

pytestmark = pytest.mark.long


@pytest.fixture
def user(tmp_path, capsys, monkeypatch) -> User:  # type: ignore[no-untyped-def]
    return a_user(tmp_path, capsys, monkeypatch)


def test_people_are_added_listed_and_lose_their_access(user: User) -> None:
    assert "Er is nog niemand" in user.does("people", "list")
    user.does("people", "add", "Anna", "--email", "anna@stad.example", "--role", "designer", "--role", "coder")
    listed = user.does("people", "list")
    assert "Anna" in listed
    assert re.search(r"coder,\s+designer", listed)
    user.does("people", "revoke", "anna", "--by", "bert")
    assert "ingetrokken" in user.does("people", "list")
    assert user.says("sign-in", "Anna").err.startswith("unknown-person: ")


def test_everything_wrong_with_a_person_is_told_at_once(user: User) -> None:
    done = user.says("people", "add", "A", "--email", "x", "--role", "baas")
    assert done.code == 2
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["bad-name", "bad-email", "unknown-role"]


def test_a_printed_link_leads_to_the_address_that_people_reach(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    user.does("people", "add", "Anna", "--email", "anna@stad.example", "--role", "designer")
    assert "http://127.0.0.1:8400/aanmelden/link/" in user.does("sign-in", "anna")
    monkeypatch.setenv("PRAKTIJKTEST_WEB_URL", "https://desk.stad.example/")
    assert "https://desk.stad.example/aanmelden/link/" in user.does("sign-in", "anna")


def test_a_first_start_prints_a_link_and_a_second_does_not(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    database: Database = house.open_database()
    people.welcome(database, Settings())
    assert "/aanmelden/link/" in capsys.readouterr().out
    people.welcome(database, Settings())
    assert capsys.readouterr().out == ""
    assert "beheerder" in user.does("people", "list")


def test_somebody_is_signed_out_everywhere_and_gets_a_new_second_factor_by_command(user: User) -> None:
    user.does("people", "add", "Anna", "--email", "anna@stad.example", "--role", "designer")
    assert "nergens aangemeld" in user.does("people", "sessions", "anna")
    link, now = user.does("sign-in", "anna").strip().rpartition("/")[2], Clock().now()
    with house.open_database().writing() as session:
        accounts.sign_in(session, link, now, now, "Firefox, Linux")
    assert "Firefox, Linux" in user.does("people", "sessions", "anna")
    assert "zoveel browsers: 1" in user.does("people", "sign-out", "anna")
    assert "nergens aangemeld" in user.does("people", "sessions", "anna")
    # Also by somebody of the same name: the only administrator may have lost the phone.
    assert "losgekoppeld" in user.does("people", "reset-factor", "anna", "--by", "anna")
    assert user.says("people", "reset-factor", "bert").err.startswith("unknown-person: ")
