"""The pages of a release: the four steps in the browser, what the municipality reads, and what it can never reach."""

import csv
import hashlib
import io
import json
import re

import pytest
from coding_makers import visitor
from fastapi.routing import APIRoute
from house_makers import ROUND, a_session, events, meddle, only_sqlite, round_state
from lxml import html
from release_makers import closed, draft, read, release, released, sign, versions
from sqlalchemy import select, update
from starlette.testclient import TestClient
from test_english_pages import dutch

from orchestrator.accounts import GIVEN
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Advertiser, Pair, Reply
from orchestrator.settings import Settings
from orchestrator.states import Role, RoundState
from portal.web.access import ACCESS
from portal.web.app import make_app
from portal.web.language import COOKIE

pytestmark = only_sqlite
DESK = f"/rondes/{ROUND}/vrijgave"
OUTCOME = f"/uitkomst/{ROUND}"


def municipality(database: Database) -> TestClient:
    return visitor(database, "gemma", Role.MUNICIPALITY)


def test_an_outcome_goes_out_in_four_steps_by_four_people(database: Database) -> None:
    closed(database)
    anna, bert = visitor(database, "anna", Role.ANALYST), visitor(database, "bert", Role.ANALYST)
    carla, gemma = visitor(database, "carla", Role.APPROVER), municipality(database)
    assert anna.post(DESK).status_code == 303
    assert gemma.get(f"{OUTCOME}/1").status_code == 404
    assert "niets te lezen" in gemma.get("/uitkomsten").text
    assert anna.post(f"{DESK}/1/ondertekenen").status_code == 409
    assert "Onderteken versie 1" in bert.get(DESK).text
    assert bert.post(f"{DESK}/1/ondertekenen").status_code == 303
    assert "Hebt u deze versie gelezen?" in gemma.get(OUTCOME).text
    assert gemma.post(f"{OUTCOME}/1/gelezen", data={"remark": "Dank."}).status_code == 303
    assert "Dank." in carla.get(DESK).text
    assert carla.post(f"{DESK}/1/vrijgeven").status_code == 303
    assert round_state(database) is RoundState.RELEASED
    assert "vrijgegeven" in gemma.get(OUTCOME).text


@pytest.mark.long
def test_each_step_is_for_its_own_role(database: Database) -> None:
    closed(database)
    draft(database)
    for role in set(GIVEN) - {Role.ANALYST}:
        assert visitor(database, f"{role}-x", role).post(f"{DESK}/1/ondertekenen").status_code == 403
    sign(database)
    for role in set(GIVEN) - {Role.MUNICIPALITY}:
        assert visitor(database, f"{role}-x", role).post(f"{OUTCOME}/1/gelezen").status_code == 403
    read(database)
    for role in set(GIVEN) - {Role.APPROVER}:
        assert visitor(database, f"{role}-x", role).post(f"{DESK}/1/vrijgeven").status_code == 403
    assert versions(database)[0].state == "read"


@pytest.mark.long
def test_a_step_that_is_sent_twice_is_one_step_and_says_how_it_stands(database: Database) -> None:
    closed(database)
    draft(database)
    bert = visitor(database, "bert", Role.ANALYST)
    assert [bert.post(f"{DESK}/1/ondertekenen").status_code for _ in range(2)] == [303, 409]
    assert [each.kind for each in events(database)].count("release.signed") == 1


@pytest.mark.long
def test_a_round_that_changed_says_what_changed_and_offers_a_new_version(database: Database) -> None:
    closed(database)
    draft(database)
    sign(database)
    read(database)
    first = select(Reply.id).order_by(Reply.id).limit(1).scalar_subquery()
    meddle(database, update(Reply).where(Reply.id == first).values(label="AL_VERHUURD"))
    carla = visitor(database, "carla", Role.APPROVER, Role.ANALYST)
    answer = carla.post(f"{DESK}/1/vrijgeven")
    assert answer.status_code == 409
    for part in ("de gegevens zijn daarna veranderd", "Er is niets verloren", "Reden van de nieuwe versie", "P-00"):
        assert part in answer.text
    assert "Geef versie 1 vrij" not in answer.text


@pytest.mark.long
def test_a_new_version_without_a_reason_keeps_what_was_typed_and_says_what_is_wrong(database: Database) -> None:
    released(database)
    anna = visitor(database, "anna", Role.ANALYST)
    assert "Geef een reden" in anna.post(DESK, data={"reason": "  "}).text
    answer = anna.post(DESK, data={"reason": "y" * 1001})
    assert answer.status_code == 422
    assert "y" * 1001 in answer.text
    assert anna.post(DESK, data={"reason": "Een code was fout."}).status_code == 303


@pytest.mark.long
def test_a_remark_that_is_too_long_is_repeated_with_its_error(database: Database) -> None:
    closed(database)
    draft(database)
    sign(database)
    answer = municipality(database).post(f"{OUTCOME}/1/gelezen", data={"remark": "z" * 1001})
    assert answer.status_code == 422
    assert "z" * 1001 in answer.text
    assert "De opmerking is te lang" in answer.text


