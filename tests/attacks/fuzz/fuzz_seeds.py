"""What fuzzing begins with: a few well made inputs of each kind, and the words that mean something in them."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path += [str(TESTS / room) for room in ("orchestrator", "workers", "results")]

from feed_makers import HEADING  # noqa: E402
from house_makers import an_advertiser  # noqa: E402
from report_makers import full_round  # noqa: E402
from test_bundle import files_of, signed  # noqa: E402
from test_inbox_parse import SAMPLES, bounce, mail, multipart  # noqa: E402
from test_inbox_parse import TOKENS as MAIL_TOKENS  # noqa: E402

from orchestrator.intake import Channel, Participant  # noqa: E402
from orchestrator.perceptions import perceptions_csv  # noqa: E402
from profiles import catalogue  # noqa: E402
from results import seal  # noqa: E402
from results.bundle import zipped  # noqa: E402
from results.releases import release_file  # noqa: E402
from workers.inbox import webhook  # noqa: E402

EXAMPLE = TESTS.parent / "examples" / "amersfoort-2026"
BODY = "Geachte heer/mevrouw,\n\nIs de woning aan de Langestraat 12 nog vrij?\n\nMet vriendelijke groet,\nSanne"


NOON = datetime(2026, 9, 7, 10, tzinfo=UTC)
KEY = b"sleutel van de mailprovider"


def _signed(raw: bytes) -> bytes:
    """A number, a moment, a signature and a mail, each on a line of its own, as the harness takes them apart."""
    event = webhook.Event("msg_1", int(NOON.timestamp()), "", raw)
    return f"{event.number}\n{event.moment}\nv1,AAAA {webhook.signed(KEY, event)}\n".encode() + raw


@cache
def participants() -> tuple[Participant, ...]:
    form = "http://127.0.0.1:8480/contact/fantasia-woonbemiddeling"
    web = {"channel": Channel.WEBFORM, "form_url": form}
    return an_advertiser("alfa"), an_advertiser("beta"), an_advertiser("fantasia-woonbemiddeling", **web)


def _lines(name: str, number: int) -> bytes:
    return b"".join((EXAMPLE / name).read_bytes().splitlines(keepends=True)[:number])


_TEXTS = (
    "U bent welkom voor een bezichtiging op donderdag om 15.00 uur.\n\nMet vriendelijke groet,\nAnna de Boer\nEemWonen",
    f"Helaas, al verhuurd.\n\nOp ma 7 sep 2026 om 12:00 schreef Sanne <s@woonpost.example>:\n> {BODY}",
    "Dag,\n\n-----Oorspronkelijk bericht-----\nVan: Sanne\nVerzonden: maandag\nAan: ons\nOnderwerp: woning\n\nTekst",
    "Stuur uw loonstroken.\n\nFrom: x\nSent: y\nTo: z\nSubject: w\n\nmijn collega Jan Jansen belt u op 06-12345678",
    "Bent u een test? Wij werken niet met uitkeringen. Mijn naam is P. van den Berg-Ait Saïd.",
)
_RSS = b"""<?xml version="1.0"?><rss version="2.0" xmlns:h="urn:h"><channel><item><guid>1</guid><home><street>
Feedstraat 1</street></home><postcode>3812 AB</postcode><city>Amersfoort</city><district>Soest</district><h:rent>1100
</h:rent><rooms>2</rooms><link>https://a.example/1</link><pubDate>Mon, 07 Sep 2026 12:00:00 +0200</pubDate></item>
</channel></rss>"""
_ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:h="urn:h"><entry><id>1</id>
<link rel="alternate" href="https://a.example"/><home><street>Feedstraat 1</street></home>
<published>2026-09-07T08:30:00+02:00</published></entry></feed>"""
_HOME = {
    "listing": "1", "advertiser": "alfa", "street": "Feedstraat 1", "where": {"street": "Feedstraat 1"}, "rent": 1100.0,
    "postcode": "3812AB", "city": "Amersfoort", "district": "Soest", "rooms": 2, "published": "2026-09-07T08:30:00Z",
}  # fmt: skip
_OFFICE = b"""name: Deuren
municipality: Amersfoort
date: 2026-09-01
order: lot
invited: 5
criteria: [income, household]
answer_days: 7
procedure_url: https://deuren.example/werkwijze
"""
_FORM = b'<form><input name="naam" required><input type=hidden name=csrf><textarea name=bericht></textarea></form>'


