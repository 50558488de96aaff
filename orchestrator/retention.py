"""When the time of a study is over: what people wrote and said is destroyed, and what the results need stays.

First the data keys go, which makes every backup forget too, then what they sealed; so whatever happens in between, a
next run ends it. The ledger keeps how much it was, and a digest of the ids of the keys: who has a backup can see of
which.
"""

import hashlib
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Executable, Select, delete, exists, false, func, inspect, or_, select, update
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.db import some
from orchestrator.models import ContextNote, Doubt, Event, HandMask, InboundMail, Inquiry, Pair, Reply, Round, Study
from orchestrator.request_models import OwnerRequest, RequestRound
from orchestrator.sealing import Sealing, key_ids, sealed_columns, vault_of
from orchestrator.states import ROUND_ENDED, MailState

DESTROYED = "retention.destroyed"
HOUSE = "house"


class Part(NamedTuple):
    """Rows of which what is sealed goes, by their numbers, but those that are ``spared``."""

    model: type[Any]
    rows: Select[Any]
    spared: ColumnElement[bool] = false()


Found = Sequence[tuple[type[Any], Sequence[int]]]
"""The numbers of the rows of which something sealed is still there, by table."""


@dataclass(frozen=True)
class Kept:
    """What is kept of something until a moment, by table, and what the ledger calls it."""

    subject: str
    name: str
    until: datetime
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Term:
    """Until when the answers of a round that has ended are kept, and how many mails, answers and notes are there."""

    round: str
    until: datetime
    records: int


def terms(session: Session) -> tuple[Term, ...]:
    """Return the term of every round that has ended and of which something is still there, the earliest first."""
    found = [Term(each.name, each.until, _records(find(session, each.parts))) for each in _rounds(session)]
    return tuple(sorted((each for each in found if each.records), key=lambda each: each.until))


def overdue(session: Session, now: datetime) -> bool:
    """Say whether anything is past its term and still there."""
    return any(_records(find(session, each.parts)) for each in _past(session, now))


def run(session: Session, actor: str, now: datetime) -> dict[str, int]:
    """Destroy what is past its term; return how many keys went, by round. Doing it again does nothing."""
    done = {}
    for each in _past(session, now):
        if _records(found := find(session, each.parts)):
            done[each.name] = destroy(session, DESTROYED, each.subject, found, actor, now)
    return done


