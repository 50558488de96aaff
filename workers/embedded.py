"""Worker, beat and listener in one process: the default way to run, with nothing to install beside."""

import os
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from celery import beat
from celery.exceptions import WorkerShutdown, WorkerTerminate
from celery.worker import state

from workers import runtime
from workers.app import QUEUES, configure
from workers.inbox.listener import Listener
from workers.runtime import Runtime

STOP_SECONDS = 20.0


class Embedded:
    """A context in which letters go out and answers come in.

    The pool is solo: kombu's in-memory broker stalls under a thread pool. Beat and worker are threads of this process,
    and the listener runs its own loop in a third.
    """

    def __init__(self, here: Runtime, tick_scale: float = 1.0) -> None:
        runtime.use(here)
        settings = here.settings
        self.app = configure(settings, tick_scale)
        self.listener = Listener(here.database, here.clock, settings.listen_host, settings.listen_port)
        self.worker = self.app.WorkController(
            pool="solo", concurrency=1, queues=list(QUEUES), without_gossip=True, without_mingle=True,
            without_heartbeat=True, hostname="praktijktest@localhost",
        )  # fmt: skip
        self.beat = beat.Service(self.app, scheduler_cls=beat.Scheduler)
        self.threads = (
            threading.Thread(target=self._work, name="worker", daemon=True),
            threading.Thread(target=self.beat.start, name="beat", daemon=True),
        )

    def __enter__(self) -> Self:
        self.listener.start()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.beat.stop()
        state.should_stop = os.EX_OK  # type: ignore[assignment]  # the stubs know only its first value
        for thread in self.threads:
            thread.join(STOP_SECONDS)
        self.listener.stop()
        state.should_stop = None

    def _work(self) -> None:
        with suppress(WorkerShutdown, WorkerTerminate, SystemExit):
            self.worker.start()
