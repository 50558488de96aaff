"""The tables of releases; see `rounds.releasing`."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base, words


class ReleaseState(StrEnum):
    """draft → signed → read → released → replaced; what is not released yet lapses when a further version is made."""

    DRAFT = "draft"
    SIGNED = "signed"
    READ = "read"
    RELEASED = "released"
    REPLACED = "replaced"
    LAPSED = "lapsed"


class Release(Base):
    """A version of the published outcome of a round, or of a round of requests.

    ``document`` is the canonical JSON of every published figure and ``digest`` its SHA-256; neither ever changes.
    ``basis`` holds the tests it was counted from, for the versions after it; it is never shown. ``seal`` is the SHA-256
    of ``manifest``, which binds all that goes out of the round, and ``opening`` what opens it beside the reports; they
    are None of a version from before there were seals.
    """

    __tablename__ = "outcome_release"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        UniqueConstraint("request_round_id", "number"),
        CheckConstraint("(round_id IS NULL) <> (request_round_id IS NULL)", name="of_one_round"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("number = 1 OR reason IS NOT NULL", name="reason"),
        CheckConstraint("signed_by IS NULL OR signed_by <> drafted_by", name="signed_by_another"),
        CheckConstraint("released_by IS NULL OR released_by <> signed_by", name="released_by_another"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    request_round_id: Mapped[int | None] = mapped_column(ForeignKey("request_round.id"))
    number: Mapped[int]
    state: Mapped[ReleaseState] = mapped_column(words(ReleaseState))
    reason: Mapped[str | None] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    # One line per test of the round: read only by the steps, never with the list of versions.
    basis: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    seal: Mapped[str | None] = mapped_column(String(64))
    manifest: Mapped[str | None] = mapped_column(Text, deferred=True)
    opening: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    drafted_by: Mapped[str] = mapped_column(String(120))
    drafted_at: Mapped[datetime]
    signed_by: Mapped[str | None] = mapped_column(String(120))
    signed_at: Mapped[datetime | None]
    read_by: Mapped[str | None] = mapped_column(String(120))
    read_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(Text)
    released_by: Mapped[str | None] = mapped_column(String(120))
    released_at: Mapped[datetime | None]


class ReleaseReport(Base):
    """The report of one advertiser as it was frozen with a version: canonical JSON, and the salt of its commitment."""

    __tablename__ = "release_report"
    __table_args__ = (UniqueConstraint("release_id", "advertiser_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("outcome_release.id"))
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"), index=True)
    salt: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
