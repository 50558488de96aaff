"""What may go: due moments, pair rule, consent, caps, pause and kill switch, asked at the claim and at the gate."""

from datetime import date, timedelta
from threading import Event as Flag
from typing import Any

import pytest
from house_makers import (
    DAY,
    DUE,
    GRACE,
    HOUR,
    LEASE,
    MINUTE,
    OPENING,
    ROUND,
    SECOND,
    a_listing,
    a_monday,
    an_advertiser,
    claim,
    gate,
    letter,
    letters,
    meddle,
    moves,
    only,
    only_sqlite,
    record,
    refuses,
    run,
    send,
    states,
    sweep,
    together,
)
from sqlalchemy import delete, select, update

from orchestrator.addresses import index_of
from orchestrator.db import Database, Session
from orchestrator.design import Purpose
from orchestrator.models import Advertiser, Enrolment, Inquiry, Listing, Pair
from orchestrator.rounds import lifecycle, sending
from orchestrator.states import LetterState, PairState

S = LetterState


def set_consent(database: Database, **values: Any) -> None:
    meddle(database, update(Enrolment).values(**values))


# --- Which letters are due -----------------------------------------------------------------------------------------


def test_a_letter_is_not_claimed_before_its_planned_time(database: Database) -> None:
    run(database)
    planned = letters(database)[0].planned_at
    assert claim(database, planned - SECOND) == []
    assert len(claim(database, planned)) == 1


def test_only_what_is_due_is_claimed_oldest_first_and_no_more_than_asked(database: Database) -> None:
    run(database, rows=6)
    moments = sorted(row.planned_at for row in letters(database, 1))
    assert len(claim(database, moments[2])) == 3
    claims = claim(database, DUE, most=2)
    assert [letter(database, held).planned_at for held in claims] == moments[3:5]


def test_a_claim_takes_a_fence_a_lease_and_a_name(database: Database) -> None:
    run(database)
    held = only(claim(database, worker="w7"))
    row = letter(database, held)
    assert (row.state, row.fence, row.worker, row.lease_until) == (S.CLAIMED, 1, "w7", DUE + LEASE)
    assert held.fence == 1


def test_outside_office_hours_only_what_became_due_within_the_grace_still_goes(database: Database) -> None:
    run(database)
    closing = OPENING + 8.5 * HOUR
    meddle(database, update(Inquiry).values(planned_at=closing - SECOND))
    assert claim(database, closing + GRACE) == []
    assert len(claim(database, closing + GRACE - SECOND)) == 1


def test_what_was_late_waits_for_the_next_opening(database: Database) -> None:
    run(database)
    assert claim(database, DUE + 5 * HOUR) == []
    assert claim(database, OPENING + DAY - SECOND) == []
    assert len(claim(database, OPENING + DAY)) == 1


@only_sqlite
def test_what_was_late_on_friday_waits_for_monday(database: Database) -> None:
    run(database, a_monday(schedule={"first_day": "2026-09-11", "last_day": "2026-09-11"}))
    saturday, sunday, monday = (OPENING + days * DAY for days in (5, 6, 7))
    assert claim(database, saturday) == claim(database, sunday) == []
    assert len(claim(database, monday)) == 1


def test_a_letter_whose_last_moment_and_grace_are_past_is_not_claimed_and_expires(database: Database) -> None:
    run(database)
    now = OPENING + 2 * DAY
    refuses(database, update(Inquiry).values(not_after=now - GRACE - SECOND), now)
    assert sweep(database, now + LEASE + SECOND) == {"freed": 1, "expired": 2}
    assert set(states(database)) == {S.EXPIRED}


@only_sqlite
def test_at_its_last_moment_and_within_the_grace_a_letter_still_goes(database: Database) -> None:
    run(database)
    last = letters(database)[0].not_after
    assert sweep(database, last + GRACE) == {}
    assert len(claim(database, last + GRACE)) == 1


def test_a_letter_that_was_due_before_the_round_was_planned_still_goes(database: Database) -> None:
    run(database, now=DUE)
    assert len(claim(database, DUE)) == 1


# --- The pair rule -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in S if state is not S.SENT])
def test_the_second_letter_never_goes_while_the_first_is_not_sent(database: Database, state: LetterState) -> None:
    run(database)
    meddle(database, update(Inquiry).where(Inquiry.order == 1).values(state=state))
    second = only(letters(database, 2))
    assert all(held.id != second.id for held in claim(database, second.planned_at))


