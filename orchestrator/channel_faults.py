"""Faults of mail servers, mailboxes, forms and feeds: noted and logged once while they last, cleared when mended."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import ColumnElement, Select, String, Table, bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from orchestrator import ledger
from orchestrator.db import UtcDateTime
from orchestrator.models import ChannelFault
from orchestrator.several import ask
from orchestrator.text_file import on_one_line

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a channel, since when, and when that was last seen."""

    channel: str
    message: str
    since: datetime
    seen_at: datetime


def note(session: Session, channel: str, message: str, now: datetime) -> None:
    """Keep what is wrong with a channel; a fault that lasts keeps its beginning and tells its latest words."""
    known = session.scalars(select(ChannelFault).where(*_open(channel))).first()
    if known is None or known.message != message:
        # Once per cause: whoever knocks every second must not fill the log with it.
        log.warning("%s: %s", on_one_line(channel), on_one_line(message))
    if known is not None:
        known.message, known.seen_at = message, now
        return
    session.add(ChannelFault(channel=channel, message=message, since=now, seen_at=now))
    ledger.append(session, now, "channels", "channel.fault", "channel")


def clear(session: Session, channel: str, now: datetime) -> None:
    """Note that a channel works; nothing happens when that was known."""
    session.flush()  # one that was noted in this transaction
    if ask(session, _cleared(), {"of": channel, "now": now}).all():
        log.warning("%s: werkt weer", on_one_line(channel))
        ledger.append(session, now, "channels", "channel.mended", "channel")


def lasting(session: Session) -> Sequence[Fault]:
    """Return the faults that nobody has mended yet, oldest first."""
    session.flush()  # one that was noted in this transaction
    return [Fault(*row) for row in ask(session, _lasting(), {})]


@cache
def _lasting() -> Select[str, str, datetime, datetime]:
    """Every monitor asks it: made once."""
    told = (ChannelFault.channel, ChannelFault.message, ChannelFault.since, ChannelFault.seen_at)
    return select(*told).where(ChannelFault.cleared_at.is_(None)).order_by(ChannelFault.since)


@cache
def _cleared() -> ReturningUpdate[int]:
    """Asked after each letter: made once."""
    of, now = bindparam("of", type_=String()), bindparam("now", type_=UtcDateTime())
    open_ = (ChannelFault.channel == of, ChannelFault.cleared_at.is_(None))
    return update(cast("Table", ChannelFault.__table__)).where(*open_).values(cleared_at=now).returning(ChannelFault.id)


def _open(channel: str) -> tuple[ColumnElement[bool], ...]:
    return (ChannelFault.channel == channel, ChannelFault.cleared_at.is_(None))
