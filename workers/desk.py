"""What a sending worker asks of the database: the letters, may one go, does it pass the gate, and what became of it.

The lanes of one worker ask together (`workers.together`): one commit lets several letters through the gate, each still
before the first byte of its body, and records what became of the letters before them.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from orchestrator import channel_faults
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.intake import Channel as Road
from orchestrator.rates import Rate, Rates
from orchestrator.rounds import sending
from orchestrator.rounds.sending import AlreadyTried, Claim, Envelope, Result
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome
from orchestrator.web_address import host_of
from workers.clock_guard import ClockGuard
from workers.together import Asked, Together

BACK_OFF_SECONDS = 30.0
FAULTS_OF_SERVER = frozenset({"connect", "tls", "auth", "policy"})
LONGEST_PLACE = 200


@dataclass(frozen=True)
class Look:
    """May this letter go?"""

    claim: Claim


@dataclass(frozen=True)
class Pass:
    """Let this letter through the gate."""

    claim: Claim


@dataclass(frozen=True)
class Outcome:
    """What the wire told of a letter; ``envelope`` is None for one that did not come to the wire."""

    claim: Claim
    result: Result
    envelope: Envelope | None


Ask = Look | Pass | Outcome


@dataclass(frozen=True)
class Desk:
    """The database as one worker sees it, by its clock. Any of its threads may ask, each for one letter at a time."""

    database: Database
    clock: Clock
    guard: ClockGuard
    settings: Settings
    worker: str

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

    @property
    def grace(self) -> timedelta:
        return self.clock.real(self.settings.grace_seconds)

    @cached_property
    def rates(self) -> Rates:
        overall, per_domain = self.settings.rate_per_minute, self.settings.domain_rate_per_hour
        return Rates(
            overall=Rate(overall, self.clock.real(60)) if overall else None,
            per_domain=Rate(per_domain, self.clock.real(3600)) if per_domain else None,
        )

    @cached_property
    def _asks(self) -> Together[Ask, object]:
        # Of each lane what it asks, and what it told of the letter before.
        return Together(self._answers, 2 * self.settings.connections)

    def at_work(self) -> AbstractContextManager[None]:
        """A thread that will ask for letters, one after another."""
        return self._asks.at_work()

    def written(self, claims: Sequence[Claim]) -> dict[Claim, Envelope]:
        """Return the letters of these claims; without those that are no longer claimed so."""
        with self.database.reading() as session:
            return sending.all_written(session, claims, self.now)

    def may_go(self, claim: Claim) -> bool:
        """Say whether the gate would let a letter pass now."""
        return bool(self._asks.ask(Look(claim)))

    def gate(self, claim: Claim) -> bool:
        """claimed → sending, committed; False when it may not go. Raises what `sending.gate` does."""
        return bool(self._asks.ask(Pass(claim)))

    def tell(self, outcome: Outcome) -> Asked[Ask, object]:
        """Let what the wire told be written down with what is asked next; `written_down` waits for it."""
        return self._asks.tell(outcome)

    def written_down(self, told: Asked[Ask, object]) -> None:
        """Wait until what was told is written down; raise why it was not."""
        self._asks.answer(told)

    def hurry(self, seconds: float) -> None:
        """Write down what was told so long ago, while nobody asks anything."""
        self._asks.hurry(seconds)

    def _answers(self, asked: Sequence[Ask]) -> Sequence[object]:
        looks, passes = ([each.claim for each in asked if isinstance(each, kind)] for kind in (Look, Pass))
        outcomes = [each for each in asked if isinstance(each, Outcome)]
        found: dict[Claim, object] = {}
        if looks:
            found |= self._look(looks)
        if passes or outcomes:
            found |= self._pass(passes, outcomes)
        return [None if isinstance(each, Outcome) else found[each.claim] for each in asked]

    def _look(self, claims: Sequence[Claim]) -> dict[Claim, bool]:
        with self.database.reading() as session:
            found = sending.may_go(session, claims, self.clock.now(), self.grace, self.rates)
        return {claim: claim in found for claim in claims}

    def _pass(self, claims: Sequence[Claim], outcomes: Sequence[Outcome]) -> dict[Claim, bool | AlreadyTried]:
        """One commit lets letters through the gate, and keeps what became of those before them.

        The gate comes first: it takes the locks that whoever pauses a round or stops sending takes first, too.
        """
        now = self.guard.moment(self.clock)
        if now is None:
            self._record(outcomes)
            return dict.fromkeys(claims, False)
        try:
            with self.database.writing() as session:
                passed = set(self._gate(session, claims, now)) if claims else set()
                self._write_down(session, outcomes)
        except AlreadyTried as error:
            # Nothing was committed, and of several nobody knows whose try it was: each is asked for alone.
            if len(claims) == 1 and not outcomes:
                return {claims[0]: error}
            self._record(outcomes)
            return {claim: self._pass([claim], ())[claim] for claim in claims}
        return {claim: claim in passed for claim in claims}

    def _gate(self, session: Session, claims: Sequence[Claim], now: datetime) -> list[Claim]:
        return sending.gate_all(session, claims, self.worker, now, self.lease, self.grace, self.rates)

    def _record(self, told: Sequence[Outcome]) -> None:
        if told:
            with self.database.writing() as session:
                self._write_down(session, told)

    def _write_down(self, session: Session, told: Sequence[Outcome]) -> None:
        if told:
            results = [(each.claim, each.result) for each in told]
            sending.record_all(session, results, self.worker, self.now, self.clock.real(BACK_OFF_SECONDS))
            _tell_of_roads(session, told, self.now)


def _tell_of_roads(session: Session, told: Sequence[Outcome], now: datetime) -> None:
    """Keep what is wrong with a road for the status page, until a letter goes out by it again.

    What a mail server says of one recipient is no fault of the road. A form has no recipients: whatever it does but
    take the message needs a person, who must know of it before the next letter ends the same way.
    """
    said: dict[str, str | None] = {}
    for each in told:
        if each.envelope is not None:
            said |= _faults(each.envelope, each.result)
    for place, fault in said.items():
        if fault is None:
            channel_faults.clear(session, place, now)
        else:
            channel_faults.note(session, place, fault, now)


def _faults(envelope: Envelope, result: Result) -> dict[str, str | None]:
    """Return what the wire told of the places of a road: a fault, or None for what works."""
    places = _places(envelope)
    if result.outcome is AttemptOutcome.SENT:
        return dict.fromkeys(places)
    if result.phase in FAULTS_OF_SERVER:
        return {places[0]: result.detail}
    return {places[-1]: result.detail} if envelope.channel is Road.WEBFORM else {}


def _places(envelope: Envelope) -> tuple[str, ...]:
    """Return where a fault is kept: by server and, since many forms may share one, by form."""
    if envelope.channel is Road.SMTP:
        return (Road.SMTP.value,)
    return f"{Road.WEBFORM}:{host_of(envelope.recipient)}"[:LONGEST_PLACE], envelope.recipient[:LONGEST_PLACE]
