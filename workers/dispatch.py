"""One letter from claim to record: connect, gate, body, record, with no transaction open while the wire is busy."""

import logging
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial

from orchestrator import channel_faults, control, ledger, views
from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseAway, Session, why_away
from orchestrator.intake import Channel as Road
from orchestrator.logs import about
from orchestrator.rates import Rate, Rates
from orchestrator.rounds import copies, lifecycle, restored, sending, settling
from orchestrator.rounds.sending import AlreadyTried, Claim, Envelope, Result
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome, RoundState
from orchestrator.web_address import host_of
from workers import faults
from workers.backup_guard import BackupGuard
from workers.channels.transport import Channel, GateShut, TransportError
from workers.clock_guard import MOST_DRIFT_SECONDS, ClockGuard

BATCH = 10
BACK_OFF_SECONDS = 30.0
GLANCE_SECONDS = 1.0
"""After the gate refused a letter, so long until it is looked at again: the claim asks all the gate asks, so only what
changed in between is refused there."""

SWEEP_MARGIN_SECONDS = 2.0
FAULTS_OF_SERVER = frozenset({"connect", "tls", "auth", "policy"})
LONGEST_PLACE = 200
RECORD_SECONDS, RECORD_PAUSE_SECONDS = 300.0, 1.0
LEDGER_MAILBOX = "ledger-mailbox"
WAITS = (
    "De verzending begint pas als de map met kopieën tot het einde is gelezen. Duurt dit langer dan een minuut, kijk "
    "dan of het proces dat post ophaalt draait (praktijktest run, of worker inbox)."
)

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
    backups: BackupGuard = field(default_factory=BackupGuard)

    def send_due(self) -> int:
        """Send what is due now, of every kind of letter; return how many letters were tried."""
        if not self._fit():
            return 0
        claims = self._claim()
        if claims:
            faults.at("claimed")
        for claim in claims:
            self._send(claim)
        return len(claims)

    def sweep(self) -> dict[str, int]:
        """Free what dead workers held, and settle what they left uncertain but the relay did take.

        See `orchestrator.rounds.settling.sweep` for what is returned.
        """
        fit = self._fit()
        with self.database.writing() as session:
            now = self.clock.now()
            told = settling.sweep(session, now, self.clock.real(SWEEP_MARGIN_SECONDS), self.grace, expire=fit)
            copies.settle_seen(session, now)
            return told

    def watch_clock(self) -> None:
        """Shut all sending when the clock jumped; to be asked before anything is decided by what time it is."""
        if jumped := self.guard.jump():
            self._shut(f"de klok van {self.worker} versprong {jumped:.0f} seconden")

    @property
    def now(self) -> datetime:
        """What time it is, leaving out a jump that the guard did not tell yet.

        For what is written down of a letter: by a wrong moment of sending the second half would follow too soon, or an
        hour late.
        """
        return self.clock.now() - self.clock.real(self.guard.ahead)

    @property
    def lease(self) -> timedelta:
        return self.clock.real(self.settings.lease_seconds)

    @cached_property
    def rates(self) -> Rates:
        overall, per_domain = self.settings.rate_per_minute, self.settings.domain_rate_per_hour
        return Rates(
            overall=Rate(overall, self.clock.real(60)) if overall else None,
            per_domain=Rate(per_domain, self.clock.real(3600)) if per_domain else None,
        )

    @property
    def grace(self) -> timedelta:
        return self.clock.real(self.settings.grace_seconds)

    def _fit(self) -> bool:
        """Say whether this process knows what time it is, and what went out before it began; shut sending if not."""
        self.watch_clock()
        waited = self.backups.waits
        with self.database.reading() as session:
            head = ledger.head(session)
            lost, waits = self.backups.lost(session, head), self.backups.listen(session)
            latest = ledger.latest(session)
            behind = latest and latest - self.clock.now() > self.clock.real(MOST_DRIFT_SECONDS)
            shut = views.why_shut(session)
        if behind and not shut:
            self._shut(f"de klok van {self.worker} loopt achter op het logboek")
        if lost:
            self._suspect()
        self.backups.remember(head)
        if waits != waited:
            self._tell_waiting()
        return not waits

    def _suspect(self) -> None:
        with self.database.writing() as session:
            reason = f"{restored.SEEMS}: het logboek mist wat er eerder in stond"
            restored.suspect(session, self.worker, self.clock.now(), reason)

    def _tell_waiting(self) -> None:
        with self.database.writing() as session:
            if self.backups.waits:
                channel_faults.note(session, LEDGER_MAILBOX, WAITS, self.clock.now())
            else:
                channel_faults.clear(session, LEDGER_MAILBOX, self.clock.now())

    def _shut(self, reason: str) -> None:
        """Stop all sending until a person has looked: letters planned in the jump must not go in a heap."""
        with self.database.writing() as session:
            lifecycle.set_sending(session, False, self.worker, self.clock.now(), reason)

    def _claim(self) -> list[Claim]:
        claims: list[Claim] = []
        now = self.clock.now()
        if self.guard.ahead:  # asked after the time was: whenever it jumps, nothing goes by a wrong one
            return []
        with self.database.writing() as session:
            if self._pretends(session):
                return []
            for round_ in lifecycle.in_state(session, RoundState.RUNNING):
                claims += sending.claim_inquiries(
                    session, round_, self.worker, now, self.lease, self.grace, BATCH, self.rates
                )
            claims += sending.claim_requests(session, self.worker, now, self.lease, self.grace, BATCH, self.rates)
            claims += sending.claim_declines(session, self.worker, now, self.lease, self.grace, BATCH, self.rates)
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
            envelope = self._written(claim)
            result = self._on_the_wire(envelope)
        except GateShut:
            self._release(claim, GLANCE_SECONDS)
            return
        except AlreadyTried:
            self._release(claim, BACK_OFF_SECONDS)
            return
        except DatabaseAway as error:
            log.error("Brief %s gaat nu niet uit. %s", claim.id, why_away(error), extra=about("letter", **_ids(claim)))
            # Whether the gate was committed nobody can tell, but nothing left: without this it would be uncertain.
            self._record(claim, Result(AttemptOutcome.NOT_SENT, "gate", type(error).__name__))
            return
        faults.at("after-250")
        self._record(claim, result, envelope)

    def _record(self, claim: Claim, result: Result, envelope: Envelope | None = None) -> None:
        """Write down what the wire told; only this process knows it, so it waits for a database that is away."""
        back_off, until, told = self.clock.real(BACK_OFF_SECONDS), time.monotonic() + RECORD_SECONDS, False
        while True:
            try:
                with self.database.writing() as session:
                    sending.record(session, claim, self.worker, self.now, result, back_off)
                    if envelope is not None:
                        _tell_of_road(session, envelope, result, self.now)
                    return
            except DatabaseAway as error:
                if not told:
                    words = (claim.id, result.outcome.value, why_away(error))
                    log.error("Brief %s (%s) wacht op vastleggen. %s", *words, extra=about("letter", **_ids(claim)))
                told = True
                if time.monotonic() > until:
                    raise
                time.sleep(RECORD_PAUSE_SECONDS)

    def _written(self, claim: Claim) -> Envelope:
        """Return what to send; raise `GateShut` when it may not go: then nobody is even asked for a page."""
        with self.database.reading() as session:
            envelope = sending.written(session, claim, self.clock.now(), self.grace, self.rates)
        if envelope is None:
            raise GateShut
        return envelope

    def _gate(self, claim: Claim) -> None:
        """claimed → sending, committed; raise `GateShut` when it may not go, `TransportError` when it is too late."""
        # From before it is asked: its answer may be long under way, and the lease runs from when it was asked.
        body_by = time.monotonic() + self.settings.lease_seconds
        now = self.clock.now()
        if self.guard.ahead:
            raise GateShut
        with self.database.writing() as session:
            passed = sending.gate(session, claim, self.worker, now, self.lease, self.grace, self.rates)
        if not passed:
            raise GateShut
        if time.monotonic() > body_by:
            raise TransportError("de tijd voor deze brief was om voordat de tekst begon", "lease")

    def _release(self, claim: Claim, seconds: float) -> None:
        with self.database.writing() as session:
            sending.release(session, claim, self.now, self.clock.real(seconds))

    def _on_the_wire(self, envelope: Envelope) -> Result:
        try:
            answer = self.roads[envelope.channel].send(envelope, partial(self._gate, envelope.claim))
        except TransportError as error:
            response = error.response and _storable(error.response)
            result = Result(_outcome(error), error.phase, _storable(str(error)), response)
            number = f"{envelope.claim.kind.__tablename__}:{envelope.claim.id}"
            # What is wrong with a server is told once, as a fault of the road, and not again for each letter.
            level = logging.INFO if result.phase in FAULTS_OF_SERVER else logging.WARNING
            told = about("letter", **_ids(envelope.claim), outcome=result.outcome.value, phase=result.phase)
            log.log(
                level, "Brief %s: %s in fase %s: %s", number, result.outcome, result.phase, result.detail, extra=told
            )
            return result
        answer = _storable(answer)
        told = about("letter", **_ids(envelope.claim), outcome=AttemptOutcome.SENT.value)
        log.info("Brief %s:%s: sent", envelope.claim.kind.__tablename__, envelope.claim.id, extra=told)
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


def _ids(claim: Claim) -> dict[str, int]:
    """Return by which number, of which kind, a log line is about this letter."""
    return {claim.kind.__tablename__: claim.id}


def _storable(text: str) -> str:
    return text.replace("\0", "")  # PostgreSQL keeps no such character, and whoever answers may send one


def _outcome(error: TransportError) -> AttemptOutcome:
    if error.body_left:
        return AttemptOutcome.UNCERTAIN
    return AttemptOutcome.REFUSED if error.permanent else AttemptOutcome.NOT_SENT
