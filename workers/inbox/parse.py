"""Raw bytes to a ``Mail``: who wrote to whom, what kind of mail it is, and what it says. Never raises."""

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from enum import StrEnum

from flufl.bounce import all_failures

from workers.inbox.html_text import from_html
from workers.inbox.mime import (
    LONGEST_TEXT,
    MALFORMED,
    POLICY,
    TOLD_ELSEWHERE,
    children,
    clean,
    decoded,
    file_name,
    first_word,
    header,
    is_attachment,
    leaves,
    parts,
    raw_headers,
    read_headers,
    read_message,
    text_of,
    unique,
)
from workers.plain_address import named

_KEY_HEADERS = ("Message-ID", "From", "To", "Date", "Subject", "In-Reply-To", "References")
_ENVELOPE_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To")
_RECIPIENT_HEADERS = ("To", "Cc", *_ENVELOPE_HEADERS)
LONGEST_REPORT = 30_000
"""Bytes of a bounce that are searched: it says first what it has to say, and the search takes quadratic time."""

MOST_NAMED = 500
"""Recipients of one mail, or message ids it refers to, that are looked up."""

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_BARE_ID = re.compile(r"(?<![^<>\s,;\"])[^<>\s,;\"@]+@[^<>\s,;\"]+")
_ADDRESS = re.compile(r"(?<![^\s<>,;:\"'(\[])[^\s<>,;:\"'()\[\]@]{1,64}@[^\s<>,;:\"'()\[\]@]{1,255}")
_ORIGINAL_ID = re.compile(r"^[ \t>]*Message-ID:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)

_DAEMON = re.compile(
    r"^(?:mailer-?daemon|mail-?daemon|mdaemon|postmaster|mail\.?delivery\S*|bounces?\b\S*)@?", re.IGNORECASE
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|onbestelbaar|niet te bezorgen|niet bezorgd|delivery (?:status notification \(fail|fail)|"
    r"mail delivery fail|returned mail|failure notice|retour afzender",
    re.IGNORECASE,
)
_TAGS_BEFORE_SUBJECT = r"^\s*(?:\[[^\]]*\]\s*)*"
_AUTO_SUBJECT = re.compile(
    _TAGS_BEFORE_SUBJECT
    + r"(?:automati\w+ (?:antwoord|reply|response|beantwoording|bericht)|auto-?(?:reply|antwoord|matic reply)|"
    r"autoreply|afwezig|out of (?:the )?office|ooo\b)",
    re.IGNORECASE,
)
_AWAY_SUBJECT = re.compile(
    r"\b(?:afwezig\w*|niet aanwezig|out of (?:the )?office|ooo|vakantie|met verlof|"
    r"on leave|on holiday|on vacation|away)\b",
    re.IGNORECASE,
)
_AWAY_TEXT = re.compile(
    r"\b(?:afwezig|afwezigheid|out of (?:the |my )?office|back in the office|"
    r"(?:met|op|wegens|i\.v\.m\.|tijdens (?:mijn|onze)) (?:\w+)?(?:vakantie|verlof)|"
    r"niet (?:aanwezig|bereikbaar|op kantoor|in de gelegenheid)|weer (?:aanwezig|terug|bereikbaar)|"
    r"on (?:annual |sick |maternity |parental )?leave|on holiday|on vacation|"
    r"kantoor is[^.\n]{0,60}gesloten|gesloten (?:van|tot|t/m|wegens|vanwege))\b",
    re.IGNORECASE,
)
_RECEIPT_SUBJECT_ONLY = re.compile(_TAGS_BEFORE_SUBJECT + r"(?:automati\w+|auto-?\w*)", re.IGNORECASE)
_RECEIPT_TEXT = re.compile(r"\b(?:ontvangen|ontvangst|binnengekomen|received|receipt)\b", re.IGNORECASE)

# It logs a traceback for every malformed mail that we survive anyway.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


class MailKind(StrEnum):
    """Who wrote: a person, a machine, a machine for somebody who is away, a bounce, or a notice about a delivery."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    AWAY = "away"
    BOUNCE = "bounce"
    NOTICE = "notice"


@dataclass(frozen=True)
class Mail:
    """One incoming mail. Addresses are lower case, message ids keep their angle brackets, ``date`` is UTC or None.

    ``references``: In-Reply-To first, then References, then the ids of messages inside (the returned original of a
    bounce). ``text``: what a reader sees, HTML turned into text with quoted blocks marked by "> ".
    """

    message_id: str | None
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    date: datetime | None
    references: tuple[str, ...]
    kind: MailKind
    text: str
    attachments: tuple[str, ...]


def parse(raw: bytes) -> Mail:
    """Read a mail. Never raises: what cannot be read is left empty, and nothing unclear is taken for a machine."""
    message = read_message(raw)
    sender, sender_name = _sender(message)
    subject = header(message, "Subject")
    text, attachments = _content(message)
    return Mail(
        message_id=next(iter(_ids(message, "Message-ID")), None),
        sender=sender,
        sender_name=sender_name,
        recipients=_recipients(message),
        subject=subject,
        date=_date(message),
        references=_references(message, text),
        kind=_kind(raw, message, sender, subject, text),
        text=text,
        attachments=attachments,
    )


# --- Headers --------------------------------------------------------------------------------------------------------


def _sender(message: Message) -> tuple[str, str]:
    for name in ("From", "Sender", "Reply-To", "Return-Path"):
        for value in raw_headers(message, name):
            for shown, address in _addresses(value):
                return address, decoded(shown)
    return "", ""


def delivered_to(raw: bytes) -> tuple[str, ...]:
    """The addresses this copy of a mail was delivered for, as our own mail server noted them at the top."""
    return _recipients(read_headers(raw), _ENVELOPE_HEADERS)


def _recipients(message: Message, names: Sequence[str] = _RECIPIENT_HEADERS) -> tuple[str, ...]:
    values = [value for name in names for value in raw_headers(message, name)]
    return unique(address for value in values for _, address in _addresses(value))[:MOST_NAMED]


def _addresses(value: str) -> list[tuple[str, str]]:
    """(shown name, address in lower case) of one header; a header that breaks the rules is searched for addresses."""
    pairs = _pairs(" ".join(value.split()))
    found = [(name, clean(address).lower()) for name, address in pairs if _ADDRESS.fullmatch(address)]
    return found or [("", clean(address).lower()) for address in _ADDRESS.findall(value)]


def _pairs(value: str) -> list[tuple[str, str]]:
    if plain := named(value):
        return [plain]
    try:
        return getaddresses([value])
    except MALFORMED:
        return []


def _date(message: Message) -> datetime | None:
    for value in raw_headers(message, "Date"):
        try:
            moment = parsedate_to_datetime(value)
            # "-0000" says: UTC, zone unknown (RFC 5322, 3.3).
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except MALFORMED:
            continue
    return None


def _ids(message: Message, name: str) -> list[str]:
    values = raw_headers(message, name)
    found = [clean(match) for value in values for match in _MESSAGE_ID.findall(value)]
    return found or [f"<{clean(match)}>" for value in values for match in _BARE_ID.findall(value)]


def _references(message: Message, text: str) -> tuple[str, ...]:
    inside = [found for part in _inner(message) for found in _ids(part, "Message-ID")]
    quoted = _ORIGINAL_ID.findall(text) if not inside else []
    return unique([*_ids(message, "In-Reply-To"), *_ids(message, "References"), *inside, *quoted])[:MOST_NAMED]


def _inner(message: Message) -> Iterator[Message]:
    """The messages carried inside: whole (message/rfc822) or their headers only (text/rfc822-headers)."""
    for part in parts(message, enter_messages=True):
        if part.get_content_type() == "text/rfc822-headers":
            yield message_from_string(text_of(part), policy=POLICY)
        elif part is not message and part.get_content_maintype() == "message":
            yield from children(part)


# --- Identity -------------------------------------------------------------------------------------------------------


def content_key(raw: bytes) -> str:
    """SHA-256 over the headers that name a mail, each with its length before it, and over the hash of the body.

    Equal for two copies of one mail, whatever way they came. Trace headers (Received, DKIM, X-…) differ per delivery
    and stay out; line ends and folding are made equal.
    """
    message, digest = read_headers(raw), hashlib.sha256()
    for name in _KEY_HEADERS:
        values = [str(value) for value in message.get_all(name, [])]
        digest.update(b"%d;" % len(values))
        for value in values:
            unfolded = " ".join(value.split()).encode("utf-8", "surrogateescape")
            digest.update(b"%d:%b" % (len(unfolded), unfolded))
    _, _, body = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").partition(b"\n\n")
    digest.update(hashlib.sha256(body.rstrip(b"\n")).digest())
    return digest.hexdigest()


# --- Kind -----------------------------------------------------------------------------------------------------------


def _kind(raw: bytes, message: Message, sender: str, subject: str, text: str) -> MailKind:
    reported = _reported(message)
    if reported is not None:
        return reported
    if _from_daemon(message, sender):
        return _daemon_kind(raw, subject, text)
    if _is_automatic(message, subject):
        return _automatic_kind(subject, text)
    return MailKind.HUMAN


def _reported(message: Message) -> MailKind | None:
    """What a machine-readable report says (RFC 3464 delivery status, RFC 8098 read receipt)."""
    actions, receipt = set(), False
    for part in parts(message, enter_messages=False):
        if part.get_content_type() == "message/delivery-status":
            actions |= {first_word(value) for block in _blocks(part) for value in raw_headers(block, "Action")}
        receipt = receipt or part.get_content_type() == "message/disposition-notification"
    if "failed" in actions:
        return MailKind.BOUNCE
    return MailKind.NOTICE if receipt or actions & {"delayed", "delivered", "relayed", "expanded"} else None


def _blocks(part: Message) -> list[Message]:
    """The header blocks of a delivery status; read again by hand where the parser made none of them."""
    if blocks := children(part):
        return blocks
    return [message_from_string(block, policy=POLICY) for block in re.split(r"\n\s*\n", text_of(part))]


def _from_daemon(message: Message, sender: str) -> bool:
    null_path = any(value.strip() == "<>" for value in raw_headers(message, "Return-Path"))
    failed = bool(raw_headers(message, "X-Failed-Recipients"))
    return null_path or failed or _DAEMON.match(sender or header(message, "From")) is not None


def _daemon_kind(raw: bytes, subject: str, text: str) -> MailKind:
    """A bounce in nobody's standard; an empty return path alone only says that a machine sent it."""
    try:
        delayed, failed = all_failures(read_message(raw[:LONGEST_REPORT]))
    except MALFORMED:
        delayed, failed = frozenset(), frozenset()
    if failed or (not delayed and _BOUNCE_SUBJECT.search(subject)):
        return MailKind.BOUNCE
    return MailKind.NOTICE if delayed else _automatic_kind(subject, text)


def _is_automatic(message: Message, subject: str) -> bool:
    """RFC 3834 and the headers in use before it. X-Auto-Response-Suppress is a request to others, not a sign."""
    submitted = [first_word(value) for value in raw_headers(message, "Auto-Submitted")]
    precedence = [value.strip().lower().replace("-", "_") for value in raw_headers(message, "Precedence")]
    marked = any(raw_headers(message, name) for name in ("X-Autoreply", "X-Autorespond"))
    said = any(word and word != "no" for word in submitted)
    return said or marked or "auto_reply" in precedence or _AUTO_SUBJECT.match(subject) is not None


def _automatic_kind(subject: str, text: str) -> MailKind:
    """Exchange writes "Automatisch antwoord:" over every rule, also over receipts; then the text decides."""
    if _AWAY_SUBJECT.search(subject) or _AWAY_TEXT.search(text):
        return MailKind.AWAY
    only_prefix = _RECEIPT_SUBJECT_ONLY.match(subject) is not None
    return MailKind.AWAY if only_prefix and not _RECEIPT_TEXT.search(text) else MailKind.AUTOMATIC


# --- Content --------------------------------------------------------------------------------------------------------


def _content(message: Message) -> tuple[str, tuple[str, ...]]:
    """The text a reader sees and the names of the attachments; a message forwarded whole counts as text."""
    texts, names, read = list[str](), list[str](), set[int | None]()
    for part, alternative in leaves(message):
        if is_attachment(part):
            names.append(file_name(part))
        elif alternative not in read and (text := _readable(part).strip("\n")).strip():
            texts.append(text)
            read |= {alternative} - {None}
    return "\n\n".join(texts)[:LONGEST_TEXT], tuple(names)


def _readable(part: Message) -> str:
    if part.get_content_type() in TOLD_ELSEWHERE:
        return ""
    text = text_of(part)
    return from_html(text) if part.get_content_type() == "text/html" else text
