"""Claim, gate, record, sweep: a letter goes out at most once, and pairs stay whole.

The row is the message. Whoever does not change exactly one row stops. Every time is a time of the installation's
clock; leases and back-offs are given as spans of that clock. See DESIGN §4 for the protocol.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import cast

from sqlalchemy import ColumnElement, Integer, Select, Table, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.dml import ReturningUpdate

from orchestrator import control, ledger, limits
from orchestrator.assignment import generator
from orchestrator.db import UtcDateTime
from orchestrator.design import Design, from_canonical
from orchestrator.forms import Form, described
from orchestrator.intake import Channel
from orchestrator.models import Attempt, Control, Decline, Inquiry, Listing, Pair, Round
from orchestrator.people import profile_of
from orchestrator.rounds import restored
from orchestrator.rounds.permission import Kind, permitted
from orchestrator.schedule import Calendar, when_open
from orchestrator.states import ROUND_ENDED, AttemptOutcome, Exclusion, LetterState, PairState

MOST_DOUBLINGS = 6
"""The back-off after a letter that did not leave doubles with each claim, so often at the most."""

LONGEST_RESPONSE = 20_000
"""So many characters of an answer are kept: enough to see what a page said, also years later."""

Conditions = Sequence[ColumnElement[bool]]

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any letter was planned."""


NEVER_WENT = (LetterState.PLANNED, LetterState.CLAIMED, LetterState.EXPIRED, LetterState.CANCELLED)
"""The states of a letter that by the record was never on the wire, or came back from it."""


class AlreadyTried(Exception):
    """The attempt table knows of a try that the letter's row does not: whoever gets this must not send.

    The transaction is lost with it, and so is the change of state.
    """


@dataclass(frozen=True)
class Claim:
    """One letter that this worker may try to send, under this fence."""

    kind: Kind
    id: int
    fence: int


@dataclass(frozen=True)
class Envelope:
    """All a channel needs to send one letter once; nothing in it tells the arm.

    ``form`` is there for a letter by web form. ``reference`` is never empty.
    After ``body_by``, on the steady clock of this machine (`time.monotonic`), its lease is over: the body must not
    begin any more.
    """

    claim: Claim
    channel: Channel
    recipient: str
    sender_name: str
    given_name: str
    sender_address: str
    subject: str
    body: str
    message_id: str
    reference: str
    in_reply_to: str | None
    date: datetime
    form: Form | None = None
    body_by: float = math.inf


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
    session: Session, round_: Round, worker: str, now: datetime, lease: timedelta, grace: timedelta, most: int
) -> list[Claim]:
    """planned → claimed for at most ``most`` due inquiries of a round.

    Outside office hours only a letter that became due within ``grace`` still goes; the rest waits for the next
    opening.
    """
    design = from_canonical(round_.design)
    # Closed: only what became due just now may still go. Open: whatever is due.
    since = EVER if Calendar(design.schedule).is_open(now) else now - grace
    asked = {**limits.parameters(design, now), "late": now - grace, "round_id": round_.id, "since": since}
    return _claim(session, Inquiry, asked, worker, lease, most)


def claim_declines(
    session: Session, worker: str, now: datetime, lease: timedelta, grace: timedelta, most: int
) -> list[Claim]:
    """planned → claimed for at most ``most`` courtesy letters, of any round: a held viewing is given back."""
    return _claim(session, Decline, {"now": now, "late": now - grace}, worker, lease, most)


def gate(
    session: Session, claim: Claim, worker: str, now: datetime, lease: timedelta, grace: timedelta
) -> Envelope | None:
    """claimed → sending, right before the wire; None when the letter may not go (any more).

    Asks fence, lease, kill switch, consent, caps and pair rule once more, and leaves the attempt row that forbids a
    second try; raises `AlreadyTried` when there is one. The caller commits before the first byte, and releases what
    was refused.
    """
    letter = _whole(session, claim)
    asked = {"letter_id": claim.id, "held_fence": claim.fence, "now": now, "late": now - grace, "lease": now + lease}
    pair = letter.pair if isinstance(letter, Inquiry) else letter.inquiry.pair
    _hold_still(session, pair)
    # Two workers may hold claims on two pairs of one advertiser: the lock makes the caps exact, not nearly so.
    limits.lock(session, pair.listing.advertiser_id)
    if isinstance(letter, Inquiry):
        asked |= limits.parameters(from_canonical(pair.round.design), now)
    changed = session.execute(_gate_statement(claim.kind), asked).all()
    if len(changed) != 1:
        return None
    _open_attempt(session, letter, claim, worker, now)
    ledger.append(session, now, worker, "letter.sending", _subject(claim), {"fence": claim.fence})
    return _envelope(letter, claim, now)


