"""A worker knows what its record said last, what time it then was, and whether it may send at all."""

import json
import logging
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from house_makers import DUE, HOUR, PLANNED, a_session, events, only_sqlite, run
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from orchestrator import channel_faults, mailbox, views
from orchestrator.clock import Clock
from orchestrator.db import Database, why_away
from orchestrator.intake import Channel as Road
from orchestrator.models import Control, Event
from orchestrator.rounds import lifecycle, restored
from orchestrator.rounds.sending import Envelope
from orchestrator.settings import Settings
from workers import dispatch, lane
from workers.backup_guard import BackupGuard
from workers.channels.transport import Gate
from workers.clock_guard import ClockGuard
from workers.dispatch import Dispatcher

pytestmark = only_sqlite
SOURCE = "imap:wij@post.example/Grootboek"


class Wire:
    def __init__(self) -> None:
        self.taken: list[Envelope] = []

    def send(self, envelope: Envelope, gate: Gate) -> str:
        gate()
        self.taken.append(envelope)
        return "250 ok"


def a_worker(database: Database, backups: BackupGuard | None = None, **changes: object) -> Dispatcher:
    clock = Clock(DUE, time.time(), 1.0)
    worker = Dispatcher(database, clock, Settings(), {Road.SMTP: Wire(), Road.WEBFORM: Wire()}, "w1")
    return replace(worker, backups=backups or BackupGuard(), **changes)


def why_shut(database: Database) -> str | None:
    with database.reading() as session:
        return views.why_shut(session)


def forget(database: Database, lines: int) -> None:
    """As a backup does that is so many lines older."""
    last = events(database)[-1].seq
    with database.writing() as session:
        session.execute(delete(Event).where(Event.seq > last - lines))


def faults(database: Database) -> list[str]:
    with database.reading() as session:
        return [fault.message for fault in channel_faults.lasting(session)]


def test_a_record_that_only_grows_raises_no_suspicion(database: Database, tmp_path: Path) -> None:
    run(database, rows=2)
    memory = tmp_path / "deeper" / "ledger-head.json"
    worker = a_worker(database, BackupGuard(memory))
    assert worker.send_due() == 2
    assert a_worker(database, BackupGuard(memory)).send_due() == 0
    assert why_shut(database) is None
    assert json.loads(memory.read_text())["seq"] >= 3


@pytest.mark.parametrize("goes_on", [False, True], ids=["shorter", "grown since"])
def test_a_ledger_that_lost_a_line_shuts_sending(database: Database, goes_on: bool) -> None:
    run(database)
    worker = a_worker(database)
    worker.sweep()
    forget(database, 2)
    if goes_on:
        for reason in ("een", "twee", "drie"):
            with database.writing() as session:
                lifecycle.set_sending(session, True, "r.visser", DUE, reason)
    assert worker.send_due() == 0
    assert "het logboek mist wat er eerder in stond" in str(why_shut(database))


def test_what_somebody_told_of_is_not_suspected_once_more(database: Database, tmp_path: Path) -> None:
    run(database)
    memory = tmp_path / "ledger-head.json"
    a_worker(database, BackupGuard(memory)).sweep()
    forget(database, 2)
    with database.writing() as session:
        restored.mark(session, "r.visser", DUE, restored.TOLD)
        session.get_one(Control, 1).restored_at = None
    assert a_worker(database, BackupGuard(memory)).send_due() == 1
    assert why_shut(database) is None


def test_another_ledger_altogether_is_another_house(database: Database, tmp_path: Path) -> None:
    run(database)
    memory = tmp_path / "ledger-head.json"
    a_worker(database, BackupGuard(memory)).sweep()
    told = json.loads(memory.read_text())
    memory.write_text(json.dumps({**told, "first": "f" * 64, "seq": 9999}))
    assert a_worker(database, BackupGuard(memory)).send_due() == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"first": 1}'])
