"""A web site on loopback that answers every path with fixed bytes, and what an advertiser told of its form."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tls_makers import Certificate
from wire_makers import an_envelope

from orchestrator.forms import Form, Success, Value
from orchestrator.intake import Channel
from orchestrator.rounds.sending import Envelope

FIELDS = {"naam": Value.NAME, "email": Value.EMAIL, "advertentie": Value.REFERENCE, "bericht": Value.MESSAGE}
HANG_UP = b""
SILENCE = b"..."
"""Says nothing, and keeps the line open."""


class Site:
    """Keeps its connections open; an answer by path, or by method and path. What it was asked is in ``requests``."""

    def __init__(self, pages: dict[str, bytes], certificate: Certificate | None = None) -> None:
        self.pages = pages
        self.requests: list[bytes] = []
        self.connections = 0
        self.scheme = "https" if certificate else "http"
        self._context = certificate.context() if certificate else None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self.port = self._socket.getsockname()[1]

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def asked(self) -> list[str]:
        """The method and path of every request."""
        return [" ".join(request.decode("latin-1").split()[:2]) for request in self.requests]

    def body(self, number: int = -1) -> str:
        return self.requests[number].partition(b"\r\n\r\n")[2].decode()

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def hang_up(self) -> None:
        """End the connections that are open."""
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()
        self.hang_up()

    def _talk(self, line: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError), line:
            stream = self._context.wrap_socket(line, server_side=True) if self._context else line
            self._lines.append(stream)
            with stream:
                while request := _read(stream):
                    self.requests.append(request)
                    method, path = self.asked[-1].split()
                    answer = self.pages.get(f"{method} {path}", self.pages.get(path, http("404 Not Found")))
                    if answer == SILENCE:
                        continue
                    stream.sendall(answer)
                    if b"Content-Length" not in answer:
                        return


def _read(line: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        if not (part := line.recv(65536)):
            return b""
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")]
    while len(body) < sum(lengths):
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def online(pages: dict[str, bytes], certificate: Certificate | None = None) -> Iterator[Site]:
    """The site, for as long as the context lasts."""
    site = Site(pages, certificate)
    thread = threading.Thread(target=site.serve, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.close()


def http(status: str, body: str = "", **headers: str) -> bytes:
    content = body.encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def page(*fields: str, token: str = "abc") -> str:  # noqa: S107 - no password
    """A page with a search form, and a form with these fields; each is a whole tag, or the name of a text field."""
    tags = [field if field.startswith("<") else f'<input name="{field}">' for field in fields]
    hidden = f'<input type="hidden" name="csrf" value="{token}">' if token else ""
    search = '<form action="/zoek"><input name="q" required></form>'
    return f'<!doctype html><title>Reageren</title>{search}<form method="post">{hidden}{"".join(tags)}</form>'


def a_form(site: Site, path: str = "/formulier", **told: Any) -> Form:
    known: dict[str, Any] = {"url": site.at(path), "fields": FIELDS, "success": Success(text="bedankt")}
    return Form(**(known | told))


def a_message(form: Form, **changes: Any) -> Envelope:
    return an_envelope(form.url, **({"channel": Channel.WEBFORM, "form": form} | changes))
