"""Scope, caps, rest and days off as SQL conditions: what an advertiser may bear, asked at the moment of sending."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, String, and_, bindparam, cast, exists, func, literal, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session, aliased

from orchestrator import enrolment
from orchestrator.db import UtcDateTime
from orchestrator.design import Design, Purpose
from orchestrator.enrolment import ZONE, start_of
from orchestrator.intake import Channel
from orchestrator.models import (
    Advertiser,
    Attempt,
    Blackout,
    Enrolment,
    EnrolmentScope,
    Inquiry,
    Listing,
    OwnerRequest,
    Pair,
    RequestLetter,
    RequestRound,
    Study,
)  # fmt: skip
from orchestrator.request_models import LetterStep
from orchestrator.scope import EVERY, ScopeKind
from orchestrator.states import ON_THE_WIRE, AttemptOutcome, LetterState


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


REST = ("rest_since", "rest_until")
AGES = timedelta(days=36_500)
LIVE = (AttemptOutcome.SENDING, AttemptOutcome.SENT, AttemptOutcome.UNCERTAIN)
"""Tries of which a letter may be with the other side."""


def parameters(design: Design, now: datetime) -> dict[str, object]:
    """Return what the conditions of this module and of `rounds.permission` are asked with."""
    schedule, rest = design.schedule, timedelta(hours=design.schedule.cooldown_hours)
    return {
        "now": now,
        "purpose": design.study.purpose,
        "ground": design.question.ground.value,
        "per_advertiser": design.sample.per_advertiser,
        "per_week": schedule.per_advertiser_week,
        "per_day": schedule.per_advertiser_day or design.sample.per_advertiser,
        "week_start": start_of_week(now),
        "day_start": start_of(now.astimezone(ZONE).date()),
        # Without a rest nobody waits for anybody, whatever their clocks say.
        "rest_since": now - rest if rest else now + AGES,
        "rest_until": now + rest if rest else now - AGES,
    }


def covered() -> ColumnElement[bool]:
    """Return the condition on a consent that it covers a letter: on its ground, channel, address and listing.

    To be used as a term of `enrolment.valid`, inside a statement on `Inquiry` and `Listing`, asked with `parameters`.
    """
    return _covers(
        {
            ScopeKind.GROUND: bindparam("ground", type_=String()),
            ScopeKind.CHANNEL: cast(Inquiry.channel, String()),
            ScopeKind.ADDRESS: Inquiry.recipient,
            ScopeKind.LISTING: Listing.key,
        }
    )


def request_covered() -> ColumnElement[bool]:
    """As `covered`, for a mailed request, which is about no listing; inside a statement on `RequestLetter`."""
    return _covers(
        {
            ScopeKind.GROUND: RequestRound.ground,
            ScopeKind.CHANNEL: literal(Channel.SMTP.value),
            ScopeKind.ADDRESS: RequestLetter.recipient,
        }
    )


def _covers(asked: Mapping[ScopeKind, ColumnElement[str] | Column[str]]) -> ColumnElement[bool]:
    """A consent that was signed has lines for each kind; one from a list has none, and covers whatever it did."""
    line = aliased(EnrolmentScope)
    meets = [and_(line.kind == kind, line.value == value) for kind, value in asked.items()]
    if ScopeKind.LISTING in asked:
        meets.append(and_(line.kind == ScopeKind.LISTING, line.value == EVERY))
    kinds = select(func.count(line.kind.distinct())).where(line.enrolment_id == Enrolment.id, or_(*meets))
    met: ColumnElement[int] = kinds.correlate_except(line).scalar_subquery()
    return or_(not_(Enrolment.scoped), met == len(asked))


def under_caps() -> ColumnElement[bool]:
    """Return the condition that a first letter exceeds no cap of its advertiser: per round, week, day, as consented.

    To be used inside a statement on `Pair` and `Listing`, asked with `parameters`.
    """
    week, day = (bindparam(name, type_=UtcDateTime()) for name in ("week_start", "day_start"))
    # One and the same consent must hold now and leave room: an older, wider one that ended gives none.
    room = room_for_one(Listing.advertiser_id)
    return and_(
        _pairs_tried(None, _of_this_round) < bindparam("per_advertiser"),
        _pairs_tried(week, _of_this_round) < bindparam("per_week"),
        _pairs_tried(day, _of_this_round) < bindparam("per_day"),
        enrolment.valid(Listing.advertiser_id, PURPOSE, NOW, room),
    )


def room_for_one(advertiser_id: Column[int]) -> ColumnElement[bool]:
    """Return the condition that a consent leaves room for one more test; a mailed request counts as one.

    To be used inside a condition on `Enrolment`.
    """
    used = _pairs_tried(Enrolment.valid_from, of=advertiser_id) + _requests_tried(Enrolment.valid_from, advertiser_id)
    return or_(Enrolment.max_pairs.is_(None), Enrolment.max_pairs > used)


def rested() -> ColumnElement[bool]:
    """Return the condition that no letter of another pair went to this advertiser within the rest before now.

    For a first letter also: that no second letter of another pair is due within the rest after now. So a pair that
    began is finished first, a second letter waits only for pairs that began as well, and no two wait for each other.
    To be used inside a statement on `Inquiry`, `Pair` and `Listing`, asked with `parameters`.
    """
    since, until = (bindparam(name, type_=UtcDateTime()) for name in REST)
    letter, pair, listing = aliased(Inquiry), aliased(Pair), aliased(Listing)
    elsewhere = (
        letter.pair_id == pair.id,
        pair.listing_id == listing.id,
        listing.advertiser_id == Listing.advertiser_id,
        pair.id != Pair.id,
    )
    went = exists().where(*elsewhere, letter.state.in_(ON_THE_WIRE), _went_at(letter) > since)
    first = aliased(Inquiry)
    begun = exists().where(first.pair_id == pair.id, first.order == 1, first.state == LetterState.SENT)
    to_go = letter.state.in_((LetterState.PLANNED, LetterState.CLAIMED))
    due = (letter.order > 1, to_go, letter.planned_at <= until)
    soon = exists().where(*elsewhere, *due, begun.correlate_except(first))
    others = (letter, pair, listing)
    return and_(~went.correlate_except(*others), or_(Inquiry.order > 1, ~soon.correlate_except(*others)))


def no_days_off(
    advertiser_id: Column[int], first: ColumnElement[datetime], last: ColumnElement[datetime] | Column[datetime]
) -> ColumnElement[bool]:
    """Return the condition that an advertiser is not off all the time from the first to the last of two moments."""
    off = exists().where(Blackout.advertiser_id == advertiser_id, Blackout.start <= first, Blackout.end >= last)
    return ~off.correlate_except(Blackout)


def used_up(session: Session) -> dict[str, int]:
    """Count, by the key of the advertiser, the pairs that its newest consent has already given to rounds.

    A pair counts when its first letter went, may have gone, or is still to go.
    """
    newest = select(func.max(Enrolment.valid_from)).where(Enrolment.advertiser_id == Advertiser.id)
    first = aliased(Inquiry)
    rows = (
        select(Advertiser.key, func.count())
        .join(Listing, Listing.advertiser_id == Advertiser.id)
        .join(Pair, Pair.listing_id == Listing.id)
        .join(first, and_(first.pair_id == Pair.id, first.order == 1))
        .where(first.state.in_((*ON_THE_WIRE, LetterState.PLANNED, LetterState.CLAIMED)))
        .where(first.planned_at >= newest.correlate(Advertiser).scalar_subquery())
        .group_by(Advertiser.key)
    )
    return dict(session.execute(rows).all())


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


def _of_this_round(pair: type[Pair]) -> ColumnElement[bool]:
    return pair.round_id == Pair.round_id


def _pairs_tried(
    since: ColumnElement[datetime] | Column[datetime] | None,
    *which: Callable[[type[Pair]], ColumnElement[bool]],
    of: Column[int] = Listing.advertiser_id,
) -> ColumnElement[int]:
    """Count the pairs of this advertiser whose first letter went, or may have gone, on the wire."""
    pair, listing, first = aliased(Pair), aliased(Listing), aliased(Inquiry)
    rows = (
        select(func.count())
        .select_from(pair)
        .join(listing, listing.id == pair.listing_id)
        .join(first, and_(first.pair_id == pair.id, first.order == 1))
        .where(
            listing.advertiser_id == of,
            first.state.in_(ON_THE_WIRE),
            *(condition(pair) for condition in which),
        )
    )
    if since is not None:
        rows = rows.where(_went_at(first) >= since)
    return rows.correlate_except(pair, listing, first).scalar_subquery()


def _requests_tried(since: Column[datetime], advertiser_id: Column[int]) -> ColumnElement[int]:
    """Count the mailed requests to this advertiser that went, or may have gone, since then."""
    request, letter = aliased(OwnerRequest), aliased(RequestLetter)
    rows = (
        select(func.count())
        .select_from(letter)
        .join(request, request.id == letter.request_id)
        .where(
            request.advertiser_id == advertiser_id,
            letter.step == LetterStep.REQUEST,
            letter.state.in_(ON_THE_WIRE),
            letter.planned_at >= since,
        )
    )
    return rows.correlate_except(request, letter).scalar_subquery()


def _went_at(letter: type[Inquiry]) -> ColumnElement[datetime]:
    """Return when a letter went on the wire, or may have: by its answer, else by the gate it passed."""
    passed = select(func.max(Attempt.started_at)).where(Attempt.message_id == letter.message_id)
    passed = passed.where(Attempt.outcome.in_(LIVE)).correlate_except(Attempt)
    return func.coalesce(letter.sent_at, passed.scalar_subquery(), letter.planned_at)
