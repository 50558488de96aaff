"""The outcome of a request test goes out in the same four steps, and the municipality reads no more than is safe."""

import csv
import io
import json

import pytest
from house_makers import only_sqlite
from lxml import html
from page_makers import importlib
from request_makers import MONDAY, NAME, OFFICES, answered, browser, mailed, running
from sqlalchemy import select, update
from starlette.testclient import TestClient
from test_english_pages import dutch

from orchestrator.accounts import GIVEN
from orchestrator.db import Database
from orchestrator.models import Event, OwnerRequest, Release, RequestRound
from orchestrator.states import Role, RoundState
from portal.web.language import COOKIE

papers = importlib.import_module("test_paper")
pytestmark = only_sqlite

DESK, OUTCOME = f"/verzoeken/{NAME}/vrijgave", f"/uitkomsten/verzoek/{NAME}"
REFUSES, ALONG = "WEIGERT_MET_UITLEG", "BEREID_MET_BESEF"


def closed(database: Database, refusals: int = 9, along: int = 3) -> None:
    """A closed request test by telephone in which so many refused and so many went along; anna planned it."""
    running(database)
    answered(database, [REFUSES] * refusals + [ALONG] * along)


def steps(database: Database, most: int = 4, number: int = 1, reason: str = "") -> None:
    """Take the first so many steps of the four, each by its own person."""
    who = (("bert", Role.ANALYST), ("dora", Role.ANALYST), ("gemma", Role.MUNICIPALITY), ("carla", Role.APPROVER))
    where = (DESK, f"{DESK}/{number}/ondertekenen", f"{OUTCOME}/{number}/gelezen", f"{DESK}/{number}/vrijgeven")
    for (name, role), path in list(zip(who, where, strict=True))[:most]:
        answer = browser(database, name, role).post(path, data={"reason": reason}, follow_redirects=False)
        assert answer.status_code == 303, (path, answer.text)


def gemma(database: Database) -> TestClient:
    return browser(database, "gemma", Role.MUNICIPALITY)


def document(database: Database, number: int = 1) -> dict:  # type: ignore[type-arg]
    with database.reading() as session:
        return json.loads(session.scalars(select(Release.document).where(Release.number == number)).one())  # type: ignore[no-any-return]


@pytest.mark.long
def test_an_outcome_goes_out_in_four_steps_by_four_people(database: Database) -> None:
    closed(database)
    steps(database, 1)
    assert gemma(database).get(f"{OUTCOME}/1").status_code == 404
    assert "Er is nog niets te lezen." in gemma(database).get("/uitkomsten").text
    by_the_drafter = browser(database, "bert", Role.ANALYST).post(f"{DESK}/1/ondertekenen")
    assert (by_the_drafter.status_code, "mag niet ondertekenen" in by_the_drafter.text) == (409, True)
    browser(database, "dora", Role.ANALYST).post(f"{DESK}/1/ondertekenen")
    assert "Hebt u deze versie gelezen?" in gemma(database).get(OUTCOME).text
    gemma(database).post(f"{OUTCOME}/1/gelezen", data={"remark": "Dank."})
    assert "Dank." in browser(database, "carla", Role.APPROVER).get(DESK).text
    planner = browser(database, "anna", Role.APPROVER).post(f"{DESK}/1/vrijgeven")
    assert (planner.status_code, "de ronde gepland" in planner.text) == (409, True)
    browser(database, "carla", Role.APPROVER).post(f"{DESK}/1/vrijgeven")
    with database.reading() as session:
        assert session.scalars(select(RequestRound.state)).one() is RoundState.RELEASED
        assert "request-round.released" in session.scalars(select(Event.kind)).all()
    assert "vrijgegeven" in gemma(database).get(OUTCOME).text


@pytest.mark.long
def test_each_step_is_for_its_own_role(database: Database) -> None:
    closed(database)
    steps(database, 1)
    for place, (path, role) in enumerate(
        [
            (f"{DESK}/1/ondertekenen", Role.ANALYST),
            (f"{OUTCOME}/1/gelezen", Role.MUNICIPALITY),
            (f"{DESK}/1/vrijgeven", Role.APPROVER),
        ]
    ):
        for other in set(GIVEN) - {role}:
            assert browser(database, f"{other}-{place}", other).post(path).status_code == 403


def test_before_it_is_closed_there_is_nothing_to_release(database: Database) -> None:
    running(database)
    desk = browser(database, "bert", Role.ANALYST)
    assert "Er valt nog niets vrij te geven." in desk.get(DESK).text
    assert desk.post(DESK).status_code == 409


def test_the_municipality_reads_the_share_its_margin_what_was_asked_and_what_it_means(database: Database) -> None:
    closed(database)
    steps(database)
    page = " ".join(html.fromstring(gemma(database).get(OUTCOME).text).text_content().split())
    # By hand, 9 of 12: Wilson's interval is 0.468 to 0.911.
    for part in (
        "75 van de 100 kantoren",
        "van 47 tot 91",
        "Ik heb liever geen huurders met een Marokkaanse of Turkse achtergrond.",
        "afkomst, versie 1, vingerafdruk",
        "per telefoon",
        "een voornemen, geen gedrag",
        "ongeveer 10",
        "Cohens kappa",
        "interval van Wilson van 95%",
    ):
        assert part in page, part
    assert "%%" not in page
    assert not [key for key in OFFICES if key in page]


@pytest.mark.long
def test_numbers_by_answer_are_told_only_where_they_are_safe(database: Database) -> None:
    closed(database)
    steps(database, 2)
    assert [part["offices"] for table in document(database)["tables"] for part in table["parts"]] == []
    page = gemma(database).get(OUTCOME).text
    assert "Wie uitdrukkelijk weigerde" not in page


