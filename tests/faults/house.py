"""A whole house of real processes to break: workers, beat, sink, a database and a broker, and a small round to send."""

import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import clocks
import redis
from celery import Celery
from history import Letter, Verdict, arrivals, judge, letters_by_half, of_doubt
from house_makers import a_listing, a_monday, an_advertiser
from kombu.exceptions import OperationalError as BrokerAway
from naive import TABLE, configure, send
from processes import Nursery, Process, Sink
from servers import Postgres, Redis, until
from sqlalchemy import delete, func, select, update

from orchestrator import heartbeats, tallies, views
from orchestrator.control import set_clock
from orchestrator.db import Database, DatabaseError
from orchestrator.master_keys import Keys
from orchestrator.models import Attempt, Event, InboundMail, Inquiry, LetterCopy
from orchestrator.rounds import lifecycle, planning
from orchestrator.schema import prepare
from orchestrator.states import LetterState, MailState

MORNING = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
"""A Monday, 10:00 in Amsterdam: the office stays open longer than any of these tests lasts."""

LEASE_SECONDS, MARGIN_SECONDS, WIRE_SECONDS = 2.0, 2.0, 3.0
GAP = timedelta(seconds=3)
PAIRS_PER_ADVERTISER, POOL_CHILDREN = 10, 2
HURRY_SECONDS, NAIVE_START_SECONDS = 2.0, 2.0
UNREACHABLE = (DatabaseError, redis.RedisError, BrokerAway, OSError)
"""What the house itself may meet while its own servers are broken."""


class Stage:
    """What faults are let loose on: some workers that send, and the servers they need."""

    name = ""
    beats = readers = pools = 0
    """How many of these there are, beside the workers."""

    guarded = False
    """Whether anything stops sending when a clock steps."""

    def __init__(self, folder: Path, nursery: Nursery, postgres: Postgres, broker: Redis, sink: Sink) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.nursery, self.postgres, self.broker, self.sink = folder, nursery, postgres, broker, sink
        self.log = folder / "processes.log"
        self.processes: list[Process] = []
        self.gone: set[int] = set()
        self.numbers = itertools.count(1)
        self.database_name = f"praktijktest_faults_{os.getpid()}_{self.name}"
        self.url = postgres.create(self.database_name)
        self._hurried = self.last_due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            process.signal(signal.SIGKILL)
        until(lambda: not any(process.alive for process in self.processes), 10, "killed processes")
        self.sink.close()
        self.postgres.drop(self.database_name)

    def environment(self, phase: str | None = None) -> dict[str, str]:
        raise NotImplementedError

    def worker(self, phase: str | None = None) -> Process:
        raise NotImplementedError

    def pool(self) -> Process:
        """A worker with children, of which one can die alone."""
        raise NotImplementedError

    def forget_the_rest(self) -> None:
        """Drop the pairs that are not due yet: the faults are over, and nothing need be sent for them any more."""
        raise NotImplementedError

    def hurry(self) -> None:
        """Let what waits only out of courtesy be tried again now."""

    def has_worked(self, process: Process) -> bool:
        """Say whether this worker, or a child of it, is known to have tried a letter."""
        return process.age > NAIVE_START_SECONDS

    def is_shut(self) -> bool:
        """Say whether sending is shut because a clock cannot be trusted."""
        return False

    def twice(self, rng: random.Random) -> None:
        """Let one and the same Celery message be delivered twice."""
        raise NotImplementedError

    def letters(self) -> list[Letter]:
        raise NotImplementedError

    def at_rest(self) -> bool:
        """Nothing is under way, and nothing could still go."""
        raise NotImplementedError

    def of(self, kind: str) -> list[Process]:
        return [process for process in self.processes if process.kind == kind]

    def kill(self, process: Process) -> None:
        self.gone.update(process.children(), [process.pid])
        process.signal(signal.SIGKILL)

    def with_children(self) -> list[Process]:
        """The workers of which a child can die alone."""
        return self.of("pool")

    def kill_child(self, pid: int) -> None:
        self.gone.add(pid)
        os.kill(pid, signal.SIGKILL)

    def mend(self, workers: int) -> None:
        """What a supervisor does: wake who was frozen for long enough, replace who died, see that work goes on."""
        for process in list(self.processes):
            if process.frozen is not None and time.monotonic() > process.frozen:
                process.signal(signal.SIGCONT)
                process.frozen = None
            if not process.look():
                self.gone.update(process.seen, [process.pid])
                self.processes.remove(process)
        while len(self.of("worker")) < workers:
            self.worker()
        for kind, number in (("pool", self.pools), ("beat", self.beats), ("reader", self.readers)):
            while len(self.of(kind)) < number:
                getattr(self, kind)()
        if time.monotonic() - self._hurried > HURRY_SECONDS:
            self._hurried = time.monotonic()
            with suppress(*UNREACHABLE):
                self.hurry()

    def beat(self) -> Process:
        return self._born("beat", ["beat"])

    def reader(self) -> Process:
        """A process that takes in mail, as the listener that it is."""
        return self._born("reader", ["worker", "inbox"])

    def rest(self, workers: int, seconds: float) -> float:
        """Calm the sink and wait until nothing moves; return how long that took.

        ``seconds`` is the longest to wait after the last letter became due.
        """
        self.sink.calm()
        seconds += max(0.0, self.last_due - time.monotonic())

        def rested() -> bool:
            self.mend(workers)
            time.sleep(0.1)
            with suppress(*UNREACHABLE):
                return self.at_rest()
            return False

        return until(rested, seconds, f"the letters of {self.name} to come to rest ({self.folder})")

    def verdict(self) -> Verdict:
        return judge(self.letters(), self.sink.wires(), self.gone)

    def miscounted(self) -> list[str]:
        """Return where the tallies that pages read are not what the rows are."""
        with self.database.reading() as session:
            return tallies.differences(session)

    def doubt(self) -> tuple[int, int, int]:
        """Return how many letters were uncertain, how many of those arrived, and how many of these a copy settled."""
        return of_doubt(self.letters(), self.sink.wires())

    def _born(self, kind: str, arguments: list[str], phase: str | None = None, *, naive: bool = False) -> Process:
        clock = self.folder / f"clock-{next(self.numbers)}"
        clocks.step(clock, 0.0)
        environment = self.environment(phase) | {clocks.VARIABLE: str(clock)}
        pid = self.nursery.bear(arguments, environment, self.log, naive=naive)
        self.processes.append(Process(pid, kind, phase, clock))
        return self.processes[-1]


