"""Where the desk's page of taking part gets the invitations, and how it makes, countersigns and revokes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator import invitations
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.invitations import Offer
from orchestrator.models import Invitation
from orchestrator.sealing import open_all
from orchestrator.settings import Settings
from portal import offers
from workers.channels.desk_mail import can_mail
from workers.channels.transport import TransportError

REAL = Clock()
"""A link lasts as long as people expect, also where the installation's clock runs fast."""


@dataclass(frozen=True)
class Asked:
    """An invitation, and whether its link has run out."""

    row: Invitation
    expired: bool


@dataclass(frozen=True)
class Sent:
    """What came of inviting somebody: the link to pass on (None: it was mailed), and why a mail did not go."""

    name: str
    link: str | None
    failed: str | None


@dataclass(frozen=True)
class EnrolmentSource:
    """Reads everything afresh for each page; each change is a transaction."""

    database: Database
    clock: Clock
    settings: Settings

    @property
    def mails(self) -> bool:
        return can_mail(self.settings)

    def all(self) -> Sequence[Asked]:
        """Return all invitations, the newest first."""
        with self.database.reading() as session:
            rows = invitations.listed(session)
            open_all(session, rows)
        now = REAL.now()
        return [Asked(row, row.state in invitations.OPEN and row.expires_at <= now) for row in rows]

    def make(self, offer: Offer, actor: str, *, mail: bool) -> Sent:
        """Store an offer, and mail its link when that was asked.

        Raises `Refused` without storing anything where no mail can go, and as `invitations.invite` does.
        """
        if mail:
            offers.require_mail(self.settings)
        with self.database.writing() as session:
            _, link = offers.make(session, self.settings, offer, actor, self.clock.now(), REAL.now())
        if not mail:
            return Sent(offer.name, link, None)
        try:
            offers.mail(self.settings, offer, link)
        except TransportError as error:
            return Sent(offer.name, link, str(error))
        return Sent(offer.name, None, None)

    def countersign(self, number: int, actor: str) -> None:
        with self.database.writing() as session:
            invitations.countersign(session, number, actor, self.clock.now())

    def revoke(self, number: int, actor: str) -> None:
        with self.database.writing() as session:
            invitations.revoke(session, number, actor, self.clock.now())
