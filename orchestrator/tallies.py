"""Counts of a round that pages read without counting: kept by the database itself, in the transaction of the change.

Triggers write down every change as a row of its own, so that no writer waits for another; a tick folds them together.
Only the letters of a plan, which come by the hundred thousand, are counted by who stores them (`count_planned`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Select,
    Subquery,
    bindparam,
    case,
    func,
    insert,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from orchestrator.models import Coding, DeferredReply, Enrolment, Round
from orchestrator.states import LetterState
from orchestrator.tally_models import Tally, TallyChange

HOUR = "%Y-%m-%d %H"
VERSION = 3
MOST_LETTERS = 4
"""A set has at most so many letters (`models.Inquiry`)."""

_HOUR_OF = {"sqlite": "substr({}, 1, 13)", "postgresql": "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"}
_DIFFERS = {"sqlite": "{} IS NOT {}", "postgresql": "{} IS DISTINCT FROM {}"}
_ROUND_OF = {
    "inquiry": "FROM pair WHERE pair.id = {row}.pair_id",
    "decline": "FROM pair JOIN inquiry ON inquiry.pair_id = pair.id WHERE inquiry.id = {row}.inquiry_id",
    "reply": "FROM pair JOIN inquiry ON inquiry.pair_id = pair.id WHERE inquiry.id = {row}.inquiry_id",
}


@dataclass(frozen=True)
class Measure:
    """What is counted of a table, in SQL over a row "{row}": under which name, in which hour, and when at all.

    ``columns`` are those that it depends on; empty for what never changes. ``live`` is asked instead of ``when`` of
    rows that are all there already.
    """

    table: str
    what: str
    columns: tuple[str, ...] = ()
    hour: str = ""
    when: str = "true"
    live: str = ""


_ANOTHER = "SELECT 1 FROM reply AS other WHERE other.inquiry_id = {row}.inquiry_id AND other.id <> {row}.id"
MEASURES = (
    Measure("inquiry", "'inquiry.' || {row}.state", ("state",)),
    Measure("inquiry", "'planned'", ("planned_at",), hour="planned_at"),
    Measure("inquiry", "'sent'", ("sent_at",), hour="sent_at", when="{row}.sent_at IS NOT NULL"),
    Measure("inquiry", "'sent.' || {row}.\"order\"", ("state",), when="{row}.state = 'sent'"),
    Measure("decline", "'decline.' || {row}.state", ("state",)),
    Measure("reply", "'replies'", hour="received_at"),
    Measure("reply", "'coded'", ("label",), when="{row}.label IS NOT NULL"),
    Measure("reply", "'uncoded'", ("label",), when="{row}.label IS NULL"),
    # Of an inquiry that was answered more than once the first reply alone is counted.
    Measure(
        "reply",
        "'answered'",
        when=f"NOT EXISTS ({_ANOTHER})",
        live=f"NOT EXISTS ({_ANOTHER} AND other.id < {{row}}.id)",
    ),
)


@dataclass(frozen=True)
class Tallies:
    """The counts of one round: letters and courtesy letters by state, inquiries answered, replies (un)coded.

    ``sent`` has how many first, second … letters of a pair went. ``by_hour`` has for "planned", "sent" and "replies"
    how many there are in each hour that has any (aware, UTC).
    """

    letters: Counter[LetterState]
    declines: Counter[LetterState]
    answered: int
    coded: int
    uncoded: int
    sent: Mapping[int, int]
    by_hour: Mapping[str, Mapping[datetime, int]]

    @property
    def waiting(self) -> tuple[datetime, datetime] | None:
        """The first and the last hour in which letters are planned; None when none of them waits."""
        hours = self.by_hour["planned"]
        return (min(hours), max(hours)) if self.letters[LetterState.PLANNED] and hours else None


def of_round(session: Session, round_id: int) -> Tallies:
    """Read the counts of a round."""
    plain: Counter[str] = Counter()
    hours: dict[str, Counter[datetime]] = {"planned": Counter(), "sent": Counter(), "replies": Counter()}
    # Past the session, which would look at each of a thousand rows for something to load; and of an hour that was
    # folded, some may have been written down since.
    for what, hour, n in session.connection().execute(_by_hour(), {"round_id": round_id}).all():
        if hour:
            hours[what][_moment(hour)] += int(n)
        else:
            plain[what] += int(n)
    letters, declines = (
        Counter({state: plain[f"{kind}.{state}"] for state in LetterState}) for kind in ("inquiry", "decline")
    )
    sent = {place: plain[f"sent.{place}"] for place in range(1, MOST_LETTERS + 1)}
    by_hour = {what: {hour: n for hour, n in of.items() if n} for what, of in hours.items()}
    return Tallies(letters, declines, plain["answered"], plain["coded"], plain["uncoded"], sent, by_hour)


def fingerprint(session: Session, round_: Round) -> tuple[object, ...]:
    """Return what changes whenever the answers of a round, its state or its letters do; nothing is counted for it."""
    connection = session.connection()
    counted = ((what, int(n)) for what, n in connection.execute(_plain(), {"round_id": round_.id}))
    elsewhere = connection.execute(_elsewhere()).one()
    return (round_.id, round_.state, round_.digest, *elsewhere, *sorted(counted))


@cache
def _plain() -> Select[*tuple[Any, ...]]:
    both = _both(Tally.what, Tally.hour, Tally.n)
    return select(both.c.what, func.sum(both.c.n)).where(both.c.hour == "").group_by(both.c.what)


@cache
def _elsewhere() -> Select[*tuple[Any, ...]]:
    """The newest coding of all, how many advertisers ended their part, and how many mails wait for a place."""
    coded, withdrawn = select(func.max(Coding.id)), select(func.count(Enrolment.withdrawn_at))
    deferred = select(func.count()).where(DeferredReply.resolved_at.is_(None))
    return select(*(each.scalar_subquery() for each in (coded, withdrawn, deferred)))


def first_and_last(session: Session, round_id: int, what: str) -> tuple[datetime, datetime] | None:
    """Return the first and the last hour of a round in which there ever was any of this; None when there was none."""
    return _counted_of(session, round_id, what, what)[0]


def waiting(session: Session, round_id: int) -> tuple[datetime, datetime] | None:
    """Return the first and the last hour in which a round has planned letters; None when none of them waits."""
    span, number = _counted_of(session, round_id, "planned", f"inquiry.{LetterState.PLANNED}")
    return span if number else None


def uncoded(session: Session, round_id: int) -> int:
    """Return how many replies of a round have no final label yet."""
    return _counted_of(session, round_id, "replies", "uncoded")[1]


def declines_sent(session: Session, round_id: int) -> int:
    """Return how many courtesy letters of a round went."""
    return _counted_of(session, round_id, "planned", f"decline.{LetterState.SENT}")[1]


def _counted_of(
    session: Session, round_id: int, by_hour: str, plain: str
) -> tuple[tuple[datetime, datetime] | None, int]:
    """Return the first and last hour of what is told by the hour, and how many there are of what is not."""
    asked = {"round_id": round_id, "by_hour": by_hour, "plain": plain}
    first, last, number = session.connection().execute(_of_two(), asked).one()
    return ((_moment(first), _moment(last)) if first else None), int(number or 0)


@cache
def _of_two() -> Select[*tuple[Any, ...]]:
    both = _both(Tally.hour, Tally.what, Tally.n)
    hour = case((both.c.what == bindparam("by_hour"), func.nullif(both.c.hour, "")))
    number = case((both.c.what == bindparam("plain"), both.c.n), else_=0)
    rows = select(func.min(hour), func.max(hour), func.sum(number))
    return rows.where(both.c.what.in_((bindparam("by_hour"), bindparam("plain"))))


def _both(*columns: InstrumentedAttribute[Any]) -> Subquery:
    """Return these columns of a round, of what was folded and of what was written down since."""
    names = [column.key for column in columns]
    of_round = (
        select(*(getattr(table, name) for name in names)).where(table.round_id == bindparam("round_id"))
        for table in (Tally, TallyChange)
    )
    return union_all(*of_round).subquery()


@lru_cache(maxsize=50_000)
def _moment(hour: str) -> datetime:
    return datetime(int(hour[:4]), int(hour[5:7]), int(hour[8:10]), int(hour[11:]), tzinfo=UTC)


@cache
def _by_hour() -> CompoundSelect[*tuple[Any, ...]]:
    """What was folded is one row for each hour already: only what was written down since is summed there."""
    folded = select(Tally.what, Tally.hour, Tally.n).where(Tally.round_id == bindparam("round_id"))
    since = select(TallyChange.what, TallyChange.hour, func.sum(TallyChange.n))
    since = since.where(TallyChange.round_id == bindparam("round_id"))
    return union_all(folded, since.group_by(TallyChange.what, TallyChange.hour))


def count_planned(session: Session, round_id: int, moments: Iterable[datetime]) -> None:
    """Count letters that are stored in bulk, by their planned moments: no trigger watches for new ones."""
    hours = Counter(moment.astimezone(UTC).strftime(HOUR) for moment in moments)
    rows = [{"round_id": round_id, "what": "planned", "hour": hour, "n": n} for hour, n in hours.items()]
    if rows:
        state = {"round_id": round_id, "what": f"inquiry.{LetterState.PLANNED}", "hour": "", "n": hours.total()}
        session.execute(insert(TallyChange), [*rows, state])


def fold(session: Session) -> None:
    """Add what was written down to the tallies; may be done by several at once, and at any moment."""
    add = "ON CONFLICT (round_id, what, hour) DO UPDATE SET n = tally.n + excluded.n"
    summed = "SELECT round_id, what, hour, sum(n) FROM {} WHERE true GROUP BY round_id, what, hour"
    if session.get_bind().dialect.name == "postgresql":
        gone = "WITH gone AS (DELETE FROM tally_change RETURNING round_id, what, hour, n)"
        session.execute(text(f"{gone} INSERT INTO tally (round_id, what, hour, n) {summed.format('gone')} {add}"))
        return
    session.execute(text(f"INSERT INTO tally (round_id, what, hour, n) {summed.format('tally_change')} {add}"))
    session.execute(text("DELETE FROM tally_change"))


# --- counting again ------------------------------------------------------------------------------------------------


def differences(session: Session) -> list[str]:
    """Say, in English for a log, where the tallies are not what the rows are; empty when all is well."""
    kept, counted = _kept(session), _counted(session)
    return [
        f"round {key[0]}, {key[1]} {key[2]}: tally {kept[key]}, rows {counted[key]}"
        for key in sorted(kept.keys() | counted.keys())
        if kept[key] != counted[key]
    ]


def rebuild(session: Session) -> None:
    """Count everything again from the rows; nobody writes meanwhile."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE inquiry, decline, reply, tally, tally_change IN SHARE ROW EXCLUSIVE MODE"))
    counted = _counted(session)
    for table in ("tally_change", "tally"):
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
    rows = [dict(zip(("round_id", "what", "hour", "n"), (*key, n), strict=True)) for key, n in counted.items()]
    if rows:
        session.execute(insert(Tally), rows)


