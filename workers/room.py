"""How many letters a server takes at the same time: as many as we may have connections, until it refuses one more."""

import threading
import time
from collections.abc import Callable

REMEMBERED_SECONDS = 60.0
"""So long no more are tried than there was room for: a server may shut out whoever keeps knocking."""


class Room:
    """For one batch at a time: how many lanes begin, and which of them ends because the others fill the server.

    The last lane never does. What is refused to that one is a fault of the server, and told as one.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self.steady = steady
        self._until, self._found, self._at_work = 0.0, 0, 0
        self._counting = threading.Lock()

    def lanes(self, wanted: int) -> int:
        """Return how many of the lanes that are wanted there is room for; so many begin now."""
        self._at_work = min(wanted, self._found) if self.steady() < self._until else wanted
        return self._at_work

    def is_full(self) -> bool:
        """Note that the server has no room for a lane; True when that ends because others go on."""
        with self._counting:
            if self._at_work <= 1:
                return False
            self._at_work -= 1
            self._found, self._until = self._at_work, self.steady() + REMEMBERED_SECONDS
            return True
