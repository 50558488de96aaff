"""The SMTP listener: a mail is stored before it is accepted, so that nothing accepted can be lost."""

import hashlib

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseError
from orchestrator.rounds import answers
from workers import faults
from workers.inbox.mime import clean
from workers.inbox.parse import content_key
from workers.ports import must_be_free

MOST_BYTES = 25 * 1024 * 1024


class Intake:
    """aiosmtpd's handler: store raw bytes and delivery, then say yes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        raw = bytes(envelope.original_content or b"")
        recipients = ",".join(sorted(clean(address).lower() for address in envelope.rcpt_tos))
        # The same bytes for the same recipients are the same delivery: a sender that missed our answer tries again.
        key = hashlib.sha256(recipients.encode() + b"\0" + raw).hexdigest()
        faults.at("taken")
        try:
            with self.database.writing() as open_session:
                answers.store(open_session, raw, content_key(raw), "smtp", key, recipients, self.clock.now())
        except DatabaseError as error:
            return f"451 4.3.0 not stored, try again: {type(error).__name__}"
        faults.at("kept")
        return "250 2.0.0 stored"


class Liberal(SMTP):
    """Takes lines of any length: what is refused here is an answer that is lost."""

    line_length_limit = MOST_BYTES


class Listener(Controller):
    """Listens on one port in a thread of its own; `start` raises `Refused` when the port is taken.

    A mail of more than `MOST_BYTES` is refused (552), if its sender asked before it is sent at all (SIZE, RFC 1870).
    """

    def __init__(self, database: Database, clock: Clock, host: str, port: int) -> None:
        super().__init__(
            Intake(database, clock), hostname=host, port=port, ready_timeout=20, data_size_limit=MOST_BYTES
        )

    def factory(self) -> SMTP:
        return Liberal(self.handler, **self.SMTP_kwargs)

    def start(self) -> None:
        must_be_free(self.hostname, self.port, "PRAKTIJKTEST_LISTEN_PORT")
        super().start()
