"""The letters that are to go next, and why each of them waits: the conditions are those of the claim, in the same SQL.

Nothing here tells the arm of a letter: whoever codes may read it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from orchestrator import limits, outlook
from orchestrator.design import from_canonical
from orchestrator.enrolment import ZONE
from orchestrator.intake import Channel
from orchestrator.models import Inquiry, Listing, Pair, Round, Study
from orchestrator.outlook import A_PERSON, WORDS, Fate
from orchestrator.rounds.permission import rules
from orchestrator.schedule import Calendar
from orchestrator.states import LetterState, Why

CHANNELS = {Channel.SMTP: "e-mail", Channel.WEBFORM: "formulier"}
WAITS = (LetterState.PLANNED, LetterState.CLAIMED)
NEVER = frozenset({*outlook.FOR_GOOD, Why.DAY_OFF, Why.LATE, Why.FIRST, Why.REFUSED, Why.WITHDRAWN, Why.ENDED})
"""What keeps a letter back for good."""

PASSES = frozenset(Why) - set(A_PERSON) - set(outlook.FOR_GOOD)
"""What keeps a letter back for a time only, of the conditions of the claim."""


@dataclass(frozen=True)
class NextSend:
    """A letter that is still to go, and in Dutch why it did not yet; the arm is not in it."""

    at: datetime
    pair: str
    order: int
    of: int
    advertiser: str
    listing: str
    channel: str
    status: str
    why: str


def letters(session: Session, round_: Round, now: datetime, most: int) -> tuple[NextSend, ...]:
    """Return the open inquiries of a round in order of time, at most ``most``; those that will never go come last."""
    fates = outlook.fates_of(session, Inquiry, round_, now, timedelta())
    by_place = {(fate.pair, fate.order): fate for fate in fates}
    of = Counter(fate.pair for fate in fates)
    coming = sorted((fate for fate in fates if fate.state in WAITS), key=lambda fate: fate.why in NEVER)[:most]
    calendar = Calendar(from_canonical(round_.design).schedule)
    told = _told(session, round_, coming, now)
    return tuple(
        _next(fate, of[fate.pair], by_place.get((fate.pair, fate.order - 1)), told[fate.letter], calendar, now)
        for fate in coming
    )


def _next(fate: Fate, of: int, before: Fate | None, row: Row[Any], calendar: Calendar, now: datetime) -> NextSend:
    return NextSend(
        fate.planned_at, fate.pair, fate.order, of, fate.advertiser_name, fate.street, CHANNELS[row.channel],
        fate.state.value, _why(fate, before, row, calendar, now),
    )  # fmt: skip


def _why(fate: Fate, before: Fate | None, row: Row[Any], calendar: Calendar, now: datetime) -> str:
    """Say why a letter waits: what a person can lift before what time brings."""
    if fate.why is not None:
        return WORDS[fate.why]
    if fate.state is LetterState.CLAIMED:
        return "wordt nu opgepakt"
    if before and before.state is not LetterState.SENT:
        return "wacht op de eerste reactie" if before.order == 1 else "wacht op de vorige reactie"
    if fate.planned_at > now:
        return "rust tussen de twee reacties" if before else "wacht op het geplande moment"
    return _why_due(row, calendar, now)


def _why_due(row: Row[Any], calendar: Calendar, now: datetime) -> str:
    """Say why a letter whose moment has come did not go."""
    if not calendar.is_open(now):
        return f"wacht op kantooruren, vanaf {_said(calendar.next_open(now))}"
    if row.next_try_at is not None and row.next_try_at > now:
        why = f": {row.last_error}" if row.last_error else ""
        return f"nieuwe poging om {_said(row.next_try_at)}{why}"
    held = [why for why in PASSES if hasattr(row, why.value) and not getattr(row, why.value)]
    return WORDS[min(held)] if held else "is nu aan de beurt"


def _told(session: Session, round_: Round, coming: Sequence[Fate], now: datetime) -> Mapping[int, Row[Any]]:
    """Ask of each letter what the claim would ask now."""
    asked = limits.parameters(from_canonical(round_.design), now)
    conditions = (condition.label(why.value) for why, condition in rules(Inquiry).items())
    told = (Inquiry.id, Inquiry.channel, Inquiry.next_try_at, Inquiry.last_error, *conditions)
    rows: Select[*tuple[Any, ...]] = select(*told).select_from(Inquiry)
    rows = (
        rows.join(Pair, Pair.id == Inquiry.pair_id)
        .join(Round, Round.id == Pair.round_id)
        .join(Study, Study.id == Round.study_id)
        .join(Listing, Listing.id == Pair.listing_id)
        .where(Inquiry.id.in_([fate.letter for fate in coming]))
    )
    return {row.id: row for row in session.execute(rows, asked)}


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}"
