"""Tokens on the command line: shown once, listed without what they are, and ended at once."""

import re
from pathlib import Path

import pytest
from api_makers import program
from cli_makers import User, a_user

from portal.commands import house


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def make(user: User, *words: str) -> str:
    told = user.does("api-token", "make", *words, "--by", "anna")
    return re.findall(r"^pkt_\S+$", told, re.MULTILINE)[0]


@pytest.mark.long
def test_a_token_is_shown_once_works_and_is_ended(user: User) -> None:
    assert "Er zijn geen tokens" in user.does("api-token", "list")
    token = make(user, "Dashboard", "--role", "municipality", "--scope", "outcomes:read", "--days", "30")
    database = house.open_database()
    assert program(database, token).get("/v1/outcomes").status_code == 200
    listed = user.does("api-token", "list")
    assert "Dashboard" in listed
    assert "municipality" in listed
    assert token.removeprefix("pkt_") not in listed
    assert "ingetrokken" in user.does("api-token", "revoke", "dashboard", "--by", "bert")
    assert program(database, token).get("/v1/outcomes").status_code == 401
    assert "ingetrokken" in user.does("api-token", "list")
    assert user.says("api-token", "revoke", "dashboard").err.startswith("unknown-token: ")


def test_everything_wrong_with_a_token_is_told_at_once_and_none_is_made(user: User) -> None:
    done = user.says("api-token", "make", "A", "--role", "baas", "--scope", "alles", "--days", "9999", "--by", "anna")
    assert done.code == 2
    told = [line.partition(":")[0] for line in done.err.splitlines()]
    assert told == ["bad-name", "unknown-role", "unknown-scope", "bad-days"]
    assert "Er zijn geen tokens" in user.does("api-token", "list")


def test_a_token_with_which_nothing_can_be_read_is_not_made(user: User) -> None:
    done = user.says("api-token", "make", "Coder", "--role", "coder", "--scope", "rounds:read", "--by", "anna")
    assert (done.code, done.err.partition(":")[0]) == (2, "idle-scope")
    assert "Er zijn geen tokens" in user.does("api-token", "list")


@pytest.mark.long
def test_a_name_is_of_one_token_for_ever(user: User) -> None:
    make(user, "Dashboard", "--role", "analyst", "--scope", "rounds:read")
    user.does("api-token", "revoke", "Dashboard", "--by", "anna")
    done = user.says("api-token", "make", "dashboard", "--role", "analyst", "--scope", "rounds:read", "--by", "anna")
    assert done.err.startswith("token-exists: ")
