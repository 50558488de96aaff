"""Raw bytes to a tree of parts, headers and text: never raises, and never takes long, whatever was sent.

The modern header parser of the standard library fails on a good many malformed headers, so headers are read as plain
strings and decoded here; every part is decoded by what its bytes are, not only by what its label says.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import Compat32
from typing import Any

# A reply is a few lines; what lies beyond is a hostile or broken mail.
LONGEST_TEXT = 50_000
LONGEST_SOURCE = 300_000
"""Characters of one part that are read; the programs of offices write a hundred in HTML for each one that is seen."""

LONGEST_HEADER = 20_000
MOST_VALUES = 50
"""Headers of one name that are read."""

MOST_LINES, MOST_PARTS = 500_000, 2_000
"""A mail of more is not taken apart: each line and part costs far more memory than it has bytes."""

LONGEST_HEAD = 1_000_000
LONGEST_NAME = 120

# What the standard library and what reads mail with it are known to raise on malformed input.
MALFORMED = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError, RecursionError,
)  # fmt: skip

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")
# Text codecs that are no character set of a mail, or take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"})
TOLD_ELSEWHERE = frozenset({"message/delivery-status", "text/rfc822-headers", "message/disposition-notification"})
"""Parts of a report: what a machine tells a machine."""

_MAILS = frozenset({"message/rfc822", "message/global"})


class Part(Message):
    """A part of a mail that knows its headers by name and its kind, which the library reads again at each question."""

    _values: dict[str, list[str]] | None = None
    _kind: str | None = None

    def get_content_type(self) -> str:
        if self._kind is None:
            self._kind = super().get_content_type()
        return self._kind

    def get_content_maintype(self) -> str:
        return self.get_content_type().partition("/")[0]

    def set_default_type(self, ctype: str) -> None:
        self._kind = None
        super().set_default_type(ctype)

    def _changed(self) -> None:
        self._values = self._kind = None

    def get_all(self, name: str, failobj: Any = None) -> Any:
        if self._values is None:
            self._values = {}
            for each, value in self.raw_items():
                self._values.setdefault(each.lower(), []).append(value)
        return self._values.get(name.lower()) or failobj

    def get(self, name: str, failobj: Any = None) -> Any:
        found = self.get_all(name)
        return found[0] if found else failobj

    def set_raw(self, name: str, value: Any) -> None:
        self._changed()
        super().set_raw(name, value)

    def __setitem__(self, name: str, value: Any) -> None:
        self._changed()
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self._changed()
        super().__delitem__(name)

    def replace_header(self, name: str, value: Any) -> None:
        self._changed()
        super().replace_header(name, value)


class AsItCame(Compat32):
    """Hands headers out, and writes them, as they came, if not too long; the default wraps or folds odd ones."""

    mangle_from_ = False
    message_factory = Part

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 the signature is the library's
        return value

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}{self.linesep}".encode("utf-8", "surrogateescape")


POLICY = AsItCame()


def read_message(raw: bytes) -> Message:
    """Take a mail apart; one that nests too deep, or has too many parts or lines, is its top headers and one text."""
    if any(raw.count(end) > MOST_LINES or raw.count(end + b"--") > MOST_PARTS for end in (b"\n", b"\r")):
        return _flat(raw)
    try:
        return BytesParser(policy=POLICY).parsebytes(raw)
    except MALFORMED:
        return _flat(raw)


def read_headers(raw: bytes) -> Message:
    """Read the top headers alone, of a mail of any size."""
    end = _BLANK_LINE.search(raw)
    head = raw[: end.start() if end else len(raw)]
    return BytesHeaderParser(policy=POLICY).parsebytes(head[:LONGEST_HEAD] + b"\n\n")


def _flat(raw: bytes) -> Message:
    message, end = read_headers(raw), _BLANK_LINE.search(raw)
    message.set_payload(raw[end.end() :].decode("ascii", "surrogateescape") if end else "")
    return message


# --- Headers --------------------------------------------------------------------------------------------------------


def raw_headers(message: Message, name: str) -> list[str]:
    return [str(value) for value in message.get_all(name, [])[:MOST_VALUES]]


def header(message: Message, name: str) -> str:
    return decoded(next(iter(raw_headers(message, name)), ""))


def decoded(value: str) -> str:
    """A header as a reader sees it: RFC 2047 words and bare 8-bit bytes decoded, on one line."""
    value = _bytes_of(value) if not value.isascii() else value
    try:
        chunks = decode_header(value) if "=?" in value else [(value, None)]
    except (HeaderParseError, ValueError):
        chunks = [(value, None)]
    text = "".join(chunk if isinstance(chunk, str) else _read(chunk, charset) for chunk, charset in chunks)
    return " ".join(clean(text).split())


def _bytes_of(value: str) -> str:
    return _read(value.encode("utf-8", "surrogateescape"), None)


def first_word(value: str) -> str:
    return next(iter(re.findall(r"[a-z]+", value.lower())), "")


# --- Parts ----------------------------------------------------------------------------------------------------------


def parts(message: Message, *, enter_messages: bool) -> Iterator[Message]:
    """All parts, without recursion (a hostile mail nests deep); a message inside is entered only when asked."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        if part.get_content_maintype() != "message" or enter_messages or part is message:
            waiting.extend(reversed(children(part)))


def children(part: Message) -> list[Message]:
    # Asked of a part without children, the library decodes its text and may fail on the charset.
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)]


def leaves(message: Message) -> Iterator[tuple[Message, int | None]]:
    """Every leaf with the multipart/alternative it belongs to; of one alternative the first readable version counts.

    Plain text goes before HTML: it is what the sender's own program made of the same words. A message that was
    forwarded whole is entered; one that a report returns is not.
    """
    waiting: list[tuple[Message, int | None, bool]] = [(message, None, False)]
    while waiting:
        part, alternative, reported = waiting.pop()
        kind = part.get_content_type()
        closed = kind.startswith("message/") and (reported or kind not in _MAILS)
        if closed or not (below := children(part)):
            yield part, alternative
            continue
        if kind == "multipart/alternative":
            alternative = id(part)
            below.sort(key=lambda child: child.get_content_type() != "text/plain")
        elif kind in _MAILS:
            alternative = None
        waiting.extend((child, alternative, kind == "multipart/report") for child in reversed(below))


def is_attachment(part: Message) -> bool:
    kind = part.get_content_type()
    if kind in TOLD_ELSEWHERE | _MAILS:
        return False
    disposition = first_word(next(iter(raw_headers(part, "Content-Disposition")), ""))
    other = part.get_content_maintype() not in {"text", "multipart"}
    return disposition == "attachment" or other or kind == "text/calendar"


def file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except MALFORMED:
        name = ""
    return (decoded(name) or clean(part.get_content_type()))[:LONGEST_NAME]


# --- Text -----------------------------------------------------------------------------------------------------------


def text_of(part: Message) -> str:
    """The text of a leaf, whatever its transfer encoding and charset claim."""
    payload = part.get_payload(decode=True)
    try:
        charset = part.get_content_charset()
    except MALFORMED:
        charset = None
    return clean(_read(payload, charset)[:LONGEST_SOURCE]) if isinstance(payload, bytes) else ""


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


def clean(text: str) -> str:
    """Text that any database takes: no control characters, no half surrogates, line ends as "\\n"."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