def _yaml_parts(text: str) -> list[bytes]:
    """The whole file, and each of its groups alone: those are read ten times as fast."""
    groups: list[str] = []
    for line in text.splitlines(keepends=True):
        if line[:1].isalpha() or not groups:
            groups.append("")
        groups[-1] += line
    return [text.encode(), *(group.encode() for group in groups if len(group) > 20)]


@cache
def _bundle() -> dict[str, bytes]:
    return files_of(full_round())


def _parts() -> list[bytes]:
    names = [name for name in sorted(_bundle()) if name != "checksums.sha256" and name.endswith((".json", ".csv"))]
    return [bytes([place]) + _bundle()[name][:20_000] for place, name in enumerate(names)]


def _small_bundle() -> bytes:
    return zipped(signed({name: each for name, each in _bundle().items() if not name.endswith((".sav", ".dta"))}))


@cache
def good_release() -> dict[str, bytes]:
    """A release of one office, and of a research file of one file."""
    salts = iter(f"{number:064x}" for number in range(1000))
    research = {"a.csv": b"x"}
    opened = seal.opening(seal.file_sums(research), {"alfa": "{}"}, lambda: next(salts))
    manifest = seal.manifest("proef-2026", 1, seal.digest("{}"), opened, {"a": "1"})
    return dict(release_file.contents(release_file.ReleaseFile(manifest, "{}", opened, research)))


def _release_parts() -> list[bytes]:
    return [bytes([place]) + each for place, (_, each) in enumerate(sorted(good_release().items()))]


def _proof() -> bytes:
    part = seal.Part("00" * 32, seal.file_sums({"a.csv": b"x"}))
    opened = seal.Opening(part, {}, ())
    return seal.Proof(seal.manifest("proef-2026", 1, "0", opened, {}), part).text().encode()


def _perceptions() -> bytes:
    blank = perceptions_csv((name, None) for name in catalogue.load().names[:6]).splitlines()
    told = [line.replace(",,,,,", f",2025,{100 + place},0.9,3.2,2.1,") for place, line in enumerate(blank)]
    return "\n".join(told).encode()


@cache
def corpus() -> Mapping[str, Sequence[bytes]]:
    """What each begins with, made when it is first asked for: a bundle takes seconds."""
    return {
        "mail": (
            *SAMPLES,
            bounce("delayed"),
            mail("Ik ben er niet.", Auto_Submitted="auto-replied", Subject="Automatisch antwoord: afwezig"),
            *(mail(text, In_Reply_To="<r.7f3a@woonpost.example>") for text in _TEXTS),
            multipart("related", "Content-Type: text/html\n\n<style>p{}</style><p>Dag", "Content-Type: image/png\n\nx"),
            multipart("mixed", "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR",
                "Content-Type: a/b\n\n"),
        ),
        "text": tuple(text.encode() for text in _TEXTS),
        "html": (_FORM, b"<p>Bedankt<script>x</script> &amp; &#119;",
            b"<!DOCTYPE html><select name=a><option value=1></select>"),
        "webhook": (_signed(SAMPLES[0]), _signed(bounce("failed")), b"msg-2.a\n1788775201\nv1a,x\n" + SAMPLES[0]),
        "participants": (_lines("participants.csv", 5), _lines("participants.csv", 2).replace(b",", b";")),
        "listings": (
            _lines("listings.csv", 4),
            (HEADING + ',accessible\n1,alfa,"Feedstraat ""1""",3812 AB,Amersfoort,Soest,1100,2,F-1,https://a.example,ja\n').encode(),
        ),
        "counts": (b"c11,c10,c01,c00,name\n10,5,2,8,een\n",
            b"pair;arm;positive;advertiser\n1;control;1;a\n1;treatment;0;a\n2;control;ja;a\n2;treatment;nee;b\n"),
        "perceptions": (_perceptions(),),
        "avoid": (b"first,last,reason\nMohamed,El Amrani,wethouder\nSanne,de Groot,bekend\n",),
        "feed csv": (
            (HEADING + ",published\n1,alfa,Feedstraat 1,3812 AB,Amersfoort,Soest,1100,2,F-1,,2026-09-07\n").encode(),
        ),
        "feed json": (json.dumps({"data": {"homes": [_HOME, _HOME]}}).encode(), json.dumps([_HOME]).encode()),
        "feed xml": (_RSS, _ATOM),
        "carried": (json.dumps({"to": "/mensen", "fields": [["name", "Bert"], ["roles", "coder"]]}).encode(),),
        "bundle": (_small_bundle(),),
        "bundle part": tuple(_parts()),
        "release part": tuple(_release_parts()),
        "proof": (_proof(),),
        "design": tuple(_yaml_parts((EXAMPLE / "round.yaml").read_text(encoding="utf-8"))),
        "forms": tuple(_yaml_parts((EXAMPLE / "forms.yaml").read_text(encoding="utf-8"))),
        "office": (_OFFICE,),
    }  # fmt: skip


