"""A released outcome on paper: the words of its page, from the document alone, in a PDF for everybody."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import page_makers
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.requests import Request
from starlette.testclient import TestClient

from orchestrator.models import ReleaseState
from portal.web.pages import releasing
from portal.web.release_source import Version
from results.paper import Paper, typeset
from results.releases import document, paper, writing
from results.seal import canonical, digest

make = page_makers.make
papers = page_makers.importlib.import_module("test_paper")
english = page_makers.importlib.import_module("test_english")

SIGNED = (("signed", "bert", page_makers.MOMENT),)
TABLES = {
    "paired": lambda: make.full_round(state="closed"),
    "factored": papers.factored,
    "of sets": papers.of_sets,
    "unpaired": papers.unpaired,
    "no difference": lambda: make.table(make.pairs(60, 21, 20, 60), state="closed"),
    "against": lambda: make.table(make.pairs(60, 10, 60, 60), state="closed"),
    "small": lambda: make.table(make.pairs(2, 1, 1, 2), state="closed"),
    "empty": lambda: make.table([], state="closed"),
    "rehearsal": lambda: make.full_round(state="closed", mode="rehearsal"),
}
EVERY = pytest.mark.parametrize("name", TABLES)
LANGUAGES = pytest.mark.parametrize("language", ["nl", "en"])


@cache
def text(name: str) -> str:
    return canonical(document.make(TABLES[name](), (), 1, None))


class OneVersion:
    """The releases of one round with one version that was signed."""

    def __init__(self, told: str) -> None:
        self.told = Version(1, ReleaseState.READ, None, told, digest(told), SIGNED, None)

    def versions(self, round_name: str) -> tuple[Version, ...]:  # noqa: ARG002
        return (self.told,)

    def rounds(self) -> tuple[tuple[str, Version], ...]:
        return ((page_makers.ROUND, self.told),)


def page(told: str) -> str:
    """The page of the document."""
    app = FastAPI()

    @app.get("/")
    def shown(request: Request) -> HTMLResponse:
        request.state.visitor = None
        return releasing.outcome_page(request, OneVersion(told), page_makers.ROUND, 1)  # type: ignore[arg-type]

    return TestClient(app).get("/").text


def main(html: str) -> str:
    return html.partition("<main")[2].partition(">")[2].partition("</main>")[0]


def said(of: Paper) -> list[str]:
    return [each for each in (of.title, *papers.said(of)) if each]


@EVERY
def test_the_paper_says_nothing_that_the_page_does_not_say(name: str) -> None:
    parser = papers.Shown()
    parser.feed(main(page(text(name))).replace(papers.FOR_A_PHONE, ""))
    shown = papers.bare(parser.whole)
    assert [each for each in said(paper.paper_of(text(name))) if papers.bare(each) not in shown] == []


@EVERY
def test_the_page_says_nothing_of_the_outcome_that_the_paper_does_not_say(name: str) -> None:
    parser = papers.Shown()
    html = main(page(text(name)))
    parser.feed(re.sub(r'<ul class="pt-links">.*?</ul>', "", html, flags=re.DOTALL).replace(papers.FOR_A_PHONE, ""))
    made = paper.paper_of(text(name))
    told = papers.bare(" ".join((made.title, made.subtitle, *said(made))))
    beside = {"Meenemen en eerdere versies", "Grafiek"}
    lines = (papers.even(part) for part in parser.parts)
    missing = [part for part in lines if part not in beside and papers.bare(part) not in told]
    # The page also says how far the version is, which is no part of the document.
    assert [part for part in missing if "gelezen door de gemeente" not in part] == []


@EVERY
@LANGUAGES
def test_a_checker_finds_no_fault_in_an_outcome_on_paper(name: str, language: str) -> None:
    assert papers.faults(writing.written(text(name), "pdf", language)) == []


@EVERY
def test_an_english_outcome_on_paper_has_no_dutch_but_what_was_written_in_the_document(name: str) -> None:
    made = paper.paper_of(text(name), "en")
    study = canonical(document.make(TABLES[name](), (), 1, None)["study"])
    lines = [each for each in said(made) if english.DUTCH.search(each) and each not in study]
    assert lines == []


def test_a_part_that_is_hidden_is_told_with_the_symbol_and_the_reason() -> None:
    rows = [row for block in paper.paper_of(text("paired")).blocks if hasattr(block, "rows") for row in block.rows]
    assert [row for row in rows if row[0] == "Hoogland" and row[1] == "x" and row[2].startswith("x (te klein")]


def test_a_correction_says_on_paper_why_it_came() -> None:
    told = canonical(document.make(TABLES["paired"](), (), 2, "Een antwoord is opnieuw gecodeerd."))
    assert "Een antwoord is opnieuw gecodeerd." in said(paper.paper_of(told))
    assert "versie 2" in paper.paper_of(told).subtitle


def test_one_other_figure_in_the_document_is_another_fingerprint_and_another_file() -> None:
    table = TABLES["paired"]()
    other = canonical(document.make(replace(table, rows=table.rows[:-1]), (), 1, None))
    assert digest(other) in said(paper.paper_of(other))
    assert writing.written(other, "pdf") != writing.written(text("paired"), "pdf")


@pytest.mark.long
def test_another_process_at_another_place_on_earth_makes_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "document.json").write_text(text("paired"), encoding="utf-8")
    code = (
        "import sys, pathlib; from results.releases import writing; "
        "sys.stdout.buffer.write(writing.written(pathlib.Path(sys.argv[1]).read_text(encoding='utf-8'), 'pdf', 'en'))"
    )
    there = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    command = [sys.executable, "-c", code, str(tmp_path / "document.json")]
    made = subprocess.run(command, env=there, capture_output=True, check=True).stdout
    assert made == typeset(paper.paper_of(text("paired"), "en"))
