"""Where letters to an office go: its mail address is sealed, and an address is known again by its fingerprint alone.

A letter, and a consent that was signed, hold the fingerprint of an address and not the address: so the database
compares them in the very statement that lets a letter go, and a stolen copy of it tells nobody's address.
"""

import re
from base64 import urlsafe_b64encode

from sqlalchemy.orm import Session

from orchestrator.models import Advertiser
from orchestrator.scope import ScopeKind
from orchestrator.sealing import vault_of
from orchestrator.web_address import domain_of

BYTES = 15
"""So much of a fingerprint is kept: 120 bits, that no two addresses share, in fewer characters than most addresses."""

_SAID = re.compile(
    r"[^\s<>()\[\]\"',;:=@]{1,64}(?:@|%40|&#64;|&commat;)[a-z0-9\[](?:[a-z0-9.\-:]{0,252}[a-z0-9\]])?", re.IGNORECASE
)
# So many characters at the most: else a long answer without an address would be read again from each of them.


def hidden(text: str) -> str:
    """Return a text of others without the mail addresses in it: a server likes to repeat for whom a letter was."""
    return _SAID.sub("<adres>", text)


def index_of(session: Session, address: str) -> str:
    """Return the fingerprint of exactly this address; that of none is empty.

    It is another one than `sealing.index_of` gives, so that nobody sees which office has its links sent there too.
    """
    return urlsafe_b64encode(vault_of(session).exact(f"letters:{address}")[:BYTES]).decode() if address else ""


def set_addresses(session: Session, office: Advertiser, email: str, form_url: str | None) -> None:
    """Let letters to an office go to these addresses from now on. What it had already is not sealed anew."""
    index = index_of(session, email)
    if index != office.email_index:
        office.email, office.email_index, office.domain = email, index, domain_of(email)
    office.form_url, office.form_index = form_url, index_of(session, form_url) if form_url else None


def as_stored(session: Session, kind: ScopeKind, value: str) -> str:
    """Return a line of a scope as the record keeps it: of an address its fingerprint."""
    return index_of(session, value) if kind is ScopeKind.ADDRESS else value
