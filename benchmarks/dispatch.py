"""How many letters a second go out, from claim to record, on PostgreSQL and Redis by two workers into a local sink?

Beside it: bare smtplib on eight connections that are kept, and one task per letter of Celery, Dramatiq and Huey
(`benchmarks.rivals`). All in one run, one after another, each into a sink of its own; the rate is of the moments at
which the sink took the letters after the first fifth and before the last twentieth, so that nobody is charged for
starting: the second process of a pair starts while the first one sends, and each plans and compiles what it asks for
the first time. Once into the barest sink there can be, and once into one that does for a letter what a mail server has
to: what the sink takes of the machine, it takes of everybody's.
"""

import itertools
import os
import signal
import smtplib
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import select, text

from benchmarks import rivals
from benchmarks.planning import EXAMPLE
from benchmarks.record import Figure, ratio
from orchestrator.control import set_clock
from orchestrator.db import Database
from orchestrator.design import Design, read_design
from orchestrator.intake import ListingRow, Participant, read_listings, read_participants
from orchestrator.master_keys import Keys
from orchestrator.models import Inquiry
from orchestrator.rounds import lifecycle, planning
from orchestrator.schema import prepare

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from servers import OwnPostgres, OwnRedis, own_postgres, own_redis

ROOT, QUIET = Path(__file__).parents[1], subprocess.DEVNULL
MORNING = datetime(2026, 9, 14, 8, tzinfo=UTC)
"""A Monday, ten in the morning in Amsterdam."""

CONNECTIONS, WORKERS, PATIENCE = 8, 2, 300.0
SINKS = {"sink": "bare sink", "library_sink": "aiosmtpd"}
"""Modules of this room, and how their figures are called."""

AT_START = timedelta(hours=12)
BODY = "Subject: Reactie op de woning\r\n\r\n" + "Graag kom ik de woning bekijken. Kan dat?\r\n" * 30


