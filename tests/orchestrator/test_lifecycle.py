"""The life of a round: who may do what, when, and what each step leaves behind."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bank_makers import a_bank
from house_makers import (
    DAY,
    DUE,
    PLANNED,
    ROUND,
    SECOND,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    answer,
    answered,
    approve,
    claim,
    events,
    gate,
    letters,
    make_ready,
    only,
    only_sqlite,
    plan,
    record,
    refused,
    round_state,
    run,
    send,
    send_both,
    start,
    states,
    store,
)
from ruamel.yaml import YAML
from sqlalchemy import select, text

from orchestrator import db
from orchestrator.db import Database, DatabaseError
from orchestrator.design import Design
from orchestrator.models import Control, Inquiry, Pair, Reply
from orchestrator.rounds import lifecycle, likeness, lookup
from orchestrator.rounds.answers import Proposed
from orchestrator.states import Exclusion, LetterState, PairState, RoundState

S = LetterState


def step(database: Database, act: Callable[..., Any], *told: Any, now: datetime = DUE, **more: Any) -> Any:
    with database.writing() as session:
        return act(session, ROUND, "r.visser", now, *told, **more)


def pairs(database: Database) -> list[tuple[PairState, str | None]]:
    with database.reading() as session:
        return [(pair.state, pair.reason) for pair in session.scalars(select(Pair).order_by(Pair.code))]


def a_file(folder: Path, **parts: Any) -> tuple[Design, Path]:
    """A design with the file it is read from."""
    design = a_monday(**parts)
    path = folder / "opzet.yaml"
    with path.open("w", encoding="utf-8") as stream:
        YAML().dump(design.model_dump(mode="json", by_alias=True), stream)
    return design, path


# --- Four eyes, a frozen design, two yeses -------------------------------------------------------------------------


@only_sqlite
@pytest.mark.parametrize("same", ["r.visser", "R.Visser", "R.VISSER", " r.visser "])
def test_who_planned_a_round_may_not_approve_it_however_the_name_is_written(database: Database, same: str) -> None:
    plan(database)
    with refused("same-person"):
        approve(database, by=same)
    assert round_state(database) is RoundState.PLANNED


@pytest.mark.parametrize("same", ["r.visser", "R.Visser"])
def test_the_database_itself_refuses_an_approval_by_the_planner(database: Database, same: str) -> None:
    plan(database)
    with pytest.raises(DatabaseError), database.writing() as session:
        lookup.find(session, ROUND).approved_by = same
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(text("UPDATE round SET approved_by = :same"), {"same": same})


@only_sqlite
def test_a_second_person_approves_and_the_record_says_who_and_when(database: Database) -> None:
    plan(database)
    approve(database, by="m.dekker")
    with database.reading() as session:
        round_ = lookup.find(session, ROUND)
        assert (round_.approved_by, round_.state) == ("m.dekker", RoundState.APPROVED)
        assert round_.approved_at == PLANNED + timedelta(hours=1)
    assert events(database)[-1].data["digest"]


@only_sqlite
def test_letters_that_were_compared_before_the_approval_are_not_compared_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large round that takes minutes, in which nobody else could write."""
    plan(database)
    with database.reading() as session:
        checked = lifecycle.alike(session, ROUND, "m.dekker")
    monkeypatch.setattr(likeness, "require", None)
    with database.writing() as session:
        lifecycle.approve(session, ROUND, "m.dekker", PLANNED + timedelta(hours=1), checked=checked)
    assert round_state(database) is RoundState.APPROVED


@only_sqlite
def test_a_round_that_was_planned_again_while_its_letters_were_compared_is_not_approved(database: Database) -> None:
    plan(database)
    with database.reading() as session:
        checked = lifecycle.alike(session, ROUND, "m.dekker")
    plan(database, a_monday(seed=2), now=PLANNED + timedelta(minutes=1))
    with refused("planned-again"), database.writing() as session:
        lifecycle.approve(session, ROUND, "m.dekker", PLANNED + timedelta(hours=1), checked=checked)


