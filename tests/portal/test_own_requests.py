"""What an office reads of a request: nothing before closing, then its answer and the share of all, its words later."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from house_makers import PLANNED, only_sqlite
from lxml import html
from page_makers import OURS
from request_makers import MONDAY, NAME, REFUSAL, answered, asked, running
from starlette.testclient import TestClient
from test_english_pages import dutch
from test_request_release_pages import ALONG, REFUSES, closed, steps

from orchestrator import accounts, own_access
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import Settings
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.language import COOKIE as LANGUAGE

pytestmark = [only_sqlite, pytest.mark.long]
OWN = "kantoor-1"


def office(database: Database, key: str = OWN) -> TestClient:
    wall = Clock().now()
    with database.writing() as session:
        _, token = own_access.make_link(session, key, "anna", PLANNED, wall)
        cookie = accounts.sign_in(session, token, PLANNED, wall)
    app = make_app(database, Clock(MONDAY, wall.timestamp(), 1.0), settings=Settings())
    return TestClient(app, raise_server_exceptions=False, cookies={COOKIE: cookie}, headers=OURS)


def read(browser: TestClient) -> str:
    return " ".join(html.fromstring(browser.get("/mijn").text).text_content().split())


def taken_home(browser: TestClient) -> list[dict[str, Any]]:
    with ZipFile(BytesIO(browser.get("/mijn/gegevens.zip").content)) as file:
        return json.loads(file.read("gegevens.json"))["requests"]  # type: ignore[no-any-return]


def test_an_office_is_told_of_a_request_only_when_the_test_is_closed(database: Database) -> None:
    running(database)
    asked(database)
    browser = office(database)
    assert NAME not in read(browser)
    assert taken_home(browser) == []


def test_an_office_reads_its_answer_beside_the_share_of_all_and_that_one_answer_is_a_signal(
    database: Database,
) -> None:
    closed(database)
    page = read(office(database))
    for said in (
        f"Een verzoek aan uw kantoor: {NAME}", "Ik heb liever geen huurders", "weigert, en zegt waarom",
        "Eén antwoord is een signaal, geen oordeel", "Van de 12 kantoren", "weigerde 75%", "47% tot 91%",
        "na de vrijgave",
    ):  # fmt: skip
        assert said in page, said
    assert REFUSAL not in page
    assert [each["said"] for each in taken_home(office(database))] == [None]


def test_after_the_release_it_reads_what_was_written_down(database: Database) -> None:
    closed(database)
    steps(database)
    browser = office(database)
    assert REFUSAL in read(browser)
    (told,) = taken_home(browser)
    assert (told["said"], told["round"], told["share"]) == (REFUSAL, NAME, 0.75)


def test_an_office_reads_its_own_answer_and_no_other(database: Database) -> None:
    closed(database, refusals=11, along=1)
    answers = [read(office(database, f"kantoor-{number}")) for number in range(1, 13)]
    assert sum("weigert, en zegt waarom" in each for each in answers) == 11
    assert sum("doet mee, en weet" in each for each in answers) == 1
    assert not any("kantoor-2" in each for each in (answers[0], json.dumps(taken_home(office(database)))))


def test_below_ten_offices_there_is_no_comparison(database: Database) -> None:
    running(database, offices=9)
    answered(database, [REFUSES] * 8 + [ALONG])
    page = read(office(database))
    assert "vanaf tien kantoren" in page
    assert "kantoren die wij bereikten, weigerde" not in page


def test_an_english_reader_reads_it_in_english(database: Database) -> None:
    closed(database)
    steps(database)
    browser = office(database)
    browser.cookies.set(LANGUAGE, "en")
    seen = html.fromstring(browser.get("/mijn").text)
    for each in seen.xpath("//*[@lang='nl']"):
        each.drop_tree()
    assert dutch(" ".join(seen.xpath("//main")[0].text_content().split())) == []
