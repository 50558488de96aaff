"""The whole life of a round as people walk it: real processes, the simulated market, and a browser for each person.

Pictures of the pages are kept in the folder that ``--pictures`` names, else with the other files of the test.
"""

import json
import re
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from browser_makers import follow, needs_chromium
from cli_makers import DESIGN, LISTINGS, PARTICIPANTS, ROUND, User, a_user
from playwright.sync_api import Browser, Page
from test_cli_processes import FAST, page, running, wait_until
from test_setup_browser import add_person, signed_in

from portal.demo.ports import free_port
from workers import runtime

CODERS = ("Cora", "Dirk")
pytestmark = [needs_chromium, pytest.mark.long]


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(runtime, "_current", None)
    return a_user(tmp_path, capsys, monkeypatch)


class Journey:
    """Who walks where, with a picture of each stop and how long each stretch took, in seconds."""

    def __init__(self, chromium: Browser, site: str, folder: Path) -> None:
        self.chromium, self.site, self.folder = chromium, site, folder
        self.people: dict[str, Page] = {}
        self.took: dict[str, float] = {}
        self.began = time.monotonic()
        self.stops = 0

    def arrive(self, name: str, link: str) -> Page:
        self.people[name] = signed_in(self.chromium, self.site, link.rpartition("/")[2])
        return self.people[name]

    def stop(self, name: str, who: Page) -> None:
        self.took[name] = round(time.monotonic() - self.began, 1)
        self.began = time.monotonic()
        self.stops += 1
        who.screenshot(path=self.folder / f"{self.stops:02}-{name}.png", full_page=True)

    def leave(self) -> None:
        for each in self.people.values():
            each.context.close()


