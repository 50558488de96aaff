"""The pages of taking part in a real browser, at the desk and for the office, also on a narrow phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_makers import PATIENT, follow, needs_chromium, serving, violations
from house_makers import a_session
from playwright.sync_api import Browser, Page
from request_makers import MONDAY
from test_enrolment_pages import TYPED

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import Settings
from orchestrator.states import Role
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.language import COOKIE as LANGUAGE

pytestmark = needs_chromium
WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def site(blank_sqlite: Path, tmp_path: Path) -> Iterator[tuple[Database, str]]:
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path / 'deelname.sqlite')}")
    app = make_app(database, Clock(MONDAY, Clock().now().timestamp(), 1.0), settings=Settings())
    with serving(app) as address:
        yield database, address
    database.engine.dispose()


def fits(page: Page, width: int) -> None:
    assert violations(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


@pytest.mark.long
def test_an_office_is_invited_signs_and_is_countersigned_by_hand(
    site: tuple[Database, str], chromium: Browser, width: int, language: str
) -> None:
    database, address = site
    context = chromium.new_context(viewport={**WIDE, "width": width})
    told = {COOKIE: a_session(database, "anna", {Role.DESIGNER}), LANGUAGE: language}
    context.add_cookies([{"name": key, "value": value, "url": address} for key, value in told.items()])
    page = context.new_page()
    page.set_default_timeout(PATIENT)
    page.goto(f"{address}/deelname")
    fits(page, width)
    for name in ("key", "name", "contact", "email", "first", "last", "max_pairs", "days_off"):
        page.locator(f"#{name}").fill(TYPED[name])
    follow(page.locator("#uitnodigen ~ form button"))
    fits(page, width)  # no ground was chosen
    page.locator("#grounds-origin").check()
    follow(page.locator("#uitnodigen ~ form button"))
    fits(page, width)
    link = page.locator("main code").inner_text()
    _sign(context.new_page(), address + link[link.index("/uitnodiging") :], width)
    second = chromium.new_context(viewport={**WIDE, "width": width})
    told = {COOKIE: a_session(database, "bram", {Role.APPROVER}), LANGUAGE: language}
    second.add_cookies([{"name": key, "value": value, "url": address} for key, value in told.items()])
    page = second.new_page()
    page.set_default_timeout(PATIENT)
    page.goto(f"{address}/deelname")
    fits(page, width)
    follow(page.locator("form[action$='/tekenen'] button"))
    fits(page, width)
    assert not page.locator("form[action$='/tekenen']").count()
    for each in (context, second):
        each.close()


def _sign(page: Page, link: str, width: int) -> None:
    page.set_default_timeout(PATIENT)
    page.goto(link)
    fits(page, width)
    for name, value in (("signer", "Els de Wit"), ("function", "directeur"), ("days_off", "")):
        page.locator(f"#{name}").fill(value)
    follow(page.get_by_text("Teken", exact=True))
    fits(page, width)  # a day off that was offered may not be taken away, and nobody said to be entitled
    page.locator("#days_off").fill(TYPED["days_off"])
    page.locator("#sure").check()
    follow(page.get_by_text("Teken", exact=True))
    page.get_by_text("U hebt getekend").first.wait_for()
    fits(page, width)
