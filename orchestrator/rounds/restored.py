"""A record that went back in time: after a backup was put back nothing is sent until it was reconciled."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.models import Control, Event
from profiles.errors import Refused

EVENT = "backup.restored"
TOLD = "er is een back-up teruggezet"
SEEMS = "er lijkt een back-up te zijn teruggezet"


def mark(session: Session, actor: str, now: datetime, reason: str) -> None:
    """Note that a backup was put back: all sending is shut, and nobody can open it before it was reconciled."""
    session.get_one(Control, 1).restored_at = now
    ledger.append(session, now, actor, EVENT, "control", {"reason": reason})


def suspect(session: Session, actor: str, now: datetime, reason: str) -> None:
    """Act as if a backup was put back, unless that is known already."""
    if session.get_one(Control, 1, with_for_update=True).restored_at is None:
        mark(session, actor, now, reason)


def reason(session: Session) -> str:
    """Return the words with which the last backup that came back was marked."""
    data = session.scalar(select(Event.data).where(Event.kind == EVENT).order_by(Event.seq.desc()).limit(1))
    return str(data["reason"]) if data else TOLD


def refuse_opening(control: Control) -> None:
    """Raise `Refused` while a restored backup waits to be reconciled."""
    if control.restored_at is not None:
        raise Refused(
            "not-reconciled",
            f"Er is een back-up teruggezet ({control.restored_at:%d-%m-%Y %H:%M} UTC): wat daarna is verzonden, "
            "weet deze database niet.",
            "Laat de verzending eerst verzoenen: praktijktest reconcile --by NAAM.",
        )
