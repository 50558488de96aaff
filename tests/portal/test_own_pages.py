"""The own pages of an advertiser: its own outcome, its right to answer, and nothing of anybody else."""

import json
import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from fastapi.routing import APIRoute
from house_makers import DAY, HOUR, PLANNED, ROUND, claim, events, listings, only_sqlite, run
from own_makers import CLOSED_AT, OTHER, OTHERS_NAME, OWN, closed_round, desk, office
from release_makers import draft, read, release, sign
from sqlalchemy import select, update
from starlette.testclient import TestClient

from orchestrator.context import NOTE_DAYS
from orchestrator.db import Database
from orchestrator.models import Advertiser, ContextNote, Enrolment, Event, Inquiry, Listing, Pair, Round
from orchestrator.states import Role, RoundState
from orchestrator.takings import TAKEN
from portal.web.access import ACCESS, PUBLIC
from portal.web.access import OWN as OWN_ROWS

pytestmark = only_sqlite

MINE = f"/mijn/rondes/{ROUND}"
NOTES = f"/rondes/{ROUND}/toelichtingen"
NOTE = {"choice": "al-verhuurd", "text": "De woning was op maandag al weg."}

SAID = {"sure": "ja", **NOTE, "part": "statement", "url": "https://deuren.example", "since": "2026-09-01"}
INCOMPLETE = {
    "mine_toolkit_make": 422,
    "mine_followup_propose": 422,
    "mine_followup_done": 422,
    "mine_followup_withdraw": 409,
    "mine_followup_retest": 409,
}
"""Forms that ask for more than `SAID` says; the page with its faults shows nothing of anybody else either."""


@pytest.fixture
def closed(database: Database) -> Database:
    closed_round(database)
    return database


def codes(database: Database, key: str) -> list[str]:
    with database.reading() as session:
        rows = select(Pair.code).join(Listing, Pair.listing_id == Listing.id).join(Advertiser)
        return list(session.scalars(rows.where(Advertiser.key == key).order_by(Pair.code)))


def identifiers(database: Database, key: str) -> dict[str, list[str]]:
    """Everything by which somebody could ask for what is of an advertiser."""
    with database.reading() as session:
        row = session.scalars(select(Advertiser).where(Advertiser.key == key)).one()
        theirs = select(Pair).join(Listing, Pair.listing_id == Listing.id).where(Listing.advertiser_id == row.id)
        pairs = session.scalars(theirs).all()
        letters = session.scalars(select(Inquiry.id).where(Inquiry.pair_id.in_([each.id for each in pairs]))).all()
        return {
            "advertiser": [row.key, str(row.id), row.name, row.email],
            "code": [pairs[0].code, str(pairs[0].id), pairs[0].listing.key],
            "number": [str(letters[0])],
            "key": [row.key],
        }


REST = {
    "round_name": ROUND, "token": "t", "place": "1", "draft": "d", "step": "s", "chart": "wijken", "kind": "csv",
    "name": "results.json", "number": "1", "key": "pauzeren", "code": "P-0001", "advertiser": OTHER,
}  # fmt: skip


def addresses(route: APIRoute, of_others: dict[str, list[str]]) -> list[str]:
    """The addresses of a route with each identifier of somebody else in each of its places."""
    places = [place for place in re.findall(r"{(\w+)}", route.path) if place in of_others]
    values = REST if not places else {}
    found = [route.path.format(**{**REST, place: each}) for place in places for each in of_others[place]]
    return found or [route.path.format(**(values or REST))]


@pytest.mark.long
def test_no_office_reaches_anything_of_another_by_any_identifier_on_any_route(closed: Database) -> None:
    """The isolation matrix: each route, both ways between two offices, with each identifier in each place."""
    asked = 0
    for step in (draft, sign, read, release):
        step(closed)
    for me, them in ((OWN, OTHER), (OTHER, OWN)):
        browser = office(closed, me)
        browser.headers["x-advertiser"] = them
        name = f"Makelaardij {them.capitalize()}"
        of_others = identifiers(closed, them)
        for route in browser.app.routes:  # type: ignore[attr-defined]
            if not isinstance(route, APIRoute) or ACCESS[route.name] is PUBLIC:
                continue
            for address in addresses(route, of_others):
                asked += 1
                answer = browser.request(
                    next(iter(route.methods)),
                    address,
                    params={"advertiser": them, "aanbieder": them},
                    **({"data": {"advertiser": them, **SAID}} if "POST" in route.methods else {}),
                )
                mine = ACCESS[route.name] is OWN_ROWS and "code" not in route.path
                done = INCOMPLETE.get(route.name, 303) if "POST" in route.methods else 200
                assert answer.status_code == (done if mine else 404 if "/mijn" in route.path else 403), address
                text = answer.text.replace(address, "")  # a page links to itself in the other language
                assert name not in text
                assert not any(code in text for code in codes(closed, them)), address
        with closed.reading() as session:
            withdrawn = select(Advertiser.key).join(Enrolment).where(Enrolment.withdrawn_at.is_not(None))
            assert them not in session.scalars(withdrawn).all() or me == OTHER
    assert asked > 100
    with closed.reading() as session:
        assert session.scalars(select(ContextNote)).all() == []


