"""The Celery application: queues, beat, and settings under which a task can be lost or come twice without harm."""

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from celery import Celery, beat, signals
from celery.exceptions import WorkerShutdown, WorkerTerminate
from celery.schedules import schedule
from celery.worker import state

from orchestrator import logs
from orchestrator.settings import Settings

QUEUES = ("send", "inbox", "reports")
"""One worker per queue in production; all of them in one process by default."""

app = Celery("praktijktest", include=["workers.tasks"])

TICKS = {
    "send-due": ("workers.tasks.send_due", "send", 1.0),
    "sweep": ("workers.tasks.sweep", "send", 5.0),
    "read-mail": ("workers.tasks.read_mail", "inbox", 1.0),
    "poll-mailbox": ("workers.tasks.poll_mailbox", "inbox", 30.0),
    "advance": ("workers.tasks.advance", "reports", 5.0),
    "watch": ("workers.tasks.watch", "reports", 60.0),
    "keep-terms": ("workers.tasks.keep_terms", "reports", 3600.0),
    "read-feeds": ("workers.tasks.read_feeds", "reports", 60.0),
}
"""Name of the tick → task, queue, seconds. A tick only says: look in the database, or in the mailbox."""

IN_PROCESS = "memory://localhost"
"""The broker of an installation without Redis."""

STOP_SECONDS = 20.0
"""So long a worker may take to finish its task."""


def configure(settings: Settings, tick_scale: float = 1.0) -> Celery:
    """Set the application up for Redis or, without it, for this process alone; ticks come ``tick_scale`` times as slow.

    Sends never use Celery's own ETA, countdown, retry or late acknowledgement: the row decides, and a lost tick is
    followed by the next.
    """
    app.conf.update(
        broker_url=settings.redis_url or IN_PROCESS,
        broker_transport_options=_REDIS if settings.redis_url else {"polling_interval": 0.05},
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_acks_late=False,
        task_reject_on_worker_lost=False,
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue="reports",
        worker_prefetch_multiplier=1,
        # A child of a pool begins as a fresh process: a connection that was forked along would be shared.
        worker_pool_start_method="spawn",
        worker_proc_alive_timeout=60.0,
        worker_hijack_root_logger=False,
        worker_soft_shutdown_timeout=30,
        worker_enable_soft_shutdown_on_idle=True,
        timezone="UTC",
        beat_schedule={
            name: {
                "task": task,
                "schedule": schedule(seconds * tick_scale, nowfun=_steady_now),
                "options": {"queue": queue, "expires": max(2.0, 3 * seconds * tick_scale)},
            }
            for name, (task, queue, seconds) in TICKS.items()
            if name != "poll-mailbox" or settings.imap_host
        },
        beat_max_loop_interval=min(1.0, tick_scale),
    )
    return app


@signals.setup_logging.connect
def _keep_our_log(**_: object) -> None:
    """Keep Celery from a log of its own; a fresh child of a pool begins ours here."""
    if not logs.is_configured():
        logs.configure(Settings.from_env(), "worker")


_BEGAN = datetime.now(UTC) - timedelta(seconds=time.monotonic())


def _steady_now() -> datetime:
    """What beat counts its seconds by: on a clock that was set back an hour it would not tick for an hour."""
    return _BEGAN + timedelta(seconds=time.monotonic())


_REDIS = {
    "visibility_timeout": 300,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
}


def make_beat() -> beat.Service:
    """Return a beat that keeps its schedule in memory: every tick is harmless, so none need be remembered."""
    return beat.Service(app, scheduler_cls=beat.Scheduler)


class SoloWorker:
    """A worker for all queues in a thread of this process; `run` blocks until `stop` is called from elsewhere.

    The pool is solo: kombu's in-memory broker stalls under a pool of threads.
    """

    def __init__(self) -> None:
        state.should_stop = None
        self.worker = app.WorkController(
            pool="solo", concurrency=1, queues=list(QUEUES), without_gossip=True, without_mingle=True,
            without_heartbeat=True, hostname="praktijktest@localhost",
        )  # fmt: skip

    def run(self) -> None:
        with suppress(WorkerShutdown, WorkerTerminate, SystemExit):
            self.worker.start()

    def stop(self) -> None:
        """Let the worker finish its task and end.

        Without Redis it looks for that between two messages, and then waits for one more, two seconds each: it gets two
        at once.
        """
        state.should_stop = os.EX_OK  # type: ignore[assignment]  # the stubs know only its first value
        if app.conf.broker_url == IN_PROCESS:
            task, queue, _ = TICKS["sweep"]
            for _ in range(2):
                app.send_task(task, queue=queue, expires=STOP_SECONDS)
