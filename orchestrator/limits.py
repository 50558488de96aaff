"""Scope and caps as SQL conditions: what an advertiser agreed to, asked at the moment of sending."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session, aliased

from orchestrator import enrolment
from orchestrator.db import UtcDateTime
from orchestrator.design import Design, Purpose
from orchestrator.enrolment import ZONE
from orchestrator.models import Advertiser, Enrolment, Inquiry, Listing, Pair, Study
from orchestrator.states import ON_THE_WIRE


def in_scope(recipient: Column[str], advertiser_id: Column[int]) -> ColumnElement[bool]:
    """Return the condition that a letter goes to an address its advertiser enrolled, as enrolled now."""
    return (
        exists()
        .where(
            Advertiser.id == advertiser_id,
            or_(Advertiser.email == recipient, Advertiser.form_url == recipient),
        )
        .correlate_except(Advertiser)
    )


NOW: ColumnElement[datetime] = bindparam("now", type_=UtcDateTime())
"""The moment a statement is asked for; every statement of `rounds.permission` is made once and asked many times."""

PURPOSE: ColumnElement[Purpose] = bindparam("purpose", type_=Study.purpose.type)


def parameters(design: Design, now: datetime) -> dict[str, object]:
    """Return what the conditions of this module and of `rounds.permission` are asked with."""
    return {
        "now": now,
        "purpose": design.study.purpose,
        "per_advertiser": design.sample.per_advertiser,
        "per_week": design.schedule.per_advertiser_week,
        "week_start": start_of_week(now),
    }


def under_caps() -> ColumnElement[bool]:
    """Return the condition that a first letter exceeds no cap of its advertiser: per round, per week, as consented.

    To be used inside a statement on `Pair` and `Listing`, asked with `parameters`.
    """
    tried = _pairs_tried()
    this_week = _pairs_tried(since=bindparam("week_start", type_=UtcDateTime()))
    # One and the same consent must hold now and leave room: an older, wider one that ended gives none.
    room = or_(Enrolment.max_pairs.is_(None), Enrolment.max_pairs > tried)
    consented = enrolment.valid(Listing.advertiser_id, PURPOSE, NOW, room)
    return and_(tried < bindparam("per_advertiser"), this_week < bindparam("per_week"), consented)


def lock(session: Session, advertiser_id: int) -> None:
    """Hold the advertiser's consent until the transaction ends, so that its caps are counted one letter at a time."""
    if session.get_bind().dialect.name == "sqlite":
        return  # whoever writes there holds the only write lock already
    rows = select(Enrolment.id).where(Enrolment.advertiser_id == advertiser_id).order_by(Enrolment.id)
    session.execute(rows.with_for_update()).all()


def start_of_week(now: datetime) -> datetime:
    """Return Monday 00:00, Dutch time, of the week of ``now``."""
    local = now.astimezone(ZONE)
    monday = local.date() - timedelta(days=local.weekday())
    return datetime.combine(monday, time.min, ZONE).astimezone(UTC)


def _pairs_tried(since: ColumnElement[datetime] | None = None) -> ColumnElement[int]:
    """Count the pairs of this advertiser in this round whose first letter went, or may have gone, on the wire."""
    pair, listing, first = aliased(Pair), aliased(Listing), aliased(Inquiry)
    rows = (
        select(func.count())
        .select_from(pair)
        .join(listing, listing.id == pair.listing_id)
        .join(first, and_(first.pair_id == pair.id, first.order == 1))
        .where(
            listing.advertiser_id == Listing.advertiser_id,
            pair.round_id == Pair.round_id,
            first.state.in_(ON_THE_WIRE),
        )
    )
    if since is not None:
        rows = rows.where(func.coalesce(first.sent_at, first.lease_until, first.planned_at) >= since)
    return rows.correlate_except(pair, listing, first).scalar_subquery()
