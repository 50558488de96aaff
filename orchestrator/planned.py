"""The letters of a planned round before any of them went: who would write about which dwelling, and when."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from orchestrator.models import Event, Inquiry, Listing, Pair, Refusal, Round
from orchestrator.rounds import lookup
from orchestrator.states import LetterState
from profiles.factors import FactorLevel
from profiles.pairs import Arm


@dataclass(frozen=True)
class PlannedLetter:
    """One letter: the name it is signed with, where it is answered, its text, and its moment (aware UTC)."""

    applicant: str
    mailbox: str
    variant: str
    at: datetime


@dataclass(frozen=True)
class PlannedPair:
    pair: str
    listing: str
    advertiser: str
    district: str
    sham: Arm | None
    first: Arm
    level: FactorLevel | None
    letters: Mapping[Arm, PlannedLetter]
    """By arm; in an unpaired design that of one."""


@dataclass(frozen=True)
class PlannedRound:
    """Pairs in order of their codes, and how many listings were not tested, by reason."""

    pairs: tuple[PlannedPair, ...]
    refusals: Mapping[str, int]


def of_round(session: Session, name: str) -> PlannedRound:
    """Read the plan of a round; raises `Refused` when there is no such round."""
    round_ = lookup.find(session, name)
    reasons = session.scalars(select(Refusal.reason).where(Refusal.round_id == round_.id))
    return PlannedRound(tuple(map(_pair, lookup.pairs(session, round_))), dict(sorted(Counter(reasons).items())))


def _pair(pair: Pair) -> PlannedPair:
    letters = {inquiry.arm: _letter(inquiry) for inquiry in pair.inquiries}
    return PlannedPair(
        pair=pair.code,
        listing=pair.listing.key,
        advertiser=pair.listing.advertiser.key,
        district=pair.listing.district,
        sham=pair.sham,
        first=pair.first,
        level=pair.level,
        letters=letters,
    )


def _letter(inquiry: Inquiry) -> PlannedLetter:
    return PlannedLetter(inquiry.sender_name, inquiry.reply_address, inquiry.variant, inquiry.planned_at)


@dataclass(frozen=True)
class Preview:
    """A letter that is to go: when, about what, and its place in its pair; the text is None for who may not read it."""

    at: datetime
    pair: str
    order: int
    of: int
    advertiser: str
    listing: str
    sender: str | None
    subject: str | None
    body: str | None


@dataclass(frozen=True)
class Version:
    """One version of a round: who planned and approved it, and why it differs from the one before."""

    version: int
    digest: str
    state: str
    planned_by: str
    planned_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    reason: str | None


def next_letters(session: Session, round_: Round, most: int, *, with_text: bool) -> tuple[Preview, ...]:
    """Return the first letters that are still to go, in order of time."""
    rows = select(Inquiry).join(Pair).where(Pair.round_id == round_.id, Inquiry.state == LetterState.PLANNED)
    rows = rows.order_by(Inquiry.planned_at, Inquiry.id).limit(most)
    whole = joinedload(Inquiry.pair).joinedload(Pair.listing).joinedload(Listing.advertiser)
    found = session.scalars(rows.options(whole, joinedload(Inquiry.pair).selectinload(Pair.inquiries)))
    return tuple(_preview(inquiry, with_text=with_text) for inquiry in found)


def _preview(inquiry: Inquiry, *, with_text: bool) -> Preview:
    pair = inquiry.pair
    text = (inquiry.sender_name, inquiry.subject, inquiry.body) if with_text else (None, None, None)
    place = (pair.code, inquiry.order, len(pair.inquiries), pair.listing.advertiser.name, pair.listing.street)
    return Preview(inquiry.planned_at, *place, *text)


def compared(session: Session, round_: Round) -> int:
    """Count the pairs of a round that compare: those that are no sham."""
    rows = select(func.count()).select_from(Pair).where(Pair.round_id == round_.id, Pair.sham.is_(None))
    return session.scalar(rows) or 0


def versions(session: Session, name: str) -> tuple[Version, ...]:
    """Return all versions of a round, the newest first."""
    rows = session.scalars(select(Round).where(Round.name == name).order_by(Round.version.desc())).all()
    subjects = [f"round:{row.id}" for row in rows]
    planned = select(Event).where(Event.kind == "round.planned", Event.subject.in_(subjects)).order_by(Event.seq)
    # Of a plan that was made anew the last one counts.
    reasons = {event.subject: event.data.get("reason") for event in session.scalars(planned)}
    return tuple(
        Version(
            row.version, row.digest, row.state.value, row.planned_by, row.planned_at, row.approved_by,
            row.approved_at, reasons.get(f"round:{row.id}"),
        )
        for row in rows
    )  # fmt: skip
