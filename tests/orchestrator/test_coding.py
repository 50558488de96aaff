"""What people do with a reply: label it once or twice by chance, leave it to others, take it back, hide words."""

import pytest
from design_makers import a_design
from house_makers import (
    DAY,
    HOUR,
    MINUTE,
    ROUND,
    TUESDAY,
    a_monday,
    answer,
    answered,
    code,
    events,
    letters,
    only,
    only_sqlite,
    refused,
    run,
    send,
    send_both,
    together,
)
from sqlalchemy import select

from orchestrator.db import Database
from orchestrator.design import Design, canonical, digest, from_canonical
from orchestrator.models import Decline, Inquiry, Reply
from orchestrator.rounds import answers, coding, lifecycle, lookup
from orchestrator.rounds.answers import Heard
from orchestrator.states import CodedBy, LetterState, Road
from profiles.errors import Refused
from profiles.pairs import BOTH


def waiting(database: Database, pairs: int = 2, design: Design | None = None) -> list[int]:
    """A round in which every letter was answered and people must say what it means; the numbers of the replies."""
    run(database, design, rows=pairs)
    send_both(database)
    with database.writing() as session:
        return [answer(session, row.id, now=TUESDAY + row.id * MINUTE).id for row in letters(database)]


def queue(database: Database, coder: str) -> set[int]:
    with database.reading() as session:
        return {reply.id for reply in coding.queue(session, lookup.find(session, ROUND).id, coder)}


def doubt(database: Database, number: int, coder: str, note: str = "") -> None:
    with database.writing() as session:
        coding.doubt(session, session.get_one(Reply, number), coder, note, TUESDAY)


def undo(database: Database, number: int, coder: str) -> None:
    with database.writing() as session:
        coding.undo(session, session.get_one(Reply, number), coder, TUESDAY)


def hide(database: Database, number: int, phrase: str, by: str = "ria") -> None:
    with database.writing() as session:
        coding.mask(session, session.get_one(Reply, number), phrase, by, TUESDAY)


def label(database: Database, number: int) -> str | None:
    with database.reading() as session:
        return session.get_one(Reply, number).label


def kinds(database: Database) -> list[str]:
    return [event.kind for event in events(database) if event.kind.startswith("reply.")]


# --- How many people -----------------------------------------------------------------------------------------------


def test_a_design_that_has_all_coded_twice_keeps_the_digest_it_had_before_this_could_be_said() -> None:
    plain = a_design()
    said = a_design(outcome={"positive": ["positive"], "response_days": 10, "double_coding": 1.0})
    assert "double_coding" not in canonical(plain)
    assert digest(said) == digest(plain)
    half = a_design(outcome={"positive": ["positive"], "response_days": 10, "double_coding": 0.5})
    assert digest(half) != digest(plain)
    assert from_canonical(canonical(half)).outcome.double_coding == 0.5


def sharing(share: float) -> Design:
    return a_monday(outcome={"positive": ["positive"], "response_days": 10, "double_coding": share})


@only_sqlite
def test_where_nothing_is_coded_twice_the_first_label_is_final(database: Database) -> None:
    number, *_ = waiting(database, design=sharing(0))
    code(database, number, "anna", "UITNODIGING")
    assert label(database, number) == "UITNODIGING"
    assert number not in queue(database, "bram")
    with database.reading() as session:
        assert session.scalars(select(Decline)).one().state is LetterState.PLANNED
    with refused("label-final"):
        undo(database, number, "anna")


@pytest.mark.long
@only_sqlite
def test_the_declared_share_is_drawn_by_inquiry_alike_for_both_arms_and_again_the_same(database: Database) -> None:
    waiting(database, pairs=30, design=sharing(0.5))
    with database.reading() as session:
        replies = session.scalars(select(Reply)).all()
        drawn = {reply.id: coding.twice(reply) for reply in replies}
        assert {reply.id: coding.twice(reply) for reply in reversed(replies)} == drawn
        by_arm = {arm: [drawn[reply.id] for reply in replies if reply.inquiry.arm is arm] for arm in BOTH}
    # 30 draws of one half: outside 6 to 24 once in two thousand times, and the seed is fixed.
    assert all(6 <= sum(each) <= 24 for each in by_arm.values())
    for number, both in drawn.items():
        code(database, number, "anna", "OVERIG")
        assert (label(database, number) is None) == both
    assert queue(database, "bram") == {number for number, both in drawn.items() if both}


# --- Doubt and undo ------------------------------------------------------------------------------------------------


def test_a_doubt_leaves_ones_own_queue_and_stays_in_that_of_others(database: Database) -> None:
    one, *others = waiting(database)
    doubt(database, one, "anna", "uitnodiging?")
    doubt(database, one, "Anna ")
    assert queue(database, "anna") == set(others)
    assert queue(database, "bram") == {one, *others}
    assert kinds(database).count("reply.doubted") == 1
    for coder in ("bram", "carla"):
        code(database, one, coder, "OVERIG")
    assert label(database, one) == "OVERIG"


@only_sqlite
def test_who_doubted_may_still_code_and_then_doubts_no_more(database: Database) -> None:
    one, *_ = waiting(database)
    doubt(database, one, "anna")
    code(database, one, "anna", "OVERIG")
    with database.reading() as session:
        assert session.get_one(Reply, one).doubts == []
    with refused("already-coded"):
        doubt(database, one, "anna")


