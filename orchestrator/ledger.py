"""The append-only, hash-chained event log, written in the same transaction as the change it tells of."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, insert, select, text
from sqlalchemy.orm import Session

from orchestrator.models import Event

GENESIS = "0" * 64
_INSERT = insert(cast("Table", Event.__table__))
_CHAIN_LOCK = 7_204_613  # any fixed number: PostgreSQL's advisory lock under which the chain grows


def append(
    session: Session, at: datetime, actor: str, kind: str, subject: str, data: Mapping[str, Any] | None = None
) -> None:
    """Add one event to the chain. ``data`` holds ids and numbers only: no names, no addresses, no arm."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    last = session.execute(select(Event.seq, Event.hash).order_by(Event.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    told = dict(data or {})
    line = {"seq": seq, "at": at, "actor": actor, "kind": kind, "subject": subject, "data": told, "previous": previous}
    session.execute(_INSERT, {**line, "hash": fingerprint(previous, seq, at, actor, kind, subject, told)})


def fingerprint(
    previous: str, seq: int, at: datetime, actor: str, kind: str, subject: str, data: Mapping[str, Any]
) -> str:
    """Return the SHA-256 over the previous hash and the event's canonical JSON."""
    line = json.dumps(
        [seq, at.astimezone(UTC).isoformat(), actor, kind, subject, data],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
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
