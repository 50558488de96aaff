"""How an advertiser comes to take part: it is invited, reads, signs for as much as it wants, and is countersigned.

Only then there is an `Enrolment`. The link can be opened as often as needed until it expires; looking changes nothing
but that it was opened. The link ends by the real clock (``wall``), all else is told by the installation's (``now``).
The name of who signs is in the record of the invitation alone, never in the ledger, and goes when it comes to nothing.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import accounts, enrolment, ledger, own_access
from orchestrator.addresses import set_addresses
from orchestrator.design.kinds import ROW_KEY
from orchestrator.enrolment import ZONE
from orchestrator.intake import AdvertiserKind, Channel
from orchestrator.models import Advertiser, Contact, Enrolment, Invitation, InvitationState, Person
from orchestrator.rounds import duties
from orchestrator.sealing import index_of
from orchestrator.terms import Terms, require, require_within
from profiles.errors import BadInput, Problem, Refused

LASTS = timedelta(days=30)
"""An office has a month to read, ask around and sign."""

OPEN = (InvitationState.OFFERED, InvitationState.SIGNED)
LONGEST_NAME = 120


@dataclass(frozen=True)
class Offer:
    """Who is invited, where its link goes (``contact``, to who decides: not where letters go), and on what terms."""

    key: str
    name: str
    kind: AdvertiserKind
    contact: str
    terms: Terms


@dataclass(frozen=True)
class Signature:
    """What an office is about to sign: for what, who signs, and when."""

    office: str
    text: str
    version: str
    terms: Terms
    signer: str
    function: str
    at: datetime


Wording = Callable[[Signature], str]
"""Puts a signature in words: exactly this is kept, with its SHA-256."""


def invite(
    session: Session, offer: Offer, text: str, version: str, actor: str, now: datetime, wall: datetime
) -> tuple[Invitation, str]:
    """Store an offer, with the ``text`` that is shown with it; return it and what stands in its link.

    Raises `BadInput` for an offer that cannot be, `Refused` while another is open or when the address is of others.
    """
    _check(offer, now)
    if session.scalar(select(Invitation.id).where(Invitation.key == offer.key, Invitation.state.in_(OPEN))):
        message = f"Voor '{offer.key}' is nog een uitnodiging open."
        raise Refused("already-invited", message, "Trek die eerst in.")
    contact = offer.contact.strip().casefold()
    if _of_others(session, offer.key, contact):
        message = f"Het adres {contact} hoort al bij iemand anders van deze installatie."
        raise Refused("address-taken", message, "Gebruik een adres van de woningaanbieder zelf.")
    token = secrets.token_urlsafe(32)
    row = Invitation(
        key=offer.key, name=" ".join(offer.name.split()), kind=offer.kind, contact=contact, version=version, text=text,
        contact_index=index_of(session, contact),
        state=InvitationState.OFFERED, terms=_without_address(offer.terms), email=offer.terms.email,
        token_hash=_hash(token), expires_at=wall + LASTS, invited_by=actor, invited_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _tell(session, row, "made", actor, now, version=version)
    return row, token


def by_token(session: Session, token: str, wall: datetime) -> Invitation:
    """Return the invitation of a link; raise `Refused` for a link that never was, that expired, or was revoked."""
    return _usable(session.scalar(select(Invitation).where(Invitation.token_hash == _hash(token))), wall)


def note_opened(session: Session, token: str, now: datetime, wall: datetime) -> None:
    """Note that a link was opened, the first time that it is."""
    row = _held(session, token, wall)
    if row.opened_at is None:
        row.opened_at = now
        _tell(session, row, "opened", _office(row), now)


def sign(
    session: Session, token: str, chosen: Terms, signer: str, function: str, wording: Wording, now: datetime,
    wall: datetime,
) -> Invitation:  # fmt: skip
    """offered → signed, for what was offered or for less. What was signed before stays as it is: signing twice is once.

    Raises `BadInput` for terms that ask more than was offered, and `Refused` for an invitation that has ended.
    """
    row = _held(session, token, wall)
    if row.state in (InvitationState.SIGNED, InvitationState.ENROLLED):
        return row
    if row.state is not InvitationState.OFFERED:
        raise Refused("invitation-ended", "Deze uitnodiging is afgewezen.", "Vraag een nieuwe uitnodiging aan.")
    require_within(chosen, offered(row))
    signer, function = (_person(field, text) for field, text in (("signer", signer), ("function", function)))
    text = wording(Signature(row.name, row.text, row.version, chosen, signer, function, now))
    row.state, row.agreed, row.signed_at = InvitationState.SIGNED, _without_address(chosen), now
    row.signer, row.signer_function, row.signed_text, row.digest = signer, function, text, fingerprint(text)
    _tell(session, row, "signed", _office(row), now, digest=row.digest, version=row.version)
    return row


def decline(session: Session, token: str, now: datetime, wall: datetime) -> Invitation:
    """offered or signed → declined. Declining twice is once; raises `Refused` for who takes part already."""
    row = _held(session, token, wall)
    if row.state is InvitationState.ENROLLED:
        message = "U doet al mee. Stoppen kan op uw eigen pagina's, op elk moment."
        raise Refused("enrolled-already", message, "Vraag een link aan bij Aanmelden, en kies daar Mijn gegevens.")
    if row.state is not InvitationState.DECLINED:
        _end(session, row, InvitationState.DECLINED, _office(row), now)
    return row


def revoke(session: Session, number: int, actor: str, now: datetime) -> Invitation:
    """offered or signed → revoked: the link stops at once."""
    row = find(session, number)
    if row.state not in OPEN:
        remedy = "Wie al meedoet, stopt met praktijktest withdraw." if row.state is InvitationState.ENROLLED else ""
        raise Refused("wrong-state", f"Uitnodiging {number} is niet meer open.", remedy or None)
    _end(session, row, InvitationState.REVOKED, actor, now)
    return row


def countersign(session: Session, number: int, actor: str, now: datetime) -> Enrolment:
    """signed → enrolled: from here there is a consent, for what the office signed and nothing else.

    Raises `Refused` for who invited, for what was not signed, for an office that withdrew after it signed, and for a
    period that is over.
    """
    row = find(session, number)
    if row.state is not InvitationState.SIGNED or row.agreed is None or row.signed_at is None:
        raise Refused("wrong-state", f"Uitnodiging {number} wacht niet op een tweede handtekening.")
    if duties.same(actor, row.invited_by):
        message = f"{actor} deed uitnodiging {number} zelf en mag haar niet tekenen."
        raise Refused("same-person", message, "Laat een tweede persoon van het onderzoek tekenen.")
    terms = latest(row)
    if terms.last < now.astimezone(ZONE).date():
        remedy = "Trek de uitnodiging in en doe een nieuwe."
        raise Refused("period-over", "De periode waarvoor is getekend, is voorbij.", remedy)
    advertiser = _advertiser(session, row, terms)
    if enrolment.withdrawn_since(session, advertiser, row.signed_at):
        remedy = "Trek de uitnodiging in; de aanbieder kan om een nieuwe vragen."
        raise Refused("withdrawn-since", "De aanbieder stopte na het tekenen.", remedy)
    signed = enrolment.sign(session, advertiser, terms, now)
    row.state, row.countersigned_by, row.countersigned_at = InvitationState.ENROLLED, actor, now
    row.enrolment_id = signed.id
    session.flush()
    enrolment.add_days_off(session, advertiser, terms.days_off)
    own_access.set_contact(session, row.key, row.contact, actor, now)
    told = {"advertiser": advertiser.id, "enrolment": signed.id, "digest": row.digest}
    _tell(session, row, "countersigned", actor, now, **told)
    return signed


def find(session: Session, number: int) -> Invitation:
    """Return the invitation with that number, held until the transaction ends; raise `Refused` when there is none."""
    row = session.get(Invitation, number, with_for_update=True)
    if row is None:
        raise Refused("unknown-invitation", f"Er is geen uitnodiging {number}.", "Zie praktijktest invitation list.")
    return row


def offered(row: Invitation) -> Terms:
    """Return the terms that an office was offered."""
    return Terms.read({**row.terms, "email": row.email})


def agreed(row: Invitation) -> Terms | None:
    """Return the terms that an office chose of those; None while it signed for none. The address is never another."""
    return Terms.read({**row.agreed, "email": row.email}) if row.agreed else None


def latest(row: Invitation) -> Terms:
    """Return the terms that an office chose, or else those that it was offered."""
    return agreed(row) or offered(row)


def listed(session: Session) -> list[Invitation]:
    """Return all invitations, the newest first."""
    return list(session.scalars(select(Invitation).order_by(Invitation.id.desc())))


def of_advertiser(session: Session, key: str) -> list[Invitation]:
    """Return the invitations that were made to an advertiser, the newest first."""
    return list(session.scalars(select(Invitation).where(Invitation.key == key).order_by(Invitation.id.desc())))


def fingerprint(text: str) -> str:
    """Return the SHA-256 of a text, as UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def _check(offer: Offer, now: datetime) -> None:
    problems = list(_problems(offer, now))
    try:
        require(offer.terms)
    except BadInput as error:
        problems += error.problems
    if problems:
        raise BadInput(problems)


