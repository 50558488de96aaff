"""Feeds read end to end: over HTTP and HTTPS, into the record; a fault is told, and gone with the next good read."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from feed_makers import FeedServer, Page, a_feed, a_line, csv_of, feeding, in_sample, lasting, serving
from house_makers import MINUTE, a_listing, an_advertiser, letters, only_sqlite, run
from sqlalchemy import select
from tls_makers import authority

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Feed
from orchestrator.settings import Settings
from workers import harvest, runtime, tasks
from workers.app import TICKS
from workers.runtime import Runtime

NOW = datetime(2026, 9, 7, 10, 0, tzinfo=UTC)
SETTINGS = Settings(wire_timeout_seconds=5)


@pytest.fixture(scope="module")
def running() -> Iterator[FeedServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: FeedServer) -> FeedServer:
    running.pages.clear()
    running.asked.clear()
    return running


def read(database: Database, minutes: int = 0) -> bool:
    """Read the feed that it is time for, so many minutes on, by a clock that stands still."""
    return harvest.read_feed(database, Clock(NOW + minutes * MINUTE, 0.0, 0.0), SETTINGS)


def feed(database: Database) -> Feed:
    with database.reading() as session:
        return session.scalars(select(Feed)).one()


def test_a_running_round_grows_from_a_feed_and_asks_only_for_what_changed(
    database: Database, server: FeedServer
) -> None:
    server.pages["/aanbod"] = Page(csv_of(a_line(1), a_line(2, "niemand")), marks={"ETag": '"een"'})
    run(database, feeding(f"{server.root}/aanbod"))
    assert read(database)
    assert len(letters(database)) == 4
    assert not read(database, 14)
    assert read(database, 15)
    server.pages["/aanbod"] = Page(csv_of(a_line(1), a_line(3)), marks={"ETag": '"twee"'})
    assert read(database, 30)
    assert server.statuses == ["200", "304", "200"]
    assert len(letters(database)) == 6
    row = feed(database)
    assert (row.etag, row.seen, row.strangers, row.pairs) == ('"twee"', 2, 0, 2)
    assert row.read_at == NOW + 30 * MINUTE


@only_sqlite
def test_a_feed_that_turned_into_a_web_page_is_told_and_asked_again_when_it_is_time(
    database: Database, server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"{server.root}/aanbod"
    run(database, feeding(url))
    server.pages["/aanbod"] = Page(b"<!DOCTYPE html><html>Onderhoud</html>", marks={"ETag": '"weg"'})
    with caplog.at_level(logging.WARNING):
        assert read(database)
    (told,) = lasting(database)
    assert told.startswith(f"{url}: feed-html: Hier staat een webpagina")
    assert [told in line for line in caplog.messages] == [True]
    assert (feed(database).etag, feed(database).read_at) == (None, None)
    assert not read(database, 14)
    assert len(server.asked) == 1
    server.pages["/aanbod"] = Page(csv_of(a_line(1)))
    assert read(database, 15)
    assert lasting(database) == []
    assert len(letters(database)) == 4


@only_sqlite
def test_a_feed_that_is_reachable_again_and_unchanged_is_mended_too(database: Database, server: FeedServer) -> None:
    run(database, feeding(f"{server.root}/aanbod"))
    sound = Page(csv_of(a_line(1)), marks={"Last-Modified": "Mon, 07 Sep 2026 08:00:00 GMT"})
    faults = []
    for number, page in enumerate((sound, Page(status=503), sound)):
        server.pages["/aanbod"] = page
        assert read(database, number * 15)
        faults.append(len(lasting(database)))
    assert faults == [0, 1, 0]
    assert server.statuses == ["200", "503", "304"]


@only_sqlite
def test_many_mistakes_in_a_heading_are_told_by_the_first_and_their_number(
    database: Database, server: FeedServer
) -> None:
    server.pages["/aanbod"] = Page(b"a,b\n1,2\n")
    run(database, feeding(f"{server.root}/aanbod"))
    read(database)
    (told,) = lasting(database)
    assert "missing-column" in told
    assert told.endswith("(en nog 7)")


@only_sqlite
def test_one_bad_feed_does_not_hold_up_the_next(database: Database, server: FeedServer) -> None:
    server.pages["/goed"] = Page(csv_of(a_line(1)))
    run(database, feeding(f"{server.root}/weg", f"{server.root}/goed"))
    assert [read(database) for _ in range(3)] == [True, True, False]
    assert server.statuses == ["404", "200"]
    assert len(letters(database)) == 4


@only_sqlite
def test_the_feed_that_waits_longest_comes_first(database: Database, server: FeedServer) -> None:
    run(database, feeding(*(f"{server.root}/{name}" for name in ("een", "twee"))))
    assert [read(database, minutes) for minutes in (0, 1, 60, 120)] == [True] * 4
    assert [asked["path"] for asked in server.asked] == ["/een", "/twee", "/een", "/twee"]


@only_sqlite
def test_a_fast_clock_does_not_ask_faster_than_every_few_seconds(database: Database, server: FeedServer) -> None:
    server.pages["/aanbod"] = Page(csv_of(a_line(1)))
    run(database, feeding(f"{server.root}/aanbod"))
    fast = Clock.scaled(NOW, 3000.0)
    assert [harvest.read_feed(database, fast, SETTINGS) for _ in range(3)] == [True, False, False]


@only_sqlite
def test_a_rehearsal_does_not_ask_a_feed_elsewhere_and_says_so(database: Database) -> None:
    run(database, feeding("https://kantoor.example/aanbod"))
    assert read(database)
    (told,) = lasting(database)
    assert "feed-outside" in told


@only_sqlite
@pytest.mark.parametrize(
    ("form", "body", "told"),
    [
        (
            "json",
            b'{"huur": [{"id": 5, "street": "Feedstraat 5", "postcode": "3812AB", "city": "Amersfoort",'
            b' "district": "Vathorst", "rent": 1100, "rooms": 2}]}',
            {"items": "huur", "fields": {"listing": "id"}},
        ),
        (
            "rss",
            b"<rss><channel><item><guid>5</guid><street>Feedstraat 5</street><postcode>3812 AB</postcode>"
            b"<city>Amersfoort</city><district>Vathorst</district><rent>1100</rent><rooms>2</rooms></item></channel></rss>",
            {},
        ),
    ],
)
def test_json_and_rss_become_letters_too(
    database: Database, server: FeedServer, form: str, body: bytes, told: dict[str, Any]
) -> None:
    server.pages["/aanbod"] = Page(body)
    declared = a_feed(f"{server.root}/aanbod", format=form, advertiser="alfa", **told)
    run(database, feeding(feeds=[declared.model_dump(mode="json")]))
    read(database)
    assert lasting(database) == []
    assert "Feedstraat 5" in letters(database)[-1].body


@only_sqlite
def test_a_known_dwelling_in_a_feed_is_not_tested_again(database: Database, server: FeedServer) -> None:
    server.pages["/aanbod"] = Page(csv_of("x9,alfa,proefstraat 1,3811ab,Amersfoort,Binnenstad,1200,3,,"))
    run(database, feeding(f"{server.root}/aanbod"), rows=[a_listing(1)], participants=[an_advertiser()])
    read(database)
    assert in_sample(database) == {"ams-1"}


# Over HTTPS.


@pytest.fixture
def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of this test is one of the system's own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority().file))


@only_sqlite
@pytest.mark.usefixtures("believed")
def test_a_feed_over_https_is_read(database: Database) -> None:
    with serving(authority().here.context()) as server:
        server.pages["/aanbod"] = Page(csv_of(a_line(1)))
        run(database, feeding(f"{server.root}/aanbod"))
        assert read(database)
    assert lasting(database) == []
    assert len(letters(database)) == 4


@only_sqlite
@pytest.mark.parametrize("wrong", ["unknown authority", "another host"])
def test_a_feed_with_a_wrong_certificate_is_named_and_not_read(
    database: Database, wrong: str, request: pytest.FixtureRequest
) -> None:
    if wrong == "another host":
        request.getfixturevalue("believed")
    certificate = authority().elsewhere if wrong == "another host" else authority().here
    with serving(certificate.context()) as server:
        server.pages["/aanbod"] = Page(csv_of(a_line(1)))
        run(database, feeding(f"{server.root}/aanbod"))
        assert read(database)
        assert server.asked == []
    (told,) = lasting(database)
    assert "feed-certificate: Het certificaat van deze server klopt niet" in told


# The tick.


@only_sqlite
def test_the_tick_reads_one_feed_and_asks_for_the_next_behind_what_waits(
    database: Database, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/aanbod"] = Page(csv_of(a_line(1)))
    run(database, feeding(f"{server.root}/aanbod"))
    monkeypatch.setattr(runtime, "_current", Runtime(SETTINGS, database, Clock(NOW, 0.0, 0.0)))
    again: list[dict[str, object]] = []
    monkeypatch.setattr(tasks.read_feeds, "apply_async", lambda **options: again.append(options))
    assert TICKS["read-feeds"][:2] == (tasks.read_feeds.name, "reports")
    for _ in range(2):
        tasks.read_feeds()
    assert len(letters(database)) == 4
    assert again == [{"queue": "reports", "expires": 10}]
