"""The tables of what follows a round: actions an office agreed to, and what the desk did; see `followup`."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base, words
from orchestrator.states import Role


class FollowUpKind(StrEnum):
    """What can be written in the register of a round, beside actions."""

    TRAINING_OFFERED = "training-offered"
    TRAINING_HELD = "training-held"
    TALK_HELD = "talk-held"
    RETEST_ASKED = "retest-asked"
    RETEST_PLANNED = "retest-planned"


class AgreedAction(Base):
    """One action of the catalogue that an office proposed after a round, for a part of its *werkwijze*.

    It is agreed once a person of the desk (in ``agreed_role``) said so; the office itself says when it was done.
    """

    __tablename__ = "agreed_action"
    __table_args__ = (
        UniqueConstraint("round_id", "advertiser_id", "action"),
        CheckConstraint("(agreed_at IS NULL) = (agreed_by IS NULL)", name="agreed"),
        CheckConstraint("(agreed_at IS NULL) = (agreed_role IS NULL)", name="agreed_role"),
        CheckConstraint("done_on IS NULL OR agreed_at IS NOT NULL", name="done_is_agreed"),
        CheckConstraint("done_on IS NULL OR withdrawn_at IS NULL", name="done_or_withdrawn"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"), index=True)
    action: Mapped[str] = mapped_column(String(60))
    part: Mapped[str] = mapped_column(String(40))
    due: Mapped[date]
    proposed_at: Mapped[datetime]
    agreed_by: Mapped[str | None] = mapped_column(String(120))
    agreed_role: Mapped[Role | None] = mapped_column(words(Role))
    agreed_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None]

    @property
    def counts(self) -> bool:
        """Whether it is agreed and stands."""
        return self.agreed_at is not None and self.withdrawn_at is None


class FollowUp(Base):
    """One line of the register: what was offered to, held with or planned for an office after a round."""

    __tablename__ = "follow_up"
    __table_args__ = (UniqueConstraint("round_id", "advertiser_id", "kind", "day"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"), index=True)
    kind: Mapped[FollowUpKind] = mapped_column(words(FollowUpKind))
    day: Mapped[date]
    told_by: Mapped[str] = mapped_column(String(120))
    told_at: Mapped[datetime]
