"""How fast is a large round planned? Each stage in pairs per second, beside a plain loop and the drivers themselves.

What happens in memory is counted in seconds of the processor, so that a busy machine matters less; what has to do with
a database in seconds on the clock. Rates and times are medians, ratios are taken within each run.

Run: python -m benchmarks.planning [pairs] [runs]
"""

import gc
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select, text

from benchmarks import planning_loop
from benchmarks.planning_loop import Load
from benchmarks.record import Figure, ratio
from orchestrator import name_bank
from orchestrator.assignment import REAL, Homes, seat, seat_all
from orchestrator.bulk import insert_all
from orchestrator.db import Database, Session
from orchestrator.design import Design, read_design
from orchestrator.intake import ListingRow, Participant, read_listings, read_participants
from orchestrator.listings import dwelling
from orchestrator.master_keys import Keys
from orchestrator.models import Inquiry, Listing, Pair
from orchestrator.rotation import Turns, turns
from orchestrator.rounds import planning
from orchestrator.rounds.casting import Cast, Casting
from orchestrator.rounds.writing import compose
from orchestrator.schedule import Closure, place_all
from orchestrator.schema import prepare
from profiles.applicants import variants
from profiles.pairs import BOTH

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from servers import Away, own_postgres

EXAMPLE = Path(__file__).parents[1] / "examples" / "amersfoort-2026"
FIRST_DAY, WEEKS = date(2026, 9, 7), 26
EACH = 20
"""So many listings has every advertiser: names enough for all of them."""


def a_design(pairs: int) -> Design:
    """The design of the example, for half a year and so many pairs."""
    design = read_design(EXAMPLE / "round.yaml")
    half_a_year = {
        "first_day": FIRST_DAY,
        "last_day": FIRST_DAY + timedelta(days=7 * WEEKS - 3),
        "per_advertiser_day": 1,
    }
    sample = design.sample.model_copy(update={"pairs": pairs, "per_advertiser": EACH, "feeds": ()})
    return design.model_copy(update={"sample": sample, "schedule": design.schedule.model_copy(update=half_a_year)})


def participants(advertisers: int) -> list[Participant]:
    """Advertisers whose consents begin and end in different weeks, most of them with some days off."""
    model, chance = read_participants(EXAMPLE / "participants.csv")[0], random.Random(1)  # noqa: S311 - no secret
    return [
        replace(
            model,
            advertiser=f"kantoor-{number:06d}",
            email=f"huur@kantoor-{number:06d}.example",
            consent_from=FIRST_DAY - timedelta(days=7 * chance.randrange(-3, 5)),
            consent_until=FIRST_DAY + timedelta(days=7 * (WEEKS + chance.randrange(-3, 5))),
            days_off=frozenset(
                FIRST_DAY + timedelta(days=chance.randrange(7 * WEEKS)) for _ in range(chance.randrange(8))
            ),
        )
        for number in range(advertisers)
    ]


def listings(pairs: int) -> Iterator[ListingRow]:
    """Dwellings of the example, each many times over and each time at an address of its own."""
    models = read_listings(EXAMPLE / "listings.csv", read_participants(EXAMPLE / "participants.csv"))
    for number in range(pairs):
        model = models[number % len(models)]
        street = f"{model.street.rstrip('0123456789 ')} {number}"
        key, owner = f"lst-{number:07d}", f"kantoor-{number // EACH:06d}"
        yield replace(model, listing=key, advertiser=owner, street=street, reference=key, url="")


