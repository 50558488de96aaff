"""The tick that pauses who may have noticed: it measures only what changed, tells a person, and lets a lift be."""

import logging

import pytest
from house_makers import (
    DUE,
    MINUTE,
    TUESDAY,
    a_listing,
    an_advertiser,
    answer,
    letters,
    meddle,
    run,
    send,
    send_both,
)
from sqlalchemy import update

from orchestrator import exposure, views
from orchestrator.control import set_clock
from orchestrator.db import Database
from orchestrator.models import Inquiry
from orchestrator.rounds import holds
from orchestrator.rounds.answers import Proposed
from orchestrator.settings import Settings
from workers import runtime, tasks
from workers.app import TICKS
from workers.runtime import Runtime
from workers.watch import Watch

DOUBT = Proposed("ECHTHEIDSVRAAG", 2801, 0.9, final=False, invites=False)
SAME = {"first": "Eva", "last": "Kok", "name_set": "dutch", "gender": "female"}


def held(database: Database) -> list[str]:
    with database.reading() as session:
        return [each.reason for each in views.held_advertisers(session)]


def lift(database: Database) -> None:
    with database.writing() as session:
        holds.lift(session, "alfa", "m.dekker", DUE)


def doubt(database: Database, place: int) -> None:
    with database.writing() as session:
        answer(session, letters(database)[place].id, DOUBT, DUE)


def same_name(database: Database) -> None:
    """From now on all letters bear one name."""
    profile = letters(database)[0].profile
    meddle(database, update(Inquiry).values(profile={**profile, "name": SAME}))


def test_five_letters_of_one_name_pause_their_advertiser_and_no_other(database: Database) -> None:
    rows = [*(a_listing(each) for each in range(1, 6)), a_listing(9, "beta")]
    run(database, participants=[an_advertiser(), an_advertiser("beta")], rows=rows)
    same_name(database)
    send(database, most=4)
    watch = Watch()
    watch.look(database, DUE)
    assert held(database) == []
    send(database)
    watch.look(database, DUE)
    with database.reading() as session:
        (row,) = views.held_advertisers(session)
    assert (row.advertiser, row.reason) == ("alfa", "Reacties onder één naam: 5 (pauze vanaf 5).")


def test_one_doubt_is_told_and_a_second_pauses(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    run(database)
    send_both(database)
    watch = Watch()
    watch.look(database, DUE)
    assert caplog.messages == []
    doubt(database, 0)
    watch.look(database, DUE)
    watch.look(database, DUE)
    assert caplog.messages == ["Aanbieder alfa vroeg of een reactie een test is."]
    assert held(database) == []
    doubt(database, 1)
    watch.look(database, DUE)
    assert len(held(database)) == 1
    assert "Aanbieder alfa heeft een pauze: Reacties waarop werd gevraagd of dit een test is: 2" in caplog.messages[-1]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_after_a_lift_the_same_causes_pause_no_more_not_even_in_a_new_process(database: Database) -> None:
    run(database, rows=5)
    same_name(database)
    send(database)
    watch = Watch()
    watch.look(database, DUE)
    lift(database)
    for looking in (watch, Watch()):
        looking.look(database, DUE + MINUTE)
        assert held(database) == []
    for row in letters(database, 2):
        send(database, row.planned_at)
    watch.look(database, TUESDAY)
    assert held(database) == ["Reacties onder één naam: 5 (pauze vanaf 5)."]


@pytest.fixture
def measured(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two advertisers had a letter; how many were measured, each time that letters are read."""
    run(database, participants=[an_advertiser(), an_advertiser("beta")], rows=[a_listing(1), a_listing(2, "beta")])
    send(database)
    numbers: list[int] = []
    real = exposure.meters

    def meters(session, advertisers, now):  # type: ignore[no-untyped-def]  # hands on what it was given
        numbers.append(len(advertisers))
        return real(session, advertisers, now)

    monkeypatch.setattr(exposure, "meters", meters)
    return numbers


def test_a_process_that_has_just_begun_reads_the_letters_of_some_advertisers_at_a_time(
    database: Database, measured: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposure, "TOGETHER", 1)
    Watch().look(database, DUE)
    assert measured == [1, 1]


def test_letters_are_read_again_only_when_there_is_something_new(database: Database, measured: list[int]) -> None:
    watch = Watch()
    for _ in range(3):
        watch.look(database, DUE)
    send(database, min(row.planned_at for row in letters(database, 2)))
    watch.look(database, TUESDAY)
    assert measured == [2, 1]


def test_a_person_who_pauses_first_is_left_in_peace(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run(database, rows=5)
    same_name(database)
    send(database)
    real = exposure.meters

    def meters(session, advertisers, now):  # type: ignore[no-untyped-def]  # as above
        with database.writing() as other:
            holds.hold(other, "alfa", "mijn eigen reden", "m.dekker", DUE)
        return real(session, advertisers, now)

    monkeypatch.setattr(exposure, "meters", meters)
    Watch().look(database, DUE)
    assert held(database) == ["mijn eigen reden"]


def test_the_tick_is_one_of_the_reports_queue_and_pauses_through_the_runtime(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TICKS["watch"] == ("workers.tasks.watch", "reports", 60.0)
    run(database, rows=5)
    same_name(database)
    send(database)
    with database.writing() as session:
        clock = set_clock(session, DUE, 2.0)
    monkeypatch.setattr(runtime, "_current", Runtime(Settings(), database, clock))
    tasks.watch()
    assert len(held(database)) == 1