def test_the_gate_asks_the_pair_rule_again(database: Database) -> None:
    run(database)
    send(database)
    second = only(letters(database, 2))
    held = only(claim(database, second.planned_at))
    meddle(database, update(Inquiry).where(Inquiry.order == 1).values(state=S.UNCERTAIN))
    assert gate(database, held, second.planned_at) is None


def test_the_second_letter_keeps_its_gap_to_a_first_that_went_late(database: Database) -> None:
    run(database)
    late = OPENING + DAY
    send(database, late)
    second = only(letters(database, 2))
    assert second.planned_at == late + second.gap
    assert claim(database, late + second.gap - SECOND) == []
    assert len(claim(database, late + second.gap)) == 1


@only_sqlite
def test_a_gap_that_ends_after_closing_time_moves_the_second_letter_to_soon_after_the_next_opening(
    database: Database,
) -> None:
    run(database)
    before = only(letters(database, 2))
    send(database, OPENING + 8 * HOUR)
    second = only(letters(database, 2))
    assert OPENING + DAY <= second.planned_at <= OPENING + DAY + HOUR
    assert second.not_after - before.not_after == second.planned_at - before.planned_at


@only_sqlite
def test_the_second_letter_keeps_its_own_moment_when_the_first_went_in_time(database: Database) -> None:
    run(database)
    first, before = letters(database)
    send(database, first.planned_at)
    assert only(letters(database, 2)).planned_at == before.planned_at


# --- Consent and scope ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"withdrawn_at": DUE},
        {"valid_until": DUE - SECOND},
        {"valid_from": DUE + SECOND},
        {"purpose": Purpose.MONITORING},
    ],
    ids=["withdrawn", "expired", "not-yet", "other-purpose"],
)
def test_without_a_consent_for_this_purpose_at_this_moment_nothing_goes(
    database: Database, change: dict[str, Any]
) -> None:
    run(database)
    refuses(database, update(Enrolment).values(**change))


def test_without_any_consent_nothing_goes(database: Database) -> None:
    run(database)
    refuses(database, delete(Enrolment))


@pytest.mark.parametrize(
    "change",
    [
        lambda session: moves(session, "ander@alfa.example"),
        lambda session: session.execute(
            update(Inquiry).values(address_index=index_of(session, "vreemde@elders.example"))
        ),
    ],
    ids=["advertiser-moved", "letter-meddled-with"],
)
def test_a_letter_only_goes_to_the_address_its_advertiser_enrolled(database: Database, change: Any) -> None:
    run(database)
    refuses(database, change)


def test_a_letter_about_a_dwelling_that_moved_to_another_advertiser_does_not_go(database: Database) -> None:
    run(database, participants=[an_advertiser(), an_advertiser("bravo")], rows=[a_listing()])

    def move(session: Session) -> None:
        bravo = session.scalars(select(Advertiser.id).where(Advertiser.key == "bravo")).one()
        session.execute(update(Listing).values(advertiser_id=bravo))

    refuses(database, move)


def test_a_withdrawal_also_stops_the_second_letter(database: Database) -> None:
    run(database)
    send(database)
    set_consent(database, withdrawn_at=DUE + MINUTE)
    assert claim(database, only(letters(database, 2)).planned_at) == []


# --- Caps ----------------------------------------------------------------------------------------------------------


def cap(database: Database, which: str, rows: int = 4) -> None:
    """A round of so many pairs with one advertiser, after whose planning one of its caps became two."""
    narrow = {f"per_advertiser_{which}": 2} if which in ("week", "day") else {}
    run(database, a_monday(schedule={"last_day": "2026-09-18", **narrow}), rows=rows)
    moments = {"planned_at": OPENING + HOUR, "not_after": OPENING + 20 * DAY}
    meddle(database, update(Inquiry).where(Inquiry.order == 1).values(**moments))
    if which == "consent":
        set_consent(database, max_pairs=2)
    if which == "round":
        lower_the_cap(database, "per_advertiser", 2)


def lower_the_cap(database: Database, name: str, most: int) -> None:
    def change(session: Session) -> None:
        round_ = lifecycle.lookup.find(session, ROUND)
        round_.design = round_.design.replace(f'"{name}":100', f'"{name}":{most}')

    meddle(database, change)


@pytest.mark.parametrize("which", ["round", "week", "day", "consent"])
def test_no_more_pairs_are_begun_than_a_cap_allows_also_with_all_claims_held_at_once(
    database: Database, which: str
) -> None:
    cap(database, which)
    held = claim(database)
    passed = [each for each in held if gate(database, each)]
    assert len(passed) == 2
    for each in passed:
        record(database, each)
    assert [row.id for row in letters(database, 1) if row.state is S.SENT] == sorted(each.id for each in passed)


