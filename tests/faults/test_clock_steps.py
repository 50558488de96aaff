"""The clock of a real worker process steps an hour either way: nothing goes early, nothing is lost, nothing twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from history import arrivals, read_log
from house_makers import DUE, HOUR, letters, run
from servers import until
from sqlalchemy import update

from orchestrator import views
from orchestrator.clock import Clock
from orchestrator.control import set_clock
from orchestrator.db import Database
from orchestrator.models import Inquiry
from orchestrator.rounds import lifecycle
from orchestrator.schema import prepare
from orchestrator.states import LetterState
from portal.demo.ports import free_port

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
MAIN = "from portal.cli import main; main()"
SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds)\n"
"""Python 3.11 asks the kernel to sleep until a moment that libfaketime makes one in the past."""

PATIENCE_SECONDS, SWEEPS_SECONDS, SOON = 90.0, 8.0, timedelta(seconds=20)


@dataclass
class House:
    """A worker process with a clock of its own, and the record and the mail server, which know the true time."""

    database: Database
    clock: Clock
    stamp: Path
    seen: Path
    log: Path

    def step(self, seconds: int) -> None:
        """Let the worker's clock be so far from the true time."""
        beside = self.stamp.with_suffix(".new")
        beside.write_text(f"{seconds:+d}\n")
        beside.replace(self.stamp)

    def arrived(self) -> list[str]:
        return arrivals(read_log(self.seen))

    def why_shut(self) -> str:
        with self.database.reading() as session:
            return views.why_shut(session) or ""

    def is_told(self, words: str) -> None:
        until(lambda: words in self.why_shut(), PATIENCE_SECONDS, f"sending to be shut: {words} ({self.log})")

    def opens(self) -> None:
        with self.database.writing() as session:
            lifecycle.set_sending(session, True, "r.visser", self.clock.now())

    def plans(self, letter: Inquiry) -> float:
        """Let a letter be due soon, and too late within the hour; return the wall time at which it is due."""
        due = self.clock.now() + SOON
        with self.database.writing() as session:
            mine = update(Inquiry).where(Inquiry.id == letter.id)
            session.execute(mine.values(planned_at=due, not_after=due + HOUR / 2))
        return time.time() + SOON.total_seconds()

    def state(self, letter: Inquiry) -> LetterState:
        return next(row.state for row in letters(self.database) if row.id == letter.id)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A worker that begins with a clock an hour behind the true time."""
    if LIBRARY is None:
        pytest.skip("no libfaketime (Debian: faketime): the clock of a process cannot be stepped")
    file = tmp_path / "data" / "praktijktest.db"
    database = Database.at(f"sqlite:///{file}")
    prepare(database)
    run(database, rows=3)
    with database.writing() as session:
        session.execute(update(Inquiry).values(planned_at=DUE + 100 * HOUR, not_after=DUE + 200 * HOUR))
        clock = set_clock(session, DUE - HOUR / 2, 1.0)
    made = House(database, clock, tmp_path / "stamp", tmp_path / "sink.log", tmp_path / "worker.log")
    made.step(-3600)
    (tmp_path / "sitecustomize.py").write_text(SLEEP)
    processes = [sink(made)]
    try:
        processes.append(worker(made, tmp_path, processes[0]))
        yield made
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        database.engine.dispose()


def sink(house: House) -> "subprocess.Popen[str]":
    program = str(Path(__file__).with_name("sink.py"))
    words = [sys.executable, program, str(house.seen), "0", "0", "0"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)


def worker(house: House, folder: Path, beside: "subprocess.Popen[str]") -> "subprocess.Popen[str]":
    assert beside.stdout is not None
    settings = {
        "PRAKTIJKTEST_DATA": str(folder / "data"), "PRAKTIJKTEST_SMTP_HOST": "127.0.0.1",
        "PRAKTIJKTEST_SMTP_PORT": beside.stdout.readline().strip(), "PRAKTIJKTEST_WEB_PORT": str(free_port()),
        "PRAKTIJKTEST_LISTEN_PORT": str(free_port()), "PYTHONPATH": str(folder), "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(house.stamp), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1",
    }  # fmt: skip
    with house.log.open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, "run"], cwd=folder, env={**os.environ, **settings}, stdout=log, stderr=log,
            text=True, start_new_session=True,
        )  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(400)
def test_an_hour_forward_or_back_before_or_at_work_sends_nothing_early_and_loses_nothing(house: House) -> None:
    early, forward, back = letters(house.database, 1)
    due = {early.message_id: house.plans(early)}
    house.is_told("loopt achter op het logboek")
    house.step(0)
    house.is_told("versprong 3600 seconden")
    arrives(house, early, due)
    for letter, step in ((forward, 3600), (back, -3600)):
        due[letter.message_id] = house.plans(letter)
        house.step(step)
        house.is_told(f"versprong {step} seconden")
        time.sleep(SWEEPS_SECONDS)
        assert letter.message_id not in house.arrived()
        assert house.state(letter) is LetterState.PLANNED
        house.step(0)
        house.is_told(f"versprong {-step} seconden")
        arrives(house, letter, due)
    came = {wire.message_id: wire.at for wire in read_log(house.seen) if wire.event == "accepted"}
    assert all(came[name] >= moment - 1 for name, moment in due.items())
    assert sorted(house.arrived()) == sorted(due)


def arrives(house: House, letter: Inquiry, due: dict[str, float]) -> None:
    """Open sending now that the clock is right: the letter arrives, at its moment and once."""
    house.opens()
    until(lambda: letter.message_id in house.arrived(), PATIENCE_SECONDS, f"a letter to arrive ({house.log})")
    until(lambda: house.state(letter) is LetterState.SENT, PATIENCE_SECONDS, "its outcome")
    assert time.time() >= due[letter.message_id] - 1
