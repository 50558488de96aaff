"""The second factor: a code that an app on somebody's phone shows (RFC 6238), or one of ten codes kept for its loss.

Everything that reads or writes a secret is in this module. A secret is shown in one browser until the first code that
comes from it is right, and never again. It stands in no ledger and no log.

Only the browser in which a sign-in link was used last may try a code, so nobody else can use up somebody's tries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from orchestrator import accounts, ledger
from orchestrator.account_models import Person, RecoveryCode, WebSession
from orchestrator.rounds.duties import same
from profiles.errors import Refused

ISSUER = "Praktijktest"
LEEWAY = 1
"""So many codes before and after the one of now are right too: a phone's clock may be a little off."""

TRIES = 5
"""Wrong codes after which a browser is signed out: it needs another link."""

TRIES_OF_ALL = 15
WITHIN = timedelta(hours=1)
"""Wrong codes in all browsers of one person that began within this time, after which none is looked at."""

RECOVERY_CODES = 10
"""Sixteen letters of base 32 each: 80 random bits, so that a plain hash of them can be kept."""


@dataclass(frozen=True)
class Offer:
    """What somebody puts in their app to set up the second factor: the secret, and the address that a picture holds."""

    secret: str
    address: str


def offer(session: Session, token: str, wall: datetime) -> Offer | None:
    """Return what this browser is offered to set up; None when its person already has a second factor.

    The same secret until it is confirmed. Another browser of the same person gets another one, so that whoever reads
    somebody's mail does not learn the secret that they set up.
    """
    row, person = _waiting(session, token, wall)
    if person.has_factor:
        return None
    row.totp_secret = secret = row.totp_secret or pyotp.random_base32()
    return Offer(secret, pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER))


def set_up(session: Session, token: str, code: str, now: datetime, wall: datetime) -> tuple[str, ...] | None:
    """Make what this browser was offered the second factor of its person, and return the recovery codes, only now.

    None when the code is not of that secret: the browser stays as it was, but that a wrong code was counted. Raises
    `Refused` when a second factor was set up in another browser meanwhile, or codes were wrong too often.
    """
    row, person = _waiting(session, token, wall)
    _require_tries(session, person, wall)
    step = _step_of(row.totp_secret, code, wall)
    if step is None:
        _count(session, row, person, now, wall)
        return None
    if person.has_factor:  # its row is held, so that nobody sets up another meanwhile
        raise Refused("factor-set", "U hebt al een app gekoppeld, in een ander venster.", "Geef een code uit die app.")
    person.totp_secret, person.totp_step = row.totp_secret, step
    forget = update(WebSession).where(WebSession.person_id == person.id)
    session.execute(forget.values(totp_secret_sealed=None))
    _pass(session, row, person, now, wall)
    ledger.append(session, now, person.name, "person.factor_set", accounts.subject(person))
    return _recovery_codes(session, person)


def show(session: Session, token: str, code: str, now: datetime, wall: datetime) -> bool:
    """Take a code of the app, or a recovery code, in a browser that waits for one, and say whether it was right.

    Each code is right once. Raises `Refused` when codes were wrong too often.
    """
    row, person = _waiting(session, token, wall)
    _require_tries(session, person, wall)
    if not (_use_step(session, person, code, wall) or _use_recovery(session, person, code, wall)):
        _count(session, row, person, now, wall)
        return False
    _pass(session, row, person, now, wall)
    return True


def renew_recovery(session: Session, token: str, code: str, now: datetime, wall: datetime) -> tuple[str, ...] | None:
    """Return ten new recovery codes for a signed-in person who shows a code of the app once more; None for a wrong one.

    The old ones end. Raises `Refused` when codes were wrong too often.
    """
    row, person = _own(session, token, wall)
    _require_tries(session, person, wall)
    if not _use_step(session, person, code, wall):
        _count(session, row, person, now, wall)
        return None
    ledger.append(session, now, person.name, "person.recovery_renewed", accounts.subject(person))
    return _recovery_codes(session, person)


def recovery_left(session: Session, token: str, wall: datetime) -> int | None:
    """Count the recovery codes that still work of who is signed in with this token; None without a second factor."""
    row = accounts.session_of(session, token, wall)
    if row is None or row.person is None or not row.person.has_factor:
        return None
    left = (RecoveryCode.person_id == row.person.id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*left)) or 0


