"""What pages and the command line show of a round."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from house_makers import (
    DAY,
    DUE,
    HOUR,
    OPENING,
    PLANNED,
    ROUND,
    TUESDAY,
    a_monday,
    answer,
    answered,
    approve,
    claim,
    code,
    gate,
    letters,
    only_sqlite,
    plan,
    record,
    refused,
    run,
    send,
    send_both,
)

from orchestrator import ahead, outlook, views
from orchestrator.db import Database
from orchestrator.rounds import lifecycle, lookup
from orchestrator.states import RoundState
from orchestrator.views import Monitor
from profiles.pairs import BOTH

pytestmark = only_sqlite


def seen(database: Database, now: datetime = DUE) -> Monitor:
    with database.reading() as session:
        return views.monitor(session, ROUND, now)


def waits(database: Database, now: datetime = DUE) -> str:
    return seen(database, now).why_waiting


def test_the_list_of_rounds_has_the_newest_plan_first(database: Database) -> None:
    plan(database)
    plan(database, a_monday(round="latere-2026"), now=PLANNED + DAY)
    with database.reading() as session:
        rows = views.summaries(session)
    assert [(row.name, row.state, row.version) for row in rows] == [
        ("latere-2026", "planned", 1),
        (ROUND, "planned", 1),
    ]
    assert rows[0].planned_at == PLANNED + DAY


def test_a_monitor_of_an_unknown_round_is_refused(database: Database) -> None:
    with refused("unknown-round"):
        seen(database)


def test_the_monitor_counts_letters_by_state_and_replies_by_code(database: Database) -> None:
    run(database, rows=5)
    one, two, three, *_ = claim(database)
    for held, outcome in ((one, "sent"), (two, "refused"), (three, "uncertain")):
        assert gate(database, held)
        record(database, held, DUE, outcome)
    now = seen(database)
    assert (now.planned, now.sent, now.failed, now.uncertain, now.cancelled, now.expired) == (10, 1, 1, 1, 1, 0)
    assert (now.answered, now.coded, now.waiting_to_code, now.declines_planned) == (0, 0, 0, 0)


def test_the_monitor_counts_two_replies_to_one_letter_as_one_answered_letter(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 1, "UITNODIGING")
    answered(database, 1, "OVERIG", TUESDAY + HOUR)
    now = seen(database)
    assert (now.sent, now.answered, now.coded, now.waiting_to_code) == (2, 1, 1, 1)
    assert (now.declines_planned, now.declines_sent, now.deferred) == (1, 0, 0)


def test_the_next_letters_are_shown_in_order_without_the_arm(database: Database) -> None:
    run(database, rows=15)
    coming = seen(database).next_sends
    assert len(coming) == views.NEXT
    assert [send.at for send in coming] == sorted(send.at for send in coming)
    assert {send.order for send in coming} == {1, 2}
    names = {part for row in letters(database) for part in row.sender_name.split() if part.istitle()}
    assert not any(arm.value in str(coming) for arm in BOTH)
    assert names.isdisjoint(str(coming).split())


def test_every_state_says_why_it_waits(database: Database) -> None:
    plan(database)
    assert waits(database) == "Wacht op goedkeuring door een tweede persoon."
    approve(database)
    assert waits(database) == "Goedgekeurd; wacht op de start."
    with database.writing() as session:
        lifecycle.start(session, ROUND, "r.visser", PLANNED, live=False)
    upcoming = said(min(row.planned_at for row in letters(database)))
    assert waits(database, OPENING) == f"Wacht op het volgende geplande moment: {upcoming}."
    assert waits(database, DUE) == "Er is een reactie aan de beurt."
    assert waits(database, DUE + 5 * HOUR) == "Wacht op kantooruren: verder vanaf 08-09-2026 09:00."


def test_a_pause_and_a_shut_door_say_their_reason(database: Database) -> None:
    run(database)
    with database.writing() as session:
        lifecycle.set_sending(session, False, "m.dekker", DUE, "een klacht")
    assert waits(database) == "Alle verzending staat uit: een klacht."
    with database.writing() as session:
        lifecycle.pause(session, ROUND, "m.dekker", DUE, "overleg")
    assert waits(database).endswith("Reden: overleg.")


def test_a_collecting_round_says_until_when_it_waits_and_then_for_whom(database: Database) -> None:
    run(database)
    send_both(database)
    with database.writing() as session:
        lifecycle.collect(session, ROUND, "r.visser", TUESDAY)
    end = max(row.sent_at for row in letters(database) if row.sent_at) + 10 * DAY
    assert waits(database, TUESDAY) == f"Wacht op antwoorden tot {said(end)}."
    answered(database, 1)
    assert waits(database, end) == "Wacht op codering van 1 antwoorden."


def test_a_round_whose_letters_have_all_gone_says_so(database: Database) -> None:
    run(database)
    send_both(database)
    assert waits(database, TUESDAY) == "Alle reacties zijn verzonden of afgesloten."
    send(database, TUESDAY)
    assert seen(database, TUESDAY).next_sends == ()


def said(moment: datetime) -> str:
    """Dutch wall time in September."""
    return f"{moment + timedelta(hours=2):%d-%m-%Y %H:%M}"


def test_moments_are_said_in_dutch_time(database: Database) -> None:
    assert said(OPENING) == "07-09-2026 09:00"
    run(database)
    assert "09:00" in waits(database, OPENING + DAY - HOUR)


def test_a_pair_of_which_only_the_first_letter_went_is_half(database: Database) -> None:
    run(database, rows=3)
    assert seen(database).half == 0
    send(database, DUE)
    assert seen(database).half == 3
    send_both(database)
    assert seen(database, TUESDAY).half == 0


def test_progress_is_told_by_dutch_day_and_by_week(database: Database) -> None:
    run(database, rows=4)
    send_both(database)
    answered_first = letters(database, 1)[0].id
    with database.writing() as session:
        answer(session, answered_first, "OVERIG", TUESDAY)
    told = seen(database, TUESDAY)
    assert sum(day.planned for day in told.days) == sum(day.sent for day in told.days) == 8
    assert [(day.day.isoformat(), day.replies) for day in told.days if day.replies] == [("2026-09-08", 1)]
    (week,) = told.weeks
    assert (week.day.isoformat(), week.planned, week.sent, week.replies) == ("2026-09-07", 8, 8, 1)


def test_of_many_open_letters_only_the_first_are_looked_at(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run(database, rows=40)
    whole = seen(database).next_sends
    monkeypatch.setattr(ahead, "WINDOW", 1)
    looked: list[int] = []
    fates_of = outlook.fates_of

    def counted(*told: Any, **named: Any) -> list[outlook.Fate]:
        looked.append(len(named["pairs"]))
        return fates_of(*told, **named)

    monkeypatch.setattr(outlook, "fates_of", counted)
    with database.reading() as session:
        few = ahead.letters(session, lookup.find(session, ROUND), DUE, views.NEXT)
    assert few == whole
    assert looked[0] <= views.NEXT < 40


def test_what_goes_out_of_a_large_round_is_told_only_when_it_is_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database, rows=3)
    inline = seen(database).outlook
    assert inline
    monkeypatch.setattr(views, "MOST_INLINE", 5)
    told = seen(database)
    assert (told.outlook, told.open) == (None, 6)
    with database.reading() as session:
        assert views.outlook_of(session, ROUND, DUE) == inline
        (brief,) = views.ahead_if(session, ROUND, RoundState.PAUSED, DUE)
    assert brief == "Nog open: 6 reacties en 0 afmeldingen van bezichtigingen."


def test_what_came_or_was_coded_after_closing_is_counted(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 1, "AL_VERHUURD")
    with database.writing() as session:
        lookup.find(session, ROUND).closed_at = TUESDAY + HOUR
    with database.reading() as session:
        assert views.late(session, lookup.find(session, ROUND)) == views.Late(0, 0)
    reply = answered(database, 2, "OVERIG", TUESDAY + DAY)
    code(database, reply, "anna", "AL_VERHUURD", now=TUESDAY + DAY)
    with database.reading() as session:
        assert views.late(session, lookup.find(session, ROUND)) == views.Late(1, 1)
