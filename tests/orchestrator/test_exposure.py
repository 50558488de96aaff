"""What the meter is fed with: letters and doubts since the consent began, or since a person lifted the last pause."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from house_makers import (
    DAY,
    DUE,
    HOUR,
    MINUTE,
    ROUND,
    TUESDAY,
    a_listing,
    a_monday,
    answer,
    code,
    letters,
    meddle,
    only,
    only_sqlite,
    run,
    send,
    send_both,
)
from sqlalchemy import select, update

from orchestrator import exposure
from orchestrator.db import Database, Session
from orchestrator.detection import Meter, Sign
from orchestrator.exposure import Tally, Watched
from orchestrator.models import Advertiser, Enrolment, Inquiry
from orchestrator.rounds import holds, lifecycle
from orchestrator.rounds.answers import Proposed

DOUBT = Proposed("ECHTHEIDSVRAAG", 2801, 0.9, final=False, invites=False)
OTHER = Proposed("OVERIG", 0, 0.2, final=False, invites=False)


def reading(database: Database, ask: Callable[[Session], Any]) -> Any:
    with database.reading() as session:
        return ask(session)


def meter(database: Database, now: datetime = TUESDAY, key: str = "alfa") -> Meter:
    def ask(session: Session) -> Meter:
        number = session.scalars(select(Advertiser.id).where(Advertiser.key == key)).one()
        return exposure.meters(session, [number], now)[number]

    found: Meter = reading(database, ask)
    return found


def questions(database: Database, now: datetime = TUESDAY) -> float | None:
    return next(each.value for each in meter(database, now).measures if each.sign is Sign.QUESTIONS)


def tallies(database: Database) -> list[Tally]:
    return list(reading(database, exposure.tallies).values())


def of_round(database: Database, now: datetime = TUESDAY) -> list[Watched]:
    return list(reading(database, lambda session: exposure.of_round(session, ROUND, now)))


def doubts(database: Database, order: int, proposal: Proposed = DOUBT, now: datetime = TUESDAY) -> int:
    """Let the first pair's first or second letter be answered; return the reply's number."""
    with database.writing() as session:
        return answer(session, letters(database, order)[0].id, proposal, now).id


def lift(database: Database, now: datetime) -> None:
    with database.writing() as session:
        holds.hold(session, "alfa", "gezien", "m.dekker", now)
        holds.lift(session, "alfa", "m.dekker", now)


def test_only_letters_that_may_have_arrived_count_and_the_plan_counts_them_all(database: Database) -> None:
    run(database, rows=3)
    send(database, most=1)
    send(database, outcome="uncertain", most=1)
    send(database, outcome="refused", most=1)
    row = only(of_round(database, DUE))
    assert (row.advertiser, row.name) == ("alfa", "Makelaardij Alfa")
    # Of six letters one was refused, and with it the second half of its pair was cancelled.
    assert (row.now.letters, row.then.letters) == (2, 4)
    assert row.letters == "2 → 4"


def test_letters_of_earlier_rounds_count_until_the_consent_is_a_new_one(database: Database) -> None:
    run(database)
    send_both(database)
    later = {"first_day": "2026-09-14", "last_day": "2026-09-14"}
    run(database, a_monday(round="latere-2026", schedule=later), rows=[a_listing(7)])
    send(database, DUE + 7 * DAY)
    assert meter(database, DUE + 7 * DAY).letters == 3
    meddle(database, update(Enrolment).values(valid_from=DUE + 5 * DAY))
    assert meter(database, DUE + 7 * DAY).letters == 1


def test_a_lifted_pause_covers_what_came_before_it(database: Database) -> None:
    run(database)
    send(database)
    second = only(letters(database, 2)).planned_at
    lift(database, second - MINUTE)
    assert meter(database, second).letters == 0
    send(database, second)
    assert meter(database, TUESDAY).letters == 1


def test_a_doubt_counts_from_its_proposal_until_people_say_otherwise(database: Database) -> None:
    run(database)
    send_both(database)
    reply = doubts(database, 1)
    assert questions(database) == 1
    code(database, reply, "anna", "NEUTRALE_VRAGEN")
    assert questions(database) == 1
    code(database, reply, "bert", "NEUTRALE_VRAGEN")
    assert questions(database) == 0


def test_a_doubt_that_only_people_saw_counts_from_their_label(database: Database) -> None:
    run(database)
    send_both(database)
    reply = doubts(database, 1, OTHER)
    assert questions(database) == 0
    lift(database, TUESDAY + HOUR)
    for coder in ("anna", "bert"):
        code(database, reply, coder, "ECHTHEIDSVRAAG", now=TUESDAY + 2 * HOUR)
    # The pause was lifted before anybody had read the doubt in it.
    assert questions(database, TUESDAY + 3 * HOUR) == 1
    lift(database, TUESDAY + 4 * HOUR)
    assert questions(database, TUESDAY + 5 * HOUR) == 0


def test_two_doubts_about_one_letter_count_once_and_about_both_letters_twice(database: Database) -> None:
    run(database)
    send_both(database)
    doubts(database, 1)
    doubts(database, 1, now=TUESDAY + HOUR)
    assert questions(database) == 1
    doubts(database, 2)
    assert questions(database) == 2


def test_the_tally_changes_with_every_letter_and_doubt_and_leaves_out_who_is_held(database: Database) -> None:
    run(database)
    assert tallies(database) == []
    send(database)
    assert tallies(database) == [Tally("alfa", 1, 0)]
    doubts(database, 1, now=DUE)
    assert tallies(database) == [Tally("alfa", 1, 1)]
    with database.writing() as session:
        holds.hold(session, "alfa", "kijk", "m.dekker", DUE)
    assert tallies(database) == []


@only_sqlite
def test_an_advertiser_of_no_running_round_is_not_tallied(database: Database) -> None:
    run(database)
    send(database)
    with database.writing() as session:
        lifecycle.pause(session, ROUND, "m.dekker", DUE, "overleg")
    assert tallies(database) == []


@only_sqlite
def test_a_warning_says_whether_it_is_so_now_or_will_be(database: Database) -> None:
    run(database, rows=5)
    assert only(of_round(database, DUE)).warning == ""
    same = {"first": "Eva", "last": "Kok", "name_set": "dutch", "gender": "female"}
    meddle(database, update(Inquiry).values(profile={**letters(database)[0].profile, "name": same}))
    assert only(of_round(database, DUE)).warning.startswith("Als alles is verzonden: Reacties onder één naam: 10")
    send(database)
    row = only(of_round(database, DUE))
    assert row.warning.startswith("Nu: Reacties onder één naam: 5 (pauze vanaf 5).")
    assert row.signs[0] == "5 → 10"
