"""How the machine and this installation on it are: disk, clock, tables, backups, and whether letters truly go.

One fact each, as those of `status`; `status` tells of the work, this of what the work stands on.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator import ledger, status
from orchestrator.clock import Clock
from orchestrator.models import Event, Round
from orchestrator.schema import revisions
from orchestrator.settings import Settings
from orchestrator.states import RoundState
from orchestrator.status import Fact
from orchestrator.views import said
from profiles.sentences import Sentence

LEAST_FREE = 1_000_000_000
"""So many bytes must be free where the data is: raw mail and a backup need room."""

BACKUP_LASTS = timedelta(hours=26)
"""A backup every night, with some delay."""

MOST_DRIFT = timedelta(seconds=30)
"""The clock of the database server and ours may be so far apart; as `workers.clock_guard`."""

BACKED_UP = "backup.made"
GIGABYTE = 1e9
BROKEN = "Zet de verzending stil (praktijktest stop) en zoek uit wie bij de database kon."


class Check(StrEnum):
    """What is looked at, as machines call it."""

    DATABASE = "database"
    QUEUE = "queue"
    MAIL = "mail"
    SENDING = "sending"
    DISK = "disk"
    CLOCK = "clock"
    MIGRATIONS = "migrations"
    BACKUP = "backup"
    MODE = "mode"


def facts(session: Session, settings: Settings, clock: Clock, wall: datetime) -> Mapping[Check, Fact]:
    """Return a fact on each part of the machine; ``wall`` is the real moment, ``clock`` that of the installation."""
    return {
        Check.MIGRATIONS: _migrations(session),
        Check.DISK: _disk(settings),
        Check.CLOCK: _clock(session, wall),
        Check.BACKUP: _backup(session, clock.now()),
        Check.MODE: _mode(settings),
    }


def works(
    session: Session, settings: Settings, clock: Clock, wall: datetime, mailboxes: Sequence[str]
) -> dict[Check, bool]:
    """Say of each check whether all is well, for whoever watches over the installation; it says nothing else."""
    chapters = {each.key: each.facts for each in status.of_house(session, clock, mailboxes)}
    found = {
        Check.DATABASE: True,
        Check.QUEUE: all(fact.works for fact in chapters["werkprocessen"]),
        Check.MAIL: all(fact.works for fact in (*chapters["post"], *chapters["storingen"])),
        Check.SENDING: all(fact.works for fact in chapters["verzending"]),
    }
    return found | {check: fact.works for check, fact in facts(session, settings, clock, wall).items()}


def _migrations(session: Session) -> Fact:
    current, newest = revisions(session)
    if current == newest:
        return Fact(True, "Tabellen", Sentence.of("Zij zijn van deze versie (%(revision)s).", revision=newest))
    words = "Zij zijn van een andere versie: %(current)s, en deze versie kent %(newest)s."
    do = "Draai praktijktest migrate, of de versie van praktijktest die bij deze tabellen hoort."
    return Fact(False, "Tabellen", Sentence.of(words, current=current or "geen", newest=newest), do=do)


def _disk(settings: Settings) -> Fact:
    free = shutil.disk_usage(settings.data if settings.data.exists() else settings.data.absolute().anchor).free
    words = Sentence.of("Vrij: %(free)s GB.", free=f"{free / GIGABYTE:.1f}".replace(".", ","))
    if not os.access(settings.data, os.W_OK):
        return Fact(False, "Schijf", "In de map met gegevens kan niet worden geschreven.", do="Kijk naar haar rechten.")
    do = "" if free > LEAST_FREE else "Maak ruimte: zonder ruimte wordt er geen antwoord meer bewaard."
    return Fact(free > LEAST_FREE, "Schijf", words, do=do)


def _clock(session: Session, wall: datetime) -> Fact:
    """On a server of its own the database has another clock; on SQLite it has ours."""
    if session.get_bind().dialect.name == "sqlite":
        return Fact(True, "Klok", "De database gebruikt de klok van deze machine.")
    apart = abs(session.scalars(select(func.clock_timestamp())).one().astimezone(UTC) - wall)
    words = "Deze machine en de database schelen %(seconds)s seconden."
    seconds = Sentence.of(words, seconds=round(apart.total_seconds()))
    do = "" if apart <= MOST_DRIFT else "Zet beide gelijk met NTP; anders gaan brieven te vroeg of te laat uit."
    return Fact(apart <= MOST_DRIFT, "Klok", seconds, do=do)


def _backup(session: Session, now: datetime) -> Fact:
    """Only backups of ours are known; without a round that goes on there is nothing to lose."""
    last = session.scalar(select(func.max(Event.at)).where(Event.kind == BACKED_UP))
    needed = session.scalar(select(Round.id).where(Round.state.in_(_AT_STAKE)).limit(1)) is not None
    late = needed and (last is None or now - last > BACKUP_LASTS)
    do = "Draai elke nacht praktijktest backup BESTAND, en bewaar dat bestand op een andere machine." if late else ""
    if last is None:
        return Fact(not late, "Back-up", "Er is nog geen back-up gemaakt met praktijktest backup.", do=do)
    return Fact(not late, "Back-up", Sentence.of("De laatste is van %(moment)s.", moment=said(last)), do=do)


_AT_STAKE = (RoundState.APPROVED, RoundState.RUNNING, RoundState.PAUSED, RoundState.COLLECTING, RoundState.CLOSED)


def _mode(settings: Settings) -> Fact:
    if settings.pretends is None:
        return Fact(True, "Wijze", "Echt: brieven van een goedgekeurde echte ronde gaan naar woningaanbieders.")
    return Fact(True, "Wijze", Sentence.joined(["Oefenen.", settings.pretends]))


def whole(session: Session) -> Iterator[Fact]:
    """Tell whether the ledger is whole; it reads all of it."""
    found = list(ledger.faults(session))
    for fault in found:
        yield Fact(
            False,
            "Logboek",
            fault,
            do="Zet de verzending stil (praktijktest stop) en zoek uit wie bij de database kon.",
        )
    if not found:
        line = ledger.head(session)
        words = "Gaaf tot regel %(seq)s." if line else "Er staat nog niets in."
        yield Fact(True, "Logboek", Sentence.of(words, seq=line.seq) if line else words)
