"""Asking a feed: only what changed, from the server that the design names, within bounds, every fault by its name."""

import gzip
import socket
from collections.abc import Iterator

import pytest
from feed_makers import FeedServer, Page, serving
from house_makers import refused

from orchestrator import feeds
from orchestrator.feeds import Fetched, fetch


@pytest.fixture(scope="module")
def running() -> Iterator[FeedServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: FeedServer) -> FeedServer:
    running.pages.clear()
    running.asked.clear()
    return running


def ask(server: FeedServer, path: str = "/aanbod", etag: str | None = None, since: str | None = None) -> Fetched | None:
    return fetch(server.root + path, etag, since, timeout=5)


def test_a_feed_is_fetched_with_the_marks_that_tell_it_apart_the_next_time(server: FeedServer) -> None:
    monday = "Mon, 07 Sep 2026 08:00:00 GMT"
    server.pages["/aanbod"] = Page(b"alles", marks={"ETag": '"een"', "Last-Modified": monday})
    assert ask(server) == Fetched(b"alles", '"een"', monday)
    assert not {"If-None-Match", "If-Modified-Since"} & server.asked[0].keys()


@pytest.mark.parametrize(
    ("marks", "etag", "since"),
    [
        ({"ETag": '"een"'}, '"een"', None),
        ({"Last-Modified": "Mon, 07 Sep 2026 08:00:00 GMT"}, None, "Mon, 07 Sep 2026 08:00:00 GMT"),
    ],
)
def test_a_feed_that_did_not_change_gives_nothing(
    server: FeedServer, marks: dict[str, str], etag: str | None, since: str | None
) -> None:
    server.pages["/aanbod"] = Page(b"alles", marks=marks)
    assert ask(server, etag=etag, since=since) is None
    assert server.statuses == ["304"]
    assert ask(server, etag=etag and '"oud"', since=since and "Sun, 06 Sep 2026 08:00:00 GMT") is not None


def test_a_mark_that_cannot_be_sent_back_is_none(server: FeedServer) -> None:
    server.pages["/aanbod"] = Page(b"alles", marks={"ETag": '"één"'})
    assert ask(server) == Fetched(b"alles", None, None)


def test_a_packed_answer_is_unpacked(server: FeedServer) -> None:
    server.pages["/aanbod"] = Page(gzip.compress(b"alles"), headers={"Content-Encoding": "gzip"})
    assert ask(server) == Fetched(b"alles", None, None)


def test_a_redirect_on_the_same_server_is_followed(server: FeedServer) -> None:
    server.pages["/aanbod"] = Page(status=301, headers={"Location": "/nieuw"})
    server.pages["/nieuw"] = Page(b"hier")
    assert ask(server) == Fetched(b"hier", None, None)


@pytest.mark.parametrize(
    "elsewhere", ["http://localhost:1/", "https://elders.example/", "//127.0.0.1:9/", "ftp://127.0.0.1/"]
)
def test_a_redirect_to_another_server_is_named_and_not_followed(server: FeedServer, elsewhere: str) -> None:
    server.pages["/aanbod"] = Page(status=302, headers={"Location": elsewhere})
    with refused("feed-moved"):
        ask(server)
    assert server.statuses == ["302"]


def test_redirects_in_a_circle_end(server: FeedServer) -> None:
    server.pages["/aanbod"] = Page(status=302, headers={"Location": "/aanbod"})
    with refused("feed-moved"):
        ask(server)
    assert len(server.asked) == feeds.MOST_REDIRECTS + 1


@pytest.mark.parametrize("status", [204, 304, 403, 404, 410, 429, 500, 503])
def test_any_other_answer_than_a_feed_is_named(server: FeedServer, status: int) -> None:
    server.pages["/aanbod"] = Page(status=status)
    with refused("feed-refused"):
        ask(server)


def test_a_feed_that_is_too_big_is_not_read_on(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_BYTES", 1000)
    server.pages["/aanbod"] = Page(b"x" * 1000)
    assert ask(server) is not None
    server.pages["/aanbod"] = Page(gzip.compress(b"x" * 1001), headers={"Content-Encoding": "gzip"})
    with refused("feed-too-big"):
        ask(server)


def test_a_feed_that_drips_is_given_up(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_SECONDS", 0.0)
    server.pages["/aanbod"] = Page(b"x")
    with refused("feed-too-slow"):
        ask(server)


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, refused("feed-unreachable"):
        fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/", None, None, timeout=0.2)


def test_a_feed_that_breaks_off_is_named(server: FeedServer) -> None:
    server.pages["/aanbod"] = Page(b"half", headers={"Content-Length": "8", "Connection": "close"})
    with refused("feed-unreachable"):
        ask(server)


def test_a_packed_answer_that_does_not_unpack_is_named(server: FeedServer) -> None:
    server.pages["/aanbod"] = Page(b"geen gzip", headers={"Content-Encoding": "gzip"})
    with refused("feed-unreachable"):
        ask(server)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/aanbod", f"https://{'a' * 64}.example/", "https://a..example/"])
def test_a_server_that_is_not_there_is_named(url: str) -> None:
    with refused("feed-unreachable"):
        fetch(url, None, None, timeout=5, anywhere=url.startswith("https://a"))


@pytest.mark.parametrize(
    "url", ["https://kantoor.example/aanbod.csv", "http://10.0.0.1/", "https://127.0.0.1.example/"]
)
def test_a_rehearsal_asks_nobody_outside_this_machine(url: str) -> None:
    with refused("feed-outside"):
        fetch(url, None, None, timeout=5)
