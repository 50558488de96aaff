"""The ledger under the hands of somebody who can write in the database: what is found, and by which command.

Whoever rewrites every line after the one they change leaves a chain without a fault. Only a line that was noted or
published before tells on them, which is why `ledger head` exists.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attack_makers import tell
from house_makers import (
    PLANNED,
    ROUND,
    a_session,
    answered,
    events,
    letters,
    meddle,
    only_sqlite,
    run,
    send_both,
    together,
)  # fmt: skip
from own_makers import CLOSED_AT, closed_round, desk
from sqlalchemy import text

from orchestrator import ledger
from orchestrator.db import Database, DatabaseError, Session
from orchestrator.ledger import Head
from orchestrator.models import Event
from orchestrator.states import Role
from profiles.pairs import BOTH

Tampering = Callable[[Session], Any]
LINES = 6
COLUMNS = ("seq", "at", "actor", "kind", "subject", "data", "previous", "hash")


def write(database: Database, lines: int = LINES) -> None:
    with database.writing() as session:
        for number in range(1, lines + 1):
            ledger.append(session, PLANNED, "r.visser", f"proef.{number}", f"regel:{number}", {"n": number})


def sql(*statements: str) -> Tampering:
    return lambda session: [session.execute(text(each)) for each in statements]


def edited(column: str, value: str) -> Tampering:
    return sql(f"UPDATE event SET {column} = {value} WHERE seq = 3")  # noqa: S608 - our own words


def swapped(columns: Sequence[str], one: int = 3, other: int = 4) -> Tampering:
    """Give two lines each other's columns."""

    def swap(session: Session) -> None:
        first, second = (session.get_one(Event, number) for number in (one, other))
        for column in columns:
            mine, theirs = getattr(first, column), getattr(second, column)
            setattr(first, column, theirs)
            setattr(second, column, mine)

    return swap


def moved(of: int, to: int) -> str:
    return f"UPDATE event SET seq = {to} WHERE seq = {of}"  # noqa: S608 - our own numbers


def renumbered(first: int, by: int) -> list[str]:
    numbers = range(first, LINES + 1)
    ordered = numbers if by < 0 else reversed(numbers)
    return [moved(each, each + by) for each in ordered]


def inserted(*, right: bool) -> Tampering:
    """A line of their own between the third and the fourth, whose own hash is right or made up."""

    def insert(session: Session) -> None:
        sql(*renumbered(4, 1))(session)
        before = session.get_one(Event, 3)
        told = (PLANNED, "r.visser", "proef.vals", "regel:x", {"n": 0})
        hash_ = ledger.fingerprint(before.hash, 4, *told) if right else "f" * 64
        session.add(Event(**dict(zip(COLUMNS, (4, *told, before.hash, hash_), strict=True))))

    return insert


def appended(session: Session) -> None:
    """A line behind the last, whose hash is made up."""
    last = session.get_one(Event, LINES)
    told = (PLANNED, "r.visser", "proef.vals", "regel:x", {"n": 0})
    session.add(Event(**dict(zip(COLUMNS, (LINES + 1, *told, last.hash, "0" * 64), strict=True))))


def doubled(session: Session) -> None:
    """The third line once more behind the last."""
    third = session.get_one(Event, 3)
    copied = {column: getattr(third, column) for column in COLUMNS}
    session.add(Event(**{**copied, "seq": LINES + 1}))


def recomputed(change: Tampering, first: int = 1, previous: str = ledger.GENESIS) -> Tampering:
    """The change, and then every hash from ``first`` on made right again: a chain without a fault."""

    def recompute(session: Session) -> None:
        change(session)
        session.flush()
        session.expire_all()
        before = session.get_one(Event, first - 1).hash if first > 1 else previous
        number = first
        while (line := session.get(Event, number)) is not None:
            line.previous = before
            line.hash = before = ledger.fingerprint(
                before, number, line.at, line.actor, line.kind, line.subject, line.data
            )
            number += 1

    return recompute