def _kept(session: Session) -> Counter[tuple[int, str, str]]:
    found: Counter[tuple[int, str, str]] = Counter()
    for each in (Tally, TallyChange):
        for round_id, what, hour, n in session.execute(select(each.round_id, each.what, each.hour, each.n)):
            found[round_id, what, hour] += n
    return Counter({key: n for key, n in found.items() if n})


def _counted(session: Session) -> Counter[tuple[int, str, str]]:
    dialect = session.get_bind().dialect.name
    found: Counter[tuple[int, str, str]] = Counter()
    for measure in MEASURES:
        for round_id, what, hour, n in session.execute(text(_live(measure, dialect))):
            found[round_id, what, hour] = n
    return found


def _live(measure: Measure, dialect: str) -> str:
    """The rows of a measure counted where they stand."""
    row = measure.table
    told = f"pair.round_id, {measure.what.format(row=row)}, {_hour(measure, row, dialect)}, count(*)"
    join = "" if row == "inquiry" else f"JOIN {row} ON {row}.inquiry_id = inquiry.id"
    when = (measure.live or measure.when).format(row=row)
    source = f"FROM pair JOIN inquiry ON inquiry.pair_id = pair.id {join}"
    return f"SELECT {told} {source} WHERE {when} GROUP BY 1, 2, 3"


