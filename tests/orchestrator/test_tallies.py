"""The tallies that pages read are at every moment what the rows would be counted to."""

import threading

import pytest
from house_makers import (
    DUE,
    HOUR,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    answer,
    approve,
    claim,
    code,
    letters,
    listings,
    plan,
    record,
    run,
    send,
    send_both,
    start,
    sweep,
)
from sqlalchemy import insert, text

from orchestrator import tallies, views
from orchestrator.db import Database
from orchestrator.models import Reply
from orchestrator.rounds import lifecycle, lookup
from orchestrator.schema import prepare
from orchestrator.states import LetterState
from orchestrator.tallies import Tallies

ROUND = "proef-2026"


def told(database: Database) -> Tallies:
    with database.reading() as session:
        assert tallies.differences(session) == []
        round_ = lookup.find(session, ROUND)
        seen, span = tallies.of_round(session, round_.id), tallies.waiting(session, round_.id)
    waits = [letter.planned_at for letter in letters(database) if letter.state is LetterState.PLANNED]
    for first, last in filter(None, (seen.waiting, span)):
        assert all(first <= moment < last + HOUR for moment in waits)
    assert (seen.waiting is not None, span is not None) == (bool(waits), bool(waits))
    return seen


def fold(database: Database) -> None:
    with database.writing() as session:
        tallies.fold(session)


def reply(database: Database, place: int, proposal: str) -> int:
    """Answer the letter at a place in the order of pairs; return the reply's number."""
    letter = letters(database)[place].id
    with database.writing() as session:
        return answer(session, letter, proposal, TUESDAY).id