def _problems(offer: Offer, now: datetime) -> Iterator[Problem]:
    if not re.fullmatch(ROW_KEY, offer.key):
        remedy = "Gebruik hooguit 80 letters zonder accent, cijfers, streepjes, punten en liggende streepjes."
        yield Problem("key-bad", "Deze sleutel heeft andere tekens of is te lang.", found=offer.key, remedy=remedy)
    if not 1 < len(offer.name.strip()) <= 200 or not offer.name.isprintable():
        yield Problem("name-bad", "Een naam heeft 2 tot 200 tekens.", found=offer.name, remedy="Geef een naam.")
    if not accounts.is_address(offer.contact.strip()):
        yield Problem("contact-bad", "Dit is geen e-mailadres.", found=offer.contact, remedy="Schrijf naam@domein.")
    if offer.terms.last < now.astimezone(ZONE).date():
        yield Problem(
            "last-over", "Deze periode is al voorbij.", found=str(offer.terms.last), remedy="Kies een latere."
        )


def _person(field: str, text: str) -> str:
    said = " ".join(text.split())
    if not 1 < len(said) <= LONGEST_NAME or not said.isprintable():
        message, remedy = f"Dit heeft 2 tot {LONGEST_NAME} tekens.", "Vul in wie er tekent, en met welke functie."
        raise BadInput(Problem(f"{field}-bad", message, remedy=remedy))
    return said


