"""One letter from claim to record: gate, wire, record, with no transaction open while the wire is busy."""

import logging
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator import channel_faults, control
from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseAway, Session
from orchestrator.intake import Channel as Road
from orchestrator.rounds import copies, lifecycle, sending
from orchestrator.rounds.sending import AlreadyTried, Claim, Envelope, Result
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome, RoundState
from orchestrator.web_address import host_of
from workers import faults
from workers.channels.transport import Channel, TransportError
from workers.clock_guard import ClockGuard

BATCH = 10
BACK_OFF_SECONDS = 30.0
SWEEP_MARGIN_SECONDS = 2.0
FAULTS_OF_SERVER = frozenset({"connect", "tls", "auth", "policy"})
LONGEST_PLACE = 200
RECORD_SECONDS, RECORD_PAUSE_SECONDS = 300.0, 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dispatcher:
    """What a sending worker holds: the database, the clock, the roads, and its own name."""

    database: Database
    clock: Clock
    settings: Settings
    roads: Mapping[Road, Channel]
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    guard: ClockGuard = field(default_factory=ClockGuard)

    def send_due(self) -> int:
        """Send what is due now, inquiries and courtesy letters; return how many letters were tried."""
        if jumped := self.guard.jump():
            self._shut(f"de klok van {self.worker} versprong {jumped:.0f} seconden")
        claims = self._claim()
        if claims:
            faults.at("claimed")
        for claim in claims:
            self._send(claim)
        return len(claims)

    def sweep(self) -> dict[str, int]:
        """Free what dead workers held, and settle what they left uncertain but the relay did take.

        See `orchestrator.rounds.sending.sweep` for what is returned.
        """
        with self.database.writing() as session:
            now = self.clock.now()
            told = sending.sweep(session, now, self.clock.real(SWEEP_MARGIN_SECONDS), self.grace)
            copies.settle_seen(session, now)
            return told

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
            if self._pretends(session):
                return []
            for round_ in lifecycle.in_state(session, RoundState.RUNNING):
                claims += sending.claim_inquiries(session, round_, self.worker, now, self.lease, self.grace, BATCH)
            claims += sending.claim_declines(session, self.worker, now, self.lease, self.grace, BATCH)
        return claims

    def _pretends(self, session: Session) -> bool:
        """Shut all sending, and say so, when letters of a live round would count as sent without reaching anybody."""
        if (why := self.settings.pretends) is None or (live := control.live_round(session)) is None:
            return False
        if sending.is_open(session):
            reason = f"ronde {live} is echt, maar {self.worker} verzendt niet echt. {why}"
            lifecycle.set_sending(session, False, self.worker, self.clock.now(), reason)
        return True

    def _send(self, claim: Claim) -> None:
        try:
            envelope = self._gate(claim)
        except DatabaseAway as error:
            # Whether the gate was committed nobody can tell, but nothing left: without this it would be uncertain.
            self._record(claim, Result(AttemptOutcome.NOT_SENT, "gate", type(error).__name__))
            return
        if envelope is None:
            return
        faults.at("gated")
        result = self._on_the_wire(envelope)
        faults.at("after-250")
        self._record(claim, result, envelope)

    def _record(self, claim: Claim, result: Result, envelope: Envelope | None = None) -> None:
        """Write down what the wire told; only this process knows it, so it waits for a database that is away."""
        back_off, until = self.clock.real(BACK_OFF_SECONDS), time.monotonic() + RECORD_SECONDS
        while True:
            try:
                with self.database.writing() as session:
                    sending.record(session, claim, self.worker, self.clock.now(), result, back_off)
                    if envelope is not None:
                        _tell_of_road(session, envelope, result, self.clock.now())
                    return
            except DatabaseAway:
                if time.monotonic() > until:
                    raise
                time.sleep(RECORD_PAUSE_SECONDS)

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
            answer = self.roads[envelope.channel].send(envelope)
        except TransportError as error:
            response = error.response and _storable(error.response)
            result = Result(_outcome(error), error.phase, _storable(str(error)), response)
            number = f"{envelope.claim.kind.__tablename__}:{envelope.claim.id}"
            log.warning("Brief %s: %s in fase %s: %s", number, result.outcome, result.phase, result.detail)
            return result
        answer = _storable(answer)
        return Result(AttemptOutcome.SENT, "answer", answer.partition("\n")[0], answer)


def _tell_of_road(session: Session, envelope: Envelope, result: Result, now: datetime) -> None:
    """Keep what is wrong with a road for the status page, until a letter goes out by it again.

    What a mail server says of one recipient is no fault of the road. A form has no recipients: whatever it does but
    take the message needs a person, who must know of it before the next letter ends the same way.
    """
    places = _places(envelope)
    if result.outcome is AttemptOutcome.SENT:
        for place in places:
            channel_faults.clear(session, place, now)
    elif result.phase in FAULTS_OF_SERVER:
        channel_faults.note(session, places[0], result.detail, now)
    elif envelope.channel is Road.WEBFORM:
        channel_faults.note(session, places[-1], result.detail, now)


def _places(envelope: Envelope) -> tuple[str, ...]:
    """Return where a fault is kept: by server and, since many forms may share one, by form."""
    if envelope.channel is Road.SMTP:
        return (Road.SMTP.value,)
    return f"{Road.WEBFORM}:{host_of(envelope.recipient)}"[:LONGEST_PLACE], envelope.recipient[:LONGEST_PLACE]


def _storable(text: str) -> str:
    return text.replace("\0", "")  # PostgreSQL keeps no such character, and whoever answers may send one


def _outcome(error: TransportError) -> AttemptOutcome:
    if error.body_left:
        return AttemptOutcome.UNCERTAIN
    return AttemptOutcome.REFUSED if error.permanent else AttemptOutcome.NOT_SENT