@only_sqlite
def test_a_round_that_nobody_approved_does_not_start(database: Database) -> None:
    plan(database)
    with refused("not-approved"):
        start(database)
    assert round_state(database) is RoundState.PLANNED


@only_sqlite
def test_a_live_round_does_not_start_on_an_installation_that_did_not_say_yes(database: Database) -> None:
    plan(database, a_monday(mode="live", study={"emergency_contact": "J. de Boer"}), bank=a_bank())
    make_ready(database)
    approve(database)
    with refused("live-not-set"):
        start(database, live=False)
    assert round_state(database) is RoundState.APPROVED
    start(database, live=True)
    assert round_state(database) is RoundState.RUNNING


@only_sqlite
def test_a_rehearsal_starts_without_the_live_setting(database: Database) -> None:
    run(database)
    assert round_state(database) is RoundState.RUNNING


@only_sqlite
@pytest.mark.parametrize("change", ["seed", "unreadable"])
def test_a_design_file_that_changed_after_planning_stops_approval_and_start(
    database: Database, tmp_path: Path, change: str
) -> None:
    design, path = a_file(tmp_path)
    kept = path.read_text(encoding="utf-8")
    plan(database, design, path=path)
    changed = kept.replace("seed: 7", "seed: 8") if change == "seed" else "round: ["
    path.write_text(changed, encoding="utf-8")
    with refused("design-changed"):
        approve(database)
    path.write_text(kept, encoding="utf-8")
    approve(database)
    path.write_text(changed, encoding="utf-8")
    with refused("design-changed"):
        start(database)
    path.write_text(kept, encoding="utf-8")
    start(database)
    assert round_state(database) is RoundState.RUNNING


@only_sqlite
def test_a_design_file_may_be_laid_out_anew_as_long_as_it_says_the_same(database: Database, tmp_path: Path) -> None:
    design, path = a_file(tmp_path)
    plan(database, design, path=path)
    path.write_text("# nagekeken\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    approve(database)
    assert round_state(database) is RoundState.APPROVED


@only_sqlite
def test_a_design_file_that_moved_away_stops_nothing_because_the_record_holds_the_design(
    database: Database, tmp_path: Path
) -> None:
    design, path = a_file(tmp_path)
    plan(database, design, path=path)
    path.unlink()
    approve(database)


def test_a_design_that_was_changed_in_the_database_stops_approval_and_start(database: Database) -> None:
    plan(database)
    meddle = "UPDATE round SET design = replace(design, '\"seed\":{}', '\"seed\":{}')"
    with database.writing() as session:
        session.execute(text(meddle.format(7, 8).replace(":7", r"\:7").replace(":8", r"\:8")))
    with refused("design-changed"):
        approve(database)
    with database.writing() as session:
        session.execute(text(meddle.format(8, 7).replace(":7", r"\:7").replace(":8", r"\:8")))
    approve(database)


# --- Pause, resume, abort, withdraw --------------------------------------------------------------------------------


def test_pausing_and_resuming_leave_the_letters_as_they_are(database: Database) -> None:
    run(database, rows=2)
    step(database, lifecycle.pause, "een klacht")
    assert round_state(database) is RoundState.PAUSED
    assert claim(database) == []
    step(database, lifecycle.resume)
    assert round_state(database) is RoundState.RUNNING
    assert len(claim(database)) == 2


@only_sqlite
@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lifecycle.pause, ("x",)),
        (lifecycle.resume, ()),
        (lifecycle.collect, ()),
        (lifecycle.close, ()),
        (lifecycle.close, ("x",)),
    ],
)
def test_a_step_that_does_not_follow_is_refused(database: Database, act: Any, told: tuple[str, ...]) -> None:
    plan(database)
    with refused("wrong-state"):
        step(database, act, *told)


@only_sqlite
@pytest.mark.parametrize("again", ["approve", "start"])
def test_approving_or_starting_twice_is_refused(database: Database, again: str) -> None:
    run(database)
    with refused("wrong-state"):
        approve(database) if again == "approve" else start(database)


@only_sqlite
def test_an_unknown_round_is_refused_with_the_names_there_are(database: Database) -> None:
    with refused("unknown-round"):
        approve(database, name="geen-ronde")
    plan(database)
    with pytest.raises(Exception, match=ROUND):
        approve(database, name="geen-ronde")


