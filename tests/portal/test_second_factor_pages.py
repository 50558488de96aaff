"""The code after the link on the pages: without it nothing opens, and it is set up, shown and reset there."""

import re
import shutil
from pathlib import Path

import pyotp
import pytest
from browser_makers import PATIENT, follow, needs_chromium, serving, violations
from house_makers import a_session, only_sqlite
from page_makers import OURS
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from orchestrator import accounts
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.second_factor import TRIES
from orchestrator.settings import Settings
from orchestrator.states import DESK_ROLES, Role
from portal.web.access import ACCESS, COOKIE, PUBLIC
from portal.web.app import make_app
from profiles.errors import BadInput

PERSON = {"name": "Bert", "email": "bert@stad.example", "roles": ["coder"]}


def browser(database: Database, cookie: str | None = None) -> TestClient:
    app = make_app(database, Clock(), settings=Settings())
    cookies = {COOKIE: cookie} if cookie else None
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=OURS, cookies=cookies)


def a_link(database: Database, name: str = "anna") -> str:
    now = Clock().now()
    with database.writing() as session:
        email = f"{name}@stad.example"
        person = accounts.by_email(session, email) or accounts.add(session, name, email, DESK_ROLES, "beheerder", now)
        return accounts.make_link(session, person, "beheerder", now, now)


def waiting(database: Database, name: str = "anna") -> TestClient:
    """A browser in which a link was used."""
    client = browser(database)
    assert client.post(f"/aanmelden/link/{a_link(database, name)}").status_code == 303
    return client


def key_of(client: TestClient) -> str:
    shown = re.findall(r'<code id="sleutel">([^<]+)</code>', client.get("/aanmelden/code").text)
    return str(shown[0]).replace(" ", "")


def code(secret: str) -> str:
    return pyotp.TOTP(secret).at(Clock().now())


def next_code(secret: str) -> str:
    """The code after that of now: right already, and not the one of `code`, also when half a minute ends meanwhile."""
    return pyotp.TOTP(secret).at(Clock().now(), counter_offset=1)


def set_up(client: TestClient) -> tuple[str, list[str]]:
    """Set up a second factor in a browser that waits; the secret and the recovery codes."""
    secret = key_of(client)
    shown = client.post("/aanmelden/code/koppelen", data={"code": code(secret)}).text
    return secret, re.findall(r"<code>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</code>", shown)


@only_sqlite
def test_with_a_link_alone_no_page_opens_that_is_not_for_everybody(database: Database) -> None:
    client = waiting(database)
    asked = 0
    for route in client.app.routes:  # type: ignore[attr-defined]
        name = getattr(route, "name", "")
        if ACCESS.get(name, PUBLIC) is PUBLIC or "GET" not in route.methods or "{" in route.path:
            continue
        asked += 1
        assert client.get(route.path).headers["location"].startswith("/aanmelden/code"), name
    assert asked > 10
    assert client.post("/mensen", data=PERSON).status_code == 401
    assert "Hoofdmenu" not in client.get("/bestaat-niet").text
    set_up(client)
    assert client.get("/mensen").status_code == 200


@pytest.mark.parametrize("role", [Role.CODER, Role.MUNICIPALITY])
@only_sqlite
def test_who_codes_or_only_reads_is_asked_for_no_code(database: Database, role: Role) -> None:
    now = Clock().now()
    with database.writing() as session:
        person = accounts.add(session, "cor", "cor@stad.example", [role], "beheerder", now)
        link = accounts.make_link(session, person, "beheerder", now, now)
    client = browser(database)
    client.post(f"/aanmelden/link/{link}")
    assert client.get("/").headers.get("location") in (None, "/uitkomsten")
    assert client.get("/browsers").status_code == 200
    assert client.get("/aanmelden/code?next=/coderen").headers["location"] == "/coderen"


@pytest.mark.long
@only_sqlite
def test_the_app_is_set_up_once_and_the_key_and_the_codes_are_shown_once(database: Database) -> None:
    client = waiting(database)
    page = client.get("/aanmelden/code").text
    assert 'role="img"' in page
    assert "<svg" in page
    assert "otpauth://totp/" in page
    secret = key_of(client)
    wrong = client.post("/aanmelden/code/koppelen", data={"code": "geen"})
    assert wrong.status_code == 422
    assert "klopt niet" in wrong.text
    secret, codes = set_up(client)
    assert len(codes) == 10
    assert client.get("/mensen").status_code == 200
    again = waiting(database)
    asked = again.get("/aanmelden/code").text
    assert secret not in asked.replace(" ", "")
    assert "herstelcode" in asked
    later = next_code(secret)
    answer = again.post("/aanmelden/code", data={"code": later, "next": "/mensen"})
    assert answer.headers["location"] == "/mensen"
    assert again.get("/mensen").status_code == 200
    used = waiting(database)
    assert used.post("/aanmelden/code", data={"code": later}).status_code == 422
    assert used.post("/aanmelden/code", data={"code": codes[0]}).status_code == 303


