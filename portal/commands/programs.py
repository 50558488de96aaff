"""Programs of their own that the command line starts: the market and the tests. Loads nothing of ours."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from profiles.errors import Refused

ROOT = Path(__file__).parents[2]


def market(arguments: Sequence[str]) -> None:
    """Become the simulated market, a program of its own that shares nothing with this one."""
    os.execv(sys.executable, [sys.executable, "-m", "market", *arguments])  # noqa: S606 - our own interpreter


def test(arguments: Sequence[str]) -> None:
    """Run the test suite of a checkout and end with its exit code."""
    if not (ROOT / "tests").is_dir():
        raise Refused("no-tests", "Deze installatie heeft geen tests.", "Gebruik ./praktijktest test in een clone.")
    sys.exit(subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT))  # noqa: S603 - our own suite
