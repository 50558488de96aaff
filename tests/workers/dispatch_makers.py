"""A sending worker on a wire that does as it is told."""

import time
from collections.abc import Callable
from datetime import datetime

from house_makers import DUE

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.intake import Channel as Road
from orchestrator.rounds.sending import Envelope
from orchestrator.settings import Settings
from workers.dispatch import Dispatcher


class Wire:
    """Keeps what it was given; ``mishap`` is raised, or done, with every letter."""

    def __init__(self, mishap: Exception | Callable[[Envelope], None] | None = None) -> None:
        self.mishap = mishap
        self.taken: list[Envelope] = []

    def send(self, envelope: Envelope) -> str:
        self.taken.append(envelope)
        if isinstance(self.mishap, Exception):
            raise self.mishap
        if self.mishap is not None:
            self.mishap(envelope)
        return "250 ok"


def a_dispatcher(database: Database, wire: Wire, now: datetime = DUE, speed: float = 1.0) -> Dispatcher:
    clock = Clock(now, time.time(), speed)
    return Dispatcher(database, clock, Settings(), {Road.SMTP: wire, Road.WEBFORM: wire}, "w1")
