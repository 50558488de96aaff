"""Claim, gate, record: a letter goes out at most once, and pairs stay whole; what nobody recorded is for `settling`.

The row is the message. Whoever does not change exactly one row stops. Every time is a time of the installation's
clock; leases and back-offs are given as spans of that clock. See DESIGN §4 for the protocol.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from orchestrator import control, ledger, limits
from orchestrator.db import UtcDateTime
from orchestrator.design import from_canonical
from orchestrator.models import (
    Attempt,
    Control,
    Inquiry,
    RequestLetter,
    RequestRound,
    Round,
)  # fmt: skip
from orchestrator.rates import AS_FAST_AS_IT_CAN, Rates
from orchestrator.rounds.claiming import claim_declines as claim_declines
from orchestrator.rounds.claiming import claim_inquiries as claim_inquiries
from orchestrator.rounds.claiming import claim_requests as claim_requests
from orchestrator.rounds.envelopes import Claim as Claim
from orchestrator.rounds.envelopes import Envelope as Envelope
from orchestrator.rounds.envelopes import envelopes, named, under_fence
from orchestrator.rounds.following import drop_if_over, tell_next, too_close
from orchestrator.rounds.permission import Kind, permitted
from orchestrator.several import among, ask, by_row, change, one_of, put
from orchestrator.states import AttemptOutcome, LetterState

MOST_DOUBLINGS = 6
"""The back-off after a letter that did not leave doubles with each claim, so often at the most."""

BEFORE_THE_BODY = (AttemptOutcome.NOT_SENT, AttemptOutcome.REFUSED)
"""Outcomes that a letter can have which never came to the gate."""

GATED = (LetterState.SENDING, LetterState.UNCERTAIN)
"""States of a letter that passed the gate and of which nobody wrote down yet what became of it."""


THIS_TRY = ("message_id", "fence")


class AlreadyTried(Exception):
    """The attempt table knows of a try that the letter's row does not: whoever gets this must not send.

    The transaction is lost with it, and so is the change of state.
    """


@dataclass(frozen=True)
class Result:
    """What the wire told: an outcome (never `sending`), the phase it was reached in, and a detail for the log.

    ``response`` is the whole answer of the other side, when it gave one.
    """

    outcome: AttemptOutcome
    phase: str
    detail: str
    response: str | None = None


def all_written(session: Session, claims: Sequence[Claim], now: datetime) -> dict[Claim, Envelope]:
    """The letters of claims in their order, each in its envelope; without those that are no longer claimed so.

    The claim asked just now whether they may go, and the gate will ask it again.
    """
    found: dict[Claim, Envelope] = {}
    for kind in dict.fromkeys(claim.kind for claim in claims):
        found |= envelopes(session, kind, [claim for claim in claims if claim.kind is kind], now)
    return {claim: found[claim] for claim in claims if claim in found}


def may_go(
    session: Session, claims: Sequence[Claim], now: datetime, grace: timedelta, rates: Rates = AS_FAST_AS_IT_CAN
) -> set[Claim]:
    """Return those of these claims whose letters the gate would let pass now."""
    designs, found = _designs_of(session, claims), set()
    for together in _by_round(claims):
        asked = _asked(session, together, designs, now, grace) | rates.parameters(now)
        passing = set(ask(session, _passing(together[0].kind, rates), asked).scalars())
        found |= {claim for claim in together if claim.id in passing}
    return found


def gate(
    session: Session,
    claim: Claim,
    worker: str,
    now: datetime,
    lease: timedelta,
    grace: timedelta,
    rates: Rates = AS_FAST_AS_IT_CAN,
) -> bool:
    """claimed → sending, right before the first byte of the body; False when the letter may not go (any more).

    Asks fence, lease and all that the claim asked once more, and leaves the attempt row that forbids a second try;
    raises `AlreadyTried` when there is one. The caller commits before the first byte, and releases what was refused.
    """
    return claim in gate_all(session, [claim], worker, now, lease, grace, rates)


def gate_all(
    session: Session,
    claims: Sequence[Claim],
    worker: str,
    now: datetime,
    lease: timedelta,
    grace: timedelta,
    rates: Rates,
) -> list[Claim]:
    """As `gate`, for several letters, each right before its first byte; return those that may go.

    `AlreadyTried` is of any of them: whoever gets it asks for each alone.
    """
    designs = _hold_still(session, claims, alone=rates.any)
    # Two workers may hold claims on two pairs of one advertiser: the lock makes the caps exact, not nearly so.
    limits.lock(session, {claim.advertiser_id for claim in claims})
    passed: dict[Claim, Row[int, str, str]] = {}
    for together in _one_of_each(claims, alone=rates.any):
        asked = _asked(session, together, designs, now, grace) | rates.parameters(now) | {"lease": now + lease}
        changed = {row.id: row for row in ask(session, _gate_statement(together[0].kind, rates), asked)}
        passed |= {claim: changed[claim.id] for claim in together if claim.id in changed}
    _open_attempts(session, passed, worker, now)
    for claim in passed:
        ledger.append(session, now, worker, "letter.sending", _subject(claim), {"fence": claim.fence})
    return list(passed)


def release(session: Session, claim: Claim, now: datetime, wait: timedelta) -> None:
    """claimed → planned, for what the gate refused; asked again after ``wait``."""
    freed = session.execute(
        update(claim.kind)
        .where(claim.kind.id == claim.id, claim.kind.fence == claim.fence, claim.kind.state == LetterState.CLAIMED)
        .values(state=LetterState.PLANNED, next_try_at=now + wait, lease_until=None)
        .returning(claim.kind.id)
        .execution_options(synchronize_session=False)
    )
    if freed.all():
        ledger.append(session, now, "gate", "letter.released", _subject(claim))


def record(session: Session, claim: Claim, worker: str, now: datetime, result: Result, back_off: timedelta) -> None:
    """sending → sent, failed, uncertain, or planned again after ``back_off``, by what the wire told.

    A letter that never came to the gate, because the wire failed or refused before the body, is still claimed. One
    that the sweep already called uncertain is still settled here: nobody knows better than who sent it.
    """
    record_all(session, [(claim, result)], worker, now, back_off)


def record_all(
    session: Session, results: Sequence[tuple[Claim, Result]], worker: str, now: datetime, back_off: timedelta
) -> None:
    """As `record`, for several letters."""
    for kind in dict.fromkeys(claim.kind for claim, _ in results):
        sent = {claim: told for claim, told in results if claim.kind is kind and told.outcome is AttemptOutcome.SENT}
        if sent:
            _record_sent(session, kind, sent, worker, now)
    for claim, result in results:
        if result.outcome is not AttemptOutcome.SENT:
            _record_not_sent(session, claim, worker, now, result, back_off)


def _record_sent(session: Session, kind: Kind, sent: Mapping[Claim, Result], worker: str, now: datetime) -> None:
    """sending → sent, for letters of one kind at once: nearly all are."""
    words = [result.detail for result in sent.values()]
    asked = {**named(list(sent)), "words": words, "sent_now": now}
    done = dict(iter(ask(session, _sent_statement(kind), asked)))
    ended = [_ended(done[claim.id], claim, now, result) for claim, result in sent.items() if claim.id in done]
    if ended:
        change(session, Attempt, THIS_TRY, ended)
    for claim, result in sent.items():
        if claim.id in done:
            ledger.append(session, now, worker, "letter.sent", _subject(claim), {"phase": result.phase})
        else:
            _tell_late(session, claim, worker, now, result)
    if kind is Inquiry and done:
        for inquiry_id in too_close(session, list(done), now):
            tell_next(session, inquiry_id, now)


def _record_not_sent(
    session: Session, claim: Claim, worker: str, now: datetime, result: Result, back_off: timedelta
) -> None:
    told = _told(result, now + back_off * 2 ** min(claim.fence - 1, MOST_DOUBLINGS))
    asked = {"letter_id": claim.id, "held_fence": claim.fence, **{f"new_{name}": told.get(name) for name in _TOLD}}
    message_id = session.scalar(_record_statement(claim.kind, _from(result)), asked)
    if message_id is None:
        _tell_late(session, claim, worker, now, result)
        return
    _end_attempt(session, message_id, claim, worker, now, result)
    ledger.append(session, now, worker, f"letter.{result.outcome.value}", _subject(claim), {"phase": result.phase})
    if claim.kind is not Inquiry:
        return
    if result.outcome is AttemptOutcome.NOT_SENT:
        drop_if_over(session, claim.id)
    elif result.outcome is AttemptOutcome.REFUSED:
        tell_next(session, claim.id, now)


def _tell_late(session: Session, claim: Claim, worker: str, now: datetime, result: Result) -> None:
    ledger.append(session, now, worker, "letter.late-result", _subject(claim), {"outcome": result.outcome.value})


def _asked(
    session: Session,
    claims: Sequence[Claim],
    designs: Mapping[int, str],
    now: datetime,
    grace: timedelta,
) -> dict[str, object]:
    """Return what the conditions of the gate are asked with, for letters of one kind and round."""
    first, asked = claims[0], dict[str, object](now=now)
    if first.kind is Inquiry:
        asked = limits.parameters(from_canonical(designs[first.round_id]), now)
    elif first.kind is RequestLetter:
        asked = limits.request_parameters(session, now)
    return {**asked, **named(claims), "late": now - grace}


def _held(kind: Kind, rates: Rates) -> list[ColumnElement[bool]]:
    """Return the conditions of the gate: fence, lease, and whatever the claim asked."""
    lasts = (kind.state == LetterState.CLAIMED, kind.lease_until > limits.NOW)
    return [*under_fence(kind), *lasts, *permitted(kind, rates)]


@cache
def _passing(kind: Kind, rates: Rates) -> Select[int]:
    return select(kind.id).where(*_held(kind, rates))


def _by_round(claims: Iterable[Claim]) -> Iterable[list[Claim]]:
    """Group letters of one kind and round: their conditions are asked with the same."""
    groups = defaultdict(list)
    for claim in claims:
        groups[claim.kind, claim.round_id].append(claim)
    return groups.values()


def _one_of_each(claims: Iterable[Claim], *, alone: bool) -> Iterable[list[Claim]]:
    """Group letters of one kind and round, no two to one advertiser; ``alone``, each by itself.

    A statement does not count what it lets through itself: only the next one does.
    """
    before: Counter[int] = Counter()
    groups = defaultdict(list)
    for claim in claims:
        who = 0 if alone else claim.advertiser_id
        groups[before[who], claim.kind, claim.round_id].append(claim)
        before[who] += 1
    return groups.values()


@cache
def _gate_statement(kind: Kind, rates: Rates) -> ReturningUpdate[int, str, str]:
    """claimed → sending, for letters of which fence, lease and every condition still hold."""
    table = cast("Table", kind.__table__)
    return (
        update(table)
        .where(*_held(kind, rates))
        .values(
            state=LetterState.SENDING,
            attempts=table.c.attempts + 1,
            lease_until=bindparam("lease", type_=UtcDateTime()),
        )
        .returning(table.c.id, table.c.message_id, table.c.domain)
    )


_TOLD = ("state", "sent_at", "remote_ref", "last_error", "next_try_at")


def _told(result: Result, next_try: datetime) -> dict[str, object]:
    """Return what a letter's row becomes that was not sent; a column that is not named becomes empty."""
    why = f"{result.phase}: {result.detail}"
    match result.outcome:
        case AttemptOutcome.NOT_SENT:
            return {"state": LetterState.PLANNED, "last_error": why, "next_try_at": next_try}
        case AttemptOutcome.REFUSED:
            return {"state": LetterState.FAILED, "last_error": why}
        case AttemptOutcome.UNCERTAIN:
            return {"state": LetterState.UNCERTAIN, "last_error": why}
        case _:
            raise ValueError("a result is never that the letter is being sent")


