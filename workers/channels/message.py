"""One letter as a mail message: the same headers, in the same order, for both arms."""

import re
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.rounds.sending import Envelope

ZONE = ZoneInfo("Europe/Amsterdam")
SAME_IN_EACH = ("Content-Type", "Content-Transfer-Encoding", "MIME-Version")
PLAIN = re.compile(r"(?!.*=\?)[!-~]+(?: [!-~]+)*").fullmatch
"""Printable ASCII with single spaces between its words, of which none looks encoded."""

REFERENCES = ("In-Reply-To", "References")
"""The library encodes one that is longer than a line, and then no mail program knows which letter it means."""

LONGEST_FOLDED, LONGEST = 78, 998
"""RFC 5322, 2.1.1: so many characters should a line have, and so many may it."""


class _Line(str):
    """A header of plain words: the line as it stands."""

    name: str

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Headers(HeaderRegistry):
    """Makes the class of each header once, each header once that is the same in every letter, and none of plain words.

    The library makes them anew for each header of each letter, takes them apart and puts them together again, which
    takes longer than all else in a message. Words that need no encoding and no fold become the same line without.
    """

    @cache  # noqa: B019 - there is one, for as long as the process lasts
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)

    def __call__(self, name: str, value: Any) -> Any:
        if name in SAME_IN_EACH:
            return self._made(name, value)
        longest = LONGEST if name in REFERENCES else LONGEST_FOLDED
        if PLAIN(value) and len(f"{name}: {value}") <= longest:
            line = _Line(value)
            line.name = name
            return line
        return super().__call__(name, value)

    @cache  # noqa: B019 - as above
    def _made(self, name: str, value: str) -> Any:
        header: Any = super().__call__(name, value)
        folded = header.fold(policy=SMTP)
        header.fold = lambda policy: folded  # noqa: ARG005 - the library's call; there is one policy
        return header


POLICY = SMTP.clone(header_factory=_Headers())


def compose(envelope: Envelope) -> EmailMessage:
    """Return the message; nothing in it but name, address and text depends on who writes."""
    local, _, domain = envelope.sender_address.partition("@")
    message = EmailMessage(policy=POLICY)
    message["From"] = str(Address(envelope.sender_name, local, domain))
    message["To"] = envelope.recipient
    message["Subject"] = envelope.subject
    message["Date"] = format_datetime(envelope.date.astimezone(ZONE))
    message["Message-ID"] = envelope.message_id
    if envelope.in_reply_to:
        message["In-Reply-To"] = envelope.in_reply_to
        message["References"] = envelope.in_reply_to
    message.set_content(envelope.body, charset="utf-8", cte="quoted-printable")
    return message