def _hour(measure: Measure, row: str, dialect: str) -> str:
    return _HOUR_OF[dialect].format(f"{row}.{measure.hour}") if measure.hour else "''"


# --- triggers --------------------------------------------------------------------------------------------------------


def install(connection: Connection) -> bool:
    """Make the triggers unless they are there; return whether they had to be made, and all must be counted again."""
    return install_triggers(connection, "tally_", dict(_triggers(connection.dialect.name)))


def install_triggers(connection: Connection, prefix: str, wanted: Mapping[str, Mapping[str, str]]) -> bool:
    """Make these triggers unless all are there; return whether it was done.

    Each has by its name the ``table``, the ``event``, the ``body``, and ``when`` it is for some rows only. One with
    ``tables`` of the rows that changed, which PostgreSQL alone has, is asked once a statement.

    Those of an earlier version, whose names begin so too, go: they would count twice.
    """
    dialect, present = connection.dialect.name, _present(connection)
    if wanted.keys() <= present:
        return False
    for name in sorted(name for name in present - wanted.keys() if name.startswith(prefix)):
        connection.exec_driver_sql(
            f"DROP TRIGGER {name}" + (f" ON {name.split('_')[1]}" if dialect != "sqlite" else "")
        )
    for name, trigger in wanted.items():
        _make(connection, name, trigger, dialect)
    return True


def _present(connection: Connection) -> set[str]:
    rows = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal "
        "AND relnamespace = current_schema()::regnamespace",
    }
    return set(connection.scalars(text(rows[connection.dialect.name])))


