"""The tables of people, their sign-in links and their web sessions; see `accounts`."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from orchestrator.base import Base
from orchestrator.sealing import Sealed, Sealing

if TYPE_CHECKING:
    from orchestrator.models import Advertiser

# A link or a session is of a person of the desk or of one advertiser, and never of both.
ONE_OWNER = "(person_id IS NULL) <> (advertiser_id IS NULL)"


class Person(Sealing, Base):
    """Somebody who uses the pages. ``key`` is the name without regard to case: two people never share one.

    ``name`` is what the record writes as who did something, so a person who left keeps it. ``totp_secret`` is read and
    written in `second_factor` alone; ``totp_step`` is the last half minute of which a code was taken. ``email_index``
    is the fingerprint of the address (`sealing.index_of`), by which somebody is found and no address is there twice.
    """

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("email_index", name="uq_person_email"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    email_sealed: Mapped[bytes | None]
    email = Sealed("")
    email_index: Mapped[str] = mapped_column(String(254))
    roles: Mapped[list[str]]
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    totp_secret_sealed: Mapped[bytes | None]
    totp_secret = Sealed[str | None](None)
    totp_step: Mapped[int | None]

    @hybrid_property
    def has_factor(self) -> bool:
        """Whether a second factor was set up; also when its key was lost, so that nobody else sets up another."""
        return self.totp_step is not None

    @has_factor.inplace.expression
    @classmethod
    def _has_factor(cls) -> ColumnElement[bool]:
        return cls.totp_step.is_not(None)


class RecoveryCode(Base):
    """One of the codes that stand in for the second factor once; ``hash`` is the SHA-256 of 80 random bits."""

    __tablename__ = "recovery_code"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None]


class SignInLink(Base):
    """A link that signs a person or an advertiser in once; ``hash`` is the SHA-256 of what stands in it.

    ``asker`` is the hash of the browser that asked for it by mail, ``mailed_at`` when the mail was made. Moments of the
    real clock.
    """

    __tablename__ = "sign_in_link"
    __table_args__ = (CheckConstraint(ONE_OWNER, name="one_owner"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    advertiser_id: Mapped[int | None] = mapped_column(ForeignKey("advertiser.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    asker: Mapped[str | None] = mapped_column(String(64), index=True)
    mailed_at: Mapped[datetime | None]
    person: Mapped[Person | None] = relationship()
    advertiser: Mapped["Advertiser | None"] = relationship()


class WebSession(Sealing, Base):
    """A browser in which a person or an advertiser is signed in; ``hash`` is the SHA-256 of its cookie.

    ``browser`` says roughly which one. ``factor_at`` is when the second factor was shown in it, ``misses`` how many
    codes were wrong, and ``totp_secret`` what is offered to who has no second factor yet. Moments of the real clock.
    """

    __tablename__ = "web_session"
    __table_args__ = (CheckConstraint(ONE_OWNER, name="one_owner"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    advertiser_id: Mapped[int | None] = mapped_column(ForeignKey("advertiser.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(60), default="")
    factor_at: Mapped[datetime | None]
    misses: Mapped[int] = mapped_column(default=0)
    totp_secret_sealed: Mapped[bytes | None]
    totp_secret = Sealed[str | None](None)
    person: Mapped[Person | None] = relationship()
    advertiser: Mapped["Advertiser | None"] = relationship()