@pytest.mark.long
def test_the_page_tells_the_finding_its_margin_and_the_design_in_two_languages(database: Database) -> None:
    released(database)
    gemma = municipality(database)
    dutch = gemma.get(OUTCOME).text
    for part in ("20 op de 100", "Wat er is getest", "Wat dit wel en niet zegt", "Cohens kappa", "ongeveer 120"):
        assert part in dutch
    gemma.cookies.set(COOKIE, "en")
    english = gemma.get(OUTCOME).text
    for part in ("No demonstrable difference", "What was tested", "about 120", "released"):
        assert part in english


@pytest.mark.long
def test_the_files_are_the_frozen_document_byte_for_byte_at_any_moment(database: Database) -> None:
    released(database)
    gemma = municipality(database)
    before = [gemma.get(f"{OUTCOME}/1/uitkomst.{kind}").content for kind in ("json", "csv")]
    meddle(database, update(Pair).values(state="excluded", reason="test-herkend"))
    assert [gemma.get(f"{OUTCOME}/1/uitkomst.{kind}").content for kind in ("json", "csv")] == before
    assert hashlib.sha256(before[0]).hexdigest() == versions(database)[0].digest
    assert gemma.get(f"{OUTCOME}/1/uitkomst.exe").status_code == 404


@pytest.mark.long
def test_the_table_has_the_same_numbers_as_the_document(database: Database) -> None:
    released(database)
    gemma = municipality(database)
    told = json.loads(gemma.get(f"{OUTCOME}/1/uitkomst.json").content)
    rows = list(csv.DictReader(io.StringIO(gemma.get(f"{OUTCOME}/1/uitkomst.csv").text)))
    whole = next(row for row in rows if row["table"] == "total")
    assert {cell: int(whole[cell]) for cell in ("c11", "c10", "c01", "c00")} == told["result"]["counts"]
    assert float(whole["net"]) == told["result"]["net"]["value"]
    assert whole["convention"] == told["result"]["net"]["convention"]


@pytest.mark.long
def test_an_earlier_version_stays_readable_and_says_which_one_counts(database: Database) -> None:
    released(database)
    draft(database, reason="Nog eens nagekeken.")
    sign(database, number=2)
    read(database, number=2)
    release(database, number=2)
    gemma = municipality(database)
    assert "Lees versie 2" in gemma.get(f"{OUTCOME}/1").text
    assert "Nog eens nagekeken." in gemma.get(OUTCOME).text


# --- what the municipality can never reach -------------------------------------------------------------------------


def addresses(app_routes: list[APIRoute], database: Database) -> list[tuple[str, str, str]]:
    """Every route of the application with names of things that are there: method, address and route."""
    with database.reading() as session:
        advertiser = session.scalars(select(Advertiser.key)).first()
        pair = session.scalars(select(Pair.code)).first()
    known = {"round_name": ROUND, "advertiser": advertiser, "code": pair, "pair": pair, "number": "1", "kind": "json"}
    found = []
    for route in app_routes:
        path = re.sub(r"{(\w+)(:\w+)?}", lambda match: str(known.get(match[1], "1")), route.path)
        found += [(method, path, route.name) for method in sorted(route.methods - {"HEAD"})]
    return found


@pytest.mark.long
def test_a_reader_of_the_municipality_reaches_no_number_of_an_advertiser_on_any_route(database: Database) -> None:
    released(database)
    app = make_app(database, Clock(), settings=Settings())
    gemma = municipality(database)
    routes = [each for each in app.routes if isinstance(each, APIRoute) and ACCESS[each.name]]
    told = addresses(routes, database)
    assert len(told) > 60
    with database.reading() as session:
        names = [*session.scalars(select(Advertiser.name)), *session.scalars(select(Advertiser.key))]
        names += [*session.scalars(select(Pair.code))]
    opened = set()
    for method, path, name in told:
        answer = gemma.request(method, path)
        assert answer.status_code != 303 or name in {"rounds", "browsers_end", "browsers_end_others"}, (method, path)
        opened |= {name} if answer.status_code < 400 else set()
        # An address that is refused stands on the page that refuses it.
        assert not [each for each in names if each in answer.text and each not in path], (method, path)
    assert opened == {
        "rounds",
        "outcomes",
        "outcome",
        "outcome_version",
        "outcome_beside",
        "outcome_followup",
        "outcome_file",
        "toolkit_page",
        "browsers",
        "browsers_end",
        "browsers_end_others",
    }


def test_the_first_page_of_a_reader_of_the_municipality_is_the_list_of_outcomes(database: Database) -> None:
    a_session(database, "gemma", [Role.MUNICIPALITY])
    answer = municipality(database).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/uitkomsten")


@pytest.mark.long
def test_an_english_outcome_and_its_comparison_are_english_but_for_what_people_wrote(database: Database) -> None:
    released(database)
    gemma = municipality(database)
    gemma.cookies.set(COOKIE, "en")
    for address in (f"{OUTCOME}/1", f"{OUTCOME}/1/vergelijking", "/uitkomsten"):
        seen = html.fromstring(gemma.get(address).text)
        for each in seen.xpath("//*[@lang='nl'] | //script | //style"):
            each.drop_tree()
        assert dutch(" ".join(seen.xpath("//main")[0].text_content().split())) == [], address
