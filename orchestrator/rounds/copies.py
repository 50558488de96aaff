"""Copies of our own letters in the ledger mailbox: the evidence that settles what the wire left uncertain."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.intake import Channel
from orchestrator.models import LetterCopy
from orchestrator.rounds.permission import KINDS, AnyLetter, Kind
from orchestrator.rounds.settling import settle, settle_answered
from orchestrator.states import LetterState

_OURS = re.compile(r"<[a-z2-7]{26}(\.a)?@[^<>@\s]+>")
"""The form of every Message-ID that `planning`, `courtesy` and `mailing` give."""

WITNESSED = 10
"""So many of the newest letters must each have a copy before the absence of a copy means anything."""


def keep(session: Session, message_id: str | None, dated: datetime | None, now: datetime) -> None:
    """Remember a copy from the ledger folder; other mail in it is left alone.

    Remembered rather than acted on: a copy may come while its letter is on the wire, to become uncertain only later.
    Or before its letter: a restored record knows nothing yet of the courtesy letter, or the round, that came after.
    """
    if message_id is None or not _OURS.fullmatch(message_id):
        return
    if session.scalar(select(LetterCopy.id).where(LetterCopy.message_id == message_id)) is None:
        session.add(LetterCopy(message_id=message_id, seen_at=now, dated_at=dated))
        session.flush()


def note(session: Session, message_id: str | None, dated: datetime | None, now: datetime) -> bool:
    """Remember a copy that came among the answers; return False, for it may be one, when no letter of ours is known."""
    if message_id is None or not _OURS.fullmatch(message_id) or not _is_ours(session, message_id):
        return False
    keep(session, message_id, dated, now)
    return True


def settle_seen(session: Session, now: datetime) -> int:
    """Every letter of which a copy was seen, or that was answered while on the wire → sent; return how many.

    See `settling.settle` for what that may mean.
    """
    settled, went = settle_answered(session, now), list[LetterCopy]()
    for kind in KINDS:
        for letter, copy in _looked_at(session, kind):
            was = letter.state
            settle(session, letter, "ledger", now, "ledger-copy", copy.dated_at)
            settled += letter.state is not was
            if letter.state is LetterState.SENT:
                went.append(copy)
    # Last of all: whoever sweeps beside us waits for these rows, and must hold nothing by then that we still want.
    for copy in went:
        copy.settled_at = now
    return settled


def _looked_at(session: Session, kind: Kind) -> Sequence[tuple[AnyLetter, LetterCopy]]:
    """Give the letters with a copy that settled nothing yet: all that have one are too many each few seconds."""
    ours = select(kind, LetterCopy).join(LetterCopy, LetterCopy.message_id == kind.message_id)
    waits = (LetterCopy.settled_at.is_(None), kind.state != LetterState.SENDING)
    rows = session.execute(ours.where(*waits)).all()
    return cast("Sequence[tuple[AnyLetter, LetterCopy]]", rows)


def testify(session: Session) -> bool:
    """Say whether the ledger mailbox can be believed: each of the newest letters that went by mail has a copy.

    False as well when no letter went by mail yet: a folder that is always empty looks the same.
    """
    newest: list[tuple[datetime, bool]] = []
    for kind in KINDS:
        rows = (
            select(kind.sent_at, LetterCopy.id.is_not(None))
            .outerjoin(LetterCopy, LetterCopy.message_id == kind.message_id)
            .where(kind.state == LetterState.SENT, kind.channel == Channel.SMTP, kind.sent_at.is_not(None))
            .order_by(kind.sent_at.desc())
            .limit(WITNESSED)
        )
        newest += [(sent_at, copied) for sent_at, copied in session.execute(rows) if sent_at]
    newest = sorted(newest, reverse=True)[:WITNESSED]
    return bool(newest) and all(copied for _, copied in newest)


def _is_ours(session: Session, message_id: str) -> bool:
    ours = (select(kind.id).where(kind.message_id == message_id) for kind in KINDS)
    return any(session.scalar(letter) is not None for letter in ours)
