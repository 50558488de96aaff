"""Reading what comes in: from raw mail to who asks, about which dwelling."""

import binascii
import email
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape

from market.hearing import looks_like_a_name, plain, signature
from market.world import Listing, is_address

_REPLY = re.compile(r"^(?:\s*(?:re|antw|fw|fwd)\s*:)+\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Inquiry:
    """One letter to one advertiser, however it came in.

    ``mailbox`` is where an answer goes ("" when there is no usable address) and identifies the applicant;
    ``addresses`` are all addresses the applicant showed. ``channel`` is smtp or webform; only a form names its
    ``listing`` by key.
    """

    channel: str
    advertiser: str
    to: str
    applicant: str
    mailbox: str
    addresses: frozenset[str]
    subject: str
    body: str
    message_id: str | None = None
    references: tuple[str, ...] = ()
    sent: datetime | None = None
    return_path: str = ""
    automatic: bool = False
    listing: str | None = None


def read_mail(raw: bytes, *, advertiser: str, to: str, return_path: str) -> Inquiry:
    """Read a mail as it came over the wire; never raises on malformed mail."""
    message = email.message_from_bytes(raw)
    body = _body(message)
    senders, answers = _people(message, "From"), _people(message, "Reply-To")
    addresses = [address for _, address in answers + senders if is_address(address)]
    return Inquiry(
        channel="smtp",
        advertiser=advertiser,
        to=to,
        applicant=_applicant(senders, body),
        mailbox=addresses[0] if addresses else "",
        addresses=frozenset(address.casefold() for address in addresses),
        subject=one_line(_header(message, "Subject")),
        body=body,
        message_id=one_line(_header(message, "Message-ID")) or None,
        references=_references(message),
        sent=_date(message),
        return_path=return_path,
        automatic=not return_path or _header(message, "Auto-Submitted").strip().lower() not in ("", "no"),
    )


def find_listing(listings: Sequence[Listing], subject: str, body: str) -> Listing | None:
    """The listing a letter is about: by reference or street with number, the subject before the body.

    The longest mention wins. A letter that mentions nothing is about the only listing there is, if there is only one.
    """
    for text in (subject, body):
        heard = plain(text)
        mentions = [(len(mention), listing) for listing in listings if (mention := _mention(listing, heard))]
        if mentions:
            return max(mentions, key=lambda found: found[0])[1]
    return listings[0] if len(listings) == 1 else None


def one_line(text: str) -> str:
    """The text without line breaks and control characters, fit for a header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def bare_subject(subject: str) -> str:
    """The subject without "Re:", "Antw:" and the like."""
    return _REPLY.sub("", subject)


def _mention(listing: Listing, heard: str) -> str:
    """The longest way in which ``heard`` (plain text) mentions the listing, or ""."""
    for name in sorted(map(plain, (listing.reference, listing.street)), key=len, reverse=True):
        if name and re.search(rf"(?<![\w-]){re.escape(name)}(?!\w|-\w)", heard):
            return name
    return ""


def _applicant(senders: Sequence[tuple[str, str]], body: str) -> str:
    """The name in the sender, else the one under the letter, else whatever the sender shows."""
    shown = one_line(senders[0][0]) if senders else ""
    return shown if looks_like_a_name(shown) else (one_line(signature(body)) or shown)


def _people(message: Message, field: str) -> list[tuple[str, str]]:
    """Name and address of everybody in a header; names are decoded last, since a coded name may hold a comma."""
    people = getaddresses([str(message[field])]) if message[field] else []
    return [(_decode(name), address) for name, address in people]


def _header(message: Message, field: str) -> str:
    return _decode(str(message.get(field, "")))


def _decode(value: str) -> str:
    try:
        return "".join(_decoded(part, charset) for part, charset in decode_header(value))
    except (HeaderParseError, binascii.Error, ValueError):
        return value


def _decoded(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    try:
        return part.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):
        return part.decode("latin-1")


def _body(message: Message) -> str:
    """The first plain text part, else the first HTML part without its tags."""
    for kind in ("text/plain", "text/html"):
        for part in message.walk():
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                payload = part.get_payload(decode=True)
                text = _decoded(payload, part.get_content_charset()) if isinstance(payload, bytes) else ""
                text = text.replace("\r\n", "\n")
                return text if kind == "text/plain" else strip_tags(text)
    return ""


def strip_tags(page: str) -> str:
    """The text of simple HTML, with a line break for every block and <br>."""
    lined = re.sub(r"<(?:br|/p|/div|/tr|/li|hr)\b[^>]*>", "\n", page, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[^>]+>", "", lined))


def _references(message: Message) -> tuple[str, ...]:
    return tuple(re.findall(r"<[^<>\s]+>", _header(message, "In-Reply-To") + " " + _header(message, "References")))


def _date(message: Message) -> datetime | None:
    try:
        sent = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, OverflowError):
        return None
    return sent if sent.tzinfo else None
