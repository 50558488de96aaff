"""The reports in English: every sentence has its English, and nothing Dutch is left on a page or on paper."""

import ast
import importlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum
from functools import cache
from pathlib import Path

import pytest
import report_makers as make
import test_paper as papers

import results
from profiles import grounds, owner_requests
from profiles.catalogue import load
from results import citation, disclosure, formats, language
from results.language import ENGLISH, catalogue, note, written_in
from results.outcomes import labels
from results.paper import paper_of
from results.paper.common import LOOKS
from results.reports import Audience, Report, build, render
from results.reports.graphics import graphics
from results.reports.render import environment
from results.statistics.advertiser import Verdict
from results.statistics.advertiser.spread import Spread

ROOT = Path(results.__file__).parent
WORDS = (
    "reports.phrases",
    "reports.retests",
    "reports.wording",
    "reports.looks",
    "reports.figures",
    "reports.build",
    "reports.sections.words",
    "request_releases.words",
)
"""The modules that have words and sentences as constants, said where they are used."""

SAID = re.compile(r'say\("((?:[^"\\])*)"\)')
PLACE = re.compile(r"%\((\w+)\)s")
DUTCH = re.compile(
    r"\b(aan|alle|alleen|als|antwoord|beide|bij|dan|dat|deze|die|door|een|eerste|er|geen|geslaagde|haar|het|hij|kans|"
    r"maar|met|minder|naar|niet|nog|ook|om|onbekend|procentpunt|profiel|tot|te|uit|uren|van|verschil|voor|wacht|wat|wie|"
    r"woningaanbieder|wordt|zelf|zij|zijn|zonder)\b",
    re.IGNORECASE,
)
ROUNDS = {
    "full": make.full_round,
    "looked": make.looked_round,
    "factored": papers.factored,
    "of sets": papers.of_sets,
    "unpaired": papers.unpaired,
    "one test": papers.one_test,
    "small": lambda: make.table(make.pairs(1, 1, 0, 1), state="released"),
    "not shown": lambda: make.table(make.pairs(30, 10, 9, 30), state="released"),
    "rehearsal": lambda: make.table(make.pairs(30, 10, 19, 30), mode="rehearsal"),
    "running": lambda: make.table(make.pairs(30, 10, 9, 30), state="running"),
    "aborted": lambda: make.table(make.pairs(30, 10, 9, 30), state="aborted"),
    "empty": lambda: make.table([]),
}


def released(table: make.RoundTable) -> make.RoundTable:
    return replace(table, facts=replace(table.facts, state="released"))


def reports(name: str) -> Iterator[Report]:
    """The round for its researcher, and once released for the municipality and for the advertiser of its first pair."""
    table = ROUNDS[name]()
    yield build(table, Audience.RESEARCHER, market_truth=0.09, language=ENGLISH)
    if name in ("running", "aborted", "looked"):
        return
    yield build(released(table), Audience.MUNICIPALITY, language=ENGLISH)
    for key in sorted({row.advertiser for row in table.rows})[:2]:
        yield build(table, Audience.BROKER, advertiser=key, language=ENGLISH)


def lines(report: Report) -> Iterator[str]:
    """All that a reader of the page, of the paper and of the charts reads, but names of the study and of people."""
    drawn = [graphic.svg("") + graphic.csv() for graphic in graphics(report).values()]
    page = render(report, assets="/static", home="/", paper="x.pdf")
    paper = json.dumps(paper_of(report).data(), ensure_ascii=False)
    for text in (page, paper, *drawn):
        told = text
        for data in (report.study, "J. de Groot"):
            told = told.replace(data, "")
        yield from (line.strip() for line in re.split(r'<[^>]*>|"', told))


@cache
def marked() -> frozenset[str]:
    """Every text of ours in the templates and the code of the reports."""
    return frozenset({*_in_templates(), *_in_code(), *_constants(), *LOOKS})


def _in_templates() -> Iterator[str]:
    read = environment()
    for file in (ROOT / "templates").rglob("*"):
        if file.suffix in (".html", ".svg") and file.name != "toolkit.html":
            text = file.read_text(encoding="utf-8")
            yield from (
                told if isinstance(told, str) else str(told[0]) for _, _, told in read.extract_translations(text)
            )
            yield from SAID.findall(text)


def _in_code() -> Iterator[str]:
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                yield from (each.value for each in node.args[:1] if isinstance(each, ast.Constant))


def _constants() -> Iterator[str]:
    yield from (disclosure.HIDDEN_PART, disclosure.REHEARSAL_WATERMARK)
    for name in WORDS:
        constants = vars(importlib.import_module(f"results.{name}"))
        yield from _texts(
            [value for key, value in constants.items() if key.isupper() and key not in ("DUTCH", "NOTHING")]
        )


def _texts(of: object) -> Iterator[str]:
    if isinstance(of, str):
        yield from [] if isinstance(of, Enum) else [of]
    elif isinstance(of, dict):
        yield from _texts(list(of.values()))
    elif isinstance(of, list | tuple):
        for each in of:
            yield from _texts(each)


def _described() -> Iterator[str]:
    """What the data of grounds, names and labels say in a report."""
    yield from (each.meaning for each in (*labels().values(), *owner_requests.load().codes.values()))
    for ground in grounds.load().grounds.values():
        yield from (ground.label, ground.basis, ground.equal, ground.claim)
        yield from (
            side.label for each in ground.signals.values() for side in (each.control, each.treatment) if side.label
        )
    for each in load().sets.values():
        yield from (each.label, f"een {each.label.removesuffix('namen')}naam")


