"""What comes back: counted once, matched for a reason or kept for a person, and coded by two who do not see the arm."""

import pytest
from house_makers import (
    DAY,
    DUE,
    HOUR,
    MINUTE,
    PROPOSALS,
    ROUND,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    answer,
    answered,
    code,
    events,
    letters,
    only,
    only_sqlite,
    plan,
    refused,
    run,
    send,
    send_both,
    store,
    together,
)
from sqlalchemy import select

from orchestrator.db import Database, DatabaseError
from orchestrator.models import Coding, Decline, DeferredReply, Delivery, InboundMail, Inquiry, Reply
from orchestrator.rounds import answers, coding, lookup, matching
from orchestrator.rounds.matching import Matches, Signs
from orchestrator.states import CodedBy, MailState
from profiles.pairs import BOTH, Arm


def numbers(database: Database) -> tuple[int, int]:
    """How many deliveries and how many mails are stored."""
    with database.reading() as session:
        return len(session.scalars(select(Delivery)).all()), len(session.scalars(select(InboundMail)).all())


def put(database: Database, content: str, source: str, delivery: str) -> bool:
    with database.writing() as session:
        return answers.store(session, b"ruw", content, source, delivery, "", TUESDAY) is not None


def found(database: Database, *recipients: str, references: tuple[str, ...] = ()) -> list[int]:
    with database.reading() as session:
        signs = Signs(0, recipients, references)
        return [inquiry.id for inquiry in Matches(session, [signs]).inquiries(signs)]


def by_listing(database: Database, sender: str, text: str, now: object = TUESDAY) -> int | None:
    with database.reading() as session:
        inquiry = matching.by_listing(session, sender, text, now)  # type: ignore[arg-type]
        return inquiry.id if inquiry else None


def queue(database: Database, coder: str) -> list[int]:
    with database.reading() as session:
        return [reply.id for reply in coding.queue(session, lookup.find(session, ROUND).id, coder)]


def reply(database: Database, number: int) -> Reply:
    with database.reading() as session:
        return session.get_one(Reply, number)


# --- Stored once ---------------------------------------------------------------------------------------------------


@only_sqlite
def test_the_same_delivery_twice_counts_once(database: Database) -> None:
    assert put(database, "m1", "imap", "INBOX/1/7")
    assert not put(database, "m1", "imap", "INBOX/1/7")
    assert numbers(database) == (1, 1)


def test_the_same_mail_by_two_roads_counts_once_and_both_deliveries_are_kept(database: Database) -> None:
    assert put(database, "m1", "imap", "INBOX/1/7")
    assert not put(database, "m1", "imap", "INBOX/2/1")
    assert not put(database, "m1", "smtp", "INBOX/1/7")
    assert numbers(database) == (3, 1)


@only_sqlite
def test_two_different_mails_are_two(database: Database) -> None:
    assert put(database, "m1", "imap", "1")
    assert put(database, "m2", "imap", "2")
    assert numbers(database) == (2, 2)


def test_the_raw_bytes_are_kept_as_they_came(database: Database) -> None:
    raw = bytes(range(256))
    store(database, raw, to="a@woonpost.example,b@woonpost.example")
    with database.reading() as session:
        mail = session.scalars(select(InboundMail)).one()
        assert (mail.raw, mail.state, mail.received_at) == (raw, MailState.STORED, TUESDAY)
        assert mail.envelope_to == "a@woonpost.example,b@woonpost.example"


@pytest.mark.parametrize("same", ["content", "delivery"])
def test_one_mail_stored_by_two_at_once_counts_once(database: Database, same: str) -> None:
    def take(place: int) -> bool:
        try:
            return put(database, "m1", "imap", "1" if same == "delivery" else str(place))
        except DatabaseError:
            return False  # the sender is told to try again

    assert sorted(together(lambda: take(1), lambda: take(2))) == [False, True]
    assert numbers(database)[1] == 1


@only_sqlite
def test_a_mail_waits_until_it_was_read(database: Database) -> None:
    store(database, key="m1")
    store(database, key="m2")
    with database.writing() as session:
        first, second = answers.unread(session, 5)
        assert first.id < second.id
        answers.ignore(session, first, TUESDAY, "delivery-notice")
        assert [mail.id for mail in answers.unread(session, 5)] == [second.id]
        assert len(answers.unread(session, 0)) == 0


