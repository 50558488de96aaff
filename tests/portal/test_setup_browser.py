"""Setting up a round as a person walks it, in a real browser: every page accessible, and no script of ours needed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from browser_makers import PATIENT, follow, needs_chromium, serving, violations
from house_makers import PLANNED, a_session, round_state
from playwright.sync_api import Browser, Page

from orchestrator import accounts, drafts
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.drafts import Texts
from orchestrator.settings import SecondFactor, Settings
from orchestrator.states import Role, RoundState
from portal.commands.names import bank_of
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.language import COOKIE as LANGUAGE

EXAMPLE = Path(__file__).parents[2] / "examples" / "amersfoort-2026"
ROUND, DRAFT, BROKEN = "amersfoort-2026-najaar", "klaar", "kapot"
PAGES = {
    "concepten": "/opzet",
    **{key: f"/opzet/{DRAFT}/{key}" for key in ("onderzoek", "vraag", "steekproef", "brieven", "planning", "uitkomst")},
    **{key: f"/opzet/{DRAFT}/{key}" for key in ("analyse", "bestanden", "yaml", "plannen")},
    "fouten": f"/opzet/{BROKEN}/planning",
    "fouten in het bestand": f"/opzet/{BROKEN}/yaml",
    "nog niet te plannen": f"/opzet/{BROKEN}/plannen",
    "wijziging": "/opzet/anders/plannen",
    "ronde": f"/rondes/{ROUND}/opzet",
}
pytestmark = [needs_chromium, pytest.mark.long]


def the_files() -> Texts:
    return Texts(*((EXAMPLE / name).read_text(encoding="utf-8") for name in ("round.yaml", *DATA)))


DATA = ("participants.csv", "listings.csv")


def fill(database: Database) -> None:
    """Leave a sound draft, one with mistakes, a planned round, and a draft of its next version."""
    texts = the_files()
    with database.writing() as session:
        drafts.create(session, DRAFT, texts, "Dora", PLANNED)
        wrong = texts.design.replace("min: 2, max: 30", "min: 40, max: 30").replace('from: "09:00"', "from: vroeg")
        drafts.create(session, BROKEN, Texts(wrong), "Dora", PLANNED)
        drafts.plan(session, DRAFT, 1, "Dora", PLANNED, bank=bank_of(Settings()), live=False)
        drafts.create(session, "anders", Texts(texts.design.replace("version: 1 ", "version: 2 ")), "Dora", PLANNED)


def serve(database: Database) -> Iterator[str]:
    """The real server on a free port of the loopback."""
    settings = Settings(second_factor=SecondFactor.OFF)
    app = make_app(database, Clock(PLANNED, Clock().now().timestamp(), 1.0), settings=settings)
    with serving(app) as site:
        yield site


def open_database(blank: Path, folder: Path) -> Database:
    return Database.at(f"sqlite:///{shutil.copy(blank, folder)}")


@pytest.fixture(scope="module")
def filled(blank_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = open_database(blank_sqlite, tmp_path_factory.mktemp("opzet"))
    fill(database)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="module")
def site(filled: Database) -> Iterator[str]:
    yield from serve(filled)


@pytest.fixture(scope="module")
def cookie(filled: Database) -> str:
    return a_session(filled, "Vera", [Role.DESIGNER, Role.APPROVER, Role.SENDER])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_setup_is_accessible_reflows_and_obeys_its_own_policy(
    site: str, cookie: str, chromium: Browser, name: str, width: int, language: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": site}])
    context.add_cookies([{"name": LANGUAGE, "value": language, "url": site}])
    context.set_default_timeout(PATIENT)
    page, said = context.new_page(), []
    page.on("console", lambda line: said.append(line.text))
    page.goto(site + PAGES[name])
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    problems, scrolled = violations(page), page.evaluate("document.documentElement.scrollWidth")
    headings = page.locator("h1").count()
    context.close()
    assert problems == []
    assert scrolled <= width
    assert said == []
    assert headings == 1


def test_from_the_first_start_to_a_round_that_runs_with_two_people_and_without_script(
    blank_sqlite: Path, tmp_path: Path, chromium: Browser
) -> None:
    database = open_database(blank_sqlite, tmp_path)
    served = serve(database)
    site, now = next(served), Clock().now()
    with database.writing() as session:
        first = accounts.add_first(session, now)
        assert first is not None
        link = accounts.make_link(session, first, "praktijktest", now, now)
    page = signed_in(chromium, site, link)
    add_person(page, site, "Bert", "approver")
    write_draft(page, site)
    plan(page)
    assert round_state(database, ROUND) is RoundState.PLANNED
    assert page.get_by_role("button", name="Keur goed").count() == 0
    with database.writing() as session:
        link = accounts.make_link(session, accounts.find(session, "Bert"), "beheerder", now, now)
    second = signed_in(chromium, site, link)
    second.goto(f"{site}/rondes/{ROUND}/opzet")
    follow(second.get_by_role("button", name="Keur goed"))
    assert "goedgekeurd door Bert" in second.locator("#staat + p").inner_text()
    page.reload()
    follow(page.get_by_role("button", name="Start de ronde"))
    assert round_state(database, ROUND) is RoundState.RUNNING
    for each in (page, second):
        each.context.close()
    next(served, None)
    database.engine.dispose()


def signed_in(chromium: Browser, site: str, link: str) -> Page:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.set_default_timeout(PATIENT)
    page.goto(f"{site}/aanmelden/link/{link}")
    follow(page.get_by_role("button", name="Meld mij aan"))
    if page.locator("#sleutel").count():
        _link_an_app(page)
    return page


def _link_an_app(page: Page) -> None:
    """Do what a role that sees how the research goes asks at the first visit."""
    secret = page.locator("#sleutel").inner_text().replace(" ", "")
    page.fill("#code", pyotp.TOTP(secret).now())
    follow(page.get_by_role("button", name="Koppel de app"))
    follow(page.get_by_role("link", name="Ik heb ze bewaard"))


def add_person(page: Page, site: str, name: str, role: str) -> None:
    page.goto(f"{site}/mensen")
    page.fill("#name", name)
    page.fill("#email", f"{name.lower()}@stad.example")
    page.check(f"#rol-{role}")
    follow(page.get_by_role("button", name="Voeg toe"))


def write_draft(page: Page, site: str) -> None:
    """Begin with the example, walk all pages, and make a mistake on the way that is shown and mended."""
    page.goto(f"{site}/opzet")
    page.fill("#name", ROUND)
    follow(page.get_by_role("button", name="Begin"))
    page.fill('[id="study.name"]', "Gelijke kansen in Amersfoort")
    while page.locator('[id="participants"]').count() == 0:
        if page.locator('[id="schedule.gap_hours.min"]').count():
            page.fill('[id="schedule.gap_hours.min"]', "48")
            follow(page.get_by_role("button", name="Opslaan en verder"))
            page.locator('a[href="#schedule.gap_hours.min"]').click()
            assert page.input_value('[id="schedule.gap_hours.min"]') == "48"
            page.fill('[id="schedule.gap_hours.min"]', "3")
        follow(page.get_by_role("button", name="Opslaan en verder"))
    for key, name in zip(("participants", "listings"), DATA, strict=True):
        page.set_input_files(f"#{key}", EXAMPLE / name)
    follow(page.get_by_role("button", name="Opslaan", exact=True))


def plan(page: Page) -> None:
    follow(page.get_by_role("link", name="Verder naar controleren en plannen"))
    assert "De opzet klopt." in page.inner_text("main")
    follow(page.get_by_role("button", name="Plan de ronde"))
    assert page.locator("h1").inner_text() == f"Ronde {ROUND}"