def release(session: Session, claim: Claim, now: datetime, wait: timedelta) -> None:
    """claimed → planned, for what the gate refused; asked again after ``wait``."""
    session.execute(
        update(claim.kind)
        .where(claim.kind.id == claim.id, claim.kind.fence == claim.fence, claim.kind.state == LetterState.CLAIMED)
        .values(state=LetterState.PLANNED, next_try_at=now + wait, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def record(session: Session, claim: Claim, worker: str, now: datetime, result: Result, back_off: timedelta) -> None:
    """sending → sent, failed, uncertain, or planned again after ``back_off``, by what the wire told.

    A letter that the sweep already called uncertain is still settled here: nobody knows better than who sent it.
    """
    told = _told(result, now, now + back_off * 2 ** min(claim.fence - 1, MOST_DOUBLINGS))
    asked = {"letter_id": claim.id, "held_fence": claim.fence, **{f"new_{name}": told.get(name) for name in _TOLD}}
    message_id = session.scalar(_record_statement(claim.kind), asked)
    if message_id is None:
        ledger.append(session, now, worker, "letter.late-result", _subject(claim), {"outcome": result.outcome.value})
        return
    _end_attempt(session, message_id, claim.fence, now, result)
    ledger.append(session, now, worker, f"letter.{result.outcome.value}", _subject(claim), {"phase": result.phase})
    if claim.kind is Decline:
        return
    if result.outcome is AttemptOutcome.NOT_SENT:
        _drop_if_over(session, claim.id)
    elif result.outcome is not AttemptOutcome.UNCERTAIN:
        _tell_other_half(session, claim.id, now)


def sweep(
    session: Session, now: datetime, margin: timedelta, grace: timedelta, *, expire: bool = True
) -> dict[str, int]:
    """Free expired claims, call expired sends uncertain, expire what is too late; return how many of each.

    ``margin`` is how long after its lease a silent worker is given up, ``grace`` how late a letter may still go.
    While sending is shut, or not to ``expire``, nothing does: clock or row may be wrong.
    """
    told: Counter[str] = Counter()
    for kind in (Inquiry, Decline):
        lapsed = (kind.state == LetterState.CLAIMED, kind.lease_until < now)
        silent = (kind.state == LetterState.SENDING, kind.lease_until < now - margin)
        late = (kind.state == LetterState.PLANNED, kind.not_after < now - grace, control.sending_is_open())
        told["freed"] += _set_state(session, kind, lapsed, LetterState.PLANNED)
        if expire:
            told["expired"] += _set_state(session, kind, late, LetterState.EXPIRED)
        told["uncertain"] += give_up(session, kind, silent, now, "het werkproces viel weg tijdens verzending")
    told = +told
    if told:
        ledger.append(session, now, "sweep", "letters.swept", "letters", told)
    return told


def give_up(session: Session, kind: Kind, where: Conditions, now: datetime, why: str) -> int:
    """Any of these letters → uncertain: whether they arrived nobody knows, so they are never sent again."""
    rows = session.execute(
        update(kind)
        .where(*where)
        .values(state=LetterState.UNCERTAIN, lease_until=None, last_error=why)
        .returning(kind.message_id)
        .execution_options(synchronize_session=False)
    )
    lost = list(rows.scalars())
    session.execute(
        update(Attempt)
        .where(Attempt.message_id.in_(lost), Attempt.outcome == AttemptOutcome.SENDING)
        .values(outcome=AttemptOutcome.UNCERTAIN, ended_at=now, phase="lease", detail=why)
        .execution_options(synchronize_session=False)
    )
    return len(lost)


def settle(
    session: Session, letter: Inquiry | Decline, actor: str, now: datetime, evidence: str, dated: datetime | None = None
) -> None:
    """uncertain → sent, by evidence that the letter arrived (a reply, a ledger copy); ``dated`` when known.

    A letter that by this record never went, and did arrive, goes to sent as well: the record is older than the
    truth, so all sending is shut as after a restored backup.
    """
    if letter.state not in (LetterState.UNCERTAIN, *NEVER_WENT):
        return
    # Held, and looked at once more: a worker may be at the gate with it.
    session.refresh(letter, with_for_update=True)
    if letter.state in NEVER_WENT:
        restored.suspect(session, actor, now, f"{restored.SEEMS}: een brief die nog niet weg was, is aangekomen")
    elif letter.state is not LetterState.UNCERTAIN:
        return
    letter.sent_at = letter.sent_at or _on_the_wire_at(session, letter) or min(dated or letter.planned_at, now)
    letter.state, letter.lease_until = LetterState.SENT, None
    session.execute(
        update(Attempt)
        .where(Attempt.message_id == letter.message_id, Attempt.outcome == AttemptOutcome.UNCERTAIN)
        .values(outcome=AttemptOutcome.SENT, detail=evidence)
    )
    subject = f"{letter.__tablename__}:{letter.id}"
    ledger.append(session, now, actor, "letter.settled", subject, {"evidence": evidence})
    session.flush()
    if isinstance(letter, Inquiry):
        _tell_other_half(session, letter.id, now)


@cache
def _due_statement(kind: Kind) -> Select[int]:
    """Select the due letters of a round (inquiries) or of all rounds (courtesy letters), locked and skipping locks."""
    rows = select(kind.id).where(
        kind.state == LetterState.PLANNED,
        kind.planned_at <= limits.NOW,
        or_(kind.next_try_at.is_(None), kind.next_try_at <= limits.NOW),
        *permitted(kind),
    )
    if kind is Inquiry:
        rows = rows.join(Pair).where(
            Pair.round_id == bindparam("round_id"),
            Inquiry.planned_at >= bindparam("since", type_=UtcDateTime()),
        )
    rows = rows.order_by(kind.planned_at, kind.id).limit(bindparam("most", type_=Integer))
    return rows.with_for_update(of=kind, skip_locked=True)


@cache
def _gate_statement(kind: Kind) -> ReturningUpdate[int]:
    """claimed → sending for one letter, when fence, lease and every condition still hold."""
    table = cast("Table", kind.__table__)
    return (
        update(table)
        .where(
            kind.id == bindparam("letter_id"),
            kind.fence == bindparam("held_fence"),
            kind.state == LetterState.CLAIMED,
            kind.lease_until > limits.NOW,
            *permitted(kind),
        )
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


@cache
def _record_statement(kind: Kind) -> ReturningUpdate[str]:
    """sending → what the wire told, under the same fence; also when the sweep called the letter uncertain meanwhile."""
    table = cast("Table", kind.__table__)
    return (
        update(table)
        .where(
            table.c.id == bindparam("letter_id"),
            table.c.fence == bindparam("held_fence"),
            table.c.state.in_((LetterState.SENDING, LetterState.UNCERTAIN)),
        )
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _TOLD} | {"lease_until": None})
        .returning(table.c.message_id)
    )


def _claim(
    session: Session, kind: Kind, asked: dict[str, object], worker: str, lease: timedelta, most: int
) -> list[Claim]:
    now = cast("datetime", asked["now"])
    ids = session.scalars(_due_statement(kind), {**asked, "most": most}).all()
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


def _whole(session: Session, claim: Claim) -> Inquiry | Decline:
    """Return the letter with all that an envelope asks of its pair, in one query."""
    if claim.kind is Inquiry:
        of_pair = joinedload(Inquiry.pair)
    else:
        of_pair = joinedload(Decline.inquiry, innerjoin=True).joinedload(Inquiry.pair)
    around = (of_pair.joinedload(Pair.listing).joinedload(Listing.advertiser), of_pair.joinedload(Pair.round))
    return cast("Inquiry | Decline", session.get_one(claim.kind, claim.id, options=around))


def _hold_still(session: Session, pair: Pair) -> None:
    """Let nobody stop sending or pause the round until this transaction ends.

    Whoever stops or pauses waits that long, and then finds the letter on the wire: once it is done, nothing goes that
    it did not see.
    """
    for row in (select(Control.id).where(Control.id == 1), select(Round.id).where(Round.id == pair.round_id)):
        session.scalar(row.with_for_update(read=True))


def _open_attempt(session: Session, letter: Inquiry | Decline, claim: Claim, worker: str, now: datetime) -> None:
    try:
        session.execute(
            insert(Attempt).values(
                message_id=letter.message_id,
                fence=claim.fence,
                worker=worker,
                started_at=now,
                outcome=AttemptOutcome.SENDING,
            )
        )
    except IntegrityError as error:
        raise AlreadyTried(letter.message_id) from error


def _end_attempt(session: Session, message_id: str, fence: int, now: datetime, result: Result) -> None:
    attempts = cast("Table", Attempt.__table__)
    session.execute(
        update(attempts)
        .where(attempts.c.message_id == message_id, attempts.c.fence == fence)
        .values(
            outcome=result.outcome,
            ended_at=now,
            phase=result.phase,
            detail=result.detail,
            response=result.response and result.response[:LONGEST_RESPONSE],
        )
    )


def _envelope(letter: Inquiry | Decline, claim: Claim, now: datetime) -> Envelope:
    inquiry = letter if isinstance(letter, Inquiry) else letter.inquiry
    listing = inquiry.pair.listing
    return Envelope(
        claim=claim,
        channel=letter.channel,
        recipient=letter.recipient,
        sender_name=inquiry.sender_name,
        given_name=profile_of(inquiry).name.first,
        sender_address=inquiry.reply_address,
        subject=letter.subject,
        body=letter.body,
        message_id=letter.message_id,
        reference=listing.reference or f"{listing.street}, {listing.city}",
        in_reply_to=letter.in_reply_to if isinstance(letter, Decline) else None,
        date=now,
        form=described(listing.advertiser.form, letter.recipient) if letter.channel is Channel.WEBFORM else None,
    )


def _tell_other_half(session: Session, inquiry_id: int, now: datetime) -> None:
    """After a first letter: fix the earliest moment of the second, or cancel it when the first was refused."""
    other = session.scalars(_other_half(), {"inquiry_id": inquiry_id}).first()
    if other is None:
        return
    inquiry = session.get_one(Inquiry, inquiry_id, populate_existing=True)
    if inquiry.state is LetterState.FAILED:
        other.state = LetterState.CANCELLED
        inquiry.pair.state, inquiry.pair.reason = PairState.EXCLUDED, Exclusion.NOT_SENT.value
        ledger.append(session, now, "rounds", "pair.excluded", f"pair:{inquiry.pair_id}", {"reason": "refused"})
    elif inquiry.state is LetterState.SENT and inquiry.sent_at and inquiry.sent_at + other.gap > other.planned_at:
        # The first went late: the second keeps its gap, and moves to a moment the office is open.
        design = from_canonical(inquiry.pair.round.design)
        earliest = after_gap(design, inquiry.pair.listing.key, inquiry.sent_at + other.gap)
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


def after_gap(design: Design, listing: str, end: datetime) -> datetime:
    """Return when the second letter to a listing goes whose gap ends at ``end``: then, or soon after the opening."""
    return when_open(Calendar(design.schedule), end, generator(design.seed, "late", listing))


@cache
def _other_half() -> Select[Inquiry]:
    one = aliased(Inquiry)
    same_pair = select(Inquiry).join(one, one.pair_id == Inquiry.pair_id)
    return same_pair.where(
        one.id == bindparam("inquiry_id"), Inquiry.id != one.id, Inquiry.state == LetterState.PLANNED
    )


def _set_state(session: Session, kind: Kind, where: Conditions, state: LetterState) -> int:
    changed = session.execute(
        update(kind)
        .where(*where)
        .values(state=state, lease_until=None)
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _on_the_wire_at(session: Session, letter: Inquiry | Decline) -> datetime | None:
    tried = select(func.max(Attempt.started_at)).where(Attempt.message_id == letter.message_id)
    return session.scalar(tried.where(Attempt.outcome == AttemptOutcome.UNCERTAIN))


def _subject(claim: Claim) -> str:
    return f"{claim.kind.__tablename__}:{claim.id}"
