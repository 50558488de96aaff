"""Invitations from the command line: made, listed, countersigned by another, revoked."""

import re

import pytest
from cli_makers import User, a_user
from invitation_makers import worded

from orchestrator import invitations
from orchestrator.clock import Clock
from portal import offers as room
from portal.commands import house

pytestmark = pytest.mark.long

MAKE = (
    "invitation", "make", "alfa", "--by", "anna", "--name", "Makelaardij Alfa", "--contact", "directie@alfa.example",
    "--email", "verhuur@alfa.example", "--ground", "origin", "--first", "2026-06-01", "--last", "2036-12-31",
    "--max-pairs", "5",
)  # fmt: skip


@pytest.fixture
def user(tmp_path, capsys, monkeypatch) -> User:  # type: ignore[no-untyped-def]
    return a_user(tmp_path, capsys, monkeypatch)


def sign(token: str) -> None:
    with house.open_database().writing() as session:
        wall = Clock().now()
        offered = invitations.offered(invitations.by_token(session, token, wall))
        invitations.sign(session, token, offered, "Els de Wit", "directeur", worded, wall, wall)


def test_an_invitation_is_made_signed_listed_and_countersigned_by_another(user: User) -> None:
    told = user.does(*MAKE)
    found = re.search(r"http://127.0.0.1:8400/uitnodiging/(\S+)", told)
    assert found is not None
    assert "30 dagen geldig" in told
    assert "wacht op het kantoor" in user.does("invitation", "list")
    sign(found.group(1))
    assert user.says("invitation", "countersign", "1", "--by", "anna").err.startswith("same-person: ")
    assert "Makelaardij Alfa doet mee" in user.says("invitation", "countersign", "1", "--by", "bert").out
    listed = user.does("invitation", "list")
    assert "doet mee" in listed
    assert "Els" not in listed


def test_a_revoked_invitation_makes_room_for_another(user: User) -> None:
    user.does(*MAKE)
    assert user.says(*MAKE).err.startswith("already-invited: ")
    assert "ingetrokken" in user.says("invitation", "revoke", "1", "--by", "anna").out
    user.does(*MAKE)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--days-off", "kerst"), "days_off-bad"), (("--purpose", "plezier"), "purpose-bad"),
        (("--kind", "bank"), "kind-bad"), (("--channel", "webform"), "form_url-odd"), (("--mail",), "no-desk-mail"),
        (("--ground", "geluk"), "grounds-bad"), (("--listing", "a/b"), "listings-bad"),
    ],
)  # fmt: skip
def test_what_cannot_be_offered_is_told_and_nothing_is_stored(user: User, words: tuple[str, ...], code: str) -> None:
    done = user.says(*MAKE, *words)
    assert code in done.err
    assert "nog niemand" in user.does("invitation", "list")


def test_a_mailed_invitation_goes_to_who_decides(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PRAKTIJKTEST_DESK_SENDER", "praktijktest@stad.example")
    mailed: list[tuple[str, ...]] = []
    monkeypatch.setattr(room, "send_link", lambda _settings, *told: mailed.append(told))
    told = user.does(*MAKE, "--mail")
    ((name, email, link, text),) = mailed
    assert (name, email) == ("Makelaardij Alfa", "directie@alfa.example")
    assert "/uitnodiging/" in link
    assert link not in told
    assert "dertig dagen" in text
