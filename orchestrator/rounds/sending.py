"""Claim, gate, record: a letter goes out at most once, and pairs stay whole; what nobody recorded is for `settling`.

The row is the message. Whoever does not change exactly one row stops. Every time is a time of the installation's
clock; leases and back-offs are given as spans of that clock. See DESIGN §4 for the protocol.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, Row, Select, Table, bindparam, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.dml import ReturningUpdate

from orchestrator import control, enrolment, ledger, limits
from orchestrator.chance import generator
from orchestrator.db import UtcDateTime
from orchestrator.design import Design, from_canonical
from orchestrator.models import (
    Attempt,
    Control,
    Decline,
    Inquiry,
    Listing,
    OwnerRequest,
    Pair,
    RequestLetter,
    RequestRound,
    Round,
)  # fmt: skip
from orchestrator.rates import AS_FAST_AS_IT_CAN, Rates
from orchestrator.request_hours import is_open as office_is_open
from orchestrator.rounds.envelopes import Claim as Claim
from orchestrator.rounds.envelopes import Envelope as Envelope
from orchestrator.rounds.envelopes import envelope
from orchestrator.rounds.permission import AnyLetter, Kind, permitted
from orchestrator.schedule import Calendar, when_open
from orchestrator.states import ROUND_ENDED, AttemptOutcome, Exclusion, LetterState, PairState

MOST_DOUBLINGS = 6
"""The back-off after a letter that did not leave doubles with each claim, so often at the most."""

LONGEST_RESPONSE = 20_000
"""So many characters of an answer are kept: enough to see what a page said, also years later."""

BEFORE_THE_BODY = (AttemptOutcome.NOT_SENT, AttemptOutcome.REFUSED)
"""Outcomes that a letter can have which never came to the gate."""

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any letter was planned."""


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


def claim_inquiries(
    session: Session,
    round_: Round,
    worker: str,
    now: datetime,
    lease: timedelta,
    grace: timedelta,
    most: int,
    rates: Rates = AS_FAST_AS_IT_CAN,
) -> list[Claim]:
    """planned → claimed for at most ``most`` due inquiries of a round.

    Outside office hours only a letter that became due within ``grace`` still goes; the rest waits for the next
    opening. Where letters to one advertiser need a rest between them, it gets one at a time.
    """
    design = from_canonical(round_.design)
    # Closed: only what became due just now may still go. Open: whatever is due.
    since = EVER if Calendar(design.schedule).is_open(now) else now - grace
    asked = {**limits.parameters(design, now), "late": now - grace, "round_id": round_.id, "since": since}
    alone = design.schedule.cooldown_hours > 0
    return _claim(session, Inquiry, asked, worker, lease, most, rates, alone=alone)


def claim_declines(
    session: Session,
    worker: str,
    now: datetime,
    lease: timedelta,
    grace: timedelta,
    most: int,
    rates: Rates = AS_FAST_AS_IT_CAN,
) -> list[Claim]:
    """planned → claimed for at most ``most`` courtesy letters, of any round: a held viewing is given back."""
    return _claim(session, Decline, {"now": now, "late": now - grace}, worker, lease, most, rates)


def claim_requests(
    session: Session,
    worker: str,
    now: datetime,
    lease: timedelta,
    grace: timedelta,
    most: int,
    rates: Rates = AS_FAST_AS_IT_CAN,
) -> list[Claim]:
    """planned → claimed for at most ``most`` letters of the request test, of any round; none outside office hours."""
    if not office_is_open(now):
        return []
    asked = {**limits.request_parameters(session, now), "late": now - grace}
    return _claim(session, RequestLetter, asked, worker, lease, most, rates)


