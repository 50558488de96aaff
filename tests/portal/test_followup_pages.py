"""What helps, on the pages of an office and of the desk: each does its own part, and nobody another's."""

import re
from datetime import date

import pytest
from coding_makers import visitor
from followup_makers import ACTION, DUE, agreed, held, proposes, records
from house_makers import ROUND, only_sqlite
from own_makers import OTHER, OTHERS_NAME, OWN, closed_round, desk, office
from release_makers import released

from orchestrator.db import Database
from orchestrator.states import Role

pytestmark = only_sqlite
MINE = f"/mijn/rondes/{ROUND}/wat-helpt"
DESK = f"/rondes/{ROUND}/opvolging"
LOT = "Loot onder wie aan de criteria voldoet"


@pytest.fixture
def closed(database: Database) -> Database:
    closed_round(database)
    return database


def test_an_office_chooses_the_desk_agrees_and_the_office_tells_that_it_is_done(closed: Database) -> None:
    browser, anna = office(closed), desk(closed)
    assert MINE in browser.get(f"/mijn/rondes/{ROUND}").text
    assert LOT in browser.get(MINE).text
    assert browser.post(MINE, data={"action": ACTION, "due": str(DUE)}).status_code == 303
    assert "wacht op akkoord" in browser.get(MINE).text
    assert LOT in anna.get(DESK).text
    assert anna.post(f"{DESK}/akkoord", data={"advertiser": OWN, "action": ACTION}).status_code == 303
    assert browser.post(f"{MINE}/hertest").status_code == 303
    day = held(closed).actions[0].proposed_at.date()
    told = {"action": ACTION, "day": str(day), "note": "Klaar.\nMet vriendelijke groet,\nPietje Puk"}
    assert browser.post(f"{MINE}/klaar", data=told).status_code == 303
    assert "U vroeg om een hertest." in browser.get(MINE).text
    seen = anna.get(DESK).text
    assert "Hertest gevraagd" in seen
    assert "Puk" not in seen


def test_what_is_typed_wrong_is_asked_again_and_kept(closed: Database) -> None:
    browser = office(closed)
    asked = browser.post(MINE, data={"action": "bestaat-niet", "due": "gisteren"})
    assert asked.status_code == 422
    assert "Kies een actie." in asked.text
    assert "Vul een dag in." in asked.text
    late = browser.post(MINE, data={"action": ACTION, "due": "2026-01-01"})
    assert late.status_code == 422
    assert f'value="{ACTION}" checked' in late.text
    assert browser.post(f"{MINE}/hertest").status_code == 409
    assert browser.post(f"{MINE}/klaar", data={"action": ACTION, "day": "2026-10-01"}).status_code == 409
    assert held(closed).actions == ()


def test_no_office_sees_or_touches_the_actions_of_another_by_any_name_it_sends(closed: Database) -> None:
    agreed(closed, OTHER)
    records(closed, OTHER)
    browser = office(closed)
    theirs = {"advertiser": OTHER, "office": OTHER, "key": OTHER, "action": ACTION, "day": "2026-10-01"}
    for address in (f"{MINE}/intrekken", f"{MINE}/klaar", f"{MINE}/hertest"):
        answer = browser.post(address, data=theirs, params={"advertiser": OTHER})
        assert answer.status_code == 409, address
        assert OTHERS_NAME not in answer.text
    for address in (DESK, f"{DESK}/akkoord"):
        assert browser.post(address, data=theirs).status_code == 403
    assert browser.get(DESK).status_code == 403
    assert "Gesprek gehouden" not in browser.get(MINE).text
    (row,) = held(closed, OTHER).actions
    assert (row.counts, row.done_on, len(held(closed, OTHER).entries)) == (True, None, 1)


def test_the_desk_writes_in_the_register_and_is_told_what_it_left_out(closed: Database) -> None:
    anna = desk(closed)
    asked = anna.post(DESK, data={"advertiser": "niemand", "kind": "feest", "day": ""})
    assert asked.status_code == 422
    for said in ("Kies een kantoor.", "Kies wat er gebeurde.", "Vul een dag in."):
        assert f">{said}</p>" in asked.text
    told = {"advertiser": OWN, "kind": "talk-held", "day": "2026-10-01"}
    assert anna.post(DESK, data={**told, "day": "2099-01-01"}).status_code == 422
    future = anna.post(DESK, data={**told, "kind": "training-offered", "day": str(date(2027, 1, 4))})
    assert future.status_code == 303
    assert "Training aangeboden: 4 januari 2027" in office(closed).get(MINE).text


@pytest.mark.parametrize("role", [Role.CODER, Role.MUNICIPALITY, Role.ADMINISTRATOR])
def test_who_does_not_research_sees_no_office_after_a_round(closed: Database, role: Role) -> None:
    assert desk(closed, f"met-{role}", role).get(DESK).status_code == 403


@pytest.mark.parametrize("role", [Role.APPROVER, Role.SENDER])
def test_who_may_look_but_not_agree_gets_no_button(closed: Database, role: Role) -> None:
    proposes(closed)
    browser = desk(closed, f"met-{role}", role)
    assert "wacht op akkoord" in browser.get(DESK).text
    assert "<form" not in browser.get(DESK).text.partition("<main")[2]
    assert browser.post(f"{DESK}/akkoord", data={"advertiser": OWN, "action": ACTION}).status_code == 403


@pytest.mark.long
def test_the_municipality_reads_at_how_many_offices_and_from_five_on(database: Database) -> None:
    released(database)
    offices = [f"kantoor-{number}" for number in range(1, 7)]
    for key in offices[:4]:
        records(database, key)
    reader = visitor(database, "gemma", Role.MUNICIPALITY)
    address = f"/uitkomst/{ROUND}/1/opvolging"
    assert "niet te noemen" in reader.get(address).text
    records(database, offices[4])
    text = reader.get(address).text
    assert re.search(r"Gesprek gehouden</th>\s*<td[^>]*>5</td>", text)
    assert not any(key in text.casefold() for key in offices)
    assert reader.get(DESK).status_code == 403
