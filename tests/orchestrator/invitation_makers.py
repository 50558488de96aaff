"""Makers of invitations: an offer, and the steps of the office and of the two people of the research."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from house_makers import PLANNED
from sqlalchemy import select

from orchestrator import enrolment, invitations
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.intake import AdvertiserKind
from orchestrator.invitations import Offer, Signature
from orchestrator.models import Advertiser, Enrolment, Invitation
from orchestrator.scope import EVERY
from orchestrator.terms import Terms

SOON = PLANNED + timedelta(hours=1)
WALL = Clock().now()
TEXT = "Doet u mee?"


def terms(**changes: Any) -> Terms:
    told: dict[str, Any] = {
        "purpose": Purpose.LEARNING,
        "grounds": frozenset({"origin", "age"}),
        "channels": frozenset({"smtp", "phone"}),
        "listings": frozenset({EVERY}),
        "email": "verhuur@alfa.example",
        "form_url": None,
        "first": date(2026, 6, 1),
        "last": date(2026, 12, 31),
        "max_pairs": 20,
        "days_off": frozenset({date(2026, 12, 24)}),
    }
    return Terms(**(told | changes))


def an_offer(key: str = "alfa", **changes: Any) -> Offer:
    told: dict[str, Any] = {
        "key": key,
        "name": f"Makelaardij {key.capitalize()}",
        "kind": AdvertiserKind.BROKER,
        "contact": f"directie@{key}.example",
        "terms": terms(email=f"verhuur@{key}.example"),
    }
    return Offer(**(told | changes))


def worded(signature: Signature) -> str:
    return f"{signature.text}\n{signature.terms.record()}\n{signature.signer}, {signature.function}"


def invite(database: Database, offer: Offer | None = None, by: str = "r.visser") -> str:
    """Return what stands in the link."""
    with database.writing() as session:
        return invitations.invite(session, offer or an_offer(), TEXT, "2026-1", by, PLANNED, WALL)[1]


def sign(database: Database, token: str, chosen: Terms | None = None, **told: Any) -> int:
    """Sign as Els de Wit, for all that is offered or for ``chosen``; return the number of the invitation."""
    who = {"signer": "Els de Wit", "function": "directeur", "wording": worded, "now": PLANNED, "wall": WALL} | told
    with database.writing() as session:
        offered = invitations.offered(invitations.by_token(session, token, WALL))
        return invitations.sign(session, token, chosen or offered, **who).id


def countersign(database: Database, number: int, by: str = "m.dekker", now: datetime = SOON) -> None:
    with database.writing() as session:
        invitations.countersign(session, number, by, now)


def take_part(database: Database, key: str = "alfa", chosen: Terms | None = None, **changes: Any) -> None:
    """Invite an advertiser, let it sign for ``chosen``, and countersign."""
    countersign(database, sign(database, invite(database, an_offer(key, **changes)), chosen))


def stored(database: Database) -> Invitation:
    """The newest invitation."""
    with database.reading() as session:
        return session.scalars(select(Invitation).order_by(Invitation.id.desc())).first() or Invitation()


def consents(database: Database, key: str = "alfa") -> list[Enrolment]:
    """All consents of an advertiser, the oldest first."""
    with database.reading() as session:
        rows = select(Enrolment).join(Advertiser, Enrolment.advertiser_id == Advertiser.id)
        return list(session.scalars(rows.where(Advertiser.key == key).order_by(Enrolment.valid_from)))


def days_off(database: Database, key: str = "alfa") -> Iterable[date]:
    with database.reading() as session:
        return enrolment.days_off(session, consents(database, key)[0].advertiser_id)
