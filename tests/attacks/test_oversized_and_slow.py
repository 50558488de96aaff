"""Requests that are too large or never end, at the server as the product runs it: refused early, and nobody waits."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest
from api_makers import LETTER, SETTINGS, an_event
from attack_makers import record
from browser_makers import serving
from house_makers import a_session, only_sqlite

from orchestrator.clock import Clock
from orchestrator.db import Database
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.origin import LARGEST
from workers.inbox.webhook import MOST_BYTES

pytestmark = only_sqlite
SOON = 5.0
"""Seconds within which somebody else gets a page, on a machine that does other things too."""

STALLED = 60
OURS = "Sec-Fetch-Site: same-origin"
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture
def address(database: Database) -> Iterator[tuple[str, int]]:
    with serving(make_app(database, Clock(), settings=SETTINGS)) as url:
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


def opened(address: tuple[str, int], *lines: str, body: bytes = b"") -> socket.socket:
    """A connection on which these lines and the beginning of a body were sent."""
    made = socket.create_connection(address, timeout=30)
    made.sendall("\r\n".join([*lines, "Host: desk.example", "", ""]).encode("latin-1") + body)
    return made


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(200).split()[1])


def asked(address: tuple[str, int], *lines: str, body: bytes = b"") -> tuple[int, float]:
    begun = time.monotonic()
    with closing(opened(address, *lines, body=body)) as connection:
        return status_of(connection), time.monotonic() - begun


@pytest.mark.parametrize("path", ["/aanmelden", "/mensen", "/opzet/x/bestanden", "/uitnodiging/x/tekenen"])
def test_a_form_that_says_it_is_too_large_is_refused_before_any_of_it_is_sent(
    address: tuple[str, int], path: str
) -> None:
    for length in (f"Content-Length: {LARGEST + 1}", f"Content-Length: {10**15}", "Transfer-Encoding: chunked"):
        status, took = asked(address, f"POST {path} HTTP/1.1", OURS, FORM, length)
        assert status == 413
        assert took < SOON


def test_a_mail_that_is_too_large_is_refused_when_that_is_seen_and_not_kept(
    database: Database, address: tuple[str, int]
) -> None:
    headers = [f"{name}: {value}" for name, value in an_event().items()]
    before, sent, chunk = record(database), 0, b"x" * 1_000_000
    with closing(
        opened(address, "POST /v1/inbound-mail HTTP/1.1", *headers, "Transfer-Encoding: chunked")
    ) as connection:
        try:
            while sent < 4 * MOST_BYTES:
                connection.sendall(b"%x\r\n" % len(chunk) + chunk + b"\r\n")
                sent += len(chunk)
                connection.setblocking(False)
                try:
                    if connection.recv(1, socket.MSG_PEEK):
                        break
                except BlockingIOError:
                    continue
                finally:
                    connection.settimeout(30)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert status_of(connection) == 413
    assert sent < 2 * MOST_BYTES
    assert record(database) == before


@pytest.mark.parametrize("what", ["headers", "a body", "a mail"])
def test_nobody_waits_for_those_who_never_finish(address: tuple[str, int], what: str) -> None:
    event = [f"{name}: {value}" for name, value in an_event().items()]
    with ExitStack() as stack:
        for _ in range(STALLED):
            if what == "headers":
                half = socket.create_connection(address, timeout=30)
                half.sendall(b"GET /aanmelden HTTP/1.1\r\nHost: desk.example\r\nX-Slow: ")
            elif what == "a body":
                half = opened(address, "POST /aanmelden HTTP/1.1", OURS, FORM, "Content-Length: 1000", body=b"email=")
            else:
                half = opened(address, "POST /v1/inbound-mail HTTP/1.1", *event, "Content-Length: 9999", body=LETTER)
            stack.enter_context(closing(half))
        status, took = asked(address, "GET /aanmelden HTTP/1.1")
        assert (status, took < SOON) == (200, True), took


def test_a_form_of_very_many_fields_does_not_hold_up_the_others(address: tuple[str, int]) -> None:
    body = b"a=1&" * (LARGEST // 4)
    lines = ("POST /aanmelden HTTP/1.1", OURS, FORM, f"Content-Length: {len(body)}")
    told: list[tuple[int, float]] = []
    sender = threading.Thread(target=lambda: told.append(asked(address, *lines, body=body)))
    sender.start()
    time.sleep(0.2)
    status, took = asked(address, "GET /health HTTP/1.1")
    sender.join(60)
    assert status == 200
    assert took < SOON, took
    assert told[0][0] in (200, 400, 413)
    assert told[0][1] < 2 * SOON, told


@pytest.mark.parametrize(
    "lines",
    [
        ["GET /aanmelden HTTP/1.1", "X: " + "a" * 1_000_000],
        ["GET /" + "a" * 1_000_000 + " HTTP/1.1"],
        ["GET /aanmelden HTTP/1.1", *(f"X-{number}: 1" for number in range(20_000))],
        ["GET /aanmelden HTTP/1.1", f"Cookie: {COOKIE}=" + "a" * 200_000],
        ["POST /aanmelden HTTP/1.1", OURS, "Content-Length: -1"],
        ["POST /aanmelden HTTP/1.1", OURS, "Content-Length: 5", "Content-Length: 6"],
        ["POST /aanmelden HTTP/1.1", OURS, "Content-Length: 5", "Transfer-Encoding: chunked"],
        ["GET /aanmelden\x00 HTTP/1.1"],
        ["NIETS /aanmelden HTTP/1.1"],
        ["GET /../../../etc/passwd HTTP/1.1"],
        ["GET /static/../../../../etc/passwd HTTP/1.1"],
        ["GET /static/..%2f..%2f..%2f..%2fetc/passwd HTTP/1.1"],
        ["GET //etc/passwd HTTP/1.1"],
        ["GET http://elders.example/aanmelden HTTP/1.1"],
    ],
    ids=lambda lines: lines[0][:40],
)
def test_an_odd_request_is_refused_or_answered_and_the_server_goes_on(
    address: tuple[str, int], lines: list[str]
) -> None:
    try:
        with closing(opened(address, *lines)) as connection:
            answer = connection.recv(100_000)
    except (BrokenPipeError, ConnectionResetError):
        answer = b""  # it was closed while we were still sending
    assert b"root:" not in answer
    assert b" 500 " not in answer[:40]
    status, took = asked(address, "GET /aanmelden HTTP/1.1")
    assert (status, took < SOON) == (200, True)


def test_a_signed_in_visitor_cannot_hold_up_the_others_with_a_page_that_takes_long(
    database: Database, address: tuple[str, int]
) -> None:
    cookie = f"Cookie: {COOKIE}={a_session(database)}"
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(closing(opened(address, "GET /status HTTP/1.1", cookie)))
        status, took = asked(address, "GET /aanmelden HTTP/1.1")
    assert (status, took < 2 * SOON) == (200, True), took