def later(moment: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last of that month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def parts_of(pairs: Select[int]) -> Iterator[Part]:
    """Yield every table of which the sealed values go with these pairs, and which of its rows."""
    ours = Inquiry.pair_id.in_(pairs)
    replies = select(Reply.id).join(Inquiry).where(ours)
    mails = select(Reply.mail_id).join(Inquiry).where(ours, Reply.mail_id.is_not(None)).distinct()
    # A mail that also answered others stays for what is left of these; for an answer that is gone it need not.
    theirs = ~pairs.where(Pair.id == Inquiry.pair_id).correlate(Inquiry).exists()
    elsewhere = select(Reply.id).join(Inquiry).where(Reply.mail_id == InboundMail.id, theirs, _filled(Reply))
    yield Part(InboundMail, mails, spared=elsewhere.exists())
    yield Part(Reply, replies)
    yield Part(Doubt, select(Doubt.id).where(Doubt.reply_id.in_(replies)))
    yield Part(ContextNote, select(ContextNote.id).where(ContextNote.pair_id.in_(pairs)))
    yield Part(HandMask, select(HandMask.id).where(HandMask.reply_id.in_(replies)))


def _past(session: Session, now: datetime) -> Iterator[Kept]:
    yield from (each for each in _rounds(session) if each.until <= now)
    yield from _unplaced(session, now)


def _rounds(session: Session) -> Iterator[Kept]:
    for row, months in session.execute(select(Round, Study.retention_months).join(Study)):
        if row.state in ROUND_ENDED and (ended := _ended(session, row)) is not None:
            parts = tuple(parts_of(select(Pair.id).where(Pair.round_id == row.id)))
            yield Kept(f"round:{row.id}", row.name, later(ended, months), parts)
    shortest = _shortest(session)
    for asked in session.scalars(select(RequestRound).where(RequestRound.closed_at.is_not(None))):
        if shortest is not None and asked.closed_at is not None:
            own = Part(OwnerRequest, select(OwnerRequest.id).where(OwnerRequest.round_id == asked.id))
            yield Kept(f"request-round:{asked.id}", asked.name, later(asked.closed_at, shortest), (own,))


def _shortest(session: Session) -> int | None:
    """The shortest term of any study, for what belongs to none."""
    return session.scalar(select(func.min(Study.retention_months)))


def _ended(session: Session, round_: Round) -> datetime | None:
    """Return when a round closed, or was broken off: the last that the ledger tells of its state."""
    if round_.closed_at is not None:
        return round_.closed_at
    mine = Event.subject == f"round:{round_.id}", Event.kind == "round.aborted"
    return session.scalar(select(func.max(Event.at)).where(*mine))


def _unplaced(session: Session, now: datetime) -> Iterator[Kept]:
    """Tell of mail that answers no letter of a round: it is kept for the shortest term of any study."""
    shortest = _shortest(session)
    if shortest is not None:
        placed = exists().where(Reply.mail_id == InboundMail.id)
        read = (InboundMail.received_at < later(now, -shortest), InboundMail.state != MailState.STORED)
        # Of those that are there alone, along an index: else every mail that ever came would be looked at.
        there = select(InboundMail.id).where(*read, ~placed, _filled(InboundMail))
        yield Kept(HOUSE, HOUSE, now, (Part(InboundMail, there),))


def _filled(model: type[Sealing]) -> ColumnElement[bool]:
    return or_(*(getattr(model, name).is_not(None) for name in sealed_columns(model)))


def _records(found: Found) -> int:
    return sum(len(rows) for _, rows in found)


def find(session: Session, parts: Iterable[Part]) -> Found:
    """Return the rows of these parts of which something sealed is still there."""
    return [(each.model, list(_there(session, each))) for each in parts]


def _there(session: Session, part: Part) -> Iterator[int]:
    """Some are looked at at a time, so that no statement takes longer the more rounds there were.

    Of all at once PostgreSQL would go through the answers of every round, longer than an answer is waited for.
    """
    number = _number(part.model)
    for these in some(session.scalars(part.rows).all()):
        yield from session.scalars(select(number).where(number.in_(these), _filled(part.model), ~part.spared))


def _number(model: type[Any]) -> ColumnElement[int]:
    number: ColumnElement[int] = inspect(model).primary_key[0]
    return number


def destroy(session: Session, kind: str, subject: str, found: Found, actor: str, now: datetime, **told: str) -> int:
    """Destroy the keys of these rows and then what they sealed, with the proof in the ledger; return how many keys.

    Words that were hidden by hand in an answer go as a whole: they were words of it.
    """
    counts: dict[str, int] = {}
    keys: set[bytes] = set()
    for model, rows in found:
        counts[model.__tablename__] = counts.get(model.__tablename__, 0) + len(rows)
        for these in some(rows):
            keys |= key_ids(session, model, _number(model).in_(these))
    destroyed = vault_of(session).destroy(keys)
    for model, rows in found:
        for these in some(rows):
            session.execute(_emptied(model, these).execution_options(synchronize_session=False))
    digest = hashlib.sha256(b"".join(sorted(keys))).hexdigest()
    ledger.append(session, now, actor, kind, subject, {**told, **counts, "keys": len(keys), "digest": digest})
    session.expire_all()
    return destroyed


def _emptied(model: type[Any], numbers: Sequence[int]) -> Executable:
    these = _number(model).in_(numbers)
    if model is HandMask:
        return delete(HandMask).where(these)
    return update(model).where(these).values(dict.fromkeys(sealed_columns(model)))
