"""Reports on paper: the words of the page, in a PDF that a screen reader can read and an archive can keep."""

import io
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import page as checker
import pytest
import report_makers as make
import typst
from pypdf import PdfReader

from profiles.errors import Refused
from profiles.factors import Factor, FactorLevel
from profiles.pairs import Arm
from results.paper import Paper, paper_of, typeset
from results.paper.blocks import Alert, Band, Heading, Intervals, Items, Lead, Stack, Table, Terms, Text, Tiles
from results.paper.typeset import AMBIGUOUS, _compiled
from results.reports import Audience, Report, build, render

PROFILES = ("ua1", "2a")
ROOT = Path(__file__).parents[2]
FOR_A_PHONE = '<span class="pt-narrow-only"> tests</span>'
"""The word that a folded table needs on a narrow screen, where its heading is gone."""


def factored() -> make.RoundTable:
    levels = (FactorLevel.AMPLE, FactorLevel.TIGHT)
    rows = [replace(row, level=levels[place % 2]) for place, row in enumerate(make.pairs(60, 40, 10, 90))]
    return make.table(rows, factor=Factor.INCOME, state="released")


def of_sets() -> make.RoundTable:
    rows = [replace(row, arms={**row.arms, Arm.TREATMENT_2: row.control}) for row in make.pairs(60, 40, 10, 90)]
    return make.table(rows, further_sets=("Turks klinkende namen",), state="released")


def unpaired() -> make.RoundTable:
    def alone(place: int, cell: str, arm: Arm) -> make.PairRow:
        row = make.pair(cell, place, place % 24)
        return replace(row, arms={arm: row.arms[arm]})

    cells = [("c11" if place % 3 else "c00", Arm.CONTROL if place % 2 else Arm.TREATMENT) for place in range(160)]
    return make.table([alone(place, *each) for place, each in enumerate(cells)], approach="unpaired", state="released")


ROUNDS = {"rond": lambda: make.full_round(state="released"), "kenmerk": factored, "set": of_sets, "los": unpaired}
OTHERS = {
    "verborgen": lambda: build(make.looked_round(), Audience.RESEARCHER),
    "oefenronde": lambda: build(make.full_round(mode="rehearsal"), Audience.MUNICIPALITY),
    "te klein": lambda: build(make.table(make.pairs(2, 1, 1, 2), state="released"), Audience.MUNICIPALITY),
    "makelaar": lambda: build(ROUNDS["rond"](), Audience.BROKER, advertiser="adv-03"),
    "verhuurder": lambda: build(ROUNDS["rond"](), Audience.BROKER, advertiser="prv-01"),
    "makelaar met één test": lambda: build(one_test(), Audience.BROKER, advertiser="adv-77"),
}
NAMES = [*(f"{name}, {each}" for name in ROUNDS for each in (Audience.RESEARCHER, Audience.MUNICIPALITY)), *OTHERS]
EVERY = pytest.mark.parametrize("name", NAMES)


def one_test() -> make.RoundTable:
    return make.table([*make.pairs(98, 44, 16, 54), make.pair("c11", 7000, 77)], state="released")


@cache
def report(name: str) -> Report:
    """The report of that name; made once, for making some takes a while."""
    if name in OTHERS:
        return OTHERS[name]()
    table, audience = name.split(", ")
    return build(ROUNDS[table](), Audience(audience))


def faults(content: bytes) -> list[str]:
    """What a checker of PDF/UA-1 and PDF/A-2a finds wrong."""
    judged = [checker.validate_pdf_bytes(content, profile=profile) for profile in PROFILES]
    return [f"{each.rule_id}: {each.message}" for one in judged for each in one.failures]


def written(paper: Paper) -> str:
    """The text of the PDF as a reader meets it, spaces made even."""
    pages = PdfReader(io.BytesIO(typeset(paper))).pages
    return even(" ".join(each.extract_text() for each in pages))