@pytest.mark.long
@only_sqlite
def test_after_five_wrong_codes_another_link_is_needed_and_nobody_else_is_kept_out(database: Database) -> None:
    _, codes = set_up(waiting(database))
    client, bystander = waiting(database), browser(database)
    statuses = [client.post("/aanmelden/code", data={"code": "fout"}).status_code for _ in range(TRIES + 1)]
    assert statuses == [422] * (TRIES - 1) + [401] * 2
    for _ in range(50):  # without a link no try counts
        assert bystander.post("/aanmelden/code", data={"code": "fout"}).status_code == 401
    assert waiting(database).post("/aanmelden/code", data={"code": codes[0]}).status_code == 303


@only_sqlite
def test_a_form_that_was_sent_between_link_and_code_is_not_lost(database: Database) -> None:
    client = waiting(database)
    lost = client.post("/mensen", data=PERSON)
    carried = re.findall(r'name="carried" value="([^"]*)"', lost.text)[0].replace("&#34;", '"')
    secret = str(re.findall(r'<code id="sleutel">([^<]+)</code>', lost.text)[0]).replace(" ", "")
    kept = client.post("/aanmelden/code/koppelen", data={"code": code(secret), "carried": carried})
    assert 'name="carried"' in kept.text
    shown = client.post("/aanmelden/verder", data={"carried": carried})
    assert 'value="bert@stad.example"' in shown.text


@only_sqlite
def test_an_administrator_resets_the_app_of_another_and_not_the_own(database: Database) -> None:
    bert = waiting(database, "bert")
    set_up(bert)
    client = browser(database, a_session(database))
    assert client.post("/mensen/code", data={"name": "anna"}).status_code == 403
    assert "Koppel de app van bert los" in client.get("/mensen").text
    assert client.post("/mensen/code", data={"name": "bert"}).status_code == 303
    assert bert.get("/mensen").status_code == 303
    assert key_of(waiting(database, "bert"))


def test_live_sending_refuses_to_go_without_a_second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_SECOND_FACTOR", "off")
    assert Settings.from_env().second_factor == "off"
    monkeypatch.setenv("PRAKTIJKTEST_LIVE", "true")
    with pytest.raises(BadInput, match="no-second-factor"):
        Settings.from_env()


@pytest.mark.long
@needs_chromium
def test_somebody_sets_up_the_app_and_shows_its_code_in_a_real_browser_without_script(
    blank_sqlite: Path, tmp_path: Path, chromium: Browser
) -> None:
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path)}")
    with serving(make_app(database, Clock(), settings=Settings())) as site:
        page = chromium.new_context(viewport={"width": 320, "height": 900}).new_page()
        page.set_default_timeout(PATIENT)
        said: list[str] = []
        page.on("console", lambda line: said.append(line.text))
        page.goto(f"{site}/aanmelden/link/{a_link(database)}?next=/mensen")
        follow(page.get_by_role("button", name="Meld mij aan"))
        assert page.get_by_role("img", name="QR-code").bounding_box()["width"] > 150  # type: ignore[index]
        found = violations(page)
        secret = page.locator("#sleutel").inner_text().replace(" ", "")
        page.fill("#code", code(secret))
        follow(page.get_by_role("button", name="Koppel de app"))
        assert page.locator(".pt-codes li").count() == 10
        found += violations(page)
        follow(page.get_by_role("link", name="Ik heb ze bewaard"))
        assert page.url == f"{site}/mensen"
        follow(page.get_by_role("button", name="Afmelden", exact=True))
        page.goto(f"{site}/aanmelden/link/{a_link(database)}?next=/mensen")
        follow(page.get_by_role("button", name="Meld mij aan"))
        found += violations(page)
        page.fill("#code", next_code(secret))
        follow(page.get_by_role("button", name="Verder"))
        assert page.url == f"{site}/mensen"
        page.context.close()
    database.engine.dispose()
    assert found == []
    assert said == []
