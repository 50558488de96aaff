"""A record that went back in time: a copy keeps a letter in, sending is shut, and reconciling opens it for the rest."""

from datetime import datetime

import pytest
from house_makers import (
    DAY,
    DUE,
    HOUR,
    MARGIN,
    MINUTE,
    SECOND,
    TUESDAY,
    a_listing,
    an_advertiser,
    answered,
    attempts,
    by_pair,
    claim,
    claim_declines,
    events,
    gate,
    letters,
    listings,
    meddle,
    only,
    record,
    refused,
    refuses,
    run,
    send,
    states,
    sweep,
)
from sqlalchemy import select, update

from orchestrator import ledger, mailbox, views
from orchestrator.db import Database, Session
from orchestrator.intake import Channel
from orchestrator.models import Control, Decline, Inquiry, LetterCopy
from orchestrator.rounds import copies, lifecycle, reconciling, restored, settling
from orchestrator.rounds.reconciling import Reconciled
from orchestrator.states import AttemptOutcome, LetterState
from workers.advance import advance_rounds

S = LetterState
SOURCE, PATIENCE = "imap:wij@post.example/Grootboek", 15 * MINUTE
BACK = DUE + 3 * HOUR
"""When the backup is put back."""


def copied(database: Database, *sent: Inquiry, dated: datetime | None = DUE) -> None:
    with database.writing() as session:
        for letter in sent:
            copies.keep(session, letter.message_id, dated, BACK)


def settle(database: Database, now: datetime = BACK) -> int:
    with database.writing() as session:
        return copies.settle_seen(session, now)


def put_back(database: Database, now: datetime = BACK) -> None:
    with database.writing() as session:
        restored.mark(session, "r.visser", now, restored.TOLD)


def was_read(database: Database, now: datetime) -> None:
    """Let the ledger mailbox be read to its end."""
    with database.writing() as session:
        mailbox.hold(session, SOURCE, 1).ended_at = now


def reconcile(database: Database, source: str | None = SOURCE, now: datetime = BACK + HOUR) -> Reconciled:
    with database.writing() as session:
        return reconciling.reconcile(session, "m.dekker", now, source, PATIENCE)


def why_shut(database: Database) -> str | None:
    with database.reading() as session:
        return views.why_shut(session)


def kinds(database: Database) -> list[str]:
    return [event.kind for event in events(database)]


# --- A copy keeps its letter in -------------------------------------------------------------------------------------


def test_a_letter_of_which_a_copy_is_known_is_neither_claimed_nor_let_through(database: Database) -> None:
    run(database)
    inquiry = only(letters(database, 1))
    refuses(database, lambda session: copies.keep(session, inquiry.message_id, DUE, DUE))


def test_a_courtesy_letter_of_which_a_copy_is_known_does_not_go(database: Database) -> None:
    run(database)
    send(database)
    answered(database, 1, "UITNODIGING")
    with database.writing() as session:
        copies.keep(session, only(session.scalars(select(Decline))).message_id, None, TUESDAY)
    assert claim_declines(database, TUESDAY + 5 * HOUR) == []


def test_the_copy_of_a_courtesy_letter_that_the_record_forgot_is_remembered_until_it_is_planned_again(
    database: Database,
) -> None:
    run(database)
    send(database)
    inquiry = only(letters(database, 1))
    with database.writing() as session:
        copies.keep(session, inquiry.message_id.replace("@", ".a@"), TUESDAY, TUESDAY)
    answered(database, 1, "UITNODIGING")
    assert claim_declines(database, TUESDAY + 5 * HOUR) == []
    settle(database, TUESDAY + 5 * HOUR)
    with database.reading() as session:
        assert only(session.scalars(select(Decline))).state is S.SENT


@pytest.mark.parametrize("message_id", [None, "<1@alfa.example>", "geen", "<abc.a@woonpost.example>"])
def test_what_cannot_be_a_letter_of_ours_is_not_kept(database: Database, message_id: str | None) -> None:
    with database.writing() as session:
        copies.keep(session, message_id, DUE, DUE)
        assert session.scalars(select(LetterCopy)).all() == []


def test_a_copy_among_the_answers_counts_only_when_its_letter_is_known(database: Database) -> None:
    run(database)
    known, unknown = only(letters(database, 1)).message_id, f"<{'a' * 26}@woonpost.example>"
    with database.writing() as session:
        assert copies.note(session, known, DUE, DUE)
        assert not copies.note(session, unknown, DUE, DUE)
        assert [copy.message_id for copy in session.scalars(select(LetterCopy))] == [known]


