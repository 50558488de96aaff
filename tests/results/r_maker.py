"""Run a script in R, so that a number of ours can be laid beside the one a statistician would get."""

import os
import shutil
import subprocess

import pytest


def run_r(script: str) -> str:
    """What ``script`` prints in R.

    Without R the test is skipped with its reason; under continuous integration (``CI`` set) it fails, so that the
    comparison cannot silently stop being made. A script that R refuses fails with R's own message.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        reason = "Rscript is not installed (Debian: apt install r-base-core r-cran-survival)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run([rscript, "--vanilla", "-"], input=script, capture_output=True, text=True, timeout=60)
    if done.returncode:
        pytest.fail(f"R stopped: {done.stderr}")
    return done.stdout


def numbers_from_r(script: str) -> list[float]:
    """The numbers that ``script`` prints with ``cat``, separated by white space; ``NA`` becomes nan."""
    return [float("nan") if word == "NA" else float(word) for word in run_r(f"options(digits = 15)\n{script}").split()]
