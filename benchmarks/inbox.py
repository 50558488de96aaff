"""How many replies a second are stored, parsed, matched, masked, cut, labelled and kept? Beside it: parsing alone.

The replies invite, refuse, ask, put off and tell of holidays, as plain text, as HTML, as both with a quotation,
in three encodings and with an attachment now and then. Parsing alone is `email` with ``policy.default``, body read.
On PostgreSQL once by one process, and once by two beside each other, as `worker inbox` may be started.
"""

import email
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select, text

from benchmarks.dispatch import MORNING, a_round
from benchmarks.record import Figure, ratio
from benchmarks.server import postgres
from orchestrator.db import Database
from orchestrator.design import MOST_PAIRS, Design
from orchestrator.garbage import collect_less
from orchestrator.intake import ListingRow, Participant
from orchestrator.master_keys import Keys
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
READERS = 2
_Planned = tuple[Design, Sequence[Participant], Sequence[ListingRow]]
_TAKEN = (Inquiry.sender_name, Inquiry.reply_address, Inquiry.message_id, Inquiry.subject, Inquiry.body)
CHARSETS = ("utf-8", "iso-8859-1", "us-ascii")


def mails(letters: Sequence[Row[Any]], chance: random.Random) -> Iterator[bytes]:
    """One answer to each letter."""
    for number, letter in enumerate(letters):
        message = EmailMessage()
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
        yield _head(number, letter, chance) + message.as_bytes()


def _head(number: int, letter: Row[Any], chance: random.Random) -> bytes:
    """The headers but those of the body; as they stand, for the library takes half of the time to look at them."""
    return (
        f"From: Anna de Boer <verhuur@kantoor-{number}.example>\n"
        f"To: {letter.reply_address}\n"
        f"Subject: Re: {letter.subject}\n"
        f"Message-ID: <{number}.{chance.randrange(10**9)}@kantoor-{number}.example>\n"
        f"Date: {format_datetime(NOW)}\n"
        f"In-Reply-To: {letter.message_id}\n"
    ).encode("ascii")


def measure(runs: int, size: int = 10_000) -> list[Figure]:
    collect_less()
    ours, parsing, there, together = [], [], [], []
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        for run in range(runs):
            here = Path(folder) / str(run)
            raws, rate = _rate(Database.at(f"sqlite:///{here / 'inbox.db'}"), size, run)
            ours.append(rate)
            parsing.append(_parsing(raws))
            keys = Keys.beside(here / "keys")
            there.append(_rate(Database.at(server.create(f"inbox{run}"), keys), size, run)[1])
            together.append(_rate_of_several(server.create(f"readers{run}"), keys, size, run))
    whole, alone = (
        Figure("the whole path", "replies/s", tuple(ours), "1,000 or more"),
        Figure("parsing alone (email, policy.default)", "replies/s", tuple(parsing)),
    )
    server_side = Figure("the whole path on PostgreSQL", "replies/s", tuple(there), "1,000 or more")
    beside = Figure(f"the whole path on PostgreSQL, {READERS} readers", "replies/s", tuple(together), "1,000 or more")
    return [whole, server_side, beside, alone, ratio("the whole path to parsing alone", whole, alone)]


def _rate(database: Database, size: int, run: int) -> tuple[list[bytes], float]:
    """So many mails, and how many of them a second are stored and read in this database."""
    raws = answers_to_all(database, size, random.Random(run))  # noqa: S311 - nothing to guess
    began = time.perf_counter()
    read_all(database, raws)
    taken = time.perf_counter() - began
    database.engine.dispose()
    return raws, size / taken


def _rate_of_several(url: str, keys: Keys, size: int, run: int) -> float:
    """As `_rate`, by processes that each store their part and then read what nobody has read yet."""
    database = Database.at(url, keys)
    raws = answers_to_all(database, size, random.Random(run))  # noqa: S311 - nothing to guess
    database.engine.dispose()
    context = get_context("spawn")
    ready = context.Barrier(READERS + 1)
    parts = ((url, keys, raws[number::READERS], f"bench{number}", ready) for number in range(READERS))
    readers = [context.Process(target=_reader, args=part) for part in parts]
    for each in readers:
        each.start()
    ready.wait()
    began = time.perf_counter()
    for each in readers:
        each.join()
    if any(each.exitcode for each in readers):
        raise SystemExit("a reader failed")
    return size / (time.perf_counter() - began)


def _reader(url: str, keys: Keys, raws: Sequence[bytes], mailbox: str, ready: Barrier) -> None:
    collect_less()
    database = Database.at(url, keys)
    ready.wait()
    read_all(database, raws, mailbox)


def _parsing(raws: Sequence[bytes]) -> float:
    began = time.perf_counter()
    for raw in raws:
        email.message_from_bytes(raw, policy=default).get_body(("plain", "html"))
    return len(raws) / (time.perf_counter() - began)


def answers_to_all(database: Database, size: int, chance: random.Random, offices: int | None = None) -> list[bytes]:
    """One answer to each of so many first letters, which are made, at so many offices or one for each."""
    prepare(database)
    for design, takers, homes in _rounds(*a_round(size, offices)):
        with database.writing() as session:
            planning.plan(session, design, takers, homes, actor="anna", now=MORNING - timedelta(days=12))
            lifecycle.approve(session, design.round, "bert", MORNING - timedelta(days=12))
            lifecycle.start(session, design.round, "anna", MORNING, live=False)
    return list(mails(_sent(database), chance))


def _rounds(design: Design, takers: Sequence[Participant], homes: Sequence[ListingRow]) -> Iterator[_Planned]:
    """The same as one round, or as several of the most pairs that a design may ask for."""
    rounds = -(-len(homes) // MOST_PAIRS)
    for number in range(rounds):
        sample = design.sample.model_copy(update={"pairs": len(homes) // rounds})
        part = design.model_copy(update={"round": f"{design.round}-{number}", "sample": sample})
        yield part, takers[number::rounds], homes[number::rounds]


def _sent(database: Database) -> Sequence[Row[Any]]:
    """What an answer takes from each first letter, all of which went out this morning."""
    with database.writing() as session:
        told = {"at": MORNING.replace(tzinfo=None) if database.engine.dialect.name == "sqlite" else MORNING}
        session.execute(text("UPDATE inquiry SET state = 'sent', sent_at = :at WHERE \"order\" = 1"), told)
    with database.reading() as session:
        return session.execute(select(*_TAKEN).where(Inquiry.order == 1).order_by(Inquiry.id)).all()


def read_all(database: Database, raws: Sequence[bytes], mailbox: str = "bench") -> None:
    """Store in batches, as the mailbox brings them, and read all that was stored."""
    for start in range(0, len(raws), 50):
        batch = enumerate(raws[start : start + 50], start)
        came = [answers.Arrival(raw, content_key(raw), mailbox, str(number), "", NOW) for number, raw in batch]
        with database.writing() as session:
            answers.store_all(session, came)
    while read_stored(database, NOW):
        pass
