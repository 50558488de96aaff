"""A server of listing feeds on loopback, and feeds as a design declares them."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from orchestrator.design import DeclaredFeed

HEADING = "listing,advertiser,street,postcode,city,district,rent,rooms,reference,url"


def a_feed(url: str = "http://127.0.0.1/aanbod", **told: Any) -> DeclaredFeed:
    return DeclaredFeed.model_validate({"url": url, "format": "csv", **told})


def a_line(number: int = 1, advertiser: str = "alfa") -> str:
    """A line of CSV under `HEADING`."""
    return f"{number},{advertiser},Feedstraat {number},3812 AB,Amersfoort,Soesterkwartier,1100,2,F-{number},"


def csv_of(*lines: str) -> bytes:
    return "\n".join([HEADING, *lines, ""]).encode()


@dataclass
class Page:
    """What the server answers at one path; ``marks`` are its ETag and Last-Modified."""

    body: bytes = b""
    status: int = 200
    marks: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def unchanged(self, asked: Mapping[str, str]) -> bool:
        pairs = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
        return any(mark in self.marks and asked.get(header) == self.marks[mark] for mark, header in pairs)


class FeedServer:
    """Answers from ``pages`` by path, 304 when nothing changed since, and keeps the headers of every request."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[dict[str, str]] = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.root = f"{'https' if context else 'http'}://127.0.0.1:{self.http.server_port}"

    @property
    def statuses(self) -> list[str]:
        """What was answered, in order."""
        return [asked["answered"] for asked in self.asked]

    def _handler(server: "FeedServer") -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the request below
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = server.pages.get(self.path, Page(status=404))
                status = 304 if page.unchanged(self.headers) else page.status  # type: ignore[arg-type]
                server.asked.append({**self.headers, "answered": str(status)})
                self.send_response(status)
                for name, value in {**page.marks, **page.headers}.items():
                    self.send_header(name, value)
                if status != 304 and "Content-Length" not in page.headers:
                    self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                if status != 304:
                    self.wfile.write(page.body)

            def log_message(self, *_: object) -> None:
                """A test has nothing to read here."""

        return Handler


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[FeedServer]:
    server = FeedServer(context)
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        thread.join(5)
        server.http.server_close()
