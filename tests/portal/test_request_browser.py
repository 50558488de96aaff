"""The pages of the request test in a real browser: accessible, on a narrow phone too, in both languages."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_makers import PATIENT, needs_chromium, serving, violations
from house_makers import PLANNED, a_session
from playwright.sync_api import Browser
from request_makers import MONDAY, NAME, asked, coded, running
from test_request_release_pages import OUTCOME, closed, steps

from orchestrator import accounts, own_access
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import Settings
from orchestrator.states import Role
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.language import COOKIE as LANGUAGE

HERE, DESK = f"/verzoeken/{NAME}", "/codeertafel/verzoeken"
STAGES = {"open": ("/verzoeken", HERE, f"{HERE}/belblad", DESK), "gevraagd": (DESK,), "gesloten": (HERE,)}
pytestmark = [needs_chromium, pytest.mark.long]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, blank_sqlite: Path, tmp_path: Path) -> Iterator[tuple[Database, str]]:
    """A round that runs, one that was asked, and one that is closed."""
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path / 'verzoek.sqlite')}")
    running(database)
    if request.param != "open":
        asked(database)
    if request.param == "gesloten":
        coded(database)
    yield database, request.param
    database.engine.dispose()


def test_every_page_of_the_request_test_is_accessible_and_reflows(
    stage: tuple[Database, str], chromium: Browser, width: int, language: str
) -> None:
    database, name = stage
    who = "cora" if name == "gevraagd" else "tess"
    cookie = a_session(database, who, set(Role) - {Role.BROKER})
    app = make_app(database, Clock(MONDAY, Clock().now().timestamp(), 1.0), settings=Settings())
    with serving(app) as site:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        told = {COOKIE: cookie, LANGUAGE: language}
        context.add_cookies([{"name": key, "value": value, "url": site} for key, value in told.items()])
        page = context.new_page()
        page.set_default_timeout(PATIENT)
        for address in STAGES[name]:
            answer = page.goto(site + address)
            assert answer is not None
            assert answer.status == 200
            assert violations(page) == [], address
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        context.close()


def test_a_released_outcome_and_what_an_office_reads_of_it_are_accessible_and_reflow(
    blank_sqlite: Path, tmp_path: Path, chromium: Browser, width: int, language: str
) -> None:
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path / 'uitkomst.sqlite')}")
    closed(database)
    steps(database)
    app = make_app(database, Clock(MONDAY, Clock().now().timestamp(), 1.0), settings=Settings())
    wall = Clock().now()
    with database.writing() as session:
        _, token = own_access.make_link(session, "kantoor-1", "anna", PLANNED, wall)
        own = accounts.sign_in(session, token, PLANNED, wall)
    desk = a_session(database, "tess", set(Role) - {Role.BROKER})
    with serving(app) as site:
        for cookie, addresses in ((desk, (OUTCOME, "/uitkomsten", f"{HERE}/vrijgave")), (own, ("/mijn",))):
            context = chromium.new_context(viewport={"width": width, "height": 900})
            told = {COOKIE: cookie, LANGUAGE: language}
            context.add_cookies([{"name": key, "value": value, "url": site} for key, value in told.items()])
            page = context.new_page()
            page.set_default_timeout(PATIENT)
            for address in addresses:
                answer = page.goto(site + address)
                assert answer is not None
                assert answer.status == 200
                assert violations(page) == [], address
                assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            context.close()
    database.engine.dispose()
