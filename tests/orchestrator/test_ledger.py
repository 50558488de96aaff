"""The ledger: whoever edits, removes, inserts or moves a line is found."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from house_makers import PLANNED, answered, events, letters, only, run, send_both, together
from sqlalchemy import select, text

from orchestrator import ledger
from orchestrator.db import Database, DatabaseError
from orchestrator.models import Event, LetterCopy
from profiles.pairs import BOTH


def write(database: Database, number: int = 5) -> None:
    for each in range(1, number + 1):
        with database.writing() as session:
            ledger.append(session, PLANNED + timedelta(hours=each), "r.visser", "proef", f"regel:{each}", {"n": each})


def faults(database: Database) -> list[str]:
    with database.reading() as session:
        return list(ledger.faults(session))


def tamper(database: Database, *statements: str) -> None:
    with database.writing() as session:
        for statement in statements:
            session.execute(text(statement))


def test_a_chain_that_nobody_touched_has_no_faults(database: Database) -> None:
    assert faults(database) == []
    write(database)
    assert faults(database) == []


def test_every_event_holds_the_fingerprint_of_the_one_before(database: Database) -> None:
    write(database)
    lines = events(database)
    assert lines[0].previous == ledger.GENESIS
    assert all(after.previous == before.hash for before, after in pairwise(lines))


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'iemand'",
        "kind = 'iets'",
        "subject = 'regel:9'",
        """data = '{"n": 4}'""",
        "at = '2026-01-01 00:00:00.000000'",
        f"hash = '{'f' * 64}'",
        f"previous = '{'f' * 64}'",
    ],
)
def test_an_edited_event_is_found(database: Database, change: str) -> None:
    write(database)
    tamper(database, f"UPDATE event SET {change} WHERE seq = 3")  # noqa: S608 - our own words
    assert any("Regel 3" in fault or "Regel 4" in fault for fault in faults(database))


@pytest.mark.parametrize("relink", [False, True], ids=["its own hash", "and the link of the next"])
def test_who_edits_an_event_must_also_rewrite_all_that_follow(database: Database, relink: bool) -> None:
    write(database)
    with database.writing() as session:
        third, fourth = (session.get_one(Event, number) for number in (3, 4))
        third.actor = "iemand"
        third.hash = ledger.fingerprint(
            third.previous, third.seq, third.at, third.actor, third.kind, third.subject, third.data
        )
        if relink:
            fourth.previous = third.hash
    assert len(faults(database)) == 1


def test_a_removed_event_is_found(database: Database) -> None:
    write(database)
    tamper(database, "DELETE FROM event WHERE seq = 3")
    assert faults(database)[0] == "Regel 3 van het logboek ontbreekt."


def test_an_event_removed_by_closing_the_ranks_is_found(database: Database) -> None:
    write(database)
    tamper(database, "DELETE FROM event WHERE seq = 3", *renumbered(range(4, 6), -1))
    assert faults(database)


def test_an_inserted_event_is_found(database: Database) -> None:
    write(database)
    copied = "'x', data, previous, 'f' FROM event WHERE seq = 2"
    tamper(
        database,
        *renumbered(range(5, 2, -1), 1),
        f"INSERT INTO event (seq, at, actor, kind, subject, data, previous, hash) SELECT 3, at, actor, kind, {copied}",
    )
    assert faults(database)


def test_reordered_events_are_found(database: Database) -> None:
    write(database)
    tamper(
        database,
        "UPDATE event SET seq = 99 WHERE seq = 2",
        "UPDATE event SET seq = 2 WHERE seq = 3",
        "UPDATE event SET seq = 3 WHERE seq = 99",
    )
    assert faults(database)


def renumbered(numbers: range, by: int) -> Iterator[str]:
    return (f"UPDATE event SET seq = {number + by} WHERE seq = {number}" for number in numbers)  # noqa: S608


def test_an_event_of_a_transaction_that_failed_leaves_no_hole(database: Database) -> None:
    write(database, 2)

    def half() -> None:
        with database.writing() as session:
            ledger.append(session, PLANNED, "a", "b", "c")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    write(database, 2)
    assert [event.seq for event in events(database)] == [1, 2, 3, 4]
    assert faults(database) == []


def test_events_written_at_once_by_many_stand_in_one_unbroken_chain(database: Database) -> None:
    together(*[lambda: write(database, 5)] * 4)
    assert [event.seq for event in events(database)] == list(range(1, 21))
    assert faults(database) == []


def test_the_same_number_cannot_be_written_twice(database: Database) -> None:
    write(database, 1)
    with pytest.raises(DatabaseError):
        tamper(database, "INSERT INTO event SELECT * FROM event")


def test_no_name_and_no_address_stands_in_the_ledger_of_a_round_that_was_sent_and_answered(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 1, "UITNODIGING")
    told = " ".join(f"{event.actor} {event.kind} {event.subject} {event.data}" for event in events(database))
    words = {word.casefold() for word in re.findall(r"\w+", told)}
    people = {letter.profile["name"][part].casefold() for letter in letters(database) for part in ("first", "last")}
    advertiser = only({letter.pair.listing.advertiser.name for letter in letters(database)})
    assert "letter.sent" in told
    assert "decline.planned" in told
    assert "@" not in told
    assert words.isdisjoint({*people, *BOTH, "dutch", "moroccan"})
    assert advertiser not in told
    assert "Proefstraat" not in told
    assert faults(database) == []


def test_an_event_about_a_new_row_names_the_number_that_the_row_gets(database: Database) -> None:
    with database.writing() as session:
        copy = LetterCopy(message_id="<a@b.example>", seen_at=PLANNED, dated_at=None)
        session.add(copy)
        ledger.append(session, PLANNED, "a", "copy.seen", lambda: f"copy:{copy.id}")
    with database.reading() as session:
        number = session.scalars(select(LetterCopy.id)).one()
    assert [event.subject for event in events(database)] == [f"copy:{number}"]
    assert faults(database) == []
