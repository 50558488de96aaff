"""Mail folders, read by polling: nothing in them is marked or deleted, and what is taken counts once. See DESIGN §5."""

import hashlib
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError

from orchestrator import channel_faults, mailbox
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.models import ImapCursor
from orchestrator.rounds import answers, copies
from orchestrator.rounds.answers import Arrival
from orchestrator.settings import PREFIX, Security, Settings
from profiles.errors import Refused
from workers import faults
from workers.inbox.listener import MOST_BYTES
from workers.inbox.parse import content_key, delivered_to, parse
from workers.patience import Patience
from workers.trust import trust

BATCH = 50
"""Mails in one transaction."""

MOST = 200
"""Mails in one poll: whoever shares this process must have a turn."""

TOO_BIG = "te-groot"
LONGEST_SOURCE = 80


class MailboxFault(Exception):
    """The mailbox could not be read to its end; the message is for the person who must mend it."""


class LoginRefused(MailboxFault):
    """The server does not take our name and password; it is not asked again at once."""


@dataclass(frozen=True)
class Fetched:
    """One mail as its folder gave it; ``whole`` is False when only its headers were taken.

    ``received_at`` is when it came in the mailbox, as its server says (INTERNALDATE): how late we read it is no part
    of the time an answer took.
    """

    source: str
    key: str
    raw: bytes
    received_at: datetime
    whole: bool


Keep = Callable[[Session, Sequence[Fetched], datetime], object]
"""What is done with a batch of mails, in the transaction that moves the cursor past it."""


@dataclass(frozen=True)
class Folder:
    """A folder to read; of a mail of more than ``most_bytes`` only the headers are fetched."""

    name: str
    most_bytes: int
    keep: Keep


def poll(database: Database, clock: Clock, settings: Settings, patience: Patience | None = None) -> int:
    """Take in what came since the last poll; return how many mails were looked at: `MOST` or more means ask again.

    A fault is noted for the status page and not raised: the folder is read on from the same place the next time.
    ``patience`` is what remembers a refused login from one poll to the next.
    """
    patience, taken = patience or Patience(), 0
    for folder in _folders(settings):
        if not patience.waits():
            taken += _visit(database, clock, settings, folder, patience)
    return taken


def sources(settings: Settings) -> tuple[str, ...]:
    """Return the names under which the folders are known that this installation reads; none without a mailbox."""
    return tuple(source_of(settings, folder.name) for folder in _folders(settings))


def _folders(settings: Settings) -> Iterator[Folder]:
    if settings.imap_host is None:
        return
    yield Folder(settings.imap_folder, MOST_BYTES, _answer)
    if settings.ledger_imap_folder:
        yield Folder(settings.ledger_imap_folder, 0, _copy)


def source_of(settings: Settings, folder: str) -> str:
    """Return the name under which deliveries of this folder are known; one that is too long ends in its digest."""
    source = f"imap:{settings.imap_user}@{settings.imap_host}/{folder}"
    if len(source) <= LONGEST_SOURCE:
        return source
    return f"{source[: LONGEST_SOURCE - 17]}#{hashlib.sha256(source.encode()).hexdigest()[:16]}"


def ledger_source(settings: Settings) -> str | None:
    """Return the name under which the folder with copies is known; None when there is none."""
    if settings.imap_host is None or settings.ledger_imap_folder is None:
        return None
    return source_of(settings, settings.ledger_imap_folder)


def _visit(database: Database, clock: Clock, settings: Settings, folder: Folder, patience: Patience) -> int:
    source = source_of(settings, folder.name)
    try:
        with _opened(settings) as client:
            patience.welcomed()
            taken = _read_on(database, clock, client, folder, source)
    except (MailboxFault, Refused) as fault:
        if isinstance(fault, LoginRefused):
            patience.refused()
        with database.writing() as session:
            channel_faults.note(session, source, str(fault), clock.now())
        return 0
    with database.writing() as session:
        channel_faults.clear(session, source, clock.now())
    return taken


def _read_on(database: Database, clock: Clock, client: IMAPClient, folder: Folder, source: str) -> int:
    """Take the next mails of an open mailbox in; every batch is one transaction with its step of the cursor.

    When there were no more than one poll takes, that the folder was read to its end is kept with the cursor.
    """
    validity, began = _examine(client, folder.name), clock.now()
    with database.reading() as session:
        last = mailbox.last_uid(session, source, validity)
    sizes = _sizes(client, last)
    for batch in _batches(sizes, folder.most_bytes):
        big = [uid for uid, size in batch.items() if size > folder.most_bytes]
        given = _fetch(client, batch, big)
        faults.at("fetched")
        with database.writing() as session:
            cursor = _hold(session, source, validity, last)
            now = clock.now()
            mails = [
                Fetched(source, f"{validity}:{uid}", raw, clock.when(came) if came else now, uid not in big)
                for uid, (raw, came) in given.items()
            ]
            folder.keep(session, mails, now)
            last = max(batch)
            mailbox.advance(cursor, validity, last)
            faults.at("storing")
        faults.at("stored")
    if len(sizes) < MOST:
        with database.writing() as session:
            _hold(session, source, validity, last).ended_at = began
    return len(sizes)


def _hold(session: Session, source: str, validity: int, last: int) -> ImapCursor:
    """Return the folder's cursor, held; raise `MailboxFault` when it is behind UID ``last``, which we know was stored.

    Then a backup of the database was put back meanwhile, and what came after it must be read again.
    """
    cursor = mailbox.hold(session, source, validity)
    if mailbox.known(cursor, validity) < last:
        raise MailboxFault(f"De database ging terug in de tijd terwijl {source} werd gelezen; dat begint nu opnieuw")
    return cursor


