"""What becomes of the time when there is ten times as much? The exponent of each piece of work, fitted over its sizes.

An exponent of 1 is as many times the time as there is more; of a claim or a page, which handle a few rows of all there
are, it is hoped to be near 0. Work within this process is counted in seconds of the processor, that of a server in
seconds on the clock. The least size is left out of a fit when there are more than two: it mostly tells what is read or
compiled once.

Run: python -m benchmarks.growth [most] [runs]
"""

import asyncio
import gc
import random
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat

import numpy as np

from benchmarks import inbox, outcomes, pages, papers, planning, start
from benchmarks.pages_database import CLOSED, NOW, PAIRS_PER_ADVERTISER, fill, waves
from benchmarks.record import Figure, shown
from benchmarks.server import a_copy, a_file, postgres
from orchestrator.assignment import Homes
from orchestrator.bulk import survey
from orchestrator.db import Database
from orchestrator.design import MOST_PAIRS
from orchestrator.garbage import collect_less
from orchestrator.master_keys import Keys
from orchestrator.models import Advertiser, Attempt, Enrolment, Inquiry, Listing, Pair, Reply
from orchestrator.rates import AS_FAST_AS_IT_CAN
from orchestrator.rounds import lookup, sending
from orchestrator.rounds import planning as rounds_planning
from orchestrator.schedule import place_all
from orchestrator.schema import prepare
from orchestrator.states import AttemptOutcome
from results import keeping, tables
from results.releases import steps
from results.reports import Audience, build

LEAST, MOST = 1_000, 1_000_000
REPEATS = 40
"""Of what takes milliseconds, so many times in each run."""

LINEAR = 1.05
"""Above this a piece of work grows faster than what there is to do."""

Clock = Callable[[], float]
Work = Callable[[], object]
Made = Generator[Work]


@dataclass(frozen=True)
class Series:
    """One piece of work at several sizes; ``made`` prepares a size and gives the work of each run."""

    what: str
    of: str
    made: Callable[[int], Made]
    each: bool = True
    """Whether the work is done for each of the things there are, or for a few of all."""

    repeats: int = 1
    clock: Clock = time.process_time

    @contextmanager
    def runs(self, size: int) -> Iterator[Callable[[], float]]:
        """Give what does the work on a size once more, and returns its seconds; what is made for it is not counted."""
        with closing(self.made(size)) as made:
            if self.repeats > 1:
                next(made)()
            yield lambda: self._timed(next(made))

    def _timed(self, work: Work) -> float:
        gc.collect()
        gc.freeze()  # else the work on a thousand now and then looks for garbage in what was made for a million
        began = self.clock()
        for _ in range(self.repeats):
            work()
        taken = (self.clock() - began) / self.repeats
        gc.unfreeze()
        return taken


def sizes(most: int) -> list[int]:
    return [LEAST * 10**step for step in range(4) if LEAST * 10**step <= most]


def exponents(times: Mapping[int, Sequence[float]]) -> tuple[float, ...]:
    """Of each run, the slope of log seconds against log size by least squares; of one size there is none."""
    used = sorted(times)[1:] if len(times) > 2 else sorted(times)
    if len(used) < 2:
        return ()
    runs = zip(*(times[size] for size in used), strict=True)
    return tuple(float(np.polyfit(np.log10(used), np.log10(run), 1)[0]) for run in runs)


def measure(runs: int, most: int = MOST) -> list[Figure]:
    """Each series, one after the other, at every size up to ``most``."""
    return [figure for series in all_series() for figure in told(series, measured(series, sizes(most), runs))]


def measured(series: Series, at: Sequence[int], runs: int) -> dict[int, Sequence[float]]:
    """Seconds at each size, of each run. The sizes take turns: a machine that slows down for a while bends no slope."""
    with ExitStack() as stack:
        once = [stack.enter_context(series.runs(size)) for size in at]
        turns = [[each() for each in once] for _ in range(runs)]
    return dict(zip(at, zip(*turns, strict=True), strict=True))


def told(series: Series, times: Mapping[int, Sequence[float]]) -> Iterator[Figure]:
    """Its time at each size, by the piece when it does all of them, and its exponent."""
    for size, taken in times.items():
        scale, unit = (1e6 / size, f"us for each of {series.of}") if series.each else (1e3, "ms")
        yield Figure(f"{series.what}, {size:,} {series.of}", unit, tuple(scale * each for each in taken))
    if found := exponents(times):
        yield Figure(f"{series.what}: exponent", "", found, f"{LINEAR} or less")