def begun_elsewhere(session: Session) -> None:
    """The whole chain made anew on a beginning of their own."""
    recomputed(lambda _: None, previous="1" * 64)(session)


def rewritten(session: Session) -> None:
    sql("DELETE FROM event")(session)
    previous = ledger.GENESIS
    for number in range(1, LINES + 1):
        told = (PLANNED, "iemand", "anders", f"regel:{number}", {"n": 0})
        hash_ = ledger.fingerprint(previous, number, *told)
        session.add(Event(**dict(zip(COLUMNS, (number, *told, previous, hash_), strict=True))))
        previous = hash_


def own_hash_right(session: Session) -> None:
    """An edited line whose own hash is made right, and nothing after it."""
    edited("actor", "'iemand'")(session)
    session.expire_all()
    line = session.get_one(Event, 3)
    line.hash = ledger.fingerprint(line.previous, 3, line.at, line.actor, line.kind, line.subject, line.data)


THRICE = ((99, 3), (3, 4), (4, 99))
NOTHING: Tampering = lambda _: None  # noqa: E731
TABLES, VERIFY, WITH_HEAD = "refused by the tables", "ledger verify", "ledger verify --head"

TABLE: dict[str, tuple[Tampering, str | None]] = {
    "nothing at all": (NOTHING, None),
    "another moment": (edited("at", "'2026-01-01 00:00:00.000000+00:00'"), VERIFY),
    "another actor": (edited("actor", "'iemand'"), VERIFY),
    "another actor, in look only (a letter of no width)": (edited("actor", "'r.visser\u200b'"), VERIFY),
    "another kind": (edited("kind", "'iets'"), VERIFY),
    "another subject": (edited("subject", "'regel:9'"), VERIFY),
    "other data": (edited("data", """'{"n": 4}'"""), VERIFY),
    "data with one more key": (edited("data", """'{"n": 3, "m": 1}'"""), VERIFY),
    "a number as text": (edited("data", """'{"n": "3"}'"""), VERIFY),
    "another hash": (edited("hash", f"'{'f' * 64}'"), VERIFY),
    "another hash before it": (edited("previous", f"'{'f' * 64}'"), VERIFY),
    "another number": (sql("UPDATE event SET seq = 99 WHERE seq = 3"), VERIFY),
    "what two lines tell, swapped": (swapped(("actor", "kind", "subject", "data")), VERIFY),
    "only the data of two lines, swapped": (swapped(("data",)), VERIFY),
    "two whole lines, swapped": (sql(*(moved(of, to) for to, of in THRICE)), VERIFY),
    "the first line, removed": (sql("DELETE FROM event WHERE seq = 1"), VERIFY),
    "a line in the middle, removed": (sql("DELETE FROM event WHERE seq = 3"), VERIFY),
    "one in the middle, and the ranks closed": (sql("DELETE FROM event WHERE seq = 3", *renumbered(4, -1)), VERIFY),
    "a line inserted, its hash made up": (inserted(right=False), VERIFY),
    "a line inserted, its own hash right": (inserted(right=True), VERIFY),
    "a line behind the last, its hash made up": (appended, VERIFY),
    "a line twice": (doubled, TABLES),
    "an edited line, its own hash made right": (own_hash_right, VERIFY),
    "an edited line, and all from it on made anew": (recomputed(edited("actor", "'iemand'"), 3), WITH_HEAD),
    "the last line, removed": (sql("DELETE FROM event WHERE seq = 6"), WITH_HEAD),
    "the last three lines, removed": (sql("DELETE FROM event WHERE seq > 3"), WITH_HEAD),
    "all lines, removed": (sql("DELETE FROM event"), WITH_HEAD),
    "one removed, and all after it made anew": (
        recomputed(sql("DELETE FROM event WHERE seq = 3", *renumbered(4, -1)), 3), WITH_HEAD,
    ),
    "one inserted, and all after it made anew": (recomputed(inserted(right=True), 4), WITH_HEAD),
    "the chain made anew on another beginning": (begun_elsewhere, VERIFY),
    "another chain, whole, in its place": (rewritten, WITH_HEAD),
}  # fmt: skip
"""What is done, and the least with which it is found."""


