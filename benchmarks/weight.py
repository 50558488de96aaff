"""What a pair weighs in the database, table by table with its indexes, and what that makes of a national round.

A closed round of so many pairs on PostgreSQL, as `benchmarks.pages_database` fills it: letters sent, most answered.
The attempts and the ledger are weighed by really claiming, passing and recording some letters, of which a pair has two.
Answers hold no text there: what people write weighs what it weighs.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from sqlalchemy import text

from benchmarks.dispatch import MORNING, Ours
from benchmarks.pages_database import CLOSED, fill
from benchmarks.record import Figure
from benchmarks.server import postgres
from orchestrator.db import Database
from orchestrator.master_keys import Keys
from orchestrator.rounds import lifecycle, sending
from orchestrator.rounds.sending import Claim, Result
from orchestrator.schema import prepare
from orchestrator.states import AttemptOutcome, RoundState

NATIONAL = 100_000
"""Pairs a year, at 5,000 offices."""

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TIMES = (1, 10)
LEAST = 0.005
"""Tables of a smaller share are told together."""

SIZES = text(
    "SELECT relname, pg_total_relation_size(oid), pg_indexes_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY 2 DESC"
)


def measure(runs: int, pairs: int = 50_000, letters: int = 1_000) -> list[Figure]:  # noqa: ARG001 - a weight is the same each time
    """Bytes do not differ by run: each figure has one value."""
    with postgres() as server:
        database = Database.at(server.create("weight"), Keys.passing())
        prepare(database)
        empty = _bytes(database)
        fill(database, 2 * pairs, [CLOSED])
        full = _bytes(database)
        database.engine.dispose()
        each = _sent(Ours(server, Keys.passing(), letters))
    tables = {name: tuple((a - b) / pairs for a, b in zip(full[name], empty[name], strict=True)) for name in full}
    return list(_told(tables | {name: (2 * whole, 2 * indexes) for name, (whole, indexes) in each.items()}))


def _sent(ours: Ours) -> dict[str, tuple[float, ...]]:
    """Bytes that one letter adds to the attempts and the ledger; nothing goes over a wire."""
    before, told = _bytes(ours.database), Result(AttemptOutcome.SENT, "answer", "250 ok", "250 ok")
    while claims := _claimed(ours.database):
        for claim in claims:
            with ours.database.writing() as session:
                sending.gate(session, claim, "bench", MORNING, MINUTE, HOUR)
            with ours.database.writing() as session:
                sending.record(session, claim, "bench", MORNING, told, MINUTE)
    after = _bytes(ours.database)
    ours.database.engine.dispose()
    return {
        name: tuple((a - b) / ours.letters for a, b in zip(after[name], before[name], strict=True))
        for name in ("attempt", "event")
    }


def _claimed(database: Database) -> list[Claim]:
    with database.writing() as session:
        (round_,) = lifecycle.in_state(session, RoundState.RUNNING)
        return sending.claim_inquiries(session, round_, "bench", MORNING, MINUTE, HOUR, 10)


def _bytes(database: Database) -> dict[str, tuple[int, int]]:
    """Of each table how many bytes it takes with its indexes, and how many of these are indexes."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM FULL"))  # without what the filling itself left behind
    with database.reading() as session:
        return {name: (whole, indexes) for name, whole, indexes in session.execute(SIZES)}


def _told(tables: Mapping[str, tuple[float, ...]]) -> Iterator[Figure]:
    """``tables``: bytes a pair of each with its indexes, and of these alone."""
    whole = sum(size for size, _ in tables.values())
    for name, (size, indexes) in sorted(tables.items(), key=lambda each: -each[1][0]):
        if size >= LEAST * whole:
            yield Figure(f"{name}, with its indexes", "bytes a pair", (size,))
            yield Figure(f"{name}, of which indexes", "bytes a pair", (indexes,))
    yield Figure("all tables", "bytes a pair", (whole,))
    for times in TIMES:
        yield Figure(f"{times * NATIONAL:,} pairs", "GB a year", (whole * times * NATIONAL / 1e9,))