def test_an_aborted_round_sends_nothing_more_also_what_was_claimed(database: Database) -> None:
    run(database, rows=2)
    held = claim(database, most=1)[0]
    step(database, lifecycle.abort, "stop")
    assert round_state(database) is RoundState.ABORTED
    assert set(states(database)) == {S.CANCELLED}
    assert gate(database, held) is None
    assert claim(database) == []


def test_what_is_on_the_wire_at_the_abort_is_still_recorded(database: Database) -> None:
    run(database)
    held = only(claim(database))
    assert gate(database, held)
    step(database, lifecycle.abort, "stop")
    record(database, held)
    assert states(database) == [S.SENT, S.CANCELLED]


@only_sqlite
def test_a_round_that_has_ended_is_not_aborted(database: Database) -> None:
    run(database)
    step(database, lifecycle.abort, "stop")
    with refused("wrong-state"):
        step(database, lifecycle.abort, "nog eens")


def test_withdrawal_cancels_all_open_letters_of_that_advertiser_and_of_nobody_else(database: Database) -> None:
    people = [an_advertiser(), an_advertiser("bravo")]
    run(database, participants=people, rows=[a_listing(1), a_listing(2), a_listing(3, "bravo")])
    claim(database)
    with database.writing() as session:
        stopped = lifecycle.withdraw(session, "alfa", "r.visser", DUE)
    assert stopped == 4
    by_advertiser = {(row.pair.listing.advertiser.key, row.state) for row in letters(database)}
    assert by_advertiser == {("alfa", S.CANCELLED), ("bravo", S.CLAIMED), ("bravo", S.PLANNED)}
    assert sorted(pairs(database), key=str).count((PairState.EXCLUDED, "deelname-ingetrokken")) == 2


def test_a_pair_that_was_sent_whole_before_the_withdrawal_still_counts(database: Database) -> None:
    run(database)
    send_both(database)
    with database.writing() as session:
        assert lifecycle.withdraw(session, "alfa", "r.visser", TUESDAY) == 0
    assert pairs(database) == [(PairState.OPEN, None)]


@only_sqlite
def test_an_unknown_advertiser_cannot_withdraw(database: Database) -> None:
    with refused("unknown-advertiser"), database.writing() as session:
        lifecycle.withdraw(session, "niemand", "r.visser", DUE)


# --- Collect and close ---------------------------------------------------------------------------------------------


def finished(database: Database, pairs: int = 1) -> datetime:
    """A round of so many pairs, sent and collecting; returns the end of its response window."""
    run(database, rows=pairs)
    send_both(database)
    step(database, lifecycle.collect, now=TUESDAY)
    with database.reading() as session:
        return lifecycle.window_end(session, lookup.find(session, ROUND))


@only_sqlite
def test_a_round_with_open_letters_is_not_collected(database: Database) -> None:
    run(database)
    send(database)
    with refused("letters-open"):
        step(database, lifecycle.collect)


def test_the_window_ends_so_many_days_after_the_last_letter(database: Database) -> None:
    end = finished(database)
    last = max(row.sent_at for row in letters(database) if row.sent_at)
    assert end == last + 10 * DAY


def test_a_round_closes_when_the_window_is_over_and_silence_counts(database: Database) -> None:
    end = finished(database)
    with refused("window-open"):
        step(database, lifecycle.close, now=end - SECOND)
    step(database, lifecycle.close, now=end)
    assert round_state(database) is RoundState.CLOSED
    assert pairs(database) == [(PairState.USABLE, None)]


def test_a_large_round_is_closed_and_cancelled_some_pairs_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "ASKED", 1)
    end = finished(database, pairs=4)
    first, second, third = (letters(database)[place].id for place in (0, 3, 5))
    with database.writing() as session:
        session.get_one(Inquiry, first).state = S.UNCERTAIN
        session.get_one(Inquiry, second).state = S.PLANNED
        answer(session, third, now=DUE).label = "ECHTHEIDSVRAAG"
    step(database, lifecycle.close, now=end)
    excluded = [Exclusion.UNCERTAIN, Exclusion.NOT_SENT, Exclusion.DETECTED]
    assert pairs(database) == [*((PairState.EXCLUDED, why) for why in excluded), (PairState.USABLE, None)]
    assert states(database).count(S.CANCELLED) == 1


