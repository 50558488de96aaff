"""Invitations to take part, from the command line."""

from rich.console import Console

from orchestrator import invitations
from orchestrator.clock import Clock
from orchestrator.design import AdvertiserKind
from orchestrator.invitations import LASTS, Offer
from orchestrator.models import InvitationState
from orchestrator.settings import Settings
from orchestrator.terms import Terms
from portal import offers
from portal.commands import house
from results import formats

out = Console(soft_wrap=True, markup=False, highlight=False)
REAL = Clock()
STATES = {
    InvitationState.OFFERED: "wacht op het kantoor",
    InvitationState.SIGNED: "wacht op de tweede handtekening",
    InvitationState.ENROLLED: "doet mee",
    InvitationState.DECLINED: "afgewezen",
    InvitationState.REVOKED: "ingetrokken",
}


def make(key: str, name: str, kind: AdvertiserKind, contact: str, terms: Terms, actor: str, *, mail: bool) -> None:
    """Invite somebody: mail the link, or print it."""
    settings, offer = Settings.from_env(), Offer(key, name, kind, contact, terms)
    if mail:
        offers.require_mail(settings)
    with house.writing() as (session, now):
        row, link = offers.make(session, settings, offer, actor, now, REAL.now())
        number = row.id
    if mail:
        offers.mail(settings, offer, link)
        out.print(f"Uitnodiging {number} voor {name} gemaild aan {contact.strip()}. Zij geldt {LASTS.days} dagen.")
    else:
        out.print(f"Uitnodiging {number} voor {name}, {LASTS.days} dagen geldig: {link}")


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
