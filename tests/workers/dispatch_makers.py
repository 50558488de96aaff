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
from workers.channels.transport import Gate, TransportError
from workers.dispatch import Dispatcher


class Wire:
    """Keeps what it was asked to send and what it sent; ``mishap`` is raised, or done, with every letter.

    An error that says that nothing of the body left comes before the gate, as on a real wire.
    """

    def __init__(self, mishap: Exception | Callable[[Envelope], None] | None = None) -> None:
        self.mishap = mishap
        self.asked: list[str] = []
        self.taken: list[Envelope] = []

    def send(self, envelope: Envelope, gate: Gate) -> str:
        self.asked.append(envelope.message_id)
        if isinstance(self.mishap, TransportError) and not self.mishap.body_left:
            raise self.mishap
        gate()
        self.taken.append(envelope)
        if isinstance(self.mishap, Exception):
            raise self.mishap
        if self.mishap is not None:
            self.mishap(envelope)
        return "250 ok"


def a_dispatcher(database: Database, wire: Wire, now: datetime = DUE, speed: float = 1.0) -> Dispatcher:
    clock = Clock(now, time.time(), speed)
    return Dispatcher(database, clock, Settings(), {Road.SMTP: wire, Road.WEBFORM: wire}, "w1")
