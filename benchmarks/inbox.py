"""How many replies a second are stored, parsed, matched, masked, cut, labelled and kept? Beside it: parsing alone.

The replies invite, refuse, ask, put off and tell of holidays, as plain text, as HTML, as both with a quotation,
in three encodings and with an attachment now and then. Parsing alone is `email` with ``policy.default``, body read.
"""

import email
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from sqlalchemy import select, text

from benchmarks.dispatch import MORNING, a_round
from benchmarks.record import Figure, ratio
from orchestrator.db import Database
from orchestrator.models import Inquiry
from orchestrator.rounds import answers, lifecycle, planning
from orchestrator.schema import prepare
from workers.inbox.parse import content_key
from workers.inbox.reading import read_stored

NOW = MORNING + timedelta(hours=2)
TEXTS = (
    "Beste {name},\n\nU bent welkom voor een bezichtiging op dinsdag 15 september om 16:00 uur.\n\nGroet,\nAnna",
    "Beste {name},\n\nHelaas is de woning al verhuurd. Veel succes met zoeken.\n\nMet vriendelijke groet,\nP. Jansen",
    "Goedendag,\n\nWat is uw inkomen, en met hoeveel personen komt u wonen? Stuur ook uw loonstrook mee.\n\nPiet",
    "Hallo {name},\n\nU staat op de lijst; wij nemen contact op zodra er plek is.\n\nMarieke van Dijk\n06-12345678",
    "Dank voor uw bericht. Wij zijn van 7 tot en met 18 september gesloten.",
)
CHARSETS = ("utf-8", "iso-8859-1", "us-ascii")


def mails(letters: Sequence[Inquiry], chance: random.Random) -> Iterator[bytes]:
    """One answer to each letter."""
    for number, letter in enumerate(letters):
        message = EmailMessage()
        message["From"] = f"Anna de Boer <verhuur@kantoor-{number}.example>"
        message["To"] = letter.reply_address
        message["Subject"] = f"Re: {letter.subject}"
        message["Message-ID"] = f"<{number}.{chance.randrange(10**9)}@kantoor-{number}.example>"
        message["Date"] = NOW
        message["In-Reply-To"] = letter.message_id
        said = TEXTS[number % len(TEXTS)].format(name=letter.sender_name)
        quoted = (
            said
            + f"\n\nOp ma 14 sep. 2026 om 10:02 schreef {letter.sender_name}:\n"
            + "".join(f"> {line}\n" for line in letter.body.splitlines())
        )
        charset = CHARSETS[number % 3] if quoted.isascii() else "utf-8"
        message.set_content(quoted if number % 2 else said, charset=charset)
        if number % 3 == 0:
            message.add_alternative(
                f"<html><body><p>{quoted.replace(chr(10), '<br>')}</p></body></html>", subtype="html"
            )
        if number % 20 == 0:
            message.add_attachment(b"%PDF-1.7" * 500, maintype="application", subtype="pdf", filename="huis.pdf")
        yield message.as_bytes()


def measure(runs: int, size: int = 10_000) -> list[Figure]:
    ours, parsing = [], []
    for run in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            database = Database.at(f"sqlite:///{Path(folder) / 'inbox.db'}")
            raws = list(mails(_sent(database, size), random.Random(run)))  # noqa: S311 - nothing to guess
            began = time.perf_counter()
            for raw in raws:
                email.message_from_bytes(raw, policy=default).get_body(("plain", "html"))
            parsing.append(size / (time.perf_counter() - began))
            began = time.perf_counter()
            _read(database, raws)
            ours.append(size / (time.perf_counter() - began))
            database.engine.dispose()
    whole, alone = (
        Figure("the whole path", "replies/s", tuple(ours), "1,000 or more"),
        Figure("parsing alone (email, policy.default)", "replies/s", tuple(parsing)),
    )
    return [whole, alone, ratio("the whole path to parsing alone", whole, alone)]


def _sent(database: Database, size: int) -> Sequence[Inquiry]:
    """A round of which every first letter went out this morning."""
    prepare(database)
    design, offices, homes = a_round(size)
    before = MORNING - timedelta(days=12)
    with database.writing() as session:
        planning.plan(session, design, offices, homes, actor="anna", now=before)
        lifecycle.approve(session, design.round, "bert", before)
        lifecycle.start(session, design.round, "anna", MORNING, live=False)
        told = {"at": MORNING.replace(tzinfo=None)}
        session.execute(text("UPDATE inquiry SET state = 'sent', sent_at = :at WHERE \"order\" = 1"), told)
    with database.reading() as session:
        return session.scalars(select(Inquiry).where(Inquiry.order == 1).order_by(Inquiry.id)).all()


def _read(database: Database, raws: Sequence[bytes]) -> None:
    """Store in batches, as the mailbox brings them, and read all that was stored."""
    for start in range(0, len(raws), 50):
        with database.writing() as session:
            for number, raw in enumerate(raws[start : start + 50], start):
                answers.store(session, raw, content_key(raw), "bench", str(number), "", NOW)
    while read_stored(database, NOW):
        pass