def test_a_copy_is_looked_at_until_its_letter_is_known_to_have_gone(database: Database) -> None:
    run(database)
    held = only(claim(database))
    gate(database, held)
    went, unknown = only(letters(database, 1)).message_id, f"<{'a' * 26}@woonpost.example>"
    with database.writing() as session:
        copies.keep(session, unknown, DUE, DUE)
        copies.keep(session, went, DUE, DUE)
    assert (settle(database, DUE + MINUTE), looked_at(database)) == (0, 2)
    record(database, held, DUE + MINUTE, "uncertain")
    assert (settle(database, DUE + 2 * MINUTE), looked_at(database)) == (1, 1)
    assert only(letters(database, 1)).state is S.SENT


def looked_at(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(LetterCopy).where(LetterCopy.settled_at.is_(None))).all())


# --- Evidence that the record is too old ----------------------------------------------------------------------------


def test_a_copy_of_a_letter_that_never_went_makes_it_sent_and_shuts_all_sending(database: Database) -> None:
    run(database, rows=2)
    first = letters(database, 1)[0]
    copied(database, first, dated=DUE - HOUR)
    assert settle(database) == 1
    row = letters(database, 1)[0]
    assert (row.state, row.sent_at) == (S.SENT, DUE - HOUR)
    assert "er lijkt een back-up te zijn teruggezet" in str(why_shut(database))
    assert claim(database) == []
    assert kinds(database)[-2:] == ["backup.restored", "letter.settled"]
    assert settle(database) == 0


@pytest.mark.parametrize("state", [S.PLANNED, S.CLAIMED, S.EXPIRED, S.CANCELLED])
def test_whatever_the_record_made_of_it_a_letter_with_a_copy_was_sent(database: Database, state: LetterState) -> None:
    run(database)
    inquiry = only(letters(database, 1))
    meddle(database, update(Inquiry).where(Inquiry.id == inquiry.id).values(state=state, lease_until=DUE))
    copied(database, inquiry)
    settle(database)
    assert only(letters(database, 1)).state is S.SENT
    assert "back-up" in str(why_shut(database))


def test_a_reply_to_a_letter_that_never_went_proves_as_much_as_a_copy(database: Database) -> None:
    run(database)
    answered(database, 1)
    row = only(letters(database, 1))
    assert (row.state, row.sent_at) == (S.SENT, row.planned_at)
    assert "er lijkt een back-up te zijn teruggezet" in str(why_shut(database))


def test_a_copy_of_an_uncertain_letter_shuts_nothing(database: Database) -> None:
    run(database)
    send(database, DUE, "uncertain")
    copied(database, only(letters(database, 1)))
    assert settle(database) == 1
    assert why_shut(database) is None


def test_a_letter_that_its_worker_records_meanwhile_is_settled_once(database: Database) -> None:
    run(database)
    held = only(claim(database))
    gate(database, held)
    copied(database, only(letters(database, 1)))
    assert settle(database) == 0
    record(database, held)
    assert settle(database) == 0
    assert (states(database)[0], why_shut(database)) == (S.SENT, None)


def test_a_second_letter_keeps_its_gap_to_the_true_moment_of_the_first(database: Database) -> None:
    run(database)
    first, second = letters(database)
    copied(database, first, dated=second.planned_at)
    settle(database, second.planned_at + HOUR)
    first, second = letters(database)
    assert second.planned_at >= first.sent_at + second.gap  # type: ignore[operator]


# --- Shut means shut ------------------------------------------------------------------------------------------------


def test_after_a_backup_came_back_nothing_is_claimed_or_let_through(database: Database) -> None:
    run(database)
    refuses(database, lambda session: restored.mark(session, "r.visser", DUE, restored.TOLD))


def test_nobody_opens_sending_before_the_backup_was_reconciled(database: Database) -> None:
    run(database)
    put_back(database)
    with refused("not-reconciled"), database.writing() as session:
        lifecycle.set_sending(session, True, "r.visser", BACK)


def test_while_sending_is_shut_nothing_expires_and_no_round_moves_on(database: Database) -> None:
    run(database)
    put_back(database)
    late = DUE + 30 * DAY
    assert sweep(database, late) == {}
    with database.writing() as session:
        assert settling.sweep(session, late, MARGIN, MINUTE, expire=False) == {}
    meddle(database, update(Inquiry).values(state=S.CANCELLED))
    advance_rounds(database, late)
    assert "round.collecting" not in kinds(database)


def test_a_suspicion_does_not_move_the_moment_that_is_known(database: Database) -> None:
    put_back(database)
    with database.writing() as session:
        restored.suspect(session, "w1", BACK + DAY, restored.SEEMS)
        assert session.get_one(Control, 1).restored_at == BACK
    assert kinds(database) == ["backup.restored"]


