"""What became of letters that nobody recorded: freed, given up as uncertain, expired, or settled by evidence."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from orchestrator import control, ledger
from orchestrator.models import Attempt, Inquiry, Reply
from orchestrator.rounds import restored
from orchestrator.rounds.following import tell_next
from orchestrator.rounds.permission import KINDS, AnyLetter, Kind
from orchestrator.several import one_of, written_out
from orchestrator.states import AttemptOutcome, LetterState

Conditions = Sequence[ColumnElement[bool]]

NEVER_WENT = (LetterState.PLANNED, LetterState.CLAIMED, LetterState.EXPIRED, LetterState.CANCELLED)
"""The states of a letter that by the record was never on the wire, or came back from it."""


def sweep(
    session: Session, now: datetime, margin: timedelta, grace: timedelta, *, expire: bool = True
) -> dict[str, int]:
    """Free expired claims, call expired sends uncertain, expire what is too late; return how many of each.

    ``margin`` is how long after its lease a silent worker is given up, ``grace`` how late a letter may still go.
    While sending is shut, or not to ``expire``, nothing does: clock or row may be wrong.
    """
    told: Counter[str] = Counter()
    for kind in KINDS:
        lapsed = (_held(kind), kind.state == LetterState.CLAIMED, kind.lease_until < now)
        silent = (_held(kind), kind.state == LetterState.SENDING, kind.lease_until < now - margin)
        late = (*_due_before(kind, now - grace), kind.not_after < now - grace, control.sending_is_open())
        told["freed"] += _set_state(session, kind, lapsed, LetterState.PLANNED)
        if expire:
            told["expired"] += _set_state(session, kind, late, LetterState.EXPIRED)
        told["uncertain"] += give_up(session, kind, silent, now, "het werkproces viel weg tijdens verzending")
    told = +told
    if told:
        ledger.append(session, now, "sweep", "letters.swept", "letters", told)
    return told


def _held(kind: Kind) -> ColumnElement[bool]:
    """In the words of the index of held letters: each few seconds all letters ever sent would be gone through."""
    return one_of(kind.state, (LetterState.CLAIMED, LetterState.SENDING))


def _due_before(kind: Kind, moment: datetime) -> Conditions:
    """In those of the index of planned letters: whoever is too late was due before."""
    return (kind.state == written_out(kind.state, LetterState.PLANNED), kind.planned_at < moment)


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
    if not lost:
        return 0
    session.execute(
        update(Attempt)
        .where(Attempt.message_id.in_(lost), Attempt.outcome == AttemptOutcome.SENDING)
        .values(outcome=AttemptOutcome.UNCERTAIN, ended_at=now, phase="lease", detail=why)
        .execution_options(synchronize_session=False)
    )
    return len(lost)


def settle(
    session: Session, letter: AnyLetter, actor: str, now: datetime, evidence: str, dated: datetime | None = None
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
        tell_next(session, letter.id, now)


def settle_answered(session: Session, now: datetime) -> int:
    """uncertain → sent for letters of which the answer came first: while they were still on the wire; return how many.

    A contact form has no copies, and may well answer before it has taken the message.
    """
    first = select(func.min(Reply.id)).where(Reply.inquiry_id == Inquiry.id).scalar_subquery()
    uncertain = Inquiry.state == written_out(Inquiry.state, LetterState.UNCERTAIN)
    rows = session.execute(select(Inquiry, first).where(uncertain)).all()
    answered = [each for each in rows if each[1] is not None]
    for inquiry, reply in answered:
        settle(session, inquiry, "inbox", now, f"reply:{reply}")
    return len(answered)


def _set_state(session: Session, kind: Kind, where: Conditions, state: LetterState) -> int:
    changed = session.execute(
        update(kind)
        .where(*where)
        .values(state=state, lease_until=None)
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _on_the_wire_at(session: Session, letter: AnyLetter) -> datetime | None:
    tried = select(func.max(Attempt.started_at)).where(Attempt.message_id == letter.message_id)
    return session.scalar(tried.where(Attempt.outcome == AttemptOutcome.UNCERTAIN))
