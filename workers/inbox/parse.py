"""Raw bytes to a ``Mail``: never raises, whatever somebody's mail program made of it.

The modern header parser of the standard library fails on a good many malformed headers, so headers are read as plain
strings and decoded here; every part is decoded by what its bytes are, not only by what its label says.
"""

import codecs
import hashlib
import html
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime
from enum import StrEnum

import inscriptis
from flufl.bounce import all_failures
from inscriptis.model.config import ParserConfig

# A reply is a few lines; what lies beyond is a hostile or broken mail, and the raw bytes are kept anyway.
LONGEST_TEXT = 200_000
LONGEST_HEADER = 20_000

# What the standard library and flufl.bounce are known to raise on malformed input.
_MALFORMED = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError, RecursionError,
)  # fmt: skip

_KEY_HEADERS = ("Message-ID", "From", "To", "Date", "Subject", "In-Reply-To", "References")
_RECIPIENT_HEADERS = ("To", "Cc", "Delivered-To", "X-Original-To")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_BARE_ID = re.compile(r"[^<>\s,;\"]+@[^<>\s,;\"]+")
_ADDRESS = re.compile(r"(?<![^\s<>,;:\"'(\[])[^\s<>,;:\"'()\[\]@]{1,64}@[^\s<>,;:\"'()\[\]@]{1,255}")
_ORIGINAL_ID = re.compile(r"^[ \t>]*Message-ID:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAG = re.compile(r"(?s)<(?:style|script)\b.*?</(?:style|script)\s*>|<[^<>]*>")
# Text codecs that are no character set of a mail, or take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"})

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

_QUOTE_MARK = "\ue000"  # private use: survives inscriptis and stands in no mail that matters

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
    bounce). ``content_key``: equal for two copies of one mail whatever way they came. ``text``: what a reader sees,
    HTML turned into text with quoted blocks marked by "> ".
    """

    content_key: str
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


class _PlainHeaders(Compat32):
    """Hands headers out as they came; the default wraps odd ones in objects that are no strings."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 the signature is the library's
        return value


_POLICY = _PlainHeaders()


def parse(raw: bytes) -> Mail:
    """Read a mail. Never raises: what cannot be read is left empty, and nothing unclear is taken for a machine."""
    message = _message(raw)
    sender, sender_name = _sender(message)
    subject = _header(message, "Subject")
    text, attachments = _content(message)
    return Mail(
        content_key=_key(raw, message),
        message_id=next(iter(_ids(message, "Message-ID")), None),
        sender=sender,
        sender_name=sender_name,
        recipients=_recipients(message),
        subject=subject,
        date=_date(message),
        references=_references(message, text),
        kind=_kind(message, sender, subject, text),
        text=text,
        attachments=attachments,
    )


def _message(raw: bytes) -> Message:
    try:
        return BytesParser(policy=_POLICY).parsebytes(raw)
    except _MALFORMED:
        # Parts nested too deep, or a header that breaks the parser: the top headers and the rest as one text.
        return BytesHeaderParser(policy=_POLICY).parsebytes(raw)


# --- Headers --------------------------------------------------------------------------------------------------------


def _raw_headers(message: Message, name: str) -> list[str]:
    return [str(value)[:LONGEST_HEADER] for value in message.get_all(name, [])]


def _header(message: Message, name: str) -> str:
    return _decoded(next(iter(_raw_headers(message, name)), ""))


def _decoded(value: str) -> str:
    """A header as a reader sees it: RFC 2047 words and bare 8-bit bytes decoded, on one line."""
    value = _bytes_of(value) if not value.isascii() else value
    try:
        chunks = decode_header(value) if "=?" in value else [(value, None)]
    except (HeaderParseError, ValueError):
        chunks = [(value, None)]
    text = "".join(chunk if isinstance(chunk, str) else _read(chunk, charset) for chunk, charset in chunks)
    return " ".join(_clean(text).split())


def _bytes_of(value: str) -> str:
    return _read(value.encode("utf-8", "surrogateescape"), None)


def _sender(message: Message) -> tuple[str, str]:
    for name in ("From", "Sender", "Reply-To", "Return-Path"):
        for value in _raw_headers(message, name):
            for shown, address in _addresses(value):
                return address, _decoded(shown)
    return "", ""


def _recipients(message: Message) -> tuple[str, ...]:
    values = [value for name in _RECIPIENT_HEADERS for value in _raw_headers(message, name)]
    return _unique(address for value in values for _, address in _addresses(value))


def _addresses(value: str) -> list[tuple[str, str]]:
    """(shown name, address in lower case) of one header; a header that breaks the rules is searched for addresses."""
    try:
        pairs = getaddresses([" ".join(value.split())])
    except _MALFORMED:
        pairs = []
    found = [(name, _clean(address).lower()) for name, address in pairs if _ADDRESS.fullmatch(address)]
    return found or [("", _clean(address).lower()) for address in _ADDRESS.findall(value)]


def _date(message: Message) -> datetime | None:
    for value in _raw_headers(message, "Date"):
        try:
            moment = parsedate_to_datetime(value)
            # "-0000" says: UTC, zone unknown (RFC 5322, 3.3).
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except _MALFORMED:
            continue
    return None