@pytest.mark.long
def test_of_a_large_group_the_answers_are_told_and_a_small_one_is_hidden_with_another(database: Database) -> None:
    running(database, offices=40)
    answered(database, [REFUSES] * 12 + ["WEIGERT_ZONDER_UITLEG"] * 12 + [ALONG] * 12 + ["KEUZE_BIJ_EIGENAAR"] * 4)
    steps(database, 2)
    told = {each["name"]: {part["name"]: part["offices"] for part in each["parts"]}
            for each in document(database)["tables"]}  # fmt: skip
    assert told["refuses"] == {REFUSES: 12, "WEIGERT_ZONDER_UITLEG": 12}
    assert set(told["not_refusing"].values()) == {None}


@pytest.mark.long
def test_under_ten_offices_that_were_reached_no_share_is_told_anywhere(database: Database) -> None:
    running(database, offices=9)
    answered(database, [REFUSES] * 9)
    steps(database)
    told = document(database)
    assert (told["result"], told["tables"], told["coding"]) == (
        {"shown": False, "reason": "too-small"}, [], {"kappa": None},
    )  # fmt: skip
    for path in (OUTCOME, "/uitkomsten"):
        assert "De cijfers van deze versie tonen wij niet." in gemma(database).get(path).text
    assert "share" not in gemma(database).get(f"{OUTCOME}/1/uitkomst.csv").text.partition("\n")[2]


@pytest.mark.long
def test_a_correction_of_one_office_is_a_version_without_figures_beside_the_one_that_was_read(
    database: Database,
) -> None:
    closed(database)
    steps(database)
    with database.writing() as session:
        first = session.scalars(select(OwnerRequest.id).limit(1)).one()
        session.execute(update(OwnerRequest).where(OwnerRequest.id == first).values(code=ALONG))
    steps(database, 2, number=2, reason="Een code was fout.")
    assert document(database, 2)["result"] == {"shown": False, "reason": "too-little-changed"}
    assert document(database)["result"]["offices"] == 12
    assert "Een code was fout." in gemma(database).get(f"{OUTCOME}/2").text


def test_a_version_whose_answers_changed_is_not_signed_and_says_so(database: Database) -> None:
    closed(database)
    steps(database, 1)
    with database.writing() as session:
        session.execute(update(OwnerRequest).values(code=ALONG))
    answer = browser(database, "dora", Role.ANALYST).post(f"{DESK}/1/ondertekenen")
    assert (answer.status_code, "Er is niets verloren" in answer.text) == (409, True)


def test_the_files_are_the_frozen_document_and_say_the_same_numbers(database: Database) -> None:
    closed(database)
    steps(database)
    reader = gemma(database)
    told = json.loads(reader.get(f"{OUTCOME}/1/uitkomst.json").content)
    rows = list(csv.DictReader(io.StringIO(reader.get(f"{OUTCOME}/1/uitkomst.csv").text)))
    share = next(row for row in rows if row["part"] == "refuses")
    assert (float(share["share"]), share["convention"]) == (
        told["result"]["refuses"]["value"],
        "alle bereikte kantoren",
    )
    assert reader.get(f"{OUTCOME}/1/uitkomst.pdf").content.startswith(b"%PDF")
    assert reader.get(f"{OUTCOME}/1/uitkomst.exe").status_code == 404


@pytest.mark.long
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("offices", [9, 12, 40])
def test_a_checker_finds_no_fault_in_the_outcome_on_paper(database: Database, offices: int, language: str) -> None:
    running(database, offices=offices)
    answered(database, [REFUSES] * (offices - 3) + [ALONG] * 3)
    steps(database, 2)
    reader = gemma(database)
    reader.cookies.set(COOKIE, language)
    assert papers.faults(reader.get(f"{OUTCOME}/1/uitkomst.pdf").content) == []


@pytest.mark.long
def test_each_released_request_test_is_a_line_by_its_ground(database: Database) -> None:
    closed(database)
    steps(database)
    for path in ("/uitkomsten", OUTCOME):
        page = gemma(database).get(path).text
        assert "Verzoektests per grond" in page
        assert "47% tot 91%" in page.replace("\xa0", "")


def test_a_round_whose_mails_never_went_says_that_it_is_an_exercise_and_is_no_line(database: Database) -> None:
    mailed(database)
    answered(database, [REFUSES] * 12)
    steps(database)
    page = gemma(database).get(OUTCOME).text
    assert "Oefenronde." in page
    assert "Verzoektests per grond" not in page


@pytest.mark.long
@pytest.mark.parametrize("path", [OUTCOME, "/uitkomsten", f"{OUTCOME}/1"])
def test_an_english_outcome_is_english_but_for_what_was_said_to_offices(database: Database, path: str) -> None:
    closed(database)
    steps(database)
    reader = gemma(database)
    reader.cookies.set(COOKIE, "en")
    seen = html.fromstring(reader.get(path).text)
    for each in seen.xpath("//*[@lang='nl'] | //script | //style"):
        each.drop_tree()
    assert dutch(" ".join(seen.xpath("//main")[0].text_content().split())) == []


@pytest.mark.long
def test_a_remark_that_is_too_long_is_repeated_with_its_error(database: Database) -> None:
    closed(database)
    steps(database, 2)
    answer = gemma(database).post(f"{OUTCOME}/1/gelezen", data={"remark": "z" * 1001})
    assert answer.status_code == 422
    assert "z" * 1001 in answer.text
    assert MONDAY
