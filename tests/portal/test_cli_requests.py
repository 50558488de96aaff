"""A request test from the command line, from its plan to its shares."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from cli_makers import User, a_user

TESTERS = ("--tester", "Tess", "--tester", "Tom")
COLUMNS = "advertiser,name,kind,email,channel,form_url,consent_from,consent_until,purpose,max_pairs"


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def next_monday() -> date:
    today = date.today()  # noqa: DTZ011 - the period must hold the day of the test
    return today - timedelta(days=today.weekday())


def listed(user: User, number: int) -> str:
    year = next_monday().year
    rows = [
        f"kantoor-{each:02},Kantoor {each},broker,verhuur@kantoor-{each:02}.example,smtp,,"
        f"{year - 1}-01-01,{year + 1}-12-31,learning,"
        for each in range(number)
    ]
    user.file("kantoren.csv").write_text("\n".join([COLUMNS, *rows]) + "\n", encoding="utf-8")
    return "kantoren.csv"


def planned(user: User, number: int = 12) -> None:
    days = ("--first-day", str(next_monday()), "--last-day", str(next_monday() + timedelta(days=20)))
    wishes = ("--script", "afkomst", "--participants", listed(user, number), *TESTERS, *days)
    said = user.does("requests", "plan", "v1", *wishes, "--by", "anna")
    assert f"{number} kantoren, elk een keer gevraagd" in said


def test_the_scripts_show_what_is_said_and_every_code_with_an_example(user: User) -> None:
    said = user.does("requests", "scripts")
    assert "Hoe gaan jullie daarmee om?" in said
    assert said.count("WEIGERT") == 2


@pytest.mark.long
def test_a_planned_request_test_is_approved_by_another_and_its_sheet_says_who_may_be_called(user: User) -> None:
    planned(user)
    assert user.says("requests", "approve", "v1", "--by", "anna").err.startswith("same-person: ")
    sheet = user.does("requests", "sheet", "v1", "--by", "Tess")
    assert "Dring niet aan" in sheet
    assert sheet.count("de verzoektest loopt niet") == 6
    assert "nu: goedgekeurd" in user.does("requests", "approve", "v1", "--by", "bert")
    assert "nu: loopt" in user.does("requests", "start", "v1", "--by", "bert")


def test_a_request_that_may_not_be_made_is_refused_in_a_sentence(user: User) -> None:
    planned(user)
    done = user.says("requests", "call", "v1", "kantoor-00", "--said", "Nee.", "--by", "Zoë")
    assert (done.code, done.err.partition(":")[0]) == (2, "not-yours")
    assert user.says("requests", "report", "v1").err.startswith("numbers-hidden: ")
    assert user.says("requests", "code", "1", "ONTWIJKEND", "--by", "cora").err.startswith("unknown-request: ")


@pytest.mark.long
def test_answers_are_coded_twice_without_the_office_and_end_in_shares_with_their_margin(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.rounds.requesting._why_not", lambda *_: None)  # whatever day it is today
    planned(user)
    for name in ("approve", "start"):
        user.does("requests", name, "v1", "--by", "bert")
    for number in range(11):
        for tester in ("Tess", "Tom"):
            user.says("requests", "call", "v1", f"kantoor-{number:02}", "--said", "Dat doen wij niet.", "--by", tester)
    queue = user.does("requests", "queue", "v1", "--by", "cora")
    assert queue.count("Dat doen wij niet.") == 11
    assert "kantoor-" not in queue
    for line in queue.splitlines()[:11]:
        for coder in ("cora", "dirk"):
            user.does("requests", "code", line.partition(":")[0], "WEIGERT_ZONDER_UITLEG", "--by", coder)
    user.does("requests", "close", "v1", "--by", "bert")
    said = user.does("requests", "report", "v1")
    assert "Gepland 12, bereikt 11, niet gevraagd 1." in said
    assert "weigert uitdrukkelijk" in said
    document = json.loads(user.does("requests", "report", "v1", "--json"))
    assert document["codes"] == {"WEIGERT_ZONDER_UITLEG": 11}
    assert {each["name"]: each["n"] for each in document["shares"]}["refuses"] == 11


def test_a_request_test_by_mail_is_planned_without_testers_and_live_only_on_a_domain_that_can_be_answered(
    user: User,
) -> None:
    days = ("--first-day", str(next_monday()), "--last-day", str(next_monday() + timedelta(days=20)))
    wishes = ("--script", "afkomst", "--participants", listed(user, 12), *days, "--by", "anna")
    said = user.says("requests", "plan", "v1", *wishes, "--mail-domain", "woonpost.example", "--live").err
    assert "reserved-domain-live" in said
    done = user.does("requests", "plan", "v1", *wishes, "--mail-domain", "woonpost.example")
    assert "12 kantoren, elk een keer gevraagd" in done
    user.does("requests", "approve", "v1", "--by", "bert")
    assert "nu: loopt" in user.does("requests", "start", "v1", "--by", "bert")


@pytest.mark.long
def test_a_live_request_test_does_not_start_where_mails_would_not_truly_go(user: User) -> None:
    days = ("--first-day", str(next_monday()), "--last-day", str(next_monday() + timedelta(days=20)))
    wishes = ("--script", "afkomst", "--participants", listed(user, 12), *days, "--by", "anna")
    user.does("requests", "plan", "v1", *wishes, "--mail-domain", "woonpost.nl", "--live")
    user.does("requests", "approve", "v1", "--by", "bert")
    assert user.says("requests", "start", "v1", "--by", "bert").err.startswith("live-detour: ")