def _ids(message: Message, name: str) -> list[str]:
    values = _raw_headers(message, name)
    found = [_clean(match) for value in values for match in _MESSAGE_ID.findall(value)]
    return found or [f"<{_clean(match)}>" for value in values for match in _BARE_ID.findall(value)]


def _references(message: Message, text: str) -> tuple[str, ...]:
    inside = [found for part in _inner(message) for found in _ids(part, "Message-ID")]
    quoted = _ORIGINAL_ID.findall(text) if not inside else []
    return _unique([*_ids(message, "In-Reply-To"), *_ids(message, "References"), *inside, *quoted])


def _inner(message: Message) -> Iterator[Message]:
    """The messages carried inside: whole (message/rfc822) or their headers only (text/rfc822-headers)."""
    for part in _parts(message, enter_messages=True):
        if part.get_content_type() == "text/rfc822-headers":
            yield message_from_string(_text_of(part), policy=_POLICY)
        elif part is not message and part.get_content_maintype() == "message":
            yield from _children(part)


# --- Identity -------------------------------------------------------------------------------------------------------


def content_key(raw: bytes) -> str:
    """SHA-256 over the headers that name a mail, each with its length before it, and over the hash of the body.

    Trace headers (Received, DKIM, X-…) differ per delivery and stay out; line ends and folding are made equal.
    """
    return _key(raw, _message(raw))


def _key(raw: bytes, message: Message) -> str:
    digest = hashlib.sha256()
    for name in _KEY_HEADERS:
        values = [
            " ".join(str(value).split()).encode("utf-8", "surrogateescape") for value in message.get_all(name, [])
        ]
        digest.update(b"%d;" % len(values))
        for value in values:
            digest.update(b"%d:%b" % (len(value), value))
    _, _, body = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").partition(b"\n\n")
    digest.update(hashlib.sha256(body.rstrip(b"\n")).digest())
    return digest.hexdigest()


# --- Kind -----------------------------------------------------------------------------------------------------------


def _kind(message: Message, sender: str, subject: str, text: str) -> MailKind:
    reported = _reported(message)
    if reported is not None:
        return reported
    if _from_daemon(message, sender):
        return _daemon_kind(message, subject, text)
    if _is_automatic(message, subject):
        return _automatic_kind(subject, text)
    return MailKind.HUMAN


def _reported(message: Message) -> MailKind | None:
    """What a machine-readable report says (RFC 3464 delivery status, RFC 8098 read receipt)."""
    actions, receipt = set(), False
    for part in _parts(message, enter_messages=False):
        if part.get_content_type() == "message/delivery-status":
            actions |= {_first_word(value) for block in _blocks(part) for value in _raw_headers(block, "Action")}
        receipt = receipt or part.get_content_type() == "message/disposition-notification"
    if "failed" in actions:
        return MailKind.BOUNCE
    return MailKind.NOTICE if receipt or actions & {"delayed", "delivered", "relayed", "expanded"} else None


def _blocks(part: Message) -> list[Message]:
    """The header blocks of a delivery status; read again by hand where the parser made none of them."""
    if blocks := _children(part):
        return blocks
    return [message_from_string(block, policy=_POLICY) for block in re.split(r"\n\s*\n", _text_of(part))]


def _first_word(value: str) -> str:
    return next(iter(re.findall(r"[a-z]+", value.lower())), "")


def _from_daemon(message: Message, sender: str) -> bool:
    null_path = any(value.strip() == "<>" for value in _raw_headers(message, "Return-Path"))
    failed = bool(_raw_headers(message, "X-Failed-Recipients"))
    return null_path or failed or _DAEMON.match(sender or _header(message, "From")) is not None


def _daemon_kind(message: Message, subject: str, text: str) -> MailKind:
    """A bounce in nobody's standard; an empty return path alone only says that a machine sent it."""
    try:
        delayed, failed = all_failures(message)
    except _MALFORMED:
        delayed, failed = frozenset(), frozenset()
    if failed or (not delayed and _BOUNCE_SUBJECT.search(subject)):
        return MailKind.BOUNCE
    return MailKind.NOTICE if delayed else _automatic_kind(subject, text)


def _is_automatic(message: Message, subject: str) -> bool:
    """RFC 3834 and the headers in use before it. X-Auto-Response-Suppress is a request to others, not a sign."""
    submitted = [_first_word(value) for value in _raw_headers(message, "Auto-Submitted")]
    precedence = [value.strip().lower().replace("-", "_") for value in _raw_headers(message, "Precedence")]
    marked = any(_raw_headers(message, name) for name in ("X-Autoreply", "X-Autorespond"))
    said = any(word and word != "no" for word in submitted)
    return said or marked or "auto_reply" in precedence or _AUTO_SUBJECT.match(subject) is not None


