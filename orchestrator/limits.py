"""Scope, caps, rest and days off as SQL conditions: what an advertiser may bear, asked at the moment of sending."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session, aliased

from orchestrator import enrolment
from orchestrator.db import UtcDateTime
from orchestrator.design import Design, Purpose, from_canonical
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
    Round,
    Study,
)  # fmt: skip
from orchestrator.request_models import LetterStep, RequestState
from orchestrator.scope import EVERY, ScopeKind
from orchestrator.several import among, ask, one_of
from orchestrator.states import ON_THE_WIRE, AttemptOutcome, LetterState, RoundState


def in_scope(address_index: Column[str], advertiser_id: Column[int]) -> ColumnElement[bool]:
    """Return the condition that a letter goes to an address its advertiser enrolled, as enrolled now."""
    one_of_its = or_(Advertiser.email_index == address_index, Advertiser.form_index == address_index)
    rows = select(Advertiser.id).where(Advertiser.id == advertiser_id, one_of_its)
    return of_each(rows.correlate_except(Advertiser))


def of_each(rows: Select[int]) -> ColumnElement[bool]:
    """Return the condition that this selects anything, to be asked of each letter by itself.

    PostgreSQL would begin at the other end, with all pairs of the round or all advertisers, and then look which of them
    are asked about: OFFSET 0 forbids that.
    """
    return exists(rows.offset(literal_column("0")))


NOW: ColumnElement[datetime] = bindparam("now", type_=UtcDateTime())
"""The moment a statement is asked for; every statement of `rounds.permission` is made once and asked many times."""

PURPOSE: ColumnElement[Purpose] = bindparam("purpose", type_=Study.purpose.type)


REST = ("rest_since", "rest_until")
AGES = timedelta(days=36_500)

LIVE = (AttemptOutcome.SENDING, AttemptOutcome.SENT, AttemptOutcome.UNCERTAIN)
"""Tries of which a letter may be with the other side."""


def parameters(design: Design, now: datetime) -> dict[str, object]:
    """Return what the conditions of this module and of `rounds.permission` are asked with."""
    schedule = design.schedule
    return {
        "now": now,
        "purpose": design.study.purpose,
        "ground": design.question.ground.value,
        "per_advertiser": design.sample.per_advertiser,
        "per_week": schedule.per_advertiser_week,
        "per_day": schedule.per_advertiser_day or design.sample.per_advertiser,
        "week_start": start_of_week(now),
        "day_start": start_of(now.astimezone(ZONE).date()),
        **_rest(timedelta(hours=schedule.cooldown_hours), now),
    }


def covered() -> ColumnElement[bool]:
    """Return the condition on a consent that it covers a letter: on its ground, channel, address and listing.

    To be used as a term of `enrolment.valid`, inside a statement on `Inquiry` and `Listing`, asked with `parameters`.
    """
    return _covers(
        {
            ScopeKind.GROUND: bindparam("ground", type_=String()),
            ScopeKind.CHANNEL: cast(Inquiry.channel, String()),
            ScopeKind.ADDRESS: Inquiry.address_index,
            ScopeKind.LISTING: Listing.key,
        }
    )


def request_covered() -> ColumnElement[bool]:
    """As `covered`, for a mailed request, which is about no listing; inside a statement on `RequestLetter`."""
    return _covers(
        {
            ScopeKind.GROUND: RequestRound.ground,
            ScopeKind.CHANNEL: literal(Channel.SMTP.value),
            ScopeKind.ADDRESS: RequestLetter.address_index,
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
    # One and the same consent must hold now and leave room: an older, wider one that ended gives none.
    return and_(
        _under_caps_of_round(),
        enrolment.valid(Listing.advertiser_id, PURPOSE, NOW, room_for_one(Listing.advertiser_id)),
    )


def _under_caps_of_round() -> ColumnElement[bool]:
    """All three are counted in one go through what this round has at this advertiser."""
    week, day = (bindparam(name, type_=UtcDateTime()) for name in ("week_start", "day_start"))
    pair, listing, first = aliased(Pair), aliased(Listing), aliased(Inquiry)
    tried, at = func.count(), _went_at(first)
    room = and_(
        tried < bindparam("per_advertiser"),
        tried.filter(at >= week) < bindparam("per_week"),
        tried.filter(at >= day) < bindparam("per_day"),
    )
    # Said so, SQLite looks up a pair by round and listing both, and not all pairs of the round, without knowing how
    # many there are.
    own = select(listing.id).where(listing.advertiser_id == Listing.advertiser_id).correlate_except(listing)
    rows = select(room).where(pair.round_id == Pair.round_id, pair.listing_id.in_(own), first.pair_id == pair.id)
    return rows.where(*_first_went(first)).correlate_except(pair, first).scalar_subquery()


def room_for_one(advertiser_id: Column[int]) -> ColumnElement[bool]:
    """Return the condition that a consent leaves room for one more test; a request counts as one.

    To be used inside a condition on `Enrolment`.
    """
    used = _pairs_tried(Enrolment.valid_from, advertiser_id) + _requests_tried(Enrolment.valid_from, advertiser_id)
    return or_(Enrolment.max_pairs.is_(None), Enrolment.max_pairs > used)


def rested() -> ColumnElement[bool]:
    """Return the condition that no other test reached this advertiser within the rest before now.

    That is a letter of another pair, or a request (`rounds.requesting`). For a first letter also: that no second letter
    of another pair is due within the rest after now. So a pair that began is finished first, a second letter waits only
    for what began as well, and no two wait for each other.
    To be used inside a statement on `Inquiry`, `Pair` and `Listing`, asked with `parameters`.
    """
    letter, office = aliased(Inquiry), Listing.advertiser_id
    another = letter.pair_id != Pair.id
    soon = and_(Inquiry.order == 1, _second_soon(letter, office, another))
    return and_(~_went(letter, office, another), ~soon, ~_request_went(office))


def request_rested(advertiser_id: Column[int]) -> ColumnElement[bool]:
    """As `rested`, for a request: it waits for letters that went, and for the second letter of a pair that began.

    To be asked with `request_parameters`.
    """
    letter = aliased(Inquiry)
    return and_(~_went(letter, advertiser_id), ~_second_soon(letter, advertiser_id))


def request_parameters(session: Session, now: datetime) -> dict[str, object]:
    """Return what the conditions of a request are asked with; its rest is the longest of the rounds that go on."""
    rows = select(Round.design).where(Round.state.in_((RoundState.RUNNING, RoundState.PAUSED, RoundState.COLLECTING)))
    hours = [from_canonical(design).schedule.cooldown_hours for design in session.scalars(rows)]
    return {"now": now, **_rest(timedelta(hours=max(hours, default=0)), now)}


def _rest(rest: timedelta, now: datetime) -> dict[str, object]:
    """Without a rest nobody waits for anybody, whatever their clocks say."""
    since, until = (now - rest, now + rest) if rest else (now + AGES, now - AGES)
    return dict(zip(REST, (since, until), strict=True))


def _went(letter: type[Inquiry], advertiser_id: Column[int], *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Such a letter to this advertiser went on the wire, or may have, within the rest before now."""
    # An advertiser may have years of letters: those that went since, and those of which it is not known when, each
    # stand together in an index.
    unknown = and_(letter.sent_at.is_(None), _went_at(letter) > _since())
    found = select(letter.id).where(letter.advertiser_id == advertiser_id, one_of(letter.state, ON_THE_WIRE), *which)
    ways = (found.where(way).correlate_except(letter) for way in (letter.sent_at > _since(), unknown))
    return or_(*map(of_each, ways))