def is_open(session: Session) -> bool:
    """Return whether anything may be sent at all: nobody shut the installation, and no restored backup waits."""
    return bool(ask(session, _open(), {}).scalar())


@cache
def _open() -> Select[bool]:
    return select(control.sending_is_open())


def _from(result: Result) -> tuple[LetterState, ...]:
    """Return the states a letter may be in of which the wire told this: without the gate nothing of its body left."""
    return (LetterState.CLAIMED, *GATED) if result.outcome in BEFORE_THE_BODY else GATED


@cache
def _record_statement(kind: Kind, states: tuple[LetterState, ...]) -> ReturningUpdate[str]:
    """Any of these states → what the wire told, under the same fence."""
    table = cast("Table", kind.__table__)
    return (
        update(table)
        .where(
            table.c.id == bindparam("letter_id"),
            table.c.fence == bindparam("held_fence"),
            table.c.state.in_(states),
        )
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _TOLD} | {"lease_until": None})
        .returning(table.c.message_id)
    )


@cache
def _sent_statement(kind: Kind) -> ReturningUpdate[int, str]:
    """sending → sent under the same fence, each with the words of the other side."""
    table = cast("Table", kind.__table__)
    told = {
        "state": LetterState.SENT, "sent_at": bindparam("sent_now", type_=table.c.sent_at.type),
        "remote_ref": by_row(kind.id, "letters", "words", Text()), "last_error": None, "next_try_at": None,
        "lease_until": None,
    }  # fmt: skip
    gated = one_of(table.c.state, GATED)
    return update(table).where(*under_fence(kind), gated).values(told).returning(table.c.id, table.c.message_id)


