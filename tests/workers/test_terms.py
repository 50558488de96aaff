"""The tick that destroys what is past its term: not while sending is shut, and it writes only where it must."""

from datetime import datetime

import pytest
from test_retention import DAY, OVER, SECRET, closed, said

from orchestrator import retention
from orchestrator.control import set_clock
from orchestrator.db import Database
from orchestrator.rounds import lifecycle
from orchestrator.sealing import GONE
from orchestrator.settings import Settings
from workers import runtime, tasks
from workers.runtime import Runtime


def tick(database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the task do its work at a moment; what is said in the answers after it."""
    with database.writing() as session:
        clock = set_clock(session, now, 1.0)
    monkeypatch.setattr(runtime, "_current", Runtime(Settings(), database, clock))
    tasks.keep_terms()
    return [text for text, _ in said(database)]


def test_what_is_past_its_term_is_destroyed_unless_sending_is_shut(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(database)
    with database.writing() as session:
        lifecycle.set_sending(session, False, "anna", OVER, "de klok versprong")
    assert tick(database, OVER + DAY, monkeypatch) == [SECRET] * 2
    with database.writing() as session:
        lifecycle.set_sending(session, True, "anna", OVER, "de klok is goed")
    assert tick(database, OVER + DAY, monkeypatch) == [GONE] * 2


def test_while_nothing_is_past_its_term_nobody_is_kept_from_writing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(database)
    assert tick(database, OVER - DAY, monkeypatch) == [SECRET] * 2  # a mail of nobody went
    monkeypatch.setattr(retention, "run", lambda *_: pytest.fail("it took the lock"))
    assert tick(database, OVER - DAY, monkeypatch) == [SECRET] * 2
