"""The tables of what an advertiser has of its own: where its links go, and what it says of a test."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base
from orchestrator.sealing import GONE, Sealed, Sealing


class Contact(Sealing, Base):
    """Where the links of an advertiser are mailed: to who answers for it, not to the mailbox that letters go to.

    ``email_index`` is the fingerprint of the address (`sealing.index_of`): it is looked up by that.
    """

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("email_index", name="uq_contact_email"),)
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"), primary_key=True, autoincrement=False)
    email_sealed: Mapped[bytes | None]
    email = Sealed("")
    email_index: Mapped[str] = mapped_column(String(254))


class ContextNote(Sealing, Base):
    """What an advertiser says of one of its tests, and what a person of the research decided of it.

    ``accepted`` and ``reason`` are None until then; whoever decides does not see which letter got which answer.
    """

    __tablename__ = "context_note"
    __table_args__ = (CheckConstraint("(accepted IS NULL) = (decided_by IS NULL)", name="decided"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"), unique=True)
    choice: Mapped[str] = mapped_column(String(24))
    text_sealed: Mapped[bytes | None]
    text = Sealed(GONE)
    written_at: Mapped[datetime]
    accepted: Mapped[bool | None]
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None]
