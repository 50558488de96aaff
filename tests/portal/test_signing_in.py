"""Signing in on the pages: who comes in, for how long, and that nothing typed is lost when it ends."""

import html
import re
from typing import Any

import pytest
from app_makers import an_app
from fastapi.routing import APIRoute
from house_makers import a_session, only_sqlite
from httpx2 import Response
from page_makers import OURS, FakeDoor, FakeSource
from starlette.testclient import TestClient

from orchestrator import accounts
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import SecondFactor, Settings
from orchestrator.states import DESK_ROLES, Role
from portal.web import door as doors
from portal.web.access import ACCESS, COOKIE, PUBLIC
from portal.web.app import create_app, make_app
from portal.web.forms import LARGEST_CARRIED, Carried, local
from workers.channels.transport import TransportError

LINK_ALONE = Settings(second_factor=SecondFactor.OFF)
MAILING = LINK_ALONE.model_copy(
    update={
        "smtp_host": "127.0.0.1",
        "desk_sender": "praktijktest@stad.example",
        "web_url": "https://desk.stad.example",
    }
)
PERSON = {"name": "Bert <b>", "email": "bert@stad.example", "roles": ["approver", "coder"]}
EMAIL = "anna@stad.example"
NEUTRAL = {
    "number": "1",
    "code": "P-0001",
    "token": "t",
    "round_name": "r",
    "advertiser": "a",
    "key": "pauzeren",
    "place": "1",
    "draft": "d",
    "step": "s",
    "chart": "wijken",
    "kind": "csv",
    "name": "results.json",
}


def browser(database: Database, settings: Settings | None = None, **told: Any) -> TestClient:
    """A browser that follows nothing by itself, so that a test sees where it is sent.

    On an installation that asks for a link alone; what is asked after it is tested in test_second_factor_pages.
    """
    app = an_app(database, settings=settings or LINK_ALONE)
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=OURS, **told)


def signed_in(database: Database, *roles: Role) -> TestClient:
    return browser(database, cookies={COOKIE: a_session(database, roles=roles or DESK_ROLES)})


def a_link(database: Database, name: str = "anna") -> str:
    now = Clock().now()
    with database.writing() as session:
        accounts.add(session, name, EMAIL, DESK_ROLES, "beheerder", now)
        return accounts.make_link(session, accounts.find(session, name), "beheerder", now, now)


def carried(answer: Response) -> str:
    """What the hidden field of a page holds."""
    return html.unescape(re.findall(r'name="carried" value="([^"]*)"', answer.text)[0])


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return [each.name for each in accounts.everybody(session)]


# The table of who may open what.


def routes() -> list[APIRoute]:
    app = make_app(None, Clock(), settings=Settings())  # type: ignore[arg-type]  # nothing is asked of it
    return [route for route in app.routes if isinstance(route, APIRoute)]


def test_every_route_has_a_row_in_the_table_and_every_row_a_route() -> None:
    found = [route.name for route in routes()]
    assert sorted(found) == sorted(ACCESS)


@pytest.mark.long
@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_its_rows_say_and_nothing_else(role: Role) -> None:
    app = create_app(FakeSource(state="released"), FakeDoor(role))
    client = TestClient(app, raise_server_exceptions=False, cookies={COOKIE: "x"}, headers=OURS)
    opened = [route for route in app.routes if isinstance(route, APIRoute) and ACCESS[route.name] is not PUBLIC]
    assert len(opened) > 8
    for route in opened:
        answer = client.request(next(iter(route.methods)), route.path.format(**NEUTRAL), follow_redirects=False)
        refused = answer.status_code == 403 and "hoort niet bij uw rol" in answer.text
        assert refused == (role not in ACCESS[route.name]), route.name


@only_sqlite
def test_without_a_session_every_page_but_the_public_ones_leads_to_the_sign_in(database: Database) -> None:
    client = browser(database)
    for route in routes():
        if ACCESS[route.name] is PUBLIC or "GET" not in route.methods:
            continue
        path = route.path.format(**NEUTRAL)
        answer = client.get(path)
        assert answer.status_code == 303, route.name
        assert answer.headers["location"].startswith("/aanmelden"), route.name
    assert client.get("/health").status_code == 200
    assert client.get("/static/app.css").status_code == 200


