"""Claim: letters that are due go to one worker, under a fence and for the time of a lease."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    Table,
    bindparam,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from orchestrator import ledger, limits
from orchestrator.db import UtcDateTime
from orchestrator.design import from_canonical
from orchestrator.models import Decline, Inquiry, Listing, OwnerRequest, Pair, RequestLetter, Round
from orchestrator.rates import AS_FAST_AS_IT_CAN, Rates
from orchestrator.request_hours import is_open as office_is_open
from orchestrator.rounds.envelopes import Claim
from orchestrator.rounds.permission import Kind, permitted
from orchestrator.schedule import Calendar
from orchestrator.several import among, ask, not_first
from orchestrator.states import LetterState

PAGES = 2
"""So many times as long as a claim is the first page that is looked through."""

LAST = 2**31 - 1
"""Behind every letter of one moment."""

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any letter was planned."""


def claim_inquiries(
    session: Session,
    round_: Round,
    worker: str,
    now: datetime,
    lease: timedelta,
    grace: timedelta,
    most: int,
    rates: Rates = AS_FAST_AS_IT_CAN,
) -> list[Claim]:
    """planned → claimed for at most ``most`` due inquiries of a round.

    Outside office hours only a letter that became due within ``grace`` still goes; the rest waits for the next
    opening. Where letters to one advertiser need a rest between them, it gets one at a time.
    """
    design = from_canonical(round_.design)
    # Closed: only what became due just now may still go. Open: whatever is due.
    since = EVER if Calendar(design.schedule).is_open(now) else now - grace
    asked = {**limits.parameters(design, now), "late": now - grace, "round_id": round_.id}
    alone = design.schedule.cooldown_hours > 0
    return _claim(session, Inquiry, asked, worker, lease, most, rates, since=since, alone=alone)


def claim_declines(
    session: Session,
    worker: str,
    now: datetime,
    lease: timedelta,
    grace: timedelta,
    most: int,
    rates: Rates = AS_FAST_AS_IT_CAN,
) -> list[Claim]:
    """planned → claimed for at most ``most`` courtesy letters, of any round: a held viewing is given back."""
    return _claim(session, Decline, {"now": now, "late": now - grace}, worker, lease, most, rates)


def claim_requests(
    session: Session,
    worker: str,
    now: datetime,
    lease: timedelta,
    grace: timedelta,
    most: int,
    rates: Rates = AS_FAST_AS_IT_CAN,
) -> list[Claim]:
    """planned → claimed for at most ``most`` letters of the request test, of any round; none outside office hours."""
    if not office_is_open(now):
        return []
    asked = {**limits.request_parameters(session, now), "late": now - grace}
    return _claim(session, RequestLetter, asked, worker, lease, most, rates)


@cache
def _due_statement(kind: Kind, rates: Rates) -> Select[int, int, int, datetime]:
    """Select those letters of a page that are due and may go, locked and skipping locks."""
    rows = _with_office(kind).where(*_due(kind))
    if kind is Inquiry:
        rows = rows.where(not_first(Pair.round_id) == bindparam("round_id"))
    of_page = (_place(kind) > _bound("after"), _place(kind) <= _bound("until"))
    rows = rows.where(*of_page, *permitted(kind, rates)).order_by(kind.planned_at, kind.id)
    return rows.limit(bindparam("most", type_=Integer)).with_for_update(of=kind, skip_locked=True)


def _with_office(kind: Kind) -> Select[int, int, int, datetime]:
    """Select letters with their round and with the office they go to."""
    if kind is RequestLetter:
        told = (kind.id, OwnerRequest.round_id, OwnerRequest.advertiser_id, kind.planned_at)
        return select(*told).join_from(kind, OwnerRequest)
    rows = select(kind.id, Pair.round_id, Listing.advertiser_id, kind.planned_at).select_from(kind)
    rows = rows.join(Inquiry, Inquiry.id == Decline.inquiry_id) if kind is Decline else rows
    return rows.join(Pair, Pair.id == Inquiry.pair_id).join(Listing, Listing.id == Pair.listing_id)