def test_only_ones_own_last_act_is_taken_back_and_it_can_be_done_again(database: Database) -> None:
    one, other, *_ = waiting(database)
    code(database, one, "anna", "OVERIG", now=TUESDAY)
    code(database, one, "bram", "AL_VERHUURD", now=TUESDAY)
    code(database, other, "anna", "OVERIG", now=TUESDAY + MINUTE)
    with refused("not-the-last"):
        undo(database, one, "anna")
    undo(database, other, "ANNA")
    with refused("nothing-to-undo"):
        undo(database, other, "anna")
    undo(database, one, "anna")
    assert {one, other} <= queue(database, "anna")
    code(database, one, "anna", "AL_VERHUURD")
    assert label(database, one) == "AL_VERHUURD"
    assert kinds(database).count("reply.uncoded") == 2


def test_an_undo_and_the_second_label_at_once_leave_the_reply_final_or_open_but_never_both(database: Database) -> None:
    one, *_ = waiting(database)
    code(database, one, "anna", "OVERIG")

    def take_back() -> bool:
        try:
            undo(database, one, "anna")
        except Refused:
            return False
        return True

    undone, _ = together(take_back, lambda: code(database, one, "bram", "OVERIG"))
    assert label(database, one) == (None if undone else "OVERIG")
    with database.reading() as session:
        assert len(session.get_one(Reply, one).codings) == (1 if undone else 2)


# --- Hidden by hand ------------------------------------------------------------------------------------------------


@only_sqlite
def test_words_are_hidden_once_and_who_hid_them_does_not_code(database: Database) -> None:
    one, *_ = waiting(database)
    for _ in range(2):
        hide(database, one, "dank")
    assert kinds(database).count("reply.masked") == 1
    assert one not in queue(database, "ria")
    with refused("not-blind"):
        code(database, one, "ria", "OVERIG")
    for wrong in ("", "staat er niet", "x" * 201):
        with refused("phrase-not-found"):
            hide(database, one, wrong)


# --- Who may not know the arms -------------------------------------------------------------------------------------


@only_sqlite
def test_somebody_codes_as_long_as_something_waits_or_was_coded_and_the_round_lasts(database: Database) -> None:
    numbers = waiting(database, pairs=1)

    def codes(person: str) -> bool:
        with database.reading() as session:
            return coding.still_codes(session, lookup.find(session, ROUND), person)

    assert codes("anna")
    for coder in ("anna", "bram"):
        for number in numbers:
            code(database, number, coder, "OVERIG")
    assert codes("anna")
    assert not codes("carla")
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", TUESDAY + 30 * DAY, "klaar")
    assert not codes("anna")


# --- Entered by hand -----------------------------------------------------------------------------------------------

CALL = Heard(Road.PHONE, TUESDAY, "U kunt donderdag komen kijken.", "UITNODIGING")


def enter(database: Database, heard: Heard = CALL, order: int = 1) -> int:
    with database.writing() as session:
        inquiry = session.get_one(Inquiry, only(letters(database, order)).id)
        return answers.enter(session, inquiry, heard, "ria", TUESDAY + HOUR).id


def test_a_call_is_one_reply_however_often_it_is_entered_and_two_others_say_what_it_means(database: Database) -> None:
    run(database)
    send_both(database)
    number, again = enter(database), enter(database)
    assert number == again
    assert kinds(database) == ["reply.entered"]
    assert queue(database, "ria") == set()
    with refused("not-blind"):
        code(database, number, "ria", "UITNODIGING")
    for coder in ("anna", "bram"):
        code(database, number, coder, "UITNODIGING")
    with database.reading() as session:
        reply = session.get_one(Reply, number)
        assert (reply.label, reply.coded_by, reply.mail_id) == ("UITNODIGING", CodedBy.PEOPLE, None)
        assert session.scalars(select(Decline)).one().inquiry_id == reply.inquiry_id


@only_sqlite
def test_a_call_settles_a_letter_of_which_nobody_knew_whether_it_arrived(database: Database) -> None:
    run(database)
    send(database, outcome="uncertain")
    enter(database)
    assert only(letters(database, 1)).state is LetterState.SENT


@only_sqlite
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"at": TUESDAY + DAY}, "at"),
        ({"at": TUESDAY - 30 * DAY}, "at"),
        ({"text": " "}, "text"),
        ({"text": "x" * 5001}, "text"),
    ],
)
def test_a_call_that_cannot_have_been_is_refused_by_field(
    database: Database, change: dict[str, object], problem: str
) -> None:
    run(database)
    send_both(database)
    told = {"road": CALL.road, "at": CALL.at, "text": CALL.text, "label": CALL.label, **change}
    with refused(problem):
        enter(database, Heard(**told))  # type: ignore[arg-type]


@only_sqlite
def test_no_call_answers_a_letter_that_did_not_go_or_a_round_that_ended(database: Database) -> None:
    run(database)
    with refused("letter-not-sent"):
        enter(database)
    send_both(database)
    answered(database, 1, "AL_VERHUURD")
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", TUESDAY + 30 * DAY, "klaar")
    with refused("wrong-state"):
        enter(database)
