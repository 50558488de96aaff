"""No accessibility violations, no sideways scrolling and no blocked content on a desktop and on a narrow phone."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from page_makers import ROUND, FakeSource
from playwright.sync_api import Browser, sync_playwright

from portal.web.pages import create_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = {
    "onderzoeker": f"/rondes/{ROUND}/rapport/onderzoeker",
    "gemeente": f"/rondes/{ROUND}/rapport/gemeente",
    "makelaar": f"/rondes/{ROUND}/rapport/makelaar/adv-03",
    "volgen": f"/rondes/{ROUND}",
    "aanbieders": f"/rondes/{ROUND}/aanbieders",
    "status": "/status",
    "rondes": "/",
    "fout": "/bestaat-niet",
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The real server on a free port of the loopback."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(create_app(FakeSource(mode="rehearsal")), log_level="warning", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_reflows_and_obeys_its_own_policy(
    site: str, chromium: Browser, name: str, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    blocked: list[str] = []
    page.on(
        "console", lambda message: blocked.append(message.text) if "Content Security Policy" in message.text else None
    )
    page.goto(site + PAGES[name])
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found: dict[str, Any] = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    problems = [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]
    scrolled = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert problems == []
    assert scrolled <= width
    assert blocked == []


def test_the_keyboard_reaches_the_content_first(site: str, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(site + PAGES["onderzoeker"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Naar de inhoud"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhoud"
    page.close()
