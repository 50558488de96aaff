"""Workers on hosts of their own against one PostgreSQL and one Redis: letters a second with one, two and four of them.

Each host is a network namespace (`benchmarks.islands`); the servers, beat and a mail server that keeps every
Message-ID are on the shore. After each run the letters are proved: each went once, none is uncertain, each worker had
its share. Then the cable of one host is pulled half way: nothing is doubled, and what it held goes by another.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from benchmarks.dispatch import ROOT, Ours, running
from benchmarks.islands import SHORE, Island, archipelago
from benchmarks.record import Figure, ratio
from orchestrator.master_keys import Keys
from orchestrator.settings import Settings
from workers.app import TICKS, configure

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from servers import OwnRedis, own_postgres, own_redis

HOSTS = (1, 2, 4)
AT_ONCE = Settings().connections
PROGRAM = str(Path(sys.executable).with_name("praktijktest"))
LEASE_SECONDS, WIRE_SECONDS, PATIENCE = 8.0, 3.0, 120.0
START_SECONDS = 4.0
"""From when a worker is connected until it takes ticks."""

HURRY = (
    "UPDATE inquiry SET next_try_at = NULL WHERE id IN"
    " (SELECT id FROM inquiry WHERE state = 'planned' AND next_try_at IS NOT NULL FOR UPDATE SKIP LOCKED)"
)
"""Not what a transaction holds of which the client is cut off: who waits for that waits a minute."""


@dataclass(frozen=True)
class Arrival:
    """A letter as the mail server saw it."""

    at: float
    host: str
    number: str


@dataclass(frozen=True)
class Shore:
    """What all hosts share, and where each keeps what is its own."""

    ours: Ours
    broker: OwnRedis
    folder: Path

    def environment(self, host: str, port: int) -> dict[str, str]:
        own, keys = self.folder / host, self.ours.database.vault.keys
        own.mkdir(exist_ok=True)
        return os.environ | {
            "PRAKTIJKTEST_DATA": str(own), "PRAKTIJKTEST_DATABASE_URL": self.ours.url,
            "PRAKTIJKTEST_REDIS_URL": self.broker.url, "PRAKTIJKTEST_SMTP_HOST": "127.0.0.1",
            "PRAKTIJKTEST_SMTP_PORT": str(port), "PRAKTIJKTEST_LEASE_SECONDS": str(LEASE_SECONDS),
            "PRAKTIJKTEST_WIRE_TIMEOUT_SECONDS": str(WIRE_SECONDS), "PRAKTIJKTEST_KEYS_URL": keys.url,
            "PRAKTIJKTEST_MASTER_KEY_FILE": str(keys.file),
        }  # fmt: skip

    def states(self) -> Counter[str]:
        """How many first letters are in which state."""
        with self.ours.database.reading() as session:
            rows = session.execute(text('SELECT state, count(*) FROM inquiry WHERE "order" = 1 GROUP BY state'))
            return Counter(dict(iter(rows)))

    def sent(self) -> set[str]:
        """The numbers of the letters that were recorded as sent."""
        with self.ours.database.reading() as session:
            return set(session.scalars(text("SELECT message_id FROM inquiry WHERE state = 'sent'")))

    def hurry(self) -> None:
        """Let what waits only out of courtesy go now."""
        with self.ours.database.writing() as session:
            session.execute(text(HURRY))

    def open(self, is_open: bool) -> None:
        """Let everything be sent, or nothing."""
        with self.ours.database.writing() as session:
            session.execute(text("UPDATE control SET sending_enabled = :is_open"), {"is_open": is_open})

    def tick(self, workers: int) -> None:
        """Tell each of so many idle workers to look: beat tells one each second, and the first would send them all."""
        app, (task, queue, _) = configure(Settings(redis_url=self.broker.url)), TICKS["send-due"]
        for _ in range(workers):
            app.send_task(task, queue=queue)

    def connected(self) -> set[str]:
        """The addresses from which somebody waits for ticks."""
        return {each["addr"].rpartition(":")[0] for each in self.broker.client.client_list()}


@contextmanager
def witness(folder: Path) -> Iterator[tuple[int, Callable[[], list[Arrival]]]]:
    """A mail server on the shore: its port, and what came to it."""
    file = Path(tempfile.mkstemp(dir=folder)[1])
    words = [sys.executable, "-m", "benchmarks.witness", SHORE, str(file)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603 - our own module
    assert process.stdout is not None  # noqa: S101 - asked for above

    def arrivals() -> list[Arrival]:
        told = (line.split() for line in file.read_text().splitlines())
        return [Arrival(float(at), host, number) for at, host, number in told]

    try:
        yield int(process.stdout.readline()), arrivals
    finally:
        process.kill()
        process.wait()


def rate_of(arrivals: Sequence[Arrival]) -> float:
    """Letters a second over the middle nine tenths."""
    edge = len(arrivals) // 20
    inner = sorted(each.at for each in arrivals)[edge : len(arrivals) - edge]
    return (len(inner) - 1) / (inner[-1] - inner[0])


@contextmanager
def at_work(shore: Shore, islands: Sequence[Island], port: int) -> Iterator[None]:
    """A sending worker and the way to the mail server on each island, and beat on the shore.

    Nothing goes before all of them wait for ticks: who starts first would send them all.
    """
    shore.ours.again()
    shore.broker.flush()
    shore.open(False)
    with ExitStack() as stack:
        for each in islands:
            ways = [sys.executable, "-m", "benchmarks.relay", SHORE, str(port)], [PROGRAM, "worker", "send"]
            words = [[*each.inside, *way] for way in ways]
            stack.enter_context(running(words, shore.environment(each.name, port)))
        stack.enter_context(running([[PROGRAM, "beat"]], shore.environment("beat", port)))
        until(lambda: shore.connected() >= {each.address for each in islands}, "every worker to wait for ticks")
        time.sleep(START_SECONDS)
        shore.open(True)
        shore.tick(len(islands))
        yield


def until(ready: Callable[[], object], what: str) -> float:
    """Wait; return how many seconds it took."""
    began = time.monotonic()
    while not ready():
        if time.monotonic() - began > PATIENCE:
            raise SystemExit(f"waited {PATIENCE:.0f} s for {what}")
        time.sleep(0.2)
    return time.monotonic() - began


def undisturbed(shore: Shore, islands: Sequence[Island]) -> tuple[float, float]:
    """Letters a second, and the smallest share of a host in what would be its even part."""
    with witness(shore.folder) as (port, arrivals), at_work(shore, islands, port):
        until(lambda: shore.states()["sent"] == shore.ours.letters, "all letters to be sent")
        taken = arrivals()
    proved(shore, taken, uncertain=0)
    share = Counter(each.host for each in taken)
    if idle := [each.name for each in islands if not share[each.address]]:
        raise SystemExit(f"{', '.join(idle)} sent nothing")
    return rate_of(taken), min(share.values()) * len(islands) / len(taken)


def cut(shore: Shore, islands: Sequence[Island]) -> tuple[float, int]:
    """Pull a cable half way; return the seconds until every letter had ended, and how many are uncertain."""
    lost = islands[0]
    with witness(shore.folder) as (port, arrivals), at_work(shore, islands, port):
        half = shore.ours.letters // 2
        until(lambda: len(arrivals()) > half and any(a.host == lost.address for a in arrivals()), "half the letters")
        lost.pull()
        try:
            took = until(lambda: ended(shore), "every letter to end")
        finally:
            lost.plug()
        taken = arrivals()
    # Of the letters on its wires it may not have heard whether they were taken.
    proved(shore, taken, uncertain=AT_ONCE)
    return took, shore.states()["uncertain"]


def ended(shore: Shore) -> bool:
    shore.hurry()
    told = shore.states()
    return told["sent"] + told["uncertain"] == shore.ours.letters


def proved(shore: Shore, taken: Sequence[Arrival], uncertain: int) -> None:
    """End the measurement when a letter went twice, is said to have gone and did not, or more are uncertain."""
    times, states, sent = Counter(each.number for each in taken), shore.states(), shore.sent()
    if twice := [number for number, often in times.items() if often > 1]:
        raise SystemExit(f"went twice: {', '.join(twice)}")
    if missing := sent - times.keys():
        raise SystemExit(f"recorded as sent, and never came: {', '.join(sorted(missing))}")
    if states["uncertain"] > uncertain or states["sent"] + states["uncertain"] != shore.ours.letters:
        raise SystemExit(f"ended otherwise than sent: {dict(states)}")


def measure(runs: int, letters: int = 6000) -> list[Figure]:
    """One, two and four hosts in each run, and then the cable."""
    rates: dict[int, list[float]] = {number: [] for number in HOSTS}
    shares, settled, doubts = [], [], []
    with archipelago(max(HOSTS)) as islands, on_shore(letters) as shore:
        for _ in range(runs):
            for number in HOSTS:
                rate, share = undisturbed(shore, islands[:number])
                rates[number].append(rate)
            shares.append(share)
            took, uncertain = cut(shore, islands)
            settled.append(took)
            doubts.append(float(uncertain))
    return _told(rates, shares, settled, doubts)


def _told(
    rates: dict[int, list[float]], shares: list[float], settled: list[float], doubts: list[float]
) -> list[Figure]:
    of = {number: Figure(f"hosts: {number}", "letters/s", tuple(found)) for number, found in rates.items()}
    most = max(HOSTS)
    return [
        *of.values(),
        *(ratio(f"{number} hosts to one", of[number], of[1]) for number in HOSTS[1:]),
        Figure(f"least share of {most} hosts, of its even part", "", tuple(shares)),
        Figure("from a pulled cable to the end of every letter", "s", tuple(settled)),
        Figure("letters uncertain after a pulled cable", "letters", tuple(doubts), f"{AT_ONCE} or less"),
    ]


@contextmanager
def on_shore(letters: int) -> Iterator[Shore]:
    """The servers at the shore's end of all cables, with a round of so many first letters due."""
    server, broker = own_postgres(SHORE, durable=True), own_redis(SHORE)
    try:
        with tempfile.TemporaryDirectory() as folder:
            ours = Ours(server, Keys.beside(Path(folder)), letters)
            yield Shore(ours, broker, Path(folder))
            ours.database.engine.dispose()
    finally:
        broker.stop()
        server.stop()
