"""What is counted of a round to see whether it goes as it should: letters lost and bounced, gaps, mails twice.

Everything but the losses by arm may be seen while answers are still coded; the arm only when the round is closed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session, aliased

from orchestrator.clock import Clock
from orchestrator.models import Delivery, Event, InboundMail, Inquiry, Pair, Reply, Round
from orchestrator.states import EXCLUDING_LABELS, Exclusion, LetterState

BOUNCED = [label for label, why in EXCLUDING_LABELS.items() if why is Exclusion.UNDELIVERABLE]
LOST = (LetterState.FAILED, LetterState.UNCERTAIN, LetterState.EXPIRED)
"""Lost by itself; a letter that was cancelled was kept back because of another."""


@dataclass(frozen=True)
class Part:
    """The letters of one part of a round: those that came to an end, those of them lost, and those that bounced."""

    name: str
    ended: int
    lost: int
    bounced: int


@dataclass(frozen=True)
class Gaps:
    """Hours between the letters of a pair that both went, as planned and as it was; ``worst`` is the largest change."""

    pairs: int
    planned: float
    real: float
    worst: float
    shortest: float


def losses(session: Session, round_: Round, *, arm: bool) -> dict[str, tuple[Part, ...]]:
    """Count by order, by text and, when that may be seen, by arm: {kind: parts}."""
    kinds: dict[str, Column[Any]] = {"order": Inquiry.order, "variant": Inquiry.variant}
    kinds |= {"arm": Inquiry.arm} if arm else {}
    return {kind: _parts(session, round_, column) for kind, column in kinds.items()}


def _parts(session: Session, round_: Round, column: Column[Any]) -> tuple[Part, ...]:
    lost = func.sum(case((Inquiry.state.in_(LOST), 1), else_=0))
    rows = select(column, func.count(), lost).select_from(Inquiry).join(Pair).where(Pair.round_id == round_.id)
    ended = rows.where(Inquiry.state.in_((*LOST, LetterState.SENT))).group_by(column).order_by(column)
    came_back = select(column, func.count(Inquiry.id.distinct())).select_from(Reply).join(Inquiry).join(Pair)
    came_back = came_back.where(Pair.round_id == round_.id, Reply.label.in_(BOUNCED)).group_by(column)
    bounced: dict[Any, int] = dict(session.execute(came_back).all())
    return tuple(
        Part(str(getattr(key, "value", key)), number, gone or 0, bounced.get(key, 0))
        for key, number, gone in session.execute(ended)
    )


def gaps(session: Session, round_: Round) -> Gaps | None:
    """Measure the time between first and second letters; None while no second letter went."""
    second = aliased(Inquiry)
    moments = (Inquiry.planned_at, second.planned_at, Inquiry.sent_at, second.sent_at)
    rows = (
        select(*moments)
        .join(second, (second.pair_id == Inquiry.pair_id) & (second.order == 2))
        .join(Pair, Pair.id == Inquiry.pair_id)
        .where(Pair.round_id == round_.id, Inquiry.order == 1, second.sent_at.is_not(None))
    )
    told = [(_hours(a, b), _hours(c, d)) for a, b, c, d in session.execute(rows) if c and d]
    if not told:
        return None
    planned, real = zip(*told, strict=True)
    worst = max(abs(one - other) for one, other in told)
    return Gaps(len(told), median(planned), median(real), worst, min(real))


def twice(session: Session) -> tuple[int, int]:
    """Return how many mails came in, each content once, and how many of them came more than once."""
    again = select(Delivery.mail_id).group_by(Delivery.mail_id).having(func.count() > 1).subquery()
    mails = session.scalar(select(func.count()).select_from(InboundMail)) or 0
    return mails, session.scalar(select(func.count()).select_from(again)) or 0


def ahead_of(session: Session, clock: Clock) -> timedelta:
    """Return by how much the newest line of the ledger lies in the future: another machine's clock, or ours, is off."""
    newest = session.scalar(select(Event.at).order_by(Event.seq.desc()).limit(1))
    return max(newest - clock.now(), timedelta()) if newest else timedelta()


def _hours(one: datetime, other: datetime) -> float:
    return (other - one) / timedelta(hours=1)