def _code() -> str:
    """All texts of the statistics and of the reports, one below the other."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in ROOT.rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return "\n".join(node.value for node in nodes if isinstance(node.value, str))


def test_every_sentence_of_the_reports_has_an_english_translation_with_the_same_places() -> None:
    assert len(marked()) > 500
    assert sorted((marked() | set(_described())) - set(catalogue(ENGLISH))) == []
    for dutch, english in catalogue(ENGLISH).items():
        assert sorted(PLACE.findall(dutch)) == sorted(PLACE.findall(english)), dutch


def test_every_verdict_and_every_word_on_spread_has_its_english() -> None:
    assert {*map(str, Verdict), *map(str, Spread)} <= set(catalogue(ENGLISH))


def test_no_translation_is_of_a_sentence_that_is_gone() -> None:
    code, known = _code(), marked() | set(_described())
    gone = [text for text in set(catalogue(ENGLISH)) - known if not all(each in code for each in _pieces(text))]
    assert gone == []


JOINS = re.compile(
    r"%\(\w+\)s|[;:,.()=]|Gevonden| 1$|(?:controle|test)profiel|eenzijdige tests?(?= nodig)| uit (?=%)| (?=waarin het)|"
    r"woningaanbieders(?= van zeer| met de)"
)
"""Where a note is put together: at its marks, its numbers, and the words that one sentence takes from another."""


def _pieces(text: str) -> Iterable[str]:
    return (piece.strip() for piece in JOINS.split(text) if piece.strip())


@pytest.mark.parametrize("name", ROUNDS)
def test_an_english_report_has_no_dutch_in_it(name: str) -> None:
    read = [line for report in reports(name) for line in lines(report)]
    assert len(read) > 50
    assert sorted({line for line in read if DUTCH.search(line) or catalogue(ENGLISH).get(line, line) != line}) == []


def test_the_list_of_dutch_words_finds_a_report_that_is_dutch() -> None:
    report = build(make.full_round(), Audience.RESEARCHER)
    assert len({line for line in lines(report) if DUTCH.search(line)}) > 100


def test_an_english_report_says_so_to_a_browser_and_to_a_reader_of_pdf() -> None:
    report = build(make.full_round(), Audience.RESEARCHER, language=ENGLISH)
    assert '<html lang="en"' in render(report, assets="/static")
    assert paper_of(report).language == "en"
    assert '<html lang="nl"' in render(build(make.full_round(), Audience.RESEARCHER), assets="/static")


def test_the_finding_reads_as_english_with_english_numbers() -> None:
    report = build(make.table(make.pairs(60, 40, 10, 90)), Audience.RESEARCHER, language=ENGLISH)
    assert report.finding.sentence == (
        "For 15 of 100 listings only the candidate with a Dutch-sounding name was invited, net of the reverse."
    )
    assert report.finding.margin == "The margin of uncertainty runs from 1 to 29."


def test_both_languages_tell_the_same_advertisers_after_each_other() -> None:
    table = make.full_round()
    kinds = [
        {row.kind for row in build(table, Audience.RESEARCHER, language=each).body.advertisers}  # type: ignore[union-attr]
        for each in ("nl", ENGLISH, "nl")
    ]
    assert kinds[0] == kinds[2] != kinds[1]


def _fails_in_english() -> None:
    with written_in(ENGLISH):
        assert formats.number(1.5) == "1.5"
        raise LookupError


def test_the_language_ends_with_its_block_also_after_an_error() -> None:
    with pytest.raises(LookupError):
        _fails_in_english()
    assert language.current() == "nl"
    assert formats.number(1.5) == "1,5"


@pytest.mark.parametrize(
    ("dutch", "english"),
    [
        (
            "alle geslaagde tests; 5 strata, gewogen naar stratumgrootte",
            "all usable tests; 5 strata, weighted by size of stratum",
        ),
        ("14 van de 24 p-waarden liggen boven 0,5", "14 of the 24 p-values lie above 0.5"),
        (
            "Een stratum heeft geen enkele geslaagde test. Gevonden: rij 3.",
            "A stratum has no usable test at all. Found: row 3.",
        ),
        ("te weinig gegevens: nog 1 eenzijdige test nodig", "too little data: it takes 1 more one-sided test"),
        ("een zin die niemand vertaalde", "een zin die niemand vertaalde"),
    ],
)
def test_a_note_is_said_part_by_part_with_its_numbers(dutch: str, english: str) -> None:
    assert note(dutch) == dutch
    with written_in(ENGLISH):
        assert note(dutch) == english


def test_a_set_of_names_of_ones_own_is_named_as_a_group() -> None:
    report = build(
        make.table(make.pairs(60, 40, 10, 90), control_set="Eigen namen"), Audience.RESEARCHER, language=ENGLISH
    )
    assert "a name from the group ‘Eigen namen’" in report.finding.sentence


def test_a_citation_follows_the_language() -> None:
    with written_in(ENGLISH):
        assert "[Research report]" in citation.apa(make.facts())
    assert "[Onderzoeksrapport]" in citation.apa(make.facts())
