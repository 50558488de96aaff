"""The API: who may read what, how a list is paged, and that whatever goes wrong is told in one shape, all at once."""

import hashlib
import logging
from typing import Any

import pytest
from api_makers import SETTINGS, SITE, a_token, program, reader
from fastapi import FastAPI
from fastapi.routing import APIRoute
from house_makers import PLANNED, ROUND, a_session, events, meddle, only_sqlite, plan, run
from httpx2 import Response
from limits import parse
from release_makers import closed, draft, read, release, released, sign, versions
from sqlalchemy import select, update
from starlette.routing import Mount
from starlette.testclient import TestClient

from orchestrator import api_tokens, ledger
from orchestrator.api_token_models import ApiToken
from orchestrator.api_tokens import Scope
from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseAway
from orchestrator.models import Advertiser, Pair, Round
from orchestrator.states import Role
from portal.api.access import ACCESS
from portal.api.app import HEADERS, create_api
from portal.api.description import VERSION
from portal.api.gate import DatabaseGate
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.release_source import DatabaseReleases
from portal.web.source import DatabaseSource

pytestmark = only_sqlite
RESEARCHERS = {Role.DESIGNER, Role.APPROVER, Role.SENDER, Role.ANALYST}
TABLE: dict[str, tuple[str, set[Role]]] = {
    "/v1/rounds": ("rounds:read", RESEARCHERS),
    f"/v1/rounds/{ROUND}": ("rounds:read", RESEARCHERS),
    "/v1/outcomes": ("outcomes:read", RESEARCHERS | {Role.MUNICIPALITY}),
    f"/v1/outcomes/{ROUND}": ("outcomes:read", RESEARCHERS | {Role.MUNICIPALITY}),
    f"/v1/outcomes/{ROUND}/versions": ("outcomes:read", RESEARCHERS | {Role.MUNICIPALITY}),
    f"/v1/outcomes/{ROUND}/versions/1": ("outcomes:read", RESEARCHERS | {Role.MUNICIPALITY}),
    "/v1/ledger-head": ("ledger:read", RESEARCHERS | {Role.MUNICIPALITY, Role.ADMINISTRATOR}),
}
"""Who may read what, written out by hand beside the table of the code."""


def routes(app: FastAPI) -> list[APIRoute]:
    """Every route of the API."""
    (mount,) = [each for each in app.routes if isinstance(each, Mount) and each.path == "/v1"]
    return [each for each in mount.routes if isinstance(each, APIRoute)]


