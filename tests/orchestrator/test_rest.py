"""Rest and days off at the moment of sending, and one consent over several rounds."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from house_makers import (
    DAY,
    DUE,
    HOUR,
    MINUTE,
    OPENING,
    PLANNED,
    ROUND,
    a_listing,
    a_monday,
    an_advertiser,
    claim,
    events,
    gate,
    letters,
    meddle,
    only,
    only_sqlite,
    record,
    refused,
    refuses,
    run,
    send,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from orchestrator import enrolment, outlook
from orchestrator.assignment import RefusalReason
from orchestrator.db import Database
from orchestrator.models import Base, Blackout, Control, Inquiry, Pair, Refusal
from orchestrator.rounds import lifecycle, lookup
from orchestrator.states import ON_THE_WIRE, LetterState, Why

S = LetterState
REST = 4 * HOUR
A_WEEK = {"last_day": "2026-09-18", "cooldown_hours": 4, "gap_hours": {"min": 1, "max": 2}}


def resting(database: Database, rows: int = 2, **schedule: Any) -> None:
    """A round of so many pairs with one advertiser; its letters are moved by the tests themselves."""
    run(database, a_monday(schedule=A_WEEK | schedule), rows=rows)


def due(database: Database, **moments: datetime) -> None:
    """Let letters be due: `p1_first=…` is the first letter of pair 1."""
    for name, moment in moments.items():
        code, order = f"P-000{name[1]}", 1 if name.endswith("first") else 2
        pair = select(Pair.id).where(Pair.code == code).scalar_subquery()
        this = update(Inquiry).where(Inquiry.pair_id == pair, Inquiry.order == order)
        meddle(database, this.values(planned_at=moment, not_after=moment + 3 * DAY, next_try_at=None))


def may_go(database: Database, moment: datetime) -> set[str]:
    """Which letters would be claimed at this moment, as `due` calls them."""
    held = {each.id for each in claim(database, moment)}
    meddle(database, update(Inquiry).where(Inquiry.state == S.CLAIMED).values(state=S.PLANNED))
    return {name_of(row) for row in letters(database) if row.id in held}


def name_of(row: Inquiry) -> str:
    return f"p{row.pair.code[-1]}_{'first' if row.order == 1 else 'second'}"


# --- Rest ----------------------------------------------------------------------------------------------------------


def test_after_a_letter_no_letter_of_another_pair_goes_until_the_rest_is_over(database: Database) -> None:
    resting(database)
    due(database, p1_first=OPENING, p1_second=OPENING + 9 * DAY, p2_first=OPENING + MINUTE)
    send(database, OPENING)
    assert may_go(database, OPENING + REST - MINUTE) == set()
    assert may_go(database, OPENING + REST) == {"p2_first"}


def test_the_rest_counts_from_when_a_letter_truly_went_not_from_its_plan(database: Database) -> None:
    resting(database)
    due(database, p1_first=OPENING, p1_second=OPENING + 9 * DAY, p2_first=OPENING + REST)
    send(database, OPENING + 3 * HOUR)
    assert may_go(database, OPENING + REST) == set()
    assert may_go(database, OPENING + 3 * HOUR + REST) == {"p2_first"}


def test_a_letter_of_which_nobody_knows_whether_it_arrived_asks_for_the_same_rest(database: Database) -> None:
    resting(database)
    due(database, p1_first=OPENING, p2_first=OPENING + HOUR)
    send(database, OPENING + HOUR / 2, "uncertain", most=1)
    assert may_go(database, OPENING + REST) == set()
    assert may_go(database, OPENING + REST + HOUR / 2) == {"p2_first"}


@pytest.mark.parametrize("end", [lifecycle.close, lifecycle.abort])
def test_the_rest_after_a_letter_lasts_though_its_round_ended_meanwhile(
    database: Database, end: Callable[..., object]
) -> None:
    resting(database, rows=1)
    due(database, p1_first=OPENING, p1_second=OPENING + DAY)
    send(database, OPENING)
    with database.writing() as session:
        end(session, ROUND, "r.visser", OPENING + MINUTE, reason="een proef")
    run(database, a_monday(round="tweede-2026", schedule=A_WEEK), rows=[a_listing(8)])
    meddle(database, update(Inquiry).where(Inquiry.state == S.PLANNED, Inquiry.order == 1).values(planned_at=OPENING))
    assert claim(database, OPENING + REST - MINUTE) == []
    assert len(claim(database, OPENING + REST)) == 1


def test_the_second_letter_of_a_pair_does_not_wait_for_its_own_first(database: Database) -> None:
    resting(database, rows=1)
    send(database, letters(database, 1)[0].planned_at)
    second = only(letters(database, 2))
    assert second.gap < REST
    assert may_go(database, second.planned_at) == {"p1_second"}


def test_a_pair_that_began_is_finished_before_another_begins(database: Database) -> None:
    resting(database)
    due(database, p1_first=OPENING, p1_second=OPENING + 6 * HOUR, p2_first=OPENING + 3 * HOUR)
    send(database, OPENING)
    assert may_go(database, OPENING + 5 * HOUR) == set()
    assert may_go(database, OPENING + 6 * HOUR) == {"p1_second"}
    send(database, OPENING + 6 * HOUR)
    assert may_go(database, OPENING + DAY) == {"p2_first"}


def test_of_two_letters_due_at_once_one_is_claimed_and_the_other_would_be_refused_at_the_gate(
    database: Database,
) -> None:
    resting(database, rows=3)
    due(database, p1_first=OPENING, p2_first=OPENING, p3_first=OPENING)
    (held,) = claim(database, OPENING)
    (other,) = [each for each in claim(database, OPENING) if each.id != held.id]
    assert gate(database, held, OPENING)
    assert gate(database, other, OPENING) is None


def test_without_a_rest_letters_to_one_advertiser_may_go_together(database: Database) -> None:
    run(database, rows=3)
    meddle(database, update(Inquiry).where(Inquiry.order == 1).values(planned_at=OPENING))
    assert len(send(database, OPENING)) == 3


def test_an_advertiser_rests_for_itself_alone(database: Database) -> None:
    people = [an_advertiser(), an_advertiser("bravo")]
    run(database, a_monday(schedule=A_WEEK), participants=people, rows=[a_listing(1), a_listing(2, "bravo")])
    due(database, p1_first=OPENING, p2_first=OPENING)
    assert len(send(database, OPENING)) == 2


@pytest.mark.long
@only_sqlite
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 30), min_size=3, max_size=3), st.integers(2, 7))
def test_however_late_letters_are_the_rest_is_kept_and_every_pair_is_finished(
    database: Database, hours: list[int], step: int
) -> None:
    """A worker that looks every few hours only: what it finds due never goes in a heap, and no pair waits for ever."""
    empty(database)
    resting(database, rows=3)
    for number, hour in enumerate(hours, start=1):
        first = OPENING + hour * HOUR
        due(database, **{f"p{number}_first": first, f"p{number}_second": first + 2 * HOUR})
    meddle(database, update(Inquiry).values(not_after=OPENING + 40 * DAY))
    for look in range(0, 24 * 9, step):
        send(database, OPENING + look * HOUR)
    rows = letters(database)
    assert {row.state for row in rows} == {S.SENT}
    for one in rows:
        for other in rows:
            if one.pair_id != other.pair_id and one.sent_at and other.sent_at:
                assert abs(one.sent_at - other.sent_at) >= REST


def empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table is not Control.__table__:
                session.execute(table.delete())


# --- Days off ------------------------------------------------------------------------------------------------------


def off(database: Database, *days: date) -> None:
    with database.writing() as session:
        enrolment.give_days_off(session, "alfa", frozenset(days), "r.visser", PLANNED)


def test_no_letter_goes_on_a_day_off_and_the_next_day_it_does(database: Database) -> None:
    resting(database, rows=1)
    due(database, p1_first=OPENING)
    off(database, date(2026, 9, 7))
    assert may_go(database, DUE) == set()
    assert may_go(database, OPENING + DAY) == {"p1_first"}


def test_a_day_off_given_after_the_claim_shuts_the_gate(database: Database) -> None:
    run(database)
    refuses(database, lambda session: enrolment.give_days_off(session, "alfa", frozenset({DUE.date()}), "a", DUE))


def test_planning_passes_over_the_days_off_of_the_participants_file(database: Database) -> None:
    days = frozenset(date(2026, 9, day) for day in (7, 8, 9, 10, 11, 14, 15))
    run(database, a_monday(schedule=A_WEEK), participants=[an_advertiser(days_off=days)], rows=2)
    assert {row.planned_at.date() for row in letters(database)}.isdisjoint(days)
    with database.reading() as session:
        spans = session.scalars(select(Blackout).order_by(Blackout.start)).all()
    monday, friday = spans[0].start.astimezone(enrolment.ZONE), spans[0].end.astimezone(enrolment.ZONE)
    assert len(spans) == 2
    assert (monday.isoformat(), friday.isoformat()) == ("2026-09-07T00:00:00+02:00", "2026-09-11T23:59:59+02:00")


def test_a_file_that_says_nothing_of_days_off_leaves_those_that_are_known(database: Database) -> None:
    run(database)
    off(database, date(2026, 9, 9))
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser()])
        row = lookup.advertiser(session, "alfa")
        assert enrolment.days_off(session, row.id) == {date(2026, 9, 9)}
        enrolment.enrol(session, [an_advertiser(days_off=frozenset())])
        assert enrolment.days_off(session, row.id) == frozenset()


def test_days_off_of_nobody_are_refused_and_others_stand_in_the_ledger(database: Database) -> None:
    run(database)
    with refused("unknown-advertiser"), database.writing() as session:
        enrolment.give_days_off(session, "zulu", frozenset(), "r.visser", PLANNED)
    off(database, date(2026, 9, 9))
    assert events(database)[-1].data == {"days": ["2026-09-09"]}


def test_the_outlook_tells_which_letters_days_off_keep_back_for_good(database: Database) -> None:
    resting(database, rows=1)
    due(database, p1_first=OPENING, p1_second=OPENING + 2 * HOUR)
    off(database, *(date(2026, 9, day) for day in range(7, 12)))
    with database.reading() as session:
        seen = outlook.of_round(session, lookup.latest(session, "proef-2026"), OPENING, timedelta())  # type: ignore[arg-type]
    assert (seen.first, seen.second, dict(seen.never)) == (0, 0, {Why.DAY_OFF: 2})


# --- One consent, several rounds -----------------------------------------------------------------------------------


def test_pairs_of_an_earlier_round_use_up_the_same_consent(database: Database) -> None:
    people = [an_advertiser(max_pairs=3)]
    run(database, participants=people, rows=2)
    send(database, DUE)
    run(database, a_monday(round="tweede-2026"), participants=people, rows=[a_listing(8), a_listing(9)])
    with database.reading() as session:
        pairs = session.scalars(select(Pair.id)).all()
        reasons = session.scalars(select(Refusal.reason)).all()
    assert (len(pairs), list(reasons)) == (3, [RefusalReason.ADVERTISER_FULL.value])


def test_a_consent_that_was_lowered_meanwhile_counts_what_other_rounds_sent(database: Database) -> None:
    people = [an_advertiser(max_pairs=4)]
    run(database, participants=people, rows=2)
    run(database, a_monday(round="tweede-2026"), participants=people, rows=[a_listing(8), a_listing(9)])
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser(max_pairs=3)])
    passed = [held for held in claim(database, DUE) if gate(database, held)]
    for held in passed:
        record(database, held)
    sent = [row for row in letters(database, 1) if row.state in ON_THE_WIRE]
    assert len(sent) == 3


def test_a_new_consent_begins_at_nothing(database: Database) -> None:
    run(database, participants=[an_advertiser(max_pairs=1)], rows=1)
    send(database, DUE)
    anew = an_advertiser(max_pairs=1, consent_from=date(2026, 9, 8))
    later = a_monday(round="tweede-2026", schedule={"first_day": "2026-09-08", "last_day": "2026-09-08"})
    run(database, later, participants=[anew], rows=[a_listing(9)])
    send(database, DUE + DAY)
    assert [row.state for row in letters(database, 1)] == [S.SENT, S.SENT]


@pytest.mark.parametrize("cap", [1, 2])
def test_a_cap_of_a_day_makes_room_again_the_next_day(database: Database, cap: int) -> None:
    run(database, a_monday(schedule={"last_day": "2026-09-18", "per_advertiser_day": cap}), rows=3)
    meddle(database, update(Inquiry).where(Inquiry.order == 1).values(planned_at=OPENING, not_after=OPENING + 9 * DAY))
    for sent, moment in ((cap, DUE), (min(3, 2 * cap), OPENING + DAY)):
        send(database, moment)
        assert [row.state for row in letters(database, 1)].count(S.SENT) == sent
