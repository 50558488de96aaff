"""How late does a letter go, on a day on which 100,000 are due? By their plan, the median and the latest in a hundred.

The letters of a day of eight hours are all in the record. Each run is some minutes of that day, one after another:
every second a tick, as beat gives it, upon which one worker claims, lets through the gate, sends into a local sink and
records what is due by then. The clock runs while it works and skips the rest of the second. What was due earlier that
day counts as sent.
"""

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import text

from benchmarks.dispatch import MORNING, Ours, sink
from benchmarks.record import Figure
from benchmarks.server import postgres
from orchestrator.clock import Clock
from orchestrator.master_keys import Keys
from orchestrator.settings import Settings
from workers.channels.choose import channels
from workers.dispatch import BATCH, Dispatcher

OPENS, HOURS, OFFICES = MORNING + timedelta(hours=23), 8, 5_000
"""The day after the round began, at nine in Amsterdam."""

SPREAD = (
    "UPDATE inquiry SET planned_at = %s + interval '1 millisecond' * (%s * (hashint4(id)::bigint + 2147483648)"
    ' / 4294967296) WHERE "order" = 1'
)
GONE = "UPDATE inquiry SET state = 'sent', sent_at = planned_at WHERE state = 'planned' AND planned_at < %s"
LATE = text(
    "SELECT extract(epoch FROM sent_at - planned_at) FROM inquiry"
    " WHERE state = 'sent' AND planned_at >= :begin AND planned_at < :end"
)
LEFT = text("SELECT count(*) FROM inquiry WHERE state <> 'sent' AND planned_at >= :begin AND planned_at < :end")


@dataclass(frozen=True)
class Skipping(Clock):
    """A clock that runs as the real one does, and skips what it is told to."""

    skipped: list[timedelta] = field(default_factory=lambda: [timedelta(0)])

    def now(self) -> datetime:
        return super().now() + self.skipped[0]

    def skip_to(self, moment: datetime) -> None:
        self.skipped[0] += max(timedelta(0), moment - self.now())


def measure(runs: int, letters: int = 100_000, minutes: float = 10.0) -> list[Figure]:
    """Runs at as many places of the day, none of which overlap."""
    if runs * minutes > HOURS * 60:
        raise SystemExit(f"{runs} runs of {minutes:g} minutes are longer than a day of {HOURS} hours")
    with (
        tempfile.TemporaryDirectory() as keys,
        postgres() as server,
        a_day(ours := Ours(server, Keys.beside(Path(keys)), letters, OFFICES)) as (worker, clock),
    ):
        found = [late(ours, worker, clock, OPENS + timedelta(hours=HOURS) * run / runs, minutes)
                 for run in range(runs)]  # fmt: skip
    half, last, worst = np.array([np.quantile(seconds, [0.5, 0.99, 1.0]) for seconds in found]).T.tolist()
    return [
        Figure("letters due in each run", "letters", tuple(float(len(seconds)) for seconds in found)),
        Figure("seconds late, the median letter", "s", tuple(half)),
        Figure("seconds late, of a hundred letters the latest", "s", tuple(last)),
        Figure("seconds late, the latest of all", "s", tuple(worst)),
    ]


@contextmanager
def a_day(ours: Ours) -> Iterator[tuple[Dispatcher, Skipping]]:
    """All letters are due on one day, in no order; a worker stands ready in the night before it."""
    ours.at_once(SPREAD, OPENS, HOURS * 3_600_000)
    ours.at_once("ANALYZE inquiry")
    started = Clock.scaled(OPENS - timedelta(hours=1), 1.0)
    clock = Skipping(started.start, started.wall)
    with tempfile.TemporaryDirectory() as place, sink(Path(place)) as (port, _):
        settings = Settings(data=Path(place), smtp_host="127.0.0.1", smtp_port=port)
        often = ours.database.repeating()
        yield Dispatcher(ours.database, clock, settings, channels(settings), often=often), clock
    ours.database.engine.dispose()


def late(ours: Ours, worker: Dispatcher, clock: Skipping, begin: datetime, minutes: float) -> list[float]:
    """By how many seconds each letter went later than its plan, of the letters of these minutes."""
    during = {"begin": begin, "end": begin + timedelta(minutes=minutes)}
    ours.at_once(GONE, begin)
    clock.skip_to(begin)
    while clock.now() < during["end"] + timedelta(seconds=2):
        while worker.send_due() >= BATCH:
            pass
        clock.skip_to(begin + timedelta(seconds=math.ceil((clock.now() - begin).total_seconds())))
    with ours.database.reading() as session:
        if left := session.scalar(LEFT, during):
            raise SystemExit(f"{left} letters were due and did not go")
        return [float(each) for each in session.scalars(LATE, during)]
