"""What the API asks of the record beside what the pages ask: whose token this is, the ledger's head, a mail to keep."""

from dataclasses import dataclass
from typing import Protocol

from orchestrator import api_tokens, ledger
from orchestrator.api_tokens import Bearer
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.ledger import Head
from orchestrator.settings import Settings
from profiles.errors import Refused
from workers.inbox import webhook
from workers.inbox.webhook import Event

REAL = Clock()
"""Tokens and signatures last as long as people expect, also where the installation's clock runs fast."""


class Gate(Protocol):
    """The record as the API needs it."""

    def bearer(self, token: str) -> Bearer | None:
        """Return who shows this token; None when it does not work (any more)."""
        ...

    def ledger_head(self) -> Head | None: ...

    def take(self, event: Event) -> None:
        """Keep a signed mail. Raises `Refused` for one that is not to be kept."""
        ...


@dataclass(frozen=True)
class DatabaseGate:
    """The installation's own record."""

    database: Database
    clock: Clock
    settings: Settings

    def bearer(self, token: str) -> Bearer | None:
        with self.database.reading() as session:
            found = api_tokens.bearer(session, token, REAL.now())
        if found is None:
            return None
        bearer, unnoted = found
        if unnoted:
            with self.database.writing() as session:
                api_tokens.note_used(session, bearer.id, REAL.now())
        return bearer

    def ledger_head(self) -> Head | None:
        with self.database.reading() as session:
            return ledger.head(session)

    def take(self, event: Event) -> None:
        key = self.settings.webhook_key
        if key is None:
            message = "Deze installatie neemt langs deze weg geen mail aan."
            raise Refused(
                "unknown-webhook", message, "Zet PRAKTIJKTEST_INBOUND_KEY, of lever de mail af bij de mailserver."
            )
        webhook.check(key, event, REAL.now())
        webhook.keep(self.database, self.clock, event)
