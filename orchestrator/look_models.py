"""The table of opened looks; see `rounds.looking`."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base


class Look(Base):
    """A declared look that somebody opened, with what was seen; written once, never changed.

    ``number`` counts the declared looks from 1, ``planned`` is the number of pairs it was declared at. ``pairs`` are
    the codes of all pairs counted so far and ``c11`` to ``c00`` their outcomes at that moment. ``boundary`` is the
    least |c10 - c01| that stops (None when none can); ``allowed`` and ``spent`` are alpha up to this look, ``p`` the p
    value over all looks so far, ``log_e`` and ``always_p`` the evidence that holds at any moment.
    """

    __tablename__ = "look"
    __table_args__ = (
        # Two who open at once see the same numbers: those of whoever came first.
        UniqueConstraint("round_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("c11 >= 0 AND c10 >= 0 AND c01 >= 0 AND c00 >= 0", name="counts"),
        CheckConstraint("c11 + c10 + c01 + c00 >= planned", name="reached"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    planned: Mapped[int]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(120))
    pairs: Mapped[list[str]]
    c11: Mapped[int]
    c10: Mapped[int]
    c01: Mapped[int]
    c00: Mapped[int]
    boundary: Mapped[int | None]
    allowed: Mapped[float]
    spent: Mapped[float]
    p: Mapped[float]
    log_e: Mapped[float]
    always_p: Mapped[float]
    stops: Mapped[bool]