# --- Matched for a reason ------------------------------------------------------------------------------------------


@only_sqlite
def test_a_mail_is_matched_by_the_unique_address_it_came_to_in_any_case(database: Database) -> None:
    run(database, rows=3)
    for row in letters(database):
        assert found(database, "iemand@elders.example", row.reply_address.upper()) == [row.id]


@only_sqlite
def test_a_mail_is_matched_by_the_letter_it_refers_to(database: Database) -> None:
    run(database, rows=3)
    for row in letters(database):
        assert found(database, references=("<x@y>", row.message_id)) == [row.id]


@only_sqlite
def test_the_address_goes_before_the_references(database: Database) -> None:
    run(database, rows=2)
    one, *_, last = letters(database)
    assert found(database, last.reply_address, references=(one.message_id,)) == [last.id]


@only_sqlite
def test_a_mail_to_several_of_our_addresses_answers_each_of_those_letters(database: Database) -> None:
    run(database, rows=2)
    one, *_, last = letters(database)
    assert found(database, last.reply_address, one.reply_address) == [one.id, last.id]


@only_sqlite
def test_of_several_letters_a_mail_refers_to_the_first_is_the_one_it_answers(database: Database) -> None:
    run(database, rows=2)
    one, other, *_ = letters(database)
    assert found(database, references=(other.message_id, one.message_id)) == [other.id]


@only_sqlite
def test_an_answer_to_the_courtesy_letter_belongs_to_the_same_inquiry(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 2, "UITNODIGING")
    with database.reading() as session:
        decline = session.scalars(select(Decline)).one()
    assert found(database, references=(decline.message_id,)) == [decline.inquiry_id]


@only_sqlite
def test_a_mail_that_names_nothing_of_ours_is_not_matched(database: Database) -> None:
    run(database)
    assert found(database, "niemand@woonpost.example", references=("<a@b>",)) == []
    assert found(database) == []


def test_a_mail_from_the_advertiser_is_matched_by_dwelling_and_applicant(database: Database) -> None:
    run(database, rows=3)
    send_both(database)
    for row in letters(database):
        last = row.profile["name"]["last"]
        text = f"Beste {last}, over {row.pair.listing.street.upper()} kunnen wij zeggen dat."
        assert by_listing(database, "anna@ALFA.example", text) == row.id


@only_sqlite
@pytest.mark.parametrize(
    ("sender", "text"),
    [
        ("anna@elders.example", "{street} {last}"),
        ("anna@nietalfa.example", "{street} {last}"),
        ("", "{street} {last}"),
        ("anna@alfa.example", "{last}"),
        ("anna@alfa.example", "{street}"),
        ("anna@alfa.example", "{street} {last} {other}"),
    ],
    ids=["stranger", "look-alike", "no-sender", "no-dwelling", "no-applicant", "both-applicants"],
)
def test_a_mail_that_does_not_point_at_exactly_one_letter_is_not_guessed(
    database: Database, sender: str, text: str
) -> None:
    run(database)
    send_both(database)
    row, other = letters(database)
    told = text.format(
        street=row.pair.listing.street, last=row.profile["name"]["last"], other=other.profile["name"]["last"]
    )
    assert by_listing(database, sender, told) is None


@only_sqlite
def test_a_letter_that_was_not_sent_or_long_ago_is_not_what_a_mail_without_reference_answers(
    database: Database,
) -> None:
    run(database)
    first, second = letters(database)
    send(database)
    street = first.pair.listing.street
    assert by_listing(database, "a@alfa.example", f"{street} {first.profile['name']['last']}") == first.id
    assert by_listing(database, "a@alfa.example", f"{street} {second.profile['name']['last']}") is None
    late = DUE + 61 * DAY
    assert by_listing(database, "a@alfa.example", f"{street} {first.profile['name']['last']}", late) is None


