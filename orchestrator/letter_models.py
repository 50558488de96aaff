"""What every outgoing letter has in common, whatever it is for."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.intake import Channel
from orchestrator.states import LetterState


class Letter:
    """What every outgoing letter has; the row is the message and its state decides whether it may go.

    ``address_index`` is the fingerprint of the address that it was written for (`addresses.index_of`).
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[LetterState]
    channel: Mapped[Channel]
    address_index: Mapped[str] = mapped_column(Text)
    domain: Mapped[str] = mapped_column(String(255))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    planned_at: Mapped[datetime]
    not_after: Mapped[datetime]
    fence: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    remote_ref: Mapped[str | None] = mapped_column(Text)
    last_error: Mapped[str | None] = mapped_column(Text)
