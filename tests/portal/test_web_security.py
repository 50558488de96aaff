"""What every answer carries and every request is held to, one line of the security list a test."""

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
import uvicorn
from fastapi import FastAPI
from house_makers import a_session, only_sqlite
from page_makers import OURS
from starlette.testclient import TestClient

from orchestrator import accounts
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.logs import JsonLines
from orchestrator.settings import Settings
from orchestrator.states import DESK_ROLES
from portal.commands import serving
from portal.demo.ports import free_port
from portal.web.access import COOKIE
from portal.web.app import HEADERS, make_app
from portal.web.door import DatabaseDoor
from portal.web.origin import LARGEST

pytestmark = only_sqlite
BEHIND_TLS = Settings(web_url="https://desk.stad.example")
PAGES = (
    "/",
    "/aanmelden",
    "/health",
    "/open-data",
    "/weg",
    "/static/app.css",
    "/v1/openapi.json",
    "/v1/rounds",
)


@cache
def an_app(database: Database, https: bool = False) -> FastAPI:
    """To make the application takes longer than to ask it something."""
    return make_app(database, Clock(), settings=BEHIND_TLS if https else Settings())


def a_client(database: Database, https: bool = False, **told: Any) -> TestClient:
    app = an_app(database, https)
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=OURS, **told)


def a_link(database: Database) -> str:
    now = Clock().now()
    with database.writing() as session:
        accounts.add(session, "anna", "anna@stad.example", DESK_ROLES, "beheerder", now)
        return accounts.make_link(session, accounts.find(session, "anna"), "beheerder", now, now)


# --- Every answer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES)
def test_every_answer_forbids_guessing_frames_foreign_content_and_telling_others_where_one_was(
    database: Database, address: str
) -> None:
    told = a_client(database).get(address).headers
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in told["Content-Security-Policy"]
    assert not re.search(r"unsafe|data:|\*|https?:", told["Content-Security-Policy"])
    # Never to another site; "no-referrer" would take the Origin from our own forms, by which they are known.
    assert told["Referrer-Policy"] in ("same-origin", "no-referrer")