@dataclass
class Bench:
    """What is planned, and how long each stage took, in seconds."""

    design: Design
    participants: list[Participant]
    listings: list[ListingRow]
    took: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: int) -> "Bench":
        return cls(a_design(pairs), participants(-(-pairs // EACH)), list(listings(pairs)))

    def timed(self, stage: str, work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> Any:
        gc.collect()
        begun = clock()
        found = work()
        self.took.setdefault(stage, []).append(clock() - begun)
        return found

    @property
    def planned(self) -> list[float]:
        """How long it took to draw and schedule all, in each run."""
        return [sum(run) for run in zip(*(self.took[part] for part in ("read keys", "draw", "schedule")), strict=True)]

    def closures(self) -> dict[str, Closure]:
        return {
            each.advertiser: ((each.consent_from, each.consent_until), each.days_off or frozenset())
            for each in self.participants
        }

    def loads(self) -> dict[str, Load]:
        """The same advertiser by advertiser, as a loop wants it."""
        own: dict[str, list[str]] = {each.advertiser: [] for each in self.participants}
        for row in self.listings:
            own[row.advertiser].append(row.listing)
        return {key: Load(tuple(own[key]), closure) for key, closure in self.closures().items()}

    def columns(self) -> tuple[list[str], list[str], list[str]]:
        """Of each listing its key, that of its advertiser, and its stratum."""
        rows = self.listings
        return [row.listing for row in rows], [row.advertiser for row in rows], [""] * len(rows)


def in_memory(bench: Bench) -> None:
    """Draw and schedule, and the loop that does the same."""
    design, columns, closures, loads = bench.design, bench.columns(), bench.closures(), bench.loads()
    texts = texts_of(design)
    homes = bench.timed("read keys", lambda: Homes.of(*columns))
    bench.timed("draw", lambda: drawn(design, homes, len(texts)))
    moments = bench.timed("schedule", lambda: place_all(design, homes, closures))
    rng = random.Random(design.seed)  # noqa: S311 - no secret
    planned = bench.timed("loop", lambda: planning_loop.plan(design, loads, list(texts), rng))
    if (moments.letters < 0).any() or len(planned) < len(bench.listings):
        raise SystemExit("not everything fits: nothing can be compared")


def texts_of(design: Design) -> Sequence[str]:
    return variants(design.signal, design.letters.level, design.letters.language)


def drawn(design: Design, homes: Homes, texts: int) -> list[Turns]:
    """Seat all pairs, and give them what comes with their seats, kind by kind."""
    seats = seat_all(design, homes)
    names = {REAL: "real"} | {number: arm.value for number, arm in enumerate(BOTH)}
    return [turns(design.seed, name, seats.place[seats.sham == kind], texts) for kind, name in names.items()]


def in_words(bench: Bench) -> None:
    """Match the applicants and write both letters."""
    design = bench.design
    bank = name_bank.for_design(name_bank.load(), design)
    casting = Casting(design, bank, texts_of(design))
    owners = {each.advertiser: number for number, each in enumerate(bench.participants)}
    rows = {each.listing: _row(each, owners) for each in bench.listings}
    seats = seat(design, Homes.of(*bench.columns()))
    casts = bench.timed("match", lambda: [casting.cast(rows[key], place) for key, place in seats.items()])
    bench.timed("render", lambda: [_letters(design, rows[cast.drawn.listing], cast) for cast in casts])


def _row(given: ListingRow, owners: dict[str, int]) -> Listing:
    row = Listing(key=given.listing, advertiser_id=owners[given.advertiser])
    row.street, row.city, row.reference, row.rooms, row.rent = (
        given.street, given.city, given.reference, given.rooms, given.rent
    )  # fmt: skip
    return row


def _letters(design: Design, row: Listing, cast: Cast) -> list[Any]:
    return [compose(design, cast.drawn, cast.matched, dwelling(row), arm) for arm in cast.drawn.arms]


@dataclass
class Store:
    """A database with a planned round, whose pairs and letters are stored again and again."""

    name: str
    database: Database
    connect: Callable[[], Any]
    """A connection of the driver itself."""
    pairs: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    prepared: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def fill(self, bench: Bench) -> None:
        """Plan the round; keep its rows as values and as the driver wrote them."""
        prepare(self.database)
        now = datetime(2026, 9, 1, tzinfo=UTC)
        with self.database.writing() as session:
            words = (bench.design, bench.participants, bench.listings)
            bench.timed(
                f"{self.name}: whole plan",
                lambda: planning.plan(session, *words, actor="benchmark", now=now),
                time.perf_counter,
            )
        with self.database.reading() as session:
            self.pairs, self.letters = (_values(session, model) for model in (Pair, Inquiry))
        with self.connect() as connection:
            as_text = "::text" if isinstance(connection, psycopg.Connection) else ""
            for table, rows in (("pair", self.pairs), ("inquiry", self.letters)):
                told = ", ".join(f'"{name}"{as_text}' for name in rows[0])
                found = connection.execute(f"SELECT {told} FROM {table} ORDER BY id")  # noqa: S608 - our own names
                self.prepared[table] = found.fetchall()

    def empty(self) -> None:
        with self.database.writing() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text("TRUNCATE inquiry, pair CASCADE"))
            else:
                session.execute(text("DELETE FROM inquiry"))
                session.execute(text("DELETE FROM pair"))

    def ours(self) -> None:
        with self.database.writing() as session:
            insert_all(session, Pair, self.pairs)
            insert_all(session, Inquiry, self.letters)

    def drivers(self) -> None:
        with self.connect() as connection:
            for table, rows in (("pair", self.pairs), ("inquiry", self.letters)):
                names = ", ".join(f'"{name}"' for name in rows[0])
                if isinstance(connection, psycopg.Connection):
                    with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN".encode()) as into:
                        for row in self.prepared[table]:
                            into.write_row(row)
                else:
                    places = ", ".join("?" * len(rows[0]))
                    connection.executemany(
                        f"INSERT INTO {table} ({names}) VALUES ({places})",  # noqa: S608 - our own names
                        self.prepared[table],
                    )


def _values(session: Session, model: type[Pair] | type[Inquiry]) -> list[dict[str, Any]]:
    """The rows, with their ids, as planning makes them."""
    keys = [column.key for column in model.__table__.columns]
    return [{key: getattr(row, key) for key in keys} for row in session.scalars(select(model).order_by(model.id))]


def stored(bench: Bench, store: Store) -> None:
    store.empty()
    bench.timed(f"{store.name}: store", store.ours, time.perf_counter)
    store.empty()
    bench.timed(f"{store.name}: driver", store.drivers, time.perf_counter)


def _sqlite(folder: str) -> Store:
    file = f"{folder}/planning.db"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file)
        # As our own connections have it.
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return Store("SQLite", Database.at(f"sqlite:///{file}"), connect)


def report(bench: Bench, runs: int) -> None:
    pairs = len(bench.listings)
    print(f"{pairs} pairs of {len(bench.participants)} advertisers")
    print(f"median of {runs} runs (least - most); names, letters and a whole plan are made once\n")
    print(f"{'stage':24}{'seconds':>26}{'pairs per second':>20}")
    for stage, took in bench.took.items():
        middle = statistics.median(took)
        spread = f"{middle:.2f} ({min(took):.2f} - {max(took):.2f})"
        print(f"{stage:24}{spread:>26}{pairs / middle:>20,.0f}")
    took = bench.took
    print()
    tell("the loop takes", "draw and schedule", took["loop"], bench.planned)
    for name in ("SQLite", "PostgreSQL"):
        if f"{name}: store" in took:
            tell(f"storing on {name} takes", "the driver", took[f"{name}: store"], took[f"{name}: driver"])


def tell(what: str, than: str, one: Sequence[float], other: Sequence[float]) -> None:
    """How many times as long the one takes as the other, run by run."""
    ratios = [a / b for a, b in zip(one, other, strict=True)]
    print(f"{what} {statistics.median(ratios):.1f} ({min(ratios):.1f} - {max(ratios):.1f}) times as long as {than}")


def main(pairs: int, runs: int) -> None:
    bench = Bench.of(pairs)
    in_memory(Bench.of(EACH))  # whatever is read or compiled once
    for _ in range(runs):
        in_memory(bench)
    in_words(bench)
    try:
        on_sqlite(bench, runs)
        on_postgresql(bench, runs)
    finally:  # what was measured is told, whatever happens to a server
        report(bench, runs)


def measure(runs: int, drawn: int = 1_000_000, stored_pairs: int = 100_000) -> list[Figure]:
    """Draw and schedule ``drawn`` pairs, and store a plan of fewer: names and letters of a million take an hour."""
    bench = Bench.of(drawn)
    in_memory(Bench.of(EACH))
    for _ in range(runs):
        in_memory(bench)
    ours, loop = (
        Figure("draw and schedule", "s", tuple(bench.planned)),
        Figure("the plain loop", "s", tuple(bench.took["loop"])),
    )
    smaller = Bench.of(stored_pairs)
    on_sqlite(smaller, runs)
    on_postgresql(smaller, runs)
    return [ours, loop, ratio("the loop to ours", loop, ours, "40 or more"), *_storing(smaller)]


def _storing(bench: Bench) -> Iterator[Figure]:
    """How near storing comes to the driver's own bulk, of each database that there was."""
    for name in ("SQLite", "PostgreSQL"):
        if f"{name}: store" in bench.took:
            own, driver = (
                Figure(f"{name}: {what}", "s", tuple(bench.took[f"{name}: {key}"]))
                for what, key in (("storing", "store"), ("the driver", "driver"))
            )
            yield from (own, driver, ratio(f"{name}: the driver to storing", driver, own, "0.7 or more"))


def on_sqlite(bench: Bench, runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        filled_and_stored(bench, _sqlite(folder), runs)


def on_postgresql(bench: Bench, runs: int) -> None:
    try:
        server = own_postgres(durable=True)
    except Away as why:
        print(f"no PostgreSQL: {why}\n")
        return
    try:
        url = server.create("planning")
        filled_and_stored(
            bench, Store("PostgreSQL", Database.at(url, Keys.passing()), lambda: server.connect("planning")), runs
        )
    finally:
        server.stop()


def filled_and_stored(bench: Bench, store: Store, runs: int) -> None:
    store.fill(bench)
    for _ in range(runs):
        stored(bench, store)
    store.database.engine.dispose()


if __name__ == "__main__":
    main(*(int(each) for each in [*sys.argv[1:], "100000", "5"][:2]))
