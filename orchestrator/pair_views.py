"""Read models of the pairs of a round: a list to search in, and all that happened to one pair.

What somebody may see of the arms is decided here, by `Sight`, and what they may not see is not in what is returned.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from orchestrator import sight
from orchestrator.design import Order, from_canonical
from orchestrator.models import (
    Advertiser,
    Attempt,
    Decline,
    Event,
    Inquiry,
    Letter,
    Listing,
    Pair,
    Reply,
)  # fmt: skip
from orchestrator.rounds import lookup
from orchestrator.sight import Sight
from orchestrator.states import ROUND_ENDED, PairState
from profiles.errors import Refused
from profiles.pairs import Arm

PER_PAGE = 50

Hide = Callable[[Inquiry, str], str | None]
"""Masks every cue of the applicants in a text about an inquiry; None when that cannot be done."""


@dataclass(frozen=True)
class Wanted:
    """Which pairs are asked for; what is empty does not matter. ``text`` is part of a code, listing or street."""

    state: str = ""
    reason: str = ""
    advertiser: str = ""
    district: str = ""
    replied: str = ""
    coding: str = ""
    text: str = ""


@dataclass(frozen=True)
class PairLine:
    """One line of the list; ``waiting`` counts replies without a final label."""

    code: str
    listing: str
    street: str
    advertiser: str
    district: str
    state: str
    reason: str | None
    replies: int
    waiting: int


@dataclass(frozen=True)
class PairList:
    """A page of the pairs of a round, in order of code; ``more`` when there is a next page."""

    round: str
    lines: tuple[PairLine, ...]
    page: int
    more: bool


@dataclass(frozen=True)
class Try:
    """One attempt to send a letter."""

    at: datetime
    outcome: str
    detail: str | None


@dataclass(frozen=True)
class LetterSeen:
    """One of our letters; ``body`` is None where it may not be seen, ``arm`` and ``name`` while the arms are hidden."""

    order: int
    subject: str | None
    body: str | None
    state: str
    channel: str
    planned_at: datetime
    sent_at: datetime | None
    tries: tuple[Try, ...]
    arm: Arm | None = None
    name: str | None = None


@dataclass(frozen=True)
class Code:
    """A label that somebody gave."""

    coder: str
    label: str
    at: datetime


@dataclass(frozen=True)
class ReplySeen:
    """An answer; ``text``, labels and codes are None or empty where they may not be seen."""

    number: int
    at: datetime
    kind: str
    road: str | None
    coded: bool
    text: str | None
    label: str | None
    coded_by: str | None
    codes: tuple[Code, ...]


@dataclass(frozen=True)
class InquirySeen:
    """A letter with what came back and the courtesy letter that gave a viewing back."""

    letter: LetterSeen
    replies: tuple[ReplySeen, ...]
    decline: LetterSeen | None


@dataclass(frozen=True)
class Happened:
    """A line of the ledger about this pair."""

    at: datetime
    actor: str
    kind: str
    subject: str


@dataclass(frozen=True)
class PairSeen:
    """All of one pair. ``listed`` is what the listing said when the pair was drawn; ``sham`` is told with the arms."""

    round: str
    code: str
    state: str
    reason: str | None
    advertiser: str
    district: str
    listing: str
    url: str
    listed: Mapping[str, Any]
    sight: Sight
    sham: bool
    inquiries: tuple[InquirySeen, ...]
    events: tuple[Happened, ...]
    open: bool


def pairs(session: Session, round_name: str, wanted: Wanted, page: int = 1) -> PairList:
    """List the pairs of a round that are asked for, fifty at a time. Raises `Refused` when there is no such round."""
    round_ = lookup.find(session, round_name)
    mine = select(func.count(Reply.id)).join(Inquiry, Reply.inquiry_id == Inquiry.id).where(Inquiry.pair_id == Pair.id)
    replies, waiting = mine.scalar_subquery(), mine.where(Reply.label.is_(None)).scalar_subquery()
    rows = (
        select(Pair.code, Listing.key, Listing.street, Advertiser.name, Listing.district, Pair.state, Pair.reason)
        .add_columns(replies, waiting)
        .join(Listing, Pair.listing_id == Listing.id)
        .join(Advertiser, Listing.advertiser_id == Advertiser.id)
        .where(Pair.round_id == round_.id, *_conditions(wanted))
        .order_by(Pair.code)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE + 1)
    )
    lines = tuple(PairLine(*row) for row in session.execute(rows))
    return PairList(round_.name, lines[:PER_PAGE], page, len(lines) > PER_PAGE)


def pair(
    session: Session, round_name: str, code: str, person: str, hide: Hide, now: datetime, *, coder: bool
) -> PairSeen:
    """Tell all of one pair that this person may see. Raises `Refused` when there is no such round or pair."""
    round_ = lookup.find(session, round_name)
    loaded = selectinload(Pair.inquiries).selectinload(Inquiry.replies).selectinload(Reply.codings)
    rows = select(Pair).where(Pair.round_id == round_.id, Pair.code == code).options(loaded)
    found = session.scalars(rows.options(joinedload(Pair.listing).joinedload(Listing.advertiser))).first()
    if found is None:
        raise Refused("unknown-pair", f"Ronde '{round_name}' heeft geen test '{code}'.", "Zie de lijst met tests.")
    allowed, listing = sight.of(session, found, person, now, coder=coder), found.listing
    return PairSeen(
        round=round_.name,
        code=found.code,
        state=found.state.value,
        reason=found.reason,
        advertiser=listing.advertiser.name,
        district=listing.district,
        listing=listing.key,
        url=listing.url,
        listed=found.listed or {},
        sight=allowed,
        sham=found.sham is not None and allowed is Sight.ALL,
        inquiries=tuple(_inquiry(session, each, allowed, hide) for each in found.inquiries),
        events=_events(session, found),
        open=round_.state not in ROUND_ENDED,
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    replied = exists().where(Reply.inquiry_id == Inquiry.id, Inquiry.pair_id == Pair.id)
    waits = replied.where(Reply.label.is_(None))
    told = {
        wanted.reason: Pair.reason == wanted.reason,
        wanted.advertiser: or_(_holds(Advertiser.name, wanted.advertiser), _holds(Advertiser.key, wanted.advertiser)),
        wanted.district: _holds(Listing.district, wanted.district),
        wanted.text: or_(*(_holds(column, wanted.text) for column in (Pair.code, Listing.key, Listing.street))),
    }
    found = [condition for asked, condition in told.items() if asked]
    if wanted.state in list(PairState):
        found.append(Pair.state == PairState(wanted.state))
    found += [replied if wanted.replied == "ja" else ~replied] if wanted.replied in ("ja", "nee") else []
    found += [waits if wanted.coding == "ja" else ~waits] if wanted.coding in ("ja", "nee") else []
    return found


def _holds(column: Any, text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(text.lower(), autoescape=True)


def _inquiry(session: Session, inquiry: Inquiry, allowed: Sight, hide: Hide) -> InquirySeen:
    decline = session.scalars(select(Decline).where(Decline.inquiry_id == inquiry.id)).first()
    letter = _letter(session, inquiry, inquiry, allowed, hide)
    thanks = _letter(session, decline, inquiry, allowed, hide) if decline and _answers_seen(inquiry, allowed) else None
    return InquirySeen(letter, tuple(_reply(each, inquiry, allowed, hide) for each in inquiry.replies), thanks)


def _letter(session: Session, letter: Letter, inquiry: Inquiry, allowed: Sight, hide: Hide) -> LetterSeen:
    rows = select(Attempt).where(Attempt.message_id == letter.message_id).order_by(Attempt.id)
    all_of_it = allowed is Sight.ALL
    return LetterSeen(
        order=inquiry.order,
        subject=letter.subject if all_of_it else hide(inquiry, letter.subject),
        body=letter.body if all_of_it else hide(inquiry, letter.body),
        state=letter.state.value,
        channel=letter.channel.value,
        planned_at=letter.planned_at,
        sent_at=letter.sent_at,
        tries=tuple(Try(row.started_at, row.outcome.value, row.phase) for row in session.scalars(rows)),
        arm=inquiry.arm if all_of_it else None,
        name=inquiry.sender_name if all_of_it else None,
    )


def _answers_seen(inquiry: Inquiry, allowed: Sight) -> bool:
    """Who codes sees no answers here, or they would know of which letter each is. Where the order of the letters tells
    the arm, answers in that order would tell the outcome by arm.
    """
    told = from_canonical(inquiry.pair.round.design).schedule.order is not Order.RANDOM
    return allowed is Sight.ALL or (allowed is Sight.NO_ARMS and not told)


def _reply(reply: Reply, inquiry: Inquiry, allowed: Sight, hide: Hide) -> ReplySeen:
    seen = _answers_seen(inquiry, allowed)
    text = f"{reply.subject}\n\n{reply.text}".strip()
    # Two who code each for themselves must not find the other's label here.
    told = seen and reply.label is not None
    return ReplySeen(
        number=reply.id,
        at=reply.received_at,
        kind=reply.kind,
        road=reply.road,
        coded=reply.label is not None,
        text=(text if allowed is Sight.ALL else hide(inquiry, text)) if seen else None,
        label=reply.label if told else None,
        coded_by=reply.coded_by.value if told and reply.coded_by else None,
        codes=tuple(Code(each.coder, each.label, each.coded_at) for each in reply.codings) if told else (),
    )


def _events(session: Session, pair_: Pair) -> tuple[Happened, ...]:
    subjects = [f"pair:{pair_.id}"]
    for inquiry in pair_.inquiries:
        subjects += [f"inquiry:{inquiry.id}", *(f"reply:{reply.id}" for reply in inquiry.replies)]
        subjects += [f"mail:{reply.mail_id}" for reply in inquiry.replies if reply.mail_id]
    declines = select(Decline.id).where(Decline.inquiry_id.in_([inquiry.id for inquiry in pair_.inquiries]))
    subjects += [f"decline:{number}" for number in session.scalars(declines)]
    rows = select(Event).where(Event.subject.in_(subjects)).order_by(Event.seq)
    return tuple(Happened(row.at, row.actor, row.kind, row.subject.partition(":")[0]) for row in session.scalars(rows))
