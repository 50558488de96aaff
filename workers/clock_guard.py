"""A clock that jumps would send letters early or in a heap: the guard notices, and sending stops."""

import time
from collections.abc import Callable
from datetime import datetime

from orchestrator.clock import Clock

MOST_DRIFT_SECONDS = 30.0


class ClockGuard:
    """Compares the wall clock with the steady clock, which no operator and no time server can set."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self.wall, self.steady = wall, steady
        self.offset = wall() - steady()

    @property
    def ahead(self) -> float:
        """By how many seconds the wall clock jumped since a jump was last told; 0 while it did not."""
        drift = self.wall() - self.steady() - self.offset
        return drift if abs(drift) > MOST_DRIFT_SECONDS else 0.0

    def moment(self, clock: Clock) -> datetime | None:
        """Return what time it is, or None when the clock jumped and nobody told: then nothing may be decided by it."""
        now = clock.now()
        return None if self.ahead else now  # asked after the time was: whenever it jumps, nothing goes by a wrong one

    def jump(self) -> float | None:
        """Return by how many seconds the wall clock jumped, or None; a jump is told once."""
        jumped = self.ahead
        self.offset += jumped
        return jumped or None
