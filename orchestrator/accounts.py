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
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, exists, false, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from orchestrator import ledger
from orchestrator.account_models import Person, SignInLink, WebSession
from orchestrator.db import UtcDateTime
from orchestrator.models import Advertiser, Contact
from orchestrator.sealing import index_of, open_all
from orchestrator.several import ask
from orchestrator.states import DESK_ROLES, SECOND_FACTOR, Role
from profiles.errors import BadInput, Problem, Refused

IDLE = timedelta(hours=12)
"""A browser of which nothing was seen for so long is no longer signed in."""

LONGEST = timedelta(days=7)
"""A browser that is always in use signs in again after so long all the same."""

LINK_LASTS = timedelta(minutes=30)
ADVERTISER_LINK_LASTS = timedelta(days=7)
"""An office reads its mail, but not within the half hour."""

MAIL_EVERY = timedelta(minutes=10)
"""No second mail within this while the first one lies unused; less than a link lasts, so that one always works."""

SEEN_EVERY = timedelta(minutes=1)
"""A session is not written again for every page."""

GIVEN = tuple(role for role in Role if role is not Role.BROKER)
"""The roles that a person can be given; an advertiser comes in by a link of its own."""

FIRST = "beheerder"
FIRST_EMAIL = "beheerder@localhost"

NAME_TOLD = "Een naam heeft 2 tot 120 tekens, en geen die u niet ziet."

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_BEFORE_WORD = re.compile(r"[^a-z]+")

SHARED = frozenset((
    "aanvragen", "admin", "administratie", "administrator", "afdeling", "algemeen", "allen", "backoffice", "balie",
    "bureau", "commercie", "contact", "directie", "gemeente", "helpdesk", "huren", "huur", "info", "informatie",
    "inschrijven", "kantoor", "klantenservice", "kcc", "mail", "mailbox", "makelaar", "makelaardij", "makelaars",
    "medewerkers", "noreply", "office", "onderzoek", "onderzoekers", "personeel", "planning", "post", "postbus",
    "postmaster", "praktijktest", "receptie", "redactie", "sales", "secretariaat", "service", "servicedesk",
    "staff", "support", "team", "verhuur", "verkoop", "vastgoed", "webmaster", "wonen", "woningen", "woonruimte",
))  # fmt: skip
"""With what an address begins that several people read; a person has one of their own."""


@dataclass(frozen=True)
class Visitor:
    """Who is signed in; ``name`` is who does what they do, and ``advertiser`` its key where it is one.

    ``waits`` while this browser still has to show the second factor that one of the roles asks for.
    """

    id: int
    name: str
    roles: frozenset[Role]
    advertiser: str | None = None
    waits: bool = False


@dataclass(frozen=True)
class Known:
    """A person in the list: ``active`` unless their access was ended, ``seen`` when they last opened a page.

    ``browsers`` counts where they are signed in; ``factor`` says whether they have set up their second factor.
    """

    name: str
    email: str
    roles: tuple[Role, ...]
    active: bool
    seen: datetime | None
    browsers: int = 0
    factor: bool = False


def add(session: Session, name: str, email: str, roles: Iterable[str], actor: str, now: datetime) -> Person:
    """Let somebody use the pages. Raises `BadInput` for what is no name, address or role, `Refused` for one taken."""
    name, email = unicodedata.normalize("NFKC", " ".join(name.split())), email.strip().casefold()
    known, index = _checked(name, email, roles), index_of(session, email)
    taken = select(exists().where(or_(Person.key == name.casefold(), Person.email_index == index)))
    if session.scalar(taken) or session.scalar(select(exists().where(Contact.email_index == index))):
        message = f"Er is al iemand met de naam {name} of het adres {email}, misschien van vroeger."
        remedy = "Kies een andere naam en een ander adres: in het logboek is een naam één mens."
        raise Refused("person-exists", message, remedy)
    person = Person(name=name, key=name.casefold(), email=email, email_index=index, roles=known, added_at=now)
    session.add(person)
    session.flush()
    ledger.append(session, now, actor, "person.added", subject(person), {"roles": known})
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
    ended = end_sessions(session, person, wall)
    ledger.append(session, now, actor, "person.revoked", subject(person), {"sessions": ended})


