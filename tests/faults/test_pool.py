"""A worker that is a pool of processes: each child works under its own name, and is replaced when it dies."""

import os
import signal
import time
from pathlib import Path

import pytest
from house import POOL_CHILDREN, Product
from processes import Nursery, Process, Sink
from servers import Postgres, Redis, until

from orchestrator.heartbeats import NOBODY

PATIENCE_SECONDS, REST_SECONDS, PACE_SECONDS = 60.0, 60.0, 0.6


@pytest.mark.long
def test_a_child_that_is_killed_is_replaced_and_a_pool_that_is_stopped_ends_its_letter(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path: Path
) -> None:
    with Product(tmp_path, nursery, *services, Sink(tmp_path / "sink.log", pace=PACE_SECONDS)) as house:
        pool = house.pool()
        first, second = all_at_work(house, pool)
        house.kill_child(first)
        other, fresh = all_at_work(house, pool)
        assert other == second
        assert fresh not in (first, second)
        until(lambda: bool(house.sender()), REST_SECONDS, "a heartbeat")
        assert stop(house, pool) == "sent"
        assert house.sender() == NOBODY
        house.rest(1, REST_SECONDS)
        assert house.verdict().sound, house.verdict()


def all_at_work(house: Product, pool: Process) -> list[int]:
    """Give a pool letters until every child has tried one; return the numbers of the children."""

    def tried() -> bool:
        if not any(letter.state == "planned" and letter.order == 1 for letter in house.letters()):
            house.plan(1)
        house.tick()
        time.sleep(0.1)
        names = {letter.pid for letter in house.letters()}
        return len(children := pool.children()) == POOL_CHILDREN and names.issuperset(children)

    until(tried, PATIENCE_SECONDS, f"both children to send ({house.log})")
    return pool.children()


def stop(house: Product, pool: Process) -> str:
    """Stop a pool, as a deploy does, while a letter is on the wire; return what became of that letter."""
    before = len(house.sink.accepted())
    house.plan(1)
    house.tick()
    until(lambda: len(house.sink.accepted()) > before, PATIENCE_SECONDS, "a letter on the wire")
    os.kill(pool.pid, signal.SIGTERM)
    until(lambda: not pool.alive, PATIENCE_SECONDS, f"the pool to stop ({house.log})")
    name = house.sink.accepted()[before]
    return next(letter.state for letter in house.letters() if letter.message_id == name)
