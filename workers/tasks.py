"""The tasks: each one looks in the database and carries nothing."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from celery import signals

from orchestrator.db import DatabaseAway, why_away
from workers import dispatch, runtime
from workers.advance import advance_rounds, fold_tallies, keep_outcomes, keep_to_terms
from workers.app import app
from workers.harvest import read_feed
from workers.inbox import imap
from workers.inbox.reading import BATCH, read_stored

GO_ON_SECONDS = 1.0
"""So long full batches follow each other in one task: to ask for a task takes as long as to send several letters."""

log = logging.getLogger(__name__)


@contextmanager
def _patient(queue: str | None = None) -> Iterator[None]:
    """Let a task end with a sentence when the database is away: the next tick comes anyway.

    A task that did its work shows that its queue is worked on.
    """
    try:
        yield
        if queue is not None:
            here = runtime.current()
            here.pulse.beat(here.database, here.clock, queue)
    except DatabaseAway as error:
        log.error(why_away(error))


@signals.task_revoked.connect
def on_late_tick(expired: bool, **_: object) -> None:
    """Ask the guard when a tick came too late to be carried out: if this clock runs ahead, each of them will."""
    if expired:
        with _patient():
            runtime.current().dispatcher.watch_clock()


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def on_stop(**_: object) -> None:
    """Let the status page know at once that this process, which stops in good order, works no more."""
    here = runtime.opened()
    if here is not None:
        with _patient():
            here.pulse.end(here.database)


@app.task
def send_due() -> None:
    """Send what is due for a moment; a last batch that is full asks for more, behind whatever waits in the queues."""
    with _patient("send"):
        until = time.monotonic() + GO_ON_SECONDS
        while full := runtime.current().dispatcher.send_due() >= dispatch.BATCH:
            if time.monotonic() > until:
                break
        if full:
            send_due.apply_async(queue="send", expires=10)


@app.task
def sweep() -> None:
    """Free or settle what dead workers left behind."""
    with _patient("send"):
        runtime.current().dispatcher.sweep()


@app.task
def read_mail() -> None:
    """Read a batch of stored mails; a full batch asks for the next."""
    with _patient("inbox"):
        here = runtime.current()
        if read_stored(here.database, here.clock.now()) >= BATCH:
            read_mail.apply_async(queue="inbox", expires=10)


@app.task
def poll_mailbox() -> None:
    """Store what is new in the mailbox; a full poll asks for the next, behind whatever else waits in the queues."""
    with _patient("inbox"):
        here = runtime.current()
        if imap.poll(here.database, here.clock, here.settings, here.patience) >= imap.MOST:
            poll_mailbox.apply_async(queue="inbox", expires=10)


@app.task
def advance() -> None:
    """Move rounds on that have nothing left to wait for."""
    with _patient("reports"):
        here = runtime.current()
        if now := here.dispatcher.moment():
            advance_rounds(here.database, now)
        fold_tallies(here.database)
        keep_outcomes(here.database)


@app.task
def watch() -> None:
    """Pause the advertisers that may have noticed."""
    with _patient("reports"):
        here = runtime.current()
        here.watch.look(here.database, here.clock.now())


@app.task
def keep_terms() -> None:
    """Destroy what is past its term."""
    with _patient("reports"):
        here = runtime.current()
        if now := here.dispatcher.moment():
            keep_to_terms(here.database, now)


@app.task
def read_feeds() -> None:
    """Read one listing feed that it is time to read; having read one asks for the next, behind whatever else waits."""
    with _patient("reports"):
        here = runtime.current()
        if read_feed(here.database, here.clock, here.settings):
            read_feeds.apply_async(queue="reports", expires=10)
