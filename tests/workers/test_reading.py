"""From raw bytes to a labelled reply: every mail gets a place, and none stops the others."""

import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest
from house_makers import DAY, HOUR, TUESDAY, events, letters, only, only_sqlite, refused, run, send, send_both, store
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from orchestrator.db import Database
from orchestrator.models import Decline, DeferredReply, InboundMail, Inquiry, Reply
from orchestrator.rounds import answers
from orchestrator.states import LetterState, MailState
from workers.inbox.parse import content_key
from workers.inbox.reading import BATCH, invites, read_stored, redeliver, shown

INVITATION = "Beste {name},\n\nU bent welkom voor een bezichtiging op dinsdag 15 september om 16:00 uur.\n\nGroet, Anna"
REFUSAL = "Beste {name},\n\nHelaas is de woning al verhuurd.\n\nGroet, Anna"


def a_mail(text: str, **headers: str) -> bytes:
    message = EmailMessage()
    told = {"From": "Anna de Boer <anna@alfa.example>", "To": "iemand@woonpost.example", "Subject": "Re: uw reactie"}
    for name, value in (told | {key.replace("_", "-"): value for key, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes()


def an_answer(letter: Inquiry, text: str = REFUSAL, **headers: str) -> bytes:
    return a_mail(text.format(name=letter.sender_name), **{"To": letter.reply_address, **headers})


def take(database: Database, *mails: bytes, to: str = "") -> None:
    for raw in mails:
        store(database, raw, content_key(raw), to)
    assert read_stored(database, TUESDAY + HOUR) == len(mails)


def replies(database: Database) -> list[Reply]:
    with database.reading() as session:
        return list(session.scalars(select(Reply).order_by(Reply.id)))


def mail_states(database: Database) -> list[MailState]:
    with database.reading() as session:
        return list(session.scalars(select(InboundMail.state).order_by(InboundMail.id)))


def a_sent_pair(database: Database) -> tuple[Inquiry, Inquiry]:
    run(database)
    send_both(database)
    first, second = letters(database)
    return first, second


@only_sqlite
def test_a_clear_answer_is_matched_labelled_and_final(database: Database) -> None:
    first, _ = a_sent_pair(database)
    take(database, an_answer(first, Message_ID="<antwoord@alfa.example>"))
    reply = only(replies(database))
    assert (reply.inquiry_id, reply.label, reply.proposal, reply.kind) == (
        first.id, "AL_VERHUURD", "AL_VERHUURD", "human",
    )  # fmt: skip
    assert (reply.message_id, reply.received_at) == ("<antwoord@alfa.example>", TUESDAY)
    assert mail_states(database) == [MailState.MATCHED]


@only_sqlite
def test_an_invitation_plans_a_courtesy_letter_in_answer_to_it(database: Database) -> None:
    _, second = a_sent_pair(database)
    take(database, an_answer(second, INVITATION, Message_ID="<kom@alfa.example>"))
    with database.reading() as session:
        decline = session.scalars(select(Decline)).one()
    assert (decline.inquiry_id, decline.in_reply_to) == (second.id, "<kom@alfa.example>")


@only_sqlite
def test_an_unclear_answer_waits_for_people(database: Database) -> None:
    first, _ = a_sent_pair(database)
    take(database, an_answer(first, "Wij komen hier nog op terug of misschien ook niet, wie weet."))
    assert only(replies(database)).label is None


@only_sqlite
def test_the_address_on_the_envelope_goes_before_what_stands_in_the_letter(database: Database) -> None:
    first, second = a_sent_pair(database)
    take(database, a_mail("Helaas is de woning al verhuurd."), to=second.reply_address)
    assert only(replies(database)).inquiry_id == second.id
    assert first.id != second.id


@only_sqlite
def test_an_answer_to_another_address_is_matched_by_the_letter_it_refers_to(database: Database) -> None:
    first, _ = a_sent_pair(database)
    take(database, a_mail("Helaas is de woning al verhuurd.", In_Reply_To=first.message_id))
    assert only(replies(database)).inquiry_id == first.id


@only_sqlite
def test_an_answer_without_address_and_reference_is_matched_by_dwelling_and_name(database: Database) -> None:
    first, _ = a_sent_pair(database)
    text = f"Beste {first.profile['name']['last']}, Proefstraat 1 is helaas al verhuurd."
    take(database, a_mail(text, To="info@woonpost.example"))
    assert only(replies(database)).inquiry_id == first.id


@only_sqlite
def test_what_belongs_nowhere_waits_for_a_person_and_goes_the_same_path_from_there(database: Database) -> None:
    first, _ = a_sent_pair(database)
    take(database, a_mail("Helaas is de woning al verhuurd."))
    assert mail_states(database) == [MailState.DEFERRED]
    with database.writing() as session:
        mail = session.scalars(select(InboundMail)).one()
        assert shown(mail)[:2] == ("anna@alfa.example", "Re: uw reactie")
        redeliver(session, mail, session.get_one(Inquiry, first.id), "m.dekker", TUESDAY + DAY)
    reply = only(replies(database))
    assert (reply.inquiry_id, reply.label, reply.received_at) == (first.id, "AL_VERHUURD", TUESDAY)
    assert mail_states(database) == [MailState.MATCHED]
    with database.reading() as session:
        assert session.scalars(select(DeferredReply)).one().resolved_at == TUESDAY + DAY
    with refused("not-deferred"), database.writing() as session:
        mail = session.scalars(select(InboundMail)).one()
        redeliver(session, mail, session.get_one(Inquiry, first.id), "m.dekker", TUESDAY + DAY)


@only_sqlite
def test_our_own_letter_below_an_answer_is_not_read_as_the_answer(database: Database) -> None:
    first, _ = a_sent_pair(database)
    quoted = "\n".join(f"> {line}" for line in first.body.splitlines())
    take(database, an_answer(first, f"Helaas is de woning al verhuurd.\n\nOp 7 september schreef u:\n{quoted}\n"))
    assert only(replies(database)).text.strip() == "Helaas is de woning al verhuurd."


@only_sqlite
def test_the_name_of_who_answered_is_masked_before_it_is_stored(database: Database) -> None:
    first, _ = a_sent_pair(database)
    take(database, an_answer(first, "Helaas is de woning al verhuurd.\n\nMet vriendelijke groet,\nAnna de Boer\n"))
    assert "Boer" not in only(replies(database)).text


@only_sqlite
def test_an_automatic_answer_is_kept_as_such(database: Database) -> None:
    first, _ = a_sent_pair(database)
    take(database, an_answer(first, "Wij hebben uw bericht ontvangen.", Auto_Submitted="auto-replied"))
    reply = only(replies(database))
    assert (reply.kind, reply.label) == ("automatic", "AUTOMATISCHE_ONTVANGST")


DSN = """\
From: MAILER-DAEMON@post.example
To: {to}
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Bericht over uw mail.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; post.example

Final-Recipient: rfc822; verhuur@alfa.example
Action: {action}
Status: {status}

--b
Content-Type: message/rfc822

Message-ID: {message_id}
Subject: Reactie

tekst

--b--
"""


@only_sqlite
def test_a_bounce_is_a_label_and_proves_that_the_letter_left(database: Database) -> None:
    run(database)
    send(database, outcome="uncertain")
    first = only(letters(database, 1))
    told = {"subject": "Undelivered Mail", "action": "failed", "status": "5.1.1"}
    take(database, DSN.format(to=first.reply_address, message_id=first.message_id, **told).encode())
    assert only(replies(database)).label == "ONBESTELBAAR"
    assert only(letters(database, 1)).state is LetterState.SENT


@only_sqlite
def test_a_notice_that_a_letter_is_delayed_is_no_reply(database: Database) -> None:
    first, _ = a_sent_pair(database)
    told = {"subject": "Delayed Mail", "action": "delayed", "status": "4.4.1"}
    take(database, DSN.format(to=first.reply_address, message_id=first.message_id, **told).encode())
    assert replies(database) == []
    assert mail_states(database) == [MailState.IGNORED]


@only_sqlite
def test_one_mail_by_two_roads_is_one_reply(database: Database) -> None:
    first, _ = a_sent_pair(database)
    raw = an_answer(first)
    take(database, raw)
    assert not store(database, b"Received: from elders\n" + raw, content_key(raw))
    assert read_stored(database, TUESDAY) == 0
    assert len(replies(database)) == 1


def test_one_mail_to_both_applicants_answers_both_and_each_gives_its_viewing_back(database: Database) -> None:
    first, second = a_sent_pair(database)
    text = INVITATION.format(name=f"{first.sender_name}, beste {second.sender_name}")
    quoted = "\n".join(f"> {line}" for line in second.body.splitlines())
    take(database, an_answer(first, f"{text}\n\n{quoted}\n", To=f"{first.reply_address}, {second.reply_address}"))
    one, other = replies(database)
    assert {one.inquiry_id, other.inquiry_id} == {first.id, second.id}
    assert [one.label, other.label] == ["UITNODIGING", "UITNODIGING"]
    # Each is cut by the letter it answers: what quotes the other's letter is marked as a quotation, and goes as well.
    assert one.text == other.text
    with database.reading() as session:
        assert set(session.scalars(select(Decline.inquiry_id))) == {first.id, second.id}


def test_one_mail_sent_unseen_to_applicants_of_two_pairs_answers_each_of_them(database: Database) -> None:
    """A blind copy: one content, delivered once for each address, and only the delivery tells for whom."""
    run(database, rows=2)
    send_both(database)
    one, *_, last = letters(database)
    raw = a_mail(REFUSAL.format(name="woningzoeker"), To="verhuur@alfa.example")
    take(database, raw, to=one.reply_address)
    with database.writing() as session:
        again = answers.store(session, raw, content_key(raw), "smtp", "k2", last.reply_address, TUESDAY + HOUR)
        assert again is None
    assert [reply.inquiry_id for reply in replies(database)] == [one.id]
    assert read_stored(database, TUESDAY + HOUR) == 1
    assert [reply.inquiry_id for reply in replies(database)] == [one.id, last.id]
    assert mail_states(database) == [MailState.MATCHED]
    with database.writing() as session:
        answers.store(session, raw, content_key(raw), "smtp", "k3", one.reply_address, TUESDAY + HOUR)
    assert read_stored(database, TUESDAY + HOUR) == 0


@only_sqlite
def test_two_mails_to_one_letter_are_two_replies(database: Database) -> None:
    first, _ = a_sent_pair(database)
    take(database, an_answer(first, Subject="Re: een"), an_answer(first, INVITATION, Subject="Re: twee"))
    assert [reply.label for reply in replies(database)] == ["AL_VERHUURD", "UITNODIGING"]


@only_sqlite
def test_a_batch_is_read_oldest_first_and_the_rest_next_time(database: Database) -> None:
    for number in range(BATCH + 2):
        store(database, a_mail(f"bericht {number}"), f"k{number}")
    assert read_stored(database, TUESDAY) == BATCH
    assert mail_states(database).count(MailState.STORED) == 2
    assert read_stored(database, TUESDAY) == 2
    assert read_stored(database, TUESDAY) == 0


NASTY = {
    "empty": b"",
    "a null byte in the text": b"To: {to}\nSubject: x\n\nwel\x00 of niet\n",
    "a null byte in the subject": b"To: {to}\nSubject: a\x00b\nMessage-ID: <a\x00b@c>\n\ntekst\n",
    "bytes that are no text": b"To: {to}\nSubject: \xff\xfe\x80\nMessage-ID: <\xff@\x80>\nFrom: \xe9\n\n\xff\xfe\x80\n",
    "half a surrogate": b"To: {to}\nContent-Type: text/plain; charset=utf-16\n\n\x00\xd8\x00\xd8a\n",
    "an encoded null": b"To: {to}\nSubject: =?utf-8?q?a=00b?=\nContent-Transfer-Encoding: quoted-printable\n\na=00b\n",
    "an encoded surrogate": b"To: {to}\nSubject: =?utf-8?q?=ED=A0=80?=\nMessage-ID: =?utf-8?q?=ED=A0=80=00?=\n\nx\n",
    "html with entities": b"To: {to}\nContent-Type: text/html\n\n<p>a&#0;b&#xD800;c</p>\n",
}


@pytest.mark.parametrize("raw", NASTY.values(), ids=NASTY.keys())
def test_a_nasty_mail_gets_a_place_and_stops_no_other(database: Database, raw: bytes) -> None:
    first, _ = a_sent_pair(database)
    take(database, raw.replace(b"{to}", first.reply_address.encode()), an_answer(first))
    assert MailState.STORED not in mail_states(database)
    assert replies(database)[-1].label == "AL_VERHUURD"
    assert [event for event in events(database) if event.kind == "reply.stored"]


@pytest.fixture(scope="module")
def waiting_round(tmp_path_factory: pytest.TempPathFactory, blank_sqlite: Path) -> Database:
    file = shutil.copy(blank_sqlite, tmp_path_factory.mktemp("reading") / "praktijktest.db")
    made = Database.at(f"sqlite:///{file}")
    run(made)
    send_both(made)
    return made


@settings(max_examples=40, deadline=None)
@given(head=st.binary(max_size=60), body=st.binary(max_size=120), number=st.integers(0, 10**9))
def test_any_bytes_at_all_get_a_place(waiting_round: Database, head: bytes, body: bytes, number: int) -> None:
    address = letters(waiting_round)[0].reply_address.encode()
    raw = b"To: %s\nX-Number: %d\nSubject: %s\n\n%s" % (address, number, head, body)
    store(waiting_round, raw, f"{number}-{head.hex()}-{body.hex()}"[:64])
    read_stored(waiting_round, TUESDAY)
    assert MailState.STORED not in mail_states(waiting_round)


@pytest.mark.parametrize(("label", "invited"), [("UITNODIGING", True), ("BELVERZOEK", False), ("AL_VERHUURD", False)])
def test_only_a_label_that_means_a_viewing_invites(label: str, invited: bool) -> None:
    assert invites(label) is invited