def even(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def said(paper: Paper) -> Iterator[str]:
    """Every text of every block, in order; descriptions of charts apart, which no page needs."""
    for block in paper.blocks:
        match block:
            case Heading(text) | Text(text):
                yield text
            case Lead(before, figure, after, below):
                yield from (before + figure + after, *below)
            case Alert(heading, text):
                yield from (heading, text)
            case Tiles(many) | Terms(many) | Items(many):
                yield from (text for each in many for text in each)
            case Table(caption, head, rows):
                yield from (caption, *head, *(cell for row in rows for cell in row))
            case Stack() | Intervals() | Band():
                pass


class Shown(HTMLParser):
    """What a page says, in one go and element by element; pictures and the frame of the page left out."""

    PARTS = frozenset({"h1", "h2", "h3", "p", "dt", "dd", "li", "th", "td", "caption", "summary"})
    SKIPPED = frozenset({"svg", "header", "footer", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.whole, self.parts, self.depth = "", [""], 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.depth += tag in self.SKIPPED
        if tag in self.PARTS:
            self.parts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in self.SKIPPED

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.whole += data + " "
            self.parts[-1] += data


def shown(report: Report) -> Shown:
    parser = Shown()
    parser.feed(render(report, assets="/static").replace(FOR_A_PHONE, ""))
    return parser


def bare(text: str) -> str:
    """Letters and digits only: where a page breaks a line or folds a cell does not matter."""
    return re.sub(r"\W+", "", text)


@EVERY
def test_a_checker_finds_no_fault_against_pdf_ua_or_pdf_a_in_any_report(name: str) -> None:
    assert faults(typeset(paper_of(report(name)))) == []


def test_the_checker_does_find_a_pdf_without_tags_and_a_picture_without_words() -> None:
    bad = typst.compile(b"#rect()[tekst]", format="pdf")
    assert isinstance(bad, bytes)
    assert faults(bad) != []
    with pytest.raises(typst.TypstError, match="alt"):
        typst.compile(b'#set document(title: "x")\n#figure(rect())', format="pdf", pdf_standards=["ua-1"])


@EVERY
def test_the_paper_says_nothing_that_the_page_does_not_say(name: str) -> None:
    page = bare(shown(report(name)).whole)
    assert [text for text in said(paper_of(report(name))) if bare(text) not in page] == []


@EVERY
def test_the_page_says_nothing_that_the_paper_does_not_say(name: str) -> None:
    paper = paper_of(report(name))
    told = bare(" ".join((paper.title, paper.subtitle, *said(paper))))
    beside = {"Grafiek", "Naar de inhoud"}
    missing = [part for part in map(even, shown(report(name)).parts) if part not in beside and bare(part) not in told]
    assert missing == []


@EVERY
def test_what_the_paper_says_can_be_read_in_the_pdf(name: str) -> None:
    paper = paper_of(report(name))
    text = bare(written(paper).replace("-", ""))
    lead = next(block for block in paper.blocks if isinstance(block, Lead))
    tiles = [part for block in paper.blocks if isinstance(block, Tiles) for tile in block.tiles for part in tile]
    for wanted in (paper.title, lead.before + lead.figure + lead.after, *lead.below, *tiles):
        assert bare(wanted.replace("-", "")) in text


def test_a_hidden_cell_is_an_x_with_its_reason_in_table_and_pdf_and_has_no_bar() -> None:
    paper = paper_of(build(make.full_round(state="released"), Audience.MUNICIPALITY))
    table = next(block for block in paper.blocks if isinstance(block, Table) and block.head[0] == "Wijk")
    chart = next(block for block in paper.blocks if isinstance(block, Intervals))
    hidden = [row for row in table.rows if row[1] == "x"]
    assert [row[0] for row in hidden] == ["Hoogland", "Liendert"]
    assert all(row[2].startswith("x (") for row in hidden)
    assert {row[0] for row in hidden}.isdisjoint(line.name for line in chart.lines)
    assert "Hoogland x x (te klein om te tonen" in written(paper)


@pytest.mark.long
def test_the_same_report_is_the_same_pdf_byte_for_byte_in_another_place_process_and_time_zone(tmp_path: Path) -> None:
    paper = paper_of(build(make.full_round(state="released"), Audience.MUNICIPALITY))
    (tmp_path / "paper").write_bytes(pickle.dumps(paper))
    code = "import pickle, sys; from results.paper import typeset\n"
    code += "open('uit.pdf', 'wb').write(typeset(pickle.loads(open('paper', 'rb').read())))"
    known = {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "Pacific/Auckland", "SOURCE_DATE_EPOCH": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=known, check=True)
    assert (tmp_path / "uit.pdf").read_bytes() == typeset(paper)


def test_several_readers_can_ask_for_a_pdf_at_once() -> None:
    papers = [paper_of(report(name)) for name in ("makelaar", "verhuurder", "te klein", "rond, municipality")] * 3
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(typeset, papers)) == [typeset(paper) for paper in papers]


def test_the_only_time_in_the_file_is_that_of_the_closing() -> None:
    table = make.full_round(state="released")
    reader = PdfReader(io.BytesIO(typeset(paper_of(build(table, Audience.RESEARCHER)))))
    assert reader.metadata is not None
    assert reader.metadata.creation_date == table.facts.closed_at
    running = paper_of(build(make.looked_round(), Audience.RESEARCHER))
    assert running.moment.date() == table.facts.first_day


def test_every_chart_has_words_every_table_has_headings_with_a_scope_and_headings_come_in_order() -> None:
    reader = PdfReader(io.BytesIO(typeset(paper_of(build(make.full_round(state="released"), Audience.RESEARCHER)))))
    root = reader.root_object
    assert root["/Lang"] == "nl"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert {each["/Tabs"] for each in reader.pages} == {"/S"}
    tags = list(elements(root["/StructTreeRoot"]))
    figures = [tag for name, tag in tags if name == "/Figure"]
    assert len(figures) == 2
    assert all(len(tag["/Alt"]) > 40 for tag in figures)
    headings = [tag for name, tag in tags if name == "/TH"]
    assert headings
    assert all(scope(tag) == "/Column" for tag in headings)
    levels = [int(name[2:]) for name, _ in tags if re.fullmatch(r"/H\d", name)]
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))


