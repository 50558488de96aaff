"""No accessibility violations, no sideways scrolling and no blocked content on a desktop and on a narrow phone."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import house_makers
import pytest
import release_makers
from bank_makers import NAMES
from browser_makers import PATIENT, follow, needs_chromium, serving, violations
from page_makers import LOOKED_AT, ROUND, SIGNED_IN, FakeDoor, FakeSource, make
from playwright.sync_api import Browser, Page
from pydantic import SecretStr

from orchestrator import pretests
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.pretests import RIGHT, Judgement
from orchestrator.settings import Settings
from portal.commands import analysing
from portal.web.app import create_app
from portal.web.followup_source import FollowupSource
from portal.web.language import COOKIE
from portal.web.open_source import OpenReleases
from portal.web.organisation import Organisation
from portal.web.pages import aftermath, comparing, open_data, organisation, pretest, releasing, toolkit
from portal.web.release_source import DatabaseReleases
from portal.web.toolkit_source import ToolkitSource

CLOSED = "/gesloten"
"""Under this address stands the same desk with a round that is closed."""

PAGES = {
    "onderzoeker": f"/rondes/{ROUND}/rapport/onderzoeker",
    "tussenstand": f"/rondes/{LOOKED_AT}/rapport/onderzoeker",
    "gemeente": f"/rondes/{ROUND}/rapport/gemeente",
    "makelaar": f"/rondes/{ROUND}/rapport/makelaar/adv-03",
    "volgen": f"/rondes/{ROUND}",
    "aanbieders": f"/rondes/{ROUND}/aanbieders",
    "status": "/status",
    "rondes": "/",
    "resultaten": f"/rondes/{ROUND}/resultaten",
    "resultaten, gesloten": f"{CLOSED}/rondes/{ROUND}/resultaten",
    "tussenstanden": f"/rondes/{LOOKED_AT}/tussenstanden",
    "gezondheid": f"/rondes/{ROUND}/gezondheid",
    "export": f"/rondes/{ROUND}/export",
    "export, gesloten": f"{CLOSED}/rondes/{ROUND}/export",
    "vooruitblik": f"/rondes/{ROUND}/vooruitblik",
    "pauzeren": f"/rondes/{ROUND}/bediening/pauzeren",
    "te laat": f"/rondes/{ROUND}/bediening/hervatten",
    "mensen": "/mensen",
    "browsers": "/browsers",
    "toolkit": "/toolkit",
    "aanmelden": "/aanmelden",
    "organisatie": "/aanmelden/organisatie/terug",
    "link": "/aanmelden/link/goed",
    "oude link": "/aanmelden/link/oud",
    "fout": "/bestaat-niet",
    "vooronderzoek": "/vooronderzoek/open",
    "vraag": "/vooronderzoek/open/{rater}/1",
    "controlevraag": "/vooronderzoek/open/{rater}/{control}",
    "bedankt": "/vooronderzoek/open/{finished}",
    "gesloten": "/vooronderzoek/dicht",
    "uitkomsten": "/uitkomsten",
    "uitkomst": f"/uitkomst/{house_makers.ROUND}",
    "na de ronde": f"/uitkomst/{house_makers.ROUND}/1/opvolging",
    "open data": "/open-data",
    "vergelijking": f"/uitkomst/{house_makers.ROUND}/1/vergelijking",
    "vrijgave": f"/rondes/{house_makers.ROUND}/vrijgave",
}
FEW_OF_PAGES = [
    name if name in ("rondes", "volgen", "uitkomst") else pytest.param(name, marks=pytest.mark.long) for name in PAGES
]
"""All of them, of which three are looked at every day."""

STATUSES = {"organisatie": 410, "oude link": 410, "gesloten": 410, "te laat": 409}
OWN_PAGES = ("ronde", "paren", "waarden")
Visited = tuple[Database, dict[str, str]]

NOW = datetime(2026, 9, 7, 10, 0, tzinfo=UTC)

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def pretest_pages(blank_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    """An open and a closed pretest, with a rater who begins and one who is done; and what stands in their addresses."""
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path_factory.mktemp('names'))}")
    with database.writing() as session:
        for key in ("open", "dicht"):
            pretests.start(session, key, NAMES.of("surinamese"), 4, "anna", NOW, 7)
        pretests.close(session, "dicht", "anna", NOW)
        rater, finished = (pretests.begin(session, "open", NOW) for _ in range(2))
    with database.writing() as session:
        control = next(place for place in range(1, 6) if pretests.item(session, "open", rater, place).name is None)
        pretests.attend(session, "open", finished, RIGHT)
        for place in range(1, 6):
            pretests.judge(session, "open", finished, place, Judgement("unknown", 3, 3), NOW)
    yield database, {"rater": rater, "finished": finished, "control": str(control)}
    database.engine.dispose()


@pytest.fixture(scope="module")
def signed(blank_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A round of which one version was signed, which waits for the municipality."""
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path_factory.mktemp('release'))}")
    release_makers.closed(database)
    release_makers.draft(database)
    release_makers.sign(database)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="module")
