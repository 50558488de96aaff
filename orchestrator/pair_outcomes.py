"""Outcomes of a closed round kept beside its rows, a narrow row for each pair, and their counts by office and district.

They are made of the rows by who can read these (`results.keeping`), and are right or not there: triggers write down
each pair of which something changes, in the transaction of the change, and while anything is written down for a round
its counts are not told. Only these pairs are then made again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update
from sqlalchemy.orm import Session

from orchestrator import tallies
from orchestrator.bulk import insert_all
from orchestrator.models import Pair, Round
from orchestrator.outcome_models import OutcomeBook, OutcomeChange, PairOutcome
from orchestrator.several import not_first
from orchestrator.states import RoundState

KEPT_OF = (RoundState.CLOSED, RoundState.RELEASED)
VERSION = 1
"""Of the triggers: whoever changes one counts up."""

_BY = "round_id, advertiser_id, district, sham"
_NAMES = "first, pairs, c11, c10, c01, c00, sent, invitations"
_CELLS = ", ".join(f"CAST(sum(CASE WHEN cell = {cell} THEN pairs ELSE 0 END) AS INTEGER) AS c{arms}"
                   for cell, arms in enumerate(("11", "10", "01", "00")))  # fmt: skip
# By cell first, in the order of the index, which holds all that is asked: so a million pairs are read in half a second.
_BY_CELL = (
    f"SELECT {_BY}, cell, min(code) AS code, count(*) AS pairs, sum(sent) AS sent, sum(invitations) AS invitations "  # noqa: S608 - our own names
    f"FROM pair_outcome WHERE round_id = :round {{}} GROUP BY {_BY}, cell"
)
_SUMMED = (
    f"SELECT {_BY}, min(CASE WHEN cell IS NOT NULL THEN code END) AS first, CAST(sum(pairs) AS INTEGER) AS pairs, "  # noqa: S608
    f"{_CELLS}, CAST(sum(sent) AS INTEGER) AS sent, CAST(sum(invitations) AS INTEGER) AS invitations "
    f"FROM ({_BY_CELL}) AS cells GROUP BY {_BY}"
)
_LEFT = f"({_SUMMED.format('AND code NOT IN :without')})"
_TOLD = f"SELECT advertiser.key, advertiser.name, advertiser.kind, told.district, told.sham, {_NAMES} FROM"
_OF_WHOM = "JOIN advertiser ON advertiser.id = told.advertiser_id JOIN outcome_book AS book USING (round_id)"
_RIGHT = (
    "WHERE told.round_id = :round AND book.rules = :rules AND book.counted "
    "AND NOT EXISTS (SELECT 1 FROM outcome_change WHERE outcome_change.round_id = :round)"
)


@dataclass(frozen=True)
class Made:
    """What came of one pair, to be kept; as `PairOutcome` has it."""

    pair_id: int
    advertiser_id: int
    district: str
    code: str
    sham: bool
    cell: int | None
    sent: int
    invitations: int


class Counted(NamedTuple):
    """What came of the pairs of an office in a district; c11, c10, c01 and c00 are those that count.

    ``first`` is the code of the first pair that counts, None where none does. There are thousands, hence no dataclass.
    """

    advertiser: str
    name: str
    kind: str
    district: str
    sham: bool
    first: str | None
    pairs: int
    c11: int
    c10: int
    c01: int
    c00: int
    sent: int
    invitations: int

    @property
    def cells(self) -> tuple[int, int, int, int]:
        return self.c11, self.c10, self.c01, self.c00


def counts(session: Session, round_id: int, rules: str, without: Collection[str] = ()) -> tuple[Counted, ...] | None:
    """Return the kept counts of a round, in no order; None unless they are what its rows, read now, would give.

    ``without`` the pairs of these codes they are summed again, from the outcome of each pair.
    """
    told = text(f"{_TOLD} {_LEFT if without else 'outcome_count'} AS told {_OF_WHOM} {_RIGHT}")
    asked: dict[str, Any] = {"round": round_id, "rules": rules}
    if without:
        told, asked = told.bindparams(bindparam("without", expanding=True)), asked | {"without": list(without)}
    return tuple(map(Counted._make, session.connection().execute(told, asked).all())) or None


# --- making them -----------------------------------------------------------------------------------------------------


def behind(session: Session, rules: Mapping[int, str]) -> list[int]:
    """Return which of these rounds (``rules`` by number) have no counts that may be told, or have changes to follow."""
    right = {row.round_id: row.rules for row in session.scalars(select(OutcomeBook).where(OutcomeBook.counted))}
    changed = set(session.scalars(select(OutcomeChange.round_id).distinct()))
    return [number for number, made_by in rules.items() if right.get(number) != made_by or number in changed]


def closed(session: Session) -> Sequence[Round]:
    """Return the rounds of which outcomes are kept."""
    return session.scalars(select(Round).where(Round.state.in_(KEPT_OF)).order_by(Round.id)).all()


def open_book(session: Session, round_id: int, rules: str) -> None:
    """From now on write down what changes in a round; what was made by other rules goes."""
    book = session.get(OutcomeBook, round_id)
    if book is None:
        opened = {"rules": rules, "counted": False, "awaits": 0, "made_to": 0}
        session.execute(insert(OutcomeBook).values(round_id=round_id, **opened))
    elif book.rules != rules:
        session.execute(delete(PairOutcome).where(PairOutcome.round_id == round_id))
        book.rules, book.counted, book.made_to = rules, False, 0


def is_settled(session: Session, round_id: int) -> bool:
    """Say whether all is done that began before the book was opened, for of that nothing may be written down.

    Only PostgreSQL writes in several transactions at once. Nobody is held up: while it is not so, come again.
    """
    book = session.get_one(OutcomeBook, round_id)
    if book.awaits is not None and session.get_bind().dialect.name == "postgresql":
        ends = "SELECT {}(pg_current_snapshot())::text::bigint"
        book.awaits = book.awaits or session.scalar(text(ends.format("pg_snapshot_xmax")))
        if (session.scalar(text(ends.format("pg_snapshot_xmin"))) or 0) < (book.awaits or 0):
            return False
    book.awaits = None
    return True


def changed(session: Session, round_id: int, most: int) -> dict[int, int]:
    """Return what was written down for a round: pairs by the numbers of the changes, so many at most."""
    rows = select(OutcomeChange.id, OutcomeChange.pair_id).where(OutcomeChange.round_id == round_id)
    return dict(session.execute(rows.order_by(OutcomeChange.id).limit(most)).all())


def missing(session: Session, round_id: int, most: int) -> list[int]:
    """Return the numbers of pairs whose outcome is not kept yet; so many at most, in order."""
    book = session.get_one(OutcomeBook, round_id)
    there = select(PairOutcome.pair_id).where(PairOutcome.pair_id == Pair.id).exists()
    # By their numbers: through the index of its round SQLite would go through all its pairs for each five hundred.
    rows = select(Pair.id).where(not_first(Pair.round_id) == round_id, Pair.id > book.made_to, ~there)
    return list(session.scalars(rows.order_by(Pair.id).limit(most)))


def keep(
    session: Session, round_id: int, pairs: Collection[int], made: Sequence[Made], done: Collection[int] = ()
) -> None:
    """Store what came of these pairs in the place of what was kept, and forget the changes that are ``done``.

    Without changes the pairs are those that were missing. A pair that is gone has nothing in ``made``.
    """
    reached = {} if done else {"made_to": max(pairs)}
    session.execute(update(OutcomeBook).where(OutcomeBook.round_id == round_id).values(counted=False, **reached))
    session.execute(delete(PairOutcome).where(PairOutcome.pair_id.in_(pairs)))
    insert_all(session, PairOutcome, ({"round_id": round_id, **vars(each)} for each in made))
    if done:
        session.execute(delete(OutcomeChange).where(OutcomeChange.id.in_(done)))


def count(session: Session, round_id: int) -> None:
    """Sum what is kept of a round by office and district."""
    asked = {"round": round_id}
    session.execute(text("DELETE FROM outcome_count WHERE round_id = :round"), asked)
    summed = f"INSERT INTO outcome_count ({_BY}, {_NAMES}) {_SUMMED.format('')}"
    session.execute(text(summed), asked)
    session.execute(update(OutcomeBook).where(OutcomeBook.round_id == round_id).values(counted=True))


# --- triggers --------------------------------------------------------------------------------------------------------

_WATCHED = {
    "pair": ("state", "sham", "listing_id", "code"),
    "inquiry": ("state", "sent_at", "arm"),
    "reply": ("label", "received_at", "inquiry_id"),
    "listing": ("district", "advertiser_id"),
}
"""What an outcome is made of. Of a round that is closed no pair or letter is new."""

_WHEN = {("inquiry", "update"): {"when": "OLD.state = 'sent' OR NEW.state = 'sent'"}}
"""On its way a letter changes more than once, and to an outcome only one that went matters."""

_PAIRS_OF = {
    "pair": "SELECT {row}.round_id AS round_id, {row}.id AS id",
    "inquiry": "SELECT round_id, id FROM pair WHERE id = {row}.pair_id",
    "reply": "SELECT pair.round_id, pair.id FROM pair JOIN inquiry ON inquiry.pair_id = pair.id "
    "WHERE inquiry.id = {row}.inquiry_id",
    "listing": "SELECT round_id, id FROM pair WHERE listing_id = {row}.id",
}


def install(connection: Connection) -> None:
    """Make the triggers unless they are there. Where they had to be made, all books are closed: some may be missed."""
    wanted = dict(_triggers(connection.dialect.name))
    if tallies.install_triggers(connection, "outcome_", wanted):
        connection.exec_driver_sql("DELETE FROM outcome_count")
        connection.exec_driver_sql("DELETE FROM pair_outcome")
        connection.exec_driver_sql("DELETE FROM outcome_book")


def _triggers(dialect: str) -> Iterator[tuple[str, dict[str, str]]]:
    for table, columns in _WATCHED.items():
        events: dict[str, tuple[str, tuple[str, ...]]] = {
            "update": (f"UPDATE OF {', '.join(columns)}", ("NEW",)),
            "delete": ("DELETE", ("OLD",)),
        }
        if table == "reply":
            events |= {"insert": ("INSERT", ("NEW",)), "update": (events["update"][0], ("OLD", "NEW"))}
        for kind, (event, rows) in events.items():
            body = " ".join(_written(table, row, dialect) for row in rows)
            yield (
                f"outcome_{table}_{kind}_{VERSION}",
                {"table": table, "event": event, "body": body} | _WHEN.get((table, kind), {}),
            )


def _written(table: str, row: str, dialect: str) -> str:
    books = f"FROM ({_PAIRS_OF[table].format(row=row)}) AS these JOIN outcome_book USING (round_id)"
    add = f"INSERT INTO outcome_change (round_id, pair_id) SELECT these.round_id, these.id {books};"
    # To ask costs PostgreSQL a fraction of an insert of nothing, and of a round that runs there is nothing.
    return add if dialect == "sqlite" else f"IF EXISTS (SELECT 1 {books}) THEN {add} END IF;"
