"""The market's own time: the real time, or a start that runs faster than the wall clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """Market time = ``start`` + (wall - ``epoch``) * ``speed``; wall times are Unix seconds, market times are aware."""

    start: datetime
    epoch: float
    speed: float = 1.0

    def now(self, wall: float) -> datetime:
        """The market time at wall time ``wall``."""
        return self.start + timedelta(seconds=(wall - self.epoch) * self.speed)

    def wall(self, moment: datetime) -> float:
        """The wall time at which the market reads ``moment``."""
        return self.epoch + (moment - self.start).total_seconds() / self.speed
