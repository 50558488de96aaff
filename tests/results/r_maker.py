"""Run a few lines of R and read what it prints, so that its numbers stand beside ours."""

import shutil
import subprocess

import pytest


def run_r(script: str) -> str:
    """What R prints for ``script``; the test is skipped, with the reason, where R is not installed."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("Rscript is not installed: the comparison with R was not made")
    done = subprocess.run([rscript, "--vanilla", "-e", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
