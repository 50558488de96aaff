"""A worker that is told to stop, as every deploy does, ends in time, keeps no letter and leaves none in doubt."""

import os
import signal
import time
from pathlib import Path

import pytest
from house import Product
from processes import Nursery, Process, Sink
from servers import Postgres, Redis, until

from orchestrator.heartbeats import NOBODY

IN_TIME_SECONDS, REST_SECONDS, PACE_SECONDS = 20.0, 60.0, 1.0


@pytest.mark.long
def test_a_worker_that_is_stopped_while_it_waits_or_sends_leaves_nothing_uncertain(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path: Path
) -> None:
    with Product(tmp_path, nursery, *services, Sink(tmp_path / "sink.log", pace=PACE_SECONDS)) as house:
        waiting = house.worker()
        at_work(house, waiting)
        until(lambda: not moving(house), REST_SECONDS, "its letters to be done")
        until(lambda: bool(house.sender()), REST_SECONDS, "a heartbeat")
        assert stopped(waiting) < IN_TIME_SECONDS
        assert house.sender() == NOBODY

        # Several letters claimed at once, the first of them on the wire: its text is over when the sink lets it wait.
        sending = house.worker()
        at_work(house, sending)
        until(lambda: not moving(house), REST_SECONDS, "its letters to be done")
        before = len(house.sink.accepted())
        house.plan(4)
        house.tick()
        until(lambda: len(house.sink.accepted()) > before, REST_SECONDS, "a letter on the wire")
        assert stopped(sending) < IN_TIME_SECONDS
        states = {letter.state for letter in house.letters()}
        assert states <= {"sent", "planned"}, states
        assert all(letter.state == "sent" for letter in house.letters() if letter.message_id in house.sink.accepted())

        # What was not sent is sent by the next.
        house.worker()
        house.rest(1, REST_SECONDS)
        assert house.verdict().sound, house.verdict()
        assert house.doubt()[0] == 0


@pytest.mark.long
@pytest.mark.parametrize("step", [0.0, 0.05, 0.2, 0.5])
def test_whenever_a_worker_is_stopped_in_a_batch_nothing_is_uncertain(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path: Path, step: float
) -> None:
    with Product(tmp_path, nursery, *services, Sink(tmp_path / "sink.log", pace=PACE_SECONDS / 4)) as house:
        worker = house.worker()
        at_work(house, worker)
        house.plan(6)
        house.tick()
        time.sleep(step)
        assert stopped(worker) < IN_TIME_SECONDS
        assert {letter.state for letter in house.letters()} <= {"sent", "planned"}


def at_work(house: Product, worker: Process) -> None:
    """Give it letters until it has tried one."""
    house.plan(1)

    def tried() -> bool:
        house.tick()
        time.sleep(0.1)
        return house.has_worked(worker)

    until(tried, REST_SECONDS, f"the worker to send ({house.log})")


def moving(house: Product) -> bool:
    return any(letter.state in ("claimed", "sending") for letter in house.letters())


def stopped(worker: Process) -> float:
    """Ask a worker to stop; return after how many seconds it had."""
    began = time.monotonic()
    os.kill(worker.pid, signal.SIGTERM)
    until(lambda: not worker.alive, 2 * IN_TIME_SECONDS, "the worker to stop")
    return time.monotonic() - began
