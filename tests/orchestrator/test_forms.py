"""The description of a form: read from its file with every mistake in its place, kept at the enrolment, and filled."""

from pathlib import Path
from typing import Any

import pytest
from house_makers import DUE, a_listing, a_monday, an_advertiser, claim, gate, meddle, only, only_sqlite, plan, run
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from orchestrator.db import Database
from orchestrator.forms import Encoding, Form, Success, Value, broken_rules, simple
from orchestrator.forms_file import with_forms
from orchestrator.intake import Channel, Participant
from orchestrator.models import Advertiser
from orchestrator.rounds.sending import Envelope
from profiles.errors import BadInput, Problem

URL = "https://alfa.example/contact"
ALFA = an_advertiser(channel=Channel.WEBFORM, form_url=URL)
PEOPLE = (ALFA, an_advertiser("bravo"))
SOUND = """\
# De formulieren
alfa:
  url: https://alfa.example/contact
  page: https://alfa.example/contact
  tokens: [csrf_token]
  fields:
    voornaam: given_name
    achternaam: family_name
    e-mail: email
    bericht: message
  fixed:
    privacy: on
    formulier: 7
  success:
    status: [200]
    text: bedankt
  hosts: [www.alfa.example, "cdn.alfa.example:8443"]
"""


def read(folder: Path, content: str) -> tuple[Participant, ...]:
    (folder / "forms.yaml").write_text(content, encoding="utf-8")
    return with_forms(PEOPLE, folder / "forms.yaml")


def problems_of(folder: Path, content: str) -> list[Problem]:
    with pytest.raises(BadInput) as caught:
        read(folder, content)
    assert {problem.file for problem in caught.value.problems} == {str(folder / "forms.yaml")}
    return list(caught.value.problems)


def changed(old: str, new: str) -> str:
    assert SOUND.count(old) == 1, old
    return SOUND.replace(old, new)


