"""The request test on pages: planned, approved, started, called, coded twice and closed, each by whose work it is."""

from typing import Any

import pytest
from house_makers import only_sqlite
from request_makers import MONDAY, NAME, OFFICES, REFUSAL, asked, browser, coded, enrolled, running
from sqlalchemy import select

from orchestrator.db import Database
from orchestrator.models import OwnerRequest
from orchestrator.request_models import RequestState
from orchestrator.states import Role

pytestmark = only_sqlite

LIST, HERE, SHEET = "/verzoeken", f"/verzoeken/{NAME}", f"/verzoeken/{NAME}/belblad"
DESK = "/codeertafel/verzoeken"
TYPED: dict[str, Any] = {
    "name": NAME,
    "script": "afkomst",
    "first_day": "2026-09-07",
    "last_day": "2026-09-18",
    "testers": ["tess"],
}


def states(database: Database) -> set[tuple[str, str | None]]:
    with database.reading() as session:
        return {(each.state.value, each.note) for each in session.scalars(select(OwnerRequest))}


def test_a_round_is_planned_approved_by_another_and_started_on_pages(database: Database) -> None:
    enrolled(database)
    browser(database, "tess", Role.SENDER)
    planner = browser(database, "anna", Role.DESIGNER, Role.APPROVER)
    page = planner.post(LIST, data=TYPED)
    assert page.url.path == HERE
    assert "12" in page.text
    assert "tess" in page.text
    refused = planner.post(f"{HERE}/goedkeuren")
    assert refused.status_code == 403
    assert "Laat een ander goedkeuren." in refused.text
    assert "Goedgekeurd door bram." in browser(database, "bram", Role.APPROVER).post(f"{HERE}/goedkeuren").text
    tester = browser(database, "tess", Role.SENDER)
    assert "Uw belblad" in tester.post(f"{HERE}/starten").text
    assert tester.post(f"{HERE}/starten").status_code == 409


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "Een naam!", "Kies een naam van kleine letters"),
        ("name", "../status", "Kies een naam van kleine letters"),
        ("script", "anders", "Kies wat er wordt gevraagd."),
        ("first_day", "gisteren", "Vul de eerste dag in."),
        ("last_day", "", "Vul de laatste dag in."),
        ("last_day", "2026-09-01", "De laatste dag ligt voor de eerste."),
        ("testers", [], "Kies minstens één persoon die belt."),
        ("first_day", "2030-01-01", "De laatste dag ligt voor de eerste."),
    ],
)
def test_a_mistake_in_a_plan_is_told_at_its_field_and_what_was_typed_stays(
    database: Database, field: str, value: object, said: str
) -> None:
    enrolled(database)
    browser(database, "tess", Role.SENDER)
    answer = browser(database, "anna", Role.DESIGNER).post(LIST, data={**TYPED, field: value})
    assert answer.status_code == 422
    assert answer.text.count(said) == 2
    assert 'value="afkomst" checked' in answer.text or field == "script"
    assert states(database) == set()


def test_a_period_in_which_nobody_can_be_asked_or_a_name_that_is_taken_is_told(database: Database) -> None:
    running(database)
    planner = browser(database, "anna", Role.DESIGNER)
    assert "Er is al een verzoektest" in planner.post(LIST, data=TYPED).text
    again = planner.post(LIST, data={**TYPED, "name": "nog-eens"})
    assert (again.status_code, "Geen enkele makelaar" in again.text) == (422, True)


def test_a_tester_writes_down_an_answer_without_names_and_sees_only_their_own_offices(database: Database) -> None:
    running(database, "tess", "tom")
    tess, tom = (browser(database, name, Role.SENDER) for name in ("tess", "tom"))
    sheet, others = tess.get(SHEET).text, tom.get(SHEET).text
    own = [key for key in OFFICES if f"belblad/{key}&#34;" in sheet or f'belblad/{key}"' in sheet]
    assert len(own) == 6
    assert not any(f'belblad/{key}"' in others for key in own)
    said = "Nee hoor. U spreekt met Sanne de Boer, bel 06 12345678."
    after = tess.post(f"{SHEET}/{own[0]}", data={"note": said})
    assert f'belblad/{own[0]}"' not in after.text
    ((state, note),) = {each for each in states(database) if each[1]}
    assert state == "made"
    assert note is not None
    assert "Sanne" not in note
    assert "12345678" not in note
    assert tess.post(f"{SHEET}/{own[0]}", data={"note": "nog eens"}).status_code == 409
    assert tom.post(f"{SHEET}/{own[1]}", data={"note": "van een ander"}).status_code == 403


