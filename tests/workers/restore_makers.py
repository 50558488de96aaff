"""A drill of losing a database: a round that is sent for real up to a point, put back, and brought to its end."""

import os
import secrets
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from house_makers import MINUTE, OPENING, a_listing, an_advertiser, letters, run
from mailbox_makers import LEDGER, Mailbox
from sqlalchemy import URL

from orchestrator import backup, views
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.intake import Channel as Road
from orchestrator.models import Inquiry
from orchestrator.rounds import reconciling, restored
from orchestrator.rounds.reconciling import Reconciled
from orchestrator.rounds.sending import Envelope
from orchestrator.schema import prepare
from orchestrator.settings import Settings
from orchestrator.states import LetterState
from workers.backup_guard import BackupGuard
from workers.channels.message import compose
from workers.channels.transport import Gate
from workers.dispatch import Dispatcher
from workers.inbox import imap

FORM = "http://127.0.0.1:8480/formulier/bravo"
PATIENCE = timedelta(seconds=reconciling.COPY_SECONDS)


@dataclass
class Relay:
    """Takes every letter, and puts a copy of each mail in the ledger folder, when there is one."""

    mailbox: Mailbox | None
    taken: list[str] = field(default_factory=list)

    def send(self, envelope: Envelope, gate: Gate) -> str:
        gate()
        self.taken.append(envelope.message_id)
        if self.mailbox and envelope.channel is Road.SMTP:
            self.mailbox.put(compose(envelope), folder=LEDGER)
        return "250 kept"


@dataclass
class Drill:
    """A house with one round; ``process`` is its sending worker, ``memory`` the file that outlives it."""

    database: Database
    folder: Path
    relay: Relay
    settings: Settings
    memory: Path | None = None
    now: datetime = OPENING
    process: Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    @property
    def clock(self) -> Clock:
        return Clock(self.now, time.time(), 1.0)

    def plan(self, mails: int, forms: int = 0) -> None:
        people = [an_advertiser(), an_advertiser("bravo", channel=Road.WEBFORM, form_url=FORM)]
        homes = [a_listing(number, "alfa" if number <= mails else "bravo") for number in range(1, mails + forms + 1)]
        run(self.database, participants=people, rows=homes)

    def begin(self) -> None:
        """Start a worker process anew."""
        guard = BackupGuard(self.memory, imap.ledger_source(self.settings))
        roads = {Road.SMTP: self.relay, Road.WEBFORM: self.relay}
        self.process = Dispatcher(self.database, self.clock, self.settings, roads, "w1", backups=guard)

    def at(self, now: datetime) -> Dispatcher:
        """Let it be this late for the worker."""
        self.now = now
        self.process = replace(self.process, clock=self.clock)
        return self.process

    def works(self, until: datetime) -> int:
        """Let the worker do what it does, at every moment a letter is due; return how many letters it tried."""
        tried = 0
        for moment in sorted({row.planned_at for row in letters(self.database) if self.now < row.planned_at <= until}):
            self.at(moment + MINUTE / 60)
            self.process.sweep()
            tried += self.process.send_due()
        self.at(until)
        while more := self.process.send_due():
            tried += more
        self.process.sweep()
        return tried

    def ends(self) -> None:
        """Let everything go that still may."""
        while upcoming := [row.planned_at for row in letters(self.database) if row.state is LetterState.PLANNED]:
            if not self.works(max(self.now, min(upcoming)) + MINUTE):
                self.now = max(self.now, min(upcoming)) + 12 * 60 * MINUTE
                self.at(self.now).sweep()

    def polls(self) -> int:
        return imap.poll(self.database, self.clock, self.settings)

    def reconciles(self) -> Reconciled:
        with self.database.writing() as session:
            source = imap.ledger_source(self.settings)
            return reconciling.reconcile(session, "m.dekker", self.now, source, PATIENCE)

    def saves(self) -> Path:
        file = self.folder / "back-up"
        backup.save(self.database, file)
        return file

    def puts_back(self, file: Path, *, told: bool = True) -> None:
        """Replace the database by the backup, and start the worker again."""
        self.database.engine.dispose()
        url = self.database.engine.url
        if url.get_backend_name() != "sqlite":
            pg_restore(url, file)
            self._tells() if told else None
        elif told:
            backup.put_back(url.render_as_string(), file, lambda made: self._tells(made))
        else:
            shutil.copy(file, str(url.database))
            for beside in ("-wal", "-shm"):
                Path(f"{url.database}{beside}").unlink(missing_ok=True)
        self.begin()

    def _tells(self, database: Database | None = None) -> None:
        with (database or self.database).writing() as session:
            restored.mark(session, "m.dekker", self.now, restored.TOLD)

    def why_shut(self) -> str | None:
        with self.database.reading() as session:
            return views.why_shut(session)

    def states(self, road: Road = Road.SMTP) -> Counter[LetterState]:
        return Counter(row.state for row in self.inquiries(road))

    def inquiries(self, road: Road) -> list[Inquiry]:
        return [row for row in letters(self.database) if row.channel is road]

    def doubles(self) -> list[str]:
        return [message_id for message_id, times in Counter(self.relay.taken).items() if times > 1]


def pg_restore(url: URL, file: Path) -> None:
    """Put a backup into a PostgreSQL database, as docs/operations.md says."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    program = shutil.which("pg_restore")
    assert program is not None
    subprocess.run([program, "--clean", "--if-exists", "--no-owner", f"--dbname={address}", str(file)], check=True)


@contextmanager
def a_file_database(folder: Path, blank: Path) -> Iterator[Database]:
    """A SQLite database of our own, to be lost."""
    made = Database.at(f"sqlite:///{shutil.copy(blank, folder / 'praktijktest.db')}")
    yield made
    made.engine.dispose()


@contextmanager
def a_server_database(beside: Database, *, empty: bool = False) -> Iterator[Database]:
    """A PostgreSQL database of our own, to be lost, on the server of another one; ``empty`` has no tables at all."""
    if not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("no pg_dump and pg_restore (Debian: postgresql-client)")
    url, name = beside.engine.url.difference_update_query(["options"]), f"proef_{os.getpid()}_{secrets.token_hex(4)}"
    outside = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(outside, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    made = Database.at(url.set(database=name).render_as_string(hide_password=False), beside.vault.keys)
    try:
        if not empty:
            prepare(made)
        yield made
    finally:
        made.engine.dispose()
        with psycopg.connect(outside, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
