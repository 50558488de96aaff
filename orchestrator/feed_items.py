"""A listing feed, from its bytes to listings: CSV, JSON, RSS or Atom.

What is wrong with the whole is a fault of the feed; what is wrong with one item costs that item, and the others count.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from orchestrator.design import DeclaredFeed, FeedFormat
from orchestrator.design.calendar import AMSTERDAM
from orchestrator.intake import LISTING_COLUMNS, OPTIONAL_COLUMN, ListingRow, listing_of
from orchestrator.sheet import Row, Sheet, parse_sheet
from orchestrator.text_file import decode_utf8, shorten
from profiles.errors import BadInput, Problem

COLUMNS = (*LISTING_COLUMNS, "published", OPTIONAL_COLUMN)
MAY_LACK = ("reference", "url", "published", OPTIONAL_COLUMN)
"""A feed need not have these; a listing without moment of publication is as old as our knowledge of it."""

USUAL = {"listing": ("guid", "id", "link"), "url": ("link",), "published": ("pubDate", "published", "date")}
"""What RSS and Atom call these, unless the design says otherwise."""

_ASK = "Vraag de aanbieder van de feed wat er is veranderd."
_KIND = re.compile(rb"<(!doctype\s+html|html|rss|feed|rdf)\b", re.IGNORECASE)
_NO_LETTER = re.compile("[\0\ud800-\udfff]")
_BEGINNING = 2048


@dataclass(frozen=True)
class Offer:
    """One advertised dwelling; ``id`` is what the feed calls it, ``published`` is in UTC, or None when nobody tells."""

    id: str
    listing: ListingRow
    published: datetime | None


@dataclass(frozen=True)
class Reading:
    """What a feed offers; of an advertiser that does not take part nothing is kept but the number of its items."""

    offers: tuple[Offer, ...]
    strangers: int
    problems: tuple[Problem, ...]
    """The first thing that is wrong with each item that cannot be used."""

    @property
    def seen(self) -> int:
        return len(self.offers) + self.strangers + len(self.problems)


def read_items(raw: bytes, feed: DeclaredFeed, advertisers: Collection[str]) -> Reading:
    """Read what these advertisers offer; BadInput when the bytes are not what the design declares, or hold nothing."""
    if not raw.strip():
        raise _fault(feed, "feed-empty", "Deze feed is leeg.")
    if _is_html(raw[:_BEGINNING]):
        raise _fault(feed, "feed-html", "Hier staat een webpagina in plaats van de feed.")
    sheet = _READERS[feed.format](raw, feed)
    if not sheet.rows and not sheet.problems:
        raise _fault(feed, "feed-empty", "In deze feed staat geen enkele advertentie.")
    return _reading(sheet, list(advertisers))


def _is_html(beginning: bytes) -> bool:
    # The first that names a kind decides: a feed may well quote a web page further on.
    kind = _KIND.search(beginning)
    return kind is not None and b"html" in kind[1].lower() and beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _reading(sheet: Sheet, advertisers: list[str]) -> Reading:
    offers: list[Offer] = []
    problems = list(sheet.problems)
    strangers = 0
    for row in sheet.rows:
        if row["advertiser"] and row["advertiser"] not in advertisers:
            strangers += 1
            continue
        try:
            offers.append(_offer(row, advertisers))
        except BadInput as error:
            problems.append(error.problems[0])
    return Reading(tuple(offers), strangers, tuple(problems))


def _offer(row: Row, advertisers: list[str]) -> Offer:
    cells = {**row.cells, "listing": _key(row["advertiser"], row["listing"])}
    listing = listing_of(Row(row.file, row.line, cells, row.columns), advertisers)
    return Offer(row["listing"], listing, _moment(row))


def _key(advertiser: str, given: str) -> str:
    """A key of our own: what a feed calls its items may be a web address, and another advertiser may use it too."""
    digest = hashlib.sha256(f"{advertiser}\x1f{given}".encode()).hexdigest()
    return f"{advertiser[:60] or 'feed'}-{digest[:16]}" if given else ""


def _moment(row: Row) -> datetime | None:
    given = row["published"]
    if not given:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(given)
            return (moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    remedy = "Schrijf de dag als 2026-09-07 of 2026-09-07T08:30:00+02:00, of zoals in een e-mail."
    raise BadInput(row.problem("published", "bad-date", "published: Dit is geen datum.", given, remedy))


def _fault(
    feed: DeclaredFeed, code: str, message: str, *, found: str = "", remedy: str = _ASK, line: int | None = None
) -> BadInput:
    return BadInput(Problem(code, message, feed.url, line, found=shorten(found) or None, remedy=remedy))


# The formats: each gives rows by our own column names.


def _csv(raw: bytes, feed: DeclaredFeed) -> Sheet:
    text = decode_utf8(raw, feed.url, "wrong-encoding", "Vraag de aanbieder van de feed om UTF-8.")
    theirs = {column: names[0].casefold() for column, names in _names(feed).items()}
    needed = [theirs[column] for column in theirs if column not in MAY_LACK or _told(feed, column)]
    sheet = parse_sheet(text, feed.url, needed)
    sheet.rows = [
        _row(feed, row.line, {ours: row.cells.get(name, "") for ours, name in theirs.items()}, _places(row, theirs))
        for row in sheet.rows
    ]
    return sheet


def _places(row: Row, theirs: Mapping[str, str]) -> dict[str, int]:
    return {ours: row.columns[name] for ours, name in theirs.items() if name in row.columns}


def _json(raw: bytes, feed: DeclaredFeed) -> Sheet:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise _fault(feed, "feed-unreadable", "Dit is geen JSON.", found=str(error), line=line) from error
    items = _at(data, feed.items) if feed.items else data
    if not isinstance(items, list):
        found = ", ".join(data) if isinstance(data, dict) else type(data).__name__
        message = f"{feed.items or 'items'}: Hier staat geen lijst met advertenties."
        remedy = "Schrijf bij items waar de lijst staat."
        raise _fault(feed, "feed-without-list", message, found=_clean(found), remedy=remedy)
    return _items(feed, items, lambda item, path: _text(_at(item, path)))


def _at(data: Any, path: str) -> Any:
    for step in path.split("."):
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _text(value: Any) -> str:
    """A value of JSON as a cell; a group or a list is none."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _clean(str(value)).strip()