def found_by(database: Database, noted: Head) -> str | None:
    with database.reading() as session:
        if list(ledger.faults(session)):
            return VERIFY
        return None if ledger.holds(session, noted) else WITH_HEAD


@pytest.mark.parametrize("what", TABLE)
def test_a_ledger_that_was_tampered_with_is_found_out(
    database: Database, what: str, request: pytest.FixtureRequest
) -> None:
    change, expected = TABLE[what]
    write(database)
    with database.reading() as session:
        noted = ledger.head(session)
    assert noted is not None
    try:
        meddle(database, change)
        found = found_by(database, noted)
    except DatabaseError:
        found = TABLES
    dialect = database.engine.dialect.name
    tell(request.config, "tampering with the ledger", f"{what:52} {found or 'not found: nothing changed':24} {dialect}")
    assert found == expected


def test_a_line_that_was_noted_early_does_not_tell_of_what_came_after_it(database: Database) -> None:
    """So that nobody thinks one published line is enough for ever: publish it again and again."""
    write(database)
    with database.reading() as session:
        early = Head("", 2, session.get_one(Event, 2).hash, PLANNED)
    meddle(database, recomputed(edited("actor", "'iemand'"), 3))
    assert found_by(database, early) is None


def test_the_chain_has_no_second_line_of_one_number_whoever_writes_at_once(database: Database) -> None:
    together(*[lambda: write(database, 4)] * 6)
    with database.reading() as session:
        assert list(ledger.faults(session)) == []
    assert [event.seq for event in events(database)] == list(range(1, 25))


# --- What the ledger tells ------------------------------------------------------------------------------------------


@only_sqlite
def test_nobody_who_codes_reads_an_arm_from_the_ledger(database: Database) -> None:
    """While a round is coded there is no page of the ledger, its head is a hash, and its lines hold no arm."""
    run(database)
    send_both(database)
    answered(database, 1, "OVERIG")
    told = " ".join(f"{event.actor} {event.kind} {event.subject} {event.data}" for event in events(database))
    words = {word.casefold() for word in re.findall(r"\w+", told)}
    assert words.isdisjoint({*(arm.value for arm in BOTH), "arm", "dutch", "moroccan", "sham"})
    by_arm: dict[str, list[list[str]]] = {arm.value: [] for arm in BOTH}
    for letter in letters(database):
        shapes = [event.kind for event in events(database) if event.subject.endswith(f":{letter.id}")]
        by_arm[letter.arm.value].append(shapes)
    # Both arms tell the same kinds of events, but for the answer that one of them got.
    kinds = [{kind for shape in shapes for kind in shape if kind.startswith("letter")} for shapes in by_arm.values()]
    assert kinds[0] == kinds[1]
    coder = desk(database, "cora", Role.CODER)
    for path in ("/logboek", "/ledger", "/v1/ledger-head", f"/rondes/{ROUND}/export", f"/rondes/{ROUND}/paren"):
        assert coder.get(path).status_code in (401, 403, 404), path


@only_sqlite
def test_no_line_of_a_round_that_was_played_to_its_end_names_a_person_an_office_or_an_address(
    database: Database,
) -> None:
    closed_round(database)
    a_session(database, "anna")
    desk(database, "anna").post(
        "/mensen", data={"name": "Bert de Boer", "email": "bert@stad.example", "roles": "coder"}
    )
    lines = [f"{event.kind} {event.subject} {event.data}" for event in events(database)]
    text_ = " ".join(lines)
    assert len(lines) > 60
    assert "@" not in text_
    assert "Bert" not in text_
    for letter in letters(database):
        name, office = letter.profile["name"], letter.pair.listing.advertiser
        for secret in (name["last"], office.name, letter.pair.listing.street, letter.message_id, letter.reply_address):
            assert secret not in text_
    assert events(database)[-1].at <= CLOSED_AT.replace(year=2027)
