"""What the demo needs before it can begin: a folder, the example's files, free ports and a market."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator.clock import Clock
from portal.commands import house
from profiles.errors import BadInput, PraktijktestError, Problem, Refused

EXAMPLE = "amersfoort-2026"
MARKER = "demo.json"
MARKET_HTTP = "http://127.0.0.1:8480/"
"""Where the example's contact forms are when the market is started by hand."""
READY_SECONDS = 20.0


class MarketDown(PraktijktestError):
    """The simulated market did not start, or stopped."""


def example() -> Path:
    """Return the folder of the worked example: in a checkout, or as installed beside this package."""
    here = Path(__file__).parent
    for folder in (here.parents[1] / "examples" / EXAMPLE, here.parent / "examples" / EXAMPLE):
        if folder.is_dir():
            return folder
    raise Refused("no-example", "De voorbeeldronde ontbreekt in deze installatie.", "Installeer opnieuw.")


def make_folder(wish: Path | None, now: datetime) -> Path:
    """Return an empty folder; one of an earlier demo is emptied first, any other that holds something is refused."""
    folder = wish or Path(f"praktijktest-demo-{now:%Y%m%d-%H%M%S}")
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise Refused("folder-not-empty", f"Map {folder} is niet leeg.", "Kies met --out een nieuwe map.")
        shutil.rmtree(folder)
    house.make_folder(folder)
    (folder / MARKER).write_text(json.dumps({"made_by": "praktijktest demo"}) + "\n", encoding="utf-8")
    return folder


def copy_example(folder: Path, seed: int, pairs: int, http_port: int) -> Path:
    """Copy the example's files with this seed, number of pairs and form port; return where they are."""
    target = folder / "invoer"
    shutil.copytree(example(), target)
    listings = (target / "listings.csv").read_text(encoding="utf-8").count("\n") - 1
    if pairs > listings:
        problem = "De voorbeeldmarkt heeft minder advertenties."
        raise BadInput(Problem("too-many-pairs", problem, found=str(pairs), remedy=f"Kies hooguit {listings}."))
    _replace(target / "round.yaml", r"(?m)^seed: \d+", f"seed: {seed}")
    _replace(target / "round.yaml", r"(?m)^(  pairs:) \d+", rf"\1 {pairs}")
    for file in ("participants.csv", "forms.yaml"):
        _replace(target / file, re.escape(MARKET_HTTP), f"http://127.0.0.1:{http_port}/")
    return target


@dataclass(frozen=True)
class Market:
    """The running market: where it takes mail, and what it truly is."""

    smtp_port: int
    truth: dict[str, Any]


@contextmanager
def market(
    inputs: Path,
    folder: Path,
    clock: Clock,
    seed: int,
    bias: float,
    http_port: int,
    reply_port: int,
    temper: Sequence[str] = (),
) -> Iterator[Market]:
    """Run the market as a process of its own for as long as the context lasts; ``temper`` are options of its own."""
    ready, truth = folder / "market-ready.json", folder / "market-truth.json"
    command = [
        sys.executable, "-m", "market",
        "--participants", inputs / "participants.csv", "--listings", inputs / "listings.csv",
        "--reply-port", reply_port, "--http-port", http_port, "--seed", seed, "--bias", bias,
        "--speed", clock.speed, "--clock-start", clock.start.isoformat(), "--clock-epoch", clock.wall,
        "--truth", truth, "--ready", ready, "--log", folder / "market-log.jsonl", "--parent-pid", os.getpid(), *temper,
    ]  # fmt: skip
    with subprocess.Popen([str(part) for part in command]) as process:  # noqa: S603 - our own program
        try:
            ports = _wait_for(ready, process)
            yield Market(ports["smtp_port"], json.loads(truth.read_text(encoding="utf-8")))
        finally:
            process.terminate()


def _wait_for(ready: Path, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    until = time.monotonic() + READY_SECONDS
    while not ready.exists():
        if process.poll() is not None:
            raise MarketDown(f"De gesimuleerde markt stopte met code {process.returncode}; zie de regel hierboven.")
        if time.monotonic() > until:
            raise MarketDown(f"De gesimuleerde markt was na {READY_SECONDS:.0f} seconden nog niet klaar.")
        time.sleep(0.05)
    told: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
    return told


def _replace(path: Path, pattern: str, by: str) -> None:
    text, found = re.subn(pattern, by, path.read_text(encoding="utf-8"))
    if not found:
        raise Refused("bad-example", f"De voorbeeldronde is beschadigd: {path.name} mist {pattern}.")
    path.write_text(text, encoding="utf-8")