def written(
    session: Session, claim: Claim, now: datetime, grace: timedelta, rates: Rates = AS_FAST_AS_IT_CAN
) -> Envelope | None:
    """The letter of a claim, to go and connect for; None when the gate would refuse it now."""
    letter = _whole(session, claim)
    design = letter.pair.round.design if isinstance(letter, Inquiry) else ""
    asked = _asked(session, claim, design, now, grace) | rates.parameters(now)
    return envelope(letter, claim, now) if session.scalar(_may_pass(claim.kind, rates), asked) else None


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
    around = session.execute(_around(claim.kind), {"letter_id": claim.id}).one()
    _hold_still(session, RequestRound if claim.kind is RequestLetter else Round, around.round_id, alone=rates.any)
    # Two workers may hold claims on two pairs of one advertiser: the lock makes the caps exact, not nearly so.
    limits.lock(session, around.advertiser_id)
    asked = {**_asked(session, claim, around.design, now, grace), **rates.parameters(now), "lease": now + lease}
    changed = session.execute(_gate_statement(claim.kind, rates), asked).all()
    if len(changed) != 1:
        return False
    _open_attempt(session, around.message_id, around.domain, claim, worker, now)
    ledger.append(session, now, worker, "letter.sending", _subject(claim), {"fence": claim.fence})
    return True


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
    told = _told(result, now, now + back_off * 2 ** min(claim.fence - 1, MOST_DOUBLINGS))
    asked = {"letter_id": claim.id, "held_fence": claim.fence, **{f"new_{name}": told.get(name) for name in _TOLD}}
    message_id = session.scalar(_record_statement(claim.kind, _from(result)), asked)
    if message_id is None:
        ledger.append(session, now, worker, "letter.late-result", _subject(claim), {"outcome": result.outcome.value})
        return
    _end_attempt(session, message_id, claim, worker, now, result)
    ledger.append(session, now, worker, f"letter.{result.outcome.value}", _subject(claim), {"phase": result.phase})
    if claim.kind is not Inquiry:
        return
    if result.outcome is AttemptOutcome.NOT_SENT:
        _drop_if_over(session, claim.id)
    elif result.outcome is not AttemptOutcome.UNCERTAIN:
        tell_next(session, claim.id, now)


@cache
def _due_statement(kind: Kind, rates: Rates) -> Select[int]:
    """Select the due letters of a round (inquiries) or of all rounds (courtesy letters), locked and skipping locks."""
    rows = select(kind.id).where(
        kind.state == LetterState.PLANNED,
        kind.planned_at <= limits.NOW,
        or_(kind.next_try_at.is_(None), kind.next_try_at <= limits.NOW),
        *permitted(kind, rates),
    )
    if kind is Inquiry:
        rows = (
            rows.join(Pair, Pair.id == Inquiry.pair_id)
            .join(Listing, Listing.id == Pair.listing_id)
            .add_columns(Listing.advertiser_id)
            .where(
                Pair.round_id == bindparam("round_id"),
                Inquiry.planned_at >= bindparam("since", type_=UtcDateTime()),
            )
        )
    rows = rows.order_by(kind.planned_at, kind.id).limit(bindparam("most", type_=Integer))
    return rows.with_for_update(of=kind, skip_locked=True)


def _asked(session: Session, claim: Claim, design: str, now: datetime, grace: timedelta) -> dict[str, object]:
    """Return what the conditions of the gate are asked with; ``design`` is that of an inquiry's round."""
    asked: dict[str, object] = {"now": now}
    if claim.kind is Inquiry:
        asked = limits.parameters(from_canonical(design), now)
    elif claim.kind is RequestLetter:
        asked = limits.request_parameters(session, now)
    return asked | {"letter_id": claim.id, "held_fence": claim.fence, "late": now - grace}


def _held(kind: Kind, rates: Rates) -> list[ColumnElement[bool]]:
    """Return the conditions of the gate: fence, lease, and whatever the claim asked."""
    return [
        kind.id == bindparam("letter_id"),
        kind.fence == bindparam("held_fence"),
        kind.state == LetterState.CLAIMED,
        kind.lease_until > limits.NOW,
        *permitted(kind, rates),
    ]


@cache
def _may_pass(kind: Kind, rates: Rates) -> Select[int]:
    return select(kind.id).where(*_held(kind, rates))


@cache
def _around(kind: Kind) -> Select[*tuple[Any, ...]]:
    """Select what the gate locks and asks with: the letter's round, design, advertiser and domain."""
    if kind is RequestLetter:
        asked = (OwnerRequest.round_id, literal("").label("design"), OwnerRequest.advertiser_id)
        request = select(kind.message_id, kind.domain, *asked).join(OwnerRequest)
        return request.where(kind.id == bindparam("letter_id"))
    told = (kind.message_id, kind.domain, Pair.round_id, Round.design, Listing.advertiser_id)
    rows: Select[*tuple[Any, ...]] = select(*told)
    rows = rows.join_from(Decline, Inquiry) if kind is Decline else rows.select_from(Inquiry)
    rows = rows.join(Pair, Pair.id == Inquiry.pair_id).join(Round, Round.id == Pair.round_id)
    return rows.join(Listing, Listing.id == Pair.listing_id).where(kind.id == bindparam("letter_id"))