@pytest.mark.long
def test_nobody_of_the_desk_enters_the_pages_of_an_advertiser(closed: Database) -> None:
    for role in Role:
        browser = desk(closed, f"met-{role}", role) if role is not Role.BROKER else desk(closed)
        for address in ("/mijn", MINE, f"{MINE}/tests/{codes(closed, OWN)[0]}"):
            assert browser.get(address).status_code == 403, (role, address)


def test_an_office_that_is_signed_out_is_asked_to_sign_in(closed: Database) -> None:
    browser = office(closed)
    assert browser.get("/mijn").status_code == 200
    browser.post("/afmelden")
    assert browser.get("/mijn").headers["location"] == "/aanmelden?next=/mijn"


def test_a_round_that_runs_and_a_round_that_is_not_there_look_the_same(database: Database) -> None:
    closed_round(database)
    with database.writing() as session:
        session.execute(update(Round).values(state=RoundState.RUNNING))
    browser = office(database)
    running, nothing = browser.get(MINE), browser.get("/mijn/rondes/bestaat-niet")
    assert (running.status_code, nothing.status_code) == (404, 404)
    assert running.text.replace(ROUND, "") == nothing.text.replace("bestaat-niet", "")
    assert ROUND not in browser.get("/mijn").text


def test_an_office_reads_its_own_outcome_with_its_margin_the_band_and_the_floor_in_words(closed: Database) -> None:
    browser = office(closed)
    assert MINE in browser.get("/mijn").text
    text = browser.get(MINE).text
    for part in ("Uw terugkoppeling, Makelaardij Kantoor-1", "Middelste helft van 10 makelaars", "onzekerheidsmarge"):
        assert part in text
    assert re.search(r"Te weinig gegevens: nog \d+ eenzijdige tests? nodig\.", text)
    assert "toeval" in text
    assert "Kreeg antwoord" in text
    assert OTHERS_NAME not in text


def test_the_page_of_an_office_tells_of_no_letter_and_no_applicant(closed: Database) -> None:
    text = office(closed).get(MINE).text
    with closed.reading() as session:
        for letter in session.scalars(select(Inquiry)):
            name = letter.profile["name"]
            assert f"{name['first']} {name['last']}" not in text
            assert letter.message_id not in text
    weeks = {*re.findall(r"<td>(\d+ \w+ \d{4} tot en met \d+ \w+ \d{4})</td>", text)}
    assert weeks == {"7 september 2026 tot en met 13 september 2026"}


# The right to answer.


def write(browser: TestClient, code: str, **changes: str) -> int:
    return int(browser.post(f"{MINE}/tests/{code}", data={**NOTE, **changes}).status_code)


@pytest.mark.long
def test_a_note_is_written_changed_and_told_of_without_names_of_staff(closed: Database) -> None:
    browser, (code, *_) = office(closed), codes(closed, OWN)
    assert write(browser, code) == 303
    assert write(browser, code, text="Verkeerd begrepen.\nMet vriendelijke groet,\nPietje Puk") == 303
    with closed.reading() as session:
        (note,) = session.scalars(select(ContextNote)).all()
        assert "Puk" not in note.text
        assert note.text.startswith("Verkeerd begrepen.")
    assert [event.actor for event in events(closed) if event.kind == "context.written"] == [f"aanbieder:{OWN}"] * 2
    assert "De woning was al verhuurd" in browser.get(MINE).text


