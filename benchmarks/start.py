"""How soon is it there: ``--help``, the first page of ``run``, the whole ``demo``; and what each process weighs."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.dispatch import PATIENCE, ROOT, free_port
from benchmarks.record import Figure

PROGRAM = str(Path(sys.executable).with_name("praktijktest"))


def measure(runs: int) -> list[Figure]:
    help_, first, weight, demo = [], [], [], []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, cwd=ROOT)  # noqa: S603 - our own program
        help_.append(1000 * (time.perf_counter() - began))
        seconds, megabytes = _first_page()
        first.append(seconds)
        weight.append(megabytes)
        demo.append(_demo())
    return [
        Figure("--help", "ms", tuple(help_), "under 300"),
        Figure("first page of run", "s", tuple(first), "under 3"),
        Figure("demo to its last table", "s", tuple(demo), "under 45"),
        Figure("memory of run (web, worker, beat, listener)", "MB", tuple(weight)),
    ]


def _first_page() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        told = {
            "PRAKTIJKTEST_DATA": folder, "PRAKTIJKTEST_WEB_PORT": str(port),
            "PRAKTIJKTEST_LISTEN_PORT": str(free_port()),
        }  # fmt: skip
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own program
            [PROGRAM, "run"], env={**os.environ, **told}, stdout=subprocess.DEVNULL, cwd=ROOT
        )
        try:
            while not _answers(f"http://127.0.0.1:{port}/aanmelden"):
                if time.perf_counter() - began > PATIENCE:
                    raise SystemExit("no page came")
                time.sleep(0.02)
            return time.perf_counter() - began, _megabytes(process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:  # noqa: S310 - loopback
            return bool(page.status == 200)
    except OSError:
        return False


def _megabytes(pid: int) -> float:
    """What a process keeps in memory; of Linux, which is what production runs on."""
    told = Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2]
    return int(told.split()[0]) / 1024


def _demo() -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        subprocess.run([PROGRAM, "demo", "--out", f"{folder}/demo"], check=True, capture_output=True, cwd=ROOT)  # noqa: S603
        return time.perf_counter() - began
