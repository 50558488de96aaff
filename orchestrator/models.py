"""The tables. The database itself forbids what must never happen; see the constraints."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from orchestrator.account_models import Person as Person
from orchestrator.account_models import RecoveryCode as RecoveryCode
from orchestrator.account_models import SignInLink as SignInLink
from orchestrator.account_models import WebSession as WebSession
from orchestrator.advertiser_models import Advertiser as Advertiser
from orchestrator.api_token_models import ApiToken as ApiToken
from orchestrator.base import Base as Base
from orchestrator.base import words
from orchestrator.coding_models import Coding as Coding
from orchestrator.coding_models import Doubt as Doubt
from orchestrator.coding_models import HandMask as HandMask
from orchestrator.design import Purpose
from orchestrator.followup_models import AgreedAction as AgreedAction
from orchestrator.followup_models import FollowUp as FollowUp
from orchestrator.invitation_models import EnrolmentScope as EnrolmentScope
from orchestrator.invitation_models import Invitation as Invitation
from orchestrator.invitation_models import InvitationState as InvitationState
from orchestrator.letter_models import Letter as Letter
from orchestrator.look_models import Look as Look
from orchestrator.outcome_models import OutcomeBook as OutcomeBook
from orchestrator.outcome_models import OutcomeChange as OutcomeChange
from orchestrator.outcome_models import OutcomeCount as OutcomeCount
from orchestrator.outcome_models import PairOutcome as PairOutcome
from orchestrator.own_models import Contact as Contact
from orchestrator.own_models import ContextNote as ContextNote
from orchestrator.pretest_models import Pretest as Pretest
from orchestrator.pretest_models import Rater as Rater
from orchestrator.pretest_models import Rating as Rating
from orchestrator.release_models import Release as Release
from orchestrator.release_models import ReleaseReport as ReleaseReport
from orchestrator.release_models import ReleaseState as ReleaseState
from orchestrator.request_models import OwnerRequest as OwnerRequest
from orchestrator.request_models import RequestCoding as RequestCoding
from orchestrator.request_models import RequestLetter as RequestLetter
from orchestrator.request_models import RequestRound as RequestRound
from orchestrator.sealing import GONE, Sealed, Sealing
from orchestrator.setup_models import Draft as Draft
from orchestrator.setup_models import MailTrip as MailTrip
from orchestrator.states import AttemptOutcome, CodedBy, MailState, PairState, RoundState
from orchestrator.tally_models import Tally as Tally
from orchestrator.tally_models import TallyChange as TallyChange
from orchestrator.toolkit_models import ToolkitUse as ToolkitUse
from profiles.factors import FactorLevel
from profiles.pairs import Arm


class Study(Base):
    """A commissioned programme: who asked, on what legal basis, with which references."""

    __tablename__ = "study"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    commissioner: Mapped[str] = mapped_column(String(200))
    legal_basis: Mapped[str] = mapped_column(Text)
    ethics_reference: Mapped[str] = mapped_column(String(200))
    dpia_reference: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[Purpose]
    retention_months: Mapped[int]


class Round(Base):
    """One pre-registered wave; ``design`` is the canonical text whose SHA-256 is ``digest``.

    ``texts`` has the digest of every file that its letters are made of (`profiles.versions`), ``names`` what was known
    of its names when it was planned (`name_bank.freeze`).
    """

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        # Four eyes: the approver is never the planner, also not by a mistake in our own code.
        CheckConstraint("approved_by IS NULL OR lower(approved_by) <> lower(planned_by)", name="four_eyes"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    name: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    design: Mapped[str] = mapped_column(Text)
    design_path: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    texts: Mapped[dict[str, Any] | None]
    names: Mapped[dict[str, Any] | None]
    state: Mapped[RoundState]
    planned_by: Mapped[str] = mapped_column(String(120))
    planned_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(120))
    approved_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    study: Mapped[Study] = relationship()


class Enrolment(Base):
    """An advertiser's consent: purpose, window, cap, withdrawal.

    One that is ``scoped`` was signed and covers what its ``lines`` say: without them nothing.
    """

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("advertiser_id", "valid_from"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"), index=True)
    purpose: Mapped[Purpose]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    max_pairs: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    scoped: Mapped[bool] = mapped_column(default=False, server_default=false())
    lines: Mapped[list[EnrolmentScope]] = relationship(lazy="selectin")


class Blackout(Base):
    """Days on which an advertiser is not written to; ``start`` and ``end`` are moments, both included."""

    __tablename__ = "blackout"
    __table_args__ = (UniqueConstraint("advertiser_id", "start"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"))
    start: Mapped[datetime]
    end: Mapped[datetime]


class Hold(Base):
    """A pause of one advertiser, for a person to look at and lift: no first or second letter goes while it lasts."""

    __tablename__ = "hold"
    id: Mapped[int] = mapped_column(primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"), index=True)
    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(120))


class Listing(Base):
    """The advertised dwelling."""

    __tablename__ = "listing"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"), index=True)
    street: Mapped[str] = mapped_column(String(200))
    postcode: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(100))
    district: Mapped[str] = mapped_column(String(100))
    rent: Mapped[int]
    rooms: Mapped[int]
    reference: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime | None]
    accessible: Mapped[bool | None]
    advertiser: Mapped[Advertiser] = relationship()


class Feed(Base):
    """A list of advertised dwellings that a running round reads: what its server told, and what was in it.

    ``seen`` counts the items of the last reading, ``strangers`` those of advertisers who do not take part and
    ``unreadable`` those that could not be used; ``pairs`` counts what the feed brought to the round so far.
    """

    __tablename__ = "feed"
    __table_args__ = (UniqueConstraint("round_id", "url"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    url: Mapped[str] = mapped_column(Text)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    seen: Mapped[int] = mapped_column(default=0)
    strangers: Mapped[int] = mapped_column(default=0)
    unreadable: Mapped[int] = mapped_column(default=0)
    pairs: Mapped[int] = mapped_column(default=0)


class Refusal(Base):
    """Why a listing was not tested in a round."""

    __tablename__ = "refusal"
    __table_args__ = (UniqueConstraint("round_id", "listing_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    reason: Mapped[str] = mapped_column(String(40))


class Pair(Base):
    """One listing approached by the arms of the design; at most one per listing and round.

    ``listed`` is what the listing said when the pair was drawn (`listings.to_record`); a listing is brought up to date.
    ``sham`` is what both arms show in a sham pair. ``place`` is its place in the rotation of its kind
    (`assignment.Seat`), ``level`` that of the factor of the design, ``turn`` the place of its names in the order drawn
    for it, and ``turns`` those of the further treatments of a set. ``first`` is the arm that writes first, in an
    unpaired design the only one.
    """

    __tablename__ = "pair"
    __table_args__ = (UniqueConstraint("round_id", "listing_id"), UniqueConstraint("round_id", "code"))
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), index=True)
    code: Mapped[str] = mapped_column(String(16))
    sham: Mapped[Arm | None] = mapped_column(words(Arm, "sham"))
    first: Mapped[Arm]
    state: Mapped[PairState]
    reason: Mapped[str | None] = mapped_column(String(40))
    listed: Mapped[dict[str, Any] | None]
    turn: Mapped[int] = mapped_column(default=0, server_default="0")
    place: Mapped[int] = mapped_column(default=0, server_default="0")
    level: Mapped[FactorLevel | None]
    turns: Mapped[list[int] | None]
    round: Mapped[Round] = relationship()
    listing: Mapped[Listing] = relationship()
    inquiries: Mapped[list["Inquiry"]] = relationship(back_populates="pair", order_by="Inquiry.order")


PLANNED = "state = 'planned'"
HELD = "state IN ('claimed','sending')"
UNCERTAIN = "state = 'uncertain'"
WENT = "state IN ('sending','sent','uncertain') AND advertiser_id IS NOT NULL"
NEXT = "\"order\" > 1 AND state IN ('planned','claimed') AND advertiser_id IS NOT NULL"
"""The office is named, though it is never empty, to keep who does not ask for one from these indexes: PostgreSQL would
go through all of one that was empty when it planned, and go on so when there are thousands of letters in it."""


class Inquiry(Letter, Base):
    """One letter of one arm to one listing."""

    __tablename__ = "inquiry"
    __table_args__ = (
        UniqueConstraint("pair_id", "arm"),
        UniqueConstraint("pair_id", "order"),
        CheckConstraint('"order" BETWEEN 1 AND 4', name="order"),
        Index("ix_inquiry_sent_at", "sent_at"),
        Index("ix_inquiry_uncertain", "planned_at", sqlite_where=text(UNCERTAIN), postgresql_where=text(UNCERTAIN)),
        Index("ix_inquiry_due", "planned_at", "id", sqlite_where=text(PLANNED), postgresql_where=text(PLANNED)),
        Index("ix_inquiry_lease", "lease_until", sqlite_where=text(HELD), postgresql_where=text(HELD)),
        Index("ix_inquiry_office_went", "advertiser_id", "sent_at", sqlite_where=text(WENT),
              postgresql_where=text(WENT)),
        Index("ix_inquiry_office_next", "advertiser_id", "planned_at", sqlite_where=text(NEXT),
              postgresql_where=text(NEXT)),
    )  # fmt: skip
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"))
    advertiser_id: Mapped[int] = mapped_column(nullable=True)
    """As the listing of its pair has it (`orchestrator.letter_offices`); in the database it is never empty."""
    arm: Mapped[Arm]
    order: Mapped[int]
    gap: Mapped[timedelta]
    variant: Mapped[str] = mapped_column(String(40))
    profile: Mapped[dict[str, Any]]
    sender_name: Mapped[str] = mapped_column(String(120))
    reply_address: Mapped[str] = mapped_column(String(254), unique=True)
    pair: Mapped[Pair] = relationship(back_populates="inquiries")
    replies: Mapped[list["Reply"]] = relationship(back_populates="inquiry", order_by="Reply.received_at")
    decline: Mapped["Decline | None"] = relationship(back_populates="inquiry")


class Decline(Letter, Base):
    """The courtesy letter that gives a viewing back; at most one per inquiry."""

    __tablename__ = "decline"
    __table_args__ = (
        Index("ix_decline_uncertain", "planned_at", sqlite_where=text(UNCERTAIN), postgresql_where=text(UNCERTAIN)),
        Index("ix_decline_due", "planned_at", "id", sqlite_where=text(PLANNED), postgresql_where=text(PLANNED)),
        Index("ix_decline_lease", "lease_until", sqlite_where=text(HELD), postgresql_where=text(HELD)),
    )
    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"), unique=True)
    in_reply_to: Mapped[str | None] = mapped_column(Text)
    inquiry: Mapped[Inquiry] = relationship(back_populates="decline")


class Attempt(Base):
    """One try on the wire; fence and index each forbid a second one."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("message_id", "fence"),
        Index("one_live_attempt", "message_id", unique=True,
              sqlite_where=text("outcome IN ('sending','sent','uncertain')"),
              postgresql_where=text("outcome IN ('sending','sent','uncertain')")),
        Index("ix_attempt_domain_started_at", "domain", "started_at"),
        Index("ix_attempt_started_at", "started_at"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(200))
    fence: Mapped[int]
    worker: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[AttemptOutcome]
    phase: Mapped[str | None] = mapped_column(String(24))
    detail: Mapped[str | None] = mapped_column(Text)
    domain: Mapped[str | None] = mapped_column(String(255))
    response: Mapped[str | None] = mapped_column(Text)


