"""The client in the README is a whole program: it is typed, and reads an installation over the network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from api_makers import SETTINGS, a_token
from browser_makers import serving
from house_makers import ROUND, only_sqlite
from release_makers import released

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.states import Role
from portal.web.app import make_app

pytestmark = pytest.mark.long

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """The program of the README, as a file."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    file = tmp_path / "client.py"
    file.write_text(code, encoding="utf-8")
    return file


@only_sqlite
def test_the_client_of_the_readme_reads_the_outcome_of_a_released_round(database: Database, client: Path) -> None:
    released(database)
    token = a_token(database, Role.MUNICIPALITY, ["outcomes:read"])
    with serving(make_app(database, Clock(), settings=SETTINGS)) as site:
        told = {**os.environ, "SITE": site, "TOKEN": token}
        words = [sys.executable, str(client)]
        done = subprocess.run(words, env=told, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{ROUND}, version 1, released: +0.200 (")


def test_the_client_of_the_readme_is_typed_throughout(client: Path) -> None:
    words = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", os.devnull]
    done = subprocess.run([*words, str(client)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
