"""A server of listing feeds on loopback, feeds as a design declares them, and what they bring to a round."""

import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from design_makers import a_design
from house_makers import MINUTE, ROUND, a_listing
from sqlalchemy import select

from orchestrator import channel_faults
from orchestrator.db import Database
from orchestrator.design import DeclaredFeed, Design
from orchestrator.feed_items import Offer, Reading
from orchestrator.models import Feed, Listing, Pair, Round
from orchestrator.rounds import growing
from orchestrator.rounds.growing import Asked
from profiles.errors import Problem

URL = "https://alfa.example/aanbod.csv"
MONDAY = datetime(2026, 9, 7, 10, 0, tzinfo=UTC)
HEADING = "listing,advertiser,street,postcode,city,district,rent,rooms,reference,url"


def a_feed(url: str = "http://127.0.0.1/aanbod", **told: Any) -> DeclaredFeed:
    return DeclaredFeed.model_validate({"url": url, "format": "csv", **told})


def a_line(number: int = 1, advertiser: str = "alfa") -> str:
    """A line of CSV under `HEADING`."""
    return f"{number},{advertiser},Feedstraat {number},3812 AB,Amersfoort,Soesterkwartier,1100,2,F-{number},"


def csv_of(*lines: str) -> bytes:
    return "\n".join([HEADING, *lines, ""]).encode()


def feeding(*urls: str, schedule: dict[str, Any] | None = None, **sample: Any) -> Design:
    """A round of five weeks with feeds, wide caps and short gaps."""
    feeds = [a_feed(url).model_dump(mode="json") for url in urls or (URL,)]
    wide = {"per_advertiser_week": 100, "cooldown_hours": 0, "gap_hours": {"min": 1, "max": 4}}
    caps = {"pairs": 500, "per_advertiser": 500}
    return a_design(schedule={**wide, **(schedule or {})}, sample={**caps, "feeds": feeds, **sample})


def in_sample(database: Database, name: str = ROUND) -> set[str]:
    """The keys of the listings that a round has a pair on."""
    with database.reading() as session:
        rows = select(Listing.key).join(Pair, Pair.listing_id == Listing.id).join(Round)
        return set(session.scalars(rows.where(Round.name == name)))


def lasting(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(fault.message for fault in channel_faults.lasting(session))


def offer(number: int, advertiser: str = "alfa", published: datetime | None = None, **changes: Any) -> Offer:
    told = {"listing": f"{advertiser}-f{number}", "street": f"Feedstraat {number}{advertiser}", "reference": ""}
    return Offer(f"f{number}", a_listing(number, advertiser, **{**told, **changes}), published)


def reading(*offers: Offer, problems: Sequence[Problem] = ()) -> Reading:
    return Reading(offers, 0, tuple(problems))


def feed_of(database: Database, name: str = ROUND) -> int:
    """The first feed of a round, whose row is made when it is not there yet."""
    with database.writing() as session:
        round_ = session.scalars(select(Round).where(Round.name == name)).one()
        row = session.scalars(select(Feed).where(Feed.round_id == round_.id)).first()
        row = row or Feed(round_id=round_.id, url=URL)
        session.add(row)
        session.flush()
        return row.id


def grow(database: Database, *offers: Offer, now: datetime = MONDAY, name: str = ROUND) -> int:
    feed_id = feed_of(database, name)
    with database.writing() as session:
        return growing.grow(session, feed_id, reading(*offers), '"een"', None, now)


def ask(database: Database, now: datetime = MONDAY) -> Asked | None:
    with database.writing() as session:
        return growing.next_feed(session, now, 15 * MINUTE)


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
    """Answers from ``pages`` by path, 304 when nothing changed since, and keeps path and headers of every request."""

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
                server.asked.append({**self.headers, "answered": str(status), "path": self.path})
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