@only_sqlite
def test_a_house_number_is_not_found_inside_another(database: Database) -> None:
    rows = [a_listing(1, street="Proefstraat 1"), a_listing(12, street="Proefstraat 12")]
    run(database, rows=rows)
    send_both(database)
    of_twelve = next(row for row in letters(database) if row.pair.listing.key == "ams-12")
    text = f"Beste {of_twelve.profile['name']['last']}, Proefstraat 12 is verhuurd."
    assert by_listing(database, "a@alfa.example", text) in (of_twelve.id, None)


# --- Kept for a person ---------------------------------------------------------------------------------------------


def test_what_is_not_matched_waits_for_a_person_who_can_give_it_its_place_once(database: Database) -> None:
    run(database)
    send_both(database)
    store(database)
    inquiry = letters(database)[0]
    with database.writing() as session:
        mail = only(answers.unread(session, 5))
        answers.defer(session, mail, "geen-reactie-gevonden", TUESDAY)
    with database.writing() as session:
        waiting = only(answers.waiting_for_a_person(session))
        assert (waiting.reason, waiting.deferred_at) == ("geen-reactie-gevonden", TUESDAY)
        mail = session.get_one(InboundMail, waiting.mail_id)
        assert mail.state is MailState.DEFERRED
        answers.resolve(session, mail, session.get_one(Inquiry, inquiry.id), "m.dekker", TUESDAY)
        assert answers.waiting_for_a_person(session) == []
    with refused("not-deferred"), database.writing() as session:
        mail = session.scalars(select(InboundMail)).one()
        answers.resolve(session, mail, session.get_one(Inquiry, inquiry.id), "m.dekker", TUESDAY)
    with database.reading() as session:
        assert session.scalars(select(DeferredReply)).one().resolved_at == TUESDAY


# --- Labelled ------------------------------------------------------------------------------------------------------


@only_sqlite
def test_a_sure_rule_decides_alone_and_an_unsure_one_leaves_it_to_people(database: Database) -> None:
    run(database)
    send_both(database)
    sure, unsure = answered(database, 1, "AL_VERHUURD"), answered(database, 2, "OVERIG")
    assert (reply(database, sure).label, reply(database, sure).coded_by) == ("AL_VERHUURD", CodedBy.RULE)
    assert (reply(database, unsure).label, reply(database, unsure).coded_by) == (None, None)
    assert queue(database, "anna") == [unsure]


def test_one_mail_may_be_the_reply_of_two_inquiries_and_of_each_only_once(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 1)
    first, second = letters(database)
    told = answers.Told("human", "Re", None)

    def add_to(inquiry: Inquiry) -> None:
        with database.writing() as session:
            mail, row = session.scalars(select(InboundMail)).one(), session.get_one(Inquiry, inquiry.id)
            answers.add_reply(session, row, mail, told, "x", PROPOSALS["OVERIG"], TUESDAY)

    add_to(second)
    for again in (first, second):
        with pytest.raises(DatabaseError):
            add_to(again)


def waiting(database: Database) -> int:
    run(database)
    send_both(database)
    return answered(database, 1)


@only_sqlite
def test_two_equal_codes_are_final(database: Database) -> None:
    number = waiting(database)
    code(database, number, "anna", "AL_VERHUURD")
    assert reply(database, number).label is None
    code(database, number, "bram", "AL_VERHUURD")
    assert (reply(database, number).label, reply(database, number).coded_by) == ("AL_VERHUURD", CodedBy.PEOPLE)


@only_sqlite
def test_after_two_different_codes_a_third_person_decides(database: Database) -> None:
    number = waiting(database)
    code(database, number, "anna", "AL_VERHUURD")
    code(database, number, "bram", "UITNODIGING")
    assert reply(database, number).label is None
    assert queue(database, "carla") == [number]
    code(database, number, "carla", "OVERIG")
    assert reply(database, number).label == "OVERIG"


@pytest.mark.parametrize("again", ["anna", "Anna", "ANNA", "anna "])
def test_a_coder_codes_a_reply_once_however_the_name_is_written(database: Database, again: str) -> None:
    number = waiting(database)
    code(database, number, "anna", "AL_VERHUURD")
    with refused("coded-twice"):
        code(database, number, again, "AL_VERHUURD")
    assert reply(database, number).label is None
    assert queue(database, again) == []


