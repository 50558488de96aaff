"""The letters of a planned round before any of them went: who would write about which dwelling, and when."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from orchestrator.models import Inquiry, Listing, Pair, Refusal
from orchestrator.rounds import lookup
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
    pairs = select(Pair).where(Pair.round_id == round_.id).order_by(Pair.code)
    whole = pairs.options(joinedload(Pair.listing).joinedload(Listing.advertiser), selectinload(Pair.inquiries))
    reasons = session.scalars(select(Refusal.reason).where(Refusal.round_id == round_.id))
    return PlannedRound(tuple(_pair(pair) for pair in session.scalars(whole)), dict(sorted(Counter(reasons).items())))


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
