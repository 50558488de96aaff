"""A worker whose clock is ahead gets no tick that is not too old for it: it must say so all the same."""

from pathlib import Path

import pytest
from house import Product
from processes import Nursery, Sink
from servers import Postgres, Redis, until

PATIENCE_SECONDS, HOUR_SECONDS = 30.0, 3600


@pytest.mark.long
def test_a_lone_worker_whose_clock_runs_an_hour_ahead_shuts_sending(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path: Path
) -> None:
    with Product(tmp_path, nursery, *services, Sink(tmp_path / "sink.log")) as house:
        house.plan(1)
        house.mend(1)
        until(house.sink.accepted, PATIENCE_SECONDS, "the first letter")
        (worker,) = house.of("worker")
        worker.step(HOUR_SECONDS)
        until(house.is_shut, PATIENCE_SECONDS, f"sending to be shut ({house.log})")