def test_the_database_itself_forbids_a_second_code_by_one_coder(database: Database) -> None:
    number = waiting(database)
    code(database, number, "anna", "AL_VERHUURD")
    with pytest.raises(DatabaseError), database.writing() as session:
        session.add(Coding(reply_id=number, coder="anna", label="OVERIG", coded_at=TUESDAY))


@only_sqlite
def test_a_final_label_is_not_coded_again(database: Database) -> None:
    number = waiting(database)
    code(database, number, "anna", "AL_VERHUURD")
    code(database, number, "bram", "AL_VERHUURD")
    with refused("already-coded"):
        code(database, number, "carla", "OVERIG")


@only_sqlite
def test_the_ledger_tells_who_coded_but_not_what(database: Database) -> None:
    number = waiting(database)
    code(database, number, "anna", "AL_VERHUURD")
    last = events(database)[-1]
    assert (last.kind, last.actor, last.data) == ("reply.coded", "anna", {"final": False})


# --- The queue -----------------------------------------------------------------------------------------------------


def many(database: Database, pairs: int = 8) -> dict[int, Arm]:
    """Replies to all letters of so many pairs, by number with their arm."""
    run(database, rows=pairs)
    send_both(database)
    rows = letters(database)
    with database.writing() as session:
        return {answer(session, row.id, now=TUESDAY + row.id * MINUTE).id: row.arm for row in rows}


@only_sqlite
def test_every_coder_gets_all_that_waits_in_an_order_of_their_own(database: Database) -> None:
    replies = many(database)
    anna, bram = queue(database, "anna"), queue(database, "bram")
    assert sorted(anna) == sorted(bram) == sorted(replies)
    assert anna != bram
    assert anna != sorted(anna)
    assert anna == queue(database, "anna")


@only_sqlite
def test_the_order_of_a_queue_says_nothing_of_the_arm(database: Database) -> None:
    replies = many(database)
    places = dict.fromkeys(BOTH, 0)
    for coder in range(60):
        for place, number in enumerate(queue(database, f"coder-{coder}")):
            places[replies[number]] += place
    mean = 60 * 8 * 7.5
    assert all(abs(total - mean) < 0.1 * mean for total in places.values())


def test_what_a_coder_has_done_leaves_that_queue_and_what_two_agree_on_leaves_all(database: Database) -> None:
    replies = many(database, pairs=2)
    first, second, *_ = replies
    code(database, first, "anna", "OVERIG")
    assert first not in queue(database, "anna")
    assert first in queue(database, "bram")
    code(database, first, "bram", "OVERIG")
    assert first not in queue(database, "carla")
    code(database, second, "anna", "OVERIG")
    code(database, second, "bram", "AL_VERHUURD")
    assert second not in queue(database, "anna") + queue(database, "bram")
    assert second in queue(database, "carla")


@only_sqlite
def test_the_queue_of_a_round_holds_no_replies_of_another(database: Database) -> None:
    waiting(database)
    plan(database, a_monday(round="another-round"), rows=[a_listing(7)])
    with database.reading() as session:
        first, other = (lookup.find(session, name).id for name in (ROUND, "another-round"))
        assert len(coding.queue(session, first, "anna")) == 1
        assert coding.queue(session, other, "anna") == []


def test_two_people_who_code_at_once_are_both_counted(database: Database) -> None:
    number = waiting(database)
    together(
        lambda: code(database, number, "anna", "AL_VERHUURD"), lambda: code(database, number, "bram", "AL_VERHUURD")
    )
    assert reply(database, number).label == "AL_VERHUURD"


@only_sqlite
def test_a_second_participant_of_the_same_domain_is_not_mistaken_for_the_first(database: Database) -> None:
    people = [an_advertiser(email="jan@gratis.example"), an_advertiser("bravo", email="piet@gratis.example")]
    run(database, participants=people, rows=[a_listing(1), a_listing(2, "bravo")])
    send_both(database)
    row = letters(database)[0]
    text = f"{row.pair.listing.street}, beste {row.profile['name']['last']}"
    assert by_listing(database, row.pair.listing.advertiser.email, text, TUESDAY + HOUR) == row.id