def test_a_note_that_says_nothing_is_asked_again_with_what_was_typed(closed: Database) -> None:
    browser, (code, *_) = office(closed), codes(closed, OWN)
    answer = browser.post(f"{MINE}/tests/{code}", data={"choice": "", "text": "bewaar <dit>"})
    assert answer.status_code == 422
    assert "Kies wat er speelde." in answer.text
    assert "bewaar &lt;dit&gt;" in answer.text
    assert write(browser, code, choice="anders", text=" ") == 422
    assert write(browser, code, text="x" * 2001) == 422


@pytest.mark.long
def test_a_note_after_the_deadline_is_not_lost_and_says_whom_to_reach(closed: Database) -> None:
    code = codes(closed, OWN)[0]
    assert write(office(closed, now=CLOSED_AT + NOTE_DAYS * DAY), code) == 303
    late = office(closed, now=CLOSED_AT + (NOTE_DAYS + 1) * DAY + HOUR)
    answer = late.post(f"{MINE}/tests/{code}", data={"choice": "anders", "text": "te laat <getypt>"})
    assert answer.status_code == 409
    assert "De termijn voor een toelichting is voorbij." in answer.text
    assert "Neem contact op met de onderzoekers:" in answer.text
    assert "te laat &lt;getypt&gt;" in answer.text
    assert 'value="anders" checked' in answer.text


def test_who_decides_sees_the_note_but_not_the_advertiser_the_arms_or_the_answers(closed: Database) -> None:
    code = codes(closed, OWN)[0]
    write(office(closed), code)
    text = desk(closed).get(NOTES).text
    assert NOTE["text"] in text
    for hidden in (OWN, "Makelaardij", "profiel", "itnodiging", "Nettoverschil"):
        assert hidden not in text, hidden


@pytest.mark.long
def test_while_an_advertiser_may_be_heard_nobody_of_the_desk_sees_the_arms_of_its_tests(closed: Database) -> None:
    code, other, *_ = codes(closed, OWN)
    write(office(closed), code)
    researcher, later = desk(closed), desk(closed, now=CLOSED_AT + (NOTE_DAYS + 1) * DAY + HOUR)

    def told(browser: TestClient, of: str) -> bool:
        page = browser.get(f"/rondes/{ROUND}/tests/{of}").text
        hidden = "Verborgen zolang de aanbieder nog iets kan zeggen over deze test" in page
        assert hidden is ("Controleprofiel" not in page)
        return not hidden

    assert [told(researcher, of) for of in (code, other)] == [False, False]
    assert [told(later, of) for of in (code, other)] == [False, True]
    researcher.post(f"{NOTES}/{code}", data={"accept": "nee", "reason": "De advertentie stond nog open."})
    assert [told(researcher, of) for of in (code, other)] == [True, False]


@pytest.mark.long
@pytest.mark.parametrize("file", ["bestand.zip", "pairs.csv"])
def test_who_took_the_arms_of_a_round_home_decides_on_none_of_its_notes(closed: Database, file: str) -> None:
    code, told = codes(closed, OWN)[0], {"accept": "ja", "reason": "Al verhuurd volgens het kadaster."}
    write(office(closed), code)
    knows = desk(closed)
    for harmless in ("checksums.sha256", "results.json", ""):
        assert knows.get(f"/rondes/{ROUND}/export{'/' * bool(harmless)}{harmless}").status_code == 200
    with closed.reading() as session:
        assert not session.scalars(select(Event).where(Event.kind == TAKEN)).all()
    assert knows.get(f"/rondes/{ROUND}/export/{file}").status_code == 200
    refused = knows.post(f"{NOTES}/{code}", data=told)
    assert (refused.status_code, "Laat een ander besluiten" in refused.text) == (403, True)
    assert desk(closed, "een-ander", Role.ANALYST).post(f"{NOTES}/{code}", data=told).status_code == 303


@pytest.mark.long
def test_a_decision_has_a_reason_is_made_once_and_is_told_to_the_office(closed: Database) -> None:
    code = codes(closed, OWN)[0]
    write(office(closed), code)
    researcher = desk(closed)
    asked = researcher.post(f"{NOTES}/{code}", data={"accept": "ja", "reason": " "})
    assert (asked.status_code, "Geef een reden van hooguit 2000 tekens." in asked.text) == (422, True)
    told = {"accept": "nee", "reason": "De advertentie stond nog open."}
    assert researcher.post(f"{NOTES}/{code}", data=told).status_code == 303
    assert researcher.post(f"{NOTES}/{code}", data={**told, "accept": "ja"}).status_code == 409
    assert "niet overgenomen: De advertentie stond nog open." in office(closed).get(MINE).text
    assert write(office(closed), code) == 409
    assert desk(closed, "met-coder", Role.CODER).get(NOTES).status_code == 403


