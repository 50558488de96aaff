"""The own pages of an advertiser as it walks them, in a real browser: from its link to a note, without a script."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import followup_makers
import pytest
from browser_makers import PATIENT, follow, needs_chromium, serving, violations
from house_makers import DAY, PLANNED, ROUND, a_session
from own_makers import CLOSED_AT, OWN, closed_round
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from orchestrator import context, own_access, own_views
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Listing
from orchestrator.settings import Settings
from orchestrator.states import Role
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.language import COOKIE as LANGUAGE

MINE = f"/mijn/rondes/{ROUND}"
NOTE = "De woning was op maandag al weg."
STREET = "Burgemeester van Randwijckstraat 1234-bis"
pytestmark = [needs_chromium, pytest.mark.long]


@pytest.fixture
def house(blank_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A closed round with long names of streets, and a note to decide on."""
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path_factory.mktemp('eigen'))}")
    closed_round(database)
    with database.writing() as session:
        session.execute(update(Listing).values(street=STREET))
    with database.writing() as session:
        code = first_code(database)
        context.write(session, OWN, ROUND, code, "anders", NOTE, CLOSED_AT + DAY)
    yield database
    database.engine.dispose()


@pytest.fixture
def site(house: Database) -> Iterator[str]:
    app = make_app(house, Clock(CLOSED_AT + DAY, Clock().now().timestamp(), 1.0), settings=Settings())
    with serving(app) as site:
        yield site


def first_code(database: Database, place: int = 0) -> str:
    with database.reading() as session:
        round_ = own_views.require_round(session, OWN, ROUND)
        return own_views.pairs(session, OWN, round_)[place].code


def a_link(database: Database, site: str) -> str:
    with database.writing() as session:
        _, token = own_access.make_link(session, OWN, "anna", PLANNED, Clock().now())
    return f"{site}/aanmelden/link/{token}?next=/mijn"


def enter(chromium: Browser, database: Database, site: str, width: int, language: str = "nl") -> Page:
    """Open a link of an office and press its button, in a browser that runs no script of a page."""
    browser = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)
    browser.add_cookies([{"name": LANGUAGE, "value": language, "url": site}])
    page = browser.new_page()
    page.set_default_timeout(PATIENT)
    page.goto(a_link(database, site))
    follow(page.locator("main button"))
    assert page.url == f"{site}/mijn"
    return page


def look(page: Page, width: int) -> None:
    """Expect a page that is accessible and does not scroll sideways; axe is a script of the test, not of the page."""
    twin = page.context.browser.new_context(viewport={"width": width, "height": 900})  # type: ignore[union-attr]
    twin.add_cookies(page.context.cookies())  # type: ignore[arg-type]  # what comes out goes in
    seen = twin.new_page()
    seen.set_default_timeout(PATIENT)
    seen.goto(page.url)
    assert violations(seen) == []
    assert seen.evaluate("document.documentElement.scrollWidth") <= width
    twin.close()


def test_an_office_walks_from_its_link_to_its_outcome_and_a_note(
    house: Database, site: str, chromium: Browser, width: int, language: str
) -> None:
    page = enter(chromium, house, site, width, language)
    look(page, width)
    follow(page.locator("a[href='/mijn/gegevens']"))
    look(page, width)
    follow(page.locator("a[href='/mijn/toolkit']"))
    look(page, width)
    page.check("#part-statement")
    page.fill("#url", "https://deuren.example/verklaring")
    page.fill("#since", "2026-09-01")
    follow(page.locator("form[action='/mijn/toolkit/gebruik'] button"))
    assert page.locator("td", has_text="https://deuren.example/verklaring").count() == 1
    look(page, width)
    follow(page.locator("a[href='/mijn']"))
    follow(page.locator(f"a[href='{MINE}']"))
    look(page, width)
    follow(page.locator(f"a[href='{MINE}/wat-helpt']"))
    look(page, width)
    page.check("#action-order-lot")
    page.fill("#due", "2027-01-04")
    follow(page.locator(f"form[action='{MINE}/wat-helpt'] button"))
    assert page.locator("th", has_text="Loot onder").count() == 1
    look(page, width)
    follow(page.locator(f"a[href='{MINE}']"))
    code = first_code(house, 1)
    follow(page.locator(f"a[href='{MINE}/tests/{code}']"))
    look(page, width)
    page.fill("#text", NOTE)
    follow(page.locator("main form button"))
    assert page.locator("[aria-invalid], .pt-error").count() == 1
    assert page.input_value("#text") == NOTE
    page.check("#keuze-al-verhuurd")
    follow(page.locator("main form button"))
    assert page.url.startswith(f"{site}{MINE}#")
    page.context.close()


def test_the_notes_of_offices_are_decided_on_an_accessible_page(
    house: Database, site: str, chromium: Browser, width: int, language: str
) -> None:
    browser = chromium.new_context(viewport={"width": width, "height": 900})
    cookie = a_session(house, f"anna-{width}-{language}", set(Role) - {Role.BROKER})
    browser.add_cookies([{"name": COOKIE, "value": cookie, "url": site}])
    browser.add_cookies([{"name": LANGUAGE, "value": language, "url": site}])
    page = browser.new_page()
    page.set_default_timeout(PATIENT)
    page.goto(f"{site}/rondes/{ROUND}/toelichtingen")
    assert NOTE in page.content()
    look(page, width)
    followup_makers.proposes(house)
    followup_makers.records(house)
    page.goto(f"{site}/rondes/{ROUND}/opvolging")
    assert page.locator("th", has_text="Kantoor-1").count() == 2
    look(page, width)
    browser.close()
