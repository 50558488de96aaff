"""Coding and pairs in a real browser: with keys only, without scripts, and for everybody, on a desktop and a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_makers import PATIENT, follow, needs_chromium, serving, violations
from coding_makers import answered_round
from house_makers import DUE, ROUND, a_session, code, letters
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Coding, Reply
from orchestrator.settings import Settings
from orchestrator.states import Role
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.language import COOKIE as LANGUAGE

pytestmark = needs_chromium
DESK = f"/coderen/{ROUND}"
PAGES = {
    "overzicht": "/coderen",
    "coderen": DESK,
    "verschillen": f"{DESK}/verschillen",
    "verbergen": f"{DESK}/verbergen",
    "woorden": f"{DESK}/verbergen/{{leak}}",
    "tests": f"/rondes/{ROUND}/tests?wijk=binnenstad",
    "geen tests": f"/rondes/{ROUND}/tests?wijk=elders",
    "test": f"/rondes/{ROUND}/tests/{{code}}",
}
House = tuple[Database, dict[str, str]]


@pytest.fixture(scope="module")
def house(blank_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Answers that wait, a difference to decide, one in which a name survives; and what addresses need."""
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path_factory.mktemp('coding'))}")
    numbers = answered_round(database, pairs=8)
    for coder, label in (("x", "AL_VERHUURD"), ("y", "IN_OPTIE")):
        code(database, numbers[0], coder, label)
    leak = numbers[1]
    with database.writing() as session:
        session.get_one(Reply, leak).text = "Beste Karimah,\n\nDe woning is verhuurd."
    yield database, {"leak": str(leak), "code": letters(database)[0].pair.code}
    database.engine.dispose()


@pytest.fixture(scope="module")
def site(house: House) -> Iterator[str]:
    """The real server on a free port of the loopback."""
    app = make_app(house[0], Clock(DUE, Clock().now().timestamp(), 1.0), settings=Settings())
    with serving(app) as site:
        yield site


def opened(chromium: Browser, site: str, cookie: str, language: str = "nl", width: int = 1280, **told: Any) -> Page:
    context = chromium.new_context(viewport={"width": width, "height": 900}, **told)
    cookies = {COOKIE: cookie, LANGUAGE: language}
    context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
    context.set_default_timeout(PATIENT)
    return context.new_page()


def coded(database: Database, coder: str) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Coding.label).where(Coding.coder == coder).order_by(Coding.id)))


@pytest.fixture(scope="module")
def everybody(house: House) -> str:
    """The cookie of somebody with all roles who has coded nothing yet."""
    return a_session(house[0], "iedereen", [Role.ANALYST, Role.CODER])


@pytest.mark.long
def test_every_page_of_coding_and_pairs_is_accessible_and_reflows(
    site: str, house: House, everybody: str, chromium: Browser, width: int, language: str
) -> None:
    page = opened(chromium, site, everybody, language, width)
    said: list[str] = []
    page.on("console", lambda told: said.append(told.text))
    found: dict[str, Any] = {}
    for name, address in PAGES.items():
        assert page.goto(site + address.format(**house[1])).status == 200  # type: ignore[union-attr]
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found[name] = (violations(page), page.evaluate("document.documentElement.scrollWidth") <= width)
    page.context.close()
    assert found == dict.fromkeys(PAGES, ([], True))
    assert said == []


def test_ten_replies_are_coded_with_keys_alone(site: str, house: House, chromium: Browser) -> None:
    page = opened(chromium, site, a_session(house[0], "toets", [Role.CODER]))
    page.goto(site + DESK)
    page.keyboard.press("3")
    page.keyboard.press("7")
    for place in range(10):
        key = str(place % 9 + 1)
        page.keyboard.press(key)
        assert page.locator(f"[data-key='{key}']").is_checked()
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert page.locator("#voortgang-tekst").inner_text().startswith("10 van ")
    with page.expect_navigation():
        page.keyboard.press("z")
    assert page.locator("#voortgang-tekst").inner_text().startswith("9 van ")
    page.keyboard.press("t")
    page.keyboard.type("1 of 2? z")  # keys are letters where somebody types
    assert page.locator("#note").input_value() == "1 of 2? z"
    assert page.locator("#coderen input:checked").count() == 0
    page.context.close()
    assert len(coded(house[0], "toets")) == 9


@pytest.mark.long
def test_the_keys_can_be_switched_off_and_stay_off(site: str, house: House, chromium: Browser) -> None:
    page = opened(chromium, site, a_session(house[0], "uit", [Role.CODER]))
    page.goto(site + DESK)
    page.locator("#toetsen-aan").uncheck()
    page.reload()
    page.keyboard.press("1")
    assert page.locator("#coderen input:checked").count() == 0
    page.context.close()


@pytest.mark.long
def test_a_reply_is_coded_without_a_script(site: str, house: House, chromium: Browser) -> None:
    page = opened(chromium, site, a_session(house[0], "kaal", [Role.CODER]), java_script_enabled=False)
    page.goto(site + DESK)
    assert not page.locator("#toetsen").is_visible()
    page.locator("#label-OVERIG").check()
    follow(page.get_by_role("button", name="Opslaan en volgende"))
    page.context.close()
    assert coded(house[0], "kaal") == ["OVERIG"]
