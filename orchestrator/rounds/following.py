"""What one letter of a pair means for the next: its gap, its end, and a pair that ended meanwhile."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, update
from sqlalchemy.orm import Session, aliased

from orchestrator import enrolment, ledger
from orchestrator.chance import generator
from orchestrator.design import Design, from_canonical
from orchestrator.models import Inquiry, Pair, Round
from orchestrator.schedule import Calendar, when_open
from orchestrator.several import among, ask
from orchestrator.states import ROUND_ENDED, Exclusion, LetterState, PairState


def tell_next(session: Session, inquiry_id: int, now: datetime) -> None:
    """After a letter: fix the earliest moment of the next on this listing, or cancel all next when it was refused."""
    later = session.scalars(_behind(), {"inquiry_id": inquiry_id}).all()
    if not later:
        return
    inquiry, other = session.get_one(Inquiry, inquiry_id, populate_existing=True), later[0]
    if inquiry.state is LetterState.FAILED:
        for letter in later:
            letter.state = LetterState.CANCELLED
        inquiry.pair.state, inquiry.pair.reason = PairState.EXCLUDED, Exclusion.NOT_SENT.value
        ledger.append(session, now, "rounds", "pair.excluded", f"pair:{inquiry.pair_id}", {"reason": "refused"})
    elif inquiry.state is LetterState.SENT and inquiry.sent_at and inquiry.sent_at + other.gap > other.planned_at:
        # This one went late: the next keeps its gap, and moves to a moment the office is open.
        design, listing = from_canonical(inquiry.pair.round.design), inquiry.pair.listing
        days_off = enrolment.days_off(session, listing.advertiser_id)
        earliest = after_gap(design, listing.key, inquiry.sent_at + other.gap, days_off)
        other.not_after += earliest - other.planned_at
        other.planned_at = earliest


def too_close(session: Session, sent: Sequence[int], now: datetime) -> list[int]:
    """Return those of these inquiries, sent just now, of which the next on the listing is planned within its gap."""
    nearest: dict[int, bool] = {}
    for inquiry_id, gap, planned_at in ask(session, _gaps_behind(), {"letters": sent}):
        nearest.setdefault(inquiry_id, now + gap > planned_at)
    return [inquiry_id for inquiry_id, close in nearest.items() if close]


def drop_if_over(session: Session, inquiry_id: int) -> None:
    """planned → cancelled, for a letter that did not leave and whose pair or round ended while it was on the wire."""
    pairs = select(Pair.id).join(Round).where(Pair.state == PairState.OPEN, Round.state.not_in(ROUND_ENDED))
    session.execute(
        update(Inquiry)
        .where(Inquiry.id == inquiry_id, Inquiry.state == LetterState.PLANNED, Inquiry.pair_id.not_in(pairs))
        .values(state=LetterState.CANCELLED)
        .execution_options(synchronize_session=False)
    )


def after_gap(design: Design, listing: str, end: datetime, days_off: frozenset[date] = frozenset()) -> datetime:
    """Return when the next letter to a listing goes whose gap ends at ``end``: then, or soon after the opening."""
    return when_open(Calendar(design.schedule, days_off=days_off), end, generator(design.seed, "late", listing))


@cache
def _behind() -> Select[Inquiry]:
    """Select the letters behind another, the next one first. Never the other way about: a first waits for nothing.

    In a restored record the second may be proven sent while the first still stands as planned.
    """
    before = aliased(Inquiry)
    behind = select(Inquiry).join(before, _follows(before)).where(before.id == bindparam("inquiry_id"))
    return behind.order_by(Inquiry.order)


@cache
def _gaps_behind() -> Select[int, timedelta, datetime]:
    before = aliased(Inquiry)
    gaps = select(before.id, Inquiry.gap, Inquiry.planned_at).join(Inquiry, _follows(before))
    return gaps.where(among(before.id, "letters")).order_by(Inquiry.order)


def _follows(before: type[Inquiry]) -> ColumnElement[bool]:
    later = (Inquiry.pair_id == before.pair_id, Inquiry.order > before.order)
    return and_(*later, Inquiry.state == LetterState.PLANNED)
