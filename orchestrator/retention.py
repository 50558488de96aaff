"""When the time of a study is over: what people wrote and said is destroyed, and what the results need stays.

First the data keys go, which makes every backup forget too, then what they sealed; so whatever happens in between, a
next run ends it. The ledger keeps how much it was, and a digest of the ids of the keys: who has a backup can see of
which.
"""

import hashlib
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.models import ContextNote, Doubt, Event, HandMask, InboundMail, Inquiry, Pair, Reply, Round, Study
from orchestrator.request_models import OwnerRequest, RequestRound
from orchestrator.sealing import Sealing, key_ids, sealed_columns, vault_of
from orchestrator.states import ROUND_ENDED, MailState

DESTROYED = "retention.destroyed"
HOUSE = "house"


@dataclass(frozen=True)
class Term:
    """Until when the answers of a round that has ended are kept, and how many mails, answers and notes are there.

    ``subject`` is what the ledger calls the round, of letters or of requests.
    """

    subject: str
    number: int
    round: str
    until: datetime
    records: int


def terms(session: Session) -> tuple[Term, ...]:
    """Return the term of every round that has ended and of which something is still there, the earliest first."""
    found = [each for each, _ in _all(session)]
    return tuple(sorted((each for each in found if each.records), key=lambda each: each.until))


def run(session: Session, actor: str, now: datetime) -> dict[str, int]:
    """Destroy what is past its term; return how many keys went, by round. Doing it again does nothing."""
    done = {}
    for term, parts in [each for each in _all(session) if each[0].records and each[0].until <= now]:
        done[term.round] = destroy(session, DESTROYED, term.subject, parts, actor, now)
    unplaced = _unplaced(session, now)
    if unplaced is not None and count(session, InboundMail, unplaced):
        done[HOUSE] = destroy(session, DESTROYED, HOUSE, [(InboundMail, unplaced)], actor, now)
    return done


def later(moment: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last of that month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


Part = tuple[type[Any], ColumnElement[bool]]


def parts_of(pairs: Select[int]) -> Iterator[Part]:
    """Yield every table of which the sealed values go with these pairs, and which of its rows."""
    replies = select(Reply.id).join(Inquiry).where(Inquiry.pair_id.in_(pairs))
    elsewhere = select(Reply.mail_id).where(Reply.id.not_in(replies), Reply.mail_id.is_not(None))
    mails = select(Reply.mail_id).where(Reply.id.in_(replies))
    yield InboundMail, InboundMail.id.in_(mails) & InboundMail.id.not_in(elsewhere)
    yield Reply, Reply.id.in_(replies)
    yield Doubt, Doubt.reply_id.in_(replies)
    yield ContextNote, ContextNote.pair_id.in_(pairs)
    yield HandMask, HandMask.reply_id.in_(replies)


def _all(session: Session) -> Iterator[tuple[Term, tuple[Part, ...]]]:
    for row, months in session.execute(select(Round, Study.retention_months).join(Study)):
        if row.state in ROUND_ENDED and (ended := _ended(session, row)) is not None:
            parts = tuple(parts_of(select(Pair.id).where(Pair.round_id == row.id)))
            yield _term(session, f"round:{row.id}", row, later(ended, months), parts), parts
    shortest = _shortest(session)
    for asked in session.scalars(select(RequestRound).where(RequestRound.closed_at.is_not(None))):
        if shortest is not None and asked.closed_at is not None:
            parts = ((OwnerRequest, OwnerRequest.round_id == asked.id),)
            yield _term(session, f"request-round:{asked.id}", asked, later(asked.closed_at, shortest), parts), parts


def _term(session: Session, subject: str, row: Round | RequestRound, until: datetime, parts: tuple[Part, ...]) -> Term:
    return Term(subject, row.id, row.name, until, sum(count(session, *part) for part in parts))


def _shortest(session: Session) -> int | None:
    """The shortest term of any study, for what belongs to none."""
    return session.scalar(select(func.min(Study.retention_months)))


def _ended(session: Session, round_: Round) -> datetime | None:
    """Return when a round closed, or was broken off: the last that the ledger tells of its state."""
    if round_.closed_at is not None:
        return round_.closed_at
    mine = Event.subject == f"round:{round_.id}", Event.kind == "round.aborted"
    return session.scalar(select(func.max(Event.at)).where(*mine))


def _unplaced(session: Session, now: datetime) -> ColumnElement[bool] | None:
    """Tell of mail that answers no letter of a round: it is kept for the shortest term of any study."""
    shortest = _shortest(session)
    if shortest is None:
        return None
    placed = exists().where(Reply.mail_id == InboundMail.id)
    return (InboundMail.received_at < later(now, -shortest)) & (InboundMail.state != MailState.STORED) & ~placed


def _filled(model: type[Sealing], where: ColumnElement[bool]) -> ColumnElement[bool]:
    full: ColumnElement[bool] | None = None
    for name in sealed_columns(model):
        here = getattr(model, name).is_not(None)
        full = here if full is None else full | here
    assert full is not None  # noqa: S101 - a sealing table has such a column
    return where & full


def count(session: Session, model: type[Any], where: ColumnElement[bool]) -> int:
    """Count the rows of which something sealed is still there."""
    return session.scalar(select(func.count()).select_from(model).where(_filled(model, where))) or 0


def destroy(
    session: Session, kind: str, subject: str, parts: Sequence[Part], actor: str, now: datetime, **told: str
) -> int:
    """Destroy the keys of these rows and then what they sealed, with the proof in the ledger; return how many keys.

    Words that were hidden by hand in an answer go as a whole: they were words of it.
    """
    counts: dict[str, int] = {}
    keys: set[bytes] = set()
    for model, where in parts:
        counts[model.__tablename__] = counts.get(model.__tablename__, 0) + count(session, model, where)
        keys |= key_ids(session, model, where)
    destroyed = vault_of(session).destroy(keys)
    for model, where in parts:
        if model is HandMask:
            session.execute(delete(HandMask).where(where).execution_options(synchronize_session=False))
            continue
        empty = dict.fromkeys(sealed_columns(model))
        session.execute(update(model).where(where).values(empty).execution_options(synchronize_session=False))
    digest = hashlib.sha256(b"".join(sorted(keys))).hexdigest()
    ledger.append(session, now, actor, kind, subject, {**told, **counts, "keys": len(keys), "digest": digest})
    session.expire_all()
    return destroyed