def _make(connection: Connection, name: str, trigger: Mapping[str, str], dialect: str) -> None:
    table, event, body, when = trigger["table"], trigger["event"], trigger["body"], trigger.get("when", "true")
    once = f"REFERENCING {trigger['tables']} FOR EACH STATEMENT" if "tables" in trigger else None
    if dialect == "sqlite":
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN {when} BEGIN {body} END")
        return
    connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$body$ BEGIN {body} RETURN NULL; END $body$"
    )
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    each = once or f"FOR EACH ROW WHEN ({when})"
    connection.exec_driver_sql(f"CREATE TRIGGER {name} AFTER {event} ON {table} {each} EXECUTE FUNCTION {name}()")


def _triggers(dialect: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The triggers by name. A name ends in the version of their texts: whoever changes one counts up."""
    for table in _ROUND_OF:
        own = [measure for measure in MEASURES if measure.table == table]
        columns = sorted({column for measure in own for column in measure.columns})
        bodies: dict[str, Any] = {
            "insert": ("INSERT", [_written(each, "NEW", 1, dialect) for each in own]),
            "delete": ("DELETE", [_written(each, "OLD", -1, dialect) for each in own]),
            "update": (f"UPDATE OF {', '.join(columns)}", list(_changed(own, dialect))),
        }
        if table == "inquiry":
            del bodies["insert"]
        for kind, (event, statements) in bodies.items():
            if dialect == "postgresql" and (table, kind) in _AT_ONCE:
                trigger = _of_statement(table, kind, own)
            else:
                trigger = {"table": table, "event": event, "body": " ".join(statements)}
            yield f"tally_{table}_{kind}_{VERSION}", trigger


_AT_ONCE = {("inquiry", "update"), ("inquiry", "delete"), ("reply", "insert")}
"""What PostgreSQL counts by the statement: a worker sends, and reads, many letters at once. Replies are coded one by
one, and of several replies to one letter that are deleted at once each would take its answer off."""

_ROWS_OF = {
    "insert": ("NEW TABLE AS came", "SELECT *, 1 AS n FROM came"),
    "update": ("OLD TABLE AS gone NEW TABLE AS came", "SELECT *, -1 AS n FROM gone UNION ALL SELECT *, 1 FROM came"),
    "delete": ("OLD TABLE AS gone", "SELECT *, -1 AS n FROM gone"),
}


def _of_statement(table: str, kind: str, own: Iterable[Measure]) -> dict[str, str]:
    """Count all rows that a statement changed by one statement.

    What did not change is taken off and added. The round is asked of each row by itself: a plan that once was made for
    all letters of a round, and is kept, would read all pairs for a few.
    """
    tables, rows = _ROWS_OF[kind]
    told = ", ".join(_values(each) for each in own if kind != "update" or each.columns)
    of_row = f"(SELECT pair.round_id {_ROUND_OF[table].format(row='changed')}) AS round_id"
    one = f"one AS MATERIALIZED (SELECT *, {of_row} FROM ({rows}) AS changed)"  # noqa: S608 - our own names
    counted = f"one CROSS JOIN LATERAL (VALUES {told}) AS told (what, hour, counts)"
    body = (
        f"INSERT INTO tally_change (round_id, what, hour, n) WITH {one} SELECT round_id, what, hour, sum(n) "  # noqa: S608 - as above
        f"FROM {counted} WHERE counts GROUP BY round_id, what, hour HAVING sum(n) <> 0;"
    )
    return {"table": table, "event": kind.upper(), "body": body, "tables": tables}


def _values(measure: Measure) -> str:
    when = (measure.live or measure.when).format(row="one")
    return f"({measure.what.format(row='one')}, {_hour(measure, 'one', 'postgresql')}, {when})"


def _changed(own: Iterable[Measure], dialect: str) -> Iterator[str]:
    for measure in own:
        if measure.columns:
            changes = (_DIFFERS[dialect].format(f"OLD.{column}", f"NEW.{column}") for column in measure.columns)
            changed = f"({' OR '.join(changes)})"
            yield _written(measure, "OLD", -1, dialect, changed)
            yield _written(measure, "NEW", 1, dialect, changed)


def _written(measure: Measure, row: str, n: int, dialect: str, changed: str = "true") -> str:
    told = f"{measure.what.format(row=row)}, {_hour(measure, row, dialect)}, {n}"
    source = _ROUND_OF[measure.table].format(row=row)
    return (
        f"INSERT INTO tally_change (round_id, what, hour, n) SELECT pair.round_id, {told} "
        f"{source} AND {changed} AND {measure.when.format(row=row)};"
    )