def _hold_still(session: Session, claims: Sequence[Claim], *, alone: bool) -> dict[int, str]:
    """Let nobody stop sending or pause the round until this transaction ends; ``alone``, nobody else pass the gate.

    Whoever stops or pauses waits that long, and then finds the letter on the wire: once it is done, nothing goes that
    it did not see. Letters that are counted by the minute pass one at a time. Return the designs of the rounds.
    """
    ask(session, _still(Control, alone=alone), {"rows": [1]})
    if asks := _rounds(claims, requests=True):
        ask(session, _still(RequestRound), {"rows": asks})
    return _designs_of(session, claims, still=True)


def _rounds(claims: Iterable[Claim], *, requests: bool) -> list[int]:
    return sorted({claim.round_id for claim in claims if (claim.kind is RequestLetter) is requests})


@cache
def _still(kind: type[Control | RequestRound], *, alone: bool = False) -> Select[int]:
    return select(kind.id).where(among(kind.id, "rows")).order_by(kind.id).with_for_update(read=not alone)


def _designs_of(session: Session, claims: Iterable[Claim], *, still: bool = False) -> dict[int, str]:
    rounds = _rounds(claims, requests=False)
    return dict(iter(ask(session, _designs(still=still), {"rows": rounds}))) if rounds else {}


