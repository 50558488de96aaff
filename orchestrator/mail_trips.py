"""Mails to ourselves: the proof, before a round starts, that letters leave and that answers come in."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.design import from_canonical
from orchestrator.models import MailTrip
from orchestrator.rounds import lookup

LOCAL = "proef"


def begin(session: Session, round_name: str, actor: str, now: datetime, token: str) -> MailTrip:
    """Note that a mail goes to ourselves at the domain of a round's letters; ``token`` makes it like no other."""
    domain = from_canonical(lookup.find(session, round_name).design).letters.domain
    trip = MailTrip(domain=domain, message_id=f"<{LOCAL}.{token}@{domain}>", sent_by=actor, sent_at=now)
    session.add(trip)
    session.flush()
    ledger.append(session, now, actor, "mail-trip.sent", f"mail-trip:{trip.id}")
    return trip


def address(trip: MailTrip) -> str:
    """Return the address it goes to, and comes from."""
    return trip.message_id.strip("<>")


def failed(session: Session, message_id: str, fault: str) -> None:
    """Note why a mail was not accepted."""
    session.scalars(select(MailTrip).where(MailTrip.message_id == message_id)).one().fault = fault


def came_back(session: Session, message_id: str | None, now: datetime) -> bool:
    """Note that a mail came in, and say whether it is one of these; the first time counts."""
    if message_id is None or not message_id.startswith(f"<{LOCAL}."):
        return False
    trip = session.scalars(select(MailTrip).where(MailTrip.message_id == message_id)).first()
    if trip is None:
        return False
    if trip.back_at is None:
        trip.back_at = now
        ledger.append(session, now, "praktijktest", "mail-trip.back", f"mail-trip:{trip.id}")
    return True


def newest(session: Session, domain: str) -> MailTrip | None:
    """Return the last mail to this domain, the one that came back before one that did not."""
    back_first = MailTrip.back_at.desc().nulls_last()
    rows = select(MailTrip).where(MailTrip.domain == domain).order_by(back_first, MailTrip.id.desc()).limit(1)
    return session.scalars(rows).first()
