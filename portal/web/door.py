"""Who comes in: people of the desk and advertisers, their sign-in links and the sessions of their browsers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import quote

from orchestrator import accounts, own_access, second_factor, sessions
from orchestrator.accounts import Known, Visitor
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Person
from orchestrator.second_factor import Offer
from orchestrator.sessions import Browser
from orchestrator.settings import SecondFactor, Settings
from orchestrator.text_file import on_one_line
from workers.channels.desk_mail import TEXT, TO_ADVERTISER, can_mail, send_link
from workers.channels.transport import TransportError

log = logging.getLogger(__name__)

OWN_PAGES = "/mijn"

REAL = Clock()
"""Links and sessions last as long as people expect, also where the installation's clock runs fast."""


class Door(Protocol):
    """What the pages ask about people. ``token`` is the cookie of a browser that is signed in."""

    @property
    def mails(self) -> bool:
        """Whether a link can be mailed; without it a command prints one."""
        ...

    @property
    def organisation(self) -> str | None:
        """What the button to the provider of people's organisation calls it; None without one."""
        ...

    def visitor(self, token: str) -> Visitor | None:
        """Return who is signed in with this cookie."""
        ...

    def send_link(self, email: str, next_page: str, browser: str | None) -> None:
        """Mail a link to the person or advertiser with this address; do nothing when there is none."""
        ...

    def link_works(self, link: str) -> bool: ...

    def asked_by(self, link: str, browser: str) -> bool:
        """Say whether a link works and was asked for in the browser with this secret."""
        ...

    def is_known(self, browser: str) -> bool: ...

    def sign_in(self, link: str, words: str) -> str:
        """Use a link up and return the cookie of a new session; raise `Refused` for one that does not work."""
        ...

    def sign_out(self, token: str) -> None: ...

    def offer(self, token: str) -> Offer | None: ...

    def set_up(self, token: str, code: str) -> tuple[str, ...] | None: ...

    def show(self, token: str, code: str) -> bool: ...

    def renew_recovery(self, token: str, code: str) -> tuple[str, ...] | None: ...

    def recovery_left(self, token: str) -> int | None:
        """Count the recovery codes that somebody still has; None for who has no second factor."""
        ...

    def browsers(self, token: str) -> Sequence[Browser]: ...

    def end(self, token: str, number: int) -> None: ...

    def end_others(self, token: str) -> None: ...

    def people(self) -> Sequence[Known]: ...

    def add(self, name: str, email: str, roles: Sequence[str], actor: str) -> None: ...

    def revoke(self, name: str, actor: str) -> None: ...

    def end_all(self, name: str, actor: str) -> None: ...

    def reset_factor(self, name: str, actor: str) -> None: ...


@dataclass(frozen=True)
class DatabaseDoor:
    """The people in the installation's database."""

    database: Database
    clock: Clock
    settings: Settings

    @property
    def mails(self) -> bool:
        return can_mail(self.settings)

    @property
    def organisation(self) -> str | None:
        return self.settings.oidc_label if self.settings.oidc_issuer else None

    @property
    def _asks(self) -> bool:
        return self.settings.second_factor is SecondFactor.REQUIRED

    def visitor(self, token: str) -> Visitor | None:
        with self.database.reading() as session:
            found = accounts.visitor(session, token, REAL.now())
        if found is None:
            return None
        person, unnoted = found
        if unnoted:
            with self.database.writing() as session:
                accounts.note_seen(session, token, REAL.now())
        return replace(person, waits=person.waits and self._asks)

    def send_link(self, email: str, next_page: str, browser: str | None) -> None:
        with self.database.writing() as session:
            who = accounts.by_email(session, email) or own_access.by_email(session, email)
            if who is None:
                return
            token = accounts.make_mailed_link(session, who, browser, self.clock.now(), REAL.now())
        if token is None:
            return
        person = isinstance(who, Person)
        whole = link(self.settings.site, token, next_page if person else OWN_PAGES)
        try:
            send_link(self.settings, who.name, email.strip().casefold(), whole, TEXT if person else TO_ADVERTISER)
        except TransportError as error:
            self._not_mailed(token)
            # Whoever asked may not learn whether the address is known; the keeper of the installation must.
            kind = "person" if person else "advertiser"
            log.error("sign-in-mail: De link voor %s:%s is niet verzonden: %s", kind, who.id, on_one_line(error))

    def _not_mailed(self, token: str) -> None:
        with self.database.writing() as session:
            accounts.forget_mailed(session, token)

    def link_works(self, link: str) -> bool:
        with self.database.reading() as session:
            return accounts.link_works(session, link, REAL.now())

    def asked_by(self, link: str, browser: str) -> bool:
        with self.database.reading() as session:
            return accounts.asked_by(session, link, browser, REAL.now())

    def is_known(self, browser: str) -> bool:
        with self.database.reading() as session:
            return accounts.is_known(session, browser)

    def sign_in(self, link: str, words: str) -> str:
        with self.database.writing() as session:
            return accounts.sign_in(session, link, self.clock.now(), REAL.now(), words, asks=self._asks)

    def sign_out(self, token: str) -> None:
        with self.database.writing() as session:
            accounts.sign_out(session, token, self.clock.now(), REAL.now())

    def offer(self, token: str) -> Offer | None:
        with self.database.writing() as session:
            return second_factor.offer(session, token, REAL.now())

    def set_up(self, token: str, code: str) -> tuple[str, ...] | None:
        with self.database.writing() as session:
            return second_factor.set_up(session, token, code, self.clock.now(), REAL.now())

    def show(self, token: str, code: str) -> bool:
        with self.database.writing() as session:
            return second_factor.show(session, token, code, self.clock.now(), REAL.now())

    def renew_recovery(self, token: str, code: str) -> tuple[str, ...] | None:
        with self.database.writing() as session:
            return second_factor.renew_recovery(session, token, code, self.clock.now(), REAL.now())

    def recovery_left(self, token: str) -> int | None:
        with self.database.reading() as session:
            return second_factor.recovery_left(session, token, REAL.now())

    def browsers(self, token: str) -> tuple[Browser, ...]:
        with self.database.reading() as session:
            return sessions.own(session, token, REAL.now())

    def end(self, token: str, number: int) -> None:
        with self.database.writing() as session:
            sessions.end(session, token, number, self.clock.now(), REAL.now())

    def end_others(self, token: str) -> None:
        with self.database.writing() as session:
            sessions.end_others(session, token, self.clock.now(), REAL.now())

    def people(self) -> tuple[Known, ...]:
        with self.database.reading() as session:
            return accounts.everybody(session, REAL.now())

    def add(self, name: str, email: str, roles: Sequence[str], actor: str) -> None:
        with self.database.writing() as session:
            accounts.add(session, name, email, roles, actor, self.clock.now())

    def revoke(self, name: str, actor: str) -> None:
        with self.database.writing() as session:
            accounts.revoke(session, name, actor, self.clock.now(), REAL.now())

    def end_all(self, name: str, actor: str) -> None:
        with self.database.writing() as session:
            sessions.end_all(session, name, actor, self.clock.now(), REAL.now())

    def reset_factor(self, name: str, actor: str) -> None:
        with self.database.writing() as session:
            second_factor.reset_of_another(session, name, actor, self.clock.now(), REAL.now())


def link(site: str, token: str, next_page: str = "/") -> str:
    """Return the whole link of a token."""
    return f"{site}/aanmelden/link/{token}" + (f"?next={quote(next_page, safe='')}" if next_page != "/" else "")
