"""Read models for pages and the command line: pages hold no queries."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, not_, select, text
from sqlalchemy.orm import Session, joinedload

from orchestrator import ahead, channel_faults, outlook, tallies
from orchestrator.ahead import NextSend
from orchestrator.design import from_canonical
from orchestrator.enrolment import ZONE
from orchestrator.models import (
    DOUBTS,
    Advertiser,
    Coding,
    Control,
    DeferredReply,
    Feed,
    Hold,
    Inquiry,
    Listing,
    Pair,
    Reply,
    Round,
)  # fmt: skip
from orchestrator.rounds import growing, holds, lifecycle, lookup, restored
from orchestrator.rounds.planning import LATEST
from orchestrator.schedule import Calendar
from orchestrator.several import ask, not_first
from orchestrator.states import OPEN_LETTER, LetterState, RoundState, Why
from orchestrator.tallies import Tallies
from profiles.sentences import Sentence

MOST_INLINE = 500
"""Of a round with more letters, what still goes out is told on a page of its own: each letter is looked at for it."""

NEXT = 20
"""How many of the coming letters a page shows."""

WHILE_HELD = Sentence.of(
    "Zolang een aanbieder een pauze heeft, krijgt die geen reacties; afmeldingen van bezichtigingen wel. Een reactie "
    "die %(days)s dagen na haar geplande moment nog wacht, vervalt. De test van die reactie telt dan niet mee.",
    days=LATEST.days,
)
"""What a pause does, also to a pair of which only the first letter went: it cannot be compared."""


@dataclass(frozen=True)
class RoundSummary:
    """One line in the list of rounds."""

    name: str
    version: int
    study: str
    state: str
    planned_at: datetime


@dataclass(frozen=True)
class HeldAdvertiser:
    """An advertiser with a pause: so many letters are ``waiting`` until a person lifts it, or until they expire.

    ``expires`` is the last moment of the first of them; None when nothing waits.
    """

    advertiser: str
    name: str
    since: datetime
    reason: str
    waiting: int
    expires: datetime | None


@dataclass(frozen=True)
class Day:
    """What was planned for one Dutch day, what was sent on it, and how many replies came."""

    day: date
    planned: int
    sent: int
    replies: int


@dataclass(frozen=True)
class Monitor:
    """Where a round stands ``at`` a moment: counts of inquiries, replies and courtesy letters, and why it waits.

    ``half`` is the number of pairs of which only the first letter went. ``outlook`` says what still goes out and what
    does not, ``faults`` what is wrong with a road, both in sentences; ``outlook`` is None where there is too much to
    tell at once (`outlook_of`).
    """

    at: datetime
    round: str
    study: str
    state: str
    planned: int
    sent: int
    answered: int
    coded: int
    failed: int
    uncertain: int
    expired: int
    cancelled: int
    half: int
    waiting_to_code: int
    deferred: int
    declines_planned: int
    declines_sent: int
    doubted: int
    why_waiting: str
    next_sends: tuple[NextSend, ...]
    held: tuple[HeldAdvertiser, ...]
    days: tuple[Day, ...] = ()
    outlook: tuple[str, ...] | None = ()
    faults: tuple[str, ...] = ()

    @property
    def open(self) -> int:
        """How many inquiries are still to go, or on the wire."""
        return self.planned - self.sent - self.failed - self.uncertain - self.expired - self.cancelled

    @property
    def capped(self) -> int:
        """How many of the next letters wait because their advertiser is at a cap."""
        return sum(send.why == outlook.WORDS[Why.CAP] for send in self.next_sends)

    @property
    def weeks(self) -> tuple[Day, ...]:
        """The same as ``days`` by week, each under its Monday."""
        found: dict[date, list[Day]] = defaultdict(list)
        for each in self.days:
            found[each.day - timedelta(days=each.day.weekday())].append(each)
        return tuple(
            Day(day, sum(d.planned for d in of), sum(d.sent for d in of), sum(d.replies for d in of))
            for day, of in found.items()
        )


@dataclass(frozen=True)
class Late:
    """How many replies came, and how many codings were given, after a round was closed."""

    replies: int
    codings: int


@dataclass(frozen=True)
class FeedState:
    """A feed of a round: when it was last read well, what stood in it then, and the pairs it brought so far."""

    url: str
    read_at: datetime | None
    seen: int
    pairs: int
    strangers: int
    unreadable: int


def summaries(session: Session) -> tuple[RoundSummary, ...]:
    """List all rounds, the newest plan first."""
    rows = session.scalars(select(Round).options(joinedload(Round.study)).order_by(Round.planned_at.desc()))
    return tuple(RoundSummary(row.name, row.version, row.study.name, row.state.value, row.planned_at) for row in rows)


def monitor(session: Session, name: str, now: datetime) -> Monitor:
    """Tell where a round stands. Raises `Refused` when there is no round of that name."""
    round_ = lookup.find(session, name)
    counted = tallies.of_round(session, round_.id)
    letters, thanks = counted.letters, counted.declines
    open_ = sum(letters[state] for state in OPEN_LETTER)
    small = letters.total() <= MOST_INLINE
    span = ahead.span_of(round_, counted.waiting)
    doubted, deferred = ask(session, _set_apart(), {"round_id": round_.id}).one()
    return Monitor(
        at=now,
        round=round_.name,
        study=from_canonical(round_.design).study.name,
        state=round_.state.value,
        planned=letters.total(),
        sent=letters[LetterState.SENT],
        answered=counted.answered,
        coded=counted.coded,
        failed=letters[LetterState.FAILED],
        uncertain=letters[LetterState.UNCERTAIN],
        expired=letters[LetterState.EXPIRED],
        cancelled=letters[LetterState.CANCELLED],
        half=halves(counted),
        waiting_to_code=counted.uncoded,
        deferred=deferred,
        declines_planned=thanks.total(),
        declines_sent=thanks[LetterState.SENT],
        doubted=doubted,
        why_waiting=why_waiting(session, round_, now, span, why_shut(session)),
        next_sends=ahead.letters_in(session, round_, now, NEXT, span) if open_ else (),
        held=held_advertisers(session, round_),
        days=days(counted),
        outlook=_sentences(session, round_, now) if small else None,
        faults=faults(session),
    )


def halves(counted: Tallies) -> int:
    """Return of how many pairs the first letter went and a later one did not, or not yet."""
    later = [place for place in counted.sent if place > 1 and counted.sent[place]]
    return counted.sent[1] - min((counted.sent[place] for place in later), default=0)


def days(counted: Tallies) -> tuple[Day, ...]:
    """Count by Dutch day what was planned, sent and answered, from the first day that has any to the last."""
    found: dict[date, Counter[str]] = defaultdict(Counter)
    for what, hours in counted.by_hour.items():
        for hour, number in hours.items():
            found[_dutch_day(hour)][what] += number
    return tuple(Day(day, n["planned"], n["sent"], n["replies"]) for day, n in sorted(found.items()))


@lru_cache(maxsize=50_000)
def _dutch_day(hour: datetime) -> date:
    return hour.astimezone(ZONE).date()


def outlook_of(session: Session, name: str, now: datetime) -> tuple[str, ...]:
    """Tell in sentences what still goes out in a round, however long that takes to find out."""
    return _sentences(session, lookup.find(session, name), now)


def _sentences(session: Session, round_: Round, now: datetime, state: RoundState | None = None) -> tuple[str, ...]:
    return tuple(outlook.sentences(outlook.of_round(session, round_, now, timedelta(), state=state)))


def late(session: Session, round_: Round) -> Late:
    """Count the replies that came, and the codings that were given, after a round was closed."""
    if round_.closed_at is None:
        return Late(0, 0)
    span = tallies.first_and_last(session, round_.id, "replies")
    replies = select(func.count(Reply.id)).join(Inquiry).join(Pair).where(Pair.round_id == round_.id)
    came = 0
    if span and span[1] + timedelta(hours=1) > round_.closed_at:
        came = session.scalar(replies.where(Reply.received_at > round_.closed_at)) or 0
    # Codings come in order of time; of all rounds together, those since a moment are found from the end.
    newest = session.scalar(select(Coding.coded_at).order_by(Coding.id.desc()).limit(1))
    coded = 0
    if newest and newest > round_.closed_at:
        coded = session.scalar(replies.join(Coding).where(Coding.coded_at > round_.closed_at)) or 0
    return Late(came, coded)


def ahead_if(session: Session, name: str, state: RoundState, now: datetime) -> tuple[str, ...]:
    """Tell in sentences what would still go out if a round were in this state; of a large one only how much is open."""
    round_ = lookup.find(session, name)
    counted = tallies.of_round(session, round_.id)
    if counted.letters.total() <= MOST_INLINE:
        return _sentences(session, round_, now, state)
    words = "Nog open: %(letters)s reacties en %(declines)s afmeldingen van bezichtigingen."
    inquiries, declines = (sum(each[s] for s in OPEN_LETTER) for each in (counted.letters, counted.declines))
    return (Sentence.of(words, letters=inquiries, declines=declines),)


def faults(session: Session) -> tuple[str, ...]:
    """List what is wrong with a mail server, mailbox, form or feed, with since when, the oldest first."""
    lasting = channel_faults.lasting(session)
    words = "Storing sinds %(moment)s: %(what)s"
    return tuple(Sentence.of(words, moment=said(fault.since), what=fault.message) for fault in lasting)


def held_advertisers(session: Session, round_: Round | None = None) -> tuple[HeldAdvertiser, ...]:
    """List the advertisers that have a pause now, of one round or of all, the longest pause first."""
    asked = {} if round_ is None else {"round_id": round_.id}
    return tuple(HeldAdvertiser(*row) for row in ask(session, _held(of_round=round_ is not None), asked))


@cache
def _held(*, of_round: bool) -> Select[*tuple[Any, ...]]:
    told = (Advertiser.key, Advertiser.name, Hold.since, Hold.reason)
    rows: Select[*tuple[Any, ...]] = select(*told, func.count(Inquiry.id), func.min(Inquiry.not_after))
    rows = (
        rows.join(Hold, Hold.advertiser_id == Advertiser.id)
        .outerjoin(Listing, Listing.advertiser_id == Advertiser.id)
        .outerjoin(Pair, Pair.listing_id == Listing.id)
        .outerjoin(Inquiry, (Inquiry.pair_id == Pair.id) & Inquiry.state.in_(OPEN_LETTER))
        .where(Hold.lifted_at.is_(None))
        .group_by(Advertiser.id, Hold.id)
        .order_by(Hold.since, Hold.id)
    )
    return rows.where(Pair.round_id == bindparam("round_id")) if of_round else rows


def feeds(session: Session, name: str) -> tuple[FeedState, ...]:
    """List the feeds of a round, in the order of its design."""
    round_ = lookup.find(session, name)
    rows = {row.url: row for row in session.scalars(select(Feed).where(Feed.round_id == round_.id))}
    declared = [feed.url for feed in from_canonical(round_.design).sample.feeds]
    return tuple(_feed_state(url, rows.get(url)) for url in declared)


def _feed_state(url: str, row: Feed | None) -> FeedState:
    if row is None:
        return FeedState(url, None, 0, 0, 0, 0)
    return FeedState(url, row.read_at, row.seen, row.pairs, row.strangers, row.unreadable)


def lateness(session: Session, name: str) -> tuple[timedelta, timedelta]:
    """Return how long after their planned moments the sent inquiries of a round went: the median and the most."""
    rows = select(Inquiry.planned_at, Inquiry.sent_at).join(Pair).where(Pair.round_id == lookup.find(session, name).id)
    sent = session.execute(rows.where(Inquiry.sent_at.is_not(None)))
    late = sorted(sent_at - planned_at for planned_at, sent_at in sent if sent_at)
    return (late[len(late) // 2], late[-1]) if late else (timedelta(), timedelta())


def why_waiting(session: Session, round_: Round, now: datetime, span: ahead.Span | None, shut: str | None) -> str:
    """Say in one Dutch sentence what a round is waiting for: waiting must not look like hanging.

    ``span`` is the `ahead.waiting_span` of the round, ``shut`` what `why_shut` says.
    """
    if round_.state is RoundState.RUNNING:
        return shut or _why_no_letter(session, round_, now, span)
    if round_.state is RoundState.COLLECTING:
        end = lifecycle.window_end(session, round_)
        if now < end:
            return Sentence.of("Wacht op antwoorden tot %(moment)s.", moment=said(end))
        waiting = lifecycle.waiting_to_code(session, round_)
        if waiting:
            return Sentence.of("Wacht op codering van %(number)s antwoorden.", number=waiting)
        return "Sluit als de verzending weer open is." if shut else "Klaar om te sluiten."
    told = _WAITING[round_.state]
    if not round_.reason:
        return told
    return Sentence.joined([told, Sentence.of("Reden: %(why)s.", why=round_.reason)])


def why_shut(session: Session, *, how_on: bool = True) -> str | None:
    """Say in one Dutch sentence why this installation sends nothing at all, and how to go on; None when it does."""
    session.flush()  # what was decided in this transaction
    restored_at, enabled, told = ask(session, _switch(), {}).one()
    if restored_at is not None:
        why = Sentence.of("%(why)s (%(moment)s)", why=restored.reason(session), moment=said(restored_at))
        return (
            _shut(why) if not how_on else Sentence.joined([_shut(why), "Verder met: praktijktest reconcile --by NAAM."])
        )
    return None if enabled else _shut(told or "geen reden opgegeven")


@cache
def _switch() -> Select[datetime | None, bool, str | None]:
    return select(Control.restored_at, Control.sending_enabled, Control.reason).where(Control.id == 1)


def _shut(why: str) -> Sentence:
    return Sentence.of("Alle verzending staat uit: %(why)s.", why=why)


_WAITING = {
    RoundState.DRAFT: "Deze ronde is een concept.",
    RoundState.PLANNED: "Wacht op goedkeuring door een tweede persoon.",
    RoundState.APPROVED: "Goedgekeurd; wacht op de start.",
    RoundState.PAUSED: "Gepauzeerd: er gaan geen nieuwe reacties uit; afmeldingen van bezichtigingen wel.",
    RoundState.CLOSED: "Gesloten.",
    RoundState.RELEASED: "Vrijgegeven.",
    RoundState.ABORTED: "Afgebroken.",
}


def _why_no_letter(session: Session, round_: Round, now: datetime, span: ahead.Span | None) -> str:
    upcoming = _first_planned(session, span, held_too=False)
    if upcoming is None and _first_planned(session, span, held_too=True) is not None:
        return "Wacht tot iemand de pauze van de overgebleven aanbieders opheft: zie praktijktest holds."
    if upcoming is None and growing.may_grow(session, round_, now):
        return "Wacht op nieuwe advertenties uit de feeds."
    if upcoming is None:
        return "Alle reacties zijn verzonden of afgesloten."
    calendar = Calendar(from_canonical(round_.design).schedule)
    if not calendar.is_open(now):
        words = "Wacht op kantooruren: verder vanaf %(moment)s."
        return Sentence.of(words, moment=said(calendar.next_open(now)))
    if upcoming > now:
        return Sentence.of("Wacht op het volgende geplande moment: %(moment)s.", moment=said(upcoming))
    return "Er is een reactie aan de beurt."


def _first_planned(session: Session, span: ahead.Span | None, *, held_too: bool) -> datetime | None:
    """Return the planned moment of the first waiting letter: found along the index of what is due."""
    return None if span is None else ask(session, _waiting(held_too=held_too), span).scalar()


@cache
def _waiting(*, held_too: bool) -> Select[*tuple[Any, ...]]:
    rows = select(Inquiry.planned_at).join(Pair).where(*ahead.WAITING)
    rows = rows if held_too else rows.where(not_(holds.held(Inquiry.advertiser_id)))
    return rows.order_by(Inquiry.planned_at).limit(1)


def said(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}"


@cache
def _set_apart() -> Select[*tuple[Any, ...]]:
    """How many inquiries of a round were asked whether this is a test, and how many answers of all wait for a place."""
    doubted = select(func.count(Reply.inquiry_id.distinct())).join(Inquiry, Reply.inquiry_id == Inquiry.id).join(Pair)
    doubted = doubted.where(not_first(Pair.round_id) == bindparam("round_id"), text(f"({DOUBTS})"))
    deferred = select(func.count()).select_from(DeferredReply).where(DeferredReply.resolved_at.is_(None))
    return select(doubted.scalar_subquery(), deferred.scalar_subquery())