def changes(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(text("SELECT count(*) FROM tally_change")) or 0


def test_a_plan_is_counted_by_state_and_by_the_hour(database: Database) -> None:
    run(database, rows=5)
    seen = told(database)
    assert seen.letters[LetterState.PLANNED] == 10
    moments = [row.planned_at for row in letters(database)]
    assert sum(seen.by_hour["planned"].values()) == 10
    assert min(seen.by_hour["planned"]) == min(moments).replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("folds", [False, True])
def test_what_a_round_goes_through_is_counted_at_every_step(database: Database, folds: bool) -> None:
    run(database, rows=6)
    numbers: list[int] = []
    steps = [
        lambda: claim(database, DUE),
        lambda: sweep(database, DUE + HOUR),
        lambda: send(database, DUE + HOUR, most=2),
        lambda: send(database, DUE + HOUR, "refused", most=1),
        lambda: send_both(database),
        lambda: reply(database, 0, "UITNODIGING"),
        lambda: numbers.append(reply(database, 0, "OVERIG")),
        lambda: reply(database, 3, "OVERIG"),
        lambda: code(database, numbers[0], "ada", "AFWIJZING"),
        lambda: code(database, numbers[0], "bob", "AFWIJZING"),
    ]
    for step in steps:
        step()
        told(database)
        if folds:
            fold(database)
    seen = told(database)
    assert (seen.answered, seen.coded, seen.uncoded) == (2, 2, 1)
    assert seen.letters.total() == 12
    assert seen.declines.total() == 1
    assert sum(seen.by_hour["sent"].values()) == seen.letters[LetterState.SENT]


def test_two_replies_to_one_letter_that_are_kept_at_once_answer_it_once(database: Database) -> None:
    run(database, rows=2)
    send_both(database)
    first = letters(database)[0].id
    come = {"inquiry_id": first, "received_at": DUE + HOUR, "kind": "human", "proposal": "OVERIG", "rule": 1,
            "confidence": 0.9, "label": "OVERIG"}  # fmt: skip
    with database.writing() as session:
        session.execute(insert(Reply).values([{**come, "message_id": f"<{n}@kantoor.example>"} for n in range(3)]))
    seen = told(database)
    assert (seen.answered, seen.coded) == (1, 3)


def test_a_round_that_is_broken_off_leaves_nothing_planned(database: Database) -> None:
    run(database, rows=3)
    with database.writing() as session:
        lifecycle.abort(session, ROUND, "ada", DUE, "proef")
    seen = told(database)
    assert seen.letters == {**dict.fromkeys(LetterState, 0), LetterState.CANCELLED: 6}


def test_planning_again_counts_the_new_plan_alone(database: Database) -> None:
    plan(database, a_monday(), rows=listings(4))
    plan(database, a_monday(), rows=listings(2))
    assert told(database).letters.total() == 4


def test_folding_changes_nothing_that_is_read_and_leaves_no_change_behind(database: Database) -> None:
    run(database, rows=4)
    send_both(database)
    before = told(database)
    fold(database)
    assert (told(database), changes(database)) == (before, 0)


@pytest.mark.long
def test_four_that_fold_while_letters_go_lose_and_double_nothing(database: Database) -> None:
    run(database, rows=20)
    done = threading.Event()

    def folding() -> None:
        while not done.is_set():
            fold(database)

    threads = [threading.Thread(target=folding) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        send_both(database)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    told(database)


def test_what_was_miscounted_is_named_and_counted_again(database: Database) -> None:
    run(database, rows=3)
    fold(database)
    with database.writing() as session:
        session.execute(text("UPDATE tally SET n = n + 1 WHERE what = 'inquiry.planned'"))
    with database.reading() as session:
        (difference,) = tallies.differences(session)
    assert difference.endswith("inquiry.planned : tally 7, rows 6")
    with database.writing() as session:
        tallies.rebuild(session)
    assert told(database).letters[LetterState.PLANNED] == 6


def test_an_upgrade_that_took_the_triggers_away_puts_them_back_and_counts_again(database: Database) -> None:
    run(database, rows=2)
    on = " ON inquiry" if database.engine.dialect.name == "postgresql" else ""
    with database.writing() as session:
        session.execute(text(f"DROP TRIGGER tally_inquiry_update_{tallies.VERSION}{on}"))
    send_both(database)
    with database.reading() as session:
        assert tallies.differences(session)
    prepare(database)
    assert told(database).letters[LetterState.SENT] == 4
    reply(database, 0, "UITNODIGING")
    assert told(database).declines.total() == 1


def test_the_monitor_shows_what_the_tallies_say(database: Database) -> None:
    plan(database, a_monday(), participants=[an_advertiser()], rows=[a_listing(1), a_listing(2)])
    approve(database)
    start(database)
    held = claim(database, DUE)
    record(database, held[0])
    with database.reading() as session:
        seen = views.monitor(session, ROUND, DUE)
    counted = told(database)
    assert (seen.planned, seen.sent) == (counted.letters.total(), counted.letters[LetterState.SENT])


def test_the_triggers_of_an_earlier_version_go_as_they_would_count_twice(database: Database) -> None:
    run(database, rows=2)
    with database.writing() as session:
        connection = session.connection()
        for name, trigger in tallies._triggers(connection.dialect.name):  # noqa: SLF001 - what an older version made
            tallies._make(connection, name.replace(f"_{tallies.VERSION}", "_1"), trigger, connection.dialect.name)
        on = " ON inquiry" if connection.dialect.name == "postgresql" else ""
        session.execute(text(f"DROP TRIGGER tally_inquiry_update_{tallies.VERSION}{on}"))
    prepare(database)
    send_both(database)
    assert told(database).letters[LetterState.SENT] == 4


def test_the_fingerprint_of_a_round_is_another_after_every_answer_and_code(database: Database) -> None:
    run(database)
    seen: list[object] = []

    def look() -> None:
        with database.reading() as session:
            seen.append(tallies.fingerprint(session, lookup.find(session, ROUND)))

    look()
    send_both(database)
    look()
    number = reply(database, 0, "OVERIG")
    look()
    for coder in ("anna", "bert"):
        code(database, number, coder, "AL_VERHUURD")
        look()
    assert len(set(seen)) == 5
    fold(database)
    look()
    assert seen[-1] == seen[-2]
