"""What hangs on a mail: its name is told, its contents go as soon as the mail has its place."""

import re
from email.generator import BytesGenerator
from email.message import Message
from io import BytesIO

from workers.inbox.mime import MALFORMED, POLICY, is_attachment, leaves, parts, read_message, text_of

_SEPARATORS = re.compile(r"[_+]|%20|(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")


def told(name: str) -> str:
    """How coders see an attachment; its words stand apart, so that names of people in it are found and masked."""
    return f"[bijlage: {_SEPARATORS.sub(' ', name)}]"


def without_contents(raw: bytes) -> bytes:
    """The mail with its attachments empty; the same bytes when it has none. Never raises.

    All text stays, also that of a mail forwarded whole; what such a mail carries goes as well. A mail too broken to be
    written again keeps its headers and its text.
    """
    message = read_message(raw)
    carried = [part for part, _ in leaves(message) if is_attachment(part)]
    if not carried:
        return raw
    for part in carried:
        part.set_payload("")
    for part in parts(message, enter_messages=True):
        part.preamble = part.epilogue = None  # what stands outside the parts nobody is shown
    try:
        written = BytesIO()
        BytesGenerator(written, policy=POLICY).flatten(message)
        return written.getvalue()
    except MALFORMED:
        return _headers_and_text(message)


def _headers_and_text(message: Message) -> bytes:
    texts = [text_of(part) for part, _ in leaves(message) if not is_attachment(part)]
    kept = [(name, value) for name, value in message.raw_items() if not name.lower().startswith(("content-", "mime-"))]
    head = b"".join(POLICY.fold_binary(name, value) for name, value in kept)
    return head + b"Content-Type: text/plain; charset=utf-8\n\n" + "\n\n".join(texts).encode()