def _automatic_kind(subject: str, text: str) -> MailKind:
    """Exchange writes "Automatisch antwoord:" over every rule, also over receipts; then the text decides."""
    if _AWAY_SUBJECT.search(subject) or _AWAY_TEXT.search(text):
        return MailKind.AWAY
    only_prefix = _RECEIPT_SUBJECT_ONLY.match(subject) is not None
    return MailKind.AWAY if only_prefix and not _RECEIPT_TEXT.search(text) else MailKind.AUTOMATIC


# --- Content --------------------------------------------------------------------------------------------------------


def _parts(message: Message, *, enter_messages: bool) -> Iterator[Message]:
    """All parts, without recursion (a hostile mail nests deep); a message inside is entered only when asked."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        if part.get_content_maintype() != "message" or enter_messages or part is message:
            waiting.extend(reversed(_children(part)))


def _children(part: Message) -> list[Message]:
    # Asked of a part without children, the library decodes its text and may fail on the charset.
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)]


def _content(message: Message) -> tuple[str, tuple[str, ...]]:
    """The text a reader sees and the names of the attachments."""
    texts, names, read = list[str](), list[str](), set[int | None]()
    for part, alternative in _leaves(message):
        if _is_attachment(part):
            names.append(_file_name(part))
        elif alternative not in read and (text := _readable(part).strip("\n")).strip():
            texts.append(text)
            read |= {alternative} - {None}
    return "\n\n".join(texts)[:LONGEST_TEXT], tuple(name for name in names if name)


def _leaves(message: Message) -> Iterator[tuple[Message, int | None]]:
    """Every leaf with the multipart/alternative it belongs to; of one alternative the first readable version counts.

    Plain text goes before HTML: it is what the sender's own program made of the same words.
    """
    waiting: list[tuple[Message, int | None]] = [(message, None)]
    while waiting:
        part, alternative = waiting.pop()
        children = [] if part.get_content_maintype() == "message" else _children(part)
        if not children:
            yield part, alternative
            continue
        if part.get_content_subtype() == "alternative":
            alternative = id(part)
            children.sort(key=lambda child: child.get_content_type() != "text/plain")
        waiting.extend((child, alternative) for child in reversed(children))


def _is_attachment(part: Message) -> bool:
    kind = part.get_content_type()
    disposition = _first_word(next(iter(_raw_headers(part, "Content-Disposition")), ""))
    if kind in {"message/delivery-status", "text/rfc822-headers", "message/disposition-notification"}:
        return False
    return (
        disposition == "attachment"
        or part.get_content_maintype() not in {"text", "multipart"}
        or kind == "text/calendar"
    )


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except _MALFORMED:
        name = ""
    inner = next(iter(_children(part)), None)
    return _decoded(name) or (_header(inner, "Subject") if inner is not None else "") or _clean(part.get_content_type())


def _readable(part: Message) -> str:
    kind = part.get_content_type()
    if kind in {"message/delivery-status", "text/rfc822-headers", "message/disposition-notification"}:
        return ""
    text = _text_of(part)
    return _from_html(text) if kind == "text/html" else text


def _text_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    try:
        charset = part.get_content_charset()
    except _MALFORMED:
        charset = None
    return _clean(_read(payload, charset)) if isinstance(payload, bytes) else ""


def _read(data: bytes, charset: str | None) -> str:
    """Bytes to text: UTF-8 wherever the bytes are UTF-8 (labels lie), then the label, then Windows Western."""
    declared = _codec(charset)
    if declared is None or not declared.startswith(("utf-16", "utf-32", "iso2022", "hz")):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            declared = declared if declared not in {"utf-8", "ascii", "iso8859-1"} else None
    try:
        return data.decode(declared or "cp1252")
    except ValueError:
        return data.decode("cp1252", errors="replace")


def _codec(charset: str | None) -> str | None:
    try:
        name = codecs.lookup(charset or "").name
        b"".decode(name)
    except (LookupError, ValueError):
        return None
    return None if name in _NO_CHARSETS else name


def _from_html(source: str) -> str:
    """HTML as text, with the lines of quoted blocks marked by "> " as in plain mail."""
    marked = re.sub(r"(?i)(<blockquote\b[^>]{0,500}>)", rf"\1<p>{_QUOTE_MARK}</p>", source[:LONGEST_TEXT])
    marked = re.sub(r"(?i)(</blockquote\s*>)", rf"<p>{_QUOTE_MARK}{_QUOTE_MARK}</p>\1", marked)
    try:
        text = inscriptis.get_text(marked, _HTML)
    except _MALFORMED:
        text = html.unescape(_TAG.sub(" ", marked))
    return _clean(_quoted(text.splitlines()))


def _quoted(lines: Iterable[str]) -> str:
    depth, out = 0, []
    for line in lines:
        bare = line.strip()
        if bare == _QUOTE_MARK:
            depth += 1
        elif bare == _QUOTE_MARK * 2:
            depth = max(0, depth - 1)
        else:
            out.append("> " * depth + bare.replace(_QUOTE_MARK, ""))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out))


_HTML = ParserConfig(display_images=False, display_links=False, display_anchors=False)


def _clean(text: str) -> str:
    """Text that any database takes: no control characters, no half surrogates, line ends as "\\n"."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
