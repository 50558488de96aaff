"""One letter from claim to record: connect, gate, body, record, with no transaction open while the wire is busy."""

import logging
import os
import socket
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial

from orchestrator import channel_faults, control, ledger, views
from orchestrator.addresses import hidden
from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseAway, Session, why_away
from orchestrator.intake import Channel as Road
from orchestrator.logs import about
from orchestrator.rounds import copies, lifecycle, restored, sending, settling
from orchestrator.rounds.sending import AlreadyTried, Claim, Envelope, Result
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome, RoundState
from workers import faults
from workers.backup_guard import BackupGuard
from workers.channels.transport import Channel, GateShut, TransportError
from workers.clock_guard import MOST_DRIFT_SECONDS, ClockGuard
from workers.desk import BACK_OFF_SECONDS, FAULTS_OF_SERVER, Desk, Outcome
from workers.lane import Lane
from workers.room import Room

BATCH = 256
LETTERS_PER_LANE = 4
"""With fewer letters there are fewer lanes: a few letters are no hurry, and each lane is a connection."""

GLANCE_SECONDS = 1.0
"""After the gate refused a letter, so long until it is looked at again: the claim asks all the gate asks, so only what
changed in between is refused there."""

SWEEP_MARGIN_SECONDS = 2.0
LONGEST_RESPONSE = 20_000
"""So many characters of an answer are kept: enough to see what a page said, also years later."""

HURRY_SECONDS = 0.05
"""What the wire told is written down after so long at the most, also when no lane comes to the gate meanwhile."""

LEDGER_MAILBOX = "ledger-mailbox"
WAITS = (
    "De verzending begint pas als de map met kopieën tot het einde is gelezen. Duurt dit langer dan een minuut, kijk "
    "dan of het proces dat post ophaalt draait (praktijktest run, of worker inbox)."
)

log = logging.getLogger(__name__)


class NoRoom(Exception):
    """The server has no room for this lane while others go on: nothing was tried, and the letter is for one of them."""

    def __init__(self, envelope: Envelope) -> None:
        super().__init__()
        self.envelope = envelope