@cache
def _designs(*, still: bool) -> Select[int, str]:
    rows = select(Round.id, Round.design).where(among(Round.id, "rows")).order_by(Round.id)
    return rows.with_for_update(read=True) if still else rows


def _open_attempts(session: Session, passed: Mapping[Claim, Row[int, str, str]], worker: str, now: datetime) -> None:
    told = {"worker": worker, "started_at": now, "outcome": AttemptOutcome.SENDING}
    rows = [
        {"message_id": row.message_id, "domain": row.domain, "fence": claim.fence, **told}
        for claim, row in passed.items()
    ]
    if not rows:
        return
    try:
        put(session, Attempt, rows)
    except IntegrityError as error:
        raise AlreadyTried(", ".join(row["message_id"] for row in rows)) from error


def _ended(message_id: str, claim: Claim, now: datetime, result: Result) -> dict[str, object]:
    return {
        "message_id": message_id, "fence": claim.fence, "outcome": result.outcome, "ended_at": now,
        "phase": result.phase, "detail": result.detail,
        "response": result.response,
    }  # fmt: skip


def _end_attempt(session: Session, message_id: str, claim: Claim, worker: str, now: datetime, result: Result) -> None:
    """Write down how a try ended; one that never came to the gate has no row yet."""
    told = _ended(message_id, claim, now, result)
    this = (Attempt.message_id == message_id, Attempt.fence == claim.fence)
    if session.scalar(select(Attempt.id).where(*this)) is None:
        put(session, Attempt, [told | {"worker": worker, "started_at": now}])
    else:
        change(session, Attempt, THIS_TRY, [told])


def _subject(claim: Claim) -> str:
    return f"{claim.kind.__tablename__}:{claim.id}"
