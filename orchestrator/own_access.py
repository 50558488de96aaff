"""How an advertiser comes in to its own pages: a link of its own, printed or mailed, that a researcher can end again.

Links and sessions are those of `accounts`; a session is of exactly one advertiser.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from orchestrator import accounts, ledger
from orchestrator.models import Advertiser, Contact, Person, SignInLink
from orchestrator.rounds import lookup
from orchestrator.sealing import index_of, key_ids, vault_of
from profiles.errors import BadInput, Problem, Refused


def make_link(session: Session, key: str, actor: str, now: datetime, wall: datetime) -> tuple[Advertiser, str]:
    """Return an advertiser and what stands in a link that signs it in once; raise `Refused` for an unknown one."""
    advertiser = lookup.advertiser(session, key)
    return advertiser, accounts.make_link(session, advertiser, actor, now, wall)


def set_contact(session: Session, key: str, email: str, actor: str, now: datetime) -> None:
    """Let the links of an advertiser go to this address from now on, also those it asks for itself.

    Raises `BadInput` for what is no address, `Refused` for that of somebody else: a link would have two meanings.
    """
    advertiser, address = lookup.advertiser(session, key), email.strip().casefold()
    if not accounts.is_address(address):
        raise BadInput(Problem("bad-email", "Dit is geen e-mailadres.", found=email, remedy="Schrijf naam@domein."))
    if _of_others(session, advertiser, address):
        message = f"Het adres {address} hoort al bij iemand anders van deze installatie."
        raise Refused("address-taken", message, "Gebruik een adres van de woningaanbieder zelf.")
    row = session.get(Contact, advertiser.id)
    if row is None:
        row = Contact(advertiser_id=advertiser.id)
        session.add(row)
    row.email, row.email_index = address, index_of(session, address)
    session.flush()
    ledger.append(session, now, actor, "advertiser.contact", f"advertiser:{advertiser.id}")


def by_email(session: Session, email: str) -> Advertiser | None:
    """Return the advertiser whose links go to this address."""
    contact = Contact.email_index == index_of(session, email)
    return session.scalar(select(Advertiser).join(Contact, Contact.advertiser_id == Advertiser.id).where(contact))


def revoke(session: Session, key: str, actor: str, now: datetime, wall: datetime) -> None:
    """End every link and session of an advertiser at once, and forget where its links went, with the key of it."""
    advertiser = lookup.advertiser(session, key)
    links = (SignInLink.advertiser_id == advertiser.id, SignInLink.used_at.is_(None))
    session.execute(update(SignInLink).where(*links).values(used_at=wall))
    ended = accounts.end_sessions(session, advertiser, wall)
    if (contact := session.get(Contact, advertiser.id)) is not None:
        vault_of(session).destroy(key_ids(session, Contact, Contact.advertiser_id == advertiser.id))
        session.delete(contact)
    ledger.append(session, now, actor, "advertiser.revoked", f"advertiser:{advertiser.id}", {"sessions": ended})


def _of_others(session: Session, advertiser: Advertiser, address: str) -> bool:
    index = index_of(session, address)
    person = session.scalar(select(Person.id).where(Person.email_index == index))
    theirs = Contact.email_index == index, Contact.advertiser_id != advertiser.id
    other = session.scalar(select(Contact.advertiser_id).where(*theirs))
    return person is not None or other is not None