def scope(tag: Any) -> str:
    held = tag["/A"].get_object()
    return next(str(each.get_object()["/Scope"]) for each in (held if isinstance(held, list) else [held]))


def elements(tag: Any) -> Iterator[tuple[str, Any]]:
    tag = tag.get_object()
    if isinstance(tag, list):
        for each in tag:
            yield from elements(each)
    elif isinstance(tag, dict):
        if "/S" in tag:
            yield str(tag["/S"]), tag
        if "/K" in tag:
            yield from elements(tag["/K"])


@pytest.mark.long
def test_no_file_has_a_stream_whose_end_cannot_be_told_from_a_line_end() -> None:
    papers = [
        Paper(f"Brief {n}", "", "", "", datetime(2026, 9, 1, tzinfo=UTC), (Text(f"Nummer {n}"),)) for n in range(150)
    ]
    assert [paper.title for paper in papers if AMBIGUOUS in _compiled(paper)] != []
    for paper in papers:
        assert AMBIGUOUS not in typeset(paper)


@pytest.mark.long
def test_what_comes_from_a_design_is_text_and_never_typst() -> None:
    paper = paper_of(build(make.full_round(study="#panic() $x$ *vet* \\ <a>"), Audience.RESEARCHER))
    assert "#panic() $x$ *vet* \\ <a>" in written(paper)


def test_a_character_that_no_font_has_is_a_clear_refusal() -> None:
    paper = paper_of(build(make.full_round(study="Proef 🏠"), Audience.RESEARCHER))
    with pytest.raises(Refused, match="🏠") as refused:
        typeset(paper)
    assert refused.value.problem.code == "not-on-paper"
