"""Claim, gate, record, sweep on the real tables: at most once, and pairs whole."""

from dataclasses import replace
from threading import Event as Flag
from typing import Any

import pytest
from house_makers import (
    BACK_OFF,
    DAY,
    DUE,
    GRACE,
    HOUR,
    LEASE,
    MARGIN,
    MINUTE,
    OPENING,
    SECOND,
    TUESDAY,
    answered,
    attempts,
    claim,
    events,
    gate,
    letter,
    letters,
    listings,
    meddle,
    only,
    only_sqlite,
    record,
    run,
    send,
    states,
    sweep,
    together,
)
from sqlalchemy import update

from orchestrator import ledger
from orchestrator.db import Database, DatabaseError, Session
from orchestrator.models import Attempt, Inquiry
from orchestrator.rounds import copies, lifecycle, sending
from orchestrator.rounds.sending import AlreadyTried
from orchestrator.states import AttemptOutcome, Exclusion, LetterState, PairState, RoundState

S = LetterState
A = AttemptOutcome


# --- Fence, lease, index -------------------------------------------------------------------------------------------


def test_whoever_passes_the_gate_gets_all_a_channel_needs_and_nothing_that_tells_the_arm(database: Database) -> None:
    run(database)
    held = only(claim(database))
    row, envelope = letter(database, held), gate(database, held)
    assert envelope is not None
    assert (envelope.recipient, envelope.subject, envelope.body) == ("verhuur@alfa.example", row.subject, row.body)
    assert (envelope.sender_name, envelope.sender_address) == (row.sender_name, row.reply_address)
    assert (envelope.message_id, envelope.reference, envelope.date) == (row.message_id, "REF-1", DUE)
    assert "arm" not in vars(envelope)
    after = letter(database, held)
    assert (after.state, after.attempts, after.lease_until) == (S.SENDING, 1, DUE + LEASE)
    assert attempts(database) == [A.SENDING]


def test_nobody_passes_the_gate_twice_with_one_claim(database: Database) -> None:
    run(database)
    held = only(claim(database))
    assert gate(database, held)
    assert gate(database, held) is None
    assert attempts(database) == [A.SENDING]


def test_two_gates_at_once_let_one_through(database: Database) -> None:
    run(database)
    held = only(claim(database))
    given = together(lambda: gate(database, held), lambda: gate(database, held))
    assert len([envelope for envelope in given if envelope]) == 1
    assert attempts(database) == [A.SENDING]


def test_a_stale_claim_cannot_pass_the_gate(database: Database) -> None:
    run(database)
    stale = only(claim(database, DUE, "w1"))
    later = DUE + LEASE + SECOND
    assert sweep(database, later) == {"freed": 1}
    fresh = only(claim(database, later, "w2"))
    assert fresh.fence == stale.fence + 1
    assert gate(database, stale, later) is None
    assert gate(database, fresh, later)


def test_an_expired_lease_cannot_pass_the_gate(database: Database) -> None:
    run(database)
    held = only(claim(database))
    assert gate(database, held, DUE + LEASE) is None
    assert gate(database, held, DUE + LEASE - SECOND)


def test_a_refused_claim_is_released_and_waits_before_it_is_asked_again(database: Database) -> None:
    run(database)
    held = only(claim(database))
    meddle(database, lambda session: sending.release(session, held, DUE, BACK_OFF))
    assert letter(database, held).state is S.PLANNED
    assert events(database)[-1].kind == "letter.released"
    assert claim(database, DUE + BACK_OFF - SECOND) == []
    assert len(claim(database, DUE + BACK_OFF)) == 1


def test_a_stale_claim_releases_nothing(database: Database) -> None:
    run(database)
    stale = only(claim(database))
    sweep(database, DUE + LEASE + SECOND)
    fresh = only(claim(database, DUE + LEASE + SECOND))
    meddle(database, lambda session: sending.release(session, stale, DUE, BACK_OFF))
    assert letter(database, fresh).state is S.CLAIMED


