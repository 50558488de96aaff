"""The heartbeat of this process: that a queue is worked on, noted every few seconds and not with every tick."""

import os
import socket
import time
from dataclasses import dataclass, field

from orchestrator import heartbeats
from orchestrator.clock import Clock
from orchestrator.db import Database

EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class Pulse:
    """When this process last noted each queue, by the steady clock."""

    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}"[:120])
    noted: dict[str, float] = field(default_factory=dict)

    def beat(self, database: Database, clock: Clock, queue: str) -> None:
        """Note that this process works on a queue, unless it did so just now."""
        steady = time.monotonic()
        if queue in self.noted and steady - self.noted[queue] < EVERY_SECONDS:
            return
        with database.writing() as session:
            heartbeats.beat(session, queue, self.worker, clock.now())
        self.noted[queue] = steady

    def end(self, database: Database) -> None:
        """Note that this process works on nothing any more."""
        if self.noted:
            with database.writing() as session:
                heartbeats.end(session, self.worker)
            self.noted.clear()
