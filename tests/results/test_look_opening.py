"""A look is opened by a person once, and what was seen stays as it was."""

import pytest
from house_makers import DAY, ROUND, answer, events, letters, only_sqlite, refused, together
from look_makers import OVER, a_looking_design, cells, looked, under_way
from sqlalchemy import delete, select, update

from orchestrator.db import Database, DatabaseError
from orchestrator.models import Look, Reply
from orchestrator.rounds import lifecycle
from profiles.pairs import Arm
from results import files, tables
from results.reports import Audience, build
from results.statistics import Counts
from results.tables import RoundTable

CROSSED, NOT_CROSSED = cells(8, 12, 0, 10), cells(8, 9, 3, 10)


def rows(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(Look)).all())


def last(table: RoundTable) -> tables.Look:
    assert table.looks is not None
    assert table.looks.last is not None
    return table.looks.last


def closed(database: Database) -> RoundTable:
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", OVER + DAY, "genoeg")
    with database.reading() as session:
        return tables.load(session, ROUND)


def test_a_look_holds_who_opened_it_when_and_what_the_settled_pairs_showed(database: Database) -> None:
    under_way(database, CROSSED)
    seen = last(looked(database))
    assert (seen.number, seen.planned, seen.opened_by, seen.opened_at) == (1, 30, "anna", OVER)
    assert seen.verdict.counts == Counts(8, 12, 0, 10)
    # 2/2^12 = 0.0005 may be spent, 26/2^12 = 0.0063 is more than the 0.0031 that half of the pairs may spend.
    assert seen.verdict.boundary == 12
    assert seen.verdict.spent == pytest.approx(2 / 2**12)
    assert seen.verdict.allowed == pytest.approx(0.00305, abs=1e-5)
    assert seen.verdict.stops
    # 2^12 B(13, 1) = 4096 / 13
    assert seen.verdict.e_value == pytest.approx(4096 / 13)
    assert seen.verdict.always_p == pytest.approx(13 / 4096)


def test_the_ledger_tells_that_a_look_was_opened_and_nothing_of_the_arms(database: Database) -> None:
    under_way(database, NOT_CROSSED)
    looked(database)
    told = [event for event in events(database) if event.kind == "look.opened"]
    assert [(event.actor, event.data) for event in told] == [("anna", {"look": 1, "pairs": 30})]


@only_sqlite
def test_a_look_is_refused_before_its_number_of_pairs_is_settled(database: Database) -> None:
    under_way(database, NOT_CROSSED)
    with refused("look-not-reached"):
        looked(database, now=OVER - DAY)
    with database.writing() as session:
        session.execute(update(Reply).where(Reply.id == 1).values(label=None))
    with refused("look-not-reached"):
        looked(database)
    assert rows(database) == 0
    assert not [event for event in events(database) if event.kind == "look.opened"]


@only_sqlite
def test_a_round_without_declared_looks_opens_none(database: Database) -> None:
    under_way(database, NOT_CROSSED, a_looking_design(None))
    with refused("no-looks"):
        looked(database)


@only_sqlite
def test_a_round_that_is_closed_has_no_look_any_more(database: Database) -> None:
    under_way(database, NOT_CROSSED)
    closed(database)
    with refused("wrong-state"):
        looked(database)


def test_two_people_who_open_the_same_look_at_once_see_the_same_and_leave_one_row(database: Database) -> None:
    under_way(database, NOT_CROSSED)
    seen = together(lambda: last(looked(database, "anna")), lambda: last(looked(database, "bert")))
    assert seen[0] == seen[1]
    assert seen[0].opened_by in ("anna", "bert")
    assert rows(database) == 1
    assert len([event for event in events(database) if event.kind == "look.opened"]) == 1


@only_sqlite
def test_a_look_shows_the_same_numbers_later_whatever_came_in_since(database: Database) -> None:
    under_way(database, NOT_CROSSED)
    first = last(looked(database))
    with database.writing() as session:
        session.execute(delete(Reply))
    assert last(looked(database, "bert", OVER + DAY)) == first
    assert rows(database) == 1


@only_sqlite
def test_the_database_takes_no_second_row_of_a_look_and_no_look_before_its_number(database: Database) -> None:
    under_way(database, NOT_CROSSED)
    looked(database)
    with database.reading() as session:
        taken = session.scalars(select(Look)).one()
    plain = {each.key: getattr(taken, each.key) for each in Look.__table__.columns if each.key != "id"}
    for changed in ({}, {"number": 2, "planned": 31}, {"number": 0}):
        with pytest.raises(DatabaseError), database.writing() as session:
            session.add(Look(**(plain | changed)))


@only_sqlite
def test_the_end_counts_the_pairs_of_a_look_as_they_were_and_has_the_alpha_that_is_left(database: Database) -> None:
    under_way(database, [*NOT_CROSSED, *cells(2, 3, 1, 4)])
    with database.writing() as session:
        for letter in letters(database)[60:]:
            letter = session.merge(letter)
            letter.sent_at = OVER
    looked(database)
    with database.writing() as session:
        asked = next(each for each in letters(database) if each.arm is Arm.CONTROL)
        reply = answer(session, asked.id, now=OVER)
        reply.label = "ECHTHEIDSVRAAG"
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", OVER + 11 * DAY, "klaar")
    with database.reading() as session:
        table = tables.load(session, ROUND)
    document = files.results_of(table)
    assert document["counts"] == {"c11": 9, "c10": 12, "c01": 4, "c00": 14}
    end = document["looks"]["final"]
    assert end["counts"] == {"c11": 10, "c10": 12, "c01": 4, "c00": 14}
    assert document["looks"]["opened"][0]["counts"] == {"c11": 8, "c10": 9, "c01": 3, "c00": 10}
    # 16 coins: |difference| of 10 has tail 2 (1 + 16 + 120 + 560) / 2^16 = 0.0213, one of 8 has 0.0768.
    assert end["boundary"] == 10
    assert end["p"] == pytest.approx(0.0768, abs=1e-3)
    assert not end["stops"]
    level = document["estimates"][0]["level"]
    assert 0.95 < level < 0.952
    told = build(table, Audience.RESEARCHER).looks
    assert told is not None
    assert any(
        sentence.startswith("1 test van een tussenstand telt in de andere tabellen") for sentence in told.sentences
    )


@only_sqlite
def test_a_look_that_crossed_its_boundary_is_the_decision_also_after_closing(database: Database) -> None:
    under_way(database, CROSSED)
    looked(database)
    assert last(looked(database, now=OVER + DAY)).number == 1
    document = files.results_of(closed(database))
    assert document["looks"]["final"] is None
    assert [each["stops"] for each in document["looks"]["opened"]] == [True]


@only_sqlite
def test_declared_looks_that_nobody_opened_cost_nothing(database: Database) -> None:
    under_way(database, NOT_CROSSED)
    table = closed(database)
    document = files.results_of(table)
    assert document["looks"]["opened"] == []
    # 12 coins: a difference of 8 has tail 2 (1 + 12 + 66) / 2^12 = 0.0386, one of 6 has 0.1460.
    assert document["looks"]["final"]["boundary"] == 8
    assert document["estimates"][0]["level"] == table.facts.level == 0.95