def a_round(letters: int, offices: int | None = None) -> tuple[Design, list[Participant], list[ListingRow]]:
    """So many pairs, one at each advertiser or at so many of them; what one may bear is asked and never in the way."""
    offices = offices or letters
    design, known = read_design(EXAMPLE / "round.yaml"), read_participants(EXAMPLE / "participants.csv")
    model, dwelling = known[0], read_listings(EXAMPLE / "listings.csv", known)[0]
    takers = [
        replace(
            model,
            advertiser=f"kantoor-{number}",
            email=f"huur@kantoor-{number}.example",
            consent_until=date(2027, 6, 1),
        )
        for number in range(offices)
    ]
    homes = [
        replace(
            dwelling, listing=f"w-{number}", advertiser=f"kantoor-{number % offices}", street=f"Dreef {number}", url=""
        )
        for number in range(letters)
    ]
    sample = design.sample.model_copy(update={"pairs": letters, "feeds": (), "strata": (), "sham_share": 0})
    schedule = design.schedule
    if offices < letters:
        each = -(-letters // offices)
        sample = sample.model_copy(update={"per_advertiser": each})
        schedule = schedule.model_copy(update={"per_advertiser_week": each, "cooldown_hours": 0})
    return design.model_copy(update={"sample": sample, "schedule": schedule}), takers, homes


@contextmanager
def sink(folder: Path, into: str = "sink") -> Iterator[tuple[int, Callable[[], Sequence[float]]]]:
    """A sink of its own, of that module: its port, and the moments at which it took letters."""
    file = Path(tempfile.mkstemp(dir=folder)[1])
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", f"benchmarks.{into}", str(file)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None  # noqa: S101 - asked for above
    try:
        yield int(process.stdout.readline()), lambda: [each for (each,) in struct.iter_unpack("d", file.read_bytes())]
    finally:
        process.kill()
        process.wait()


def rate(moments: Callable[[], Sequence[float]], letters: int) -> float:
    """Letters a second between the first fifth and the last twentieth, once all have come."""
    until = time.monotonic() + PATIENCE
    while len(taken := moments()) < letters:
        if time.monotonic() > until:
            raise SystemExit(f"{len(taken)} of {letters} letters came")
        time.sleep(0.1)
    if len(taken) > letters:
        raise SystemExit(f"{len(taken)} letters came, of {letters}")
    inner = sorted(taken)[letters // 5 : letters - letters // 20]
    return (len(inner) - 1) / (inner[-1] - inner[0])


def of_bare(letters: int, folder: Path, into: str) -> float:
    with sink(folder, into) as (port, moments):
        bare(port, letters, BODY)
        return rate(moments, letters)


def bare(port: int, letters: int, body: str) -> None:
    def post(first: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as line:
            for number in range(first, letters, CONNECTIONS):
                line.sendmail("an@woonpost.example", [f"huur@kantoor-{number}.example"], body)

    threads = [threading.Thread(target=post, args=(first,)) for first in range(CONNECTIONS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


RIVALS = {
    "celery": [[sys.executable, "-m", "celery", "-A", "benchmarks.rivals:celery", "worker", "-c2", "--loglevel=ERROR"]],
    "dramatiq": [[sys.executable, "-m", "dramatiq", "benchmarks.rivals", "--processes", "2", "--threads", "4"]],
    "huey": [
        [sys.executable, "-m", "huey.bin.huey_consumer", "benchmarks.rivals.huey", "-w", "2", "-k", "process", "-q"]
    ],
}
AIMS = {"celery": "1.5 or more"}
"""What most people would take; the others are there to compare."""


def of_rival(kind: str, letters: int, address: str, broker: OwnRedis, folder: Path, into: str) -> float:
    """Fill its table and its queue, and only then start its workers."""
    broker.flush()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS letter")
        connection.execute(rivals.TABLE)
        with connection.cursor().copy("COPY letter (id, body) FROM STDIN") as rows:
            for number in range(letters):
                rows.write_row((number, BODY))
    with sink(folder, into) as (port, moments):
        told = {"RIVAL": kind, "RIVAL_REDIS": broker.url, "RIVAL_DATABASE": address, "RIVAL_SMTP": str(port)}
        environment = {**os.environ, **told}
        # Not by -m: a task of __main__ would be another one than its worker knows.
        asked = [sys.executable, "-c", f"from benchmarks import rivals; rivals.fill({letters})"]
        subprocess.run(asked, check=True, env=environment, cwd=ROOT)  # noqa: S603 - our own module
        with running(RIVALS[kind], environment):
            return rate(moments, letters)


class Ours:
    """A planned and started round on PostgreSQL of which the first letters are due, again and again."""

    def __init__(self, server: OwnPostgres, keys: Keys, letters: int, offices: int | None = None) -> None:
        self.url, self.address, self.letters = server.create("dispatch"), server.address("dispatch"), letters
        self.database = Database.at(self.url, keys)
        prepare(self.database)
        design, takers, homes = a_round(letters, offices)
        before = MORNING - timedelta(days=12)
        with self.database.writing() as session:
            set_clock(session, MORNING, 1.0)
            planning.plan(session, design, takers, homes, actor="anna", now=before)
            lifecycle.approve(session, design.round, "bert", before)
            lifecycle.start(session, design.round, "anna", MORNING, live=False)
        self.at_once("UPDATE inquiry SET planned_at = CASE WHEN \"order\" = 1 THEN %s ELSE %s END, not_after = %s",
                     MORNING - AT_START, MORNING + timedelta(days=20), MORNING + timedelta(days=30))  # fmt: skip

    def again(self) -> None:
        """Put everything back as it was before the first letter."""
        with self.database.writing() as session:
            set_clock(session, MORNING, 1.0)
        self.at_once("DELETE FROM attempt")
        self.at_once(
            "UPDATE inquiry SET state = 'planned', fence = 0, attempts = 0, sent_at = NULL, worker = NULL,"
            " lease_until = NULL, next_try_at = NULL, remote_ref = NULL"
        )  # fmt: skip

    def at_once(self, sql: str, *values: object) -> None:
        """Change all letters; by a connection of its own, for ours soon takes a server for dead that says nothing."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(sql, values)

    def measured(self, broker: OwnRedis, folder: Path, into: str) -> float:
        self.again()
        broker.flush()
        with sink(folder, into) as (port, moments):
            told = {
                "PRAKTIJKTEST_DATA": str(folder), "PRAKTIJKTEST_DATABASE_URL": self.url,
                "PRAKTIJKTEST_REDIS_URL": broker.url, "PRAKTIJKTEST_SMTP_HOST": "127.0.0.1",
                "PRAKTIJKTEST_SMTP_PORT": str(port),
            }  # fmt: skip
            ours = [str(Path(sys.executable).with_name("praktijktest"))]
            with running([[*ours, "worker", "send"]] * WORKERS + [[*ours, "beat"]], {**os.environ, **told}):
                found = rate(moments, self.letters)
                self.all_recorded()
                return found

    def all_recorded(self) -> None:
        """What is measured ends at the record: each letter is known to have gone."""
        until = time.monotonic() + PATIENCE
        sent = text("SELECT count(*) FROM inquiry WHERE state = 'sent'")
        while True:
            with self.database.reading() as session:
                if session.scalar(sent) == self.letters:
                    return
            if time.monotonic() > until:
                raise SystemExit("not every letter was recorded as sent")
            time.sleep(0.1)

    def body(self) -> str:
        """The text of one letter, so that all carry about as much."""
        with self.database.reading() as session:
            return str(session.scalar(select(Inquiry.body).limit(1)))


@contextmanager
def running(all_words: Sequence[Sequence[str]], environment: dict[str, str]) -> Iterator[None]:
    processes = [
        subprocess.Popen(words, env=environment, cwd=ROOT, stdout=QUIET, start_new_session=True)  # noqa: S603
        for words in all_words
    ]
    try:
        yield
    finally:
        for each in processes:
            os.killpg(each.pid, signal.SIGKILL)
            each.wait()


def measure(runs: int, letters: int = 6000) -> list[Figure]:
    """Everything once in each run, into each of the sinks."""
    server, broker = own_postgres(durable=True), own_redis()
    taken: dict[str, dict[str, list[float]]] = {into: {} for into in SINKS}
    try:
        with tempfile.TemporaryDirectory() as place:
            folder, ours = Path(place), Ours(server, Keys.beside(Path(place)), letters)
            server.create("rivals")
            address = server.address("rivals")
            for _, into in itertools.product(range(runs), SINKS):
                found = {
                    "ours": ours.measured(broker, folder, into),
                    "bare": of_bare(letters, folder, into),
                    **{each: of_rival(each, letters, address, broker, folder, into) for each in RIVALS},
                }
                for name, value in found.items():
                    taken[into].setdefault(name, []).append(value)
            ours.database.engine.dispose()
    finally:
        broker.stop()
        server.stop()
    return [figure for into, told in taken.items() for figure in _told(SINKS[into], told)]


def _told(into: str, taken: dict[str, list[float]]) -> list[Figure]:
    rates = {name: Figure(f"{into}: {name}", "letters/s", tuple(values)) for name, values in taken.items()}
    return [
        *rates.values(),
        ratio(f"{into}: ours to bare smtplib", rates["ours"], rates["bare"], "0.5 or more"),
        *(ratio(f"{into}: ours to {kind}", rates["ours"], rates[kind], AIMS.get(kind, "")) for kind in RIVALS),
    ]
