"""The disk under SQLite fills up at any step of sending: no letter doubles, and a sentence says what to do."""

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from house_makers import DUE, HOUR, MARGIN, MINUTE, attempts, letters, run, states
from sqlalchemy import text

from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseAway
from orchestrator.intake import Channel as Road
from orchestrator.rounds import settling
from orchestrator.rounds.sending import Envelope
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome, LetterState
from workers import faults, lane, runtime, tasks
from workers.channels.transport import Gate
from workers.dispatch import Dispatcher
from workers.runtime import Runtime

S = LetterState
MEGABYTES = 8
LATER = DUE + 30 * MINUTE


@dataclass
class Disk:
    """A file system of our own; what fills it is one file."""

    folder: Path
    database: Database

    @property
    def ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        # The log that SQLite writes in first keeps its room until it is emptied.
        with self.database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        with self.ballast.open("wb", buffering=0) as stream:
            for size in (1 << 16, 1 << 12):
                self.fill_by(stream.write, bytes(size))

    def fill_by(self, write: Callable[[bytes], object], block: bytes) -> None:
        try:
            while True:
                write(block)
        except OSError:
            return

    def clear(self) -> None:
        self.ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path, blank_sqlite: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid():
        pytest.skip("a disk of our own to fill up asks for root")
    words = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no disk of our own to fill up: {mounted.stderr.strip()}")
    made = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, folder / 'praktijktest.db')}")
    try:
        run(made, rows=2)
        yield Disk(folder, made)
    finally:
        made.engine.dispose()
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607


class Wire:
    """Keeps what it was given; ``mishap`` happens with every letter."""

    def __init__(self, mishap: Callable[[], None] = lambda: None) -> None:
        self.mishap = mishap
        self.taken: list[str] = []

    def send(self, envelope: Envelope, gate: Gate) -> str:
        gate()
        self.taken.append(envelope.message_id)
        self.mishap()
        return "250 ok"


def a_worker(disk: Disk, wire: Wire) -> Dispatcher:
    clock = Clock(DUE, time.time(), 1.0)
    return Dispatcher(disk.database, clock, Settings(), {Road.SMTP: wire, Road.WEBFORM: wire}, "w1")


def whole(disk: Disk) -> bool:
    with disk.database.reading() as session:
        return bool(session.scalar(text("PRAGMA integrity_check")) == "ok")


def sends_the_rest(disk: Disk, wire: Wire) -> None:
    """Once there is room, all leases are long over and another worker goes on: each letter at most once on the wire."""
    with disk.database.writing() as session:
        settling.sweep(session, LATER, MARGIN, HOUR)
    later = Clock(LATER, time.time(), 1.0)
    worker = Dispatcher(disk.database, later, Settings(), {Road.SMTP: wire, Road.WEBFORM: wire}, "w2")
    worker.send_due()
    assert len(wire.taken) == len(set(wire.taken))
    assert whole(disk)


def test_a_full_disk_at_the_claim_sends_nothing_and_says_what_to_do(
    disk: Disk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire()
    here = Runtime(Settings(), disk.database, Clock(DUE, time.time(), 1.0))
    monkeypatch.setattr(runtime, "_current", here)
    monkeypatch.setitem(vars(here), "dispatcher", a_worker(disk, wire))
    disk.fill()
    with caplog.at_level(logging.ERROR):
        tasks.send_due()
    assert caplog.messages == [
        "database-full: De schijf met de database is vol. Maak ruimte; daarna gaat het werk vanzelf verder."
    ]
    assert wire.taken == []
    disk.clear()
    tasks.send_due()
    assert len(wire.taken) == 2
    sends_the_rest(disk, wire)


def test_a_full_disk_at_the_gate_sends_nothing(
    disk: Disk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire()
    worker = a_worker(disk, wire)
    monkeypatch.setattr(lane, "RECORD_SECONDS", 0.0)
    monkeypatch.setattr(lane, "RECORD_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(faults, "at", lambda phase: disk.fill() if phase == "claimed" else None)
    with pytest.raises(DatabaseAway), caplog.at_level(logging.ERROR):
        worker.send_due()
    assert "(not_sent) wacht op vastleggen. database-full" in caplog.text
    assert wire.taken == []
    disk.clear()
    assert states(disk.database).count(S.CLAIMED) == 2
    monkeypatch.setattr(faults, "at", lambda _: None)
    sends_the_rest(disk, wire)
    assert {row.state for row in letters(disk.database, 1)} == {S.SENT}


@pytest.mark.parametrize("room_comes", [True, False], ids=["room in time", "no room in time"])
def test_a_full_disk_when_a_letter_went_leaves_it_sent_or_uncertain_and_never_sends_it_again(
    disk: Disk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, room_comes: bool
) -> None:
    wire = Wire(disk.fill)
    worker = a_worker(disk, wire)
    monkeypatch.setattr(lane, "RECORD_SECONDS", 60.0 if room_comes else 0.0)
    # The pause is where time passes: that is when somebody makes room.
    monkeypatch.setattr(lane.time, "sleep", lambda _: disk.clear() if room_comes else None)
    with caplog.at_level(logging.ERROR):
        if room_comes:
            assert worker.send_due() == 2
        else:
            with pytest.raises(DatabaseAway):
                worker.send_due()
    assert "(sent) wacht op vastleggen. database-full: De schijf met de database is vol." in caplog.text
    if not room_comes:
        assert len(wire.taken) == 1
        disk.clear()
        assert S.SENDING in states(disk.database)
    wire.mishap = lambda: None
    sends_the_rest(disk, wire)
    assert len(wire.taken) == 2
    ended = sorted(row.state for row in letters(disk.database, 1))
    assert ended == ([S.SENT, S.SENT] if room_comes else [S.SENT, S.UNCERTAIN])
    assert AttemptOutcome.SENDING not in attempts(disk.database)