def test_a_sound_file_gives_each_advertiser_its_form(tmp_path: Path) -> None:
    alfa, bravo = read(tmp_path, SOUND)
    assert bravo.form is None
    form = alfa.form
    assert form is not None
    assert form.fixed == {"privacy": "on", "formulier": 7}
    assert form.fields["achternaam"] is Value.FAMILY_NAME
    assert form.allowed == {"alfa.example", "www.alfa.example", "cdn.alfa.example:8443"}


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "found", "remedy"),
    [
        ("alfa:\n", "alfaa:\n", "form-without-participant", 2, 1, "alfaa", "Bedoelt u 'alfa'?"),
        ("alfa:\n", "zulu:\n", "form-without-participant", 2, 1, "zulu", "Voeg de aanbieder toe"),
        ("  url: https://alfa.example/contact\n", "", "missing-key", 2, 1, "", "url: "),
        ("  url: https", "  url: alfa of https", "wrong-type", 3, 8, "url: alfa of", 'url: "https://'),
        ("  url: https", "  methode: post\n  url: https", "unknown-key", 3, 3, "methode", "Bedoelt u 'method'?"),
        ("  url: https", "  method: get\n  url: https", "unknown-value", 3, 11, "get", "Kies uit: post."),
        ("  url: https", "  encoding: xml\n  url: https", "unknown-value", 3, 13, "xml", "Kies uit: form, json."),
        ("  url: https", "  text: dank\n  url: https", "unknown-key", 3, 3, "text", "'text' hoort onder 'success'."),
        ("  url: https", "  naam: x\n  url: https", "unknown-key", 3, 3, "naam", "Hier kunnen staan: url, method"),
        ("family_name", "achternaam", "unknown-value", 8, 17, "achternaam", "Kies uit: name, given_name"),
        ("e-mail: email", "telefoon: phone", "unknown-value", 9, 15, "phone", "Kies uit: "),
        ("e-mail: email", "e-mail:", "empty-value", 9, 5, "e-mail", "Schrijf bijvoorbeeld: fields: {"),
        ("    e-mail: email\n", "", "field-missing", 7, 5, "fields:", "e-mail: email"),
        ("    voornaam: given_name\n", "", "field-missing", 7, 5, "fields:", "Zet bij een veld"),
        ("privacy: on", "privacy: [on]", "wrong-type", 12, 14, "privacy: [on]", "Schrijf bijvoorbeeld: fixed: "),
        ("privacy: on", "bericht: on", "field-twice", 10, 14, "bericht", "Haal een van de twee weg."),
        ("privacy: on", "telefoon: 06-12345678", "invented-phone", 12, 15, "06-12345678", "per mail"),
        ("privacy: on", "telefoon: +31 33 123 45 67", "invented-phone", 12, 15, "+31 33 123 45 67", "per mail"),
        ("  page: https://alfa.example/contact\n", "", "token-without-page", 4, 11, "tokens:", "Schrijf page:"),
        ("  url: https", "  encoding: json\n  url: https", "page-for-json", 5, 9, "page:", "Haal page weg"),
        ("    text: bedankt\n", "", "no-success-test", 15, 5, "success:", "text: bedankt"),
        ("    text: bedankt\n", "    tekst: bedankt\n", "unknown-key", 16, 5, "tekst", "Bedoelt u 'text'?"),
        ("[200]", "200", "wrong-type", 15, 13, "status: 200", "Schrijf bijvoorbeeld: status: [200]"),
        ("www.alfa", "https://www.alfa", "wrong-type", 17, 11, "https://www.alfa.example", "hosts: "),
        ("url: https://alfa", "url: https://beta", "form-url-differs", 3, 8, "https://beta.example", URL),
        ("# De formulieren", "alfa: {}", "duplicate-key", 2, 1, "alfa", "Haal een van de twee weg."),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(
    tmp_path: Path, old: str, new: str, code: str, line: int, column: int, found: str, remedy: str
) -> None:
    told = next(problem for problem in problems_of(tmp_path, changed(old, new)) if problem.code == code)
    assert (told.line, told.column) == (line, column)
    assert found in (told.found or "")
    assert remedy in (told.remedy or "")


def test_every_mistake_is_told_at_once_and_begins_with_its_advertiser(tmp_path: Path) -> None:
    content = changed("family_name", "achternaam").replace("on\n", "[on]\n") + "bravo: {}\n"
    problems = problems_of(tmp_path, content)
    assert [problem.code for problem in problems] == [
        "unknown-value", "wrong-type", "form-for-mail", "missing-key", "missing-key", "missing-key",
    ]  # fmt: skip
    assert problems[0].message.startswith("alfa.fields.achternaam: ")
    assert str(problems[0]).startswith(f"{tmp_path / 'forms.yaml'}:8:17: unknown-value: ")


@pytest.mark.parametrize("content", ["", "alfa", "- alfa", "alfa: [", "alfa:\n\tx: 1"])
def test_a_file_that_holds_no_descriptions_is_named(tmp_path: Path, content: str) -> None:
    assert only(problems_of(tmp_path, content)).remedy


def test_a_group_of_json_cannot_be_a_value_as_well() -> None:
    fields = {"a": Value.NAME, "a.email": Value.EMAIL, "bericht": Value.MESSAGE}
    form = Form(url=URL, encoding=Encoding.JSON, fields=fields, success=Success(status=(201,)))
    assert [found.problem.code for found in broken_rules(form)] == ["field-twice"]
    assert not list(broken_rules(form.model_copy(update={"encoding": Encoding.FORM, "success": Success(text="dank")})))


def test_the_simple_form_keeps_every_rule() -> None:
    assert not list(broken_rules(simple(URL)))


NAMES = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=8)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)