@pytest.mark.parametrize("which", ["round", "week", "day", "consent"])
def test_two_workers_at_two_gates_at_once_cannot_both_take_the_last_place_under_a_cap(
    database: Database, which: str
) -> None:
    cap(database, which)
    send(database, most=1)
    one, other, *_ = claim(database, DUE)
    given = together(lambda: gate(database, one), lambda: gate(database, other))
    assert len([envelope for envelope in given if envelope]) == 1


def test_the_second_worker_waits_at_the_gate_until_the_first_has_committed(database: Database) -> None:
    cap(database, "consent")
    send(database, most=1)
    one, other, *_ = claim(database, DUE)
    inside, let_go = Flag(), Flag()

    def slow() -> bool:
        with database.writing() as session:
            passed = sending.gate(session, one, "w1", DUE, LEASE, GRACE)
            inside.set()
            assert not let_go.wait(0.3)
            return passed

    def quick() -> bool:
        assert inside.wait(10)
        passed = gate(database, other) is not None
        let_go.set()
        return passed

    assert together(slow, quick) == [True, False]


def test_a_weekly_cap_makes_room_again_on_monday(database: Database) -> None:
    cap(database, "week")
    assert len(send(database, DUE)) == 2
    friday, monday = OPENING + 4 * DAY, OPENING + 7 * DAY
    firsts = {row.id for row in letters(database, 1)}
    assert firsts.isdisjoint(held.id for held in claim(database, friday))
    assert len(firsts & {held.id for held in claim(database, monday)}) == 2


@pytest.mark.parametrize(("outcome", "begun"), [("refused", 2), ("not_sent", 2), ("uncertain", 1), ("sent", 1)])
def test_what_may_have_reached_the_advertiser_counts_for_the_cap_and_what_did_not_does_not(
    database: Database, outcome: str, begun: int
) -> None:
    cap(database, "consent")
    send(database, DUE, outcome, most=1)
    assert len([held for held in claim(database, DUE) if gate(database, held)]) == begun


@only_sqlite
def test_second_letters_are_not_held_back_by_a_cap(database: Database) -> None:
    cap(database, "consent")
    assert len(send(database)) == 2
    for moment in sorted(row.planned_at for row in letters(database, 2)):
        send(database, moment)
    assert sorted(row.order for row in letters(database) if row.state is S.SENT) == [1, 1, 2, 2]


@pytest.mark.parametrize("old", [{"withdrawn_at": DUE - DAY}, {"purpose": Purpose.MONITORING}])
def test_the_cap_of_the_consent_that_holds_now_counts_and_not_that_of_another(
    database: Database, old: dict[str, Any]
) -> None:
    cap(database, "consent")

    def older_without_a_cap(session: Session) -> None:
        now = session.scalars(select(Enrolment)).one()
        told = {"purpose": now.purpose, "valid_until": now.valid_until, "max_pairs": None, "withdrawn_at": None} | old
        session.add(Enrolment(advertiser_id=now.advertiser_id, valid_from=now.valid_from - DAY, **told))

    meddle(database, older_without_a_cap)
    assert len([held for held in claim(database) if gate(database, held)]) == 2


# --- Pause, kill switch --------------------------------------------------------------------------------------------


def test_a_pause_acts_at_the_next_claim_and_at_the_gate(database: Database) -> None:
    run(database, rows=2)
    refuses(database, lambda session: lifecycle.pause(session, ROUND, "r.visser", DUE, "klacht"))


def test_the_kill_switch_acts_at_the_next_claim_and_at_the_gate(database: Database) -> None:
    run(database, rows=2)
    refuses(database, lambda session: lifecycle.set_sending(session, False, "r.visser", DUE, "klacht"))


def test_a_pair_that_was_excluded_is_not_written_to(database: Database) -> None:
    run(database)
    refuses(database, update(Pair).values(state=PairState.EXCLUDED))


@only_sqlite
def test_a_consent_ends_with_its_last_dutch_day(database: Database) -> None:
    people = [an_advertiser(consent_until=date(2026, 9, 7))]
    run(database, participants=people)
    midnight = OPENING + timedelta(hours=15)
    set_consent(database, purpose=Purpose.LEARNING)
    with database.reading() as session:
        until = session.scalars(select(Enrolment.valid_until)).one()
    assert until == midnight - SECOND
    assert claim(database, OPENING + DAY) == []
