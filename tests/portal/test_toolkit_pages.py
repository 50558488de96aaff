"""The page of the toolkit: uptake of all together, and documents for an office from a form."""

import io
from typing import Any
from zipfile import ZipFile

import pytest
from app_makers import an_app
from house_makers import PLANNED, a_session, an_advertiser
from own_makers import CLOSED_AT, office
from page_makers import OURS
from pypdf import PdfReader
from starlette.testclient import TestClient

from orchestrator import enrolment, toolkit_uses
from orchestrator.db import Database
from orchestrator.states import Role
from portal.web.access import COOKIE

OFFICES = ("alfa", "beta", "gamma", "delta", "epsilon")
TYPED: dict[str, Any] = {
    "name": "Bedachte Deuren",
    "municipality": "Amersfoort",
    "date": "2026-12-01",
    "responsible": "de kantoordirecteur",
    "complaints": "klacht@deuren.example",
    "procedure_url": "https://deuren.example/werkwijze",
    "order": "lot",
    "criteria": ["income", "start"],
    "invited": "8",
    "answer_days": "3",
    "signatures": "4",
}


def browser(database: Database, role: Role = Role.MUNICIPALITY) -> TestClient:
    app = an_app(database, PLANNED)
    cookies = {COOKIE: a_session(database, f"{role}", [role])}
    return TestClient(app, raise_server_exceptions=False, cookies=cookies, headers=OURS)


def test_the_municipality_reads_how_many_use_each_part_and_never_who(database: Database) -> None:
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser(key, email=f"{key}@kantoor.example") for key in OFFICES])
        for key in OFFICES[:2]:
            toolkit_uses.tell(session, key, "statement", f"https://{key}.example", PLANNED.date(), "anna", PLANNED)
    text = browser(database).get("/toolkit").text
    assert "2 van 5" in text
    assert "40%" in text
    assert not any(f"{key}.example" in text for key in OFFICES)


def test_with_a_handful_of_participants_the_page_says_why_it_counts_nothing(database: Database) -> None:
    text = browser(database).get("/toolkit").text
    assert "Er doen te weinig kantoren mee" in text
    assert "<table" not in text


def test_a_form_becomes_a_zip_with_every_document_twice_and_what_is_missing(database: Database) -> None:
    answer = browser(database).post("/toolkit", data=TYPED)
    assert answer.headers["content-type"] == "application/zip"
    files = ZipFile(io.BytesIO(answer.content))
    names = files.namelist()
    assert len([name for name in names if name.endswith(".pdf")]) == 7
    assert len([name for name in names if name.endswith(".docx")]) == 7
    assert "Volledigheid: 30 van 31 punten." in files.read("ontbreekt.txt").decode()
    text = PdfReader(io.BytesIO(files.read("procedure.pdf"))).pages[0].extract_text()
    assert "Wij loten" in text


def test_what_may_stay_empty_may_and_is_told_as_missing(database: Database) -> None:
    answer = browser(database).post("/toolkit", data={**TYPED, "responsible": "", "procedure_url": ""})
    assert "wie verantwoordelijk is" in ZipFile(io.BytesIO(answer.content)).read("ontbreekt.txt").decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Vul de naam van het kantoor in."),
        ("date", "morgen", "Vul de dag in"),
        ("procedure_url", "deuren.example", "heel webadres"),
        ("order", "gevoel", "Kies hoe het kantoor kiest."),
        ("criteria", [], "Kies minstens één criterium."),
        ("invited", "veel", "van 1 tot en met 500"),
        ("answer_days", "99", "van 1 tot en met 30"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_above_and_what_was_typed_stays(
    database: Database, field: str, value: object, said: str
) -> None:
    answer = browser(database).post("/toolkit", data={**TYPED, field: value})
    assert answer.status_code == 422
    assert answer.text.count(said) == 2
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-fout"' in answer.text
    assert 'value="klacht@deuren.example"' in answer.text
    assert 'value="start" checked' in answer.text or field == "criteria"


def test_a_logo_that_is_no_picture_is_told_and_nothing_typed_is_lost(database: Database) -> None:
    files = {"logo": ("logo.png", b"<svg onload=alert(1)>", "image/png")}
    answer = browser(database).post("/toolkit", data=TYPED, files=files)
    assert answer.status_code == 422
    assert "geen afbeelding die wij kunnen gebruiken" in answer.text
    assert 'value="Bedachte Deuren"' in answer.text


def test_who_only_codes_does_not_see_the_toolkit(database: Database) -> None:
    assert browser(database, Role.CODER).get("/toolkit").status_code == 403


USE = {"part": "statement", "url": "https://alfa.example/verklaring", "since": "2026-09-01"}


def an_office(database: Database, key: str = "alfa") -> TestClient:
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser(key, email=f"{key}@kantoor.example")])
    return office(database, key, CLOSED_AT)


def test_an_office_ticks_what_it_uses_and_takes_it_back(database: Database) -> None:
    browser = an_office(database)
    assert browser.post("/mijn/toolkit/gebruik", data=USE).status_code == 303
    assert "https://alfa.example/verklaring" in browser.get("/mijn/toolkit").text
    assert "https://alfa.example/verklaring" in str(own_data_of(browser))
    assert browser.post("/mijn/toolkit/gebruik/einde", data=USE).status_code == 303
    assert "https://alfa.example/verklaring" not in browser.get("/mijn/toolkit").text


def own_data_of(browser: TestClient) -> str:
    return ZipFile(io.BytesIO(browser.get("/mijn/gegevens.zip").content)).read("gegevens.json").decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("part", "bestaat-niet", "Kies een onderdeel."),
        ("url", "alfa.example", "Vul een heel webadres in"),
        ("since", "2099-01-01", "Deze dag moet nog komen."),
        ("since", "gisteren", "Vul de dag in waarop u dit ging gebruiken."),
    ],
)
def test_a_tick_that_cannot_be_is_told_at_its_field_and_what_was_typed_stays(
    database: Database, field: str, value: str, said: str
) -> None:
    answer = an_office(database).post("/mijn/toolkit/gebruik", data={**USE, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'id="{field}-fout"' in answer.text
    assert 'value="2026-09-01"' in answer.text or field == "since"


def test_an_office_makes_documents_and_does_not_read_how_many_others_use_them(database: Database) -> None:
    browser = an_office(database)
    assert browser.post("/mijn/toolkit", data=TYPED).headers["content-type"] == "application/zip"
    assert "Hoeveel deelnemers" not in browser.get("/mijn/toolkit").text
