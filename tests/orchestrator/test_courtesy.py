"""An invitation is given back once, politely, promptly and alike for both arms."""

from datetime import datetime

import pytest
from house_makers import (
    DAY,
    HOUR,
    ROUND,
    SECOND,
    TUESDAY,
    a_monday,
    an_advertiser,
    answer,
    answered,
    attempts,
    claim_declines,
    code,
    events,
    gate,
    index,
    letters,
    moves,
    only,
    only_sqlite,
    record,
    run,
    send,
    send_both,
    sweep,
)
from sqlalchemy import select

from orchestrator.db import Database
from orchestrator.intake import Channel
from orchestrator.models import Decline
from orchestrator.rounds import lifecycle
from orchestrator.states import AttemptOutcome, LetterState
from profiles.pairs import BOTH, Arm


def declines(database: Database) -> list[Decline]:
    with database.reading() as session:
        return list(session.scalars(select(Decline).order_by(Decline.id)))


def invited(database: Database, order: int = 1) -> Decline:
    """The courtesy letter of a round of one pair, whose first or second letter was answered with an invitation."""
    run(database)
    send_both(database)
    answered(database, order, "UITNODIGING")
    return only(declines(database))


@pytest.mark.parametrize("arm", list(BOTH))
def test_an_invitation_of_either_arm_plans_one_courtesy_letter_within_hours(database: Database, arm: Arm) -> None:
    run(database)
    send_both(database)
    inquiry = next(row for row in letters(database) if row.arm is arm)
    with database.writing() as session:
        answer(session, inquiry.id, "UITNODIGING")
    decline = only(declines(database))
    assert decline.inquiry_id == inquiry.id
    assert decline.state is LetterState.PLANNED
    assert TUESDAY + HOUR <= decline.planned_at <= TUESDAY + 3 * HOUR
    assert decline.not_after == decline.planned_at + 3 * DAY


@only_sqlite
def test_a_second_invitation_to_the_same_applicant_plans_no_second_letter(database: Database) -> None:
    invited(database)
    answered(database, 1, "UITNODIGING", TUESDAY + HOUR)
    assert len(declines(database)) == 1


@only_sqlite
def test_both_applicants_of_a_pair_give_their_viewing_back(database: Database) -> None:
    invited(database)
    answered(database, 2, "UITNODIGING")
    assert len(declines(database)) == 2
    assert len({row.message_id for row in declines(database)}) == 2


@only_sqlite
@pytest.mark.parametrize("proposal", ["AL_VERHUURD", "OVERIG"])
def test_no_viewing_is_given_back_that_nobody_offered(database: Database, proposal: str) -> None:
    run(database)
    send_both(database)
    answered(database, 1, proposal)
    assert declines(database) == []


@only_sqlite
def test_an_invitation_that_people_recognise_is_given_back_when_the_code_is_final(database: Database) -> None:
    run(database)
    send_both(database)
    number = answered(database, 1)
    code(database, number, "anna", "UITNODIGING")
    assert declines(database) == []
    code(database, number, "bram", "UITNODIGING", now=TUESDAY + DAY)
    assert only(declines(database)).planned_at >= TUESDAY + DAY + HOUR


@only_sqlite
def test_what_one_of_two_coders_called_an_invitation_is_not_given_back_before_a_third_agrees(
    database: Database,
) -> None:
    run(database)
    send_both(database)
    number = answered(database, 1)
    code(database, number, "anna", "UITNODIGING")
    code(database, number, "bram", "AL_VERHUURD")
    assert declines(database) == []
    code(database, number, "carla", "UITNODIGING")
    assert len(declines(database)) == 1


@only_sqlite
def test_the_letter_answers_the_invitation_and_names_dwelling_and_applicant(database: Database) -> None:
    decline = invited(database)
    inquiry = letters(database)[0]
    assert decline.in_reply_to == "<r1@alfa.example>"
    assert inquiry.profile["name"]["first"] in decline.body
    assert decline.address_index == inquiry.address_index
    assert decline.message_id != inquiry.message_id


@only_sqlite
def test_the_letter_goes_by_mail_also_to_who_has_a_form(database: Database) -> None:
    form = "http://127.0.0.1:8480/formulier/alfa"
    run(database, participants=[an_advertiser(channel=Channel.WEBFORM, form_url=form)])
    send_both(database)
    answered(database, 1, "UITNODIGING")
    decline = only(declines(database))
    assert (decline.channel, decline.address_index) == (Channel.SMTP, index(database, "verhuur@alfa.example"))
    assert only(claim_declines(database, decline.planned_at)).id == decline.id


