"""The append-only, hash-chained event log, written in the same transaction as the change it tells of."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session

from orchestrator.models import Event
from orchestrator.several import ask, put

GENESIS = "0" * 64
_LAST = select(Event.seq, Event.hash).order_by(Event.seq.desc()).limit(1)
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_LINE = ("seq", "at", "actor", "kind", "subject", "data", "previous", "hash")
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
_WAITING = "events of this transaction"
_CHAIN_LOCK = 7_204_613  # any fixed number: PostgreSQL's advisory lock under which the chain grows


@dataclass(frozen=True)
class Head:
    """The newest line of a ledger; ``first``, the hash of its first line, says of which ledger."""

    first: str
    seq: int
    hash: str
    at: datetime


PEOPLE = ("person", "link", "session", "token")
"""What the kinds of events begin with that are about the people of the desk and the programs that may read."""


def head(session: Session) -> Head | None:
    """Return the newest line, or None when nothing happened yet."""
    newest = session.execute(select(Event.seq, Event.hash, Event.at).order_by(Event.seq.desc()).limit(1)).first()
    if newest is None:
        return None
    return Head(session.scalar(select(Event.hash).where(Event.seq == 1)) or "", *newest)


def latest(session: Session) -> datetime | None:
    """Return when the newest event happened that is of the study itself; None when there is none.

    Somebody who signs in by a clock that is behind tells nothing of where the study is in time.
    """
    rows = select(Event.at).where(*(Event.kind.not_like(f"{about}.%") for about in PEOPLE))
    return session.scalar(rows.order_by(Event.seq.desc()).limit(1))


def holds(session: Session, line: Head) -> bool:
    """Say whether this line is still in the ledger: one that only grows holds whatever was in it."""
    return session.scalar(select(Event.hash).where(Event.seq == line.seq)) == line.hash


def begins_with(session: Session, seq: int, start: str) -> bool:
    """Say whether the line of this number is there with a hash that begins so."""
    found = session.scalar(select(Event.hash).where(Event.seq == seq))
    return found is not None and found.startswith(start)


def told_since(session: Session, kind: str, moment: datetime) -> bool:
    """Say whether an event of this kind was told at or after ``moment``."""
    return session.scalar(select(Event.seq).where(Event.kind == kind, Event.at >= moment).limit(1)) is not None


Subject = str | Callable[[], str]
"""What an event is about; one that is called is asked as the event is written: then each new row has its number."""


def append(
    session: Session, at: datetime, actor: str, kind: str, subject: Subject, data: Mapping[str, Any] | None = None
) -> None:
    """Add one event to the chain as this transaction commits. ``data`` holds ids and numbers only: no names, no
    addresses, no arm.
    """
    session.info.setdefault(_WAITING, []).append((at, actor, kind, subject, dict(data or {})))


@listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    """Write the transaction's events behind the last of the chain."""
    waiting = session.info.pop(_WAITING, ())
    if not waiting:
        return
    # The lock on the chain comes last, after every row: who holds it waits for nobody, so there is no deadlock.
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        ask(session, _LOCK, {"key": _CHAIN_LOCK})
    last = ask(session, _LAST, {}).first()
    seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
    lines = []
    for number, (at, actor, kind, subject, data) in enumerate(waiting, start=seq + 1):
        told = (at, actor, kind, subject if isinstance(subject, str) else subject(), data)
        hash_ = fingerprint(previous, number, *told)
        lines.append(dict(zip(_LINE, (number, *told, previous, hash_), strict=True)))
        previous = hash_
    put(session, Event, lines)


@listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WAITING, None)


def fingerprint(
    previous: str, seq: int, at: datetime, actor: str, kind: str, subject: str, data: Mapping[str, Any]
) -> str:
    """Return the SHA-256 over the previous hash and the event's canonical JSON."""
    line = _canonical([seq, at.astimezone(UTC).isoformat(), actor, kind, subject, data])
    return hashlib.sha256(f"{previous}{len(line)}:{line}".encode()).hexdigest()


def faults(session: Session) -> Iterator[str]:
    """Yield one Dutch sentence per event that was edited, removed, inserted or moved."""
    previous, expected = GENESIS, 1
    for event in session.scalars(select(Event).order_by(Event.seq)):
        if event.seq != expected:
            yield f"Regel {expected} van het logboek ontbreekt."
        if event.previous != previous:
            yield f"Regel {event.seq} van het logboek sluit niet aan op de regel ervoor."
        if event.hash != _again(event):
            yield f"Regel {event.seq} van het logboek is gewijzigd."
        previous, expected = event.hash, event.seq + 1


def _again(event: Event) -> str:
    return fingerprint(event.previous, event.seq, event.at, event.actor, event.kind, event.subject, event.data)