def _clean(text: str) -> str:
    """JSON can name letters that no database takes: half a surrogate pair, and zero. They become one nobody can see."""
    return _NO_LETTER.sub("\x1a", text)


def _xml(raw: bytes, feed: DeclaredFeed) -> Sheet:
    # Nothing is fetched and nothing expanded, whatever the document declares.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_pis=True)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise _fault(feed, "feed-unreadable", "Dit is geen XML.", found=str(error.msg), line=error.lineno) from error
    kind = etree.QName(root).localname
    if kind not in ("rss", "RDF", "feed"):
        raise _fault(feed, "feed-unreadable", "Dit is geen RSS en geen Atom.", found=f"<{kind}>")
    items = [item for path in ("{*}channel/{*}item", "{*}item", "{*}entry") for item in root.findall(path)]
    return _items(feed, items, _content)


def _content(item: Any, path: str) -> str:
    """The text of the element at this path, or the address it links to; line breaks are the writer's lay-out."""
    for step in path.split("."):
        item = next(_children(item, step), None)
        if item is None:
            return ""
    return " ".join("".join(item.itertext()).split()) or str(item.get("href", ""))


def _children(element: Any, name: str) -> Iterator[Any]:
    """The elements of this name: of the prefix that is given, else those of the feed's own kind first."""
    prefix, _, local = name.rpartition(":")
    found = [child for child in element.iterchildren(tag=etree.Element) if etree.QName(child).localname == local]
    found = [child for child in found if child.get("rel", "alternate") == "alternate"]
    if prefix:
        return (child for child in found if child.prefix == prefix)
    own = etree.QName(element).namespace
    return iter(sorted(found, key=lambda child: etree.QName(child).namespace != own))


def _items(feed: DeclaredFeed, items: Iterable[Any], value: Callable[[Any, str], str]) -> Sheet:
    """Rows of items that have no heading: a row's line is the number of its item, and it has no numbered columns."""
    sheet, names = Sheet(), _names(feed)
    for number, item in enumerate(items, start=1):
        cells = {ours: next(filter(None, (value(item, name) for name in theirs)), "") for ours, theirs in names.items()}
        sheet.rows.append(_row(feed, number, cells, {}))
    return sheet


def _names(feed: DeclaredFeed) -> dict[str, tuple[str, ...]]:
    """What each of our columns may be called in this feed."""
    usual = USUAL if feed.format is FeedFormat.RSS else {}
    wanted = [column for column in COLUMNS if column != "advertiser" or not feed.advertiser]
    return {column: (told,) if (told := _told(feed, column)) else usual.get(column, (column,)) for column in wanted}


def _told(feed: DeclaredFeed, column: str) -> str:
    """What the design says that this column is called; empty when it does not say."""
    return str(getattr(feed.fields, column))


def _row(feed: DeclaredFeed, line: int, cells: Mapping[str, str], columns: Mapping[str, int]) -> Row:
    given = {"advertiser": feed.advertiser} if feed.advertiser else {}
    return Row(feed.url, line, {**cells, **given}, columns)


_READERS: Mapping[FeedFormat, Callable[[bytes, DeclaredFeed], Sheet]] = {
    FeedFormat.CSV: _csv,
    FeedFormat.JSON: _json,
    FeedFormat.RSS: _xml,
}
