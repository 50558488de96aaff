"""Tokens by which programs read the API: each has one role, and may do no more than its scopes say.

As with links that sign people in, the ledger tells by the installation's clock (``now``) and a token ends by the real
one (``wall``). What a token is stands nowhere: only its hash is kept.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.accounts import GIVEN
from orchestrator.api_token_models import ApiToken
from orchestrator.states import Role
from profiles.errors import BadInput, Problem, Refused

BEGINS = "pkt_"
"""What a token begins with, so that whoever looks for secrets in files finds it."""

LONGEST_DAYS = 730
USED_EVERY = timedelta(minutes=1)
"""A token is not written again for every request."""


class Scope(StrEnum):
    """What a token is for."""

    ROUNDS = "rounds:read"
    OUTCOMES = "outcomes:read"
    LEDGER = "ledger:read"


@dataclass(frozen=True)
class Bearer:
    """Who shows a token that works."""

    id: int
    name: str
    role: Role
    scopes: frozenset[Scope]


@dataclass(frozen=True)
class KnownToken:
    """A token in the list; ``used`` is when it was last shown, ``ended`` whether it works no longer."""

    name: str
    role: str
    scopes: tuple[str, ...]
    made_by: str
    expires: datetime
    used: datetime | None
    revoked: bool
    ended: bool


def make(
    session: Session,
    name: str,
    role: str,
    scopes: Iterable[str],
    days: int,
    actor: str,
    now: datetime,
    wall: datetime,
) -> str:
    """Return a new token, which is shown this once.

    Raises `BadInput` for what is no name, role, scope or number of days, `Refused` for a name that was used before.
    """
    name, known = " ".join(name.split()), sorted(set(scopes))
    _check(name, role, known, days)
    if session.scalar(select(exists().where(ApiToken.key == name.casefold()))):
        message = f"Er is al een token met de naam {name}, misschien van vroeger."
        raise Refused("token-exists", message, "Kies een andere naam: in het logboek is een naam één token.")
    token = BEGINS + secrets.token_urlsafe(32)
    row = ApiToken(
        name=name,
        key=name.casefold(),
        role=role,
        scopes=known,
        hash=_hash(token),
        made_by=actor,
        made_at=now,
        expires_at=wall + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    ledger.append(session, now, actor, "token.made", f"token:{row.id}", {"role": role, "scopes": known, "days": days})
    return token


def everything(session: Session, wall: datetime) -> tuple[KnownToken, ...]:
    """List the tokens in the order of their names."""
    return tuple(
        KnownToken(
            name=row.name,
            role=row.role,
            scopes=tuple(row.scopes),
            made_by=row.made_by,
            expires=row.expires_at,
            used=row.used_at,
            revoked=row.revoked_at is not None,
            ended=row.revoked_at is not None or row.expires_at <= wall,
        )
        for row in session.scalars(select(ApiToken).order_by(ApiToken.key))
    )


def revoke(session: Session, name: str, actor: str, now: datetime) -> None:
    """End a token at once; raise `Refused` when there is none of this name that was not ended."""
    key = " ".join(name.split()).casefold()
    row = session.scalar(select(ApiToken).where(ApiToken.key == key, ApiToken.revoked_at.is_(None)))
    if row is None:
        raise Refused(
            "unknown-token", f"Er is geen token met de naam '{name}'.", "Kijk met: praktijktest api-token list"
        )
    row.revoked_at = now
    ledger.append(session, now, actor, "token.revoked", f"token:{row.id}")


def bearer(session: Session, token: str, wall: datetime) -> tuple[Bearer, bool] | None:
    """Return who shows this token, and whether it is time to note that it was used; None when it does not work."""
    works = (ApiToken.hash == _hash(token), ApiToken.revoked_at.is_(None), ApiToken.expires_at > wall)
    row = session.scalar(select(ApiToken).where(*works))
    if row is None:
        return None
    who = Bearer(row.id, row.name, Role(row.role), frozenset(map(Scope, row.scopes)))
    return who, row.used_at is None or wall - row.used_at >= USED_EVERY


def note_used(session: Session, number: int, wall: datetime) -> None:
    """Note that a token was shown. Not told in the ledger: nothing of the study changes."""
    session.execute(update(ApiToken).where(ApiToken.id == number).values(used_at=wall))


def _check(name: str, role: str, scopes: list[str], days: int) -> None:
    problems = []
    if not 1 < len(name) <= 120:
        remedy = "Geef het de naam van het programma dat hem gebruikt."
        problems.append(Problem("bad-name", "Een naam heeft 2 tot 120 tekens.", found=name, remedy=remedy))
    if role not in GIVEN:
        remedy = f"Kies uit: {', '.join(GIVEN)}."
        problems.append(Problem("unknown-role", "Deze rol bestaat niet.", found=role, remedy=remedy))
    remedy = f"Kies uit: {', '.join(Scope)}."
    if not scopes:
        problems.append(Problem("no-scope", "Een token zonder bereik kan niets.", remedy=remedy))
    unknown = [scope for scope in scopes if scope not in set(Scope)]
    problems += [Problem("unknown-scope", "Dit bereik bestaat niet.", found=each, remedy=remedy) for each in unknown]
    if not 1 <= days <= LONGEST_DAYS:
        message = f"Een token geldt 1 tot {LONGEST_DAYS} dagen."
        problems.append(Problem("bad-days", message, found=str(days), remedy="Kies een kortere of langere tijd."))
    if problems:
        raise BadInput(problems)


def _hash(token: str) -> str:
    """A token has 256 random bits, so that a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
