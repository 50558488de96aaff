"""The tables of the request test; see `rounds.requesting`."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from orchestrator.base import Base, words
from orchestrator.design import Purpose
from orchestrator.letter_models import Letter
from orchestrator.sealing import Sealed, Sealing
from orchestrator.states import RoundState


class RequestState(StrEnum):
    """planned → made, or not reached after the last try; or cancelled, when it may not or need not be asked."""

    PLANNED = "planned"
    MADE = "made"
    NOT_REACHED = "not_reached"
    CANCELLED = "cancelled"


class LetterStep(StrEnum):
    """The letters of a mailed request: what is asked, and what thanks for the answer and ends it."""

    REQUEST = "request"
    THANKS = "thanks"


class RequestRound(Base):
    """One wave of requests with one version of one script; ``text`` is what is said, as it was approved.

    ``domain`` is that of the owners' addresses in a round by mail, None in one by telephone; ``live`` as of a design.
    """

    __tablename__ = "request_round"
    __table_args__ = (
        # Four eyes, as for a round of letters.
        CheckConstraint("approved_by IS NULL OR lower(approved_by) <> lower(planned_by)", name="four_eyes"),
        CheckConstraint("first_day <= last_day", name="period"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    script: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    ground: Mapped[str] = mapped_column(String(40))
    text: Mapped[list[str]]
    purpose: Mapped[Purpose]
    seed: Mapped[int] = mapped_column(BigInteger)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    state: Mapped[RoundState]
    planned_by: Mapped[str] = mapped_column(String(120))
    planned_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(120))
    closed_at: Mapped[datetime | None]
    domain: Mapped[str | None] = mapped_column(String(255))
    live: Mapped[bool] = mapped_column(default=False, server_default=false())
    requests: Mapped[list["OwnerRequest"]] = relationship(
        back_populates="round", order_by=lambda: (OwnerRequest.planned_on, OwnerRequest.id)
    )


class OwnerRequest(Sealing, Base):
    """One advertiser that is asked once, by one tester; ``note`` is what was answered, in words and without names.

    ``code`` is final: two coders agreed, or a third decided.
    """

    __tablename__ = "owner_request"
    __table_args__ = (
        # Asked once and not again: there is no row for a second time.
        UniqueConstraint("round_id", "advertiser_id"),
        CheckConstraint("code IS NULL OR state IN ('made', 'not_reached')", name="coded"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("request_round.id"))
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"), index=True)
    tester: Mapped[str] = mapped_column(String(120))
    planned_on: Mapped[date] = mapped_column(Date)
    state: Mapped[RequestState] = mapped_column(words(RequestState))
    tries: Mapped[int]
    made_at: Mapped[datetime | None]
    note_sealed: Mapped[bytes | None]
    note = Sealed[str | None](None)
    code: Mapped[str | None] = mapped_column(String(40))
    round: Mapped[RequestRound] = relationship(back_populates="requests")
    letters: Mapped[list["RequestLetter"]] = relationship(back_populates="request", order_by=lambda: RequestLetter.id)
    codings: Mapped[list["RequestCoding"]] = relationship(back_populates="request", order_by=lambda: RequestCoding.id)


class RequestCoding(Base):
    """What one coder makes of an answer; a coder codes an answer once."""

    __tablename__ = "request_coding"
    __table_args__ = (UniqueConstraint("request_id", "coder"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("owner_request.id"))
    coder: Mapped[str] = mapped_column(String(120))
    code: Mapped[str] = mapped_column(String(40))
    coded_at: Mapped[datetime]
    request: Mapped[OwnerRequest] = relationship(back_populates="codings")


class RequestLetter(Letter, Base):
    """A letter of a fictitious owner to one office: the request, and after an answer one word of thanks.

    Both are from the same ``reply_address``; there is no row for a second request.
    """

    __tablename__ = "request_letter"
    __table_args__ = (UniqueConstraint("request_id", "step"), UniqueConstraint("reply_address", "step"))
    request_id: Mapped[int] = mapped_column(ForeignKey("owner_request.id"))
    step: Mapped[LetterStep] = mapped_column(words(LetterStep))
    sender_name: Mapped[str] = mapped_column(String(120))
    reply_address: Mapped[str] = mapped_column(String(254))
    in_reply_to: Mapped[str | None] = mapped_column(Text)
    request: Mapped[OwnerRequest] = relationship(back_populates="letters")