def test_a_memory_that_cannot_be_read_is_said_and_begun_anew(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    run(database)
    memory = tmp_path / "ledger-head.json"
    memory.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert a_worker(database, BackupGuard(memory)).send_due() == 1
    assert "is onleesbaar" in caplog.text
    assert json.loads(memory.read_text())["seq"] > 0


def test_a_memory_that_cannot_be_written_is_said_and_holds_up_nothing(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(database)
    (tmp_path / "a-file").write_text("")
    with caplog.at_level(logging.WARNING):
        assert a_worker(database, BackupGuard(tmp_path / "a-file" / "ledger-head.json")).send_due() == 1
    assert "is niet bij te werken" in caplog.text


def test_a_fresh_worker_waits_until_the_ledger_mailbox_was_read_once_more(database: Database) -> None:
    run(database)
    with database.writing() as session:
        mailbox.hold(session, SOURCE, 1).ended_at = DUE + HOUR  # whatever a clock says: what counts is that it changes
    worker = a_worker(database, BackupGuard(source=SOURCE))
    assert [worker.send_due(), worker.send_due()] == [0, 0]
    assert len(faults(database)) == 1
    with database.writing() as session:
        mailbox.hold(session, SOURCE, 1).ended_at = DUE
    assert worker.send_due() == 1
    assert faults(database) == []


def test_a_worker_that_waits_lets_nothing_expire(database: Database) -> None:
    run(database)
    clock = Clock(DUE + 1000 * HOUR, time.time(), 1.0)
    worker = a_worker(database, BackupGuard(source=SOURCE), clock=clock)
    assert worker.sweep() == {}
    with database.writing() as session:
        mailbox.hold(session, SOURCE, 1).ended_at = DUE
    assert worker.sweep() == {"expired": 2}


def test_a_clock_behind_the_newest_line_of_the_ledger_shuts_sending(database: Database) -> None:
    run(database)
    slow = a_worker(database, clock=Clock(PLANNED, time.time(), 1.0))
    assert slow.send_due() == 0
    assert why_shut(database) == "Alle verzending staat uit: de klok van w1 loopt achter op het logboek."
    before = len(events(database))
    slow.send_due()
    assert len(events(database)) == before


def test_somebody_who_signs_in_by_that_clock_does_not_hide_it(database: Database) -> None:
    run(database)
    a_session(database)  # by the clock of the tests, which is that of the plan
    slow = a_worker(database, clock=Clock(PLANNED, time.time(), 1.0))
    assert slow.send_due() == 0
    assert "loopt achter op het logboek" in why_shut(database)


def test_a_clock_that_was_behind_does_not_hold_up_who_opened_sending_again(database: Database) -> None:
    run(database)
    a_worker(database, clock=Clock(PLANNED, time.time(), 1.0)).send_due()
    with database.writing() as session:
        lifecycle.set_sending(session, True, "r.visser", DUE)
    assert a_worker(database).send_due() == 1


def test_a_jump_is_noticed_by_whichever_task_comes_first(database: Database) -> None:
    run(database)
    wall = [0.0]
    late = Clock(DUE + timedelta(days=30), time.time(), 1.0)
    worker = a_worker(database, clock=late, guard=ClockGuard(lambda: wall[0], lambda: 0.0))
    wall[0] = 30 * 86400.0
    assert worker.sweep() == {}
    assert "versprong" in str(why_shut(database))


def test_an_outcome_that_cannot_be_written_is_said_while_it_waits(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run(database)
    monkeypatch.setattr(lane, "RECORD_PAUSE_SECONDS", 0.0)
    whole, failures = dispatch.sending.record_all, iter([True, True, False])

    def fails(*told: object) -> None:
        if next(failures):
            raise OperationalError("UPDATE", {}, Exception("server closed the connection unexpectedly\nmore"))
        whole(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(dispatch.sending, "record_all", fails)
    with caplog.at_level(logging.ERROR):
        assert a_worker(database).send_due() == 1
    assert caplog.text.count("database-away: De database antwoordt niet (server closed") == 1
    assert "Brief " in caplog.text
    assert why_away(Exception("")) == (
        "database-away: De database antwoordt niet (Exception). Zodra zij er weer is, gaat het werk vanzelf verder."
    )