def reset(session: Session, name: str, actor: str, now: datetime, wall: datetime) -> None:
    """Let somebody set up a new second factor at the next sign-in, and end their sessions; raise `Refused`."""
    person = accounts.find(session, name)
    person.totp_secret, person.totp_step = None, None
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    ended = accounts.end_sessions(session, person, wall)
    ledger.append(session, now, actor, "person.factor_reset", accounts.subject(person), {"sessions": ended})


def reset_of_another(session: Session, name: str, actor: str, now: datetime, wall: datetime) -> None:
    """As `reset`, by somebody else: who takes over a browser must not be able to take over the second factor too."""
    if same(accounts.find(session, name).name, actor):
        message = "Uw eigen code begint u niet zelf opnieuw."
        remedy = "Laat een andere beheerder dat doen, of: praktijktest people reset-factor NAAM"
        raise Refused("same-person", message, remedy)
    reset(session, name, actor, now, wall)


def _own(session: Session, token: str, wall: datetime) -> tuple[WebSession, Person]:
    row = accounts.session_of(session, token, wall)
    if row is not None and row.person_id is not None:
        # One code of a person at a time, so that many at once are not more tries than one after another.
        session.execute(select(Person.id).where(Person.id == row.person_id).with_for_update())
        session.expire_all()
        row = accounts.session_of(session, token, wall)
    if row is None or row.person is None:
        raise Refused("no-sign-in", "U bent niet meer aangemeld.", "Vraag een nieuwe link aan.")
    return row, row.person


def _waiting(session: Session, token: str, wall: datetime) -> tuple[WebSession, Person]:
    row, person = _own(session, token, wall)
    if row.factor_at is not None:
        raise Refused("no-code-needed", "In deze browser gaf u al een code.", "Ga naar de eerste pagina.")
    return row, person


def _step_of(secret: str | None, code: str, wall: datetime) -> int | None:
    """Return the half minute of which this is the code, around now; None for none."""
    digits = "".join(code.split())
    if secret is None or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=wall, valid_window=LEEWAY)
    except pyotp.OTPVerificationError:
        return None


def _use_step(session: Session, person: Person, code: str, wall: datetime) -> bool:
    """Use a code of the app up. Only half minutes later than the last one used count, also when two ask at once."""
    step = _step_of(person.totp_secret, code, wall)
    if step is None:
        return False
    later = (Person.id == person.id, (Person.totp_step.is_(None)) | (Person.totp_step < step))
    return session.execute(update(Person).where(*later).values(totp_step=step).returning(Person.id)).first() is not None


def _use_recovery(session: Session, person: Person, code: str, wall: datetime) -> bool:
    written = "".join(each for each in code.upper() if each.isalnum())
    mine = (RecoveryCode.person_id == person.id, RecoveryCode.hash == accounts.hashed(written))
    used = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=wall)
    return session.execute(used.returning(RecoveryCode.id)).first() is not None


def _recovery_codes(session: Session, person: Person) -> tuple[str, ...]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    made = [pyotp.random_base32()[:16] for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(person_id=person.id, hash=accounts.hashed(code)) for code in made)
    return tuple("-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in made)


def _pass(session: Session, row: WebSession, person: Person, now: datetime, wall: datetime) -> None:
    row.factor_at = wall
    ledger.append(session, now, person.name, "session.factor_shown", accounts.subject(person))


def _require_tries(session: Session, person: Person, wall: datetime) -> None:
    began = (WebSession.person_id == person.id, WebSession.created_at > wall - WITHIN)
    if (session.scalar(select(func.sum(WebSession.misses)).where(*began)) or 0) >= TRIES_OF_ALL:
        raise Refused(
            "too-often", "Er zijn te veel verkeerde codes gegeven.", "Wacht een uur en vraag een nieuwe link."
        )


def _count(session: Session, row: WebSession, person: Person, now: datetime, wall: datetime) -> None:
    """Count a wrong code; with the last try the browser is signed out."""
    counted = update(WebSession).where(WebSession.id == row.id).values(misses=WebSession.misses + 1)
    if (session.execute(counted.returning(WebSession.misses)).scalar() or 0) >= TRIES:
        row.revoked_at = wall
        ledger.append(session, now, person.name, "session.factor_missed", accounts.subject(person), {"tries": TRIES})