@pytest.mark.long
def test_an_accepted_note_leaves_the_declared_figure_and_shows_the_one_without_beside_it(closed: Database) -> None:
    researcher, later = desk(closed), desk(closed, now=CLOSED_AT + (NOTE_DAYS + 1) * DAY + HOUR)
    before = researcher.get(f"/rondes/{ROUND}/resultaten").text
    assert "Er is geen toelichting overgenomen" in before
    for code in codes(closed, OWN)[:3]:
        write(office(closed), code)
        researcher.post(f"{NOTES}/{code}", data={"accept": "ja", "reason": "Al verhuurd volgens het kadaster."})
    after = later.get(f"/rondes/{ROUND}/resultaten").text
    assert "Wat de toelichtingen aan de uitkomst veranderen" in later.get(NOTES).text
    rows = re.findall(r'<th scope="row">(Vooraf vastgelegd|Zonder tests[^<]*)</th>(.*?)</tr>', after, re.DOTALL)
    numbers = [re.findall(r">([^<]+)</td>", cells) for _, cells in rows]
    assert [each[-1] for each in numbers] == ["60", "57"]
    assert numbers[0][0] in before  # the net difference as it was
    assert numbers[0][0] != numbers[1][0]


@pytest.mark.long
def test_while_anything_is_left_to_decide_no_figure_tells_what_a_pair_answered(closed: Database) -> None:
    first, second, *_ = codes(closed, OWN)
    for code in (first, second):
        write(office(closed), code)
    told = {"accept": "ja", "reason": "Klopt met de advertentie."}
    later = desk(closed, now=CLOSED_AT + (NOTE_DAYS + 1) * DAY + HOUR)
    later.post(f"{NOTES}/{first}", data=told)
    assert "gevoeligheidsanalyse" not in later.get(NOTES).text
    later.post(f"{NOTES}/{second}", data=told)
    assert "gevoeligheidsanalyse" not in desk(closed).get(NOTES).text
    assert "gevoeligheidsanalyse" in later.get(NOTES).text


# Own data, and stopping.


def own_data(browser: TestClient) -> dict[str, Any]:
    with ZipFile(BytesIO(browser.get("/mijn/gegevens.zip").content)) as file:
        told: dict[str, Any] = json.loads(file.read("gegevens.json"))
    return told


@pytest.mark.long
def test_an_office_takes_home_all_that_is_held_about_it_and_nothing_of_others(closed: Database) -> None:
    browser, (code, *_) = office(closed), codes(closed, OWN)
    write(browser, code)
    told = own_data(browser)
    assert told["advertiser"]["key"] == OWN
    assert [each["purpose"] for each in told["consents"]] == ["learning"]
    (round_,) = told["rounds"]
    assert (round_["load"]["letters"], len(round_["tests"])) == (12, 6)
    assert [test["note"]["text"] for test in round_["tests"] if test["note"]] == [NOTE["text"]]
    assert OTHER not in json.dumps(told)


def test_who_stops_gets_no_letter_from_the_next_claim_on_and_is_not_told_how_many_waited(database: Database) -> None:
    run(database, rows=listings(2))
    browser = office(database, "alfa", PLANNED + 3 * HOUR)
    assert "Stop mijn deelname" in browser.get("/mijn/gegevens").text
    asked = browser.post("/mijn/stoppen")
    assert (asked.status_code, "Vink aan dat u wilt stoppen." in asked.text) == (422, True)
    assert "Stop mijn deelname" in browser.get("/mijn/gegevens").text
    for _ in range(2):  # a double click
        assert browser.post("/mijn/stoppen", data={"sure": "ja"}).status_code == 303
    text = browser.get("/mijn/gegevens").text
    assert "U doet nu niet mee." in text
    assert "Stop mijn deelname" not in text
    assert own_data(browser)["rounds"] == []
    assert claim(database) == []
    assert [event.actor for event in events(database) if event.kind == "advertiser.withdrawn"] == ["aanbieder:alfa"]


def test_the_outcome_of_an_office_is_a_pdf_too(closed: Database) -> None:
    answer = office(closed).get(f"{MINE}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