def test_two_workers_who_claim_at_once_get_different_letters_and_together_all(database: Database) -> None:
    run(database, rows=12)

    def some(worker: str) -> list[int]:
        return [held.id for _ in range(3) for held in claim(database, DUE, worker, most=2)]

    one, other = together(lambda: some("w1"), lambda: some("w2"))
    rest = [held.id for held in claim(database)]
    assert sorted([*one, *other, *rest]) == sorted(row.id for row in letters(database, 1))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_worker_does_not_wait_for_another_that_is_still_claiming(database: Database) -> None:
    run(database, rows=4)
    with database.writing() as session:
        round_ = lifecycle.in_state(session, RoundState.RUNNING)[0]
        one = sending.claim_inquiries(session, round_, "w1", DUE, LEASE, GRACE, 2)
        other = claim(database, DUE, "w2")
    assert len(one) == len(other) == 2
    assert {held.id for held in one}.isdisjoint(held.id for held in other)


def test_a_letter_that_the_attempts_know_of_is_not_sent_again(database: Database) -> None:
    run(database)
    held = only(claim(database))
    told = {"fence": 99, "worker": "w0", "started_at": DUE, "outcome": A.SENT}
    meddle(database, lambda s: s.add(Attempt(message_id=letter(database, held).message_id, **told)))
    with pytest.raises(AlreadyTried):
        gate(database, held)
    assert letter(database, held).state is S.CLAIMED
    assert attempts(database) == [A.SENT]


@pytest.mark.parametrize("one", [A.SENDING, A.SENT, A.UNCERTAIN])
@pytest.mark.parametrize("other", [A.SENDING, A.SENT, A.UNCERTAIN])
def test_the_database_itself_forbids_two_living_attempts_of_one_letter(
    database: Database, one: AttemptOutcome, other: AttemptOutcome
) -> None:
    def try_it(session: Session, fence: int, outcome: AttemptOutcome) -> None:
        session.add(Attempt(message_id="<x@y>", fence=fence, worker="w", started_at=DUE, outcome=outcome))

    meddle(database, lambda session: try_it(session, 1, one))
    with pytest.raises(DatabaseError):
        meddle(database, lambda session: try_it(session, 2, other))


def test_the_database_itself_forbids_two_attempts_under_one_fence(database: Database) -> None:
    def try_it(session: Session) -> None:
        session.add(Attempt(message_id="<x@y>", fence=1, worker="w", started_at=DUE, outcome=A.NOT_SENT))

    meddle(database, try_it)
    with pytest.raises(DatabaseError):
        meddle(database, try_it)


# --- Record --------------------------------------------------------------------------------------------------------


def on_the_wire(database: Database, **wishes: Any) -> sending.Claim:
    run(database, **wishes)
    held = only(claim(database))
    assert gate(database, held)
    return held


@only_sqlite
def test_sent_is_recorded_with_its_moment_and_the_words_of_the_other_side(database: Database) -> None:
    held = on_the_wire(database)
    record(database, held, DUE + SECOND)
    row = letter(database, held)
    assert (row.state, row.sent_at, row.remote_ref) == (S.SENT, DUE + SECOND, "wat de overkant zei")
    assert (row.last_error, row.lease_until) == (None, None)
    assert attempts(database) == [A.SENT]


def test_not_sent_is_tried_again_after_a_back_off_and_counts_as_one_attempt(database: Database) -> None:
    held = on_the_wire(database)
    record(database, held, DUE, "not_sent", phase="connect")
    row = letter(database, held)
    assert (row.state, row.sent_at, row.last_error) == (S.PLANNED, None, "connect: wat de overkant zei")
    assert claim(database, DUE + BACK_OFF - SECOND) == []
    assert [row.order for row in letters(database) if row.state is S.SENT] == []
    again = only(claim(database, DUE + BACK_OFF))
    assert again.fence == 2
    assert gate(database, again, DUE + BACK_OFF)
    record(database, again, DUE + BACK_OFF)
    assert attempts(database) == [A.NOT_SENT, A.SENT]
    assert letter(database, again).attempts == 2


