"""A real Chromium, a real server for it to look at, and what accessibility asks of a page."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page
from starlette.types import ASGIApp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENT = 120_000
"""Milliseconds to wait for a page of a server that shares its machine with other tests; Playwright's own is 30,000."""

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The pages on a free port of the loopback; gives their address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def follow(way: Locator) -> None:
    """Click a link or a button, and wait for the page it leads to; a click alone returns while the old one stands."""
    with way.page.expect_navigation(timeout=PATIENT):
        way.click()


def violations(page: Page) -> list[str]:
    page.wait_for_load_state()  # after a click the style of the next page may still be under way
    found: dict[str, Any] = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]