@only_sqlite
def test_replies_that_wait_for_a_code_or_for_reading_hold_up_the_end(database: Database) -> None:
    end = finished(database)
    reply = answered(database, 1)
    with refused("coding-open"):
        step(database, lifecycle.close, now=end)
    with refused("coding-open"):
        step(database, lifecycle.close, "haast", now=end)
    with database.writing() as session:
        session.get_one(Reply, reply).label = "OVERIG"
    store(database)
    with refused("coding-open"):
        step(database, lifecycle.close, now=end)


@only_sqlite
def test_closing_early_takes_a_reason_and_leaves_out_pairs_whose_window_was_not_over(database: Database) -> None:
    run(database, rows=2)
    send(database, most=1)
    with refused("wrong-state"):
        step(database, lifecycle.close, now=TUESDAY)
    step(database, lifecycle.close, "budget op", now=TUESDAY)
    assert states(database).count(S.CANCELLED) == 3
    assert {reason for _, reason in pairs(database)} == {"niet-verzonden"}


@only_sqlite
def test_closing_early_keeps_the_pairs_whose_window_was_over(database: Database) -> None:
    end = finished(database)
    first, second = (row.sent_at for row in letters(database))
    assert first is not None
    assert second is not None
    step(database, lifecycle.close, "klaar", now=second + 10 * DAY - SECOND)
    assert pairs(database) == [(PairState.EXCLUDED, "voortijdig-gesloten")]
    assert end == second + 10 * DAY


@only_sqlite
@pytest.mark.parametrize(
    ("label", "reason"),
    [("ONBESTELBAAR", "onbestelbaar"), ("ECHTHEIDSVRAAG", "test-herkend"), ("AL_VERHUURD", None)],
)
@pytest.mark.parametrize("order", [1, 2])
def test_a_pair_with_a_bounce_or_a_detection_does_not_count(
    database: Database, label: str, reason: str | None, order: int
) -> None:
    end = finished(database)
    answered(database, order, Proposed(label, 1, 1.0, final=True, invites=False))
    step(database, lifecycle.close, now=end)
    assert pairs(database) == [(PairState.EXCLUDED if reason else PairState.USABLE, reason)]


@pytest.mark.parametrize(
    ("outcome", "reason"), [("uncertain", "verzending-onzeker"), ("refused", "niet-verzonden"), ("sent", None)]
)
def test_a_pair_whose_second_letter_did_not_surely_go_does_not_count(
    database: Database, outcome: str, reason: str | None
) -> None:
    run(database)
    send(database)
    second = only(letters(database, 2))
    assert len(send(database, second.planned_at, outcome)) == 1
    step(database, lifecycle.collect, now=second.planned_at)
    step(database, lifecycle.close, now=second.planned_at + 11 * DAY)
    assert pairs(database) == [(PairState.EXCLUDED if reason else PairState.USABLE, reason)]


@only_sqlite
def test_every_step_leaves_one_event_with_both_states(database: Database) -> None:
    end = finished(database)
    step(database, lifecycle.close, now=end)
    moves = [(event.data["from"], event.data["to"]) for event in events(database) if "from" in event.data]
    assert moves == [
        ("planned", "approved"), ("approved", "running"), ("running", "collecting"), ("collecting", "closed"),
    ]  # fmt: skip


@only_sqlite
def test_the_kill_switch_is_one_row_and_leaves_an_event(database: Database) -> None:
    with database.writing() as session:
        lifecycle.set_sending(session, False, "m.dekker", DUE, "klacht")
    with database.reading() as session:
        assert session.get_one(Control, 1).sending_enabled is False
    assert [event.kind for event in events(database)] == ["sending.shut"]
    with database.writing() as session:
        lifecycle.set_sending(session, True, "m.dekker", DUE)
    with database.reading() as session:
        assert session.get_one(Control, 1).reason is None