@only_sqlite
def test_the_words_and_the_moment_can_be_made_again_from_the_design(database: Database) -> None:
    decline = invited(database)
    with database.writing() as session:
        session.delete(session.get_one(Decline, decline.id))
    answered(database, 1, "UITNODIGING")
    again = only(declines(database))
    assert (again.subject, again.body, again.planned_at) == (decline.subject, decline.body, decline.planned_at)


# --- On its way ----------------------------------------------------------------------------------------------------


def sent(database: Database, moment: datetime, outcome: str = "sent") -> bool:
    for held in claim_declines(database, moment):
        if gate(database, held, moment) is not None:
            record(database, held, moment, outcome)
            return True
    return False


def test_a_courtesy_letter_goes_through_claim_gate_and_record_like_any_other(database: Database) -> None:
    decline = invited(database)
    assert claim_declines(database, decline.planned_at - SECOND) == []
    held = only(claim_declines(database, decline.planned_at))
    envelope = gate(database, held, decline.planned_at)
    assert envelope is not None
    inquiry = letters(database)[0]
    assert (envelope.sender_name, envelope.sender_address) == (inquiry.sender_name, inquiry.reply_address)
    assert (envelope.in_reply_to, envelope.message_id) == (decline.in_reply_to, decline.message_id)
    assert gate(database, held, decline.planned_at) is None
    record(database, held, decline.planned_at)
    assert only(declines(database)).state is LetterState.SENT
    assert attempts(database) == [AttemptOutcome.SENT] * 3
    assert claim_declines(database, decline.planned_at + HOUR) == []


def test_a_viewing_is_given_back_also_while_the_round_is_paused(database: Database) -> None:
    run(database, rows=2)
    send(database, most=1)
    order_one = next(row for row in letters(database, 1) if row.state is LetterState.SENT)
    with database.writing() as session:
        answer(session, order_one.id, "UITNODIGING")
        lifecycle.pause(session, ROUND, "r.visser", TUESDAY, "klacht")
    assert sent(database, only(declines(database)).planned_at)


@only_sqlite
def test_a_viewing_is_given_back_also_after_the_round_was_aborted(database: Database) -> None:
    decline = invited(database)
    with database.writing() as session:
        lifecycle.abort(session, ROUND, "r.visser", TUESDAY, "stop")
    assert sent(database, decline.planned_at)


@pytest.mark.parametrize("when", ["before the claim", "between claim and gate"])
@pytest.mark.parametrize("what", ["withdrawal", "kill switch", "another address"])
def test_no_courtesy_letter_goes_against_consent_or_kill_switch(database: Database, what: str, when: str) -> None:
    decline = invited(database)
    held = claim_declines(database, decline.planned_at) if when == "between claim and gate" else []
    with database.writing() as session:
        if what == "withdrawal":
            lifecycle.withdraw(session, "alfa", "r.visser", TUESDAY)
        elif what == "kill switch":
            lifecycle.set_sending(session, False, "r.visser", TUESDAY, "klacht")
        else:
            moves(session, "ander@alfa.example")
    assert [each for each in held if gate(database, each, decline.planned_at)] == []
    assert not sent(database, decline.planned_at)


def test_a_courtesy_letter_of_which_nobody_knows_whether_it_arrived_is_not_sent_again(database: Database) -> None:
    decline = invited(database)
    held = only(claim_declines(database, decline.planned_at))
    assert gate(database, held, decline.planned_at)
    assert sweep(database, decline.planned_at + HOUR) == {"uncertain": 1}
    assert claim_declines(database, decline.planned_at + 2 * HOUR) == []


@only_sqlite
def test_a_courtesy_letter_that_comes_too_late_expires(database: Database) -> None:
    decline = invited(database)
    assert sweep(database, decline.not_after + HOUR) == {"expired": 1}
    assert not sent(database, decline.not_after + HOUR)


@only_sqlite
def test_a_refused_courtesy_letter_leaves_the_pair_as_it_was(database: Database) -> None:
    decline = invited(database)
    assert sent(database, decline.planned_at, "refused")
    assert only(declines(database)).state is LetterState.FAILED
    assert {row.state for row in letters(database)} == {LetterState.SENT}


@only_sqlite
def test_the_ledger_notes_the_plan_without_a_name(database: Database) -> None:
    decline = invited(database)
    noted = only(event for event in events(database) if event.kind == "decline.planned")
    assert (noted.subject, noted.data) == (f"inquiry:{decline.inquiry_id}", {})
    assert a_monday().round == ROUND
