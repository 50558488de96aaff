"""Sums of a round that reports tell beside what came of its pairs."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.models import Coding, DeferredReply, Enrolment, Inquiry, Listing, Pair, Refusal, Reply, Round
from orchestrator.states import CodedBy


def refusals(session: Session, round_: Round) -> dict[str, int]:
    """Count the listings that were not tested, by reason."""
    rows = select(Refusal.reason, func.count()).where(Refusal.round_id == round_.id).group_by(Refusal.reason)
    return dict(session.execute(rows.order_by(Refusal.reason)).all())


def withdrawn(session: Session, round_: Round) -> int:
    """Count the tested advertisers that ever withdrew a consent."""
    tested = select(Listing.advertiser_id).join(Pair, Pair.listing_id == Listing.id).where(Pair.round_id == round_.id)
    rows = select(func.count(Enrolment.advertiser_id.distinct())).where(Enrolment.withdrawn_at.is_not(None))
    return session.scalar(rows.where(Enrolment.advertiser_id.in_(tested))) or 0


def deferred(session: Session) -> int:
    """Count the mails, of whatever round, that nobody has matched to a letter."""
    rows = select(func.count(DeferredReply.id)).where(DeferredReply.resolved_at.is_(None))
    return session.scalar(rows) or 0


def coded_by(session: Session, round_: Round) -> Mapping[CodedBy | None, int]:
    """Count the replies by who decided their label, None for those that have none yet."""
    rows = select(Reply.coded_by, func.count(Reply.id)).join(Inquiry, Reply.inquiry_id == Inquiry.id).join(Pair)
    rows = rows.where(Pair.round_id == round_.id).group_by(Reply.coded_by)
    return defaultdict(int, session.execute(rows).all())


def coded_twice(session: Session, round_: Round) -> list[tuple[str, str]]:
    """Return the first two codes of every reply that people coded twice."""
    rows = select(Coding.reply_id, Coding.label).join(Reply, Coding.reply_id == Reply.id)
    rows = rows.join(Inquiry, Reply.inquiry_id == Inquiry.id).join(Pair).where(Pair.round_id == round_.id)
    given: dict[int, list[str]] = defaultdict(list)
    for reply, label in session.execute(rows.order_by(Coding.id)):
        given[reply].append(label)
    return [(codes[0], codes[1]) for codes in given.values() if len(codes) > 1]
