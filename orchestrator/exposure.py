"""What each advertiser has seen of us: the letters it received and the times it asked whether this is a test."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, case, func, not_, or_, select
from sqlalchemy.orm import Session

from orchestrator.db import some
from orchestrator.detection import Meter, Received, measure
from orchestrator.models import Advertiser, Coding, Enrolment, Hold, Inquiry, Listing, Pair, Reply, Round
from orchestrator.rounds import holds, lookup
from orchestrator.rounds.claiming import EVER
from orchestrator.states import EXCLUDING_LABELS, OPEN_LETTER, Exclusion, LetterState, RoundState
from profiles.sentences import Sentence

ARRIVED = (LetterState.SENT, LetterState.UNCERTAIN)
"""A letter that may have arrived is counted as one that the advertiser read."""

ASKING = [label for label, why in EXCLUDING_LABELS.items() if why is Exclusion.DETECTED]
"""Labels of a reply that doubts the letter."""

TOGETHER = 50
"""Advertisers of which the letters are in memory at once."""

T = TypeVar("T")


@dataclass(frozen=True)
class Tally:
    """How many letters an advertiser received and doubted; unless this changes, measuring again tells nothing new."""

    advertiser: str
    letters: int
    questions: int


@dataclass(frozen=True)
class Watched:
    """One advertiser of a round: what the meter says now, and what it will say when all planned letters have gone."""

    advertiser: str
    name: str
    now: Meter
    then: Meter

    @property
    def letters(self) -> str:
        return _change(str(self.now.letters), str(self.then.letters))

    @property
    def signs(self) -> tuple[str, ...]:
        """Each sign, in the order of `Sign`: what it is now and, where that differs, what it will be."""
        return tuple(_change(a.text, b.text) for a, b in zip(self.now.measures, self.then.measures, strict=True))

    @property
    def warning(self) -> str:
        """What is past its threshold now, or will be, in Dutch; empty when nothing is."""
        if self.now.past:
            return Sentence.of("Nu: %(what)s", what=self.now.reason)
        return Sentence.of("Als alles is verzonden: %(what)s", what=self.then.reason) if self.then.past else ""


def asks() -> ColumnElement[bool]:
    """Return the condition that a reply asks whether this is a test, by its label or, while uncoded, its proposal."""
    return or_(Reply.label.in_(ASKING), Reply.label.is_(None) & Reply.proposal.in_(ASKING))


def tallies(session: Session) -> dict[int, Tally]:
    """Count, for every advertiser of a running round that is not paused, over all rounds; by advertiser id."""
    running = select(Listing.advertiser_id).join(Pair).join(Round).where(Round.state == RoundState.RUNNING)
    watched = (Listing.advertiser_id.in_(running), not_(holds.held(Listing.advertiser_id)))
    number = select(Listing.advertiser_id, func.count(Inquiry.id.distinct())).select_from(Inquiry).join(Pair)
    grouped = number.join(Listing).where(*watched).group_by(Listing.advertiser_id)
    letters = _mapping(session, grouped.where(Inquiry.state.in_(ARRIVED)))
    doubted = _mapping(session, grouped.join(Reply).where(asks()))
    keys = _mapping(session, select(Advertiser.id, Advertiser.key).where(Advertiser.id.in_(running)))
    # A round may end between two questions.
    return {each: Tally(keys[each], letters[each], doubted.get(each, 0)) for each in letters if each in keys}


def meters(session: Session, advertisers: Collection[int], now: datetime) -> dict[int, Meter]:
    """Measure these advertisers over what they received since their consent began, or since a person lifted a pause."""
    since = _since(session, advertisers, now)
    letters = _received(session, since, Inquiry.state.in_(ARRIVED))
    questions = _questions(session, since)
    return {advertiser: measure(letters[advertiser], questions[advertiser]) for advertiser in since}


def of_round(session: Session, name: str, now: datetime) -> tuple[Watched, ...]:
    """Measure every advertiser of a round, now and as planned; raise `Refused` when there is no such round."""
    round_ = lookup.find(session, name)
    theirs = select(Listing.advertiser_id).join(Pair).where(Pair.round_id == round_.id)
    rows = session.scalars(select(Advertiser).where(Advertiser.id.in_(theirs)).order_by(Advertiser.key)).all()
    # A few at a time: who tests often has many letters out, and all of them are read whole.
    return tuple(each for these in some(rows, TOGETHER) for each in _watched(session, round_, these, now))


def _watched(session: Session, round_: Round, rows: Sequence[Advertiser], now: datetime) -> Iterator[Watched]:
    since = _since(session, [row.id for row in rows], now)
    arrived = _received(session, since, Inquiry.state.in_(ARRIVED))
    coming = _received(session, since, Inquiry.state.in_(OPEN_LETTER), Pair.round_id == round_.id)
    asked = _questions(session, since)
    for row in rows:
        yield Watched(
            advertiser=row.key,
            name=row.name,
            now=measure(arrived[row.id], asked[row.id]),
            then=measure(arrived[row.id] + coming[row.id], asked[row.id]),
        )


def _since(session: Session, advertisers: Iterable[int], now: datetime) -> dict[int, datetime]:
    """Return from when each advertiser's letters count: its present consent, or the last pause that was lifted."""
    ids = list(advertisers)
    consented = (
        select(Enrolment.advertiser_id, func.min(Enrolment.valid_from))
        .where(Enrolment.valid_from <= now, Enrolment.valid_until >= now, Enrolment.advertiser_id.in_(ids))
        .group_by(Enrolment.advertiser_id)
    )
    lifted = (
        select(Hold.advertiser_id, func.max(Hold.lifted_at))
        .where(Hold.lifted_at.is_not(None), Hold.advertiser_id.in_(ids))
        .group_by(Hold.advertiser_id)
    )
    begun, ended = _mapping(session, consented), _mapping(session, lifted)
    return {each: max(begun.get(each) or EVER, ended.get(each) or EVER) for each in ids}