# --- Reconciling ----------------------------------------------------------------------------------------------------


def test_without_a_restored_backup_there_is_nothing_to_reconcile(database: Database) -> None:
    with refused("not-restored"):
        reconcile(database)


@pytest.mark.parametrize("read", [None, BACK - DAY, BACK, BACK + PATIENCE - SECOND])
def test_reconciling_waits_until_every_copy_can_have_been_read(database: Database, read: datetime | None) -> None:
    run(database)
    put_back(database)
    if read:
        was_read(database, read)
    with refused("ledger-unread"):
        reconcile(database)
    assert why_shut(database)
    was_read(database, BACK + PATIENCE)
    reconcile(database)
    assert why_shut(database) is None


def test_what_has_a_copy_was_sent_and_what_has_none_goes_after_reconciling(database: Database) -> None:
    run(database, rows=4)
    gone = letters(database, 1)[:2]
    put_back(database)
    copied(database, *gone)
    was_read(database, BACK + PATIENCE)
    told = reconcile(database)
    assert told == Reconciled(settled=2, uncertain=0, waiting=6, believed=True)
    assert len(send(database)) == 2
    assert {row.state for row in letters(database, 1)} == {S.SENT}
    assert events(database)[-1].kind != "backup.restored"
    assert "backup.reconciled" in kinds(database)


def test_what_the_sweep_settled_before_is_counted_as_well(database: Database) -> None:
    run(database, rows=2)
    put_back(database)
    copied(database, letters(database, 1)[0])
    settle(database)
    copied(database, letters(database, 1)[1])
    was_read(database, BACK + PATIENCE)
    assert reconcile(database).settled == 2


def test_without_a_ledger_mailbox_whatever_could_have_gone_is_never_sent_again(database: Database) -> None:
    run(database, rows=3)
    done = only(send(database, DUE, most=1))
    held = claim(database, most=1)
    put_back(database, DUE)
    told = reconcile(database, source=None, now=DUE + MINUTE)
    later = [row for row in letters(database) if row.planned_at > DUE]
    assert told == Reconciled(settled=0, uncertain=6 - 1 - len(later), waiting=len(later), believed=False)
    assert [row.state for row in letters(database, 1) if row.id != done.id] == [S.UNCERTAIN] * 2
    assert {row.state for row in later} == {S.PLANNED}
    assert claim(database) == []
    assert gate(database, only(held)) is None


def test_a_letter_that_became_due_after_the_backup_came_back_still_goes(database: Database) -> None:
    run(database, rows=3)
    order = sorted(letters(database, 1), key=lambda row: row.planned_at)
    put_back(database, order[0].planned_at)
    reconcile(database, source=None, now=DUE)
    assert [row.state for row in sorted(letters(database, 1), key=lambda row: row.planned_at)] == [
        S.UNCERTAIN, S.PLANNED, S.PLANNED,
    ]  # fmt: skip
    assert len(claim(database)) == 2


def test_an_answer_to_a_second_letter_does_not_let_its_first_go_once_more(database: Database) -> None:
    run(database)
    first, second = letters(database)
    back = second.planned_at + MINUTE
    put_back(database, back)
    answered(database, 2, "AL_VERHUURD", back + MINUTE)
    told = reconcile(database, None, back + 2 * MINUTE)
    assert (told.settled, told.uncertain, told.waiting) == (1, 1, 0)
    assert states(database) == [S.UNCERTAIN, S.SENT]
    assert letters(database, 1)[0].planned_at == first.planned_at


def test_letters_by_web_form_leave_no_copy_and_become_uncertain_always(database: Database) -> None:
    form = "http://127.0.0.1:8480/formulier/bravo"
    people = [an_advertiser(), an_advertiser("bravo", channel=Channel.WEBFORM, form_url=form)]
    run(database, participants=people, rows=[a_listing(1), a_listing(2), a_listing(3, "bravo")])
    put_back(database)
    mails = [row for row in letters(database, 1) if row.channel is Channel.SMTP]
    copied(database, mails[0])
    was_read(database, BACK + PATIENCE)
    assert reconcile(database).believed
    assert {row.state for row in letters(database, 1) if row.channel is Channel.WEBFORM} == {S.UNCERTAIN}
    assert letter_state(database, mails[1]) is S.PLANNED


def letter_state(database: Database, inquiry: Inquiry) -> LetterState:
    return next(row.state for row in letters(database) if row.id == inquiry.id)


