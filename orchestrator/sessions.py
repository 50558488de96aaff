"""Where somebody is signed in, and ending that: by themselves, or by an administrator for somebody else."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from orchestrator import accounts, ledger
from orchestrator.account_models import Person, WebSession
from orchestrator.models import Advertiser
from profiles.errors import Refused


@dataclass(frozen=True)
class Browser:
    """A browser that is signed in, with words that say roughly which; ``here`` when it is the one that asks."""

    number: int
    words: str
    began: datetime
    seen: datetime
    here: bool


def own(session: Session, token: str, wall: datetime) -> tuple[Browser, ...]:
    """List where whoever is signed in with this token is signed in, the last seen first."""
    row, who = _signed_in(session, token, wall)
    return _open(session, who, wall, row.id)


def of_person(session: Session, name: str, wall: datetime) -> tuple[Browser, ...]:
    """List where the person of this name is signed in; raise `Refused` for an unknown one."""
    return _open(session, accounts.find(session, name), wall)


def end(session: Session, token: str, number: int, now: datetime, wall: datetime) -> bool:
    """End one other session of whoever is signed in with this token; say whether there was one of that number."""
    _, who = _signed_in(session, token, wall)
    mine = (WebSession.id == number, accounts.owned(WebSession, who), WebSession.revoked_at.is_(None))
    ended = session.execute(update(WebSession).where(*mine).values(revoked_at=wall).returning(WebSession.id)).first()
    if ended is not None:
        ledger.append(session, now, accounts.actor_of(who), "session.ended", accounts.subject(who))
    return ended is not None


def end_others(session: Session, token: str, now: datetime, wall: datetime) -> int:
    """End every session of whoever is signed in with this token but that one; return how many those were."""
    row, who = _signed_in(session, token, wall)
    ended = accounts.end_sessions(session, who, wall, but=row.id)
    _tell(session, who, accounts.actor_of(who), ended, now)
    return ended


def end_all(session: Session, name: str, actor: str, now: datetime, wall: datetime) -> int:
    """End every session of a person, who may sign in again; return how many those were."""
    person = accounts.find(session, name)
    ended = accounts.end_sessions(session, person, wall)
    _tell(session, person, actor, ended, now)
    return ended


def _tell(session: Session, who: Person | Advertiser, actor: str, ended: int, now: datetime) -> None:
    ledger.append(session, now, actor, "session.all_ended", accounts.subject(who), {"sessions": ended})


def _signed_in(session: Session, token: str, wall: datetime) -> tuple[WebSession, Person | Advertiser]:
    row = accounts.session_of(session, token, wall)
    if row is None or (who := row.person or row.advertiser) is None:
        raise Refused("no-sign-in", "U bent niet meer aangemeld.", "Vraag een nieuwe link aan.")
    return row, who


def _open(session: Session, who: Person | Advertiser, wall: datetime, here: int | None = None) -> tuple[Browser, ...]:
    mine = (accounts.owned(WebSession, who), WebSession.revoked_at.is_(None), WebSession.expires_at > wall)
    rows = session.scalars(select(WebSession).where(*mine).order_by(WebSession.seen_at.desc(), WebSession.id))
    return tuple(Browser(row.id, row.browser, row.created_at, row.seen_at, row.id == here) for row in rows)
