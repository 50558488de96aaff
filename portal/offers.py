"""Invitations as the command line and the desk's page make them: terms as they were typed, and a link."""

from collections.abc import Iterable
from datetime import date, datetime

from orchestrator import invitations
from orchestrator.db import Session
from orchestrator.design import AdvertiserKind, Purpose
from orchestrator.intake import HOW_DAYS, read_days
from orchestrator.invitations import Offer
from orchestrator.models import Invitation
from orchestrator.scope import EVERY
from orchestrator.settings import Settings
from orchestrator.terms import Terms
from profiles.errors import BadInput, Problem, Refused
from results import invitation
from workers.channels.desk_mail import INVITED, can_mail, send_link


def terms_of(
    purpose: str, grounds: Iterable[str], channels: Iterable[str], listings: Iterable[str], email: str, form_url: str,
    first: date, last: date, max_pairs: int, days_off: str,
) -> Terms:  # fmt: skip
    """Return terms as somebody typed them; without listings those are all."""
    try:
        off = read_days(days_off)
    except ValueError as error:
        raise BadInput(Problem("days_off-bad", "Dit zijn geen dagen.", found=days_off, remedy=HOW_DAYS)) from error
    named = frozenset(each.strip() for each in listings if each.strip()) or frozenset({EVERY})
    return Terms(
        Purpose(purpose), frozenset(grounds), frozenset(channels), named, email.strip(), form_url.strip() or None,
        first, last, max_pairs, off,
    )  # fmt: skip


def word(text: str, field: str) -> str:
    """Return a word that exists for a field; raise `BadInput` for another."""
    known = [each.value for each in (Purpose if field == "purpose" else AdvertiserKind)]
    if text not in known:
        remedy = f"Kies uit: {', '.join(known)}."
        raise BadInput(Problem(f"{field}-bad", "Dit woord kennen we niet.", found=text, remedy=remedy))
    return text


def make(
    session: Session, settings: Settings, offer: Offer, actor: str, now: datetime, wall: datetime
) -> tuple[Invitation, str]:
    """Store an offer with the letter of this installation; return it and its link, which is kept nowhere."""
    texts = invitation.read_texts(settings.toolkit_texts)
    text = invitation.letter(texts, offer.name)
    row, token = invitations.invite(session, offer, text, texts.version, actor, now, wall)
    return row, f"{settings.site}/uitnodiging/{token}"


def require_mail(settings: Settings) -> None:
    """Raise `Refused` where this installation mails nobody of its users."""
    if not can_mail(settings):
        message = "Deze installatie verzendt geen mail aan haar gebruikers."
        raise Refused("no-desk-mail", message, "Zet PRAKTIJKTEST_DESK_SENDER en een mailserver, of laat --mail weg.")


def mail(settings: Settings, offer: Offer, link: str) -> None:
    """Mail the link to who decides; raises `TransportError` when that was not accepted."""
    send_link(settings, offer.name, offer.contact.strip(), link, INVITED)