def end_sessions(session: Session, who: Person | Advertiser, wall: datetime, but: int | None = None) -> int:
    """End the open sessions of a person or advertiser, except the one of this number, and say how many those were."""
    open_ = [owned(WebSession, who), WebSession.revoked_at.is_(None), WebSession.expires_at > wall]
    if but is not None:
        open_.append(WebSession.id != but)
    return len(session.execute(update(WebSession).where(*open_).values(revoked_at=wall).returning(WebSession.id)).all())


def everybody(session: Session, wall: datetime | None = None) -> tuple[Known, ...]:
    """List the people in the order of their names; ``browsers`` are counted at ``wall``, when it is given."""
    open_ = and_(WebSession.revoked_at.is_(None), WebSession.expires_at > wall) if wall else false()
    told = (func.max(WebSession.seen_at), func.count(case((open_, 1))))
    rows = select(Person, *told).outerjoin(WebSession, WebSession.person_id == Person.id).group_by(Person.id)
    found = session.execute(rows.order_by(Person.key)).all()
    open_all(session, (each for each, *_ in found))
    return tuple(
        Known(
            each.name,
            each.email,
            tuple(map(Role, each.roles)),
            each.revoked_at is None,
            last,
            browsers,
            each.has_factor,
        )
        for each, last, browsers in found
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
    mine = Person.email_index == index_of(session, email)
    return session.scalar(select(Person).where(mine, Person.revoked_at.is_(None)))


def make_link(session: Session, who: Person | Advertiser, actor: str, now: datetime, wall: datetime) -> str:
    """Return what stands in a link that signs this person or advertiser in once; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    lasts = LINK_LASTS if isinstance(who, Person) else ADVERTISER_LINK_LASTS
    session.add(SignInLink(**_owner(who), hash=hashed(token), expires_at=wall + lasts))
    ledger.append(session, now, actor, "link.made", subject(who))
    return token


def make_mailed_link(
    session: Session, who: Person | Advertiser, browser: str | None, now: datetime, wall: datetime
) -> str | None:
    """Return what stands in a link to mail to somebody who asks for one, or who seems to; None when none may go now.

    While a link of the last `MAIL_EVERY` lies unused in the mailbox no other follows it. So whoever asks again and
    again for somebody else floods no mailbox, and takes nothing away: the link that was mailed goes on working.
    ``browser`` is the secret of the browser that asks; there the link needs no button (`asked_by`).
    """
    # Who asks twice at once must not get two: the row of the owner makes the second wait for the first.
    session.execute(select(type(who).id).where(type(who).id == who.id).with_for_update())
    waiting = (owned(SignInLink, who), _open_link(), SignInLink.mailed_at > wall - MAIL_EVERY)
    if session.scalar(select(exists().where(*waiting))):
        return None
    token = make_link(session, who, actor_of(who), now, wall)
    session.flush()
    told = {"mailed_at": wall, "asker": hashed(browser) if browser else None}
    session.execute(update(SignInLink).where(SignInLink.hash == hashed(token)).values(told))
    return token


def forget_mailed(session: Session, token: str) -> None:
    """Let a link that could not be mailed keep no other back."""
    session.execute(update(SignInLink).where(SignInLink.hash == hashed(token)).values(mailed_at=None))


def link_works(session: Session, token: str, wall: datetime) -> bool:
    """Say whether this link would sign somebody in now. Looking does not use it up: scanners of mail look too."""
    return bool(session.scalar(select(exists().where(*_working(token, wall)))))


def asked_by(session: Session, token: str, browser: str, wall: datetime) -> bool:
    """Say whether this link works and was asked for in the browser with this secret: no scanner of mail is that."""
    return bool(session.scalar(select(exists().where(*_working(token, wall), SignInLink.asker == hashed(browser)))))


def is_known(session: Session, browser: str) -> bool:
    """Say whether a link that the browser with this secret asked for was ever used."""
    used = exists().where(SignInLink.asker == hashed(browser), SignInLink.used_at.is_not(None))
    return bool(session.scalar(select(used)))


def sign_in(
    session: Session, token: str, now: datetime, wall: datetime, browser: str = "", *, asks: bool = True
) -> str:
    """Use a link up and return the token of a new session; raise `Refused` for a link that does not work (any more).

    ``browser`` says in a few words which browser it is, for who looks where they are signed in. ``asks`` unless this
    installation asks nobody for a second factor.
    """
    used = session.execute(
        update(SignInLink)
        .where(*_working(token, wall))
        .values(used_at=wall)
        .returning(SignInLink.person_id, SignInLink.advertiser_id)
    ).first()
    if used is None:
        raise Refused("link-used", "Deze link is al gebruikt of verlopen.", "Vraag een nieuwe link aan.")
    who = session.get_one(Person, used.person_id) if used.person_id else session.get_one(Advertiser, used.advertiser_id)
    return open_session(session, who, now, wall, browser, asks=asks)


def open_session(
    session: Session,
    who: Person | Advertiser,
    now: datetime,
    wall: datetime,
    browser: str = "",
    *,
    factor: bool = False,
    asks: bool = True,
) -> str:
    """Return the token of a new session of somebody of whom it is sure who they are.

    ``factor`` says that they showed a second factor too, elsewhere. Of the browsers that wait for a code the newest
    stays: many that wait would together have many tries.
    """
    if asks and isinstance(who, Person) and _needs_factor(map(Role, who.roles), has_one=who.has_factor):
        waiting = (owned(WebSession, who), WebSession.revoked_at.is_(None), WebSession.factor_at.is_(None))
        session.execute(update(WebSession).where(*waiting).values(revoked_at=wall))
    cookie, passed = secrets.token_urlsafe(32), wall if factor else None
    session.add(
        WebSession(
            **_owner(who), hash=hashed(cookie), created_at=wall, seen_at=wall, expires_at=wall + IDLE,
            browser=browser, factor_at=passed, misses=0,
        )
    )  # fmt: skip
    ledger.append(session, now, actor_of(who), "session.opened", subject(who))
    return cookie


def come_in(
    session: Session, email: str, now: datetime, wall: datetime, browser: str = "", *, factor: bool, asks: bool = True
) -> str | None:
    """Return the token of a new session of the person with this address, for whom their organisation vouches.

    None when nobody who may come in has it; nobody is added. ``factor`` says that they showed their organisation a
    second factor, which is then not asked here.
    """
    person = by_email(session, email)
    if person is None:
        return None
    cookie = open_session(session, person, now, wall, browser, factor=factor, asks=asks)
    ledger.append(session, now, person.name, "session.vouched", subject(person), {"factor": factor})
    return cookie


def visitor(session: Session, token: str, wall: datetime) -> tuple[Visitor, bool] | None:
    """Return who is signed in with this token, and whether it is time to note that they were seen; None for nobody."""
    row = ask(session, _visiting(), {"hash": hashed(token), "wall": wall}).first()
    if row is None:
        return None
    return _visitor(row), wall - row.seen_at >= SEEN_EVERY


def session_of(session: Session, token: str, wall: datetime) -> WebSession | None:
    """Return the row of the session with this token, unless it ended or its person may not come in any more."""
    # The access of an advertiser has no end of its own: with it its sessions are ended.
    return session.scalar(_signed_in(), {"hash": hashed(token), "wall": wall})


@cache
def _signed_in() -> Select[WebSession]:
    rows = select(WebSession).outerjoin(Person).where(*_may_come_in())
    return rows.options(contains_eager(WebSession.person))


@cache
def _visiting() -> Select[*tuple[Any, ...]]:
    """Every page asks it: made once, of what a page asks of who is signed in."""
    office = (Advertiser.id.label("office"), Advertiser.name.label("office_name"), Advertiser.key)
    told = (WebSession.seen_at, WebSession.factor_at, Person.id, Person.name, Person.roles, Person.has_factor)
    rows = select(*told, *office).select_from(WebSession).outerjoin(Person, Person.id == WebSession.person_id)
    rows = rows.outerjoin(Advertiser, Advertiser.id == WebSession.advertiser_id)
    return rows.where(*_may_come_in(), or_(Person.id.is_not(None), Advertiser.id.is_not(None)))


def _may_come_in() -> tuple[ColumnElement[bool], ...]:
    lasts = _lasts(bindparam("wall", type_=UtcDateTime()))
    return (WebSession.hash == bindparam("hash"), *lasts, Person.revoked_at.is_(None))


def _visitor(row: Row[*tuple[Any, ...]]) -> Visitor:
    if row.id is None:
        return Visitor(row.office, row.office_name, frozenset({Role.BROKER}), row.key)
    roles = frozenset(map(Role, row.roles))
    waits = row.factor_at is None and _needs_factor(roles, has_one=row.has_factor)
    return Visitor(row.id, row.name, roles, waits=waits)


def _needs_factor(roles: Iterable[Role], *, has_one: bool) -> bool:
    return has_one or not SECOND_FACTOR.isdisjoint(roles)


def note_seen(session: Session, token: str, wall: datetime) -> None:
    """Let a session that is in use last longer. Not told in the ledger: nothing of the study changes."""
    row = session.scalar(select(WebSession).where(*_open_session(token, wall)))
    if row is not None:
        row.seen_at, row.expires_at = wall, min(wall + IDLE, row.created_at + LONGEST)


def sign_out(session: Session, token: str, now: datetime, wall: datetime) -> None:
    """End a session; one that already ended stays so."""
    row = session.scalar(select(WebSession).where(*_open_session(token, wall)))
    if row is not None and (who := row.person or row.advertiser) is not None:
        row.revoked_at = wall
        ledger.append(session, now, actor_of(who), "session.ended", subject(who))


def _checked(name: str, email: str, roles: Iterable[str]) -> list[str]:
    problems = []
    if not 1 < len(name) <= 120 or not name.isprintable():
        # Nor a letter nobody sees: of two names that look alike one would approve what the other planned.
        problems.append(Problem("bad-name", NAME_TOLD, found=name, remedy="Geef een naam."))
    if not is_address(email):
        problems.append(Problem("bad-email", "Dit is geen e-mailadres.", found=email, remedy="Schrijf naam@domein."))
    elif _is_shared(email):
        message = "Dit lijkt een adres dat meer mensen lezen. Wie iets doet, moet één mens zijn."
        problems.append(Problem("shared-email", message, found=email, remedy="Geef het eigen adres van deze persoon."))
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


def _is_shared(email: str) -> bool:
    first = _BEFORE_WORD.sub(" ", email.partition("@")[0]).split()
    return email != FIRST_EMAIL and bool(first) and first[0] in SHARED


def _working(token: str, wall: datetime) -> tuple[ColumnElement[bool], ...]:
    return (SignInLink.hash == hashed(token), _open_link(), SignInLink.expires_at > wall)


def _open_link() -> ColumnElement[bool]:
    return SignInLink.used_at.is_(None)


def _open_session(token: str, wall: datetime) -> tuple[ColumnElement[bool], ...]:
    return (WebSession.hash == hashed(token), *_lasts(wall))


def _lasts(wall: datetime | ColumnElement[datetime]) -> tuple[ColumnElement[bool], ...]:
    return (WebSession.revoked_at.is_(None), WebSession.expires_at > wall)


def hashed(token: str) -> str:
    """Return what is kept of a token. It has so many random bits that nobody can guess it."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_address(email: str) -> bool:
    """Say whether a mail could be sent to this."""
    return _EMAIL.fullmatch(email) is not None and email.isprintable()


def actor_of(who: Person | Advertiser) -> str:
    """Return what the ledger calls somebody who does something: people by name, an advertiser by its key."""
    return who.name if isinstance(who, Person) else f"aanbieder:{who.key}"


def _owner(who: Person | Advertiser) -> dict[str, int]:
    return {"person_id" if isinstance(who, Person) else "advertiser_id": who.id}


def owned(model: type[SignInLink] | type[WebSession], who: Person | Advertiser) -> ColumnElement[bool]:
    """Say of a link or a session that it is of this person or advertiser."""
    return model.person_id == who.id if isinstance(who, Person) else model.advertiser_id == who.id


def subject(who: Person | Advertiser) -> str:
    """Return what the ledger calls the person or advertiser that something happened to."""
    return f"{'person' if isinstance(who, Person) else 'advertiser'}:{who.id}"
