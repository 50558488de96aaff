"""From a database to a full analysis of a million pairs: from the outcome of each pair, and from their counts.

Both are what a closed round keeps beside its rows (`orchestrator.pair_outcomes`), read as the product reads them:
summed again without a pair of which a note was accepted, and as they were summed. A full analysis is that of
`benchmarks.statistics`. The letters of these pairs are not made: neither looks at one. What it takes to make outcomes
of letters and answers, once for each round, is a series of `benchmarks.growth`.

Run: python -m benchmarks.outcomes [pairs] [runs]
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from benchmarks.pages_database import CLOSED, fill
from benchmarks.record import Figure, shown
from benchmarks.server import a_file, postgres
from benchmarks.statistics import everything
from orchestrator import pair_outcomes
from orchestrator.bulk import survey
from orchestrator.db import Database, Session
from orchestrator.master_keys import Keys
from orchestrator.pair_outcomes import Counted
from orchestrator.rounds import lookup
from orchestrator.schema import prepare
from results import keeping, tables

PAIRS, OFFICES, STRATA = 1_000_000, 5_000, 8
AT_ONCE = 50_000
LEFT_OUT = ("Q-1",)
"""A pair without which the outcomes are summed again."""

AIM_ROWS, AIM_COUNTS = "1 s or less", "50 ms or less"
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM numbers WHERE n < :high)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(CAST(:low AS INTEGER), CAST(:high AS INTEGER)))",
}
_STEPS = (
    "INSERT INTO advertiser (id, key, name, kind, email_index, channel) {numbers} "
    "SELECT 1000 + n, 'kantoor-' || n, 'Makelaardij ' || n, 'broker', '', 'smtp' FROM numbers WHERE n <= :offices",
    "INSERT INTO listing (id, key, advertiser_id, street, postcode, city, district, rent, rooms, reference, url) "
    "{numbers} SELECT 1000 + n, 'd-' || n, 1001 + n % :offices, 'Straat', '3811 AB', 'Stad', "
    "'Wijk ' || (n % :offices) % :strata, 1200, 3, 'REF', '' FROM numbers",
    "INSERT INTO pair (id, round_id, listing_id, code, first, state) {numbers} "
    "SELECT 1000 + n, :round, 1000 + n, 'Q-' || n, 'control', 'usable' FROM numbers",
    "INSERT INTO pair_outcome (pair_id, round_id, advertiser_id, district, code, sham, cell, sent, invitations) "
    "{numbers} SELECT 1000 + n, :round, 1001 + n % :offices, 'Wijk ' || (n % :offices) % :strata, 'Q-' || n, false, "
    "(n * 37 / 11) % 4, 2, 1 FROM numbers",
)
"""A thousand numbers are left for the round of a hundred pairs that these go into."""


def measure(runs: int, pairs: int = PAIRS) -> list[Figure]:
    """On both databases: seconds from the outcome of each pair, and milliseconds from the counts."""
    return [figure for name, database in _databases() for figure in _of(database, name, runs, pairs)]


def _databases() -> Iterator[tuple[str, Database]]:
    with a_file() as database:
        yield "SQLite", database
    with _served() as database:
        yield "PostgreSQL", database


@contextmanager
def _served() -> Iterator[Database]:
    with postgres() as server:
        database = Database.at(server.create("outcomes"), Keys.passing())
        prepare(database)
        yield database
        database.engine.dispose()


def _of(database: Database, name: str, runs: int, pairs: int) -> Iterator[Figure]:
    grow(database, pairs)
    rows, counts = (_timed(lambda left=left: analysed(database, left), runs) for left in (LEFT_OUT, ()))
    what = f"{pairs:,} pairs, {_offices(pairs):,} advertisers on {name}"
    yield Figure(f"full analysis from rows of outcomes, {what}", "s", rows, AIM_ROWS)
    yield Figure(f"full analysis from counts, {what}", "ms", tuple(1000 * each for each in counts), AIM_COUNTS)


def analysed(database: Database, without: Sequence[str] = ()) -> object:
    """A full analysis of that round; ``without`` a pair it is made of the outcome of each, and else of their counts."""
    with database.reading() as session:
        return _analysed(_counts(session, without))


def _offices(pairs: int) -> int:
    return max(1, pairs * OFFICES // PAIRS)


def _counts(session: Session, without: Sequence[str]) -> tuple[Counted, ...]:
    round_ = lookup.find(session, CLOSED.name)
    found = pair_outcomes.counts(session, round_.id, tables.rules(round_), without)
    if found is None:
        raise SystemExit("nothing is kept of the round")
    return found


def _analysed(kept: Sequence[Counted]) -> object:
    """By advertiser and by stratum, each in arrays of counts."""
    cells = np.array([each.cells for each in kept], dtype=np.intp)
    offices, strata = (_places([each[place] for each in kept]) for place in (0, 3))
    table, named = (np.zeros((places.max() + 1, 4), dtype=np.intp) for places in (offices, strata))
    np.add.at(table, offices, cells)
    np.add.at(named, strata, cells)
    return everything(table, named)


def _places(names: Sequence[object]) -> npt.NDArray[np.intp]:
    place = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([place[name] for name in names], dtype=np.intp)


def grow(database: Database, pairs: int) -> None:
    """Fill an empty database with a closed round that has so many pairs without letters, and what is kept of it."""
    fill(database, 2 * 100, [CLOSED])
    while not keeping.keep(database):
        pass
    with database.writing() as session:
        round_ = lookup.find(session, CLOSED.name).id
    asked = {"round": round_, "pairs": pairs, "offices": _offices(pairs), "strata": STRATA}
    steps = [text(step.format(numbers=_NUMBERS[database.engine.dialect.name])) for step in _STEPS]
    for low in range(1, pairs + 1, AT_ONCE):
        span = {"low": low, "high": min(pairs, low + AT_ONCE - 1)}
        with database.writing() as session:
            for step in steps:
                session.execute(step, {name: (asked | span)[name] for name in step.compile().params})
    with database.writing() as session:
        pair_outcomes.count(session, round_)
        survey(session)


def _timed(work: Callable[[], object], runs: int) -> tuple[float, ...]:
    work()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return tuple(taken)


def main(pairs: int, runs: int) -> None:
    for figure in measure(runs, pairs):
        spread = f"{shown(min(figure.values))} to {shown(max(figure.values))}"
        print(f"{figure.what:90} {shown(figure.median):>10} {figure.unit:22} {spread}", flush=True)


if __name__ == "__main__":
    main(*(int(each) for each in [*sys.argv[1:], str(PAIRS), "5"][:2]))
