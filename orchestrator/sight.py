"""What somebody may see of a pair.

Who decides on what an advertiser says of its test must not know who got which answer. So pages hide the arms of a
closed round for as long as a note on that pair may still come, or waits for a decision.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import context
from orchestrator.models import ContextNote, Pair
from orchestrator.rounds import coding
from orchestrator.states import ROUND_ENDED


class Sight(StrEnum):
    """What somebody may see: all; not the arms, while a round lasts or its advertiser may be heard; nor the answers,
    while they code in it."""

    ALL = "all"
    NO_ARMS = "no_arms"
    CODES = "codes"


def of(session: Session, pair: Pair, person: str, now: datetime, *, coder: bool) -> Sight:
    """Say what somebody may see of a pair; ``coder`` says whether they have that role."""
    if pair.round.state in ROUND_ENDED:
        return Sight.NO_ARMS if _to_be_heard(session, pair, now) else Sight.ALL
    return Sight.CODES if coder and coding.still_codes(session, pair.round, person) else Sight.NO_ARMS


def _to_be_heard(session: Session, pair: Pair, now: datetime) -> bool:
    """An aborted round is never closed, and nobody is asked about it."""
    note = session.execute(select(ContextNote.accepted).where(ContextNote.pair_id == pair.id)).first()
    if note is not None:
        return note.accepted is None
    return pair.round.closed_at is not None and now <= context.deadline(pair.round)
