"""The tables of pretests; see `pretests`."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from orchestrator.base import Base


class Pretest(Base):
    """Names that are put to raters on a public page; ``names`` is {"names": [[name set, first, last], …]}."""

    __tablename__ = "pretest"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    seed: Mapped[int] = mapped_column(BigInteger)
    names: Mapped[dict[str, Any]]
    per_rater: Mapped[int]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(120))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(120))


class Rater(Base):
    """Somebody who judges names, of whom nothing else is known; ``token`` is the address of their own pages.

    ``attentive`` is whether they answered the control question as it asks, None before they came to it.
    """

    __tablename__ = "rater"
    __table_args__ = (UniqueConstraint("pretest_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    pretest_id: Mapped[int] = mapped_column(ForeignKey("pretest.id"))
    number: Mapped[int]
    token: Mapped[str] = mapped_column(String(40), unique=True)
    started_at: Mapped[datetime]
    attentive: Mapped[bool | None]
    pretest: Mapped[Pretest] = relationship()
    ratings: Mapped[list["Rating"]] = relationship(back_populates="rater", order_by="Rating.place")


class Rating(Base):
    """What one rater thought of one name: that with this number in the pretest, at this place of the rater's own row.

    ``background`` is the key of a name set, or one of `pretests.NEITHER`.
    """

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("rater_id", "place"),
        CheckConstraint("class_heard BETWEEN 1 AND 5", name="class_heard"),
        CheckConstraint("religiosity BETWEEN 1 AND 5", name="religiosity"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    rater_id: Mapped[int] = mapped_column(ForeignKey("rater.id"))
    place: Mapped[int]
    name: Mapped[int]
    background: Mapped[str] = mapped_column(String(80))
    class_heard: Mapped[int]
    religiosity: Mapped[int]
    rated_at: Mapped[datetime]
    rater: Mapped[Rater] = relationship(back_populates="ratings")