def all_series() -> Iterator[Series]:
    yield Series("draw and schedule", "pairs", _drawn)
    yield Series("match and write", "pairs", _written)
    yield Series("a whole plan on SQLite", "pairs", _planned)
    yield Series("reading replies on SQLite", "replies", _read)
    yield Series("a round from rows on SQLite", "pairs", _loaded)
    yield Series("keeping the outcomes of a round on SQLite", "pairs", _kept)
    yield Series("a full analysis from outcomes on SQLite", "pairs", _from_outcomes)
    yield Series("a full analysis from counts on SQLite", "pairs", _from_counts, each=False, repeats=REPEATS)
    yield Series("the report of one office on SQLite", "pairs", _of_one_office, each=False)
    yield Series("the report of a researcher", "pairs", _reported)
    yield Series("reports of all offices, twenty-four pairs each", "pairs", _papers)
    yield Series("ten pages on SQLite", "inquiries", _pages, each=False, repeats=REPEATS)
    yield Series("the first results of one of ten rounds on SQLite", "inquiries", _first_results, each=False)
    yield Series("a draft of the release of one of ten rounds on SQLite", "inquiries", _drafted, each=False)
    yield Series(
        "run, to its first page and stopped, on SQLite", "inquiries", _started, each=False, clock=time.perf_counter
    )
    yield Series("ten letters from claim to record on SQLite", "inquiries", _sent_here, each=False, repeats=REPEATS)
    yield Series(
        "ten letters from claim to record on PostgreSQL", "inquiries", _sent_there, each=False,
        repeats=REPEATS, clock=time.perf_counter,
    )  # fmt: skip


def _on_copies(database: Database, work: Callable[[Database], object]) -> Made:
    """Of work that changes what was made for it, each run has a copy."""
    while True:
        with a_copy(database) as copy:
            yield partial(work, copy)


# --- planning ------------------------------------------------------------------------------------------------------


def _drawn(size: int) -> Made:
    bench = planning.Bench.of(size)
    design, columns, closures = bench.design, bench.columns(), bench.closures()
    texts = len(planning.texts_of(design))

    def draw() -> None:
        homes = Homes.of(*columns)
        planning.drawn(design, homes, texts)
        place_all(design, homes, closures)

    yield from repeat(draw)


def _written(size: int) -> Made:
    bench = planning.Bench.of(size)
    yield from repeat(lambda: planning.in_words(bench))


def _planned(size: int) -> Made:
    rounds = list(_in_rounds(planning.Bench.of(size)))

    def plan(database: Database) -> None:
        for each in rounds:
            with database.writing() as session:
                words = (each.design, each.participants, each.listings)
                rounds_planning.plan(session, *words, actor="benchmark", now=datetime(2026, 9, 1, tzinfo=UTC))

    with a_file() as empty:
        yield from _on_copies(empty, plan)


