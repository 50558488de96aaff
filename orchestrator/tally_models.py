"""The tables of tallies; see `tallies`."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base


class Tally(Base):
    """How many there are of something in a round; ``hour`` is one of UTC ("2026-09-07 09"), empty where it is not told.

    What `TallyChange` holds comes on top.
    """

    __tablename__ = "tally"
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    what: Mapped[str] = mapped_column(String(24), primary_key=True)
    hour: Mapped[str] = mapped_column(String(13), primary_key=True)
    n: Mapped[int]


class TallyChange(Base):
    """What was added to or taken from a tally since it was last folded: writers add rows and wait for nobody."""

    __tablename__ = "tally_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(24))
    hour: Mapped[str] = mapped_column(String(13))
    n: Mapped[int]
