"""The rest of a round, gone through ahead of time: which letter will go when, and which will not.

Nothing here decides what may go. The conditions are those of the claim (`rounds.sending.rules`), in the same SQL, asked
for every letter at its own moment. What is added is the order of time: a second letter follows its first, and each pair
that begins takes a place under the caps.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Row, Select, column, select, values
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.visitors import replacement_traverse

from orchestrator import limits
from orchestrator.db import UtcDateTime
from orchestrator.design import from_canonical
from orchestrator.models import Advertiser, Decline, Inquiry, Listing, Pair, Round, Study
from orchestrator.rounds import sending
from orchestrator.rounds.sending import Kind
from orchestrator.schedule import Calendar
from orchestrator.states import OPEN_LETTER, Exclusion, LetterState, RoundState, Why

A_PERSON = (Why.FIRST_UNCERTAIN, Why.HELD, Why.NOT_STARTED, Why.PAUSED, Why.STOPPED)
"""What somebody can lift, the strongest first; whatever else keeps a letter back does so for good."""

NO_TIME_HELPS = frozenset({Why.PAIR, Why.SCOPE, Why.ENDED})

MOST_ROWS = 500
"""Questions in one statement."""


@dataclass(frozen=True)
class Fate:
    """What becomes of one letter as things stand: it goes at ``at``, or does not because of ``why``.

    With both, it would go then if somebody lifted ``why``. A letter that was sent, is on the wire or is uncertain has
    neither; one that ended otherwise has a ``why``.
    """

    letter: int
    state: LetterState
    pair: str
    order: int
    street: str
    advertiser: str
    advertiser_name: str
    at: datetime | None = None
    why: Why | None = None


def inquiries(session: Session, round_: Round, now: datetime, grace: timedelta) -> list[Fate]:
    """Return the fate of every inquiry of a round; what will go stands in the order in which it will."""
    rows = session.execute(_letters(Inquiry).where(Pair.round_id == round_.id)).all()
    course = _Course(session, round_, now, grace)
    course.run(rows)
    return [*course.fates, *(_ended(row, round_) for row in rows if row.state not in OPEN_LETTER)]


def declines(session: Session, round_: Round, now: datetime, grace: timedelta) -> list[Fate]:
    """Return the fate of every courtesy letter of a round: they go at any hour, and also when the round has ended."""
    rows = session.execute(_letters(Decline).where(Pair.round_id == round_.id)).all()
    moments = {row.id: max(now, row.planned_at, row.next_try_at or now) for row in rows}
    asked = _Conditions(session, Decline, {"now": now})
    asked.ask(_Question(row.id, moments[row.id]) for row in rows if row.state in OPEN_LETTER)
    shut = not sending.is_open(session)
    told = []
    for row in rows:
        if row.state in OPEN_LETTER and row.state is not LetterState.SENDING:
            told.append(_courtesy(row, _Question(row.id, moments[row.id]), asked, grace, shut))
        else:
            told.append(_ended(row, round_))
    return told


def _courtesy(row: Row[Any], question: "_Question", asked: "_Conditions", grace: timedelta, shut: bool) -> Fate:
    if question.moment > row.not_after + grace:
        return _fate(row, None, Why.LATE)
    if failing := asked.failing(question):
        return _fate(row, None, failing[0])
    return _fate(row, question.moment, Why.STOPPED if shut else None)


class _Question(NamedTuple):
    """A letter at a moment, when so many pairs of its advertiser have begun that the record does not know of yet."""

    letter: int
    moment: datetime
    ahead: int = 0
    ahead_this_week: int = 0


class _Conditions:
    """The conditions of the claim, asked for many letters at once, each at a moment of its own."""

    def __init__(self, session: Session, kind: Kind, parameters: Mapping[str, object]) -> None:
        self.session, self.kind, self.parameters = session, kind, dict(parameters)
        self.rules = sending.rules(kind)
        self.known: dict[tuple[int, datetime], tuple[_Question, list[Why]]] = {}

    def ask(self, questions: Iterable[_Question]) -> None:
        waiting = list(questions)
        for start in range(0, len(waiting), MOST_ROWS):
            part = waiting[start : start + MOST_ROWS]
            for number, *holds in self.session.execute(self._statement(part), self.parameters):
                failing = [why for why, held in zip(self.rules, holds, strict=True) if not held]
                self.known[part[number][:2]] = (part[number], failing)

    def failing(self, question: _Question) -> list[Why]:
        """Return which conditions do not hold; the database is asked only for what is not known yet."""
        known = self.known.get(question[:2])
        # Room under a cap with more pairs ahead is room with fewer; no room has to be asked again.
        if known is None or (Why.CAP in known[1] and known[0] != question):
            self.ask([question])
        return self.known[question[:2]][1]

    def _statement(self, part: Sequence[_Question]) -> Select[Any]:
        names = ("number", "letter", "now", "week_start", "ahead", "ahead_this_week")
        types = (Integer, Integer, UtcDateTime(), UtcDateTime(), Integer, Integer)
        rows = [
            (number, asked.letter, asked.moment, limits.start_of_week(asked.moment), *asked[2:])
            for number, asked in enumerate(part)
        ]
        asked = values(*map(column, names, types)).data(rows).cte("asked")

        def own(element: object, **_: object) -> ColumnElement[Any] | None:
            return asked.c.get(element.key) if isinstance(element, BindParameter) else None

        told = [replacement_traverse(rule, {}, own).label(why) for why, rule in self.rules.items()]
        rows = _around(select(asked.c.number, *told), self.kind).where(self.kind.id == asked.c.letter)
        return rows.where(self.kind.id.in_({each.letter for each in part}))


@dataclass(frozen=True, order=True)
class _Turn:
    """A letter that is asked for at ``moment``; ``why`` is why it did not go at an earlier one."""

    moment: datetime
    planned_at: datetime
    letter: int
    not_after: datetime = field(compare=False)
    row: Row[Any] = field(compare=False)
    why: Why | None = field(compare=False, default=None)


class _Course:
    """What the dispatcher will do from now on, when every letter is taken as its moment comes."""

    def __init__(self, session: Session, round_: Round, now: datetime, grace: timedelta) -> None:
        self.round, self.now, self.grace = round_, now, grace
        self.design = from_canonical(round_.design)
        self.calendar = Calendar(self.design.schedule)
        self.asked = _Conditions(session, Inquiry, limits.parameters(self.design, now))
        self.shut = not sending.is_open(session)
        self.begun: Counter[object] = Counter()
        self.coming: list[_Turn] = []
        self.fates: list[Fate] = []

    def run(self, rows: Sequence[Row[Any]]) -> None:
        """Fill ``fates`` for the open letters among all letters of the round."""
        self.halves = {(row.pair_id, row.order): row for row in rows}
        for row in rows:
            if row.state in OPEN_LETTER:
                self._enter(row)
        self._foreknow()
        while self.coming:
            self._meet(heappop(self.coming))

    def _enter(self, row: Row[Any]) -> None:
        """Give a letter its turn, unless it has to wait for its first half to have one."""
        first = self.halves[row.pair_id, 1]
        if row.state is LetterState.SENDING:
            self.fates.append(_fate(row))
        elif row.order == 1 or first.state in (LetterState.SENT, LetterState.UNCERTAIN):
            heappush(self.coming, self._turn(row))
        elif first.state is LetterState.SENDING:
            heappush(self.coming, self._second(row, self.now))
        elif first.state not in OPEN_LETTER:
            self.fates.append(_fate(row, None, Why.FIRST))

    def _meet(self, turn: _Turn) -> None:
        if turn.moment > turn.not_after + self.grace:
            self._end(turn, None, turn.why or Why.LATE)
            return
        why = self._why(turn)
        if why is None or why in A_PERSON:
            self._end(turn, turn.moment, why)
        elif why in NO_TIME_HELPS:
            self._end(turn, None, why)
        else:
            heappush(self.coming, replace(turn, moment=self._later(turn.moment), why=turn.why or why))

    def _end(self, turn: _Turn, at: datetime | None, why: Why | None) -> None:
        self.fates.append(_fate(turn.row, at, why))
        second = self.halves.get((turn.row.pair_id, 2))
        if turn.row.order == 2:
            return
        if at is not None:
            self.begun.update(_places(turn))
        if second is not None and second.state in OPEN_LETTER:
            if at is None:
                self.fates.append(_fate(second, None, Why.FIRST))
            else:
                heappush(self.coming, self._second(second, at))

    def _why(self, turn: _Turn) -> Why | None:
        """Return why a letter does not go at its turn: what is for good before what somebody can lift."""
        reasons = self.asked.failing(self._question(turn, self.begun))
        if Why.PAUSED in reasons:
            reasons = [_ROUND[self.round.state] if why is Why.PAUSED else why for why in reasons]
        if turn.row.order == 2 and self.halves[turn.row.pair_id, 1].state is LetterState.UNCERTAIN:
            reasons = [*reasons, Why.FIRST_UNCERTAIN]
        if self.shut:
            reasons = [*reasons, Why.STOPPED]
        for_good = (why for why in reasons if why not in A_PERSON)
        return next(for_good, None) or next((why for why in A_PERSON if why in reasons), None)

    def _foreknow(self) -> None:
        """Ask for all turns at once that can be told now, as if every pair began."""
        ahead: Counter[object] = Counter()
        turns = []
        for turn in sorted(self.coming):
            turns.append((turn, self._question(turn, ahead)))
            if turn.row.order == 1:
                ahead.update(_places(turn))
                second = self._second(self.halves[turn.row.pair_id, 2], turn.moment)
                turns.append((second, self._question(second, ahead)))
        self.asked.ask(question for _, question in turns)
        self.asked.ask(
            question._replace(moment=moment)
            for turn, question in turns
            if any(why not in NO_TIME_HELPS.union(A_PERSON) for why in self.asked.failing(question))
            for moment in self._openings(turn)
        )

    def _question(self, turn: _Turn, ahead: Counter[object]) -> _Question:
        if turn.row.order == 2:
            return _Question(turn.letter, turn.moment)
        return _Question(turn.letter, turn.moment, *(ahead[place] for place in _places(turn)))

    def _turn(self, row: Row[Any], planned: datetime | None = None) -> _Turn:
        """Return when a letter is due: as planned, else now or, when that is closed, at the next opening."""
        due = planned or row.planned_at
        moment = max(self.now, due, row.next_try_at or due)
        if moment > due + self.grace:
            moment = self.calendar.next_open(moment)
        return _Turn(moment, due, row.id, row.not_after + (due - row.planned_at), row)

    def _second(self, row: Row[Any], first: datetime) -> _Turn:
        """Return when a second letter is due whose first goes at ``first``."""
        end = first + row.gap
        return self._turn(row, sending.after_gap(self.design, row.listing, end) if end > row.planned_at else None)

    def _later(self, moment: datetime) -> datetime:
        """Return the next opening after a moment."""
        return self.calendar.next_open(self.calendar.closing(moment) if self.calendar.is_open(moment) else moment)

    def _openings(self, turn: _Turn) -> Iterator[datetime]:
        moment = self._later(turn.moment)
        while moment <= turn.not_after + self.grace:
            yield moment
            moment = self._later(moment)


_ROUND = {
    RoundState.DRAFT: Why.NOT_STARTED,
    RoundState.PLANNED: Why.NOT_STARTED,
    RoundState.APPROVED: Why.NOT_STARTED,
    RoundState.PAUSED: Why.PAUSED,
    RoundState.COLLECTING: Why.ENDED,
    RoundState.CLOSED: Why.ENDED,
    RoundState.RELEASED: Why.ENDED,
    RoundState.ABORTED: Why.ENDED,
}


def _places(turn: _Turn) -> tuple[object, object]:
    """Return what a first letter takes a place under: its advertiser's caps, and those of the week."""
    return turn.row.advertiser, (turn.row.advertiser, limits.start_of_week(turn.moment))


