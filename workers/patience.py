"""How long a server that refused our login is left alone: a mail server locks out whoever keeps knocking."""

import time
from collections.abc import Callable

FIRST_SECONDS, LONGEST_SECONDS = 120.0, 3600.0


class Patience:
    """Doubles the wait with every refusal in a row; a process that starts afresh tries at once."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self.steady = steady
        self.refusals = 0
        self._until = 0.0

    def waits(self) -> bool:
        """Say whether it is too early to log in again."""
        return self.refusals > 0 and self.steady() < self._until

    def refused(self) -> None:
        """Note that a login was refused just now."""
        self._until = self.steady() + min(FIRST_SECONDS * 2.0**self.refusals, LONGEST_SECONDS)
        self.refusals += 1

    def welcomed(self) -> None:
        """Note that a login was taken."""
        self.refusals = 0