def _in_rounds(bench: planning.Bench) -> Iterator[planning.Bench]:
    """The same in rounds of the most pairs that a design may ask for, each with its own offices."""
    for first in range(0, len(bench.listings), MOST_PAIRS):
        homes = bench.listings[first : first + MOST_PAIRS]
        offices = bench.participants[first // planning.EACH : (first + MOST_PAIRS) // planning.EACH]
        design = planning.a_design(len(homes)).model_copy(update={"round": f"vanaf-{first}"})
        yield planning.Bench(design, offices, homes)


# --- what came back --------------------------------------------------------------------------------------------------


def _read(size: int) -> Made:
    with a_file() as database:
        offices = size // PAIRS_PER_ADVERTISER
        raws = inbox.answers_to_all(database, size, random.Random(0), offices)  # noqa: S311 - nothing to guess
        yield from _on_copies(database, lambda copy: inbox.read_all(copy, raws))


OFFICE = "adv-00001"
TAKEN = sending.Result(AttemptOutcome.SENT, "answer", "250 goed")


def _loaded(size: int) -> Made:
    """One closed round of so many pairs."""

    def load() -> tables.RoundTable:
        with database.reading() as session:
            return tables.load(session, CLOSED.name, NOW)

    with a_file() as database:
        fill(database, 2 * size, [CLOSED])
        yield from repeat(load)


def _kept(size: int) -> Made:
    def keep(database: Database) -> None:
        while not keeping.keep(database):
            pass

    with a_file() as database:
        fill(database, 2 * size, [CLOSED])
        yield from _on_copies(database, keep)


def _from_outcomes(size: int) -> Made:
    with a_file() as database:
        outcomes.grow(database, size)
        yield from repeat(lambda: outcomes.analysed(database, outcomes.LEFT_OUT))


def _from_counts(size: int) -> Made:
    with a_file() as database:
        outcomes.grow(database, size)
        yield from repeat(lambda: outcomes.analysed(database))


def _of_one_office(size: int) -> Made:
    def report() -> None:
        with database.reading() as session:
            table = tables.of_office(session, CLOSED.name, OFFICE)
        build(table, Audience.BROKER, advertiser=OFFICE)

    with a_file() as database:
        fill(database, 2 * size, [CLOSED])
        while not keeping.keep(database):
            pass
        yield from repeat(report)


def _reported(size: int) -> Made:
    table, _ = papers.a_round(size // papers.EACH)
    yield from repeat(lambda: build(table, Audience.RESEARCHER))


def _papers(size: int) -> Made:
    table, offices = papers.a_round(size // papers.EACH)

    def every() -> None:
        for office in offices:
            build(table, Audience.BROKER, advertiser=office)

    yield from repeat(every)


# --- pages, and letters ---------------------------------------------------------------------------------------------


def _pages(size: int) -> Made:
    """All have been asked once: what a closed round shows is kept from then."""
    with a_file() as database:
        fill(database, size)
        app, cookie = pages.an_app(database), pages.signed_in(database)
        yield from repeat(lambda: asyncio.run(pages.each_page(app, 0, cookie)))


def _first_results(size: int) -> Made:
    asked = {"results": pages.PAGES["results, closed"]}
    with a_file() as database:
        fill(database, size)
        cookie = pages.signed_in(database)
        yield from repeat(lambda: asyncio.run(pages.each_page(pages.an_app(database), 0, cookie, asked)))


def _drafted(size: int) -> Made:
    """With all that its seal binds: the research file, and the report of each office."""
    with a_file() as database:
        fill(database, size)
        closed = waves()[0].name
        yield from repeat(lambda: steps.draft(database, closed, "anna", NOW, "Nog eens."))


def _started(size: int) -> Made:
    """Of rounds that are closed: for a letter too late there would be work."""
    with a_file() as database, tempfile.TemporaryDirectory() as folder:
        fill(database, size, [wave for wave in waves() if wave.ended])
        url = database.engine.url.render_as_string()

        def start_and_stop() -> None:
            with start.showing({**start.settings(folder), "PRAKTIJKTEST_DATABASE_URL": url}):
                pass

        yield from repeat(start_and_stop)


def _sent_here(size: int) -> Made:
    with a_file() as database:
        yield from repeat(_letters_of(database, size))


def _sent_there(size: int) -> Made:
    with postgres() as server:
        database = Database.at(server.create("growth"), Keys.passing())
        prepare(database)
        yield from repeat(_letters_of(database, size))
        database.engine.dispose()


def _letters_of(database: Database, size: int) -> Work:
    """Claim ten letters of the running round, two hours on, let them pass the gate, record them, and undo it.

    Raises SystemExit when they do not go: then something else would be measured.
    """
    fill(database, size)
    with database.writing() as session:
        survey(session, Advertiser, Enrolment, Listing, Pair, Inquiry, Reply, Attempt)
    moment, minute, grace = NOW + timedelta(hours=2), timedelta(minutes=1), timedelta(minutes=5)
    asked = database.repeating()  # as a worker asks

    def send() -> None:
        with asked.writing() as session:
            round_ = lookup.find(session, "loopt")
            claims = sending.claim_inquiries(session, round_, "bench", moment, minute, grace, 10)
            passed = sending.gate_all(session, claims, "bench", moment, minute, grace, AS_FAST_AS_IT_CAN)
            sending.record_all(session, [(claim, TAKEN) for claim in passed], "bench", moment, minute)
            session.rollback()
        if len(passed) < min(10, size // 10_000):
            raise SystemExit(f"of {len(claims)} claimed letters {len(passed)} passed the gate")

    return send


def main(most: int, runs: int) -> None:
    collect_less()  # as each command does
    for series in all_series():
        for figure in told(series, measured(series, sizes(most), runs)):
            spread = f"{shown(min(figure.values))} to {shown(max(figure.values))}"
            print(f"{figure.what:60} {shown(figure.median):>10} {figure.unit:28} {spread}", flush=True)


if __name__ == "__main__":
    main(*(int(each) for each in [*sys.argv[1:], str(MOST), "3"][:2]))
