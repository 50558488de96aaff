"""The letters that are to go next, and why each of them waits: the conditions are those of the claim, in the same SQL.

Nothing here tells the arm of a letter: whoever codes may read it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, bindparam, select, union_all
from sqlalchemy.orm import Session

from orchestrator import limits, outlook, tallies
from orchestrator.design import from_canonical
from orchestrator.enrolment import ZONE
from orchestrator.intake import Channel
from orchestrator.models import Inquiry, Listing, Pair, Round
from orchestrator.outlook import A_PERSON, WORDS, Fate
from orchestrator.rounds.permission import rules
from orchestrator.schedule import Calendar
from orchestrator.several import among_few, ask, not_first, one_of, written_out
from orchestrator.states import LetterState, Why
from profiles.sentences import Sentence

Span = Mapping[str, Any]
"""The values of the conditions `WAITING`."""

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


WAITING: tuple[ColumnElement[bool], ...] = (
    not_first(Pair.round_id) == bindparam("round_id"),
    Inquiry.state == written_out(Inquiry.state, LetterState.PLANNED),
    Inquiry.planned_at >= bindparam("first"),
    Inquiry.planned_at < bindparam("beyond"),
)
"""The conditions, on `Inquiry` and `Pair`, of the waiting letters of a round; `waiting_span` has their values.