class Product(Stage):
    """Praktijktest itself: `praktijktest worker send`, `praktijktest beat`, on PostgreSQL and Redis."""

    name = "product"
    beats, guarded = 1, True

    def __init__(self, *told: Any, pools: int = 0) -> None:
        super().__init__(*told)
        self.pools, self.readers = pools, 1 if self.sink.copies_to else 0
        self.database = Database.at(self.url, Keys.beside(self.folder))
        prepare(self.database)
        with self.database.writing() as session:
            self.clock = set_clock(session, MORNING, 1.0)
        self.celery = Celery("pusher", broker=self.broker.url, set_as_current=False)
        self.celery.conf.task_publish_retry = False
        self.rounds = 0

    def __exit__(self, *told: Any) -> None:
        self.database.engine.dispose()
        self.celery.close()
        super().__exit__(*told)

    def environment(self, phase: str | None = None) -> dict[str, str]:
        dying = {"PRAKTIJKTEST_FAULT_AT": phase, "PRAKTIJKTEST_FAULT_TESTS": "1"} if phase else {}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PRAKTIJKTEST_DATA": str(self.folder),
            "PRAKTIJKTEST_DATABASE_URL": self.url,
            "PRAKTIJKTEST_REDIS_URL": self.broker.url,
            "PRAKTIJKTEST_SMTP_HOST": "127.0.0.1",
            "PRAKTIJKTEST_SMTP_PORT": str(self.sink.port),
            "PRAKTIJKTEST_LEASE_SECONDS": str(LEASE_SECONDS),
            "PRAKTIJKTEST_WIRE_TIMEOUT_SECONDS": str(WIRE_SECONDS),
            **({"PRAKTIJKTEST_LISTEN_PORT": str(self.sink.copies_to)} if self.sink.copies_to else {}),
            **dying,
        }

    def worker(self, phase: str | None = None) -> Process:
        return self._born("worker", ["worker", "send"], phase)

    def pool(self) -> Process:
        return self._born("pool", ["worker", "send", "--processes", str(POOL_CHILDREN)])

    def recluse(self, phase: str, number: int) -> Process:
        """A worker with a numbered Redis database of its own: only who is meant hears the tick for it."""
        apart = {"PRAKTIJKTEST_REDIS_URL": self.broker.room(number)}
        pid = self.nursery.bear(["worker", "send"], self.environment(phase) | apart, self.log)
        self.processes.append(Process(pid, "worker", phase))
        return self.processes[-1]

    def plan(self, pairs: int, per_second: float | None = None) -> None:
        """Plan and start a round of which all first letters are due now, or ``per_second`` of them from now on."""
        self.rounds += 1
        name, now = f"proef-{self.rounds}", self.clock.now()
        offices = [f"kantoor{self.rounds}x{number}" for number in range(-(-pairs // PAIRS_PER_ADVERTISER))]
        homes = [
            a_listing(number + 1, offices[number // PAIRS_PER_ADVERTISER], listing=f"r{self.rounds}-{number}")
            for number in range(pairs)
        ]
        design = a_monday(round=name, sample={"pairs": pairs})
        participants = [an_advertiser(office, line=line) for line, office in enumerate(offices, start=2)]
        with self.database.writing() as session:
            planning.plan(session, design, participants, homes, actor="r.visser", now=now)
        with self.database.writing() as session:
            lifecycle.approve(session, name, "m.dekker", now)
        with self.database.writing() as session:
            lifecycle.start(session, name, "r.visser", now, live=False)
        self._bring_forward(timedelta(seconds=1 / per_second) if per_second else timedelta(0))

    def _bring_forward(self, step: timedelta) -> None:
        """Move the round just planned to now; its own day would take a day."""
        now = self.clock.now()
        self.last_due = time.monotonic()
        with self.database.writing() as session:
            untouched = Inquiry.gap > GAP
            first = select(Inquiry).where(untouched).order_by(Inquiry.pair_id, Inquiry.order)
            for number, inquiry in enumerate(session.scalars(first).all()):
                inquiry.gap = GAP
                inquiry.planned_at = now + number // 2 * step + (inquiry.order - 1) * GAP
                inquiry.not_after = inquiry.planned_at + timedelta(hours=6)
                self.last_due = time.monotonic() + (inquiry.planned_at - now).total_seconds()

    def forget_the_rest(self) -> None:
        later = Inquiry.planned_at > self.clock.now() + GAP
        untouched = select(Inquiry.pair_id).where(Inquiry.order == 1, Inquiry.state == LetterState.PLANNED, later)
        with self.database.writing() as session:
            pairs = session.scalars(untouched.where(Inquiry.fence == 0)).all()
            session.execute(delete(Inquiry).where(Inquiry.pair_id.in_(pairs)))
        self.last_due = min(self.last_due, time.monotonic() + 2 * GAP.total_seconds())

    def hurry(self) -> None:
        with self.database.writing() as session:
            waiting = Inquiry.state == LetterState.PLANNED, Inquiry.next_try_at.is_not(None)
            session.execute(update(Inquiry).where(*waiting).values(next_try_at=None))
        if self.is_shut() and not any(process.off for process in self.processes):
            self._reopen()

    def has_worked(self, process: Process) -> bool:
        with self.database.reading() as session:
            names = session.scalars(select(Attempt.worker).distinct()).all()
        return not {process.pid, *process.children()}.isdisjoint(int(name.rpartition(":")[2]) for name in names)

    def is_shut(self) -> bool:
        with self.database.reading() as session:
            return "klok" in (views.why_shut(session) or "")

    def sender(self) -> str | None:
        """Return who works on what is to be sent, by its heartbeat; None when no worker ever did."""
        with self.database.reading() as session:
            last = heartbeats.last(session).get("send")
        return last.worker if last else None

    def _reopen(self) -> None:
        """What an operator does who set the clock right."""
        with self.database.writing() as session:
            lifecycle.set_sending(session, True, "r.visser", self.clock.now())

    def tick(self, room: int | None = None, task_id: str | None = None) -> None:
        """Say: look in the database; to the workers of this house, or to the recluse of that number."""
        url = self.broker.url if room is None else self.broker.room(room)
        with self.celery.connection_for_write(url) as connection:
            self.celery.send_task("workers.tasks.send_due", connection=connection, task_id=task_id, queue="send")

    def twice(self, rng: random.Random) -> None:
        task_id = f"twice-{rng.getrandbits(64):x}"
        for _ in range(2):
            self.tick(task_id=task_id)

    def letters(self) -> list[Letter]:
        last = select(func.max(Attempt.id)).group_by(Attempt.message_id)
        by_copy = select(Event).where(Event.kind == "letter.settled", Event.actor == "ledger")
        with self.database.reading() as session:
            tried = {row.message_id: row for row in session.scalars(select(Attempt).where(Attempt.id.in_(last)))}
            settled = {event.subject for event in session.scalars(by_copy)}
            return [
                self._letter(row, tried.get(row.message_id), f"inquiry:{row.id}" in settled)
                for row in session.scalars(select(Inquiry)).all()
            ]

    def _letter(self, row: Inquiry, attempt: Attempt | None, settled: bool) -> Letter:
        phase, pid = (attempt.phase, int(attempt.worker.rpartition(":")[2])) if attempt else (None, None)
        return Letter(
            row.message_id, row.pair_id, row.order, row.state.value, phase, pid,
            waits=row.last_error if row.next_try_at else None, settled=settled,
            due=self.clock.wall + (row.planned_at - self.clock.start).total_seconds(),
        )  # fmt: skip

    def at_rest(self) -> bool:
        # One look for all: between two, a worker may have claimed what was planned.
        told = self.letters()
        letters = letters_by_half(told)
        may_go = {half for half in letters if half[1] == 1 or letters[half[0], 1].state == "sent"}
        moving = {half for half, letter in letters.items() if letter.state in ("claimed", "sending")}
        if moving or any(letters[half].state == "planned" for half in may_go):
            return False
        return not self.readers or not self._is_settling(told)

    def _is_settling(self, letters: list[Letter]) -> bool:
        """Say whether a copy of an uncertain letter is under way, or came in and was not read or acted upon."""
        uncertain = {letter.message_id for letter in letters if letter.state == "uncertain"}
        wires = self.sink.wires()
        given = {wire.message_id for wire in wires if wire.event == "copied"}
        with self.database.reading() as session:
            unread = session.scalar(select(InboundMail.id).where(InboundMail.state == MailState.STORED).limit(1))
            seen = session.scalars(select(LetterCopy.message_id).where(LetterCopy.message_id.in_(uncertain))).all()
        return unread is not None or bool(seen) or bool(uncertain & set(arrivals(wires)) - given)

    def done_by(self, process: Process) -> list[str]:
        """The kinds of events that this worker wrote, in order."""
        with self.database.reading() as session:
            mine = Event.actor.endswith(f":{process.pid}")
            return list(session.scalars(select(Event.kind).where(mine).order_by(Event.seq)))


class Naive(Stage):
    """The usual way; see `naive.py`. The publisher is this process, which is never killed."""

    name = "naive"

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        configure(self.broker.url)
        self.due: list[tuple[float, int]] = []
        with self.postgres.connect(self.database_name) as database:
            database.execute(TABLE)

    def environment(self, phase: str | None = None) -> dict[str, str]:  # noqa: ARG002 - no hook to die at
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "NAIVE_DATABASE": self.postgres.address(self.database_name),
            "NAIVE_REDIS": self.broker.url,
            "NAIVE_SMTP_PORT": str(self.sink.port),
        }

    def worker(self, phase: str | None = None) -> Process:  # noqa: ARG002
        return self._born("worker", [], naive=True)  # its pool has one child; it has no hook to die at a phase

    def plan(self, pairs: int, per_second: float) -> None:
        begin = time.monotonic()
        with self.postgres.connect(self.database_name) as database:
            for number in range(pairs):
                for order in (1, 2):
                    values = (f"<n{number}.{order}@woonpost.example>", number, order)
                    row = database.execute(
                        'INSERT INTO naive_letter (message_id, pair, "order", recipient, sender, body) VALUES '
                        "(%s, %s, %s, 'verhuur@kantoor.example', 'zoeker@woonpost.example', 'Is de woning nog vrij?') "
                        "RETURNING id", values,
                    ).fetchone()  # fmt: skip
                    assert row is not None
                    self.due.append((begin + number / per_second + (order - 1) * GAP.total_seconds(), row[0]))
        self.due.sort()
        self.last_due = self.due[-1][0]

    def mend(self, workers: int) -> None:
        super().mend(workers)
        with suppress(*UNREACHABLE):
            while self.due and self.due[0][0] <= time.monotonic():
                send.apply_async((self.due[0][1],), retry=False)
                self.due.pop(0)

    def forget_the_rest(self) -> None:
        with self.postgres.connect(self.database_name) as database:
            begun = 'SELECT pair FROM naive_letter WHERE "order" = 1 AND NOT id = ANY(%s)'
            gone = database.execute(
                f"DELETE FROM naive_letter WHERE pair NOT IN ({begun}) RETURNING id",  # noqa: S608 - our own words
                ([letter for _, letter in self.due],),
            ).fetchall()
        self.due = [each for each in self.due if (each[1],) not in gone]
        self.last_due = time.monotonic() + GAP.total_seconds()

    def with_children(self) -> list[Process]:
        return self.of("worker")

    def twice(self, rng: random.Random) -> None:
        letter, task_id = self.due[0][1] if self.due else 1, f"twice-{rng.getrandbits(64):x}"
        for _ in range(2):
            send.apply_async((letter,), task_id=task_id, retry=False)

    def letters(self) -> list[Letter]:
        with self.postgres.connect(self.database_name) as database:
            rows = database.execute('SELECT message_id, pair, "order", sent_at, failed FROM naive_letter').fetchall()
        words = [(*row[:3], "sent" if row[3] else "failed" if row[4] else "queued") for row in rows]
        return [Letter(*row) for row in words]

    def at_rest(self) -> bool:
        if self.due:
            return False
        kept = ("naive", "unacked")
        return not any(self.broker.client.exists(key) for key in kept)


@contextmanager
def closing_all(*ends: Callable[[], object]) -> Iterator[None]:
    """A context that ends everything it was given, whatever happens."""
    try:
        yield
    finally:
        for end in ends:
            end()