class Control(Base):
    """The one row that can shut all sending, and that holds the clock of a rehearsal.

    ``restored_at`` is set from the moment a backup was put back until the record was reconciled with what went out.
    """

    __tablename__ = "control"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    sending_enabled: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    clock_start: Mapped[datetime | None]
    clock_wall: Mapped[float | None]
    clock_speed: Mapped[float | None]
    restored_at: Mapped[datetime | None]


class InboundMail(Sealing, Base):
    """The raw bytes of a message that came in, once per content; without any when they were destroyed."""

    __tablename__ = "inbound_mail"
    __table_args__ = (
        Index("ix_inbound_mail_kept", "received_at", sqlite_where=text("raw_sealed IS NOT NULL"),
              postgresql_where=text("raw_sealed IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    content_key: Mapped[str] = mapped_column(String(64), unique=True)
    raw_sealed: Mapped[bytes | None]
    raw = Sealed(b"")
    envelope_to: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    state: Mapped[MailState] = mapped_column(index=True)


class Delivery(Base):
    """How often and by which road a message came in; the same delivery is stored once."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("source", "source_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(80))
    source_key: Mapped[str] = mapped_column(String(120))
    mail_id: Mapped[int] = mapped_column(ForeignKey("inbound_mail.id"))
    received_at: Mapped[datetime]


class ImapCursor(Base):
    """How far a mail folder has been read; moves in the transaction that stores what was read.

    ``ended_at`` is when it was last read to its end.
    """

    __tablename__ = "imap_cursor"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(80), unique=True)
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[datetime | None]


class LetterCopy(Base):
    """A copy of one of our letters, seen in the ledger mailbox: proof that the relay took the letter.

    ``dated_at`` is when the letter itself says it was sent, ``settled_at`` when the letter was found to be sent by its
    record too; until then it may have something to settle.
    """

    __tablename__ = "letter_copy"
    __table_args__ = (
        Index("ix_letter_copy_open", "message_id", sqlite_where=text("settled_at IS NULL"),
              postgresql_where=text("settled_at IS NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    seen_at: Mapped[datetime]
    dated_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class ChannelFault(Base):
    """A mail server, mailbox, form or feed that did not do what was asked, until it did; for who must mend it.

    ``seen_at`` is when the fault last showed itself.
    """

    __tablename__ = "channel_fault"
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(200), index=True)
    message: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]


class Heartbeat(Base):
    """When a queue was last worked on, and by which worker; for the person who wonders whether it still runs."""

    __tablename__ = "heartbeat"
    queue: Mapped[str] = mapped_column(String(40), primary_key=True)
    worker: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


class DeferredReply(Base):
    """A message not yet matched to an inquiry: a person decides."""

    __tablename__ = "deferred_reply"
    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("inbound_mail.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(80))
    deferred_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


DOUBTS = "label = 'ECHTHEIDSVRAAG' OR label IS NULL AND proposal = 'ECHTHEIDSVRAAG'"
"""Of a reply that asks whether this is a test, in words that a database knows again in its index."""


class Reply(Sealing, Base):
    """A message back on one inquiry: masked text, what the rules propose, and the label that counts.

    A mail to both applicants of a pair is a reply to each. What came by another ``road`` (`states.Road`) has no mail:
    ``entered_by`` wrote down what was said, and proposes a label.
    """

    __tablename__ = "reply"
    __table_args__ = (
        UniqueConstraint("mail_id", "inquiry_id"),
        Index("ix_reply_doubt", "inquiry_id", sqlite_where=text(DOUBTS), postgresql_where=text(DOUBTS)),
        Index("ix_reply_uncoded", "inquiry_id", sqlite_where=text("label IS NULL"),
              postgresql_where=text("label IS NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"), index=True)
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_mail.id"))
    message_id: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    subject_sealed: Mapped[bytes | None]
    subject = Sealed("")
    text_sealed: Mapped[bytes | None]
    text = Sealed(GONE)
    proposal: Mapped[str] = mapped_column(String(40))
    rule: Mapped[int]
    confidence: Mapped[float]
    label: Mapped[str | None] = mapped_column(String(40))
    coded_by: Mapped[CodedBy | None]
    road: Mapped[str | None] = mapped_column(String(16))
    entered_by: Mapped[str | None] = mapped_column(String(120))
    inquiry: Mapped[Inquiry] = relationship(back_populates="replies")
    codings: Mapped[list[Coding]] = relationship(back_populates="reply", order_by="Coding.id")
    doubts: Mapped[list[Doubt]] = relationship(
        back_populates="reply", order_by="Doubt.id", cascade="all, delete-orphan"
    )
    masks: Mapped[list[HandMask]] = relationship(back_populates="reply", order_by="HandMask.id")


class Event(Base):
    """One line of the ledger; ``hash`` covers the line and the hash before it."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject", "subject"),)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    data: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
