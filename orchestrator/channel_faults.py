"""Faults of mail servers and mailboxes: noted once while they last, cleared when the channel works again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.models import ChannelFault


def note(session: Session, channel: str, message: str, now: datetime) -> None:
    """Keep what is wrong with a channel; a fault that lasts keeps its beginning and tells its latest words."""
    known = session.scalars(select(ChannelFault).where(*_open(channel))).first()
    if known is not None:
        known.message = message
        return
    session.add(ChannelFault(channel=channel, message=message, since=now))
    ledger.append(session, now, "channels", "channel.fault", "channel")


def clear(session: Session, channel: str, now: datetime) -> None:
    """Note that a channel works; nothing happens when that was known."""
    cleared = session.execute(
        update(ChannelFault).where(*_open(channel)).values(cleared_at=now).returning(ChannelFault.id)
    ).all()
    if cleared:
        ledger.append(session, now, "channels", "channel.mended", "channel")


def lasting(session: Session) -> Sequence[ChannelFault]:
    """Return the faults that nobody has mended yet, oldest first."""
    return session.scalars(
        select(ChannelFault).where(ChannelFault.cleared_at.is_(None)).order_by(ChannelFault.since)
    ).all()


def _open(channel: str) -> tuple[ColumnElement[bool], ...]:
    return (ChannelFault.channel == channel, ChannelFault.cleared_at.is_(None))
