"""Copies of our own letters in the ledger mailbox: the evidence that settles what the wire left uncertain."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.models import Decline, Inquiry, LetterCopy
from orchestrator.rounds.sending import settle
from orchestrator.states import LetterState


def note(session: Session, message_id: str | None, now: datetime) -> bool:
    """Remember that a copy of this letter was seen; return False when it is no letter of ours.

    Remembered rather than acted on: a copy may come while its letter is on the wire, to become uncertain only later.
    """
    if message_id is None or not _is_ours(session, message_id):
        return False
    if session.scalar(select(LetterCopy.id).where(LetterCopy.message_id == message_id)) is None:
        session.add(LetterCopy(message_id=message_id, seen_at=now))
        session.flush()
    return True


def settle_seen(session: Session, now: datetime) -> int:
    """uncertain → sent for every letter of which a copy was seen; return how many."""
    copied = select(LetterCopy.message_id)
    inquiries = select(Inquiry).where(Inquiry.state == LetterState.UNCERTAIN, Inquiry.message_id.in_(copied))
    declines = select(Decline).where(Decline.state == LetterState.UNCERTAIN, Decline.message_id.in_(copied))
    letters = [*session.scalars(inquiries), *session.scalars(declines)]
    for letter in letters:
        settle(session, letter, "ledger", now, "ledger-copy")
    return len(letters)


def _is_ours(session: Session, message_id: str) -> bool:
    ours = (select(Inquiry.id).where(Inquiry.message_id == message_id),
            select(Decline.id).where(Decline.message_id == message_id))  # fmt: skip
    return any(session.scalar(letter) is not None for letter in ours)
