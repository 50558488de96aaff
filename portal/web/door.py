"""Who comes in: people of the desk and advertisers, their sign-in links and the sessions of their browsers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from orchestrator import accounts, own_access
from orchestrator.accounts import Known, Visitor
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Person
from orchestrator.settings import Settings
from orchestrator.text_file import on_one_line
from workers.channels.desk_mail import TEXT, TO_ADVERTISER, can_mail, send_link
from workers.channels.transport import TransportError

log = logging.getLogger(__name__)

OWN_PAGES = "/mijn"

REAL = Clock()
"""Links and sessions last as long as people expect, also where the installation's clock runs fast."""


class Door(Protocol):
    """What the pages ask about people."""

    @property
    def mails(self) -> bool:
        """Whether a link can be mailed; without it a command prints one."""
        ...

    def visitor(self, token: str) -> Visitor | None:
        """Return who is signed in with this cookie."""
        ...

    def send_link(self, email: str, next_page: str) -> None:
        """Mail a link to the person or advertiser with this address; do nothing when there is none."""
        ...

    def link_works(self, token: str) -> bool: ...

    def sign_in(self, token: str) -> str:
        """Use a link up and return the cookie of a new session; raise `Refused` for one that does not work."""
        ...

    def sign_out(self, token: str) -> None: ...

    def people(self) -> Sequence[Known]: ...

    def add(self, name: str, email: str, roles: Sequence[str], actor: str) -> None: ...

    def revoke(self, name: str, actor: str) -> None: ...


@dataclass(frozen=True)
class DatabaseDoor:
    """The people in the installation's database."""

    database: Database
    clock: Clock
    settings: Settings

    @property
    def mails(self) -> bool:
        return can_mail(self.settings)

    def visitor(self, token: str) -> Visitor | None:
        with self.database.reading() as session:
            found = accounts.visitor(session, token, REAL.now())
        if found is None:
            return None
        person, unnoted = found
        if unnoted:
            with self.database.writing() as session:
                accounts.note_seen(session, token, REAL.now())
        return person

    def send_link(self, email: str, next_page: str) -> None:
        with self.database.writing() as session:
            who = accounts.by_email(session, email) or own_access.by_email(session, email)
            if who is None:
                return
            token = accounts.make_link(session, who, accounts.actor_of(who), self.clock.now(), REAL.now())
        person = isinstance(who, Person)
        whole = link(self.settings.site, token, next_page if person else OWN_PAGES)
        try:
            send_link(self.settings, who.name, email.strip().casefold(), whole, TEXT if person else TO_ADVERTISER)
        except TransportError as error:
            # Whoever asked may not learn whether the address is known; the keeper of the installation must.
            kind = "person" if person else "advertiser"
            log.error("sign-in-mail: De link voor %s:%s is niet verzonden: %s", kind, who.id, on_one_line(error))

    def link_works(self, token: str) -> bool:
        with self.database.reading() as session:
            return accounts.link_works(session, token, REAL.now())

    def sign_in(self, token: str) -> str:
        with self.database.writing() as session:
            return accounts.sign_in(session, token, self.clock.now(), REAL.now())

    def sign_out(self, token: str) -> None:
        with self.database.writing() as session:
            accounts.sign_out(session, token, self.clock.now(), REAL.now())

    def people(self) -> tuple[Known, ...]:
        with self.database.reading() as session:
            return accounts.everybody(session)

    def add(self, name: str, email: str, roles: Sequence[str], actor: str) -> None:
        with self.database.writing() as session:
            accounts.add(session, name, email, roles, actor, self.clock.now())

    def revoke(self, name: str, actor: str) -> None:
        with self.database.writing() as session:
            accounts.revoke(session, name, actor, self.clock.now(), REAL.now())


def link(site: str, token: str, next_page: str = "/") -> str:
    """Return the whole link of a token."""
    return f"{site}/aanmelden/link/{token}" + (f"?next={quote(next_page, safe='')}" if next_page != "/" else "")