@pytest.fixture
def pictures(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = Path(request.config.getoption("pictures") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def next_spring(user: User) -> date:
    """Move the round to a month that is still to come: on the real clock nothing of it is due yet."""
    first = date(date.today().year + 1, 3, 1)  # noqa: DTZ011 - any day will do
    user.edits(DESIGN, "first_day: 2026-09-07", f"first_day: {first}")
    user.edits(DESIGN, "last_day: 2026-10-09", f"last_day: {first + timedelta(days=40)}")
    text = user.file(PARTICIPANTS).read_text(encoding="utf-8")
    text = text.replace("2026-05-26,2026-12-31", f"{first.year - 1}-01-01,{first.year}-12-31")
    user.file(PARTICIPANTS).write_text(text, encoding="utf-8")
    return first


@pytest.fixture
def market(user: User) -> Iterator[dict[str, str]]:
    """A simulated market, and the settings by which an installation reaches it."""
    mail, forms, replies = (str(free_port()) for _ in range(3))
    text = user.file(PARTICIPANTS).read_text(encoding="utf-8")
    user.file(PARTICIPANTS).write_text(text.replace("127.0.0.1:8480", f"127.0.0.1:{forms}"), encoding="utf-8")
    files = ("--participants", PARTICIPANTS, "--listings", LISTINGS, "--truth", "truth.json")
    ports = ("--smtp-port", mail, "--http-port", forms, "--reply-port", replies)
    with running(user, "market", *files, *ports, "--speed", FAST, "--ready", "ready.json"):
        wait_until(lambda: user.file("ready.json").exists(), "the market")
        yield {
            "PRAKTIJKTEST_SMTP_HOST": "127.0.0.1",
            "PRAKTIJKTEST_SMTP_PORT": mail,
            "PRAKTIJKTEST_LISTEN_PORT": replies,
        }


def test_from_the_first_start_to_the_research_file(
    user: User, next_spring: date, market: dict[str, str], chromium: Browser, pictures: Path
) -> None:
    port = str(free_port())
    journey = Journey(chromium, f"http://127.0.0.1:{port}", pictures)
    with running(user, "run", "--port", port, **market):
        wait_until(lambda: page(int(port)), "a page")
        vera = journey.arrive("Vera", first_link(user))
        add_person(vera, journey.site, "Bert", "approver")
        for coder in CODERS:
            add_person(vera, journey.site, coder, "coder")
        journey.stop("mensen", vera)
        set_up(vera, journey, user)
        approve(journey, user)
        vera.goto(f"{journey.site}/rondes/{ROUND}/opzet")
        follow(vera.get_by_role("button", name="Start de ronde"))
        journey.stop("gestart", vera)
    with running(user, "run", "--port", port, "--speed", FAST, "--from", str(next_spring), **market):
        wait_until(lambda: page(int(port)), "a page")
        letters_go(journey)
        code_everything(journey, user)
        wait_until(lambda: stands(journey, "Gesloten"), "closed")
        assert not stands(journey, "0 / 42")
        journey.stop("monitor", journey.people["Vera"])
        look_round(journey)
        read_results(journey)
        take_home(journey, user)
    journey.leave()
    (pictures / "seconden.json").write_text(json.dumps(journey.took, indent=2) + "\n", encoding="utf-8")


def first_link(user: User) -> str:
    """What a first start prints."""
    log = user.folder / "run---port.log"
    wait_until(lambda: "/aanmelden/link/" in log.read_text(encoding="utf-8"), "a link")
    return re.findall(r"http\S+/aanmelden/link/\S+", log.read_text(encoding="utf-8"))[0]


def set_up(vera: Page, journey: Journey, user: User) -> None:
    """Give the three files of the round to a draft, and plan it."""
    vera.goto(f"{journey.site}/opzet")
    vera.fill("#name", ROUND)
    follow(vera.get_by_role("button", name="Begin"))
    draft = vera.url.rpartition("/")[0]
    vera.goto(f"{draft}/yaml")
    vera.set_input_files("#file", user.file(DESIGN))
    follow(vera.get_by_role("button", name="Opslaan"))
    vera.goto(f"{draft}/bestanden")
    for key in ("participants", "listings"):
        vera.set_input_files(f"#{key}", user.file(f"{key}.csv"))
    follow(vera.get_by_role("button", name="Opslaan", exact=True))
    follow(vera.get_by_role("link", name="Verder naar controleren en plannen"))
    journey.stop("opzet", vera)
    follow(vera.get_by_role("button", name="Plan de ronde"))
    assert vera.locator("h1").inner_text() == f"Ronde {ROUND}"


def approve(journey: Journey, user: User) -> None:
    bert = journey.arrive("Bert", link_of(user, "Bert"))
    bert.goto(f"{journey.site}/rondes/{ROUND}/opzet")
    follow(bert.get_by_role("button", name="Keur goed"))
    journey.stop("goedgekeurd", bert)


def link_of(user: User, name: str) -> str:
    return re.findall(r"http\S+/aanmelden/link/\S+", user.does("sign-in", name))[0]


def stands(journey: Journey, *words: str) -> bool:
    vera = journey.people["Vera"]
    vera.goto(f"{journey.site}/rondes/{ROUND}")
    shown = vera.inner_text("main")
    return any(each in shown for each in words)


def letters_go(journey: Journey) -> None:
    wait_until(lambda: stands(journey, "Gesloten", "Wacht op codering"), "all letters answered or given up")
    journey.stop("verzonden", journey.people["Vera"])


def code_everything(journey: Journey, user: User) -> None:
    """Both coders label what waits for them alike; nobody meets an arm on the way."""
    for coder in CODERS:
        own = journey.arrive(coder, link_of(user, coder))
        own.goto(f"{journey.site}/coderen/{ROUND}")
        if coder == CODERS[0]:
            journey.stop("coderen", own)
        while own.locator("form#coderen").count():
            assert not re.search("controleprofiel|testprofiel", own.inner_text("main"), re.IGNORECASE)
            own.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            own.check('input[name="label"][value="OVERIG"]')
            follow(own.get_by_role("button", name="Opslaan en volgende"))
        assert "Er wacht niets op u." in own.inner_text("main")
    journey.stop("gecodeerd", journey.people[CODERS[1]])


def look_round(journey: Journey) -> None:
    vera = journey.people["Vera"]
    for tab in ("tests", "gezondheid", "opzet"):
        assert vera.goto(f"{journey.site}/rondes/{ROUND}/{tab}").status == 200  # type: ignore[union-attr]
        journey.stop(f"tab-{tab}", vera)
    vera.goto(f"{journey.site}/rondes/{ROUND}/tests")
    follow(vera.get_by_role("link", name=re.compile(r"^P-\d+$")).first)
    journey.stop("test", vera)


def read_results(journey: Journey) -> None:
    """One sentence with its margin above every figure, and the same numbers as a file."""
    vera = journey.people["Vera"]
    vera.goto(f"{journey.site}/rondes/{ROUND}/resultaten")
    journey.stop("resultaten", vera)
    said = vera.locator(".pt-finding").inner_text()
    assert re.search("van de 100 advertenties|geen aantoonbaar verschil", said), said
    vera.goto(f"{journey.site}/taal/en?next=/rondes/{ROUND}")
    journey.stop("english", vera)


def take_home(journey: Journey, user: User) -> None:
    """The file that the page gives computes its own headline again."""
    vera = journey.people["Vera"]
    vera.goto(f"{journey.site}/rondes/{ROUND}/export")
    journey.stop("export", vera)
    with vera.expect_download() as got:
        vera.locator('a[href$=".zip"]').click()
    file = user.file("ronde.zip")
    got.value.save_as(file)
    assert "klopt" in user.does("verify", str(file))