def _second_soon(letter: type[Inquiry], advertiser_id: Column[int], *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Such a letter to this advertiser is a further one of a pair that began, and due within the rest after now."""
    first = aliased(Inquiry)
    begun = select(first.id).where(first.pair_id == letter.pair_id, first.order == 1, first.state == LetterState.SENT)
    waits = (letter.order > literal_column("1"), one_of(letter.state, (LetterState.PLANNED, LetterState.CLAIMED)))
    due = letter.planned_at <= bindparam(REST[1], type_=UtcDateTime())
    found = select(letter.id).where(letter.advertiser_id == advertiser_id, *waits, due, *which)
    return of_each(found.where(of_each(begun.correlate_except(first))).correlate_except(letter, first))


def _request_went(advertiser_id: Column[int]) -> ColumnElement[bool]:
    """A request reached this advertiser within the rest before now: by mail, or in a call that was answered."""
    request, letter = aliased(OwnerRequest), aliased(RequestLetter)
    mailed = exists().where(letter.request_id == request.id, *_asks(letter), _went_at(letter) > _since())
    either = or_(request.made_at > _since(), mailed.correlate_except(letter))
    return exists().where(request.advertiser_id == advertiser_id, either).correlate_except(request)


def _asks(letter: type[RequestLetter]) -> tuple[ColumnElement[bool], ...]:
    return letter.step == LetterStep.REQUEST, one_of(letter.state, ON_THE_WIRE)


def _since() -> ColumnElement[datetime]:
    return bindparam(REST[0], type_=UtcDateTime())


def no_days_off(
    advertiser_id: Column[int], first: ColumnElement[datetime], last: ColumnElement[datetime] | Column[datetime]
) -> ColumnElement[bool]:
    """Return the condition that an advertiser is not off all the time from the first to the last of two moments."""
    off = exists().where(Blackout.advertiser_id == advertiser_id, Blackout.start <= first, Blackout.end >= last)
    return ~off.correlate_except(Blackout)


def used_up(session: Session, advertisers: Iterable[str]) -> dict[str, int]:
    """Count, by the key of each of these advertisers, the tests that its newest consent has already given to rounds.

    A pair counts when its first letter went, may have gone, or is still to go; a request likewise.
    """
    asked = {"advertisers": list(advertisers)}
    return dict(Counter(_given(session, _pairs(), asked)) + Counter(_given(session, _requests(), asked)))


def _given(session: Session, rows: Select[str, int], asked: Mapping[str, list[str]]) -> dict[str, int]:
    theirs = rows.where(among(Advertiser.key, "advertisers")).group_by(Advertiser.key)
    return dict(session.execute(theirs, asked).all())


def _pairs() -> Select[str, int]:
    first = aliased(Inquiry)
    return (
        select(Advertiser.key, func.count())
        .join(Listing, Listing.advertiser_id == Advertiser.id)
        .join(Pair, Pair.listing_id == Listing.id)
        .join(first, and_(first.pair_id == Pair.id, first.order == 1))
        .where(first.state.in_((*ON_THE_WIRE, LetterState.PLANNED, LetterState.CLAIMED)))
        .where(first.planned_at >= _newest_consent())
    )


def _requests() -> Select[str, int]:
    open_or_made = OwnerRequest.state.in_((RequestState.PLANNED, RequestState.MADE))
    rows = select(Advertiser.key, func.count()).join(OwnerRequest, OwnerRequest.advertiser_id == Advertiser.id)
    return rows.join(RequestRound).where(open_or_made, RequestRound.planned_at >= _newest_consent())


def _newest_consent() -> ColumnElement[datetime]:
    newest = select(func.max(Enrolment.valid_from)).where(Enrolment.advertiser_id == Advertiser.id)
    return newest.correlate(Advertiser).scalar_subquery()


def lock(session: Session, advertisers: Collection[int]) -> None:
    """Hold these advertisers' consents until the transaction ends: their caps are counted one letter at a time."""
    if session.get_bind().dialect.name == "sqlite":
        return  # whoever writes there holds the only write lock already
    ask(session, _consents(), {"advertisers": sorted(advertisers)})


@cache
def _consents() -> Select[int]:
    # In one order, so that no two who lock several wait for each other.
    rows = select(Enrolment.id).where(among(Enrolment.advertiser_id, "advertisers")).order_by(Enrolment.id)
    return rows.with_for_update()


def start_of_week(now: datetime) -> datetime:
    """Return Monday 00:00, Dutch time, of the week of ``now``."""
    local = now.astimezone(ZONE)
    monday = local.date() - timedelta(days=local.weekday())
    return datetime.combine(monday, time.min, ZONE).astimezone(UTC)


def _pairs_tried(since: Column[datetime], of: Column[int]) -> ColumnElement[int]:
    """Count the pairs of this advertiser whose first letter went, or may have gone, on the wire since then."""
    first = aliased(Inquiry)
    rows = select(func.count(first.id)).where(first.advertiser_id == of, *_first_went(first), _went_at(first) >= since)
    return rows.correlate_except(first).scalar_subquery()


def _first_went(letter: type[Inquiry]) -> tuple[ColumnElement[bool], ...]:
    """It is the first letter of a pair, and went on the wire or may have."""
    return letter.order == 1, one_of(letter.state, ON_THE_WIRE)


def _requests_tried(since: Column[datetime], advertiser_id: Column[int]) -> ColumnElement[int]:
    """Count the requests to this advertiser since then: mails that went, or may have, and calls that were answered."""
    request, letter = aliased(OwnerRequest), aliased(RequestLetter)
    of_request = (letter.request_id == request.id, letter.step == LetterStep.REQUEST)
    mailed = exists().where(*of_request, one_of(letter.state, ON_THE_WIRE), letter.planned_at >= since)
    called = ~exists().where(*of_request).correlate_except(letter)
    either = or_(mailed.correlate_except(letter), and_(called, request.made_at >= since))
    rows = select(func.count()).select_from(request).where(request.advertiser_id == advertiser_id, either)
    return rows.correlate_except(request).scalar_subquery()


def _went_at(letter: type[Inquiry] | type[RequestLetter]) -> ColumnElement[datetime]:
    """Return when a letter went on the wire, or may have: by its answer, else by the gate it passed."""
    passed = select(func.max(Attempt.started_at)).where(Attempt.message_id == letter.message_id)
    passed = passed.where(one_of(Attempt.outcome, LIVE)).correlate_except(Attempt)
    return func.coalesce(letter.sent_at, passed.scalar_subquery(), letter.planned_at)
