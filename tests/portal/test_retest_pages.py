"""A re-test on the pages: an office sees its own before and after, the municipality what may be told of all."""

import pytest
from house_makers import DAY, ROUND, meddle, only_sqlite
from own_makers import client, desk, office, office_cookie
from release_makers import CLOSED
from retest_makers import AGREED_AT, KEYS, LATER, RETEST, document, publish, retested
from sqlalchemy import update
from starlette.testclient import TestClient

from orchestrator import followup
from orchestrator.db import Database
from orchestrator.followup_models import FollowUpKind
from orchestrator.models import Reply
from orchestrator.states import Role
from portal.web import outcome_view
from portal.web.language import COOKIE
from results.releases import steps

pytestmark = [only_sqlite, pytest.mark.long]
AFTER = CLOSED + LATER
OUTCOME = f"/uitkomst/{RETEST}/1"


@pytest.fixture
def again(database: Database) -> Database:
    """A released round and its re-test at the same ten offices, released too."""
    retested(database)
    publish(database, RETEST, now=AFTER)
    return database


def reader(database: Database) -> TestClient:
    return desk(database, "gemma", Role.MUNICIPALITY, now=AFTER + DAY)


def test_an_office_sees_its_own_before_and_after_and_that_it_may_be_chance(again: Database) -> None:
    page = office(again, KEYS[0], AFTER + DAY).get(f"/mijn/rondes/{RETEST}").text
    assert "Voor en na" in page
    assert "bij uw kantoor" in page
    assert "Te weinig gegevens: nog" in page
    assert "dit kan toeval zijn" in page
    assert "10 kantoren" not in page
    assert "Voor en na" not in office(again, KEYS[0], AFTER + DAY).get(f"/mijn/rondes/{ROUND}").text
    english = office(again, KEYS[0], AFTER + DAY)
    english.cookies.set(COOKIE, "en")
    assert "Too little data" in english.get(f"/mijn/rondes/{RETEST}").text


def test_the_page_of_an_office_on_what_helps_names_no_re_test_that_is_planned(again: Database) -> None:
    with again.writing() as session:
        day = (AFTER + 30 * DAY).date()
        followup.record(session, KEYS[0], ROUND, FollowUpKind.RETEST_PLANNED, day, "anna", AGREED_AT)
    own = client(again, office_cookie(again, KEYS[0]), AFTER + DAY)
    assert "Hertest gepland" not in own.get(f"/mijn/rondes/{ROUND}/wat-helpt").text
    analyst = desk(again, "anna", Role.ANALYST, now=AFTER + DAY)
    assert f"{day.year}" in analyst.get(f"/rondes/{ROUND}/opvolging").text


def test_the_municipality_reads_before_and_after_of_all_offices_together(again: Database) -> None:
    page = reader(again).get(OUTCOME).text
    assert "bij de 10 kantoren in beide rondes" in page
    assert "Verandering: na min voor" in page
    assert "ook als er niets verandert" in page
    assert "Er is geen groep kantoren" in page
    assert not any(key in page for key in KEYS)
    table = reader(again).get(f"{OUTCOME}/uitkomst.csv").text
    assert "retest,before,60,24,18,6,12,0.2" in table
    assert "Voor en na" not in reader(again).get(f"/uitkomst/{ROUND}/1").text


def test_the_municipality_reads_why_it_does_not_see_a_part(database: Database) -> None:
    retested(database, 9, each=4)
    publish(database, RETEST, now=AFTER)
    page = reader(database).get(OUTCOME).text
    assert "tonen wij niet" in page
    assert "Verandering: na min voor" not in page
    assert "retest,before,x" in reader(database).get(f"{OUTCOME}/uitkomst.csv").text


def test_the_researcher_sees_it_in_the_report(again: Database) -> None:
    page = desk(again, now=AFTER + DAY).get(f"/rondes/{RETEST}/rapport/onderzoeker").text
    assert "bij de 10 kantoren in beide rondes" in page


def test_a_re_test_is_not_on_the_line_through_the_rounds(again: Database) -> None:
    told = [document(again, name) for name in (ROUND, RETEST)]
    for each in told:
        each["study"]["mode"] = "live"
    (line,) = outcome_view.trends(told)
    assert [point.round for part in line.stretches for point in part.points] == [ROUND]


def test_the_desk_says_that_before_and_after_changed_since_the_draft(database: Database) -> None:
    retested(database)
    steps.draft(database, RETEST, "anna", AFTER)
    meddle(database, update(Reply).values(label="AL_VERHUURD"))
    page = desk(database, "anna", Role.ANALYST, now=AFTER + DAY).get(f"/rondes/{RETEST}/vrijgave").text
    assert "voor en na" in page