@cache
def _gate_statement(kind: Kind, rates: Rates) -> ReturningUpdate[int]:
    """claimed → sending for one letter, when fence, lease and every condition still hold."""
    table = cast("Table", kind.__table__)
    return (
        update(table)
        .where(*_held(kind, rates))
        .values(
            state=LetterState.SENDING,
            attempts=table.c.attempts + 1,
            lease_until=bindparam("lease", type_=UtcDateTime()),
        )
        .returning(table.c.id)
    )


_TOLD = ("state", "sent_at", "remote_ref", "last_error", "next_try_at")


def _told(result: Result, now: datetime, next_try: datetime) -> dict[str, object]:
    """Return what a letter's row becomes by what the wire told; a column that is not named becomes empty."""
    why = f"{result.phase}: {result.detail}"
    match result.outcome:
        case AttemptOutcome.SENT:
            return {"state": LetterState.SENT, "sent_at": now, "remote_ref": result.detail}
        case AttemptOutcome.NOT_SENT:
            return {"state": LetterState.PLANNED, "last_error": why, "next_try_at": next_try}
        case AttemptOutcome.REFUSED:
            return {"state": LetterState.FAILED, "last_error": why}
        case AttemptOutcome.UNCERTAIN:
            return {"state": LetterState.UNCERTAIN, "last_error": why}
        case AttemptOutcome.SENDING:
            raise ValueError("a result is never that the letter is being sent")


def is_open(session: Session) -> bool:
    """Return whether anything may be sent at all: nobody shut the installation, and no restored backup waits."""
    return bool(session.scalar(select(control.sending_is_open())))


def _from(result: Result) -> tuple[LetterState, ...]:
    """Return the states a letter may be in of which the wire told this: without the gate nothing of its body left."""
    gated = (LetterState.SENDING, LetterState.UNCERTAIN)
    return (LetterState.CLAIMED, *gated) if result.outcome in BEFORE_THE_BODY else gated


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


def _claim(
    session: Session,
    kind: Kind,
    asked: dict[str, object],
    worker: str,
    lease: timedelta,
    most: int,
    rates: Rates,
    *,
    alone: bool = False,
) -> list[Claim]:
    now = cast("datetime", asked["now"])
    due = session.execute(_due_statement(kind, rates), {**asked, **rates.parameters(now), "most": most}).all()
    ids = _first_of_each(due) if alone else [row.id for row in due]
    if not ids:
        return []
    rows = session.execute(
        update(kind)
        .where(kind.id.in_(ids), kind.state == LetterState.PLANNED)
        .values(state=LetterState.CLAIMED, fence=kind.fence + 1, worker=worker, lease_until=now + lease)
        .returning(kind.id, kind.fence)
        .execution_options(synchronize_session=False)
    ).all()
    claims = [Claim(kind, row.id, row.fence) for row in sorted(rows, key=lambda row: ids.index(row.id))]
    ledger.append(session, now, worker, f"{kind.__tablename__}.claimed", "letters", {"ids": [c.id for c in claims]})
    return claims


def _first_of_each(due: Sequence[Row[Any]]) -> list[int]:
    """Return the first letter of each advertiser, in the order given: the gate would refuse a second one."""
    firsts: dict[int, int] = {}
    for row in due:
        firsts.setdefault(row.advertiser_id, row.id)
    return list(firsts.values())


def _whole(session: Session, claim: Claim) -> AnyLetter:
    """Return the letter with all that an envelope asks of its pair, in one query."""
    if claim.kind is RequestLetter:
        return session.get_one(RequestLetter, claim.id)
    if claim.kind is Inquiry:
        of_pair = joinedload(Inquiry.pair)
    else:
        of_pair = joinedload(Decline.inquiry, innerjoin=True).joinedload(Inquiry.pair)
    around = (of_pair.joinedload(Pair.listing).joinedload(Listing.advertiser), of_pair.joinedload(Pair.round))
    return cast("AnyLetter", session.get_one(claim.kind, claim.id, options=around))


