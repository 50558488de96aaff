"""The table of what participants use of the toolkit; see `toolkit_uses`."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base


class ToolkitUse(Base):
    """One part of the toolkit that an advertiser says it uses: where it stands, and since which day."""

    __tablename__ = "toolkit_use"
    __table_args__ = (UniqueConstraint("advertiser_id", "part"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("advertiser.id"))
    part: Mapped[str] = mapped_column(String(40))
    url: Mapped[str] = mapped_column(Text)
    since: Mapped[date]
    told_at: Mapped[datetime]
    told_by: Mapped[str] = mapped_column(String(120))
