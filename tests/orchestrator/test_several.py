"""A list is one value of a statement: it finds just the rows it names, and tells each what was told of it."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from house_makers import DUE, claim, run
from query_plans import overheard, steps
from sqlalchemy import Integer, Text, select

from orchestrator import ahead
from orchestrator.db import Database
from orchestrator.models import Attempt, Event, Listing
from orchestrator.rounds import lookup
from orchestrator.schema import prepare
from orchestrator.several import among, among_few, ask, by_row, change, put
from orchestrator.states import AttemptOutcome

WORDS = ('250 "goed" ontvangen', "één\\twee", "", "{1,2}", "NULL", "it's, [0]", "regel\r\n\tlijn: 🏠")
MOMENT = datetime(2026, 9, 14, 8, 30, 0, 123456, UTC)


def keys(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(Listing.id).order_by(Listing.id)))


def found(database: Database, type_: type[Integer] | type[Text], **asked: object) -> dict[int, object]:
    rows = select(Listing.id, by_row(Listing.id, "rows", "told", type_())).where(among(Listing.id, "rows"))
    with database.reading() as session:
        return dict(iter(ask(session, rows, asked)))


@pytest.mark.parametrize("many", [1, 2, 6])
def test_each_row_gets_what_was_told_of_it_and_no_other_row_is_found(database: Database, many: int) -> None:
    run(database, rows=8)
    chosen = keys(database)[1 : many + 1][::-1]
    assert found(database, Text, rows=chosen, told=list(WORDS[:many])) == dict(zip(chosen, WORDS, strict=False))
    assert found(database, Integer, rows=chosen, told=chosen) == {each: each for each in chosen}


def test_a_list_may_name_a_row_that_is_not_there_or_nothing_at_all(database: Database) -> None:
    run(database)
    (only,) = keys(database)
    assert found(database, Integer, rows=[only + 9, only], told=[1, 2]) == {only: 2}
    assert found(database, Integer, rows=[], told=[]) == {}


@pytest.mark.parametrize("many", [0, 1, 6])
def test_of_few_just_the_rows_that_are_named_are_found(database: Database, many: int) -> None:
    run(database, rows=8)
    chosen = keys(database)[1 : many + 1]
    rows = select(Listing.id).where(among_few(Listing.id, "rows")).order_by(Listing.id)
    with database.reading() as session:
        assert list(ask(session, rows, {"rows": chosen}).scalars()) == chosen


@pytest.mark.long
def test_sqlite_looks_a_list_up_in_an_index() -> None:
    database = Database.at("sqlite://")
    prepare(database)
    rows = select(Listing.city).where(among(Listing.key, "rows"), among(Listing.id, "ids"))
    with database.reading() as session:
        told = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {rows.compile(database.engine)}", ("[]", "[]"))
        plan = [line.detail for line in told]
    assert any(step.startswith("SEARCH listing") for step in plan)
    assert "SCAN listing" not in plan


def test_sqlite_goes_through_no_round_for_a_few_letters(tmp_path: Path) -> None:
    """It has no statistics, unless somebody asked for them, and takes any round for ten pairs."""
    database = Database.at(f"sqlite:///{tmp_path}/ronde.db")
    prepare(database)
    run(database, rows=3)
    asked = overheard(database)
    with database.reading() as session:
        round_ = lookup.find(session, "proef-2026")
        assert ahead.letters(session, round_, DUE, 15)
    assert claim(database, DUE)
    questions = [each for each in asked if each[0].startswith(("SELECT inquiry", "UPDATE inquiry"))]
    assert len({told for told, _ in questions}) > 4
    assert [step for step in steps(database, questions) if step.endswith("(round_id=?)")] == []


def a_try(number: int, **told: Any) -> dict[str, Any]:
    common = {"worker": "w", "started_at": MOMENT, "outcome": AttemptOutcome.SENDING, "response": None}
    return {"message_id": f"<{number}@x>", "fence": 1, **common, **told}


def tries(database: Database) -> list[Attempt]:
    with database.reading() as session:
        return list(session.scalars(select(Attempt).order_by(Attempt.id)))


def test_rows_that_are_put_together_are_read_as_they_were_told(database: Database) -> None:
    there = timezone(timedelta(hours=2))
    with database.writing() as session:
        put(session, Attempt, [a_try(n, worker=words, response=words) for n, words in enumerate(WORDS)])
        put(session, Attempt, [a_try(99, started_at=MOMENT.astimezone(there))])
    *told, last = tries(database)
    assert [(each.message_id, each.worker, each.response) for each in told] == [
        (f"<{number}@x>", words, words) for number, words in enumerate(WORDS)
    ]
    assert {(each.started_at, each.outcome, each.ended_at) for each in told} == {(MOMENT, AttemptOutcome.SENDING, None)}
    assert (last.response, last.started_at) == (None, MOMENT)


def test_what_is_told_as_a_mapping_stays_one(database: Database) -> None:
    data = {"a": 1, "words": list(WORDS), "none": None}
    line = {"seq": 1, "at": MOMENT, "actor": "a", "kind": "k", "subject": "s", "data": data}
    with database.writing() as session:
        put(session, Event, [line | {"previous": "0", "hash": "1"}])
    with database.reading() as session:
        assert session.scalars(select(Event.data)).one() == data


def test_only_the_rows_that_are_named_change_and_only_in_what_was_told(database: Database) -> None:
    with database.writing() as session:
        put(session, Attempt, [a_try(number) for number in range(4)])
        ended = [
            {"message_id": f"<{number}@x>", "fence": fence, "response": words, "outcome": AttemptOutcome.SENT}
            for (number, fence), words in zip(((1, 1), (2, 1), (3, 2), (9, 1)), WORDS, strict=False)
        ]
        change(session, Attempt, ("message_id", "fence"), ended)
    sending, sent = AttemptOutcome.SENDING, AttemptOutcome.SENT
    assert [(each.outcome, each.response, each.started_at) for each in tries(database)] == [
        (sending, None, MOMENT), (sent, WORDS[0], MOMENT), (sent, WORDS[1], MOMENT), (sending, None, MOMENT)
    ]  # fmt: skip
