"""The one source of `now`: real, or scaled for a rehearsal."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """A clock that reads ``start`` at wall time ``wall`` (Unix seconds) and then runs ``speed`` times as fast.

    The default is the real clock. Everything the record calls a time is a time of this clock; what must last in the
    real world (a lease, a back-off) is asked as ``real(seconds)``.
    """

    start: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    wall: float = 0.0
    speed: float = 1.0

    @classmethod
    def scaled(cls, start: datetime, speed: float) -> "Clock":
        """Return a clock that begins at ``start`` now and runs ``speed`` times as fast as the wall clock."""
        return cls(start.astimezone(UTC), time.time(), speed)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.time() - self.wall) * self.speed)

    def when(self, wall: datetime) -> datetime:
        """Return what this clock read at a moment of the wall clock, but never what it has yet to read.

        Now on a clock that runs fast: it would make hours of the whole seconds in which other machines tell a moment.
        """
        if self.speed != 1.0:
            return self.now()
        return min(self.start + timedelta(seconds=wall.timestamp() - self.wall), self.now())

    def real(self, seconds: float) -> timedelta:
        """Return how far this clock moves in ``seconds`` of wall time."""
        return timedelta(seconds=seconds * self.speed)

    def wait_for(self, moment: datetime) -> float:
        """Return the wall seconds until this clock reads ``moment`` (0 when it is past)."""
        return max(0.0, (moment - self.now()).total_seconds() / self.speed)
