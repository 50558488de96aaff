"""The pages in two languages: every sentence of a template has its English, and values follow the language."""

import ast
import re
from pathlib import Path

import pytest
from page_makers import OURS, ROUND, SIGNED_IN, FakeDoor, FakeSource
from starlette.testclient import TestClient

import portal.web
from orchestrator import readiness
from orchestrator.design import form
from portal.web import rendering
from portal.web.app import create_app
from portal.web.language import COOKIE, ENGLISH, catalogue, say
from profiles.sentences import Sentence
from results.formats import Formats
from results.language import catalogue as of_reports
from results.outcomes import labels
from results.reports.wording import ARM_NAMES, EXCLUSIONS, LETTER_STATES, ROUND_STATES

WEB = Path(portal.web.__file__).parent


WORDS = {
    *ROUND_STATES.values(),
    *LETTER_STATES.values(),
    *EXCLUSIONS.values(),
    *(label.meaning for label in labels().values()),
}
"""What pages show of the words of reports and labels."""


def client(language: str | None = None) -> TestClient:
    cookies = {**SIGNED_IN, **({COOKIE: language} if language else {})}
    return TestClient(create_app(FakeSource(), FakeDoor()), cookies=cookies, headers=OURS, follow_redirects=False)


def sentences() -> set[str]:
    """Every text that is marked for translation: in the templates with _(), in code with `words._`."""
    pages = rendering._environment("nl")  # noqa: SLF001 - the way the templates are read
    files = [*(WEB / "templates").rglob("*.html"), WEB.parents[1] / "results" / "templates" / "layout.html"]
    marked = [told for file in files for _, _, told in pages.extract_translations(file.read_text(encoding="utf-8"))]
    found = {told if isinstance(told, str) else str(told[0]) for told in marked}
    for file in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                found.add(ast.literal_eval(node.args[0]))
    return found


def of_designs() -> set[str]:
    """What the pages of the setup take from elsewhere: the descriptions of a design, and the list before a start."""
    told = {field.told for field in form.fields({"sample.feeds": 1})} | {each.told for each in form.groups().values()}
    return told | set(readiness.HEADINGS.values()) | set(readiness.TEXTS.values())


SAID_BY = (
    "orchestrator/ahead.py", "orchestrator/burden.py", "orchestrator/context.py", "orchestrator/detection.py",
    "orchestrator/accounts.py", "orchestrator/second_factor.py", "orchestrator/sessions.py",
    "orchestrator/exposure.py", "orchestrator/followup.py", "orchestrator/own_views.py",
    "orchestrator/outlook.py", "orchestrator/retests.py", "orchestrator/rounds/restored.py", "orchestrator/status.py",
    "orchestrator/rounds/duties.py",
    "orchestrator/views.py",
    "results/balance.py", "results/wellbeing.py", "profiles/applicants.py",
    *(f"orchestrator/design/{name}.py" for name in (
        "checks", "deviations", "looks", "pairing", "places", "reading", "yaml_file",
    )),
)  # fmt: skip
"""Modules whose texts stand on pages."""

DUTCH_WORDS = re.compile(
    r"\b(aan|als|bij|de|dan|deze|die|een|eerste|er|geen|haar|het|hij|in de|is|kijk|met|naar|niet|nog|of|om|op|te|"
    r"uit|van|voor|wacht|wat|wie|wordt|zij|zijn|zonder)\b",
    re.IGNORECASE,
)


def texts(path: str) -> set[str]:
    """Every text of a module but its docstrings."""
    tree = ast.parse((WEB.parents[1] / path).read_text(encoding="utf-8"))
    bare = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    constants = (each for each in ast.walk(tree) if isinstance(each, ast.Constant) and each not in bare | inside)
    return {each.value for each in constants if isinstance(each.value, str)}


def told_elsewhere() -> set[str]:
    return set().union(*(texts(path) for path in SAID_BY)) | set(ROUND_STATES.values()) | set(LETTER_STATES.values())


def test_every_dutch_text_of_the_record_that_a_page_shows_has_its_english() -> None:
    dutch = {text for path in SAID_BY for text in texts(path) if " " in text and DUTCH_WORDS.search(text)}
    assert len(dutch) > 60
    assert sorted(dutch - set(catalogue(ENGLISH)) - {"end of stream"}) == []  # this the YAML library says


@pytest.mark.long
def test_every_sentence_of_a_page_has_an_english_translation_with_the_same_places() -> None:
    known = catalogue(ENGLISH)
    assert len(sentences()) > 100
    asked = sentences() | WORDS | of_designs()
    assert sorted(asked - set(known) - set(of_reports(ENGLISH))) == []
    for dutch, english in known.items():
        places = {part.split(")")[0] for part in dutch.split("%(")[1:]}
        assert places == {part.split(")")[0] for part in english.split("%(")[1:]}, dutch


def test_no_translation_is_of_a_sentence_that_is_gone() -> None:
    asked = sentences() | told_elsewhere() | set(ARM_NAMES.values()) | WORDS | of_designs()
    assert sorted(set(catalogue(ENGLISH)) - asked) == []


@pytest.mark.parametrize("template", sorted((WEB / "templates").rglob("*.html")), ids=lambda file: file.stem)
def test_only_a_literal_is_marked_as_ours(template: Path) -> None:
    """``_()`` gives markup, so that what somebody typed may never go through it."""
    text = template.read_text(encoding="utf-8")
    assert text.count("_(") - text.count('_("') == 0


def test_a_link_chooses_the_language_and_leads_back() -> None:
    page = f"/rondes/{ROUND}"
    assert f'href="/taal/en?next={page}"' in client().get(page).text
    answer = client().get(f"/taal/en?next={page}")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert answer.headers["set-cookie"].startswith("taal=en;")
    assert client().get("/taal/fr").status_code == 404
    assert client().get("/taal/en?next=//elders.example").headers["location"] == "/"


def test_the_chosen_language_is_that_of_words_states_dates_and_the_page_itself() -> None:
    text = client(ENGLISH).get(f"/rondes/{ROUND}").text
    for part in ('<html lang="en"', ">Pause<", "Next inquiries", "Tue 8 Sep, 13:40", "planned", "2 of 2", 'lang="nl"'):
        assert part in text
    assert 'lang="nl" class' in client("klingon").get("/").text


def test_a_sentence_is_dutch_anywhere_and_is_translated_with_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"Wacht op %(what)s.": "Waits for %(what)s.", "verzonden": "sent"}
    monkeypatch.setattr("portal.web.language.catalogue", lambda _language: known)
    sentence = Sentence.of("Wacht op %(what)s.", what="verzonden")
    assert sentence == "Wacht op verzonden."
    assert say(ENGLISH)(sentence) == "Waits for sent."
    assert say("nl")(sentence) == sentence


def test_english_numbers_have_a_point_and_the_same_minus() -> None:
    english = Formats("en")
    assert english.number(-12345.67) == "−12,345.7"
    assert english.points(0.0916) == "9.2\u00a0percentage points"
    assert english.span(-0.03, 0.152) == "−3.0 to 15.2"
    assert english.p_value(0.0004) == "p\u00a0<\u00a00.001"