# Links and cookies.


@only_sqlite
def test_opening_a_link_changes_nothing_and_its_button_signs_in_once(database: Database) -> None:
    client, link = browser(database), a_link(database)
    for _ in range(2):
        assert "Meld mij aan" in client.get(f"/aanmelden/link/{link}?next=/status").text
    answer = client.post(f"/aanmelden/link/{link}", data={"next": "/status"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/status")
    assert client.get("/status").status_code == 200
    again = browser(database).post(f"/aanmelden/link/{link}")
    assert again.status_code == 410
    assert "al gebruikt" in again.text
    assert browser(database).get(f"/aanmelden/link/{link}").status_code == 410


@pytest.mark.parametrize("scheme", ["http", "https"])
@only_sqlite
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_of_plain_http(
    database: Database, scheme: str
) -> None:
    client = browser(database, base_url=f"{scheme}://testserver")
    cookie = client.post(f"/aanmelden/link/{a_link(database)}").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) == (scheme == "https")


@only_sqlite
def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(database: Database) -> None:
    client = signed_in(database)
    token = client.cookies[COOKIE]
    assert client.post("/afmelden").status_code == 303
    assert browser(database, cookies={COOKIE: token}).get("/status").status_code == 303


@only_sqlite
def test_a_link_leads_back_to_where_somebody_was_going(database: Database) -> None:
    answer = browser(database).get("/rondes/proef-2026?bladzijde=2")
    assert answer.headers["location"] == "/aanmelden?next=/rondes/proef-2026%3Fbladzijde%3D2"
    assert 'value="/rondes/proef-2026?bladzijde=2"' in browser(database, MAILING).get(answer.headers["location"]).text


@pytest.mark.parametrize("away", ["//elders.example", "https://elders.example", "/\\elders.example", "", "/a\nb", "x"])
@only_sqlite
def test_no_address_elsewhere_is_followed(database: Database, away: str) -> None:
    assert local(away) == "/"
    answer = browser(database).post(f"/aanmelden/link/{a_link(database)}", data={"next": away})
    assert answer.headers["location"] == "/"


# Asking for a link.


@only_sqlite
def test_a_known_and_an_unknown_address_get_the_same_answer_and_only_one_gets_mail(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_link(database)
    mailed: list[tuple[str, ...]] = []
    monkeypatch.setattr(doors, "send_link", lambda _settings, *told: mailed.append(told))
    client = browser(database, MAILING)
    known, unknown = (client.post("/aanmelden", data={"email": each}) for each in (EMAIL, "wie@stad.example"))
    assert known.text == unknown.text
    assert "Kijk in uw mail" in known.text
    ((name, email, link, _),) = mailed
    assert (name, email) == ("anna", EMAIL)
    assert link.startswith("https://desk.stad.example/aanmelden/link/")
    assert browser(database).post(link.removeprefix("https://desk.stad.example")).status_code == 303


@only_sqlite
def test_without_a_mail_server_the_page_names_the_command(database: Database) -> None:
    assert "praktijktest sign-in" in browser(database).get("/aanmelden").text


@only_sqlite
def test_who_asks_too_often_has_to_wait(database: Database) -> None:
    client = browser(database, MAILING)
    answers = [client.post("/aanmelden", data={"email": f"{n}@stad.example"}).status_code for n in range(31)]
    assert answers == [200] * 30 + [429]


@only_sqlite
def test_guessing_links_ends_soon(database: Database) -> None:
    client = browser(database)
    answers = [client.post(f"/aanmelden/link/gok-{guess}").status_code for guess in range(31)]
    assert answers == [410] * 30 + [429]


@pytest.fixture
def mailed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the links that were mailed to anna, the newest last."""
    paths: list[str] = []
    site = MAILING.site
    monkeypatch.setattr(doors, "send_link", lambda _settings, *told: paths.append(told[2].removeprefix(site)))
    return paths


@only_sqlite
def test_in_the_browser_that_asked_for_it_a_link_needs_no_button_and_elsewhere_it_does(
    database: Database, mailed: list[str]
) -> None:
    a_link(database)
    app = make_app(database, Clock(), settings=MAILING)
    mine, scanner = (TestClient(app, follow_redirects=False, headers=OURS, base_url="https://x") for _ in range(2))
    asked = mine.post("/aanmelden", data={"email": EMAIL})
    assert "HttpOnly" in asked.headers["set-cookie"]
    assert "Secure" in asked.headers["set-cookie"]
    scanner.post("/aanmelden", data={"email": "wie@stad.example"})
    assert "Meld mij aan" in scanner.get(mailed[-1]).text
    assert mine.get(f"{mailed[-1]}?next=/status").headers["location"] == "/status"
    assert mine.get("/status").status_code == 200
    assert mine.get(mailed[-1]).status_code == 410


@pytest.mark.long
@only_sqlite
def test_who_asks_a_thousand_times_for_somebody_else_keeps_them_from_nothing(
    database: Database, mailed: list[str]
) -> None:
    """Also from the same place on the network: behind one address of an office sit many people."""
    by_command = a_link(database)
    app = make_app(database, Clock(), settings=MAILING)
    told: dict[str, Any] = {"follow_redirects": False, "headers": OURS, "base_url": "https://x"}
    before, attacker, elsewhere = (TestClient(app, **told) for _ in range(3))
    away = TestClient(app, client=("192.0.2.7", 4000), **told)
    before.post("/aanmelden", data={"email": EMAIL})
    assert before.get(mailed.pop()).status_code == 303  # a browser in which anna signed in some other time
    before.cookies.delete(COOKIE)
    for guess in range(500):
        attacker.cookies.clear()
        attacker.post("/aanmelden", data={"email": EMAIL})
        attacker.get(f"/aanmelden/link/gok-{guess}")
    assert attacker.post("/aanmelden", data={"email": EMAIL}).status_code == 429
    assert len(mailed) == 1
    assert elsewhere.post(mailed[0]).status_code == 303
    assert elsewhere.post(f"/aanmelden/link/{by_command}").status_code == 303
    for own in (before, away):
        assert own.post("/aanmelden", data={"email": EMAIL}).status_code == 200
        assert own.get(mailed[-1]).status_code == 303
        assert own.get("/status").status_code == 200
    assert len(mailed) == 3


@only_sqlite
def test_a_link_that_could_not_be_mailed_keeps_no_other_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_link(database)
    tried: list[str] = []

    def fail(_settings: Settings, *told: str) -> None:
        tried.append(told[1])
        raise TransportError("weg", "connect")

    monkeypatch.setattr(doors, "send_link", fail)
    client = browser(database, MAILING)
    for _ in range(2):
        assert client.post("/aanmelden", data={"email": EMAIL}).status_code == 200
    assert tried == [EMAIL] * 2


# Requests from elsewhere.


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "http://elders.example"}, 403),
        ({"Origin": "http://testserver.elders.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
@only_sqlite
def test_a_form_on_somebody_elses_page_changes_nothing(database: Database, told: dict[str, str], status: int) -> None:
    app = make_app(database, Clock(), settings=Settings())
    client = TestClient(app, follow_redirects=False, cookies={COOKIE: a_session(database)})
    assert client.post("/mensen", data=PERSON, headers=told).status_code == status
    assert ("Bert <b>" in names(database)) == (status == 303)


@only_sqlite
def test_a_body_larger_than_a_form_is_refused_before_it_is_read(database: Database) -> None:
    client = signed_in(database)
    assert client.post("/mensen", content=b"x", headers={"Content-Length": "9000000"}).status_code == 413
    assert client.post("/mensen", content=iter([b"x"])).status_code == 413


# A sign-in that expired in the middle of a form.


@only_sqlite
def test_a_form_that_is_sent_after_the_session_ended_comes_back_filled_in_and_is_sent_again(database: Database) -> None:
    link = a_link(database)
    client = browser(database)
    lost = client.post("/mensen", data=PERSON)
    assert lost.status_code == 401
    assert "niet opgeslagen en niet verloren" in lost.text
    assert "<b>" not in lost.text
    assert names(database) == ["anna"]
    too_soon = client.post("/aanmelden/verder", data={"carried": carried(lost)})
    assert too_soon.status_code == 401
    assert carried(too_soon) == carried(lost)
    client.post(f"/aanmelden/link/{link}")
    shown = client.post("/aanmelden/verder", data={"carried": carried(too_soon)})
    again = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown.text)
    assert [(name, html.unescape(value)) for name, value in again] == [
        ("name", "Bert <b>"), ("email", "bert@stad.example"), ("roles", "approver"), ("roles", "coder"),
    ]  # fmt: skip
    assert 'action="/mensen"' in shown.text
    assert client.post("/mensen", data=PERSON).status_code == 303
    assert names(database) == ["anna", "Bert <b>"]


@only_sqlite
def test_the_form_is_kept_while_a_link_is_asked_for(database: Database) -> None:
    client = browser(database, MAILING)
    lost = client.post("/mensen", data=PERSON)
    asked = client.post("/aanmelden", data={"email": "wie@stad.example", "carried": carried(lost)})
    assert carried(asked) == carried(lost)


@only_sqlite
def test_more_than_anybody_types_is_not_carried_and_the_page_says_that_nothing_changed(database: Database) -> None:
    lost = browser(database).post("/mensen", data={"name": "x" * (LARGEST_CARRIED + 1)})
    assert lost.status_code == 401
    assert "Er is niets gewijzigd" in lost.text
    assert 'name="carried"' not in lost.text


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '{"to": "//elders.example", "fields": []}', '{"to": "/mensen", "fields": [1]}', "[" * 9999],
)
@only_sqlite
def test_a_carried_form_that_we_did_not_make_is_no_form(database: Database, text: str) -> None:
    assert Carried.read(text) is None
    assert signed_in(database).post("/aanmelden/verder", data={"carried": text}).status_code == 404


# The people page.


@only_sqlite
def test_an_administrator_adds_somebody_and_ends_their_access(database: Database) -> None:
    client = signed_in(database)
    assert client.post("/mensen", data=PERSON).status_code == 303
    shown = client.get("/mensen").text
    assert "Bert &lt;b&gt;" in shown
    assert "goedkeurder, codeur" in shown
    assert client.post("/mensen/intrekken", data={"name": "Bert <b>"}).status_code == 303
    assert "ingetrokken" in client.get("/mensen").text


@only_sqlite
def test_a_person_that_cannot_be_added_is_shown_again_with_the_faults_at_their_fields(database: Database) -> None:
    answer = signed_in(database).post("/mensen", data={"name": "Bert", "email": "geen adres", "roles": "coder"})
    assert answer.status_code == 422
    assert 'id="email-fout"' in answer.text
    assert 'value="geen adres"' in answer.text
    assert 'value="coder" checked' in answer.text
    assert names(database) == ["anna"]


@only_sqlite
def test_nobody_ends_their_own_access(database: Database) -> None:
    assert signed_in(database).post("/mensen/intrekken", data={"name": "Anna"}).status_code == 403


@only_sqlite
def test_an_administrator_signs_somebody_out_everywhere_at_once(database: Database) -> None:
    bert = browser(database, cookies={COOKIE: a_session(database, "bert", [Role.CODER])})
    assert bert.get("/coderen").status_code == 200
    client = signed_in(database)
    assert "Meld bert overal af" in client.get("/mensen").text
    assert client.post("/mensen/afmelden", data={"name": "bert"}).status_code == 303
    assert bert.get("/coderen").status_code == 303


@only_sqlite
def test_somebody_sees_and_ends_their_browsers_by_the_kind_alone(database: Database) -> None:
    phone, desk = browser(database), browser(database)
    phone.headers["user-agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1"
    desk.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    phone.post(f"/aanmelden/link/{a_link(database)}")
    now = Clock().now()
    with database.writing() as session:
        link = accounts.make_link(session, accounts.find(session, "anna"), "beheerder", now, now)
    desk.post(f"/aanmelden/link/{link}")
    shown = desk.get("/browsers").text
    assert "Firefox, Linux" in shown
    assert "Safari, iPhone" in shown
    assert "18.5" not in shown
    (number,) = re.findall(r'name="number" value="(\d+)"', shown)
    assert desk.post("/browsers/afmelden", data={"number": number}).status_code == 303
    assert phone.get("/status").status_code == 303
    assert desk.post("/browsers/andere").status_code == 303
    assert desk.get("/browsers").text.count("<tr>") == 2