def _answer(session: Session, mails: Sequence[Fetched], now: datetime) -> None:
    """Answers of advertisers: kept raw, and read later by the path that all answers take."""
    came = [_arrival(mail) for mail in mails]
    for mail, fresh in zip(mails, answers.store_all(session, came), strict=True):
        if fresh is not None and not mail.whole:
            answers.set_aside(session, fresh, TOO_BIG, now)


def _arrival(mail: Fetched) -> Arrival:
    addressees = ",".join(delivered_to(mail.raw))
    return Arrival(mail.raw, content_key(mail.raw), mail.source, mail.key, addressees, mail.received_at)


def _copy(session: Session, mails: Sequence[Fetched], now: datetime) -> None:
    """Copies of our own letters: evidence, never an answer, and not kept."""
    for mail in mails:
        parsed = parse(mail.raw)
        copies.keep(session, parsed.message_id, parsed.date, now)


@contextmanager
def _opened(settings: Settings) -> Iterator[IMAPClient]:
    """Give a connection that is protected as set, and logged in; raise `MailboxFault`."""
    where = f"Mailbox {settings.imap_user} op {settings.imap_host}:{settings.imap_port}"
    with _faults(f"{where} is niet bereikbaar"):
        client = IMAPClient(
            settings.imap_host,
            settings.imap_port,
            ssl=settings.imap_security is Security.TLS,
            ssl_context=trust(settings.imap_ca_file, "IMAP_CA_FILE"),
            timeout=settings.wire_timeout_seconds,
        )
    client.normalise_times = False  # else times come naive, and in the zone of this machine
    with client:
        with _faults(f"{where}: geen versleutelde verbinding"):
            if settings.imap_security is Security.STARTTLS:
                client.starttls(trust(settings.imap_ca_file, "IMAP_CA_FILE"))
        with _faults(f"{where}: inloggen lukt niet"):
            password = settings.imap_password.get_secret_value() if settings.imap_password else ""
            client.login(settings.imap_user, password)
        yield client


@contextmanager
def _faults(what: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise MailboxFault(f"{what}: het certificaat klopt niet ({error.verify_message})") from error
    except CapabilityError as error:
        raise MailboxFault(f"{what}: de server biedt geen STARTTLS aan") from error
    except LoginError as error:
        remedy = f"kijk {PREFIX}IMAP_USER en {PREFIX}IMAP_PASSWORD na"
        raise LoginRefused(f"{what}: de inloggegevens worden geweigerd ({error}); {remedy}") from error
    except (OSError, IMAPClientError) as error:
        raise MailboxFault(f"{what}: {type(error).__name__}: {error}") from error


def _examine(client: IMAPClient, folder: str) -> int:
    """Open the folder so that nothing in it can change; return its UIDVALIDITY."""
    with _faults(f"Map {folder} is niet te openen"):
        opened = client.select_folder(folder, readonly=True)
    if b"UIDVALIDITY" not in opened:
        raise MailboxFault(f"Map {folder} heeft geen UIDVALIDITY: van deze server is niet veilig te lezen")
    return int(opened[b"UIDVALIDITY"])


def _sizes(client: IMAPClient, last: int) -> dict[int, int]:
    """Return the first `MOST` mails after UID ``last``, in order, with their sizes in bytes."""
    with _faults("Zoeken naar nieuwe berichten lukt niet"):
        # "n:*" always gives the last mail, also when its UID is below n.
        found = sorted(uid for uid in client.search(["UID", f"{last + 1}:*"]) if uid > last)[:MOST]
        told = client.fetch(found, ["RFC822.SIZE"])
    return {uid: int(told.get(uid, {}).get(b"RFC822.SIZE", 0)) for uid in found}


def _batches(sizes: Mapping[int, int], most_bytes: int) -> Iterator[dict[int, int]]:
    """Give the mails in order, at most `BATCH` together, and together no more bytes than one mail may have."""
    batch: dict[int, int] = {}
    total = 0
    for uid, size in sizes.items():
        cost = size if size <= most_bytes else 0
        if len(batch) == BATCH or total + cost > most_bytes:
            yield batch
            batch, total = {}, 0
        batch[uid] = size
        total += cost
    if batch:
        yield batch


def _fetch(
    client: IMAPClient, batch: Collection[int], big: Collection[int]
) -> dict[int, tuple[bytes, datetime | None]]:
    """Return by UID, in order, the raw mail and when it came, of the big ones the headers; never marks one as seen."""
    with _faults("Berichten ophalen lukt niet"):
        told = client.fetch([uid for uid in batch if uid not in big], ["BODY.PEEK[]", "INTERNALDATE"])
        told |= client.fetch(list(big), ["BODY.PEEK[HEADER]", "INTERNALDATE"])
    return {uid: _told(uid, told.get(uid, {})) for uid in batch}


def _told(uid: int, parts: Mapping[bytes, Any]) -> tuple[bytes, datetime | None]:
    raw, came = parts.get(b"BODY[]", parts.get(b"BODY[HEADER]")), parts.get(b"INTERNALDATE")
    if raw is None:
        # Perhaps somebody deleted it just now; else the cursor must not pass what the server still owes us.
        raise MailboxFault(f"De server gaf bericht {uid} niet, al staat het in de map")
    return bytes(raw), came if came and came.tzinfo else None
