"""The tables of coding by people: labels, doubts, and what was hidden by hand."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from orchestrator.base import Base
from orchestrator.sealing import GONE, Sealed, Sealing

if TYPE_CHECKING:
    from orchestrator.models import Reply


class Coding(Base):
    """One coder's label of one reply; a coder codes a reply once."""

    __tablename__ = "coding"
    __table_args__ = (UniqueConstraint("reply_id", "coder"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"))
    coder: Mapped[str] = mapped_column(String(120))
    label: Mapped[str] = mapped_column(String(40))
    coded_at: Mapped[datetime]
    reply: Mapped["Reply"] = relationship(back_populates="codings")


class Doubt(Sealing, Base):
    """A coder who leaves a reply to others, with a note for them."""

    __tablename__ = "doubt"
    __table_args__ = (UniqueConstraint("reply_id", "coder"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"))
    coder: Mapped[str] = mapped_column(String(120))
    note_sealed: Mapped[bytes | None]
    note = Sealed(GONE)
    doubted_at: Mapped[datetime]
    reply: Mapped["Reply"] = relationship(back_populates="doubts")


class HandMask(Sealing, Base):
    """A phrase of a reply that a person hides from the coders, because it points at the applicant."""

    __tablename__ = "hand_mask"
    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"), index=True)
    phrase_sealed: Mapped[bytes | None]
    phrase = Sealed("")
    masked_by: Mapped[str] = mapped_column(String(120))
    masked_at: Mapped[datetime]
    reply: Mapped["Reply"] = relationship(back_populates="masks")
