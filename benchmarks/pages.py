"""Do the pages of the desk answer at once in a large installation? Beside them the counting that the tallies spare.

Makes ten rounds of which most are closed, one collects, one runs half way and one has yet to start, in a SQLite file
and on a PostgreSQL of its own. Pages go through the whole application, in this process.

Run: python -m benchmarks.pages [inquiries] [requests of each page]
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from benchmarks.pages_database import NOW, fill
from benchmarks.record import Figure
from benchmarks.server import postgres
from orchestrator import accounts, tallies
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.master_keys import Keys
from orchestrator.rounds import lookup
from orchestrator.schema import prepare
from orchestrator.settings import SecondFactor, Settings
from portal.web.access import COOKIE
from portal.web.app import make_app

PAGES = {
    "rounds": "/",
    "monitor, running": "/rondes/loopt",
    "monitor, closed": "/rondes/dicht-1",
    "before a pause": "/rondes/loopt/bediening/pauzeren",
    "health, running": "/rondes/loopt/gezondheid",
    "results, running": "/rondes/loopt/resultaten",
    "results, closed": "/rondes/dicht-1/resultaten",
    "export, closed": "/rondes/dicht-1/export",
    "status": "/status",
    "people": "/mensen",
}
LIVE = """
    SELECT inquiry.state, count(*), min(inquiry.planned_at) FROM inquiry JOIN pair ON pair.id = inquiry.pair_id
    WHERE pair.round_id = :round GROUP BY inquiry.state
"""
"""What a monitor counted before there were tallies; with the replies counted beside it."""
LIVE_REPLIES = """
    SELECT count(*), count(DISTINCT reply.inquiry_id), count(reply.label) FROM reply
    JOIN inquiry ON inquiry.id = reply.inquiry_id JOIN pair ON pair.id = inquiry.pair_id WHERE pair.round_id = :round
"""


@dataclass(frozen=True)
class Times:
    """How long something took, in milliseconds, in order; ``first`` is when nobody had asked it before."""

    first: float
    rest: tuple[float, ...]
    cpu: float

    @classmethod
    def of(cls, taken: Sequence[tuple[float, float]]) -> "Times":
        """Of each time: how long it took, and how long a processor was at work on it; ``cpu`` is their median."""
        walls, cpus = zip(*taken, strict=True)
        return cls(walls[0], tuple(sorted(walls[1:] or walls)), statistics.median(cpus[1:] or cpus))

    @property
    def median(self) -> float:
        return statistics.median(self.rest)

    @property
    def p95(self) -> float:
        return self.rest[min(len(self.rest) - 1, round(0.95 * (len(self.rest) - 1)))]


def main(inquiries: int, runs: int) -> None:
    for database in _databases():
        prepare(database)
        began = time.perf_counter()
        fill(database, inquiries)
        _settle(database)
        print(f"\n{database.engine.dialect.name}: {inquiries:,} inquiries made in {time.perf_counter() - began:.0f} s")
        print(f"{'ms':28}{'median':>9}{'p95':>9}{'first':>9}{'cpu':>9}")
        told = {**asyncio.run(each_page(an_app(database), runs, signed_in(database))), **_live(database, min(runs, 10))}
        for name, times in told.items():
            print(f"{name:28}{times.median:9.1f}{times.p95:9.1f}{times.first:9.1f}{times.cpu:9.1f}")
        database.engine.dispose()


def measure(runs: int, inquiries: int = 1_000_000) -> list[Figure]:
    """Each page forty times in each run: the median and the slowest twentieth of a run are a value each."""
    figures = []
    for database in _databases():
        prepare(database)
        fill(database, inquiries)
        _settle(database)
        all_runs = [asyncio.run(each_page(an_app(database), 40, signed_in(database, run))) for run in range(runs)]
        kind = database.engine.dialect.name
        for name in PAGES:
            of = [taken[name] for taken in all_runs]
            figures.append(Figure(f"{kind}: {name}, median", "ms", tuple(each.median for each in of), "under 15"))
            figures.append(Figure(f"{kind}: {name}, p95", "ms", tuple(each.p95 for each in of), "under 40"))
        database.engine.dispose()
    return figures


def _settle(database: Database) -> None:
    """Do what PostgreSQL does by itself a minute after so many rows, where its autovacuum is on."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _databases() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        yield Database.at(f"sqlite:///{folder}/pages.db")
        with postgres() as server:
            yield Database.at(server.create("pages"), Keys.beside(Path(folder)))


def an_app(database: Database) -> FastAPI:
    """Return a desk that nobody has asked anything yet."""
    return make_app(database, Clock(NOW, time.time(), 1.0), settings=Settings(second_factor=SecondFactor.OFF))


async def each_page(app: FastAPI, runs: int, cookie: str, asked: Mapping[str, str] = PAGES) -> dict[str, Times]:
    """Ask each of these once, and ``runs`` times more."""
    transport, cookies = httpx.ASGITransport(app), {COOKIE: cookie}
    found = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies) as client:
        for name, address in asked.items():
            taken = []
            for _ in range(runs + 1):
                began = _clocks()
                answer = await client.get(address)
                taken.append(_since(began))
                if answer.status_code != 200:
                    raise SystemExit(f"{address} answered {answer.status_code}")
            found[name] = Times.of(taken)
    return found


def signed_in(database: Database, number: int = 0) -> str:
    now = Clock().now()
    with database.writing() as session:
        person = accounts.add(
            session, f"Anna {number}", f"anna-{number}@stad.example", list(accounts.GIVEN), "benchmark", now
        )
        return accounts.sign_in(session, accounts.make_link(session, person, "benchmark", now, now), now, now)


def _live(database: Database, runs: int) -> dict[str, Times]:
    """The counts of a running round read from the tallies, and counted from the rows."""

    def tallied(round_id: int) -> None:
        with database.reading() as session:
            tallies.of_round(session, round_id)

    def counted(round_id: int) -> None:
        with database.reading() as session:
            for sql in (LIVE, LIVE_REPLIES):
                session.execute(text(sql), {"round": round_id}).all()

    with database.reading() as session:
        round_id = lookup.find(session, "loopt").id
    return {"(tallies)": _timed(tallied, round_id, runs), "(the same, counted)": _timed(counted, round_id, runs)}


def _timed(work: Callable[[int], None], round_id: int, runs: int) -> Times:
    taken = []
    for _ in range(runs + 1):
        began = _clocks()
        work(round_id)
        taken.append(_since(began))
    return Times.of(taken)


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> tuple[float, float]:
    """Milliseconds by both clocks; on a busy machine that of the processor tells what a page costs."""
    wall, cpu = _clocks()
    return 1000 * (wall - began[0]), 1000 * (cpu - began[1])


if __name__ == "__main__":
    told = [int(each) for each in sys.argv[1:]]
    main(*(told + [1_000_000, 200][len(told) :]))