@cache
def _page_end(kind: Kind) -> Select[datetime, int]:
    """Select the last of so many letters after another that are due; none when there are fewer."""
    rows = select(kind.planned_at, kind.id).where(*_due(kind), _place(kind) > _bound("after"))
    return rows.order_by(kind.planned_at, kind.id).offset(bindparam("size", type_=Integer)).limit(1)


def _due(kind: Kind) -> list[ColumnElement[bool]]:
    # In words and not as a parameter: whatever is planned once must know that the index of planned letters will do.
    planned = bindparam(None, LetterState.PLANNED, type_=kind.state.type, literal_execute=True)
    again = or_(kind.next_try_at.is_(None), kind.next_try_at <= limits.NOW)
    return [kind.state == planned, kind.planned_at <= limits.NOW, again]


def _place(kind: Kind) -> ColumnElement[Any]:
    return tuple_(kind.planned_at, kind.id)


def _bound(name: str) -> ColumnElement[Any]:
    return tuple_(bindparam(f"{name}_at", type_=UtcDateTime()), bindparam(f"{name}_id", type_=Integer))


def _claim(
    session: Session,
    kind: Kind,
    asked: Mapping[str, object],
    worker: str,
    lease: timedelta,
    most: int,
    rates: Rates,
    *,
    since: datetime = EVER,
    alone: bool = False,
) -> list[Claim]:
    now = cast("datetime", asked["now"])
    found = _due_letters(session, kind, {**asked, **rates.parameters(now)}, most, rates, since, alone=alone)
    if not found:
        return []
    these = {"letters": [each.id for each in found], "of": worker, "lease": now + lease}
    fences = dict(iter(ask(session, _claimed(kind), these)))
    claims = [Claim(kind, row.id, fences[row.id], row.round_id, row.advertiser_id) for row in found if row.id in fences]
    ledger.append(session, now, worker, f"{kind.__tablename__}.claimed", "letters", {"ids": [c.id for c in claims]})
    return claims


@cache
def _claimed(kind: Kind) -> ReturningUpdate[int, int]:
    """planned → claimed, each under a fence of its own."""
    table = cast("Table", kind.__table__)
    told = {"state": LetterState.CLAIMED, "fence": table.c.fence + 1, "worker": bindparam("of", type_=String()),
            "lease_until": bindparam("lease", type_=UtcDateTime())}  # fmt: skip
    these = (among(table.c.id, "letters"), table.c.state == LetterState.PLANNED)
    return update(table).where(*these).values(told).returning(table.c.id, table.c.fence)


def _due_letters(
    session: Session,
    kind: Kind,
    asked: Mapping[str, object],
    most: int,
    rates: Rates,
    since: datetime,
    *,
    alone: bool,
) -> Sequence[Row[int, int, int, datetime]]:
    """Return the first letters, in the order of their plan, that may go.

    What is due is looked through page by page, each twice as long: of a hundred thousand letters that are due, only
    those are asked about that may go next. Where many may not, the pages are soon long.
    """
    found: list[Row[int, int, int, datetime]] = []
    after, size = (since, 0), PAGES * most
    while len(found) < most:
        begun = {**asked, "after_at": after[0], "after_id": after[1]}
        end = ask(session, _page_end(kind), {**begun, "size": size - 1}).first()
        until = (end[0], end[1]) if end else (cast("datetime", asked["now"]), LAST)
        page = {"until_at": until[0], "until_id": until[1], "most": most - len(found)}
        found.extend(ask(session, _due_statement(kind, rates), {**begun, **page}).all())
        if end is None:
            break
        after, size = until, 2 * size
    return _first_of_each(found) if alone else found


def _first_of_each(due: Sequence[Row[int, int, int, datetime]]) -> list[Row[int, int, int, datetime]]:
    """Return the first letter of each advertiser, in the order given: the gate would refuse a second one."""
    firsts: dict[int, Row[int, int, int, datetime]] = {}
    for row in due:
        firsts.setdefault(row.advertiser_id, row)
    return list(firsts.values())
