"""Mails as offices send them, each with a mark of its own, and what must have become of each."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from orchestrator.models import Inquiry
from orchestrator.states import MailState

MARK = re.compile(rb"m\d{5}x")
OFFICE, NOBODY = "verhuur@alfa.example", "wie@woonpost.example"
BURDEN = b"loonstrook-van-een-ander " * 400
"""What hangs on some mails, and may be found nowhere in the end."""

KINDS = {
    "to one": 50, "by reference": 14, "to both": 6, "unseen": 5, "to nobody": 8, "heavy": 4, "bounce": 3, "delayed": 4,
    "malformed": 6,
}  # fmt: skip
BY_DOOR, BY_BOTH, AGAIN = 0.03, 0.03, 0.08
"""Shares of mails that come by the listener alone, by both roads, and twice in the folder."""

SAYINGS = (
    "Helaas is de woning al verhuurd.",
    "U bent welkom voor een bezichtiging op dinsdag 15 september om 16:00 uur.",
    "Wij komen er nog op terug, wie weet.",
)
REPORT = """\
From: MAILER-DAEMON@post.example
To: {to}
Subject: Bericht over uw mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

{mark}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; post.example

Final-Recipient: rfc822; verhuur@alfa.example
Action: {action}

--b--
"""
BROKEN = (
    b"To: %s\nSubject: \xff\xfe=?utf-8?b?!!?=\nContent-Type: multipart/mixed; boundary=weg\n\n%s\n",
    b"From: \xe9\nTo: %s\nContent-Type: text/plain; charset=utf-16\n\n\xff%s\xd8\n",
    b"no header at all\nTo: %s\nContent-Transfer-Encoding: base64\n\n--%s--",
    b"To: %s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n%s",
)


@dataclass(frozen=True)
class Post:
    """One mail: its copies for the folder and its recipients at the listener, one tuple for each time it is given.

    ``answers`` are the inquiries it must be a reply of, ``state`` is what it must be in the end.
    """

    mark: bytes
    raw: bytes
    box: tuple[bytes, ...]
    door: tuple[tuple[str, ...], ...]
    answers: frozenset[int]
    state: MailState


class Writer:
    """Writes mails about these letters; the same seed gives the same mails."""

    def __init__(self, letters: Sequence[Inquiry], seed: int) -> None:
        self.letters = letters
        self.rng = random.Random(seed)  # noqa: S311 - chance that can be repeated is what a test needs

    def write(self, number: int) -> Post:
        mark = f"m{number:05}x"
        kind = self.rng.choices(list(KINDS), list(KINDS.values()))[0]
        one, other = self.rng.sample(self.letters, 2)
        if kind == "unseen":
            return self._unseen(mark, one, other)
        if kind in ("malformed", "bounce", "delayed"):
            return self._odd(kind, mark, one)
        if kind == "to nobody":
            return self._given(mark, self._plain(mark, NOBODY), (NOBODY,), frozenset(), MailState.DEFERRED)
        if kind == "by reference":
            raw = self._plain(mark, NOBODY, one.message_id)
            return self._given(mark, raw, (NOBODY,), frozenset({one.id}))
        to = [letter.reply_address for letter in ((one, other) if kind == "to both" else (one,))]
        raw = self._plain(mark, ", ".join(to), heavy=kind == "heavy")
        return self._given(mark, raw, tuple(to), frozenset({one.id, other.id} if kind == "to both" else {one.id}))

    def _given(
        self, mark: str, raw: bytes, recipients: tuple[str, ...], answers: frozenset[int],
        state: MailState = MailState.MATCHED,
    ) -> Post:  # fmt: skip
        """Choose the roads it comes by."""
        road = self.rng.random()
        door = (recipients,) if road < BY_DOOR + BY_BOTH else ()
        box = () if road < BY_DOOR else (raw,)
        if box and self.rng.random() < AGAIN:
            box += (b"Received: from elders by hier; Tue, 08 Sep 2026 10:02:00 +0200\n" + raw,)
        return Post(mark.encode(), raw, box, door, answers, state)

    def _unseen(self, mark: str, one: Inquiry, other: Inquiry) -> Post:
        """To two applicants who do not see each other: one content, delivered for each apart, by either road."""
        raw = self._plain(mark, OFFICE)
        addresses = [letter.reply_address for letter in (one, other)]
        answers = frozenset({one.id, other.id})
        if self.rng.random() < 0.3:
            return Post(mark.encode(), raw, (), tuple((each,) for each in addresses), answers, MailState.MATCHED)
        copies = tuple(f"Delivered-To: {each}\n".encode() + raw for each in addresses)
        return Post(mark.encode(), raw, copies, (), answers, MailState.MATCHED)

    def _plain(self, mark: str, to: str, reference: str | None = None, *, heavy: bool = False) -> bytes:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = f"Kantoor <{OFFICE}>", to, "Re: uw reactie"
        message["Date"] = "Tue, 08 Sep 2026 10:00:00 +0200"
        named = self.rng.random()
        if named > 0.1:
            message["Message-ID"] = "<zelfde@alfa.example>" if named < 0.2 else f"<{mark}@alfa.example>"
        if reference:
            message["In-Reply-To"] = reference
        message.set_content(f"{self.rng.choice(SAYINGS)}\n\nKenmerk {mark}\n")
        if heavy:
            message.add_attachment(BURDEN, maintype="application", subtype="pdf", filename="loonstrook.pdf", cte="7bit")
        return message.as_bytes()

    def _odd(self, kind: str, mark: str, one: Inquiry) -> Post:
        if kind == "malformed":
            raw = self.rng.choice(BROKEN) % (one.reply_address.encode(), mark.encode())
        else:
            action = "failed" if kind == "bounce" else "delayed"
            raw = REPORT.format(to=one.reply_address, mark=mark, action=action).encode()
        if raw.startswith(b"no header"):
            return Post(mark.encode(), raw, (raw,), (), frozenset(), MailState.DEFERRED)
        if kind == "delayed":
            return Post(mark.encode(), raw, (raw,), (), frozenset(), MailState.IGNORED)
        return Post(mark.encode(), raw, (raw,), (), frozenset({one.id}), MailState.MATCHED)