@dataclass(frozen=True)
class Dispatcher:
    """What a sending worker holds: the database, the clock, the roads, and its own name.

    ``often`` is the database for what is asked for each letter (`Database.repeating`); else it is the same.
    """

    database: Database
    clock: Clock
    settings: Settings
    roads: Mapping[Road, Channel]
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    guard: ClockGuard = field(default_factory=ClockGuard)
    backups: BackupGuard = field(default_factory=BackupGuard)
    room: Room = field(default_factory=Room)
    often: Database | None = None

    def send_due(self) -> int:
        """Send what is due now, of every kind of letter; return how many letters were tried."""
        if not self._fit():
            return 0
        claims = self._claim()
        if claims:
            faults.at("claimed")
            self._send_all(claims)
        return len(claims)

    def sweep(self) -> dict[str, int]:
        """Free what dead workers held, and settle what they left uncertain but the relay did take.

        See `orchestrator.rounds.settling.sweep` for what is returned; nothing is done while the clock jumps.
        """
        fit = self._fit()
        now = self.guard.moment(self.clock)
        if now is None:
            return {}
        with self.database.writing() as session:
            told = settling.sweep(session, now, self.clock.real(SWEEP_MARGIN_SECONDS), self.grace, expire=fit)
            copies.settle_seen(session, now)
            return told

    def watch_clock(self) -> None:
        """Shut all sending when the clock jumped; to be asked before anything is decided by what time it is."""
        if jumped := self.guard.jump():
            self._shut(f"de klok van {self.worker} versprong {jumped:.0f} seconden")

    def moment(self) -> datetime | None:
        """Return what time it is, shutting all sending when the clock jumped; None when it jumps right now."""
        self.watch_clock()
        return self.guard.moment(self.clock)

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.often or self.database, self.clock, self.guard, self.settings, self.worker)

    @cached_property
    def _lanes(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.settings.connections, "lane")

    @property
    def lease(self) -> timedelta:
        return self.desk.lease

    @property
    def grace(self) -> timedelta:
        return self.desk.grace

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
        now = self.guard.moment(self.clock)
        if now is None:
            return []
        with self.desk.database.writing() as session:
            if self._pretends(session):
                return []
            for round_ in lifecycle.in_state(session, RoundState.RUNNING):
                claims += sending.claim_inquiries(
                    session, round_, self.worker, now, self.lease, self.grace, BATCH, self.desk.rates
                )
            claims += sending.claim_requests(session, self.worker, now, self.lease, self.grace, BATCH, self.desk.rates)
            claims += sending.claim_declines(session, self.worker, now, self.lease, self.grace, BATCH, self.desk.rates)
        return claims

    def _pretends(self, session: Session) -> bool:
        """Shut all sending, and say so, when letters of a live round would count as sent without reaching anybody."""
        if (why := self.settings.pretends) is None or (live := control.live_round(session)) is None:
            return False
        if sending.is_open(session):
            reason = f"ronde {live} is echt, maar {self.worker} verzendt niet echt. {why}"
            lifecycle.set_sending(session, False, self.worker, self.clock.now(), reason)
        return True

    def _send_all(self, claims: Sequence[Claim]) -> None:
        """Send these, in their order, several at a time when there are many; what there was no time for is freed."""
        until = time.monotonic() + self.settings.lease_seconds / 2
        waiting = deque(self.desk.written(claims).values())
        self._on_lanes(waiting, until)
        if waiting:
            with self.database.writing() as session:
                for envelope in waiting:
                    sending.release(session, envelope.claim, self.desk.now, timedelta())

    def _on_lanes(self, waiting: deque[Envelope], until: float) -> None:
        lanes = self.room.lanes(min(self.settings.connections, -(-len(waiting) // LETTERS_PER_LANE)))
        if lanes <= 1:
            self._lane(waiting, until, alone=True)
            return
        at_work = [self._lanes.submit(self._lane, waiting, until) for _ in range(lanes)]
        for lane in at_work:  # one at a time: to wait for all is to take hold of each, and lets them wait too
            while wait([lane], HURRY_SECONDS).not_done:
                with suppress(*DatabaseAway):  # the lane that told it will try again, and say so
                    self.desk.hurry(HURRY_SECONDS)
        for lane in at_work:
            lane.result()

    def _lane(self, waiting: deque[Envelope], until: float, *, alone: bool = False) -> None:
        lane = Lane(self.desk, alone)
        with self.desk.at_work():
            try:
                while time.monotonic() < until and (envelope := _first(waiting)):
                    self._send(envelope, lane)
            except NoRoom as left:
                waiting.appendleft(left.envelope)
            finally:
                lane.settle()

    def _send(self, envelope: Envelope, lane: Lane) -> None:
        claim = envelope.claim
        try:
            result = self._on_the_wire(replace(envelope, date=self.desk.now), lane)
        except GateShut:
            self._release(claim, GLANCE_SECONDS)
            return
        except AlreadyTried:
            self._release(claim, BACK_OFF_SECONDS)
            return
        except DatabaseAway as error:
            log.error("Brief %s gaat nu niet uit. %s", claim.id, why_away(error), extra=about("letter", **_ids(claim)))
            # Whether the gate was committed nobody can tell, but nothing left: without this it would be uncertain.
            lane.tell(Outcome(claim, Result(AttemptOutcome.NOT_SENT, "gate", type(error).__name__), None))
            return
        faults.at("after-250")
        lane.tell(Outcome(claim, result, envelope))

    def _gate(self, lane: Lane, claim: Claim) -> None:
        """claimed → sending, committed; raise `GateShut` when it may not go, `TransportError` when it is too late."""
        # From before it is asked: its answer may be long under way, and the lease runs from when it was asked.
        body_by = time.monotonic() + self.settings.lease_seconds
        if not lane.gate(claim):
            raise GateShut
        if time.monotonic() > body_by:
            raise TransportError("de tijd voor deze brief was om voordat de tekst begon", "lease")

    def _release(self, claim: Claim, seconds: float) -> None:
        with self.database.writing() as session:
            sending.release(session, claim, self.desk.now, self.clock.real(seconds))

    def _on_the_wire(self, envelope: Envelope, lane: Lane) -> Result:
        # A mail server hears of a letter from us alone before the gate; whoever has a form sees who asks for its page.
        if envelope.channel is Road.WEBFORM and not self.desk.may_go(envelope.claim):
            raise GateShut
        try:
            answer = self.roads[envelope.channel].send(envelope, partial(self._gate, lane, envelope.claim))
        except TransportError as error:
            if error.no_room and self.room.is_full():
                log.info("Een verbinding minder: %s", error, extra=about("no-room"))
                raise NoRoom(envelope) from error
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


def _first(waiting: deque[Envelope]) -> Envelope | None:
    """Take the first of those that wait; None when another lane took the last."""
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _ids(claim: Claim) -> dict[str, int]:
    """Return by which number, of which kind, a log line is about this letter."""
    return {claim.kind.__tablename__: claim.id}


def _storable(text: str) -> str:
    """Return what is kept of what the other side said: without addresses, and a character that PostgreSQL refuses."""
    return hidden(text.replace("\0", "")[:LONGEST_RESPONSE])


def _outcome(error: TransportError) -> AttemptOutcome:
    if error.body_left:
        return AttemptOutcome.UNCERTAIN
    return AttemptOutcome.REFUSED if error.permanent else AttemptOutcome.NOT_SENT
