"""Read models for pages and the command line: pages hold no queries."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, not_, select
from sqlalchemy.orm import Session, joinedload

from orchestrator import ahead, channel_faults, outlook
from orchestrator.ahead import NextSend
from orchestrator.design import from_canonical
from orchestrator.enrolment import ZONE
from orchestrator.exposure import asks
from orchestrator.models import (
    Advertiser,
    Control,
    Decline,
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
from orchestrator.states import OPEN_LETTER, LetterState, RoundState

NEXT = 20
"""How many of the coming letters a page shows."""

WHILE_HELD = (
    "Zolang een aanbieder een pauze heeft, krijgt die geen reacties; afmeldingen van bezichtigingen wel. Een reactie "
    f"die {LATEST.days} dagen na haar geplande moment nog wacht, vervalt. De test van die reactie telt dan niet mee."
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
class Monitor:
    """Where a round stands: counts of inquiries, replies and courtesy letters, and why it waits.

    ``outlook`` says what still goes out and what does not, ``faults`` what is wrong with a road, both in sentences.
    """

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
    waiting_to_code: int
    deferred: int
    declines_planned: int
    declines_sent: int
    doubted: int
    why_waiting: str
    next_sends: tuple[NextSend, ...]
    held: tuple[HeldAdvertiser, ...]
    outlook: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


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
    letters = _by_state(session, select(Inquiry.state, func.count()).join(Pair), round_)
    thanks = _by_state(session, select(Decline.state, func.count()).join(Inquiry).join(Pair), round_)
    return Monitor(
        round=round_.name,
        study=round_.study.name,
        state=round_.state.value,
        planned=sum(letters.values()),
        sent=letters[LetterState.SENT],
        answered=_replies(session, round_, distinct=True),
        coded=_replies(session, round_, Reply.label.is_not(None)),
        failed=letters[LetterState.FAILED],
        uncertain=letters[LetterState.UNCERTAIN],
        expired=letters[LetterState.EXPIRED],
        cancelled=letters[LetterState.CANCELLED],
        waiting_to_code=_replies(session, round_, Reply.label.is_(None)),
        deferred=_deferred(session),
        declines_planned=sum(thanks.values()),
        declines_sent=thanks[LetterState.SENT],
        doubted=_replies(session, round_, asks(), distinct=True),
        why_waiting=why_waiting(session, round_, now),
        next_sends=ahead.letters(session, round_, now, NEXT),
        held=held_advertisers(session, round_),
        outlook=tuple(outlook.sentences(outlook.of_round(session, round_, now, timedelta()))),
        faults=faults(session),
    )


def ahead_if(session: Session, name: str, state: RoundState, now: datetime) -> tuple[str, ...]:
    """Tell in sentences what would still go out if a round were in this state."""
    seen = outlook.of_round(session, lookup.find(session, name), now, timedelta(), state=state)
    return tuple(outlook.sentences(seen))


def faults(session: Session) -> tuple[str, ...]:
    """List what is wrong with a mail server, mailbox, form or feed, with since when, the oldest first."""
    lasting = channel_faults.lasting(session)
    return tuple(f"Storing sinds {said(fault.since)}: {fault.message}" for fault in lasting)


def held_advertisers(session: Session, round_: Round | None = None) -> tuple[HeldAdvertiser, ...]:
    """List the advertisers that have a pause now, of one round or of all, the longest pause first."""
    waiting = Inquiry.state.in_(OPEN_LETTER)
    told = (Advertiser.key, Advertiser.name, Hold.since, Hold.reason)
    rows = (
        select(*told, func.count(Inquiry.id), func.min(Inquiry.not_after))
        .join(Hold, Hold.advertiser_id == Advertiser.id)
        .outerjoin(Listing, Listing.advertiser_id == Advertiser.id)
        .outerjoin(Pair, Pair.listing_id == Listing.id)
        .outerjoin(Inquiry, (Inquiry.pair_id == Pair.id) & waiting)
        .where(Hold.lifted_at.is_(None))
        .group_by(Advertiser.id, Hold.id)
        .order_by(Hold.since, Hold.id)
    )
    if round_ is not None:
        rows = rows.where(Pair.round_id == round_.id)
    return tuple(HeldAdvertiser(*row) for row in session.execute(rows))


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


def why_waiting(session: Session, round_: Round, now: datetime) -> str:
    """Say in one Dutch sentence what a round is waiting for: waiting must not look like hanging."""
    shut = why_shut(session)
    if round_.state is RoundState.RUNNING:
        return shut or _why_no_letter(session, round_, now)
    if round_.state is RoundState.COLLECTING:
        end = lifecycle.window_end(session, round_)
        if now < end:
            return f"Wacht op antwoorden tot {said(end)}."
        waiting = lifecycle.waiting_to_code(session, round_)
        if waiting:
            return f"Wacht op codering van {waiting} antwoorden."
        return "Sluit als de verzending weer open is." if shut else "Klaar om te sluiten."
    return _WAITING[round_.state] + (f" Reden: {round_.reason}." if round_.reason else "")


def why_shut(session: Session) -> str | None:
    """Say in one Dutch sentence why this installation sends nothing at all; None when it does."""
    control = session.get_one(Control, 1)
    if control.restored_at is not None:
        why = f"{restored.reason(session)} ({said(control.restored_at)})"
        return f"Alle verzending staat uit: {why}. Verder met: praktijktest reconcile --by NAAM."
    if not control.sending_enabled:
        return f"Alle verzending staat uit: {control.reason or 'geen reden opgegeven'}."
    return None


_WAITING = {
    RoundState.DRAFT: "Deze ronde is een concept.",
    RoundState.PLANNED: "Wacht op goedkeuring door een tweede persoon.",
    RoundState.APPROVED: "Goedgekeurd; wacht op de start.",
    RoundState.PAUSED: "Gepauzeerd: er gaan geen nieuwe reacties uit; afmeldingen van bezichtigingen wel.",
    RoundState.CLOSED: "Gesloten.",
    RoundState.RELEASED: "Vrijgegeven.",
    RoundState.ABORTED: "Afgebroken.",
}


def _why_no_letter(session: Session, round_: Round, now: datetime) -> str:
    waiting = select(func.min(Inquiry.planned_at)).join(Pair).join(Listing)
    planned = waiting.where(Pair.round_id == round_.id, Inquiry.state == LetterState.PLANNED)
    upcoming = session.scalar(planned.where(not_(holds.held(Listing.advertiser_id))))
    if upcoming is None and session.scalar(planned) is not None:
        return "Wacht tot iemand de pauze van de overgebleven aanbieders opheft: zie praktijktest holds."
    if upcoming is None and growing.may_grow(session, round_, now):
        return "Wacht op nieuwe advertenties uit de feeds."
    if upcoming is None:
        return "Alle reacties zijn verzonden of afgesloten."
    calendar = Calendar(from_canonical(round_.design).schedule)
    if not calendar.is_open(now):
        return f"Wacht op kantooruren: verder vanaf {said(calendar.next_open(now))}."
    if upcoming > now:
        return f"Wacht op het volgende geplande moment: {said(upcoming)}."
    return "Er is een reactie aan de beurt."


def said(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}"


def _by_state(session: Session, rows: object, round_: Round) -> Counter[LetterState]:
    column = rows.selected_columns[0]  # type: ignore[attr-defined]
    grouped = session.execute(rows.where(Pair.round_id == round_.id).group_by(column))  # type: ignore[attr-defined]
    return Counter(dict(grouped.all()))


def _replies(session: Session, round_: Round, *which: ColumnElement[bool], distinct: bool = False) -> int:
    """Count a round's replies of a kind, or (distinct) the inquiries that got one."""
    what = func.count(Reply.inquiry_id.distinct()) if distinct else func.count(Reply.id)
    rows = select(what).join(Inquiry, Reply.inquiry_id == Inquiry.id).join(Pair).where(Pair.round_id == round_.id)
    return session.scalar(rows.where(*which)) or 0


def _deferred(session: Session) -> int:
    rows = select(func.count()).select_from(DeferredReply).where(DeferredReply.resolved_at.is_(None))
    return session.scalar(rows) or 0