def _received(
    session: Session, since: Mapping[int, datetime], *which: ColumnElement[bool]
) -> defaultdict[int, list[Received]]:
    at = func.coalesce(Inquiry.sent_at, Inquiry.planned_at)
    rows = select(Listing, Inquiry.profile, Inquiry.body, at).select_from(Inquiry).join(Pair).join(Listing)
    found: defaultdict[int, list[Received]] = defaultdict(list)
    for listing, profile, body, moment in session.execute(rows.where(Listing.advertiser_id.in_(since), *which)):
        if moment > since[listing.advertiser_id]:
            name, partner = profile["name"], profile.get("partner") or {"first": "", "last": ""}
            own = (listing.street, listing.city, listing.reference, partner["first"], partner["last"])
            found[listing.advertiser_id].append(Received(moment, name["first"], name["last"], body, own))
    return found


def _questions(session: Session, since: Mapping[int, datetime]) -> Counter[int]:
    """Count, by advertiser, the letters that were doubted.

    A doubt is known from its arrival when the rules saw it, else from its coding: what a person could not see when they
    lifted a pause is not covered by that.
    """
    coded = select(func.max(Coding.coded_at)).where(Coding.reply_id == Reply.id).scalar_subquery()
    known = case((Reply.proposal.in_(ASKING), Reply.received_at), else_=func.coalesce(coded, Reply.received_at))
    rows = select(Listing.advertiser_id, Inquiry.id, known).select_from(Reply).join(Inquiry).join(Pair).join(Listing)
    doubted = session.execute(rows.where(Listing.advertiser_id.in_(since), asks()))
    letters = {(advertiser, letter) for advertiser, letter, moment in doubted if moment > since[advertiser]}
    return Counter(advertiser for advertiser, _ in letters)


def _mapping(session: Session, rows: Select[int, T]) -> dict[int, T]:
    return dict(session.execute(rows).all())


def _change(now: str, then: str) -> str:
    return now if now == then else f"{now} → {then}"
