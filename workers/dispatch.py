"""One letter from claim to record: gate, wire, record, with no transaction open while the wire is busy."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.intake import Channel as Road
from orchestrator.rounds import lifecycle, sending
from orchestrator.rounds.sending import AlreadyTried, Claim, Envelope, Result
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome, RoundState
from workers.channels.transport import Channel, TransportError
from workers.clock_guard import ClockGuard

BATCH = 10
BACK_OFF_SECONDS = 30.0
SWEEP_MARGIN_SECONDS = 2.0


@dataclass(frozen=True)
class Dispatcher:
    """What a sending worker holds: the database, the clock, the roads, and its own name."""

    database: Database
    clock: Clock
    settings: Settings
    roads: Mapping[Road, Channel]
    worker: str = f"{socket.gethostname()}:{os.getpid()}"
    guard: ClockGuard = field(default_factory=ClockGuard)

    def send_due(self) -> int:
        """Send what is due now, inquiries and courtesy letters; return how many letters were tried."""
        if jumped := self.guard.jump():
            self._shut(f"de klok van {self.worker} versprong {jumped:.0f} seconden")
        claims = self._claim()
        for claim in claims:
            self._send(claim)
        return len(claims)

    def sweep(self) -> dict[str, int]:
        """Free what dead workers held; see `orchestrator.rounds.sending.sweep`."""
        with self.database.writing() as session:
            return sending.sweep(session, self.clock.now(), self.clock.real(SWEEP_MARGIN_SECONDS), self.grace)

    @property
    def lease(self) -> timedelta:
        return self.clock.real(self.settings.lease_seconds)

    @property
    def grace(self) -> timedelta:
        return self.clock.real(self.settings.grace_seconds)

    def _shut(self, reason: str) -> None:
        """Stop all sending until a person has looked: letters planned in the jump must not go in a heap."""
        with self.database.writing() as session:
            lifecycle.set_sending(session, False, self.worker, self.clock.now(), reason)

    def _claim(self) -> list[Claim]:
        claims: list[Claim] = []
        now = self.clock.now()
        with self.database.writing() as session:
            for round_ in lifecycle.in_state(session, RoundState.RUNNING):
                claims += sending.claim_inquiries(session, round_, self.worker, now, self.lease, self.grace, BATCH)
            claims += sending.claim_declines(session, self.worker, now, self.lease, self.grace, BATCH)
        return claims

    def _send(self, claim: Claim) -> None:
        envelope = self._gate(claim)
        if envelope is None:
            return
        result = self._on_the_wire(envelope)
        with self.database.writing() as session:
            back_off = self.clock.real(BACK_OFF_SECONDS)
            sending.record(session, claim, self.worker, self.clock.now(), result, back_off)

    def _gate(self, claim: Claim) -> Envelope | None:
        now = self.clock.now()
        with suppress(AlreadyTried), self.database.writing() as session:
            envelope = sending.gate(session, claim, self.worker, now, self.lease, self.grace)
            if envelope is not None:
                return envelope
        with self.database.writing() as session:
            sending.release(session, claim, now, self.clock.real(BACK_OFF_SECONDS))
        return None

    def _on_the_wire(self, envelope: Envelope) -> Result:
        try:
            accepted = self.roads[envelope.channel].send(envelope)
        except TransportError as error:
            return Result(_outcome(error), error.phase, str(error))
        return Result(AttemptOutcome.SENT, "answer", accepted)


def _outcome(error: TransportError) -> AttemptOutcome:
    if error.body_left:
        return AttemptOutcome.UNCERTAIN
    return AttemptOutcome.REFUSED if error.permanent else AttemptOutcome.NOT_SENT
