"""The tables of people, their sign-in links and their web sessions; see `accounts`."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from orchestrator.base import Base

if TYPE_CHECKING:
    from orchestrator.models import Advertiser

# A link or a session is of a person of the desk or of one advertiser, and never of both.
ONE_OWNER = "(person_id IS NULL) <> (advertiser_id IS NULL)"


class Person(Base):
    """Somebody who uses the pages. ``key`` is the name without regard to case: two people never share one.

    ``name`` is what the record writes as who did something, so a person who left keeps it.
    """

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    roles: Mapped[list[str]]
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInLink(Base):
    """A link that signs a person or an advertiser in once; ``hash`` is the SHA-256 of what stands in it.

    Moments of the real clock.
    """

    __tablename__ = "sign_in_link"
    __table_args__ = (CheckConstraint(ONE_OWNER, name="one_owner"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    advertiser_id: Mapped[int | None] = mapped_column(ForeignKey("advertiser.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    person: Mapped[Person | None] = relationship()
    advertiser: Mapped["Advertiser | None"] = relationship()


class WebSession(Base):
    """A browser in which a person or an advertiser is signed in; ``hash`` is the SHA-256 of its cookie.

    Moments of the real clock.
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
    person: Mapped[Person | None] = relationship()
    advertiser: Mapped["Advertiser | None"] = relationship()
