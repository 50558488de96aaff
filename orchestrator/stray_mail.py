"""Mail of an office that answers none of our letters: known by the addresses that it says it came from."""

import re
from collections.abc import Iterator

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from orchestrator.models import Advertiser, Contact, InboundMail, Invitation, Reply
from orchestrator.sealing import open_all

PROVIDERS = frozenset((
    "casema.nl", "chello.nl", "gmail.com", "gmx.com", "gmx.net", "googlemail.com", "hetnet.nl", "home.nl",
    "hotmail.com", "hotmail.nl", "icloud.com", "kpnmail.nl", "kpnplanet.nl", "live.com", "live.nl", "mac.com",
    "me.com", "msn.com", "online.nl", "outlook.com", "planet.nl", "proton.me", "protonmail.com",
    "quicknet.nl", "solcon.nl", "telfort.nl", "tele2.nl", "upcmail.nl", "xs4all.nl", "yahoo.com", "yahoo.nl",
    "zeelandnet.nl", "ziggo.nl",
))  # fmt: skip
"""Domains of mail that anybody has an address of: there only the whole address tells whose a mail is."""

_FROM = re.compile(rb"^(?:from|reply-to|sender|return-path):(.*(?:\r?\n[ \t].*)*)", re.I | re.M)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]+@[^\s<>()\[\],;:\"@]+")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_AT_A_TIME = 200


def of_office(session: Session, office: Advertiser) -> Iterator[InboundMail]:
    """Yield the mails that are still held and belong to no answer, and that an office sent, the oldest first.

    That is what came from an address of the office or, where nobody else has addresses there, from its domain.
    """
    mine = _addresses(session, office)
    domains = {address.rpartition("@")[2] for address in mine} - PROVIDERS - _domains_of_others(session, office)
    placed = exists().where(Reply.mail_id == InboundMail.id)
    rows = select(InboundMail.id).where(InboundMail.raw_sealed.is_not(None), ~placed).order_by(InboundMail.id)
    numbers = session.scalars(rows).all() if mine else ()
    for start in range(0, len(numbers), _AT_A_TIME):
        these = InboundMail.id.in_(numbers[start : start + _AT_A_TIME])
        mails = session.scalars(select(InboundMail).where(these).order_by(InboundMail.id)).all()
        open_all(session, mails)
        yield from (mail for mail in mails if _is_of(senders(mail.raw), mine, domains))


def senders(raw: bytes) -> set[str]:
    """Return every address that the head of a mail names as its sender, in small letters."""
    head = _HEADER_END.split(raw, maxsplit=1)[0]
    lines = b"\n".join(_FROM.findall(head)).decode("utf-8", "replace")
    return {address.rstrip(".").casefold() for address in _ADDRESS.findall(lines)}


def _is_of(said: set[str], addresses: set[str], domains: set[str]) -> bool:
    return any(each in addresses or each.rpartition("@")[2] in domains for each in said)


def _addresses(session: Session, office: Advertiser) -> set[str]:
    """The addresses of an office: for letters, for links, and of every invitation."""
    told = [office.email]
    if (contact := session.get(Contact, office.id)) is not None:
        told.append(contact.email or "")
    for row in session.scalars(select(Invitation).where(Invitation.key == office.key)):
        told += [row.contact, row.email]
    return {each.strip().casefold() for each in told if "@" in each}


def _domains_of_others(session: Session, office: Advertiser) -> set[str]:
    contacts = session.scalars(select(Contact).where(Contact.advertiser_id != office.id)).all()
    open_all(session, contacts)
    told = {(each.email or "").rpartition("@")[2].strip().casefold() for each in contacts}
    return told | set(session.scalars(select(Advertiser.domain).where(Advertiser.id != office.id)))
