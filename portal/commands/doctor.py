"""The installation examined: what it stands on, what it works with, and whether its ledger is whole."""

import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from rich.console import Console

from orchestrator import ledger, machine, status
from orchestrator.clock import Clock
from orchestrator.control import read_clock
from orchestrator.db import Database, Session
from orchestrator.machine import Check
from orchestrator.settings import PREFIX, Settings
from orchestrator.status import Chapter, Fact
from portal.commands import house
from portal.commands.ahead import print_chapters
from profiles.errors import BadInput, Problem, Refused
from profiles.sentences import Sentence

out = Console(soft_wrap=True, markup=False, highlight=False)
REACHED_WITHIN_SECONDS = 5.0
_LINE = re.compile(r"(\d{1,18}):([0-9a-f]{12,64})")


def doctor() -> None:
    """Print every fact; raise `Refused` when something is wrong, so that a nightly job notices."""
    settings = Settings.from_env()
    database = _as_it_is(settings)
    clock = read_clock(database)
    with database.reading() as session:
        facts = machine.facts(session, settings, clock, datetime.now(UTC))
        chapters = [
            Chapter("machine", "Machine", (*facts.values(), _keys(settings))),
            Chapter("servers", "Servers", tuple(_servers(settings))),
        ]
        # Tables of another version may lack what the rest asks for.
        if facts[Check.MIGRATIONS].works:
            chapters += _work(session, settings, clock)
    print_chapters(chapters)
    if not all(fact.works for chapter in chapters for fact in chapter.facts):
        remedy = "Kijk naar de regels met LET OP; daar staat wat te doen is."
        raise Refused("not-well", "Niet alles is in orde.", remedy)


def _work(session: Session, settings: Settings, clock: Clock) -> Iterator[Chapter]:
    from workers.inbox.imap import sources  # the mail libraries take their time to load

    yield from status.of_house(session, clock, sources(settings))
    yield Chapter("logboek", "Logboek", tuple(machine.whole(session)))


def verify_ledger(line: str | None) -> None:
    """Print that the ledger is whole; raise `BadInput` with every fault, and when a line that was noted is gone."""
    noted = _noted(line) if line else None
    with house.reading() as (session, _):
        found = list(ledger.faults(session))
        if noted and not ledger.begins_with(session, *noted):
            found.append(f"Regel {noted[0]} van het logboek is niet meer die met hash {noted[1]}, of ontbreekt.")
    if found:
        raise BadInput(Problem("ledger-broken", sentence) for sentence in found)
    out.print("Het logboek is gaaf.")


def print_head() -> None:
    """Print the newest line as ``verify --head`` reads it."""
    with house.reading() as (session, _):
        newest = ledger.head(session)
    if newest is None:
        raise Refused("empty-ledger", "Het logboek is nog leeg.", "Zodra er iets gebeurt, heeft het een regel.")
    out.print(f"{newest.seq}:{newest.hash}")


def _noted(line: str) -> tuple[int, str]:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        remedy = "Schrijf nummer en hash zoals praktijktest ledger head ze toont: 120:9f3c…"
        raise BadInput(Problem("bad-line", "Dit is geen regel van een logboek.", found=line, remedy=remedy))
    return int(found[1]), found[2]


def _as_it_is(settings: Settings) -> Database:
    """Open the database without making or upgrading anything: who examines does not treat."""
    if settings.database_url is None and not (settings.data / "praktijktest.db").is_file():
        raise Refused("no-database", f"In map {settings.data} is nog geen database.", "Start eerst praktijktest run.")
    return house.open_as_it_is(settings)


def _servers(settings: Settings) -> Iterator[Fact]:
    """Tell which servers that are set let themselves be reached from here, now."""
    redis = urlsplit(settings.redis_url or "")
    for name, host, port in (
        ("De mailserver", settings.smtp_host, settings.smtp_port),
        ("De mailbox", settings.imap_host, settings.imap_port),
        ("Redis", redis.hostname, redis.port or 6379),
    ):
        if host:
            yield _server(name, host, port)
    if settings.smtp_host is None:
        yield Fact(True, "De mailserver", f"Er is er geen ingesteld ({PREFIX}SMTP_HOST).")


def _keys(settings: Settings) -> Fact:
    """Tell when the master key lies beside what it opens: one snapshot of that folder would give both away."""
    file = settings.keys.file if settings.master_key is None else None
    if file is None or not file.resolve().is_relative_to(settings.data.resolve()):
        return Fact(True, "Sleutels", "De hoofdsleutel staat buiten de map met gegevens.")
    do = f"Verplaats {file} naar een plek buiten back-up en momentopname, en zet {PREFIX}MASTER_KEY_FILE."
    words = "De hoofdsleutel staat in de map met gegevens: wie die map kopieert, heeft beide."
    return Fact(not settings.live, "Sleutels", words, do=do if settings.live else "")


def _server(name: str, host: str, port: int) -> Fact:
    try:
        socket.create_connection((host, port), REACHED_WITHIN_SECONDS).close()
    except OSError as error:
        words = Sentence.of("%(host)s:%(port)s is niet te bereiken (%(why)s).", host=host, port=port, why=error)
        return Fact(False, name, words, do="Kijk of de server draait en of adres, poort en firewall kloppen.")
    return Fact(True, name, Sentence.of("%(host)s:%(port)s is te bereiken.", host=host, port=port))
