"""Looking at a round before it is closed, from the command line and on the pages."""

import re
import sqlite3
from pathlib import Path

import pytest
from cli_makers import DESIGN, ROUND, User, a_user
from fastapi.testclient import TestClient
from house_makers import a_session
from page_makers import OURS

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.states import Role
from portal.web.access import COOKIE
from portal.web.app import make_app

pytestmark = pytest.mark.long

PAGES = (
    "/",
    f"/rondes/{ROUND}",
    f"/rondes/{ROUND}/aanbieders",
    *(f"/rondes/{ROUND}/rapport/{who}" for who in ("onderzoeker", "gemeente", "makelaar/bedachte-deuren-makelaars")),
)
COMMANDS = (
    ("status", ROUND),
    ("analyse", ROUND),
    ("analyse", ROUND, "--format", "json"),
    ("export", ROUND, "--out", "uit"),
    ("burden", ROUND),
    ("detection", ROUND),
    ("balance", ROUND),
    ("letters", "ahead", ROUND),
    ("queue", ROUND, "--by", "cora"),
    ("ledger", "verify"),
    *(("report", ROUND, "--audience", who, "--out", "uit") for who in ("researcher", "municipality", "broker")),
)
LOOKS = "  looks: {at: [0.5]}\n"


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def change(user: User, *statements: str) -> None:
    with sqlite3.connect(user.folder / "data" / "praktijktest.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def sent_long_ago(user: User) -> None:
    """Let all letters have gone in 2026, before the windows that end today, and invite every control applicant."""
    change(
        user,
        "UPDATE inquiry SET state = 'sent', sent_at = '2026-01-05 09:00:00'",
        "INSERT INTO inbound_mail (content_key, envelope_to, received_at, state) "
        "SELECT 'm' || id, '', '2026-01-06 09:00:00', 'matched' FROM inquiry WHERE arm = 'control'",
        "INSERT INTO reply (inquiry_id, mail_id, received_at, kind, message_id, proposal, rule, "
        "confidence, label, coded_by) "
        "SELECT i.id, m.id, '2026-01-06 09:00:00', 'human', m.content_key, 'UITNODIGING', 3, 0.9, "
        "'UITNODIGING', 'rule' "
        "FROM inquiry i JOIN inbound_mail m ON m.content_key = 'm' || i.id",
    )


def the_other_arm_got_it(user: User) -> None:
    """Give every reply to the other letter of its pair."""
    change(
        user,
        "UPDATE reply SET inquiry_id = (SELECT o.id FROM inquiry o JOIN inquiry i ON i.pair_id = o.pair_id "
        "AND o.id <> i.id WHERE i.id = reply.inquiry_id)",
    )


def seen(user: User) -> dict[str, str]:
    """All that the pages and commands of a round say, and the files they write."""
    told: dict[str, str] = {}
    database = Database.at(f"sqlite:///{user.folder / 'data' / 'praktijktest.db'}")
    client = TestClient(make_app(database, Clock()), cookies={COOKIE: a_session(database)})
    for address in PAGES:
        # A page says of which minute it is.
        told[address] = re.sub("Stand van [^<]*", "", client.get(address).text)
    for words in COMMANDS:
        done = user.says(*words)
        told[" ".join(words)] = done.out + done.err
    for path in sorted((user.folder / "uit").rglob("*")) if (user.folder / "uit").exists() else ():
        if path.suffix in (".html", ".json", ".csv"):
            told[str(path)] = path.read_text(encoding="utf-8")
    return told


def test_no_page_command_or_file_of_a_running_round_tells_which_arm_was_invited(user: User) -> None:
    user.starts()
    sent_long_ago(user)
    before = seen(user)
    the_other_arm_got_it(user)
    assert seen(user) == before
    user.does("close", ROUND, "--reason", "oefening")
    after = seen(user)
    the_other_arm_got_it(user)
    assert {name for name, text in seen(user).items() if text != after[name]} >= {
        f"analyse {ROUND}",
        str(user.folder / "uit" / "pairs.csv"),
        f"/rondes/{ROUND}/rapport/onderzoeker",
    }


def test_a_look_is_opened_by_hand_shown_again_and_told_in_the_report_and_the_results(user: User) -> None:
    user.edits(DESIGN, "pairs: 240", "pairs: 40")
    user.edits(DESIGN, "sham_share: 0.1", "sham_share: 0")
    user.edits(DESIGN, "  level: 0.95 ", f"{LOOKS}  level: 0.95 ")
    user.starts()
    refused = user.says("look", ROUND, "--by", "anna")
    assert refused.code == 2
    assert "opent bij 20 geslaagde tests; nu zijn het er 0." in refused.err
    sent_long_ago(user)
    said = user.does("look", ROUND, "--by", "anna")
    assert "grens overschreden" in said
    assert "door anna" in said
    assert user.does("look", ROUND, "--by", "bert") == said
    user.does("report", ROUND, "--audience", "researcher", "--out", "uit")
    assert "grens overschreden" in (user.folder / "uit" / "rapport-onderzoeker.html").read_text(encoding="utf-8")
    assert user.says("export", ROUND, "--out", "uit").err.startswith("numbers-hidden: ")
    user.does("close", ROUND, "--reason", "grens overschreden")
    assert "1 tussenstand geopend; de laatste overschreed de grens." in user.does("analyse", ROUND)


def test_a_look_is_opened_on_its_page_by_who_may_and_a_second_click_opens_nothing_more(user: User) -> None:
    user.edits(DESIGN, "pairs: 240", "pairs: 40")
    user.edits(DESIGN, "sham_share: 0.1", "sham_share: 0")
    user.edits(DESIGN, "  level: 0.95 ", f"{LOOKS}  level: 0.95 ")
    user.starts()
    analyst, sender = (at_the_pages(user, name, role) for name, role in (("Ada", Role.ANALYST), ("Sem", Role.SENDER)))
    here = f"/rondes/{ROUND}/tussenstanden"
    assert here in analyst.get(f"/rondes/{ROUND}/resultaten").text
    assert "<form" not in analyst.get(here).text.partition("<main")[2]
    early = analyst.post(here)
    assert (early.status_code, "opent bij 20 geslaagde tests" in early.text) == (403, True)
    sent_long_ago(user)
    assert "Open de tussenstand" in analyst.get(here).text
    assert "Open de tussenstand" not in sender.get(here).text
    assert sender.post(here).status_code == 403
    assert "grens overschreden" not in analyst.get(here).text
    for _ in range(2):
        seen = analyst.post(here, follow_redirects=True).text
        assert "grens overschreden" in seen
        assert "door Ada" in seen
        assert "Open de tussenstand" not in seen
    for address in (here, f"/rondes/{ROUND}/rapport/onderzoeker", here):
        assert "grens overschreden" in sender.get(address).text
    with sqlite3.connect(user.folder / "data" / "praktijktest.db") as connection:
        assert connection.execute("SELECT actor FROM event WHERE kind = 'look.opened'").fetchall() == [("Ada",)]
        # Who opened it read it; who came later is noted once.
        assert connection.execute("SELECT actor FROM event WHERE kind = 'look.read'").fetchall() == [("Sem",)]


def at_the_pages(user: User, name: str, role: Role) -> TestClient:
    database = Database.at(f"sqlite:///{user.folder / 'data' / 'praktijktest.db'}")
    return TestClient(make_app(database, Clock()), cookies={COOKIE: a_session(database, name, [role])}, headers=OURS)


def test_a_round_without_declared_looks_says_how_to_declare_them(user: User) -> None:
    user.starts()
    done = user.says("look", ROUND, "--by", "anna")
    assert (done.code, done.err.partition(":")[0]) == (2, "no-looks")
    assert "analysis.looks" in done.err
