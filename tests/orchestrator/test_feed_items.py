"""What a feed offers, from its bytes: the same in every format, and nothing wrong without a name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from feed_makers import HEADING, a_feed, a_line, csv_of
from house_makers import refused
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.design import DeclaredFeed
from orchestrator.feed_items import Offer, Reading, read_items
from profiles.errors import BadInput

PUBLISHED = datetime(2026, 9, 7, 6, 30, tzinfo=UTC)
KEY = "alfa-5672002264d0d7dc"
"""Of item 77 of alfa, for ever: the draw of its pair follows from it."""

CSV = """\
nr;makelaar;adres;postcode;plaats;wijk;huur;kamers;sinds
77;alfa;Laan 1;3811ab;Amersfoort;Vathorst;1250;3;2026-09-07T08:30:00+02:00
"""
CSV_FEED = a_feed(
    fields={
        "listing": "NR", "advertiser": "makelaar", "street": "adres", "city": "plaats", "district": "wijk",
        "rent": "huur", "rooms": "kamers", "published": "sinds",
    },
)  # fmt: skip

JSON = {
    "aanbod": {
        "huur": [
            {
                "id": 77, "adres": {"straat": "Laan 1", "postcode": "3811 AB"}, "city": "Amersfoort",
                "district": "Vathorst", "rent": 1250.0, "rooms": "3", "reference": None,
                "sinds": "2026-09-07T06:30:00Z",
            }
        ]
    }
}  # fmt: skip
JSON_FEED = a_feed(
    format="json",
    advertiser="alfa",
    items="aanbod.huur",
    fields={"listing": "id", "street": "adres.straat", "postcode": "adres.postcode", "published": "sinds"},
)

RSS = """\
<?xml version="1.0" encoding="ISO-8859-1"?>
<rss version="2.0" xmlns:huur="https://huur.example/ns" xmlns:media="https://media.example/ns"><channel>
  <title>Aanbod</title>
  <item>
    <!-- van het kantoor -->
    <media:city>een foto</media:city>
    <guid isPermaLink="false">77</guid>
    <link>https://alfa.example/77</link>
    <pubDate>Mon, 07 Sep 2026 08:30:00 +0200</pubDate>
    <street>Laan
      1</street>
    <postcode>3811 AB</postcode><city>Amersfoort</city><huur:wijk>Vathorst</huur:wijk>
    <rent>1250</rent><rooms>3</rooms>
  </item>
</channel></rss>
"""
RSS_FEED = a_feed(format="rss", advertiser="alfa", fields={"district": "huur:wijk"})

ATOM = """\
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:h="https://huur.example/ns">
  <title>Aanbod</title>
  <entry>
    <id>77</id>
    <link rel="self" href="https://alfa.example/77.atom"/>
    <link href="https://alfa.example/77"/>
    <published>2026-09-07T08:30:00+02:00</published>
    <updated>2026-09-08T08:30:00+02:00</updated>
    <h:adres><h:straat>Laan 1</h:straat><h:postcode>3811 AB</h:postcode></h:adres>
    <h:city>Amersfoort</h:city><h:district>Vathorst</h:district><h:rent>1250</h:rent><h:rooms>3</h:rooms>
    <h:advertiser>alfa</h:advertiser>
  </entry>