def problem(answer: Response, status: int) -> dict[str, Any]:
    """What a problem says, once it was seen to be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert all(told[name] for name in ("type", "title", "detail", "instance", "code"))
    return told


# Who may read what.


def test_every_route_has_a_row_in_the_table_and_every_row_a_route(database: Database) -> None:
    found = [each.name for each in routes(make_app(database, Clock(), settings=SETTINGS))]
    assert sorted(found) == sorted(ACCESS)


def test_the_table_written_by_hand_has_every_address_that_a_token_opens(database: Database) -> None:
    known = {"roundName": ROUND, "versionNumber": "1"}
    app = make_app(database, Clock(), settings=SETTINGS)
    told = {f"/v1{each.path.format(**known)}" for each in routes(app) if ACCESS[each.name]}
    assert told == set(TABLE)


@pytest.mark.long
def test_a_token_opens_what_its_role_and_scope_say_and_nothing_else(database: Database) -> None:
    released(database)
    app, asked = program(database), 0
    for role in api_tokens.GIVEN:
        for scope in Scope:
            token = a_token(database, role, [scope])
            for address, (needed, roles) in TABLE.items():
                answer = app.get(address, headers={"Authorization": f"Bearer {token}"})
                asked += 1
                if scope == needed and role in roles:
                    assert answer.status_code == 200, (role, scope, address)
                else:
                    assert problem(answer, 403)["code"] == "not-allowed", (role, scope, address)
    assert asked > 100


@pytest.mark.long
def test_without_a_token_that_works_nothing_opens_but_the_specification(database: Database) -> None:
    released(database)
    revoked, expired = a_token(database, name="weg"), a_token(database, name="oud")
    with database.writing() as session:
        api_tokens.revoke(session, "Weg", "beheerder", PLANNED)
        session.execute(update(ApiToken).where(ApiToken.name == "oud").values(expires_at=Clock().now()))
    for address in TABLE:
        for token, code in ((None, "no-token"), ("pkt_x", "bad-token"), (revoked, "bad-token"), (expired, "bad-token")):
            answer = program(database, token).get(address)
            assert problem(answer, 401)["code"] == code
            assert answer.headers["www-authenticate"] == "Bearer"
    assert program(database).get("/v1/openapi.json").status_code == 200


def test_the_cookie_of_somebody_who_is_signed_in_opens_nothing(database: Database) -> None:
    browser = program(database, cookies={COOKIE: a_session(database)})
    assert browser.get("/status").status_code == 200
    assert browser.get("/v1/rounds").status_code == 401


def test_who_shows_too_many_tokens_that_do_not_work_waits_and_keeps_nobody_else_out(database: Database) -> None:
    works, clock = a_token(database), Clock()
    sources = DatabaseSource(database, clock), DatabaseReleases(database, clock)
    api = create_api(*sources, DatabaseGate(database, clock, SETTINGS), SETTINGS, parse("3 per hour"))
    client = TestClient(api)
    statuses = [client.get("/rounds", headers={"Authorization": "Bearer x"}).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    answer = client.get("/rounds", headers={"Authorization": "Bearer x"})
    assert answer.headers["retry-after"] == "900"
    assert client.get("/rounds", headers={"Authorization": f"Bearer {works}"}).status_code == 200


def test_a_token_stands_in_no_log_no_ledger_and_no_table(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = a_token(database)
    program(database, token).get("/v1/rounds")
    with database.reading() as session:
        rows = str([vars(row) for row in session.scalars(select(ApiToken))])
    said = caplog.text + rows + str([(each.data, each.subject) for each in events(database)])
    assert token not in said
    assert token.removeprefix("pkt_") not in said
    assert [each.kind for each in events(database)] == ["token.made"]


def test_making_a_token_tells_nothing_of_where_the_study_is_in_time(database: Database) -> None:
    a_token(database)
    with database.reading() as session:
        assert ledger.latest(session) is None


def test_the_use_of_a_token_is_noted_once_a_minute(database: Database) -> None:
    client = reader(database)
    for _ in range(2):
        client.get("/v1/rounds")
    with database.reading() as session:
        (first,) = api_tokens.everything(session, Clock().now())
    client.get("/v1/rounds")
    with database.reading() as session:
        assert api_tokens.everything(session, Clock().now())[0].used == first.used
    assert first.used


# What is read, and what is not.


def test_a_round_tells_how_it_stands_and_nothing_by_arm(database: Database) -> None:
    run(database)
    client = reader(database)
    (line,) = client.get("/v1/rounds").json()["items"]
    assert (line["name"], line["state"], line["plannedAt"]) == (ROUND, "running", "2026-09-04T10:00:00Z")
    told = client.get(f"/v1/rounds/{ROUND}")
    assert told.json()["inquiries"] == {
        "planned": 2, "sent": 0, "open": 2, "failed": 0, "uncertain": 0, "expired": 0, "cancelled": 0,
    }  # fmt: skip
    assert not [word for word in ("arm", "control", "treatment", "c10", "net") if word in told.text.lower()]


@pytest.mark.long
@pytest.mark.parametrize("role", sorted(RESEARCHERS | {Role.MUNICIPALITY}))
def test_no_role_reads_the_name_of_an_advertiser_or_a_test(database: Database, role: Role) -> None:
    released(database)
    client = reader(database, role)
    with database.reading() as session:
        names = [*session.scalars(select(Advertiser.name)), *session.scalars(select(Advertiser.key))]
        names += [*session.scalars(select(Pair.code))]
    assert names
    for address in TABLE:
        assert not [each for each in names if each in client.get(address).text], address


@pytest.mark.long
def test_a_closed_round_without_a_signed_outcome_tells_the_municipality_nothing(database: Database) -> None:
    closed(database)
    draft(database)
    gemma = reader(database, Role.MUNICIPALITY)
    assert gemma.get("/v1/outcomes").json()["total"] == 0
    assert gemma.get(f"/v1/outcomes/{ROUND}/versions").json()["items"] == []
    for address in (f"/v1/outcomes/{ROUND}", f"/v1/outcomes/{ROUND}/versions/1"):
        assert problem(gemma.get(address), 404)["code"] == "unknown-release"
    assert reader(database).get(f"/v1/outcomes/{ROUND}/versions/1").status_code == 200
    sign(database)
    assert gemma.get(f"/v1/outcomes/{ROUND}/versions/1").status_code == 200


@pytest.mark.long
def test_a_version_is_the_frozen_document_byte_for_byte_and_marked_with_its_digest(database: Database) -> None:
    released(database)
    gemma = reader(database, Role.MUNICIPALITY)
    answer = gemma.get(f"/v1/outcomes/{ROUND}/versions/1")
    digest = hashlib.sha256(answer.content).hexdigest()
    assert (answer.headers["etag"], versions(database)[0].digest) == (f'"{digest}"', digest)
    meddle(database, update(Pair).values(state="excluded", reason="test-herkend"))
    assert gemma.get(f"/v1/outcomes/{ROUND}/versions/1").content == answer.content


@pytest.mark.long
def test_an_outcome_is_the_version_that_counts_and_names_nobody_who_signed(database: Database) -> None:
    released(database)
    draft(database, reason="Nog eens nagekeken.")
    sign(database, number=2)
    read(database, number=2)
    release(database, number=2)
    gemma = reader(database, Role.MUNICIPALITY)
    told = gemma.get(f"/v1/outcomes/{ROUND}")
    assert (told.json()["version"], told.json()["state"]) == (2, "released")
    listed = gemma.get(f"/v1/outcomes/{ROUND}/versions")
    assert [each["state"] for each in listed.json()["items"]] == ["replaced", "released"]
    assert not [name for name in ("anna", "bert", "gemma", "carla") if name in told.text + listed.text]


def test_the_head_of_the_ledger_is_its_newest_line(database: Database) -> None:
    run(database)
    told = reader(database, Role.ADMINISTRATOR).get("/v1/ledger-head").json()
    lines = events(database)
    assert (told["sequence"], told["hash"], told["first"]) == (len(lines), lines[-1].hash, lines[0].hash)


# Lists and marks.


def test_a_program_walks_a_list_by_its_links(database: Database) -> None:
    run(database)
    client = reader(database)
    answer = client.get("/v1/rounds?pageSize=1&state=running")
    assert answer.headers["link"] == (
        '<?page=1&pageSize=1&state=running>; rel="first", <?page=1&pageSize=1&state=running>; rel="last"'
    )
    assert client.get("/v1/rounds?state=closed").json()["items"] == []
    assert client.get("/v1/rounds?page=7").json() == {"items": [], "page": 7, "pageSize": 20, "total": 1}


def test_what_a_program_has_already_is_not_sent_again_until_it_changes(database: Database) -> None:
    plan(database)
    client = reader(database)
    mark = client.get("/v1/rounds").headers["etag"]
    for given_ in (mark, f"W/{mark}", f'"x", {mark}', "*"):
        answer = client.get("/v1/rounds", headers={"If-None-Match": given_})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", mark)
    meddle(database, update(Pair).values(state="excluded", reason="test-herkend"))
    assert client.get("/v1/rounds", headers={"If-None-Match": '"x"'}).status_code == 200
    meddle(database, update(Round).values(state="aborted"))
    assert client.get("/v1/rounds", headers={"If-None-Match": mark}).status_code == 200


# What goes wrong.


def test_everything_wrong_with_a_question_is_told_at_once(database: Database) -> None:
    answer = reader(database).get("/v1/rounds?page=0&pageSize=zes&state=moe&kleur=rood")
    told = problem(answer, 400)
    assert {(each["in"], each["name"], each["code"]) for each in told["errors"]} == {
        ("query", "page", "greater_than_equal"),
        ("query", "pageSize", "int_parsing"),
        ("query", "state.0", "enum"),
        ("query", "kleur", "extra_forbidden"),
    }
    assert "Dit moet minstens 1 zijn." in answer.text
    both = problem(reader(database).get("/v1/outcomes/A B/versions/nul"), 400)
    assert {each["name"] for each in both["errors"]} == {"roundName", "versionNumber"}


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/v1/rounds/geen-ronde", 404),
        ("GET", "/v1/rounds/", 404),
        ("GET", "/v1/", 404),
        ("GET", "/v1/nergens", 404),
        ("GET", "/v1/rounds/%00", 400),
        ("POST", "/v1/rounds", 405),
        ("DELETE", f"/v1/outcomes/{ROUND}", 405),
        ("PUT", "/v1/inbound-mail", 405),
    ],
)
def test_every_fault_is_a_problem(database: Database, method: str, address: str, status: int) -> None:
    answer = reader(database).request(method, address)
    told = problem(answer, status)
    assert told["instance"] == address
    assert (status == 405) == ("allow" in answer.headers)


def test_who_takes_no_json_is_told_so(database: Database) -> None:
    client = reader(database)
    for header in ("text/html", "application/xml, text/*", "application/json;q=0"):
        problem(client.get("/v1/rounds", headers={"Accept": header}), 406)
    for header in ("", "*/*", "text/html, application/json;q=0.1", "Application/JSON; charset=utf-8"):
        assert client.get("/v1/rounds", headers={"Accept": header}).status_code == 200


AWAY = DatabaseAway[0]("kapot", {}, Exception("kapot"))


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("kapot"), 500), (AWAY, 503)])
def test_what_breaks_here_is_told_without_what_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def broken(_self: object) -> None:
        raise error

    client = reader(database)
    monkeypatch.setattr(DatabaseSource, "rounds", broken)
    answer = client.get("/v1/rounds")
    problem(answer, status)
    assert "kapot" not in answer.text
    assert answer.headers["api-version"] == VERSION


def test_every_answer_has_the_version_and_the_headers_that_the_rules_ask(database: Database) -> None:
    client = reader(database)
    asked = [client.get(each) for each in ("/v1/rounds", "/v1/openapi.json", "/v1/nergens", "/v1/rounds?page=x", "/v1")]
    asked += [client.post("/v1/rounds"), client.post("/v1/inbound-mail"), program(database).get("/v1/rounds")]
    assert {each.status_code for each in asked} == {200, 307, 400, 401, 404, 405, 415}
    for answer in asked:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert HEADERS["API-Version"] == VERSION
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]


def test_the_specification_is_for_everybody_and_every_site(database: Database) -> None:
    answer = program(database).get("/v1/openapi.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    told = answer.json()
    assert told["servers"][0]["url"] == f"{SITE}/v1"
    assert told["info"]["version"] == answer.headers["api-version"]
    assert "access-control-allow-origin" not in reader(database).get("/v1/rounds").headers
