"""The tables of invitations and of what a signed consent covers; see `invitations` and `scope`."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base, words
from orchestrator.intake import AdvertiserKind
from orchestrator.scope import ScopeKind
from orchestrator.sealing import GONE, Sealed, Sealing


class InvitationState(StrEnum):
    """offered → signed → enrolled; what is not enrolled yet can be declined by the office, or revoked by the desk."""

    OFFERED = "offered"
    SIGNED = "signed"
    ENROLLED = "enrolled"
    DECLINED = "declined"
    REVOKED = "revoked"


class EnrolmentScope(Base):
    """One line of what a signed consent covers: a ground, channel, address or listing (`scope.EVERY` for all).

    Of an address it has the fingerprint (`addresses.index_of`).
    """

    __tablename__ = "enrolment_scope"
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True, autoincrement=False)
    kind: Mapped[ScopeKind] = mapped_column(words(ScopeKind), primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)


class Invitation(Sealing, Base):
    """An offer to one advertiser, and what came of it.

    ``terms`` are those that were offered, ``agreed`` those that the office chose of them, both without ``email``, the
    address for letters: that is the same in both (`invitations.offered`, `invitations.agreed`).
    ``text`` is what the office was shown, fixed when it was invited; ``signed_text`` what it signed, word for word, and
    ``digest`` its SHA-256, which stays when the text is destroyed. ``contact_index`` is the fingerprint of the address
    (`sealing.index_of`), ``token_hash`` is the SHA-256 of what stands in the link, which works until ``expires_at``
    of the real clock.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("countersigned_by IS NULL OR lower(countersigned_by) <> lower(invited_by)", name="four_eyes"),
        CheckConstraint("(state = 'enrolled') = (enrolment_id IS NOT NULL)", name="enrolled"),
        CheckConstraint("state NOT IN ('signed', 'enrolled') OR digest IS NOT NULL", name="signed_first"),
        # One open offer at a time: two would leave the office to guess which one counts.
        Index(
            "ix_invitation_open",
            "key",
            unique=True,
            postgresql_where=text("state IN ('offered', 'signed')"),
            sqlite_where=text("state IN ('offered', 'signed')"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[AdvertiserKind]
    contact_sealed: Mapped[bytes | None]
    contact = Sealed(GONE)
    contact_index: Mapped[str] = mapped_column(String(254))
    state: Mapped[InvitationState] = mapped_column(words(InvitationState))
    email_sealed: Mapped[bytes | None]
    email = Sealed("")
    terms: Mapped[dict[str, Any]]
    agreed: Mapped[dict[str, Any] | None]
    version: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    signed_text_sealed: Mapped[bytes | None]
    signed_text = Sealed[str | None](None)
    digest: Mapped[str | None] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    invited_by: Mapped[str] = mapped_column(String(120))
    invited_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    signer_sealed: Mapped[bytes | None]
    signer = Sealed[str | None](None)
    signer_function_sealed: Mapped[bytes | None]
    signer_function = Sealed[str | None](None)
    signed_at: Mapped[datetime | None]
    countersigned_by: Mapped[str | None] = mapped_column(String(120))
    countersigned_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(120))
    ended_at: Mapped[datetime | None]
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), unique=True)