def site(pretest_pages: Visited, signed: Database) -> Iterator[str]:
    """The real server on a free port of the loopback."""
    app = create_app(FakeSource(mode="rehearsal"), FakeDoor())
    asked = Settings(oidc_issuer="https://stad.example", oidc_client_id="desk", oidc_client_secret=SecretStr("x"))
    organisation.add(app, FakeDoor(), Organisation(pretest_pages[0], Clock(), asked))
    pretest.add(app, pretest_pages[0], Clock())
    for group in (releasing, comparing):
        group.add(app, DatabaseReleases(signed, Clock()))
    aftermath.add(app, DatabaseReleases(signed, Clock()), FollowupSource(signed, Clock()))
    open_data.add(app, OpenReleases(DatabaseReleases(signed, Clock())), "https://praktijktest.example")
    toolkit.add(app, ToolkitSource(pretest_pages[0], Clock()))
    app.mount(CLOSED, create_app(FakeSource(mode="rehearsal", state="closed"), FakeDoor()))
    with serving(app) as site:
        yield site


def opened(chromium: Browser, site: str, width: int = 1280, **told: Any) -> Page:
    """A window in which somebody is signed in."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, **told)
    context.add_cookies([{"name": name, "value": value, "url": site} for name, value in SIGNED_IN.items()])
    context.set_default_timeout(PATIENT)
    return context.new_page()


@pytest.mark.parametrize("name", FEW_OF_PAGES)
def test_a_page_is_accessible_reflows_and_obeys_its_own_policy(
    site: str, pretest_pages: Visited, chromium: Browser, name: str, width: int, language: str
) -> None:
    page = opened(chromium, site, width)
    page.context.add_cookies([{"name": COOKIE, "value": language, "url": site}])
    blocked: list[str] = []
    # The browser itself writes that a page was not found, is gone or came too late, which is what these are to show.
    expected = f"status of {STATUSES.get(name, 404)}"
    page.on("console", lambda said: blocked.append(said.text) if expected not in said.text else None)
    page.goto(site + PAGES[name].format(**pretest_pages[1]))
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    problems = violations(page)
    scrolled = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert problems == []
    assert scrolled <= width
    assert blocked == []


def own_pages(folder: Path) -> dict[str, Path]:
    """The page of a round with every method, and those of files of pairs and of amounts, as `analyse` writes them."""
    rows = ["pair,arm,positive,advertiser,stratum,order,uren"]
    for place in range(48):
        for turn, arm in enumerate(("control", "treatment")):
            yes = int((place * 7 + 3 * turn) % 5 < 2 + (turn == 0))
            at = f"{place % 8},{'ab'[place % 2]},{1 + (turn + place) % 2},{1 + (place * 3 + turn) % 9}"
            rows.append(f"{place},{arm},{yes},{at}")
    (folder / "eigen.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    table = make.full_round(mode="rehearsal")
    html, out = analysing.Showing("html", all_methods=True), {name: folder / f"{name}.html" for name in OWN_PAGES}
    split = {"stratum": "stratum", "order": "order", "advertiser": "advertiser"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(analysing, "load", {ROUND: table}.__getitem__)
        analysing.run(ROUND, analysing.wishes_of("paired"), replace(html, out=out["ronde"]))
    own = str(folder / "eigen.csv")
    analysing.run(own, analysing.wishes_of("paired", **split), replace(html, out=out["paren"]))
    analysing.run(own, analysing.wishes_of("paired", value="uren"), replace(html, out=out["waarden"]))
    return out


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return own_pages(tmp_path_factory.mktemp("eigen"))


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_page_that_analyse_writes_is_accessible_and_reflows(
    written: dict[str, Path], chromium: Browser, name: str, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(written[name].as_uri())
    problems, scrolled = violations(page), page.evaluate("document.documentElement.scrollWidth")
    headings = page.locator("h2").count()
    page.close()
    assert problems == []
    assert scrolled <= width
    assert headings > 3


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 320])
def test_a_question_that_was_not_answered_is_told_accessibly(site: str, chromium: Browser, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(PATIENT)
    page.goto(f"{site}/vooronderzoek/open")
    follow(page.locator("button"))
    # A browser that does not check a form by itself, and somebody who answers one question only.
    page.evaluate("document.querySelector('form').noValidate = true")
    page.check("#class_heard-2")
    follow(page.locator("button"))
    assert page.title().startswith("Nog niet volledig")
    assert page.locator("[aria-describedby]").count() == 2
    problems, scrolled = violations(page), page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert problems == []
    assert scrolled <= width


@pytest.mark.long
def test_a_pretest_is_done_with_the_keyboard_alone_and_without_script(site: str, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(PATIENT)
    page.goto(f"{site}/vooronderzoek/open")
    page.locator("button").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    for _ in range(5):
        for group in page.locator("fieldset").all():
            group.locator("input").first.focus()
            page.keyboard.press("Space")
            page.keyboard.press("ArrowDown")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "Bedankt"
    context.close()


STOPS = """() => {
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
    const shown = all.filter(each => each.getClientRects().length && each.type !== "hidden" && !each.disabled);
    // Of radio buttons that belong together the keyboard reaches one, and the arrows the others.
    shown.forEach((each, place) => each.dataset.stop = each.type === "radio" ? `radio ${each.name}` : `${place}`);
    return [...new Set(shown.map(each => each.dataset.stop))];
}"""
HERE = """() => {
    const here = document.activeElement, style = getComputedStyle(here);
    return [here.dataset.stop ?? null, style.outlineStyle !== "none" || style.boxShadow !== "none"];
}"""


@pytest.mark.long
@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_all_that_can_be_used_on_a_page_and_shows_where_it_is(
    site: str, pretest_pages: Visited, chromium: Browser, name: str
) -> None:
    page = opened(chromium, site)
    page.goto(site + PAGES[name].format(**pretest_pages[1]))
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    wanted = set(page.evaluate(STOPS))
    met, marked = set(), set()
    for _ in range(len(wanted) + 8):  # a date has stops within it, of which the browser marks the last by itself
        page.keyboard.press("Tab")
        stop, shown = page.evaluate(HERE)
        met |= {stop}
        marked |= {stop} if shown else set()
    page.context.close()
    assert wanted
    assert wanted - met == set()
    assert wanted - marked == set()


@pytest.mark.long
def test_the_keyboard_reaches_the_content_first(site: str, chromium: Browser) -> None:
    page = opened(chromium, site)
    page.goto(site + PAGES["onderzoeker"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Naar de inhoud"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhoud"
    page.close()


@pytest.mark.long
def test_a_monitor_refreshes_itself_unless_somebody_is_busy_in_it_or_said_no(site: str, chromium: Browser) -> None:
    page = opened(chromium, site)
    page.clock.install()
    page.goto(site + PAGES["volgen"])

    def renewed(patience: int = 500) -> bool:
        """Whether what is shown was fetched anew within so many milliseconds once the half minute is over."""
        page.evaluate("document.querySelector('#stand').dataset.old = 'yes'")
        page.clock.run_for(31_000)
        for _ in range(0, patience, 100):
            page.wait_for_timeout(100)
            if not page.evaluate("document.querySelector('#stand').dataset.old"):
                return True
        return False

    assert renewed(PATIENT)
    page.locator("#stand a").first.focus()
    assert not renewed()
    page.evaluate("document.activeElement.blur()")
    page.uncheck("#vernieuwt")
    assert not renewed()
    page.reload()
    assert not page.is_checked("#vernieuwt")
    page.close()
