"""The one control row: whether anything may be sent, and which clock this installation runs on."""

from datetime import UTC, datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Control, Decline, Inquiry, Pair, RequestRound, Round
from orchestrator.several import ask
from orchestrator.states import OPEN_LETTER, ROUND_ENDED, RoundState
from profiles.errors import Refused


def read_clock(database: Database) -> Clock:
    """Return the clock this installation runs on: real, unless a rehearsal set a scaled one."""
    with database.reading() as session:
        control = session.get_one(Control, 1)
        if control.clock_speed is None or control.clock_start is None or control.clock_wall is None:
            return Clock()
        return Clock(control.clock_start, control.clock_wall, control.clock_speed)


def sending_is_open() -> ColumnElement[bool]:
    """Return the condition that this installation sends: no person shut it, and no restored backup waits."""
    row = exists().where(Control.id == 1, Control.sending_enabled.is_(True), Control.restored_at.is_(None))
    return row.correlate_except(Control)


def set_clock(session: Session, start: datetime, speed: float) -> Clock:
    """Let a rehearsal begin at ``start`` and run ``speed`` times as fast; refused while a live round goes on."""
    if session.scalar(select(or_(exists().where(_LIVE, Round.state.not_in(ROUND_ENDED)), _live_requests()))):
        raise Refused("live-round", "Er loopt een echte ronde: de klok kan niet worden versneld.")
    clock = Clock.scaled(start.astimezone(UTC), speed)
    control = session.get_one(Control, 1)
    control.clock_start, control.clock_wall, control.clock_speed = clock.start, clock.wall, clock.speed
    # The newest line of the ledger tells what time it was last: from here on that is a time of this clock.
    ledger.append(session, clock.now(), "praktijktest", "clock.set", "control", {"speed": speed})
    return clock


def live_round(session: Session) -> str | None:
    """Return the name of a live round of which letters may still go, courtesy letters included; None without one."""
    session.flush()
    return ask(session, _live_round(), {}).scalar() or ask(session, _live_request(), {}).scalar()


@cache
def _live_round() -> Select[str]:
    """Asked at each claim: made once."""
    courteous = exists().where(
        Decline.inquiry_id == Inquiry.id,
        Inquiry.pair_id == Pair.id,
        Pair.round_id == Round.id,
        Decline.state.in_(OPEN_LETTER),
    )
    goes_on = Round.state.in_((RoundState.RUNNING, RoundState.PAUSED, RoundState.COLLECTING))
    return select(Round.name).where(_LIVE, or_(goes_on, courteous)).limit(1)


@cache
def _live_request() -> Select[str]:
    return select(RequestRound.name).where(*_LIVE_REQUESTS).limit(1)


def _live_requests() -> ColumnElement[bool]:
    return exists().where(*_LIVE_REQUESTS)


_LIVE_REQUESTS = (RequestRound.live.is_(True), RequestRound.state == RoundState.RUNNING)
_LIVE = Round.design.contains('"mode":"live"')