def test_hsts_is_told_where_people_come_by_https_also_behind_a_proxy_and_not_to_plain_http(database: Database) -> None:
    for address in PAGES:
        behind = a_client(database, https=True).get(address).headers
        assert behind["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", address
    assert "Strict-Transport-Security" not in a_client(database).get("/aanmelden").headers
    direct = a_client(database, base_url="https://testserver").get("/aanmelden").headers
    assert "max-age=31536000" in direct["Strict-Transport-Security"]


def test_security_txt_tells_whom_to_reach_for_less_than_a_year_and_is_not_there_without_an_address(
    database: Database,
) -> None:
    def asked(settings: Settings) -> tuple[int, str]:
        app = make_app(database, Clock(), settings=settings)
        answer = TestClient(app).get("/.well-known/security.txt")
        return answer.status_code, answer.text

    status, told = asked(Settings(web_url="https://desk.stad.example", desk_sender="desk@stad.example"))
    fields = dict(line.split(": ", 1) for line in told.splitlines())
    assert (status, fields["Contact"]) == (200, "mailto:desk@stad.example")
    assert fields["Canonical"] == "https://desk.stad.example/.well-known/security.txt"
    left = datetime.fromisoformat(fields["Expires"]) - Clock().now()
    assert timedelta(days=170) < left < timedelta(days=365)
    assert asked(Settings())[0] == 404


def test_a_cookie_is_secure_behind_a_proxy_that_speaks_https_for_us(database: Database) -> None:
    answer = a_client(database, https=True).post(f"/aanmelden/link/{a_link(database)}")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_a_sign_in_link_leaves_the_address_when_it_is_used_and_shows_nothing_from_elsewhere(database: Database) -> None:
    token, client = a_link(database), a_client(database)
    shown = client.get(f"/aanmelden/link/{token}")
    assert shown.headers["Referrer-Policy"] == "same-origin"
    assert shown.headers["Cache-Control"] == "no-store"
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', shown.text)
    used = client.post(f"/aanmelden/link/{token}")
    assert used.status_code == 303
    assert token not in used.headers["location"]
    assert client.cookies[COOKIE] not in used.headers["location"]


# --- HEAD and the number of a request ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES)
def test_head_is_answered_as_get_without_the_body(database: Database, address: str) -> None:
    client = a_client(database)
    head, get = client.head(address), client.get(address)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers.get("content-type") == get.headers.get("content-type")
    assert get.content or get.is_redirect


def test_head_of_a_page_for_signed_in_people_needs_signing_in_as_well(database: Database) -> None:
    assert a_client(database).head("/status").status_code == 303
    inside = a_client(database, cookies={COOKIE: a_session(database, roles=DESK_ROLES)})
    assert (inside.head("/status").status_code, inside.head("/afmelden").status_code) == (200, 405)


def test_every_answer_names_its_request_and_takes_over_only_a_uuid(database: Database) -> None:
    client, given = a_client(database), str(uuid4())
    assert client.get("/aanmelden", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given
    for odd in ("1", "x" * 36, "een\tregel", given + "0", "{" + given[:34] + "}", "é" * 18):
        answer = client.get("/aanmelden", headers={"X-Request-Id": odd.encode()})
        assert answer.headers["X-Request-Id"] != odd
        assert UUID(answer.headers["X-Request-Id"]).version == 4
    assert client.get("/v1/rounds").headers["X-Request-Id"] != client.get("/v1/rounds").headers["X-Request-Id"]


def test_a_request_is_logged_by_its_route_and_number_and_not_by_its_address(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    token, number = a_link(database), str(uuid4())
    caplog.handler.setFormatter(JsonLines("web"))
    with caplog.at_level(logging.INFO, "portal"):
        a_client(database).get(f"/aanmelden/link/{token}?next=/status", headers={"X-Request-Id": number})
    line = json.loads(caplog.text)
    assert (line["event"], line["request"], line["status"]) == ("request", number, 200)
    assert (line["method"], line["route"]) == ("GET", "/aanmelden/link/{token}")
    assert token not in caplog.text


# --- Too much, too slow --------------------------------------------------------------------------------------------


@contextmanager
def served(database: Database) -> Iterator[int]:
    """The pages as the command serves them; the port."""
    port = free_port()
    server = uvicorn.Server(serving.config(an_app(database), "127.0.0.1", port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(10)


def said(port: int, *parts: bytes, seconds: float = 5.0) -> bytes:
    """Send these parts; return all that comes back until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        for part in parts:
            line.sendall(part)
        heard = b""
        while more := line.recv(65536):
            heard += more
    return heard


HEAD = b"POST /aanmelden HTTP/1.1\r\nHost: desk\r\nSec-Fetch-Site: same-origin\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.long
def test_requests_that_are_too_big_or_come_too_slowly_are_ended_and_others_are_served_meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving.Prompt, "seconds", 0.8)
    with served(database) as port:
        # More than a form may have is refused by its length, before any of it came.
        too_big = HEAD + FORM + f"Content-Length: {LARGEST + 1}\r\n\r\n".encode()
        began = time.monotonic()
        assert said(port, too_big).startswith(b"HTTP/1.1 413")
        unsaid = HEAD + FORM + b"Transfer-Encoding: chunked\r\n\r\n5\r\nemail\r\n"
        assert said(port, unsaid).startswith(b"HTTP/1.1 413")
        # Headers without end.
        assert said(port, b"GET / HTTP/1.1\r\nX: " + b"a" * (serving.MOST_HEADER_BYTES + 1)).startswith(b"HTTP/1.1 400")
        # A request, or its form, that stops half-way; a line on which nothing is said.
        for slow in (b"GET / HTTP/1.1\r\nHost: desk\r\nX: ", HEAD + FORM + b"Content-Length: 99\r\n\r\nemail=", b""):
            assert b"200 OK" not in said(port, slow)
        assert time.monotonic() - began < 8
        # Beside many that say nothing, a page is served at once.
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        began = time.monotonic()
        page = said(port, b"GET /health HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n")
        assert page.startswith(b"HTTP/1.1 200")
        assert time.monotonic() - began < 2
        for line in idle:
            line.close()


@pytest.mark.long
def test_a_page_that_takes_long_to_make_is_not_cut_off(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving.Prompt, "seconds", 0.2)

    def slowly(*_: object) -> None:
        time.sleep(0.6)

    monkeypatch.setattr(DatabaseDoor, "link_works", slowly)
    with served(database) as port:
        page = said(port, b"GET /aanmelden/link/x HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n")
    assert page.startswith(b"HTTP/1.1 410")
    assert HEADERS["Referrer-Policy"].encode() in page
