"""What the tests in a browser share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_makers import ARGUMENTS, CHROMIUM
from playwright.sync_api import Browser, sync_playwright

# Behind the rooms' own makers, so that a name that both have is found here.
sys.path.append(str(Path(__file__).parents[1] / "workers"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
