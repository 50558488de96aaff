"""Every parser that meets bytes of outsiders, behind one door each: bytes in, nothing or a named error out.

A harness takes the bytes the same way as the program does, and returns. `BadInput` and `Refused` are answers; any
other exception is a fault of ours, and so is a second of computing over an input of at most `LARGEST` bytes.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from fuzz_seeds import BODY, KEY, NOON, TOKENS, corpus, good_release, participants

from orchestrator.design import DeclaredFeed
from orchestrator.design import form as design_form
from orchestrator.design.reading import examine, file_of
from orchestrator.design.yaml_text import rewritten
from orchestrator.feed_items import read_items
from orchestrator.forms_file import with_forms
from orchestrator.intake import parse_listings, parse_participants
from orchestrator.perceptions import read_avoided, read_perceptions
from orchestrator.text_file import decode_utf8
from portal.web.forms import Carried
from profiles.catalogue import load as load_catalogue
from results import outcomes
from results.bundle import verify, zipped
from results.bundle.archive import CHECKSUMS, checksums
from results.counts_file import read_counts
from results.releases import release_file
from results.seal import read_proof
from results.toolkit.office import read_office
from workers.channels.form_page import read_page
from workers.inbox import webhook
from workers.inbox.attachments import without_contents
from workers.inbox.parse import MailKind, content_key, delivered_to, parse
from workers.inbox.quotes import cut_quotes
from workers.inbox.staff import mask_staff
from workers.inbox.webhook import Event

Harness = Callable[[bytes], None]
ADVERTISERS = ("alfa", "beta")


@cache
def _folder() -> Path:
    """A folder of this process, for what is read from a file; in memory where the machine has that."""
    memory = Path("/dev/shm")  # noqa: S108 - only the name of a place
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))


def _file(raw: bytes, name: str) -> Path:
    path = _folder() / name
    path.write_bytes(raw)
    return path


def mail(raw: bytes) -> None:
    """Parse, know again, cut the quotes, mask the staff, label; a bounce and an automatic answer go this way too."""
    read = parse(raw)
    content_key(raw)
    delivered_to(raw)
    without_contents(raw)
    own = mask_staff(cut_quotes(read.text, BODY), read.sender_name)
    if read.kind is not MailKind.NOTICE:
        outcomes.propose(own, read.subject, read.kind.value)
    outcomes.mask_cues(own, ["Sanne de Groot"], ["s.degroot@woonpost.example"])
    own.encode()


def quotes(raw: bytes) -> None:
    """The text of a mail alone, so that most changes reach what is behind the parser."""
    text = raw.decode("utf-8", "replace").replace("\0", "")
    own = mask_staff(cut_quotes(text, BODY), "Anna de Boer")
    outcomes.propose(own)
    outcomes.leaks(outcomes.mask_cues(own, ["Mo El Amrani"], ["m@woonpost.example"]), ["Mo El Amrani"], [])


def participant_list(raw: bytes) -> None:
    parse_participants(decode_utf8(raw, "participants.csv", "wrong-encoding", "UTF-8"), "participants.csv")


def listing_list(raw: bytes) -> None:
    text = decode_utf8(raw, "listings.csv", "wrong-encoding", "UTF-8")
    parse_listings(text, "listings.csv", participants())


def counts(raw: bytes) -> None:
    read_counts(_file(raw, "counts.csv"))


def perceptions(raw: bytes) -> None:
    read_perceptions(_file(raw, "perceptions.csv"), load_catalogue())


def avoided(raw: bytes) -> None:
    read_avoided(_file(raw, "avoid.csv"), load_catalogue())


def design(raw: bytes) -> None:
    """As the setup reads it: the problems, the fields of the form, and the file written anew."""
    text = decode_utf8(raw, "round.yaml", "encoding", "UTF-8")
    file = file_of(text, "round.yaml")
    examine(file, load_catalogue().sets)
    for field in design_form.fields(design_form.repeats_in(file.data)):
        design_form.shown(field, file.data)
    rewritten(text, file.data)


def form_descriptions(raw: bytes) -> None:
    with_forms(participants(), _file(raw, "forms.yaml"))


def office(raw: bytes) -> None:
    read_office(_file(raw, "office.yaml"))


def feed_csv(raw: bytes) -> None:
    _feed(raw, {"format": "csv"})


def feed_json(raw: bytes) -> None:
    deep = {"items": "data.homes", "fields": {"street": "where.street"}} if raw.lstrip()[:1] == b"{" else {}
    _feed(raw, {"format": "json", **deep})


def feed_xml(raw: bytes) -> None:
    _feed(raw, {"format": "rss", "advertiser": "alfa", "fields": {"street": "home.street", "rent": "h:rent"}})


def _feed(raw: bytes, told: dict[str, Any]) -> None:
    read_items(raw, _declared(json.dumps(told)), ADVERTISERS)


@cache
def _declared(told: str) -> DeclaredFeed:
    return DeclaredFeed.model_validate({"url": "http://127.0.0.1/aanbod", **json.loads(told)})


_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,100}")


def signed_mail(raw: bytes) -> None:
    """Three lines of headers and a body: as the API takes them, with a good signature too, so that all is reached."""
    number, moment, signatures, body = (*raw.split(b"\n", 3), b"", b"", b"")[:4]
    name, when = number.decode("latin-1"), moment.decode("latin-1")
    if not _NUMBER.fullmatch(name) or not (when.isascii() and when.isdigit() and int(when[:13]) < 253_402_300_799):
        return
    event = Event(name, int(when[:12]), signatures.decode("latin-1"), body)
    content_key(body)
    delivered_to(body)
    webhook.check(KEY, event, NOON)


def bundle(raw: bytes) -> None:
    """A ZIP as it came; and a file of a bundle that was changed by somebody who signs it again."""
    verify(_file(raw, "bundle.zip"))


def bundle_part(raw: bytes) -> None:
    """The first byte says which file of a good bundle the others replace; its checksums are right."""
    contents = dict(good_bundle())
    names = [name for name in sorted(contents) if name != CHECKSUMS and name.endswith((".json", ".csv"))]
    name = names[raw[0] % len(names)] if raw else names[0]
    contents[name] = raw[1:]
    if name == "protocol.json":
        contents["results.json"] = _with_digest(contents["results.json"], raw[1:])
    contents[CHECKSUMS] = checksums({name: each for name, each in contents.items() if name != CHECKSUMS})
    verify(_file(zipped(contents), "bundle.zip"))


def _with_digest(results: bytes, protocol: bytes) -> bytes:
    return json.dumps(json.loads(results) | {"design_digest": hashlib.sha256(protocol).hexdigest()}).encode()


@cache
def good_bundle() -> Mapping[str, bytes]:
    with ZipFile(_file(corpus()["bundle"][0], "good.zip")) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith((".sav", ".dta"))}


def release_part(raw: bytes) -> None:
    """The first byte says which file of a good release the others replace."""
    contents = dict(good_release())
    names = sorted(contents)
    contents[names[raw[0] % len(names)] if raw else names[0]] = raw[1:]
    release_file.read(contents, "vrijgave.zip")


def proof(raw: bytes) -> None:
    read_proof(raw.decode("utf-8", "replace"), "zegel.json")


def web_form(raw: bytes) -> None:
    """The page of a participant's form, whatever it answers with."""
    page = read_page(raw.decode("utf-8", "replace"))
    page.form_with(["email", "naam"])


