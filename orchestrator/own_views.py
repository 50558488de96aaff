"""What an advertiser may know of rounds it took part in: only those that are closed, and only its own listings.

Whoever asks for anything else, of another advertiser or of a round that still runs, gets the same answer as for
something that is not there: the answer itself must tell nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from orchestrator.enrolment import ZONE
from orchestrator.models import (
    Advertiser,
    ContextNote,
    Inquiry,
    Listing,
    OwnerRequest,
    Pair,
    RequestRound,
    Round,
    Study,
)  # fmt: skip
from orchestrator.request_models import RequestState
from orchestrator.states import RoundState
from profiles.errors import Refused

OVER = (RoundState.CLOSED, RoundState.RELEASED)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class OwnRound:
    """A closed round in which an advertiser got letters; ``tests`` counts its own."""

    name: str
    study: str
    closed_at: datetime
    tests: int


@dataclass(frozen=True)
class OwnPair:
    """One test as its advertiser sees it: which dwelling and in which weeks, but not which letters.

    ``first`` is a Monday and ``last`` a Sunday, so that no letter can be told by its day.
    """

    id: int
    code: str
    street: str
    city: str
    first: date
    last: date
    note: ContextNote | None


def rounds(session: Session, key: str) -> tuple[OwnRound, ...]:
    """List the closed rounds of an advertiser, the newest first."""
    rows = _letters(key).join(Study, Round.study_id == Study.id).group_by(Round.id, Study.id)
    counted = rows.with_only_columns(Round.name, Study.name, Round.closed_at, func.count(Pair.id.distinct()))
    found = session.execute(counted.order_by(Round.closed_at.desc(), Round.id.desc())).all()
    return tuple(OwnRound(name, study, closed, tests) for name, study, closed, tests in found if closed is not None)


def requests(session: Session, key: str) -> tuple[OwnerRequest, ...]:
    """List the requests of closed request tests with which this advertiser was reached, or tried, the newest first."""
    done = (RequestState.MADE, RequestState.NOT_REACHED)
    rows = select(OwnerRequest).join(RequestRound).join(Advertiser, OwnerRequest.advertiser_id == Advertiser.id)
    own = rows.where(Advertiser.key == key, RequestRound.state.in_(OVER), OwnerRequest.state.in_(done))
    whole = own.options(joinedload(OwnerRequest.round))
    return tuple(session.scalars(whole.order_by(RequestRound.closed_at.desc(), OwnerRequest.id.desc())))


def require_round(session: Session, key: str, round_name: str) -> Round:
    """Return a closed round in which this advertiser got letters; raise `Refused` "unknown-round" for any other."""
    # No DISTINCT over whole rounds: PostgreSQL cannot compare the documents in them.
    own = _letters(key).where(Round.name == round_name).with_only_columns(Round.id)
    found = session.scalars(select(Round).where(Round.id.in_(own)).order_by(Round.version.desc())).first()
    if found is None:
        message = "Deze ronde is er niet, of uw uitkomst is er nog niet."
        raise Refused("unknown-round", message, "Uw rondes staan op uw eigen pagina.")
    return found


def tested(round_: Round) -> Select[Advertiser]:
    """Select the advertisers that got letters in a round, if it is over."""
    sent = select(Listing.advertiser_id).join(Pair, Pair.listing_id == Listing.id)
    sent = sent.join(Inquiry, Inquiry.pair_id == Pair.id).join(Round, Pair.round_id == Round.id)
    sent = sent.where(Round.id == round_.id, Round.state.in_(OVER), Inquiry.sent_at.is_not(None))
    return select(Advertiser).where(Advertiser.id.in_(sent))


def pairs(session: Session, key: str, round_: Round) -> tuple[OwnPair, ...]:
    """List the tests of an advertiser in a round for which a letter went, by street."""
    sent = func.min(Inquiry.sent_at), func.max(Inquiry.sent_at)
    rows = _letters(key).where(Pair.round_id == round_.id).group_by(Pair.id, Listing.id)
    found = session.execute(rows.with_only_columns(Pair.id, Pair.code, Listing.street, Listing.city, *sent)).all()
    ids = [row[0] for row in found]
    notes = {note.pair_id: note for note in session.scalars(select(ContextNote).where(ContextNote.pair_id.in_(ids)))}
    shown = (OwnPair(*row[:4], *_weeks(*row[4:]), notes.get(row[0])) for row in found)
    return tuple(sorted(shown, key=lambda each: (each.street, each.code)))


def require_pair(session: Session, key: str, round_: Round, code: str) -> OwnPair:
    """Return one test of this advertiser; raise `Refused` "unknown-pair" for any other."""
    found = next((each for each in pairs(session, key, round_) if each.code == code), None)
    if found is None:
        raise Refused("unknown-pair", "Deze test is er niet.", "Uw tests staan op de pagina van de ronde.")
    return found


def _letters(key: str) -> Select[*tuple[object, ...]]:
    """The letters that one advertiser got in rounds that are over, joined to everything around them."""
    return (
        select(Pair.id)
        .join(Inquiry, Inquiry.pair_id == Pair.id)
        .join(Round, Pair.round_id == Round.id)
        .join(Listing, Pair.listing_id == Listing.id)
        .join(Advertiser, Listing.advertiser_id == Advertiser.id)
        .where(Advertiser.key == key, Round.state.in_(OVER), Inquiry.sent_at.is_not(None))
    )


def _weeks(first: datetime | None, last: datetime | None) -> tuple[date, date]:
    if first is None or last is None:
        raise ValueError("no letter went")
    start, end = first.astimezone(ZONE).date(), last.astimezone(ZONE).date()
    monday = start - timedelta(days=start.weekday())
    return monday, end - timedelta(days=end.weekday()) + _WEEK - timedelta(days=1)
