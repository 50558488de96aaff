"""What every request and answer has, whatever page it is for: a number, HEAD beside GET, and HSTS over https."""

import logging
import time
from uuid import UUID, uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.logs import about, request_id

log = logging.getLogger(__name__)

HEADER = b"x-request-id"
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Edge:
    """Wraps the whole application. ``https`` says that people reach it by https, also where a proxy undoes that.

    HEAD is answered as GET without the body: no GET of ours changes anything.
    """

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self.app, self.https = app, https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number, head = _number(scope), scope["method"] == "HEAD"
        within = {**scope, **({"method": "GET"} if head else {}), **({"scheme": "https"} if self.https else {})}
        mark, began = request_id.set(number), time.monotonic()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with(message["headers"], number, within["scheme"] == "https")
                _tell(scope["method"], within, message["status"], began)
            elif head:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(within, receive, answer)
        finally:
            request_id.reset(mark)


def _number(scope: Scope) -> str:
    """Return the number that a proxy gave the request when it is a UUID, and else a new one.

    Anything else could be made to look like a line of our log.
    """
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    try:
        return str(UUID(given.decode("ascii"))) if len(given) == 36 else str(uuid4())
    except ValueError:
        return str(uuid4())


def _with(headers: list[tuple[bytes, bytes]], number: str, https: bool) -> list[tuple[bytes, bytes]]:
    ours = [(HEADER, number.encode()), *([HSTS] if https else [])]
    names = {name for name, _ in ours}
    return [*((name, value) for name, value in headers if name.lower() not in names), *ours]


def _tell(method: str, scope: Scope, status: int, began: float) -> None:
    # By the route and not by the address: there may be a token in that.
    route = getattr(scope.get("route"), "path", "-")
    told = about("request", method=method, route=route, status=status, ms=round((time.monotonic() - began) * 1000))
    log.log(logging.ERROR if status >= 500 else logging.INFO, "%s %s: %s", method, route, status, extra=told)