def _ended(row: Row[Any], round_: Round) -> Fate:
    """Return the fate of a letter of which the end, or that it is on the wire, is known."""
    match row.state:
        case LetterState.FAILED:
            return _fate(row, None, Why.REFUSED)
        case LetterState.EXPIRED:
            return _fate(row, None, Why.LATE)
        case LetterState.CANCELLED if row.reason == Exclusion.WITHDRAWN:
            return _fate(row, None, Why.WITHDRAWN)
        case LetterState.CANCELLED:
            return _fate(row, None, Why.ENDED if _ROUND.get(round_.state) is Why.ENDED else Why.FIRST)
    return _fate(row)


def _fate(row: Row[Any], at: datetime | None = None, why: Why | None = None) -> Fate:
    return Fate(row.id, row.state, row.code, row.order, row.street, row.advertiser, row.advertiser_name, at, why)


def _letters(kind: Kind) -> Select[Any]:
    """Select what must be known of letters, without what they say."""
    told = (
        kind.id, kind.state, kind.planned_at, kind.not_after, kind.next_try_at,
        Inquiry.pair_id, Inquiry.order, Inquiry.gap, Pair.code, Pair.reason, Listing.key.label("listing"),
        Listing.street, Advertiser.key.label("advertiser"), Advertiser.name.label("advertiser_name"),
    )  # fmt: skip
    rows = _around(select(*told), kind).join(Advertiser, Advertiser.id == Listing.advertiser_id)
    return rows.order_by(kind.planned_at, kind.id)


def _around(rows: Select[Any], kind: Kind) -> Select[Any]:
    """Join a letter to its pair, round, study and listing."""
    rows = rows.join_from(Decline, Inquiry) if kind is Decline else rows.select_from(Inquiry)
    return (
        rows.join(Pair, Pair.id == Inquiry.pair_id)
        .join(Round, Round.id == Pair.round_id)
        .join(Study, Study.id == Round.study_id)
        .join(Listing, Listing.id == Pair.listing_id)
    )