@given(st.dictionaries(PATHS, st.sampled_from(Value), min_size=1, max_size=6), st.sampled_from(Encoding))
def test_whatever_keeps_the_rules_is_filled_with_every_field_in_its_place(
    fields: dict[str, Value], encoding: Encoding
) -> None:
    form = Form(url=URL, encoding=encoding, fields=fields, success=Success(text="dank"))
    if any(found.problem.code == "field-twice" for found in broken_rules(form)):
        return
    filled = form.filled({value: f"een {value}" for value in Value}, {})
    for name, value in fields.items():
        found: Any = filled
        for step in name.split(".") if encoding is Encoding.JSON else [name]:
            found = found[step]
        assert found == f"een {value}"


# --- At the enrolment ----------------------------------------------------------------------------------------------

FORM = simple(URL).model_copy(update={"fixed": {"privacy": "on"}, "success": Success(json={"status": "ok"})})
DESCRIBED = an_advertiser(channel=Channel.WEBFORM, form_url=URL, form=FORM)


def _envelope(database: Database) -> Envelope:
    envelope = gate(database, claim(database, DUE)[0])
    assert envelope is not None
    return envelope


def test_the_letter_goes_with_the_form_as_it_was_enrolled(database: Database) -> None:
    run(database, participants=[DESCRIBED])
    envelope = _envelope(database)
    assert (envelope.form, envelope.recipient) == (FORM, URL)
    assert envelope.sender_name.startswith(f"{envelope.given_name} ")


def test_a_form_that_nobody_described_is_the_simple_one_and_mail_has_none(database: Database) -> None:
    run(database, participants=[ALFA, an_advertiser("bravo")], rows=[a_listing(1), a_listing(2, "bravo")])
    forms = {envelope.recipient: envelope.form for held in claim(database) if (envelope := gate(database, held))}
    assert forms == {URL: simple(URL), "verhuur@bravo.example": None}
    with database.reading() as session:
        stored = session.execute(text("SELECT count(*) FROM advertiser WHERE form IS NULL")).scalar()
    assert stored == 2


@only_sqlite
def test_a_new_description_holds_for_letters_that_were_planned_before(database: Database) -> None:
    run(database, participants=[ALFA])
    plan(database, a_monday(round="later-2026"), participants=[DESCRIBED], rows=[a_listing(9)])
    assert _envelope(database).form == FORM


@only_sqlite
@pytest.mark.parametrize(
    ("again", "kept"),
    [(ALFA, True), (an_advertiser(channel=Channel.WEBFORM, form_url=f"{URL}/nieuw"), False), (an_advertiser(), False)],
    ids=["the same address", "another address", "by mail from now on"],
)
def test_a_description_holds_as_long_as_its_address(database: Database, again: Participant, kept: bool) -> None:
    plan(database, participants=[DESCRIBED])
    plan(database, a_monday(round="later-2026"), participants=[again], rows=[a_listing(9)])
    with database.reading() as session:
        assert (session.scalars(select(Advertiser.form)).one() is not None) == kept


@only_sqlite
def test_a_letter_to_an_address_that_is_no_longer_enrolled_does_not_go(database: Database) -> None:
    run(database, participants=[DESCRIBED])
    held = claim(database)
    elsewhere = an_advertiser(channel=Channel.WEBFORM, form_url=f"{URL}/nieuw")
    plan(database, a_monday(round="later-2026"), participants=[elsewhere], rows=[a_listing(9)])
    assert gate(database, held[0]) is None


@only_sqlite
def test_a_dwelling_without_a_reference_is_named_by_its_address(database: Database) -> None:
    run(database, participants=[DESCRIBED], rows=[a_listing(1, reference="")])
    assert _envelope(database).reference == "Proefstraat 1, Amersfoort"


@only_sqlite
def test_a_description_of_an_earlier_version_is_read_as_it_was_stored(database: Database) -> None:
    run(database, participants=[DESCRIBED])
    told = {"url": URL, "fields": {"m": "email", "b": "message", "n": "name"}, "success": {"text": "dank"}}
    meddle(database, lambda session: setattr(session.scalars(select(Advertiser)).one(), "form", told))
    form = _envelope(database).form
    assert form is not None
    assert form.fields["m"] is Value.EMAIL
