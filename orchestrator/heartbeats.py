"""When each queue was last worked on: what tells a queue that waits from one that nobody works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.models import Heartbeat
from orchestrator.several import ask

NOBODY = ""
"""The worker of a queue of which the last one stopped."""


def beat(session: Session, queue: str, worker: str, now: datetime) -> None:
    """Note that a worker did something in a queue; only the last to do so is kept."""
    changed = update(Heartbeat).where(Heartbeat.queue == queue).values(worker=worker, at=now)
    if session.execute(changed.returning(Heartbeat.queue)).first() is not None:
        return
    try:
        with session.begin_nested():
            session.add(Heartbeat(queue=queue, worker=worker, at=now))
    except IntegrityError:
        pass  # another worker of this queue was first, just now


def end(session: Session, worker: str) -> None:
    """Note that a worker stopped in good order: nobody need wait to see that it is silent.

    When it was last seen stays, for whoever is warned when a queue is silent for long.
    """
    session.execute(update(Heartbeat).where(Heartbeat.worker == worker).values(worker=NOBODY))


@dataclass(frozen=True)
class Beat:
    """When a queue was last worked on, and by which worker; `NOBODY` when that one stopped."""

    worker: str
    at: datetime


def last(session: Session) -> Mapping[str, Beat]:
    """Return the last heartbeat of every queue that ever had one."""
    return {queue: Beat(worker, at) for queue, worker, at in ask(session, _all(), {})}


@cache
def _all() -> Select[str, str, datetime]:
    return select(Heartbeat.queue, Heartbeat.worker, Heartbeat.at)
