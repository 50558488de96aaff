"""The reports on pages and from the command line, in the language that was chosen."""

import io
import re
from pathlib import Path

import pytest
from page_makers import LOOKED_AT, OURS, ROUND, SIGNED_IN, FakeDoor, FakeSource
from pypdf import PdfReader
from starlette.testclient import TestClient
from test_english_pages import dutch as dutch_in

from portal.commands import outputs
from portal.web.app import create_app
from portal.web.language import COOKIE, ENGLISH
from profiles.errors import BadInput
from results.reports import Audience

RESULTS = f"/rondes/{ROUND}/resultaten"
REPORT = f"/rondes/{ROUND}/rapport"


def client(language: str = ENGLISH) -> TestClient:
    app = create_app(FakeSource(state="released"), FakeDoor())
    return TestClient(app, cookies={**SIGNED_IN, COOKIE: language}, headers=OURS)


def dutch(text: str) -> list[str]:
    """What is Dutch on a page, but for what names a study or a person."""
    for name in ("Gelijke kansen op de Amersfoortse huurmarkt", "J. de Groot", "Anna de Wit", "Nederlands"):
        text = text.replace(name, "")
    return dutch_in(re.sub(r"<(style|script|pre).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL))


@pytest.mark.parametrize(
    "address",
    [
        RESULTS, f"/rondes/{LOOKED_AT}/tussenstanden",
        f"{REPORT}/onderzoeker", f"{REPORT}/gemeente", f"{REPORT}/makelaar/adv-03",
    ],
)  # fmt: skip
def test_a_page_with_a_report_is_english_from_its_first_word_to_its_last(address: str) -> None:
    text = client().get(address).text
    assert '<html lang="en"' in text
    assert 'lang="nl"' not in text.replace('lang="nl" hreflang="nl"', "")
    assert dutch(text) == []


def test_whoever_chose_another_language_gets_that_one_from_the_same_house() -> None:
    app = create_app(FakeSource(state="released"), FakeDoor())
    pages = [
        TestClient(app, cookies={**SIGNED_IN, COOKIE: language}, headers=OURS).get(RESULTS).text
        for language in ("nl", ENGLISH, "nl")
    ]
    assert "Geslaagde tests" in pages[0]
    assert "Usable tests" in pages[1]
    assert pages[2] == pages[0]


def test_a_chart_and_a_pdf_taken_along_are_in_the_chosen_language() -> None:
    drawn, paper = client().get(f"{RESULTS}/tellingen.svg").text, client().get(f"{REPORT}/gemeente.pdf").content
    assert "What happened per test" in drawn
    assert "round amersfoort-2026-najaar, version 1" in drawn
    assert PdfReader(io.BytesIO(paper)).trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_the_command_writes_a_report_in_either_language(tmp_path: Path, kind: str) -> None:
    table = FakeSource(state="released").table(ROUND)
    for language in ("nl", ENGLISH):
        (written,) = outputs.WRITERS[kind](table, Audience.MUNICIPALITY, tmp_path / language, None, language=language)
        content = written.read_bytes()
        if kind == "pdf":
            assert PdfReader(io.BytesIO(content)).trailer["/Root"]["/Lang"] == language  # type: ignore[index]
        else:
            assert f'<html lang="{language}"'.encode() in content


def test_a_language_that_reports_do_not_speak_is_refused_with_those_they_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        outputs.report(ROUND, "researcher", None, tmp_path, "html", "fr")
    assert "Kies nl, en." in str(refused.value)
