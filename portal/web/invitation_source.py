"""Where the page of an invitation gets what it shows, and how the office that has its link signs or declines."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator import invitations
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Invitation
from orchestrator.terms import Terms
from results import invitation
from results.paper import Paper

REAL = Clock()
"""A link lasts as long as people expect, also where the installation's clock runs fast."""


@dataclass(frozen=True)
class InvitationSource:
    """Reads everything afresh for each page. All raise `Refused` for a link that does not work (any more)."""

    database: Database
    clock: Clock
    own: Path | None = None

    def seen(self, token: str) -> Invitation:
        """Return the invitation of a link, and note the first time that it is opened."""
        with self.database.reading() as session:
            row = invitations.by_token(session, token, REAL.now())
        if row.opened_at is None:
            with self.database.writing() as session:
                invitations.note_opened(session, token, self.clock.now(), REAL.now())
        return row

    def sign(self, token: str, chosen: Terms, signer: str, function: str) -> None:
        with self.database.writing() as session:
            told = (chosen, signer, function, invitation.worded)
            invitations.sign(session, token, *told, self.clock.now(), REAL.now())

    def decline(self, token: str) -> None:
        with self.database.writing() as session:
            invitations.decline(session, token, self.clock.now(), REAL.now())

    def copy(self, token: str) -> Paper | None:
        """Return the copy of what was signed; None while nothing is."""
        row = self.seen(token)
        if row.signed_text is None or row.signed_at is None:
            return None
        return invitation.copy(row.name, row.signed_text, row.signed_at, row.countersigned_at)

    def notice(self, token: str) -> Paper:
        """Return the announcement to staff, for the period that was signed or else offered."""
        row = self.seen(token)
        return invitation.notice(invitation.read_texts(self.own), row.name, invitations.latest(row))