_YAML: Sequence[bytes] = (b"&a ", b"*a", b"!!python/object ", b"!!int ", b"<<: ", b"{", b"}", b"[", b"]", b"- ",
    b"? ", b"|", b"---\n", b"%YAML 1.1\n", b"2026-02-30", b".inf", b"~", b"0x1F", b"'", b"{" * 50, b"[" * 50,
    b"true", b"1_000", b"  ", b"# ")  # fmt: skip
_CSV: Sequence[bytes] = (b'""', b'"\n', b",,,", b";;", b"2026-02-30", b"2026-10-12..2026-10-16", b"webform",
    b"9999-12-31", b"0001-01-01", b"ja", b"alfa", b"\xc2\xb2", b"\xd9\xa3")  # fmt: skip
_XML: Sequence[bytes] = (b"<![CDATA[", b"]]>", b"&amp;", b"&#0;", b"&lol;", b"<!DOCTYPE r [<!ENTITY a 'a'>]>",
    b"<item>", b"</item>", b"<?pi?>", b"<!--", b"<guid>", b"xmlns:h='x'", b"<entry>")  # fmt: skip
_JSON: Sequence[bytes] = (b"{", b"}", b"[", b"]", b"null", b"true", b"\\ud800", b"1e999", b"NaN", b"Infinity",
    b"[" * 500, b'"rent":', b'{"a":' * 200)  # fmt: skip

TOKENS: Mapping[str, Sequence[bytes]] = {
    "mail": (*MAIL_TOKENS, b"Content-Type: multipart/mixed; boundary=", b"message/rfc822", b"=?utf-8?b?",
        b"From: ", b"To: <@", b"Date: ", b"(((", b"charset=utf-7", b"base64", b"<blockquote>",
        b"Auto-Submitted: auto-replied\r\n"),
    "text": (b"> ", b"-- \n", b"Van: ", b"Op 1 sep schreef ", b"Met vriendelijke groet,\n", b"From: ", b"06-",
        b"mijn collega ", b"@woonpost.example", b"\xc2\xa0", b"Amrani"),
    "html": (b"<form", b"<input name=", b"<![", b"<!", b"&#", b"</", b"<script>", b"<textarea name='a'>"),
    "webhook": (*MAIL_TOKENS, b"v1,", b"\n", b"="),
    "participants": _CSV, "listings": _CSV, "counts": (*_CSV, b"control", b"treatment", b"c11", b"pair"),
    "perceptions": _CSV, "avoid": _CSV, "feed csv": _CSV, "feed json": _JSON, "feed xml": _XML,
    "carried": (*_JSON, b'"to":', b'"fields":', b"//"),
    "bundle": (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"../", b"\xff\xff\xff\xff",
        b"checksums.sha256"),
    "release part": (*_JSON, b"reports", b"padding", b"research"), "proof": (*_JSON, b"manifest", b"content", b"salt"),
    "bundle part": (*_JSON, *_CSV, b"control", b"design_digest", b"level"),
    "design": _YAML, "forms": _YAML, "office": _YAML,
}  # fmt: skip