They keep a database to the part of its index in which this round has letters: others may have a million there.
"""

WINDOW = 2
"""Of so many times the letters that are shown is asked whether they will ever go; a round may have a million."""


def letters(session: Session, round_: Round, now: datetime, most: int) -> tuple[NextSend, ...]:
    """Return the first open inquiries of a round in order of time, at most ``most``.

    Those that will never go come last.
    """
    return letters_in(session, round_, now, most, waiting_span(session, round_))


def letters_in(session: Session, round_: Round, now: datetime, most: int, span: Span | None) -> tuple[NextSend, ...]:
    """As `letters`, for who asked the `waiting_span` of the round already."""
    fates = _fates(session, round_, now, most, span)
    by_place = {(fate.pair, fate.order): fate for fate in fates}
    of = Counter(fate.pair for fate in fates)
    coming = sorted((fate for fate in fates if fate.state in WAITS), key=lambda fate: fate.why in NEVER)[:most]
    if not coming:
        return ()
    before = {fate.letter: by_place.get((fate.pair, fate.order - 1)) for fate in coming}
    due = [fate.letter for fate in coming if _is_due(fate, before[fate.letter], now)]
    calendar = Calendar(from_canonical(round_.design).schedule)
    held_back = _told(session, round_, due, now)
    return tuple(
        NextSend(
            fate.planned_at, fate.pair, fate.order, of[fate.pair], fate.advertiser_name, fate.street,
            CHANNELS[fate.channel], fate.state.value,
            _why_due(held_back[fate.letter], calendar, now)
            if fate.letter in held_back
            else _why(fate, before[fate.letter]),
        )
        for fate in coming
    )  # fmt: skip


def _is_due(fate: Fate, before: Fate | None, now: datetime) -> bool:
    """Say whether only the conditions of the claim can still hold a letter back."""
    waits = fate.why is not None or fate.state is LetterState.CLAIMED or fate.planned_at > now
    return not waits and (before is None or before.state is LetterState.SENT)


def _fates(session: Session, round_: Round, now: datetime, most: int, span: Span | None) -> Sequence[Fate]:
    """Return what becomes of the letters that are planned first, in order of time, and of the others of their pairs.

    When each of the first will go some day, no letter behind them is asked about.
    """
    fates: Sequence[Fate] = ()
    for window in (1, WINDOW):
        if not (pairs := _next_pairs(session, span, window * most)):
            return ()
        fates = outlook.fates_of(session, Inquiry, round_, now, timedelta(), pairs=pairs)
        if not any(fate.why in NEVER for fate in fates if fate.state in WAITS):
            break
    return fates


def _next_pairs(session: Session, span: Span | None, letters: int) -> set[int]:
    """Return the pairs of the open inquiries that are planned first: found along the index of what is due."""
    # Of all rounds: those that are being picked up are few, and who asks leaves out what is not of this one.
    rows = ask(session, _picked_up(), {}) if span is None else ask(session, _next(), {**span, "most": letters})
    return set(rows.scalars())


@cache
def _picked_up() -> Select[*tuple[Any, ...]]:
    return select(Inquiry.pair_id).where(one_of(Inquiry.state, (LetterState.CLAIMED, LetterState.SENDING)))


@cache
def _next() -> CompoundSelect[*tuple[Any, ...]]:
    rows = select(Inquiry.pair_id).join(Pair, Pair.id == Inquiry.pair_id).where(*WAITING)
    waiting = rows.order_by(Inquiry.planned_at, Inquiry.id).limit(bindparam("most")).subquery()
    return union_all(_picked_up(), select(waiting.c.pair_id))


def waiting_span(session: Session, round_: Round) -> Span | None:
    """Return the values of the conditions `WAITING` for a round; None when no letter of it waits."""
    return span_of(round_, tallies.waiting(session, round_.id))


def span_of(round_: Round, hours: tuple[datetime, datetime] | None) -> Span | None:
    """As `waiting_span`, of the first and the last hour in which letters wait."""
    return {"round_id": round_.id, "first": hours[0], "beyond": hours[1] + timedelta(hours=1)} if hours else None


def _why(fate: Fate, before: Fate | None) -> str:
    """Say why a letter waits that is not due: what a person can lift before what time brings."""
    if fate.why is not None:
        return WORDS[fate.why]
    if fate.state is LetterState.CLAIMED:
        return "wordt nu opgepakt"
    if before and before.state is not LetterState.SENT:
        return "wacht op de eerste reactie" if before.order == 1 else "wacht op de vorige reactie"
    return "rust tussen de twee reacties" if before else "wacht op het geplande moment"


def _why_due(row: Row[Any], calendar: Calendar, now: datetime) -> str:
    """Say why a letter whose moment has come did not go."""
    if not calendar.is_open(now):
        return Sentence.of("wacht op kantooruren, vanaf %(moment)s", moment=_said(calendar.next_open(now)))
    if row.next_try_at is not None and row.next_try_at > now:
        again = Sentence.of("nieuwe poging om %(moment)s", moment=_said(row.next_try_at))
        return Sentence.joined([again, row.last_error], ": ") if row.last_error else again
    held = [why for why in _passing() if not getattr(row, why.value)]
    return WORDS[min(held)] if held else "is nu aan de beurt"


def _told(session: Session, round_: Round, letters: Sequence[int], now: datetime) -> Mapping[int, Row[Any]]:
    """Ask of each letter which of the claim's conditions that pass with time hold now."""
    if not letters:
        return {}
    asked = limits.parameters(from_canonical(round_.design), now) | {"letters": letters}
    return {row.id: row for row in ask(session, _conditions(), asked)}


@cache
def _passing() -> Mapping[Why, ColumnElement[bool]]:
    """What else the claim asks of a letter, its fate (`outlook`) tells: it keeps it back for good, or until lifted."""
    return {why: condition for why, condition in rules(Inquiry).items() if why in PASSES}


@cache
def _conditions() -> Select[*tuple[Any, ...]]:
    conditions = (condition.label(why.value) for why, condition in _passing().items())
    told = (Inquiry.id, Inquiry.next_try_at, Inquiry.last_error, *conditions)
    rows: Select[*tuple[Any, ...]] = select(*told).select_from(Inquiry)
    rows = rows.join(Pair, Pair.id == Inquiry.pair_id).join(Listing, Listing.id == Pair.listing_id)
    return rows.where(among_few(Inquiry.id, "letters"))


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}"
