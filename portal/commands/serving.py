"""The pages on the network: no request may take for ever to arrive, and no more connections than this machine bears."""

import asyncio
import sys
from contextlib import suppress
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 60.0
"""In which a whole request, with its files, must be here: eight megabytes over a line of one megabit a second."""

MOST_CONNECTIONS = 500
MOST_HEADER_BYTES = 16 * 1024


class Prompt(H11Protocol):
    """A connection that is closed when a request does not arrive in time: uvicorn itself waits for ever."""

    seconds = REQUEST_SECONDS
    _until: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def handle_events(self) -> None:
        super().handle_events()
        if not self._is_awaited():
            self._stop()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._until is None and self._is_awaited() and not self.transport.is_closing():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _is_awaited(self) -> bool:
        """Whether the next request, or the rest of this one, has yet to come."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def _wait(self) -> None:
        self._until = self.loop.call_later(self.seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None


def config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """Return how the pages are served."""
    return uvicorn.Config(
        app, host=host, port=port, http=Prompt, log_config=None, log_level="warning", access_log=False,
        server_header=False, limit_concurrency=MOST_CONNECTIONS, h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        timeout_graceful_shutdown=30,
    )  # fmt: skip


def listen(app: ASGIApp, host: str, port: int) -> None:
    """Serve the pages until the process is interrupted, which is no fault; exit with 1 when they could not start."""
    server = uvicorn.Server(config(app, host, port))
    with suppress(KeyboardInterrupt):  # how uvicorn passes on a Ctrl-C once all is answered
        server.run()
    if not server.started:
        sys.exit(1)