def test_a_refused_first_letter_cancels_the_second_and_excludes_the_pair(database: Database) -> None:
    held = on_the_wire(database)
    record(database, held, DUE, "refused", phase="rcpt")
    assert states(database) == [S.FAILED, S.CANCELLED]
    pair = letters(database)[0].pair
    assert (pair.state, pair.reason) == (PairState.EXCLUDED, Exclusion.NOT_SENT)
    assert attempts(database) == [A.REFUSED]
    assert claim(database, TUESDAY) == []


@only_sqlite
def test_a_refused_second_letter_leaves_the_first_as_it_was(database: Database) -> None:
    run(database)
    send(database)
    send(database, only(letters(database, 2)).planned_at, "refused")
    assert states(database) == [S.SENT, S.FAILED]


@only_sqlite
def test_the_wait_doubles_with_every_try_that_did_not_leave(database: Database) -> None:
    held = on_the_wire(database)
    moment, waited = DUE, []
    for _ in range(9):
        record(database, held, moment, "not_sent", phase="connect")
        next_try = letter(database, held).next_try_at
        assert next_try is not None
        waited.append(next_try - moment)
        moment = next_try
        meddle(database, update(Inquiry).values(planned_at=moment, not_after=moment))
        held = only(claim(database, moment))
        assert gate(database, held, moment)
    assert waited == [BACK_OFF * 2**tries for tries in (0, 1, 2, 3, 4, 5, 6, 6, 6)]


def test_uncertain_is_never_claimed_again_and_keeps_the_second_letter_back(database: Database) -> None:
    held = on_the_wire(database)
    record(database, held, DUE, "uncertain", phase="body")
    assert states(database) == [S.UNCERTAIN, S.PLANNED]
    for moment in (DUE + BACK_OFF, DUE + HOUR, OPENING + DAY + HOUR, OPENING + 2 * DAY):
        assert claim(database, moment) == []
        assert "freed" not in sweep(database, moment)
    sweep(database, OPENING + 8 * DAY)
    assert states(database) == [S.UNCERTAIN, S.EXPIRED]
    assert attempts(database) == [A.UNCERTAIN]


def test_a_reply_settles_an_uncertain_letter_as_sent_and_lets_the_second_go(database: Database) -> None:
    held = on_the_wire(database)
    record(database, held, DUE + MINUTE, "uncertain", phase="body")
    answered(database, 1, now=DUE + HOUR)
    row = letter(database, held)
    assert (row.state, row.sent_at) == (S.SENT, DUE)
    assert attempts(database) == [A.SENT]
    second = only(letters(database, 2))
    assert second.planned_at >= DUE + second.gap
    assert only(claim(database, second.planned_at)).id == second.id


def test_a_reply_that_comes_while_a_letter_is_on_the_wire_settles_it_when_it_becomes_uncertain(
    database: Database,
) -> None:
    run(database)
    held = only(claim(database))
    gate(database, held)
    answered(database, 1, "AL_VERHUURD", DUE + SECOND)
    assert letter(database, held).state is S.SENDING
    record(database, held, DUE + 2 * SECOND, "uncertain")
    with database.writing() as session:
        assert copies.settle_seen(session, DUE + MINUTE) == 1
    assert letter(database, held).state is S.SENT
    assert letter(database, held).sent_at == DUE


def test_a_reply_changes_nothing_of_a_letter_that_is_known_to_be_sent(database: Database) -> None:
    held = on_the_wire(database)
    record(database, held)
    before = letter(database, held).sent_at
    answered(database, 1)
    assert letter(database, held).sent_at == before
    assert "letter.settled" not in [event.kind for event in events(database)]


def test_a_result_under_another_fence_changes_nothing(database: Database) -> None:
    held = on_the_wire(database)
    other = replace(held, fence=held.fence + 1)
    record(database, other)
    assert letter(database, held).state is S.SENDING
    assert events(database)[-1].kind == "letter.late-result"
    assert attempts(database) == [A.SENDING]


# --- Sweep ---------------------------------------------------------------------------------------------------------