def _hold_still(session: Session, of: type[Round] | type[RequestRound], round_id: int, *, alone: bool) -> None:
    """Let nobody stop sending or pause the round until this transaction ends; ``alone``, nobody else pass the gate.

    Whoever stops or pauses waits that long, and then finds the letter on the wire: once it is done, nothing goes that
    it did not see. Letters that are counted by the minute pass one at a time.
    """
    session.scalar(select(Control.id).where(Control.id == 1).with_for_update(read=not alone))
    session.scalar(select(of.id).where(of.id == round_id).with_for_update(read=True))


def _open_attempt(session: Session, message_id: str, domain: str, claim: Claim, worker: str, now: datetime) -> None:
    told = {"fence": claim.fence, "worker": worker, "started_at": now, "outcome": AttemptOutcome.SENDING}
    try:
        session.execute(insert(Attempt).values(message_id=message_id, domain=domain, **told))
    except IntegrityError as error:
        raise AlreadyTried(message_id) from error


def _end_attempt(session: Session, message_id: str, claim: Claim, worker: str, now: datetime, result: Result) -> None:
    """Write down how a try ended; one that never came to the gate has no row yet."""
    response = result.response and result.response[:LONGEST_RESPONSE]
    told = {
        "outcome": result.outcome, "ended_at": now, "phase": result.phase, "detail": result.detail,
        "response": response,
    }  # fmt: skip
    attempts = cast("Table", Attempt.__table__)
    this = (attempts.c.message_id == message_id, attempts.c.fence == claim.fence)
    if session.execute(update(attempts).where(*this).values(told).returning(attempts.c.id)).first() is None:
        began = {"message_id": message_id, "fence": claim.fence, "worker": worker, "started_at": now}
        session.execute(insert(attempts).values(**began, **told))


def tell_next(session: Session, inquiry_id: int, now: datetime) -> None:
    """After a letter: fix the earliest moment of the next on this listing, or cancel all next when it was refused."""
    later = session.scalars(_behind(), {"inquiry_id": inquiry_id}).all()
    if not later:
        return
    inquiry, other = session.get_one(Inquiry, inquiry_id, populate_existing=True), later[0]
    if inquiry.state is LetterState.FAILED:
        for letter in later:
            letter.state = LetterState.CANCELLED
        inquiry.pair.state, inquiry.pair.reason = PairState.EXCLUDED, Exclusion.NOT_SENT.value
        ledger.append(session, now, "rounds", "pair.excluded", f"pair:{inquiry.pair_id}", {"reason": "refused"})
    elif inquiry.state is LetterState.SENT and inquiry.sent_at and inquiry.sent_at + other.gap > other.planned_at:
        # This one went late: the next keeps its gap, and moves to a moment the office is open.
        design, listing = from_canonical(inquiry.pair.round.design), inquiry.pair.listing
        days_off = enrolment.days_off(session, listing.advertiser_id)
        earliest = after_gap(design, listing.key, inquiry.sent_at + other.gap, days_off)
        other.not_after += earliest - other.planned_at
        other.planned_at = earliest


def _drop_if_over(session: Session, inquiry_id: int) -> None:
    """planned → cancelled, for a letter that did not leave and whose pair or round ended while it was on the wire."""
    pairs = select(Pair.id).join(Round).where(Pair.state == PairState.OPEN, Round.state.not_in(ROUND_ENDED))
    session.execute(
        update(Inquiry)
        .where(Inquiry.id == inquiry_id, Inquiry.state == LetterState.PLANNED, Inquiry.pair_id.not_in(pairs))
        .values(state=LetterState.CANCELLED)
        .execution_options(synchronize_session=False)
    )


def after_gap(design: Design, listing: str, end: datetime, days_off: frozenset[date] = frozenset()) -> datetime:
    """Return when the next letter to a listing goes whose gap ends at ``end``: then, or soon after the opening."""
    return when_open(Calendar(design.schedule, days_off=days_off), end, generator(design.seed, "late", listing))


@cache
def _behind() -> Select[Inquiry]:
    """Select the letters behind another, the next one first. Never the other way about: a first waits for nothing.

    In a restored record the second may be proven sent while the first still stands as planned.
    """
    before = aliased(Inquiry)
    same_pair = select(Inquiry).join(before, before.pair_id == Inquiry.pair_id)
    behind = same_pair.where(before.id == bindparam("inquiry_id"), Inquiry.order > before.order)
    return behind.where(Inquiry.state == LetterState.PLANNED).order_by(Inquiry.order)


def _subject(claim: Claim) -> str:
    return f"{claim.kind.__tablename__}:{claim.id}"
