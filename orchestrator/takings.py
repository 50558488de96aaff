"""Who took the arms of a round home: the ledger knows, and who did decides on no note of an advertiser."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.models import Event, Round
from orchestrator.rounds import lookup

TAKEN = "round.exported"


def take(session: Session, round_name: str, person: str, now: datetime) -> None:
    """Write down that somebody takes a file home in which the arms of the pairs stand."""
    ledger.append(session, now, person, TAKEN, _subject(lookup.find(session, round_name)))


def took(session: Session, round_: Round, person: str) -> bool:
    """Say whether somebody took such a file of this round home."""
    told = select(Event.seq).where(Event.subject == _subject(round_), Event.kind == TAKEN, Event.actor == person)
    return session.scalar(told.limit(1)) is not None


def _subject(round_: Round) -> str:
    return f"round:{round_.id}"