def test_the_sweep_frees_a_claim_whose_worker_is_gone(database: Database) -> None:
    run(database)
    held = only(claim(database))
    assert sweep(database, DUE + LEASE) == {}
    assert sweep(database, DUE + LEASE + SECOND) == {"freed": 1}
    row = letter(database, held)
    assert (row.state, row.lease_until) == (S.PLANNED, None)


def test_the_sweep_calls_uncertain_what_was_on_the_wire_when_its_worker_went(database: Database) -> None:
    held = on_the_wire(database)
    assert sweep(database, DUE + LEASE + MARGIN) == {}
    assert sweep(database, DUE + LEASE + MARGIN + SECOND) == {"uncertain": 1}
    assert letter(database, held).state is S.UNCERTAIN
    assert attempts(database) == [A.UNCERTAIN]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("sent", S.SENT), ("refused", S.FAILED), ("not_sent", S.PLANNED), ("uncertain", S.UNCERTAIN)],
)
def test_a_result_that_comes_after_the_sweep_still_settles_the_letter(
    database: Database, outcome: str, state: LetterState
) -> None:
    held = on_the_wire(database)
    late = DUE + 10 * MINUTE
    sweep(database, late)
    record(database, held, late, outcome)
    assert letter(database, held).state is state
    assert attempts(database) == [A(outcome)]


def test_a_result_that_comes_after_a_reply_settled_the_letter_is_only_noted(database: Database) -> None:
    held = on_the_wire(database)
    sweep(database, DUE + 10 * MINUTE)
    answered(database, 1, now=DUE + HOUR)
    record(database, held, DUE + HOUR, "not_sent")
    assert letter(database, held).state is S.SENT
    assert claim(database, DUE + HOUR) == []


@only_sqlite
def test_the_sweep_leaves_living_workers_alone_and_writes_nothing_when_there_is_nothing(database: Database) -> None:
    run(database, rows=2)
    held = claim(database)
    gate(database, held[0])
    before = len(events(database))
    assert sweep(database, DUE + SECOND) == {}
    assert len(events(database)) == before


def test_a_withdrawal_while_a_letter_is_on_the_wire_stops_the_other_half(database: Database) -> None:
    held = on_the_wire(database)
    meddle(database, lambda session: lifecycle.withdraw(session, "alfa", "r.visser", DUE))
    record(database, held)
    assert states(database) == [S.SENT, S.CANCELLED]
    assert letters(database)[0].pair.reason == Exclusion.WITHDRAWN


def test_recording_while_the_advertiser_withdraws_never_ends_in_a_deadlock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = on_the_wire(database)
    withdrawn, recorded, append = Flag(), Flag(), ledger.append

    def meet(session: Session, at: Any, actor: str, kind: str, *told: Any) -> None:
        if kind == "advertiser.withdrawn":
            withdrawn.set()
            recorded.wait(0.5)
        append(session, at, actor, kind, *told)
        if kind == "letter.sent":
            recorded.set()

    def withdraw() -> None:
        with database.writing() as session:
            lifecycle.withdraw(session, "alfa", "r.visser", DUE)

    def late() -> None:
        withdrawn.wait(10)
        record(database, held, DUE + 2 * HOUR)

    monkeypatch.setattr(ledger, "append", meet)
    together(withdraw, late)
    assert states(database) == [S.SENT, S.CANCELLED]
    with database.reading() as session:
        assert list(ledger.faults(session)) == []


def test_many_workers_over_many_letters_send_each_once(database: Database) -> None:
    run(database, rows=listings(6))
    wire: list[str] = []

    def work(name: str) -> None:
        for moment in (DUE, DUE + SECOND, OPENING + DAY + 2 * HOUR, OPENING + DAY + 4 * HOUR):
            for held in claim(database, moment, name, most=3):
                envelope = gate(database, held, moment, name)
                if envelope:
                    wire.append(envelope.message_id)
                    record(database, held, moment)

    together(lambda: work("w1"), lambda: work("w2"), lambda: work("w3"))
    assert len(wire) == len(set(wire))
    send(database, OPENING + DAY + 6 * HOUR)
    assert set(states(database)) == {S.SENT}
