"""A sending worker from claim to record, with a wire that does as it is told."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from dispatch_makers import Wire, a_dispatcher
from house_makers import (
    DAY,
    DUE,
    HOUR,
    ROUND,
    SECOND,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    answered,
    attempts,
    claim,
    code,
    events,
    gate,
    letters,
    listings,
    only,
    only_sqlite,
    round_state,
    run,
    send_both,
    states,
)
from sqlalchemy import select

from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.intake import Channel as Road
from orchestrator.models import Attempt, Control, Decline, Inquiry
from orchestrator.rounds import lifecycle
from orchestrator.rounds.sending import Envelope
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome, LetterState, RoundState
from workers import dispatch
from workers.advance import advance_rounds
from workers.backup_guard import BackupGuard
from workers.channels.transport import TransportError
from workers.clock_guard import ClockGuard
from workers.dispatch import Dispatcher

S = LetterState
A = AttemptOutcome

pytestmark = only_sqlite


def test_what_is_due_is_sent_once_and_recorded(database: Database) -> None:
    run(database, rows=3)
    wire = Wire()
    worker = a_dispatcher(database, wire)
    assert worker.send_due() == 3
    assert worker.send_due() == 0
    assert len(wire.taken) == len({envelope.message_id for envelope in wire.taken}) == 3
    assert {row.state for row in letters(database, 1)} == {S.SENT}
    assert attempts(database) == [A.SENT] * 3
    assert all(row.remote_ref == "250 ok" and row.worker == "w1" for row in letters(database, 1))


def test_nothing_due_sends_nothing_and_writes_nothing(database: Database) -> None:
    run(database)
    before = len(events(database))
    assert a_dispatcher(database, Wire(), DUE - 12 * HOUR).send_due() == 0
    assert len(events(database)) == before


def test_a_worker_takes_no_more_than_a_batch_at_a_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "BATCH", 20)
    keys = ("alfa", "bravo", "charlie", "delta")
    offices = [an_advertiser(key, email=f"huur@{key}.example") for key in keys]
    homes = [a_listing(number, keys[number % len(keys)]) for number in range(1, 20 + 4)]
    run(database, a_monday(sample={"pairs": len(homes)}), participants=offices, rows=homes)
    worker = a_dispatcher(database, Wire())
    assert worker.send_due() == 20
    assert worker.send_due() == 3


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_letters_are_on_the_wire_at_once_than_there_may_be_connections(database: Database, most: int) -> None:
    offices = [an_advertiser(key, email=f"huur@{key}.example") for key in ("alfa", "bravo", "charlie", "delta")]
    homes = [a_listing(number, offices[number % 4].advertiser) for number in range(1, 25)]
    run(database, a_monday(sample={"pairs": len(homes)}), participants=offices, rows=homes)
    on_the_wire, seen, counting = Counter[str](), set[int](), threading.Lock()

    def crosses(envelope: Envelope) -> None:
        with counting:
            on_the_wire["now"] += 1
            seen.add(on_the_wire["now"])
        time.sleep(0.01)
        with counting:
            on_the_wire["now"] -= 1

    worker = replace(a_dispatcher(database, Wire(crosses)), settings=Settings(connections=most))
    assert worker.send_due() == len(homes)
    assert max(seen) == most
    assert states(database).count(S.SENT) == len(homes)


@pytest.mark.parametrize(
    ("mishap", "state", "outcome"),
    [
        (TransportError("geen verbinding", "connect"), S.PLANNED, A.NOT_SENT),
        (TransportError("550 nee", "rcpt", permanent=True), S.FAILED, A.REFUSED),
        (TransportError("stil", "body", body_left=True), S.UNCERTAIN, A.UNCERTAIN),
        (TransportError("stil", "body", body_left=True, permanent=True), S.UNCERTAIN, A.UNCERTAIN),
    ],
    ids=["not sent", "refused", "uncertain", "uncertain whatever else"],
)
def test_how_far_a_letter_came_decides_what_becomes_of_it(
    database: Database, mishap: TransportError, state: LetterState, outcome: AttemptOutcome
) -> None:
    run(database)
    wire = Wire(mishap)
    worker = a_dispatcher(database, wire)
    assert worker.send_due() == 1
    row = only(letters(database, 1))
    assert (row.state, row.last_error) == (state, f"{mishap.phase}: {mishap}")
    assert attempts(database) == [outcome]
    assert worker.send_due() == 0
    assert len(wire.asked) == 1
    assert len(wire.taken) == mishap.body_left


def test_a_letter_whose_road_fails_before_the_gate_leaves_one_try_on_record(database: Database) -> None:
    run(database)
    before = [event.kind for event in events(database)]
    a_dispatcher(database, Wire(TransportError("geen verbinding", "connect"))).send_due()
    told = [event.kind for event in events(database)][len(before) :]
    assert told == ["inquiry.claimed", "letter.not_sent", "channel.fault"]
    with database.reading() as session:
        tried = session.scalars(select(Attempt)).one()
    assert (tried.phase, tried.detail, tried.worker) == ("connect", "geen verbinding", "w1")
    assert tried.ended_at is not None


@pytest.mark.parametrize(("channel", "asked"), [(Road.WEBFORM, 1), (Road.SMTP, 2)])
def test_a_form_whose_letter_may_no_longer_go_is_not_even_asked_for_its_page(
    database: Database, channel: Road, asked: int
) -> None:
    form = "http://127.0.0.1:8480/formulier/alfa" if channel is Road.WEBFORM else None
    run(database, participants=[an_advertiser(channel=channel, form_url=form)], rows=[a_listing(1), a_listing(2)])

    def withdraws(_: Envelope) -> None:
        with database.writing() as session:
            lifecycle.withdraw(session, "alfa", "r.visser", DUE)

    wire = Wire(withdraws)
    a_dispatcher(database, wire).send_due()
    assert (len(wire.asked), len(wire.taken)) == (asked, 1)


def test_letters_for_which_half_the_lease_left_no_time_are_free_at_once(database: Database) -> None:
    run(database, rows=3)
    wire = Wire()
    worker = replace(a_dispatcher(database, wire), settings=Settings(lease_seconds=1.0))
    wire.mishap = lambda _: time.sleep(0.6)
    assert worker.send_due() == 3
    assert (len(wire.asked), len(wire.taken)) == (1, 1)
    assert sorted(row.state for row in letters(database, 1)) == [S.PLANNED, S.PLANNED, S.SENT]
    wire.mishap = None
    assert a_dispatcher(database, wire, DUE + SECOND).send_due() == 2


def test_one_letter_that_fails_does_not_hold_up_the_others(database: Database) -> None:
    run(database, rows=3)
    first = min(letters(database, 1), key=lambda row: row.planned_at)

    def breaks(envelope: Envelope) -> None:
        if envelope.message_id == first.message_id:
            raise TransportError("550 nee", "rcpt", permanent=True)

    a_dispatcher(database, Wire(breaks)).send_due()
    assert sorted(row.state for row in letters(database, 1)) == [S.FAILED, S.SENT, S.SENT]


def test_a_worker_that_dies_on_the_wire_leaves_a_letter_that_becomes_uncertain_and_is_not_sent_again(
    database: Database,
) -> None:
    run(database)
    wire = Wire(dies)
    with pytest.raises(Killed):
        a_dispatcher(database, wire).send_due()
    assert states(database)[0] is S.SENDING
    later = a_dispatcher(database, wire, DUE + 63 * SECOND)
    assert later.send_due() == 0
    assert later.sweep() == {"uncertain": 1}
    assert a_dispatcher(database, wire, DUE + HOUR / 2).send_due() == 0
    assert len(wire.taken) == 1


class Killed(BaseException):
    """As if the process had ended."""


def dies(envelope: Envelope) -> None:
    raise Killed


def test_no_transaction_is_open_while_the_wire_is_busy(database: Database) -> None:
    run(database)
    seen: list[LetterState] = []

    def looks(envelope: Envelope) -> None:
        with database.writing() as session:
            seen.append(session.scalars(select(Inquiry.state).where(Inquiry.message_id == envelope.message_id)).one())
            assert session.scalars(select(Attempt.outcome)).one() is A.SENDING

    a_dispatcher(database, Wire(looks)).send_due()
    assert seen == [S.SENDING]


def test_a_withdrawal_during_a_batch_stops_the_rest_of_the_batch(database: Database) -> None:
    run(database, rows=4)

    def withdraws(envelope: Envelope) -> None:
        with database.writing() as session:
            lifecycle.withdraw(session, "alfa", "r.visser", DUE)

    wire = Wire(withdraws)
    a_dispatcher(database, wire).send_due()
    assert len(wire.taken) == 1
    assert sorted(row.state for row in letters(database, 1)) == [S.CANCELLED, S.CANCELLED, S.CANCELLED, S.SENT]


def test_a_pause_during_a_batch_stops_the_rest_until_the_round_goes_on(database: Database) -> None:
    run(database, rows=3)

    def pauses(envelope: Envelope) -> None:
        with database.writing() as session:
            lifecycle.pause(session, ROUND, "r.visser", DUE, "klacht")

    wire = Wire(pauses)
    a_dispatcher(database, wire).send_due()
    assert sorted(row.state for row in letters(database, 1)) == [S.PLANNED, S.PLANNED, S.SENT]
    wire.mishap = None
    with database.writing() as session:
        lifecycle.resume(session, ROUND, "r.visser", DUE)
    assert a_dispatcher(database, wire, DUE + HOUR / 2).send_due() == 2
    assert len(wire.taken) == 3


def test_a_letter_the_attempts_know_of_is_put_back_and_the_wire_is_not_touched(database: Database) -> None:
    run(database)
    row = only(letters(database, 1))
    told = {"fence": 99, "worker": "w0", "started_at": DUE, "outcome": A.SENT}
    with database.writing() as session:
        session.add(Attempt(message_id=row.message_id, **told))
    wire = Wire()
    a_dispatcher(database, wire).send_due()
    assert wire.taken == []
    assert only(letters(database, 1)).state is S.PLANNED


def test_leases_and_grace_last_in_the_real_world_also_when_the_clock_is_scaled(database: Database) -> None:
    worker = a_dispatcher(database, Wire(), speed=600)
    assert (worker.lease, worker.grace) == (600 * 60 * SECOND, 600 * 30 * SECOND)


def test_letters_take_the_road_of_their_advertiser(database: Database) -> None:
    form = "http://127.0.0.1:8480/formulier/bravo"
    people = [an_advertiser(), an_advertiser("bravo", channel=Road.WEBFORM, form_url=form)]
    run(database, participants=people, rows=[a_listing(1), a_listing(2, "bravo")])
    mail, page = Wire(), Wire()
    worker = replace(a_dispatcher(database, mail), roads={Road.SMTP: mail, Road.WEBFORM: page})
    assert worker.send_due() == 2
    assert [envelope.recipient for envelope in mail.taken] == ["verhuur@alfa.example"]
    assert [envelope.recipient for envelope in page.taken] == [form]


def test_courtesy_letters_go_with_the_rest(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 1, "UITNODIGING")
    wire = Wire()
    assert a_dispatcher(database, wire, TUESDAY + 3 * HOUR).send_due() == 1
    assert only(wire.taken).in_reply_to == "<r1@alfa.example>"
    with database.reading() as session:
        assert session.scalars(select(Decline.state)).one() is S.SENT


def test_the_sweep_frees_what_a_dead_worker_claimed_for_the_next(database: Database) -> None:
    run(database, rows=listings(2))
    held = claim(database, DUE, "w0")
    gate(database, held[0], DUE, "w0")
    later = a_dispatcher(database, Wire(), DUE + 65 * SECOND)
    assert later.send_due() == 0
    assert later.sweep() == {"freed": 1, "uncertain": 1}
    assert later.send_due() == 1


@dataclass(frozen=True)
class Jumping(Clock):
    """A clock that goes by a wall clock of one number, which a test sets; it reads ``start`` at 0."""

    wall_clock: list[float] = field(default_factory=lambda: [0.0])

    def now(self) -> datetime:
        return self.start + self.wall_clock[0] * SECOND


def a_jumping(database: Database, wire: Wire, start: datetime = DUE) -> tuple[Dispatcher, list[float]]:
    """A worker on a clock that jumps when its number is set, beside a steady clock that stands still."""
    clock = Jumping(start)
    guard = ClockGuard(wall=lambda: clock.wall_clock[0], steady=lambda: 0.0)
    return replace(a_dispatcher(database, wire), clock=clock, guard=guard), clock.wall_clock


class Late(BackupGuard):
    """What a worker asks between its look at the clock and what it does by it; then the clock jumps."""

    def __init__(self, wall: list[float], seconds: float = 3600.0) -> None:
        super().__init__()
        self.wall, self.seconds = wall, seconds

    def listen(self, session: Session) -> bool:
        self.wall[0] = self.seconds
        return super().listen(session)


def test_a_clock_that_jumped_shuts_all_sending_with_the_reason(database: Database) -> None:
    run(database)
    wire = Wire()
    worker, wall = a_jumping(database, wire)
    wall[0] = 3 * 86400.0
    assert worker.send_due() == worker.send_due() == 0
    assert wire.taken == []
    with database.reading() as session:
        control = session.get_one(Control, 1)
    assert control.sending_enabled is False
    assert "259200 seconden" in str(control.reason)


def test_a_clock_that_jumps_right_after_the_guard_looked_lets_no_letter_go_early(database: Database) -> None:
    run(database)
    wire = Wire()
    worker, wall = a_jumping(database, wire, DUE - HOUR / 2)

    assert replace(worker, backups=Late(wall)).send_due() == 0
    assert wire.taken == []


def test_a_clock_that_jumps_right_after_the_guard_looked_expires_no_letter(database: Database) -> None:
    run(database)
    worker, wall = a_jumping(database, Wire(), DUE - HOUR / 2)
    assert replace(worker, backups=Late(wall, 30 * 86400.0)).sweep() == {}
    assert {letter.state for letter in letters(database, 1)} == {S.PLANNED}


def test_what_time_it_is_shuts_all_sending_once_it_jumped_and_is_not_told_while_it_jumps(database: Database) -> None:
    run(database)
    worker, wall = a_jumping(database, Wire())
    wall[0] = 3600.0
    assert worker.moment() == DUE + HOUR
    with database.reading() as session:
        assert session.get_one(Control, 1).sending_enabled is False
    wall[0] = 7200.0
    assert worker.guard.moment(worker.clock) is None


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_clock_that_jumps_during_a_letter_leaves_its_moment_right_and_holds_the_next(
    database: Database, step: float
) -> None:
    run(database, rows=2)
    wire = Wire()
    worker, wall = a_jumping(database, wire)
    wire.mishap = lambda _: wall.__setitem__(0, step)
    assert worker.send_due() == 2
    assert len(wire.taken) == 1
    first, held = sorted(letters(database, 1), key=lambda letter: letter.state is not S.SENT)
    assert (first.state, first.sent_at) == (S.SENT, DUE)
    assert held.state is S.PLANNED


# --- Rounds move on by themselves ----------------------------------------------------------------------------------


def test_a_round_moves_on_when_its_letters_and_then_its_window_have_ended(database: Database) -> None:
    run(database)
    advance_rounds(database, DUE)
    assert round_state(database) is RoundState.RUNNING
    send_both(database)
    advance_rounds(database, TUESDAY)
    assert round_state(database) is RoundState.COLLECTING
    reply, after = answered(database, 1), TUESDAY + 11 * DAY
    advance_rounds(database, after)
    assert round_state(database) is RoundState.COLLECTING
    code(database, reply, "anna", "OVERIG")
    code(database, reply, "bram", "OVERIG")
    advance_rounds(database, after)
    assert round_state(database) is RoundState.CLOSED


def test_rounds_that_are_paused_or_not_started_do_not_move(database: Database) -> None:
    run(database)
    with database.writing() as session:
        lifecycle.pause(session, ROUND, "r.visser", DUE, "klacht")
    advance_rounds(database, TUESDAY)
    assert round_state(database) is RoundState.PAUSED


def test_one_round_that_waits_does_not_hold_up_another(database: Database) -> None:
    run(database)
    send_both(database)
    run(database, a_monday(round="andere-2026"), rows=[a_listing(9)])
    advance_rounds(database, TUESDAY)
    assert round_state(database) is RoundState.COLLECTING
    assert round_state(database, "andere-2026") is RoundState.RUNNING
