"""The tables of what comes before a round: designs that are still being written, and trial mails; see `drafts`."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base
from orchestrator.sealing import Sealed, Sealing

LONGEST_NAME = 64


class Draft(Sealing, Base):
    """A design that somebody writes: ``design`` is the text of its file, the other two are files as they were given.

    Those of the participants are sealed: they tell where letters to an office go.
    ``version`` rises with every change, so that nobody overwrites what they did not see. ``amends`` is the round of
    which this is to be a new version.
    """

    __tablename__ = "draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    design: Mapped[str] = mapped_column(Text)
    participants_sealed: Mapped[bytes | None]
    participants = Sealed[str | None](None)
    listings: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int]
    amends: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime]


class MailTrip(Base):
    """A mail to ourselves, by the road that letters go and back by the road that answers come.

    ``domain`` is that of the letters; ``fault`` is why it was not even accepted.
    """

    __tablename__ = "mail_trip"
    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(String(255), index=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    sent_by: Mapped[str] = mapped_column(String(120))
    sent_at: Mapped[datetime]
    back_at: Mapped[datetime | None]
    fault: Mapped[str | None] = mapped_column(Text)
