"""Invitations to take part, from the command line."""

from collections.abc import Sequence
from datetime import date

from rich.console import Console

from orchestrator import invitations
from orchestrator.clock import Clock
from orchestrator.design import AdvertiserKind, Purpose
from orchestrator.intake import HOW_DAYS, read_days
from orchestrator.invitations import LASTS, Offer
from orchestrator.models import InvitationState
from orchestrator.scope import EVERY
from orchestrator.settings import Settings
from orchestrator.terms import Terms
from portal.commands import house
from profiles.errors import BadInput, Problem, Refused
from results import formats, invitation
from workers.channels.desk_mail import INVITED, can_mail, send_link

out = Console(soft_wrap=True, markup=False, highlight=False)
REAL = Clock()
STATES = {
    InvitationState.OFFERED: "wacht op het kantoor",
    InvitationState.SIGNED: "wacht op de tweede handtekening",
    InvitationState.ENROLLED: "doet mee",
    InvitationState.DECLINED: "afgewezen",
    InvitationState.REVOKED: "ingetrokken",
}


def terms_of(
    purpose: str, grounds: Sequence[str], channels: Sequence[str], listings: Sequence[str], email: str, form_url: str,
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


def make(key: str, name: str, kind: AdvertiserKind, contact: str, terms: Terms, actor: str, *, mail: bool) -> None:
    """Invite somebody: mail the link, or print it."""
    settings = Settings.from_env()
    if mail and not can_mail(settings):
        message = "Deze installatie verzendt geen mail aan haar gebruikers."
        raise Refused("no-desk-mail", message, "Zet PRAKTIJKTEST_DESK_SENDER en een mailserver, of laat --mail weg.")
    texts = invitation.read_texts(settings.toolkit_texts)
    with house.writing() as (session, now):
        offer = Offer(key, name, kind, contact, terms)
        text = invitation.letter(texts, name)
        row, token = invitations.invite(session, offer, text, texts.version, actor, now, REAL.now())
        number, address = row.id, link(settings.site, token)
    if mail:
        send_link(settings, name, contact.strip(), address, INVITED)
        out.print(f"Uitnodiging {number} voor {name} gemaild aan {contact.strip()}. Zij geldt {LASTS.days} dagen.")
    else:
        out.print(f"Uitnodiging {number} voor {name}, {LASTS.days} dagen geldig: {address}")


def print_all() -> None:
    with house.reading() as (session, _):
        rows = invitations.listed(session)
        for row in rows:
            state = STATES[row.state]
            if row.state in invitations.OPEN and row.expires_at <= REAL.now():
                state = f"{state}, link verlopen"
            out.print(f"{row.id:4}  {row.key:30} {formats.day(row.invited_at)}  {state}")
    if not rows:
        out.print("Er is nog niemand uitgenodigd: praktijktest invitation make")


def countersign(number: int, actor: str) -> None:
    with house.writing() as (session, now):
        invitations.countersign(session, number, actor, now)
        row = invitations.find(session, number)
        told = f"{row.name} doet mee, voor wat er is getekend ({(row.digest or '')[:12]})."
    out.print(told)


def revoke(number: int, actor: str) -> None:
    with house.writing() as (session, now):
        invitations.revoke(session, number, actor, now)
    out.print(f"Uitnodiging {number} is ingetrokken; de link werkt niet meer.")


def link(site: str, token: str) -> str:
    """Return the whole link of an invitation."""
    return f"{site}/uitnodiging/{token}"