def test_what_the_backup_found_on_the_wire_is_sent_by_its_copy_or_else_uncertain(database: Database) -> None:
    run(database, rows=3)
    claims = claim(database)
    for held in claims[:2]:
        gate(database, held)
    put_back(database, DUE)
    copied(database, *[row for row in letters(database) if row.id == claims[0].id])
    was_read(database, DUE + PATIENCE)
    reconcile(database, now=DUE + HOUR)
    by_id = {row.id: row for row in letters(database)}
    assert by_id[claims[1].id].state is S.UNCERTAIN
    sweep(database, DUE + HOUR)
    settle(database, DUE + HOUR)
    by_id = {row.id: row for row in letters(database)}
    assert [by_id[held.id].state for held in claims] == [S.SENT, S.UNCERTAIN, S.PLANNED]
    assert sorted(attempts(database)) == [AttemptOutcome.SENT, AttemptOutcome.UNCERTAIN]


@pytest.mark.parametrize("copies_of", [[], [0], [0, 1, 2]], ids=["of none", "of one", "of all"])
def test_a_mailbox_that_lacks_a_letter_we_know_was_sent_is_not_believed(
    database: Database, copies_of: list[int]
) -> None:
    run(database, rows=listings(6))
    sent = send(database, most=3)
    known = [row for row in letters(database) if row.id in {held.id for held in sent}]
    copied(database, *[known[place] for place in copies_of])
    put_back(database)
    was_read(database, BACK + PATIENCE)
    told = reconcile(database)
    assert told.believed is (len(copies_of) == 3)
    assert (told.uncertain == 0) is told.believed


def test_an_empty_mailbox_beside_a_record_in_which_nothing_went_proves_nothing(database: Database) -> None:
    run(database, rows=2)
    put_back(database)
    was_read(database, BACK + PATIENCE)
    told = reconcile(database)
    assert not told.believed
    assert {row.state for row in letters(database, 1)} == {S.UNCERTAIN}


def test_only_the_newest_letters_must_have_copies(database: Database) -> None:
    run(database, rows=copies.WITNESSED + 4)
    send(database)
    sent = letters(database, 1)
    for number, row in enumerate(sent):
        meddle(database, update(Inquiry).where(Inquiry.id == row.id).values(sent_at=DUE + number * MINUTE))
    copied(database, *sent[-copies.WITNESSED :])
    with database.reading() as session:
        assert copies.testify(session)
    meddle(database, update(Inquiry).where(Inquiry.id == sent[0].id).values(sent_at=DUE + DAY))
    with database.reading() as session:
        assert not copies.testify(session)


def test_an_uncertain_letter_is_still_settled_by_what_comes_later(database: Database) -> None:
    run(database)
    put_back(database)
    reconcile(database, source=None)
    inquiry = only(letters(database, 1))
    copied(database, inquiry)
    settle(database)
    assert letter_state(database, inquiry) is S.SENT
    assert why_shut(database) is None


def test_a_stop_by_a_person_outlives_the_reconciling(database: Database) -> None:
    run(database)
    with database.writing() as session:
        lifecycle.set_sending(session, False, "r.visser", DUE, "een klacht")
    put_back(database)
    reconcile(database, source=None)
    assert why_shut(database) == "Alle verzending staat uit: een klacht."
    assert claim(database) == []


def test_pairs_stay_whole_when_a_first_letter_became_uncertain(database: Database) -> None:
    run(database, rows=2)
    put_back(database, DUE)
    reconcile(database, source=None, now=DUE)
    for first, second in by_pair(letters(database)):
        assert first.state is S.UNCERTAIN
        assert claim(database, second.planned_at + MINUTE) == []


# --- The ledger tells on itself -------------------------------------------------------------------------------------


def test_a_ledger_that_only_grew_holds_its_earlier_head(database: Database) -> None:
    run(database)
    with database.reading() as session:
        before = ledger.head(session)
    send(database)
    with database.reading() as session:
        now = ledger.head(session)
        assert before is not None
        assert now is not None
        assert now.seq > before.seq
        assert now.first == before.first
        assert ledger.holds(session, before)
    meddle(database, forgets)
    with database.reading() as session:
        assert ledger.holds(session, before)
        assert not ledger.holds(session, now)


def test_an_empty_ledger_has_no_head(database: Database) -> None:
    with database.reading() as session:
        assert ledger.head(session) is None


def forgets(session: Session) -> None:
    """As after a backup: the newest line is gone."""
    head = ledger.head(session)
    assert head is not None
    session.execute(ledger.Event.__table__.delete().where(ledger.Event.seq == head.seq))  # type: ignore[attr-defined]
