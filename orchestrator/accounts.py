"""Who uses the pages, and how they sign in: by a link that works once, then by a session of their browser.

A person of the desk has roles; an advertiser has its own pages and nothing else (`own_access`).

Two clocks. The ledger tells by the installation's clock (``now``); a link or a session ends by the real one (``wall``),
for a rehearsal in which a week takes a minute does not make the people in it any faster.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.account_models import Person, SignInLink, WebSession
from orchestrator.models import Advertiser, Contact
from orchestrator.states import DESK_ROLES, Role
from profiles.errors import BadInput, Problem, Refused

IDLE = timedelta(hours=12)
"""A browser of which nothing was seen for so long is no longer signed in."""

LINK_LASTS = timedelta(minutes=30)
ADVERTISER_LINK_LASTS = timedelta(days=7)
"""An office reads its mail, but not within the half hour."""

SEEN_EVERY = timedelta(minutes=1)
"""A session is not written again for every page."""

GIVEN = tuple(role for role in Role if role is not Role.BROKER)
"""The roles that a person can be given; an advertiser comes in by a link of its own."""

FIRST = "beheerder"
FIRST_EMAIL = "beheerder@localhost"

NAME_TOLD = "Een naam heeft 2 tot 120 tekens, en geen die u niet ziet."

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


@dataclass(frozen=True)
class Visitor:
    """Who is signed in; ``name`` is who does what they do, and ``advertiser`` its key where it is one."""

    id: int
    name: str
    email: str
    roles: frozenset[Role]
    advertiser: str | None = None


@dataclass(frozen=True)
class Known:
    """A person in the list: ``active`` unless their access was ended, ``seen`` when they last opened a page."""

    name: str
    email: str
    roles: tuple[Role, ...]
    active: bool
    seen: datetime | None


def add(session: Session, name: str, email: str, roles: Iterable[str], actor: str, now: datetime) -> Person:
    """Let somebody use the pages. Raises `BadInput` for what is no name, address or role, `Refused` for one taken."""
    name, email = unicodedata.normalize("NFKC", " ".join(name.split())), email.strip().casefold()
    known = _checked(name, email, roles)
    taken = select(exists().where(or_(Person.key == name.casefold(), Person.email == email)))
    if session.scalar(taken) or session.scalar(select(exists().where(Contact.email == email))):
        message = f"Er is al iemand met de naam {name} of het adres {email}, misschien van vroeger."
        remedy = "Kies een andere naam en een ander adres: in het logboek is een naam één mens."
        raise Refused("person-exists", message, remedy)
    person = Person(name=name, key=name.casefold(), email=email, roles=known, added_at=now)
    session.add(person)
    session.flush()
    ledger.append(session, now, actor, "person.added", _subject(person), {"roles": known})
    return person


def add_first(session: Session, now: datetime) -> Person | None:
    """Add an administrator with all roles of the desk when there is nobody yet, else return None."""
    if session.scalar(select(exists().where(Person.id.is_not(None)))):
        return None
    return add(session, FIRST, FIRST_EMAIL, DESK_ROLES, "praktijktest", now)


def revoke(session: Session, name: str, actor: str, now: datetime, wall: datetime) -> None:
    """End somebody's access: links and sessions end at once."""
    person = find(session, name)
    person.revoked_at = now
    session.execute(update(SignInLink).where(_open_link(), SignInLink.person_id == person.id).values(used_at=wall))
    open_ = (WebSession.person_id == person.id, WebSession.revoked_at.is_(None))
    ended = session.execute(update(WebSession).where(*open_).values(revoked_at=wall).returning(WebSession.id)).all()
    ledger.append(session, now, actor, "person.revoked", _subject(person), {"sessions": len(ended)})


def everybody(session: Session) -> tuple[Known, ...]:
    """List the people in the order of their names."""
    seen = func.max(WebSession.seen_at)
    rows = select(Person, seen).outerjoin(WebSession, WebSession.person_id == Person.id).group_by(Person.id)
    return tuple(
        Known(person.name, person.email, tuple(map(Role, person.roles)), person.revoked_at is None, last)
        for person, last in session.execute(rows.order_by(Person.key))
    )


def find(session: Session, name: str) -> Person:
    """Return the person of this name, whose access was not ended; raise `Refused`."""
    key = unicodedata.normalize("NFKC", " ".join(name.split())).casefold()
    person = session.scalar(select(Person).where(Person.key == key, Person.revoked_at.is_(None)))
    if person is None:
        raise Refused("unknown-person", f"Er is niemand met de naam '{name}'.", "Kijk met: praktijktest people list")
    return person


def by_email(session: Session, email: str) -> Person | None:
    """Return the person with this address whose access was not ended."""
    address = email.strip().casefold()
    return session.scalar(select(Person).where(Person.email == address, Person.revoked_at.is_(None)))


