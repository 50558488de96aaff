"""The tables of outcomes that are kept beside the rows of a closed round; see `pair_outcomes`."""

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.base import Base


class OutcomeBook(Base):
    """A round whose outcomes are kept; ``rules`` tells by what they were made, ``counted`` whether they are summed.

    ``awaits``: transactions with a lower number may have begun before the book was opened and are waited for; 0 until
    that number is known, None when all are done. ``made_to``: up to this number no pair is missing.
    """

    __tablename__ = "outcome_book"
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    rules: Mapped[str] = mapped_column(String(64))
    counted: Mapped[bool]
    awaits: Mapped[int | None] = mapped_column(BigInteger)
    made_to: Mapped[int] = mapped_column(server_default="0")


class OutcomeChange(Base):
    """A pair whose kept outcome may no longer be right: who changes something adds a row, and waits for nobody."""

    __tablename__ = "outcome_change"
    __table_args__ = (Index("ix_outcome_change_round_id", "round_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"))
    pair_id: Mapped[int]


class PairOutcome(Base):
    """What came of one pair: ``cell`` is 0 to 3 for c11, c10, c01 and c00, and None where it does not count.

    ``sent`` and ``invitations`` count its letters. It refers to no other row but that of the round: what it was made of
    may go, and tells so (`pair_outcomes.install`).
    """

    __tablename__ = "pair_outcome"
    __table_args__ = (
        Index(
            "ix_pair_outcome_counted",
            "round_id",
            "advertiser_id",
            "district",
            "sham",
            "cell",
            "code",
            "sent",
            "invitations",
        ),
    )
    pair_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"))
    advertiser_id: Mapped[int]
    district: Mapped[str] = mapped_column(String(100))
    code: Mapped[str] = mapped_column(String(16))
    sham: Mapped[bool]
    cell: Mapped[int | None]
    sent: Mapped[int]
    invitations: Mapped[int]


class OutcomeCount(Base):
    """The outcomes of a round by office and district, those of sham pairs apart; ``first`` is the code of the first
    pair that counts, in the order in which reports read them.
    """

    __tablename__ = "outcome_count"
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"), primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    district: Mapped[str] = mapped_column(String(100), primary_key=True)
    sham: Mapped[bool] = mapped_column(primary_key=True)
    first: Mapped[str | None] = mapped_column(String(16))
    pairs: Mapped[int]
    c11: Mapped[int]
    c10: Mapped[int]
    c01: Mapped[int]
    c00: Mapped[int]
    sent: Mapped[int]
    invitations: Mapped[int]