@pytest.mark.long
def test_an_empty_answer_is_asked_again_and_nobody_reached_is_a_try(database: Database) -> None:
    running(database)
    tess = browser(database, "tess", Role.SENDER)
    empty = tess.post(f"{SHEET}/kantoor-1", data={"note": "   "})
    assert empty.status_code == 422
    assert "Schrijf in hooguit 2000 tekens op wat er is geantwoord." in empty.text
    for _ in range(3):
        page = tess.post(f"{SHEET}/kantoor-1/niet-bereikt")
    assert 'belblad/kantoor-1"' not in page.text
    assert ("not_reached", None) in states(database)


def test_on_a_weekend_the_sheet_says_not_to_call_and_takes_nothing(database: Database) -> None:
    running(database)
    tess = browser(database, "tess", Role.SENDER, now=MONDAY.replace(day=12))
    assert "Bel nu niet." in tess.get(SHEET).text
    assert "<textarea" not in tess.get(SHEET).text
    assert tess.post(f"{SHEET}/kantoor-1", data={"note": "toch"}).status_code == 403
    assert states(database) == {("planned", None)}


def test_a_coder_sees_an_answer_and_nothing_of_office_tester_round_or_script(database: Database) -> None:
    running(database)
    asked(database)
    page = browser(database, "cora", Role.CODER).get(DESK).text
    assert REFUSAL in page
    hidden = (*OFFICES, "Makelaardij", "tess", NAME, "afkomst", "Marokkaanse")
    assert not any(word in page for word in hidden)


def test_who_planned_a_request_test_reads_that_somebody_else_codes_its_answers(database: Database) -> None:
    running(database)
    asked(database)
    page = browser(database, "Anna", Role.CODER).get(DESK).text
    assert f"Anna heeft &#39;{NAME}&#39; gepland of goedgekeurd" in page
    assert REFUSAL not in page
    assert "gepland of goedgekeurd" not in browser(database, "cora", Role.CODER).get(DESK).text


@pytest.mark.long
def test_two_coders_agree_on_a_code_and_who_called_is_asked_nothing(database: Database) -> None:
    running(database)
    asked(database)
    assert "Er wacht niets op u." in browser(database, "tess", Role.CODER).get(DESK).text
    cora, chris = (browser(database, name, Role.CODER) for name in ("cora", "chris"))
    assert cora.post(f"{DESK}/1").status_code == 422
    assert cora.post(f"{DESK}/1", data={"code": "NIET_BEREIKT"}).status_code == 422
    for coder in (cora, cora, chris):
        assert coder.post(f"{DESK}/1", data={"code": "ONTWIJKEND"}).status_code == 200
    with database.reading() as session:
        row = session.get_one(OwnerRequest, 1)
        assert (row.code, len(row.codings)) == ("ONTWIJKEND", 2)
    assert cora.post(f"{DESK}/999", data={"code": "ONTWIJKEND"}).status_code == 404


def test_the_outcome_shows_only_after_all_is_coded_and_the_round_is_closed(database: Database) -> None:
    running(database)
    asked(database)
    sender = browser(database, "s.bos", Role.SENDER)
    assert "De uitkomst is verborgen" in sender.get(HERE).text
    waiting = sender.post(f"{HERE}/sluiten")
    assert (waiting.status_code, "wachten 12 antwoorden op codering" in waiting.text) == (403, True)
    coded(database)
    page = sender.get(HERE).text
    assert "weigert uitdrukkelijk" in page
    assert "100%" in page
    assert "De uitkomst is verborgen" not in page


def test_with_few_offices_the_shares_are_withheld(database: Database) -> None:
    running(database)
    with database.writing() as session:
        for each in session.scalars(select(OwnerRequest).where(OwnerRequest.id > 4)):
            each.state = RequestState.CANCELLED
    asked(database)
    coded(database)
    page = browser(database, "anna", Role.ANALYST).get(HERE).text
    assert "De aandelen worden niet getoond." in page
    assert "weigert uitdrukkelijk" not in page


def test_who_may_not_open_a_page_of_the_request_test_cannot(database: Database) -> None:
    running(database)
    for role, address in (
        (Role.CODER, LIST),
        (Role.MUNICIPALITY, LIST),
        (Role.MUNICIPALITY, HERE),
        (Role.DESIGNER, SHEET),
        (Role.DESIGNER, DESK),
        (Role.CODER, SHEET),
    ):
        assert browser(database, f"met-{role}", role).get(address).status_code == 403, (role, address)


def test_a_round_that_is_not_there_is_a_404(database: Database) -> None:
    sender = browser(database, "tess", Role.SENDER)
    assert [sender.get(f"{LIST}/niets{tail}").status_code for tail in ("", "/belblad")] == [404, 404]