def make_link(session: Session, who: Person | Advertiser, actor: str, now: datetime, wall: datetime) -> str:
    """Return what stands in a link that signs this person or advertiser in once; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    lasts = LINK_LASTS if isinstance(who, Person) else ADVERTISER_LINK_LASTS
    session.add(SignInLink(**_owner(who), hash=_hash(token), expires_at=wall + lasts))
    ledger.append(session, now, actor, "link.made", _subject(who))
    return token


def link_works(session: Session, token: str, wall: datetime) -> bool:
    """Say whether this link would sign somebody in now. Looking does not use it up: scanners of mail look too."""
    works = exists().where(SignInLink.hash == _hash(token), _open_link(), SignInLink.expires_at > wall)
    return bool(session.scalar(select(works)))


def sign_in(session: Session, token: str, now: datetime, wall: datetime) -> str:
    """Use a link up and return the token of a new session; raise `Refused` for a link that does not work (any more)."""
    used = session.execute(
        update(SignInLink)
        .where(SignInLink.hash == _hash(token), _open_link(), SignInLink.expires_at > wall)
        .values(used_at=wall)
        .returning(SignInLink.person_id, SignInLink.advertiser_id)
    ).first()
    if used is None:
        raise Refused("link-used", "Deze link is al gebruikt of verlopen.", "Vraag een nieuwe link aan.")
    who = session.get_one(Person, used.person_id) if used.person_id else session.get_one(Advertiser, used.advertiser_id)
    cookie = secrets.token_urlsafe(32)
    session.add(WebSession(**_owner(who), hash=_hash(cookie), created_at=wall, seen_at=wall, expires_at=wall + IDLE))
    ledger.append(session, now, actor_of(who), "session.opened", _subject(who))
    return cookie


def visitor(session: Session, token: str, wall: datetime) -> tuple[Visitor, bool] | None:
    """Return who is signed in with this token, and whether it is time to note that they were seen; None for nobody."""
    # The access of an advertiser has no end of its own: with it its sessions are ended.
    rows = select(WebSession).outerjoin(Person).where(*_open_session(token, wall), Person.revoked_at.is_(None))
    row = session.scalar(rows)
    if row is None or (who := row.person or row.advertiser) is None:
        return None
    return _visitor(who), wall - row.seen_at >= SEEN_EVERY


def _visitor(who: Person | Advertiser) -> Visitor:
    if isinstance(who, Person):
        return Visitor(who.id, who.name, who.email, frozenset(map(Role, who.roles)))
    return Visitor(who.id, who.name, who.email, frozenset({Role.BROKER}), who.key)


def note_seen(session: Session, token: str, wall: datetime) -> None:
    """Let a session that is in use last longer. Not told in the ledger: nothing of the study changes."""
    seen = update(WebSession).where(*_open_session(token, wall))
    session.execute(seen.values(seen_at=wall, expires_at=wall + IDLE))


def sign_out(session: Session, token: str, now: datetime, wall: datetime) -> None:
    """End a session; one that already ended stays so."""
    row = session.scalar(select(WebSession).where(*_open_session(token, wall)))
    if row is not None and (who := row.person or row.advertiser) is not None:
        row.revoked_at = wall
        ledger.append(session, now, actor_of(who), "session.ended", _subject(who))


def _checked(name: str, email: str, roles: Iterable[str]) -> list[str]:
    problems = []
    if not 1 < len(name) <= 120 or not name.isprintable():
        # Nor a letter nobody sees: of two names that look alike one would approve what the other planned.
        problems.append(Problem("bad-name", NAME_TOLD, found=name, remedy="Geef een naam."))
    if not is_address(email):
        problems.append(Problem("bad-email", "Dit is geen e-mailadres.", found=email, remedy="Schrijf naam@domein."))
    given = sorted(set(roles))
    remedy = f"Kies uit: {', '.join(GIVEN)}. Een makelaar krijgt een link: praktijktest broker link"
    if not given:
        problems.append(Problem("no-role", "Iemand zonder rol kan niets zien.", remedy=remedy))
    problems += [
        Problem("unknown-role", "Deze rol bestaat niet.", found=role, remedy=remedy)
        for role in given
        if role not in GIVEN
    ]
    if problems:
        raise BadInput(problems)
    return [Role(role).value for role in given]


def _open_link() -> ColumnElement[bool]:
    return SignInLink.used_at.is_(None)


def _open_session(token: str, wall: datetime) -> tuple[ColumnElement[bool], ...]:
    return (WebSession.hash == _hash(token), WebSession.revoked_at.is_(None), WebSession.expires_at > wall)


def _hash(token: str) -> str:
    """A token has 256 random bits, so that a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_address(email: str) -> bool:
    """Say whether a mail could be sent to this."""
    return _EMAIL.fullmatch(email) is not None and email.isprintable()


def actor_of(who: Person | Advertiser) -> str:
    """Return what the ledger calls somebody who does something: people by name, an advertiser by its key."""
    return who.name if isinstance(who, Person) else f"aanbieder:{who.key}"


def _owner(who: Person | Advertiser) -> dict[str, int]:
    return {"person_id" if isinstance(who, Person) else "advertiser_id": who.id}


def _subject(who: Person | Advertiser) -> str:
    return f"{'person' if isinstance(who, Person) else 'advertiser'}:{who.id}"
