"""The hook that kills a worker at a phase, and what a database that goes away may not leave uncertain."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from house_makers import DUE, a_listing, a_monday, an_advertiser, attempts, only_sqlite, refused, run, states
from sqlalchemy.exc import OperationalError

from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.intake import Channel as Road
from orchestrator.rounds.sending import Envelope
from orchestrator.settings import Settings
from orchestrator.states import LetterState
from workers import faults, lane
from workers.channels.transport import Gate
from workers.dispatch import Dispatcher


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    faults.arm(None, testing=True)


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The kills that were asked for, and that do not happen."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: asked.append((pid, number)))
    return asked


def test_a_phase_to_die_at_is_refused_outside_tests() -> None:
    with refused("fault-outside-tests"):
        faults.arm("mail", testing=False)


def test_a_phase_that_no_letter_meets_is_named() -> None:
    with refused("unknown-phase"):
        faults.arm("post", testing=True)


def test_an_unarmed_process_lives_and_sends_its_letters_whole(killed: list[tuple[int, int]]) -> None:
    for phase in faults.PHASES:
        faults.at(phase)
    assert list(faults.halved("mid-body", b"abcdef")) == [b"abcdef"]
    assert killed == []


def test_an_armed_process_dies_at_its_phase_and_at_no_other(killed: list[tuple[int, int]]) -> None:
    faults.arm("rcpt", testing=True)
    faults.at("mail")
    assert killed == []
    faults.at("rcpt")
    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_a_process_armed_for_the_body_sends_half_of_it(killed: list[tuple[int, int]]) -> None:
    faults.arm("mid-body", testing=True)
    assert list(faults.halved("mid-body", b"abcdef")) == [b"abc"]
    assert killed


@dataclass
class Shaky:
    """A database that goes away at some commits, counted from the first: after writing, or before it."""

    database: Database
    away: dict[int, str]
    count: int = 0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        self.count += 1
        when = self.away.get(self.count)
        if when == "before":
            raise OperationalError("COMMIT", {}, OSError("gone"))
        with self.database.writing() as session:
            yield session
        if when == "after":
            raise OperationalError("COMMIT", {}, OSError("gone"))

    def reading(self) -> AbstractContextManager[Session]:
        return self.database.reading()


@dataclass
class Recording:
    """A road that accepts everything."""

    sent: list[str] = field(default_factory=list)

    def send(self, envelope: Envelope, gate: Gate) -> str:
        gate()
        self.sent.append(envelope.message_id)
        return "250 kept"


def a_dispatcher(database: Database, road: Recording, away: dict[int, str]) -> Dispatcher:
    shaky: Any = Shaky(database, away)
    return Dispatcher(shaky, Clock.scaled(DUE, 1.0), Settings(), {Road.SMTP: road})


@only_sqlite
def test_an_outcome_is_written_down_when_the_database_is_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "RECORD_PAUSE_SECONDS", 0.0)
    run(database)
    road = Recording()
    # 1 claims, 2 is the gate, 3 and on record; what is read in between is not counted.
    assert a_dispatcher(database, road, {3: "before", 4: "before"}).send_due() == 1
    assert len(road.sent) == 1
    assert states(database).count(LetterState.SENT) == 1
    assert attempts(database) == ["sent"]


@only_sqlite
def test_an_outcome_that_was_written_though_the_commit_seemed_lost_is_written_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "RECORD_PAUSE_SECONDS", 0.0)
    run(database)
    road = Recording()
    a_dispatcher(database, road, {3: "after"}).send_due()
    assert states(database).count(LetterState.SENT) == 1
    assert attempts(database) == ["sent"]


@only_sqlite
def test_a_gate_of_which_nobody_knows_whether_it_closed_sends_nothing_and_leaves_no_doubt(database: Database) -> None:
    run(database)
    road = Recording()
    a_dispatcher(database, road, {2: "after"}).send_due()
    assert road.sent == []
    assert states(database) == ["planned", "planned"]
    assert attempts(database) == ["not_sent"]


@only_sqlite
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("lost", [2, 3, 4, 5])
def test_a_lost_commit_that_records_letters_and_lets_others_go_doubles_none_and_leaves_none_in_doubt(
    database: Database, monkeypatch: pytest.MonkeyPatch, lost: int, when: str
) -> None:
    monkeypatch.setattr(lane, "RECORD_PAUSE_SECONDS", 0.0)
    offices = [an_advertiser(key, email=f"huur@{key}.example") for key in ("alfa", "bravo", "charlie", "delta")]
    homes = [a_listing(number, offices[number % 4].advertiser) for number in range(1, 21)]
    run(database, a_monday(sample={"pairs": len(homes)}), participants=offices, rows=homes)
    road = Recording()
    worker = a_dispatcher(database, road, {lost: when})
    assert worker.send_due() == len(homes)
    assert len(road.sent) == len(set(road.sent))
    found = Counter(states(database))
    assert found[LetterState.SENT] == len(road.sent)
    assert found[LetterState.SENT] + found[LetterState.PLANNED] == found.total()
    # Of a letter that was let go while the commit was lost nothing left; of one on the wire every try is known.
    assert Counter(attempts(database))["sent"] == len(road.sent)


def test_the_hook_is_known_to_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_FAULT_AT", "mail")
    monkeypatch.setenv("PRAKTIJKTEST_FAULT_TESTS", "1")
    settings = Settings.from_env()
    assert (settings.fault_at, settings.fault_tests) == ("mail", True)
