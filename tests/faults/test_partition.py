"""The line between worker and database goes dead: soon an error, nothing sent after the lease, and nothing twice."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from history import Wire as Seen
from history import arrivals, read_log
from house_makers import DUE, MARGIN, MINUTE, SECOND, attempts, letters, run, sweep
from line import SHORE, Line, a_line, an_island
from servers import Away, Postgres, a_postgres, until
from sink import AWAY_BEFORE
from sqlalchemy import select, text, update

from orchestrator import postgres
from orchestrator.clock import Clock
from orchestrator.control import set_clock
from orchestrator.db import Database, DatabaseAway
from orchestrator.intake import Channel as Road
from orchestrator.master_keys import Keys
from orchestrator.models import Inquiry
from orchestrator.rounds.sending import Envelope
from orchestrator.schema import prepare
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome, LetterState
from portal.demo.ports import free_port
from workers import dispatch, faults, lane
from workers.channels.transport import Gate
from workers.dispatch import Dispatcher

HERE = Path(__file__).parent
MAIN = "from portal.cli import main; main()"
MOST_SECONDS = 10.0
"""Sooner than this a worker says that its database is gone."""

S = LetterState
only_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


# --- Silent, though every packet is acknowledged --------------------------------------------------------------------


@dataclass
class Far:
    """A database at the other end of a line, as a worker has it."""

    line: Line
    database: Database


@pytest.fixture
def far(database: Database) -> Iterator[Far]:
    url = database.engine.url
    with a_line((url.host or "127.0.0.1", url.port or 5432)) as line:
        there = url.set(host="127.0.0.1", port=line.port).update_query_dict({"sslmode": "disable"})
        made = Database.at(there.render_as_string(hide_password=False), database.vault.keys)
        yield Far(line, made)
        line.silent = False
        made.engine.dispose()


class Wire:
    """Keeps what it was given past the gate; ``mishap`` happens with every letter, ``before`` with the first of all."""

    def __init__(self, mishap: object = None, before: object = None) -> None:
        self.mishap, self.before = mishap, before
        self.taken: list[str] = []

    def send(self, envelope: Envelope, gate: Gate) -> str:
        before, self.before = self.before, None
        if callable(before):
            before()
        gate()
        self.taken.append(envelope.message_id)
        if callable(self.mishap):
            self.mishap()
        return "250 ok"


def a_worker(database: Database, wire: Wire, lease: float = 60.0) -> Dispatcher:
    roads = {Road.SMTP: wire, Road.WEBFORM: wire}
    return Dispatcher(database, Clock(DUE, time.time(), 1.0), Settings(lease_seconds=lease), roads, "w1")


def heals(far: Far, after: float) -> None:
    """Let the line speak again after so many seconds."""

    def speak() -> None:
        far.line.silent = False

    threading.Timer(after, speak).start()


def cuts(far: Far) -> Callable[[], None]:
    """Make the line go dead, for five seconds, when it is called."""

    def cut() -> None:
        far.line.silent = True
        heals(far, 5.0)

    return cut


@pytest.mark.long
@only_postgresql
def test_a_database_that_says_nothing_is_an_error_within_ten_seconds(far: Far) -> None:
    with far.database.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
    far.line.silent = True
    for connected in (True, False):
        begun = time.monotonic()
        with pytest.raises(DatabaseAway), far.database.reading() as session:
            session.scalar(text("SELECT 1"))
        assert time.monotonic() - begun < MOST_SECONDS, "with a connection" if connected else "without"


@pytest.mark.long
@only_postgresql
def test_a_transaction_that_was_cut_off_does_not_keep_its_locks_for_ever(far: Far) -> None:
    with far.database.writing() as session:
        kept = session.scalar(text("SHOW idle_in_transaction_session_timeout"))
    assert kept == f"{postgres.LEFT_BEHIND_SECONDS // 60}min"


@only_postgresql
def test_the_server_soon_takes_a_client_for_dead_whose_machine_is_gone(far: Far) -> None:
    with far.database.writing() as session:
        kept = [session.scalar(text(f"SHOW tcp_{what}")) for what in ("keepalives_idle", "user_timeout")]
    assert kept == ["2", "4000"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres.Impatient, "patience", 1.0)
    monkeypatch.setattr(lane, "RECORD_PAUSE_SECONDS", 0.1)


@pytest.mark.long
@only_postgresql
@pytest.mark.usefixtures("impatient")
def test_a_line_that_goes_dead_before_the_gate_sends_nothing_and_later_everything_once(
    database: Database, far: Far, caplog: pytest.LogCaptureFixture
) -> None:
    run(database, rows=2)

    wire = Wire(before=cuts(far))
    worker = a_worker(far.database, wire)
    with caplog.at_level(logging.ERROR):
        worker.send_due()
    assert "gaat nu niet uit. database-away: De database antwoordt niet" in caplog.text
    assert len(wire.taken) == 1  # the second of the batch, after the line was mended
    sweep(database, DUE + 5 * MINUTE)
    a_worker_later(database, wire, 6 * MINUTE.seconds)
    ends_well(database, wire, 2)


@pytest.mark.long
@only_postgresql
@pytest.mark.usefixtures("impatient")
def test_letters_that_nobody_could_read_after_the_claim_go_when_their_lease_has_ended(
    database: Database, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database, rows=2)
    wire = Wire()

    def cut(phase: str) -> None:
        far.line.silent = phase == "claimed"

    monkeypatch.setattr(faults, "at", cut)
    with pytest.raises(DatabaseAway):
        a_worker(far.database, wire).send_due()
    monkeypatch.undo()
    assert wire.taken == []
    assert {row.state for row in letters(database, 1)} == {S.CLAIMED}
    sweep(database, DUE + 5 * MINUTE)
    a_worker_later(database, wire, 6 * MINUTE.seconds)
    ends_well(database, wire, 2)


@pytest.mark.long
@only_postgresql
@pytest.mark.usefixtures("impatient")
def test_a_line_that_goes_dead_while_a_letter_is_on_the_wire_loses_no_outcome(
    database: Database, far: Far, caplog: pytest.LogCaptureFixture
) -> None:
    run(database)
    wire = Wire(cuts(far))
    with caplog.at_level(logging.ERROR):
        assert a_worker(far.database, wire).send_due() == 1
    assert "(sent) wacht op vastleggen. database-away: De database antwoordt niet" in caplog.text
    ends_well(database, wire, 1)


@pytest.mark.long
@only_postgresql
def test_a_gate_that_is_answered_after_its_lease_sends_nothing(
    database: Database, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database)
    wire = Wire()
    worker = a_worker(far.database, wire, lease=1.0)
    whole = dispatch.sending.gate_all

    def slow(*told: object) -> object:
        heals(far, 2.0)
        passed = whole(*told)  # type: ignore[arg-type]
        far.line.silent = True  # the commit goes out, and its answer is late
        return passed

    monkeypatch.setattr(dispatch.sending, "gate_all", slow)
    worker.send_due()
    assert wire.taken == []
    (row,) = letters(database, 1)
    assert (row.state, row.last_error) == (S.PLANNED, "lease: de tijd voor deze brief was om voordat de tekst begon")
    assert attempts(database) == [AttemptOutcome.NOT_SENT]
    a_worker_later(database, wire, 60)
    ends_well(database, wire, 1)


def a_worker_later(database: Database, wire: Wire, seconds: int) -> None:
    clock = Clock(DUE + seconds * SECOND, time.time(), 1.0)
    Dispatcher(database, clock, Settings(), {Road.SMTP: wire, Road.WEBFORM: wire}, "w2").send_due()


def ends_well(database: Database, wire: Wire, number: int) -> None:
    sweep(database, DUE + 10 * MINUTE + MARGIN)
    assert len(wire.taken) == len(set(wire.taken)) == number
    assert Counter(row.state for row in letters(database, 1)) == {S.SENT: number}


# --- Cut: a real worker on an island --------------------------------------------------------------------------------

LEASE_SECONDS, DARK_SECONDS, PATIENCE_SECONDS, PAIRS = 4.0, 10.0, 120.0, 6


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    try:
        made = a_postgres(own=False)
    except Away as error:
        pytest.skip(str(error))
    yield made
    made.stop()


@dataclass
class Castaway:
    """A worker on an island, with the mail server beside it and the database across the water."""

    log: Path
    seen: Path

    def complaints(self) -> int:
        return self.log.read_text().count("database-away")

    def wires(self) -> list[Seen]:
        return read_log(self.seen)


@pytest.mark.long
def test_a_worker_that_is_cut_off_says_so_within_ten_seconds_sends_nothing_after_its_lease_and_nothing_twice(
    server: Postgres, tmp_path: Path
) -> None:
    target = server.url.host or "127.0.0.1", server.url.port or 5432
    with an_island() as island, a_line(target, island.harbour()) as line:
        name = f"praktijktest_partition_{os.getpid()}"
        database = Database.at(server.create(name), Keys.beside(tmp_path))
        processes: list[subprocess.Popen[str]] = []
        try:
            prepare(database)
            run(database, rows=PAIRS)
            with database.writing() as session:
                set_clock(session, DUE, 1.0)
            castaway = Castaway(tmp_path / "worker.log", tmp_path / "sink.log")
            processes += strand(island.inside, server, name, line, castaway, tmp_path)
            until(lambda: len(arrivals(castaway.wires())) >= 2, PATIENCE_SECONDS, f"two letters ({castaway.log})")
            island.pull()
            cut, wall = time.monotonic(), time.time()
            until(castaway.complaints, MOST_SECONDS, f"the worker to say that it is cut off ({castaway.log})")
            time.sleep(max(0.0, DARK_SECONDS - (time.monotonic() - cut)))
            # Who waits at the gate has asked the mail server for a letter's place, and hangs up without a byte of it.
            late = [wire for wire in castaway.wires() if wire.at > wall + LEASE_SECONDS and wire.why != AWAY_BEFORE]
            assert late == []
            island.plug()
            until(lambda: ended(database), PATIENCE_SECONDS, f"all first letters to end ({castaway.log})")
            times = Counter(arrivals(castaway.wires()))
            assert set(times.values()) == {1}
            assert states_of(database, times) <= {S.SENT, S.UNCERTAIN}
            assert len(times) >= PAIRS - 1
        finally:
            for process in processes:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            database.engine.dispose()
            server.drop(name)


def strand(
    inside: list[str], server: Postgres, name: str, line: Line, castaway: Castaway, folder: Path
) -> Iterator["subprocess.Popen[str]"]:
    """Start sink and worker on the island."""
    sink = subprocess.Popen(
        [*inside, sys.executable, str(HERE / "sink.py"), str(castaway.seen), "0", "0", "1.5"],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    yield sink
    assert sink.stdout is not None
    port = json.loads(sink.stdout.readline())
    settings = {
        "DATABASE_URL": server.url.set(host=SHORE, port=line.port, database=name).render_as_string(hide_password=False),
        "DATA": str(folder), "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "LEASE_SECONDS": str(LEASE_SECONDS),
        "WIRE_TIMEOUT_SECONDS": "3", "WEB_PORT": str(free_port()), "LISTEN_PORT": str(free_port()),
    }  # fmt: skip
    environment = {**os.environ, **{f"PRAKTIJKTEST_{key}": value for key, value in settings.items()}}
    with castaway.log.open("w") as log:
        yield subprocess.Popen(
            [*inside, sys.executable, "-c", MAIN, "run"], env=environment, cwd=folder, stdout=log, stderr=log,
            text=True, start_new_session=True,
        )  # fmt: skip


def ended(database: Database) -> bool:
    """Say whether every first letter came to its end; what waits only out of courtesy is let go now."""
    moving = (S.PLANNED, S.CLAIMED, S.SENDING)
    with database.writing() as session:
        session.execute(update(Inquiry).where(Inquiry.state == S.PLANNED).values(next_try_at=None))
        return not session.scalars(select(Inquiry.id).where(Inquiry.order == 1, Inquiry.state.in_(moving))).first()


def states_of(database: Database, message_ids: Counter[str]) -> set[LetterState]:
    with database.reading() as session:
        return set(session.scalars(select(Inquiry.state).where(Inquiry.message_id.in_(message_ids))))