</feed>
"""
ATOM_FEED = a_feed(format="rss", fields={"street": "adres.straat", "postcode": "adres.postcode"})


def read(raw: bytes | str, feed: DeclaredFeed | None = None) -> Reading:
    return read_items(raw.encode() if isinstance(raw, str) else raw, feed or a_feed(), {"alfa", "bravo"})


def offers(raw: bytes | str, feed: DeclaredFeed) -> tuple[Offer, ...]:
    reading = read(raw, feed)
    assert reading.problems == ()
    return reading.offers


@pytest.mark.parametrize(
    ("raw", "feed", "url"),
    [
        (CSV, CSV_FEED, ""),
        (json.dumps(JSON), JSON_FEED, ""),
        (RSS, RSS_FEED, "https://alfa.example/77"),
        (ATOM, ATOM_FEED, "https://alfa.example/77"),
    ],
    ids=["csv", "json", "rss", "atom"],
)
def test_every_format_gives_the_same_listing(raw: str, feed: DeclaredFeed, url: str) -> None:
    (offer,) = offers(raw, feed)
    listing = offer.listing
    assert (offer.id, offer.published, listing.advertiser) == ("77", PUBLISHED, "alfa")
    assert (listing.street, listing.postcode, listing.city) == ("Laan 1", "3811 AB", "Amersfoort")
    assert (listing.district, listing.rent, listing.rooms, listing.url) == ("Vathorst", 1250, 3, url)


def test_a_listing_has_the_same_key_in_every_format_and_another_with_another_advertiser() -> None:
    keys = {
        offers(raw, feed)[0].listing.listing
        for raw, feed in [(CSV, CSV_FEED), (json.dumps(JSON), JSON_FEED), (RSS, RSS_FEED), (ATOM, ATOM_FEED)]
    }
    assert keys == {KEY}
    other = read(CSV.replace(";alfa;", ";bravo;"), CSV_FEED).offers[0].listing.listing
    assert other not in keys


def test_a_web_address_may_be_what_a_feed_calls_its_items() -> None:
    (offer,) = offers(RSS.replace('<guid isPermaLink="false">77</guid>', ""), RSS_FEED)
    assert offer.id == "https://alfa.example/77"
    assert offer.listing.listing.startswith("alfa-")


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-09-07", datetime(2026, 9, 6, 22, 0, tzinfo=UTC)),
        ("2026-09-07T08:30", PUBLISHED),
        ("Mon, 07 Sep 2026 06:30:00 GMT", PUBLISHED),
        ("", None),
    ],
)
def test_a_moment_without_a_zone_is_dutch_and_none_is_none(told: str, moment: datetime | None) -> None:
    (offer,) = offers(CSV.replace("2026-09-07T08:30:00+02:00", told), CSV_FEED)
    assert offer.published == moment


def test_items_of_somebody_who_does_not_take_part_are_counted_and_not_looked_at() -> None:
    reading = read(csv_of(a_line(1), a_line(2, "Makelaardij Niemand B.V."), "3,niemand,,,,,,,,"))
    assert [offer.id for offer in reading.offers] == ["1"]
    assert (reading.strangers, reading.problems, reading.seen) == (2, (), 3)


def test_an_item_that_is_wrong_is_named_with_its_line_and_cell_and_the_others_count() -> None:
    wrong = a_line(2).replace("1100", "1.100")
    reading = read(csv_of(a_line(1), wrong, "3,alfa,te,kort", a_line(4)))
    assert [offer.id for offer in reading.offers] == ["1", "4"]
    assert sorted((problem.code, problem.line, problem.column) for problem in reading.problems) == [
        ("bad-number", 3, 7),
        ("ragged-row", 4, 5),
    ]
    assert all(problem.file == "http://127.0.0.1/aanbod" for problem in reading.problems)


@pytest.mark.parametrize(
    ("raw", "feed", "code"),
    [
        (json.dumps(JSON).replace("1250.0", "1250.5"), JSON_FEED, "bad-number"),
        (json.dumps(JSON).replace("1250.0", "true"), JSON_FEED, "bad-number"),
        (json.dumps(JSON).replace('"Laan 1"', '["Laan 1"]'), JSON_FEED, "missing-value"),
        (json.dumps(JSON).replace("Laan 1", "Laan \\u0000 \\ud800"), JSON_FEED, "control-character"),
        (json.dumps(JSON).replace("2026-09-07", "7 september"), JSON_FEED, "bad-date"),
        (json.dumps(JSON).replace("2026-09-07T06", "0001-01-01T00"), JSON_FEED, None),
        (json.dumps(JSON).replace('"id"', '"nummer"'), JSON_FEED, "missing-value"),
        ('{"aanbod": {"huur": ["geen advertentie"]}}', JSON_FEED, "missing-value"),
        (RSS.replace("<rent>1250</rent>", ""), RSS_FEED, "bad-number"),
        (RSS.replace("huur:wijk>", "media:wijk>"), RSS_FEED, "missing-value"),
    ],
)
def test_the_item_is_named_by_its_number_when_a_feed_has_no_lines(
    raw: str, feed: DeclaredFeed, code: str | None
) -> None:
    reading = read(raw, feed)
    assert [(problem.code, problem.line) for problem in reading.problems] == ([(code, 1)] if code else [])


@pytest.mark.parametrize("before", ["", " \n", "\ufeff", '<?xml version="1.0"?>\n', "<!-- a page -->"])
@pytest.mark.parametrize("form", ["csv", "json", "rss"])
def test_a_feed_that_turned_into_a_web_page_is_named(form: str, before: str) -> None:
    for page in ("<!DOCTYPE html><html><body>Onderhoud</body></html>", '<HTML lang="nl">'):
        with refused("feed-html"):
            read(before + page, a_feed(format=form))


def test_a_feed_may_quote_a_web_page() -> None:
    assert offers(RSS.replace("<title>Aanbod", "<title><![CDATA[<html>]]>"), RSS_FEED)


@pytest.mark.parametrize("form", ["csv", "json", "rss"])
@pytest.mark.parametrize("raw", [b"", b" \n\t"])
def test_a_feed_of_nothing_is_named(form: str, raw: bytes) -> None:
    with refused("feed-empty"):
        read(raw, a_feed(format=form))


@pytest.mark.parametrize(
    ("raw", "feed", "code"),
    [
        (HEADING, a_feed(), "empty-file"),
        (CSV.replace("huur;", "huren;"), CSV_FEED, "missing-column"),
        (CSV.replace("sinds", "toen"), CSV_FEED, "missing-column"),
        (CSV.replace("Laan 1", "Laan é").encode("cp1252"), CSV_FEED, "wrong-encoding"),
        ("[]", a_feed(format="json"), "feed-empty"),
        ("{}", a_feed(format="json"), "feed-without-list"),
        ("7", a_feed(format="json"), "feed-without-list"),
        ('{"aanbod": []}', JSON_FEED, "feed-without-list"),
        ("{aanbod", JSON_FEED, "feed-unreadable"),
        ("[" * 100_000, JSON_FEED, "feed-unreadable"),
        ("<rss><channel></channel></rss>", RSS_FEED, "feed-empty"),
        ("<rss><channel>", RSS_FEED, "feed-unreadable"),
        ("<huizen><item/></huizen>", RSS_FEED, "feed-unreadable"),
    ],
)
def test_a_feed_that_is_not_what_was_declared_is_named(raw: str | bytes, feed: DeclaredFeed, code: str) -> None:
    with refused(code):
        read(raw, feed)


def test_what_an_xml_feed_declares_is_neither_fetched_nor_expanded(tmp_path: Any) -> None:
    secret = tmp_path / "geheim"
    secret.write_text("geheim")
    declared = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "yy"><!ENTITY z "&y;&y;">]>'
    raw = RSS.replace("<rss", f"{declared}<rss").replace("<rooms>3", "<rooms>&x;&z;")
    (problem,) = read(raw, RSS_FEED).problems
    assert (problem.code, problem.found) == ("bad-number", "&x;&z;")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([(CSV, CSV_FEED), (json.dumps(JSON), JSON_FEED), (RSS, RSS_FEED), (ATOM, ATOM_FEED)]),
    st.integers(0, 900),
    st.integers(0, 40),
    st.text(max_size=8) | st.binary(max_size=8),
)
def test_whatever_comes_gives_offers_or_named_problems(
    sound: tuple[str, DeclaredFeed], cut: int, length: int, put: str | bytes
) -> None:
    text, feed = sound
    raw = text.encode()
    bits = put.encode("utf-8", "surrogatepass") if isinstance(put, str) else put
    reading, problems = Reading((), 0, ()), ()
    try:
        reading = read(raw[:cut] + bits + raw[cut + length :], feed)
    except BadInput as error:
        problems = error.problems
    assert all(problem.message and problem.remedy for problem in problems)
    assert all(problem.line and problem.message for problem in reading.problems)
    assert all("\0" not in offer.id and offer.id.encode() for offer in reading.offers)


@pytest.mark.parametrize(
    ("word", "told"), [("ja", True), ("nee", False), (True, True), (False, False), ("", None), (None, None)]
)
def test_a_feed_may_tell_whether_a_wheelchair_can_come_in(word: object, told: bool | None) -> None:
    item = {"listing": "1", "street": "Laan 1", "postcode": "3811 AB", "city": "Stad", "district": "Wijk", "rent": 900,
            "rooms": 3, "rolstoel": word}  # fmt: skip
    feed = a_feed(format="json", advertiser="alfa", fields={"accessible": "rolstoel"})
    (offer,) = read_items(json.dumps([item]).encode(), feed, ["alfa"]).offers
    assert offer.listing.accessible is told