def carried_form(raw: bytes) -> None:
    """The form that comes back after signing in again."""
    Carried.read(raw.decode("utf-8", "replace"))


@dataclass(frozen=True)
class Parser:
    """A harness, what it starts from, and how large a part of a long run is for it (the slow ones get less)."""

    run: Harness
    sown: Callable[[], Sequence[bytes]]
    tokens: Sequence[bytes]
    share: int

    @property
    def seeds(self) -> Sequence[bytes]:
        return self.sown()


def _parser(run: Harness, kind: str, share: int) -> Parser:
    return Parser(run, lambda: corpus()[kind], TOKENS.get(kind, ()), share)


PARSERS: Mapping[str, Parser] = {
    "mail": _parser(mail, "mail", 12),
    "mail text": _parser(quotes, "text", 3),
    "web form": _parser(web_form, "html", 8),
    "webhook": _parser(signed_mail, "webhook", 16),
    "participants.csv": _parser(participant_list, "participants", 9),
    "listings.csv": _parser(listing_list, "listings", 9),
    "counts.csv": _parser(counts, "counts", 6),
    "perceptions.csv": _parser(perceptions, "perceptions", 3),
    "avoid.csv": _parser(avoided, "avoid", 3),
    "feed, CSV": _parser(feed_csv, "feed csv", 5),
    "feed, JSON": _parser(feed_json, "feed json", 7),
    "feed, RSS and Atom": _parser(feed_xml, "feed xml", 7),
    "carried form": _parser(carried_form, "carried", 3),
    "bundle": _parser(bundle, "bundle", 2),
    "release file": _parser(release_part, "release part", 2),
    "proof of a seal": _parser(proof, "proof", 2),
    "bundle, signed again": _parser(bundle_part, "bundle part", 1),
    "round.yaml": _parser(design, "design", 1),
    "forms.yaml": _parser(form_descriptions, "forms", 1),
    "office.yaml": _parser(office, "office", 1),
}