def _of_others(session: Session, key: str, contact: str) -> bool:
    index = index_of(session, contact)
    person = select(Person.id).where(Person.email_index == index)
    other = select(Advertiser.id).join(Contact).where(Contact.email_index == index, Advertiser.key != key)
    invited = select(Invitation.id).where(Invitation.contact_index == index, Invitation.key != key)
    rows = (person, other, invited.where(Invitation.state.in_(OPEN)))
    return any(session.scalar(each) is not None for each in rows)


def _held(session: Session, token: str, wall: datetime) -> Invitation:
    """As `by_token`, held until the transaction ends."""
    mine = select(Invitation).where(Invitation.token_hash == _hash(token))
    return _usable(session.scalar(mine.with_for_update().execution_options(populate_existing=True)), wall)


def _usable(row: Invitation | None, wall: datetime) -> Invitation:
    if row is None:
        raise Refused("unknown-invitation", "Deze uitnodiging bestaat niet.", "Open de link zoals u hem kreeg.")
    if row.state is InvitationState.REVOKED:
        raise Refused("invitation-revoked", "Deze uitnodiging is ingetrokken.", "Neem contact op met wie u uitnodigde.")
    if row.expires_at <= wall:
        raise Refused("invitation-expired", "Deze uitnodiging is verlopen.", "Vraag een nieuwe uitnodiging aan.")
    return row


def _without_address(terms: Terms) -> dict[str, Any]:
    """Return what is kept of terms in clear; the address is sealed."""
    return {name: told for name, told in terms.record().items() if name != "email"}


def _end(session: Session, row: Invitation, to: InvitationState, actor: str, now: datetime) -> None:
    """End an invitation that came to nothing, and forget who signed it."""
    row.state, row.ended_by, row.ended_at, row.agreed = to, actor, now, None
    row.signer = row.signer_function = row.signed_text = row.digest = row.signed_at = None
    _tell(session, row, to.value, actor, now)


def _advertiser(session: Session, row: Invitation, terms: Terms) -> Advertiser:
    """The advertiser, new or known, reached as it signed; a form that was described keeps its description."""
    known = select(Advertiser).where(Advertiser.key == row.key).with_for_update()
    advertiser = session.scalar(known) or Advertiser(key=row.key, channel=Channel.SMTP)
    if advertiser.form_url != terms.form_url:
        advertiser.form = None
    advertiser.name, advertiser.kind = row.name, row.kind
    set_addresses(session, advertiser, terms.email, terms.form_url)
    if advertiser.channel not in terms.channels:
        by_form = terms.form_url is not None and Channel.SMTP not in terms.channels
        advertiser.channel = Channel.WEBFORM if by_form else Channel.SMTP
    session.add(advertiser)
    session.flush()
    return advertiser


def _tell(session: Session, row: Invitation, what: str, actor: str, now: datetime, **data: object) -> None:
    session.flush()
    ledger.append(session, now, actor, f"invitation.{what}", f"invitation:{row.id}", data)


def _office(row: Invitation) -> str:
    return f"aanbieder:{row.key}"


def _hash(token: str) -> str:
    """A token has 256 random bits, so that a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
