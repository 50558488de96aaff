"""Worker, beat and listener in one process: the default way to run, with nothing to install beside."""

import threading
from types import TracebackType
from typing import Self

from workers import runtime
from workers.app import STOP_SECONDS, SoloWorker, configure, make_beat
from workers.inbox.listener import Listener
from workers.runtime import Runtime


class Embedded:
    """A context in which letters go out and answers come in.

    Beat and worker are threads of this process, and the listener runs its own loop in a third.
    """

    def __init__(self, here: Runtime, tick_scale: float = 1.0) -> None:
        runtime.use(here)
        settings = here.settings
        configure(settings, tick_scale)
        self.listener = Listener(here.database, here.clock, settings.listen_host, settings.listen_port)
        self.worker = SoloWorker()
        self.beat = make_beat()
        self.threads = (
            threading.Thread(target=self.worker.run, name="worker", daemon=True),
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
        self.worker.stop()
        for thread in self.threads:
            thread.join(STOP_SECONDS)
        self.listener.stop()
