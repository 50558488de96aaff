"""A mail folder is read by polling: nothing in it changes, nothing is lost and nothing counts twice."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from house_makers import (
    DUE,
    MINUTE,
    answered,
    claim,
    gate,
    letters,
    only,
    only_sqlite,
    run,
    send,
    send_both,
    states,
    sweep,
    together,
)
from mailbox_makers import LEDGER, PASSWORD, Mailbox, dovecot
from pydantic import SecretStr
from sqlalchemy import delete, func, select, update
from tls_makers import authority

from orchestrator import channel_faults, mailbox
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.models import Decline, DeferredReply, Delivery, ImapCursor, InboundMail, LetterCopy, Reply
from orchestrator.rounds import answers, copies, sending
from orchestrator.rounds.answers import Arrival
from orchestrator.rounds.sending import Result
from orchestrator.settings import Security, Settings
from orchestrator.states import AttemptOutcome, LetterState, MailState
from portal.demo.ports import free_port
from workers.app import TICKS, configure
from workers.inbox import imap
from workers.inbox.parse import content_key
from workers.inbox.reading import read_stored

NOW = datetime(2026, 9, 8, 9, 0, tzinfo=UTC)
CLOCK = Clock.scaled(NOW, 1.0)


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with dovecot() as running:
        yield running


@pytest.fixture
def box(server: Mailbox) -> Mailbox:
    server.clear()
    return server


def a_mail(
    number: int = 1, to: str = "wie@woonpost.example", message_id: str | None = None, text: str = "Dag"
) -> bytes:
    named = f"Message-ID: <{message_id or f'{number}@alfa.example'}>\r\n" if message_id != "" else ""
    return (
        f"From: verhuur@alfa.example\r\nTo: {to}\r\nDate: Tue, 08 Sep 2026 10:{number % 60:02}:00 +0200\r\n"
        f"Subject: Re: woning {number}\r\n{named}\r\n{text} {number}\r\n"
    ).encode()


def poll(database: Database, settings: Settings) -> int:
    return imap.poll(database, CLOCK, settings)


def stored(database: Database) -> list[bytes]:
    with database.reading() as session:
        return [mail.raw for mail in session.scalars(select(InboundMail).order_by(InboundMail.id))]


def count(database: Database, kind: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def faults(database: Database) -> list[str]:
    with database.reading() as session:
        return [fault.message for fault in channel_faults.lasting(session)]


def test_what_is_in_the_folder_is_stored_as_it_came_and_stays_as_it_was(database: Database, box: Mailbox) -> None:
    mails = [a_mail(number) for number in range(5)]
    box.put(*mails)
    assert poll(database, box.settings()) == 5
    assert stored(database) == mails
    assert set(box.flags().values()) == {()}
    assert len(box.flags()) == 5


def test_a_second_poll_takes_only_what_is_new(database: Database, box: Mailbox) -> None:
    box.put(a_mail(1), a_mail(2))
    settings = box.settings()
    assert [poll(database, settings), poll(database, settings)] == [2, 0]
    box.put(a_mail(3))
    assert poll(database, settings) == 1
    assert stored(database) == [a_mail(1), a_mail(2), a_mail(3)]


def test_a_mail_came_when_its_server_says_however_late_it_is_read(database: Database, box: Mailbox) -> None:
    with box.opened() as client:
        client.append("INBOX", a_mail(1), msg_time=datetime.now(UTC) - timedelta(hours=7))
    seven_hours_ago = CLOCK.now() - timedelta(hours=7)
    poll(database, box.settings())
    with database.reading() as session:
        (came,) = session.scalars(select(InboundMail.received_at))
        assert session.scalars(select(Delivery.received_at)).all() == [came]
    assert abs(seven_hours_ago - came) < timedelta(seconds=30)


def test_a_mail_delivered_once_for_each_of_two_applicants_answers_both(database: Database, box: Mailbox) -> None:
    run(database)
    send_both(database)
    one, other = letters(database)
    raw = a_mail(1, to="verhuur@alfa.example", text="De woning is helaas al verhuurd.")
    box.put(*[f"Delivered-To: {letter.reply_address}\r\n".encode() + raw for letter in (one, other)])
    poll(database, box.settings())
    read_stored(database, NOW)
    with database.reading() as session:
        assert set(session.scalars(select(Reply.inquiry_id))) == {one.id, other.id}
    assert (count(database, InboundMail), count(database, Delivery)) == (1, 2)


def test_a_folder_without_any_mail_is_no_fault(database: Database, box: Mailbox) -> None:
    assert poll(database, box.settings()) == 0
    assert faults(database) == []


def test_a_long_folder_is_read_in_several_transactions_and_several_polls(
    database: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "BATCH", 3)
    monkeypatch.setattr(imap, "MOST", 7)
    box.put(*[a_mail(number) for number in range(10)])
    assert [poll(database, box.settings()) for _ in range(3)] == [7, 3, 0]
    assert len(stored(database)) == 10


@pytest.mark.parametrize("breaks_at", [1, 2, 3])
@pytest.mark.parametrize("step", ["before", "after"])
def test_a_crash_in_the_middle_of_a_batch_loses_nothing_and_doubles_nothing(
    database: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch, breaks_at: int, step: str
) -> None:
    """Before anything of the batch was written, or when all of it was, but not yet for good."""
    box.put(*[a_mail(number) for number in range(6)])
    monkeypatch.setattr(imap, "BATCH", 2)
    whole, calls = answers.store_all, []

    def breaking(session: Session, arrivals: Sequence[Arrival]) -> list[int | None]:
        calls.append(arrivals)
        if (len(calls), step) == (breaks_at, "before"):
            raise KeyboardInterrupt
        fresh = whole(session, arrivals)
        if len(calls) == breaks_at:
            raise KeyboardInterrupt
        return fresh

    monkeypatch.setattr(answers, "store_all", breaking)
    with pytest.raises(KeyboardInterrupt):
        poll(database, box.settings())
    assert len(stored(database)) == (breaks_at - 1) * 2
    poll(database, box.settings())
    assert stored(database) == [a_mail(number) for number in range(6)]
    assert count(database, Delivery) == 6


@pytest.mark.long
def test_a_folder_that_was_numbered_anew_is_read_again_and_nothing_counts_twice(
    database: Database, box: Mailbox
) -> None:
    box.rebuild()  # numbers begin at 1
    box.put(a_mail(1), a_mail(2))
    assert poll(database, box.settings()) == 2
    with box.opened() as client:
        client.delete_messages(min(client.search()))
        client.expunge()
    box.rebuild()
    box.put(a_mail(3))  # which now has the number that the second mail had
    assert poll(database, box.settings()) == 2
    assert stored(database) == [a_mail(1), a_mail(2), a_mail(3)]
    assert poll(database, box.settings()) == 0
    assert count(database, Delivery) == 4
    assert count(database, ImapCursor) == 1


def test_two_who_poll_one_folder_at_once_store_every_mail_once(database: Database, box: Mailbox) -> None:
    box.put(*[a_mail(number) for number in range(30)])
    other = Database.at(database.engine.url.render_as_string(hide_password=False), database.vault.keys)
    together(*[lambda here=here: poll(here, box.settings()) for here in (database, other, database, other)])
    other.engine.dispose()
    assert sorted(stored(database)) == sorted(a_mail(number) for number in range(30))
    assert faults(database) == []


def test_mails_without_a_message_id_or_with_the_same_one_are_told_apart(database: Database, box: Mailbox) -> None:
    nameless = [a_mail(1, message_id=""), a_mail(2, message_id="")]
    namesakes = [a_mail(3, message_id="een@alfa.example"), a_mail(4, message_id="een@alfa.example")]
    box.put(*nameless, *namesakes, nameless[0], namesakes[1])
    assert poll(database, box.settings()) == 6
    assert stored(database) == nameless + namesakes
    assert count(database, Delivery) == 6


def test_a_mail_that_came_by_the_listener_too_counts_once(database: Database, box: Mailbox) -> None:
    raw = a_mail(1)
    with database.writing() as session:
        answers.store(session, raw, content_key(raw), "smtp", "k", "wie@woonpost.example", NOW)
    box.put(b"Received: from elders by hier; Tue, 08 Sep 2026 10:02:00 +0200\r\n" + raw)
    assert poll(database, box.settings()) == 1
    assert stored(database) == [raw]


def test_a_mail_that_is_too_big_waits_for_a_person_without_its_body(
    database: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "MOST_BYTES", 2_000)
    box.put(a_mail(1), a_mail(2, text="x" * 3_000), a_mail(3))
    assert [poll(database, box.settings()), poll(database, box.settings())] == [3, 0]
    assert [len(raw) < 500 for raw in stored(database)] == [True] * 3
    with database.reading() as session:
        assert list(session.scalars(select(InboundMail.state).order_by(InboundMail.id))) == [
            MailState.STORED, MailState.DEFERRED, MailState.STORED,
        ]  # fmt: skip
        assert session.scalars(select(DeferredReply.reason)).all() == [imap.TOO_BIG]


def test_an_answer_from_the_folder_becomes_a_reply_of_its_inquiry(database: Database, box: Mailbox) -> None:
    run(database)
    send(database)
    inquiry = letters(database, 1)[0]
    box.put(a_mail(1, to=inquiry.reply_address, text="De woning is helaas al verhuurd."))
    poll(database, box.settings())
    assert read_stored(database, NOW) == 1
    with database.reading() as session:
        assert [reply.inquiry_id for reply in session.scalars(select(Reply))] == [inquiry.id]


@only_sqlite
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_mailbox_is_read_over_a_protected_connection(database: Database, box: Mailbox, security: Security) -> None:
    box.put(a_mail(1))
    port = box.tls_port if security is Security.TLS else box.port
    settings = box.settings(imap_port=port, imap_security=security, imap_ca_file=authority().file)
    assert poll(database, settings) == 1


@only_sqlite
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_certificate_of_an_unknown_authority_is_a_named_fault(
    database: Database, box: Mailbox, security: Security
) -> None:
    box.put(a_mail(1))
    port = box.tls_port if security is Security.TLS else box.port
    assert poll(database, box.settings(imap_port=port, imap_security=security)) == 0
    assert "certificaat" in only(faults(database))
    assert stored(database) == []


@pytest.mark.long
def test_a_fault_is_told_once_while_it_lasts_and_is_gone_when_the_mailbox_works(
    database: Database, box: Mailbox
) -> None:
    wrong = box.settings(imap_password=SecretStr("een ander woord"))
    assert [poll(database, wrong), poll(database, wrong)] == [0, 0]
    told = only(faults(database))
    assert "PRAKTIJKTEST_IMAP_PASSWORD" in told
    assert "een ander woord" not in told
    box.put(a_mail(1))
    assert poll(database, box.settings()) == 1
    assert faults(database) == []


@only_sqlite
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"imap_folder": "Er is geen map"}, "Er is geen map"),
        ({"imap_port": free_port()}, "niet bereikbaar"),
        ({"imap_host": "localhost", "imap_security": Security.TLS}, "niet bereikbaar"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_a_named_fault(
    database: Database, box: Mailbox, changes: dict[str, object], words: str
) -> None:
    assert poll(database, box.settings(**changes)) == 0
    assert words in only(faults(database))
    assert PASSWORD not in only(faults(database))


@only_sqlite
def test_without_a_mailbox_nothing_is_polled(database: Database) -> None:
    assert poll(database, Settings()) == 0


def test_a_mailbox_is_polled_by_a_tick_of_the_inbox_queue_when_there_is_one(box: Mailbox) -> None:
    assert TICKS["poll-mailbox"] == ("workers.tasks.poll_mailbox", "inbox", 30.0)
    assert "poll-mailbox" not in configure(Settings()).conf.beat_schedule
    assert "poll-mailbox" in configure(box.settings()).conf.beat_schedule


def test_a_name_of_a_folder_that_is_too_long_stays_its_own() -> None:
    folders = [f"{'Map' * 40}{number}" for number in (1, 2)]
    one, other = (imap.source_of(Settings(imap_host="imap.example", imap_user="wij"), folder) for folder in folders)
    assert one != other
    assert len(one) == len(other) == imap.LONGEST_SOURCE


def as_copy(message_id: str) -> bytes:
    return a_mail(7, to="verhuur@alfa.example", message_id=message_id.strip("<>"))


def settle(database: Database) -> int:
    with database.writing() as session:
        return copies.settle_seen(session, NOW)


def test_a_copy_of_an_uncertain_letter_proves_that_it_was_sent(database: Database, box: Mailbox) -> None:
    run(database)
    send(database, DUE, "uncertain")
    inquiry = letters(database, 1)[0]
    assert inquiry.state is LetterState.UNCERTAIN
    box.put(as_copy(inquiry.message_id), folder=LEDGER)
    assert poll(database, box.settings(ledger_imap_folder=LEDGER)) == 1
    assert settle(database) == 1
    assert states(database) == [LetterState.SENT, LetterState.PLANNED]
    assert letters(database, 1)[0].sent_at == DUE
    assert box.flags(LEDGER) == dict.fromkeys(box.flags(LEDGER), ())


def test_that_a_folder_was_read_to_its_end_is_kept_with_the_moment_the_reading_began(
    database: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "MOST", 2)
    settings = box.settings(ledger_imap_folder=LEDGER)
    source = imap.ledger_source(settings)
    assert source is not None
    box.put(*[as_copy(f"<{number}@woonpost.example>") for number in range(3)], folder=LEDGER)
    began = CLOCK.now()
    assert [poll(database, settings), ended(database, source)] == [2, None]
    assert poll(database, settings) == 1
    first = ended(database, source)
    assert first is not None
    assert began <= first <= CLOCK.now()
    poll(database, settings)
    assert ended(database, source) > first  # type: ignore[operator]


def ended(database: Database, source: str) -> datetime | None:
    with database.reading() as session:
        return mailbox.ended_at(session, source)


@pytest.mark.parametrize("breaks_at", ["a batch", "the end"])
def test_a_database_that_is_put_back_while_its_mailbox_is_read_skips_nothing(
    database: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch, breaks_at: str
) -> None:
    box.put(a_mail(1), a_mail(2))
    poll(database, box.settings())
    if breaks_at == "a batch":
        box.put(a_mail(3))
    whole = mailbox.last_uid

    def loses(*told: object) -> int:
        last = whole(*told)  # type: ignore[arg-type]
        with database.writing() as session:
            for kind in (Delivery, InboundMail):
                session.execute(delete(kind))
            session.execute(update(ImapCursor).values(last_uid=0, ended_at=None))
        return last

    monkeypatch.setattr(mailbox, "last_uid", loses)
    assert poll(database, box.settings()) == 0
    assert "terug in de tijd" in only(faults(database))
    monkeypatch.setattr(mailbox, "last_uid", whole)
    assert poll(database, box.settings()) == len(stored(database))
    assert len(stored(database)) == (3 if breaks_at == "a batch" else 2)
    assert faults(database) == []


def test_a_copy_is_never_an_answer(database: Database, box: Mailbox) -> None:
    run(database)
    send(database, DUE, "uncertain")
    copy = as_copy(letters(database, 1)[0].message_id)
    box.put(copy, folder=LEDGER)
    box.put(copy)  # a rule of the mail server put it in the wrong folder as well
    poll(database, box.settings(ledger_imap_folder=LEDGER))
    read_stored(database, NOW)
    assert (count(database, Reply), count(database, DeferredReply), count(database, LetterCopy)) == (0, 0, 1)
    assert settle(database) == 1


def test_a_copy_that_comes_while_its_letter_is_on_the_wire_is_remembered(database: Database, box: Mailbox) -> None:
    run(database)
    held = only(claim(database))
    envelope = gate(database, held)
    assert envelope is not None
    box.put(as_copy(envelope.message_id), folder=LEDGER)
    poll(database, box.settings(ledger_imap_folder=LEDGER))
    assert settle(database) == 0
    sweep(database, DUE + 10 * MINUTE)
    assert states(database)[0] is LetterState.UNCERTAIN
    assert settle(database) == 1
    assert states(database)[0] is LetterState.SENT


def test_a_copy_settles_a_courtesy_letter_too(database: Database, box: Mailbox) -> None:
    run(database)
    send(database)
    answered(database, 1, "UITNODIGING", DUE)
    with database.reading() as session:
        due = only(session.scalars(select(Decline))).planned_at
    with database.writing() as session:
        held = only(sending.claim_declines(session, "w1", due, 2 * MINUTE, MINUTE, 9))
        envelope = sending.all_written(session, [held], due)[held]
        assert sending.gate(session, held, "w1", due, 2 * MINUTE, MINUTE)
        lost = Result(AttemptOutcome.UNCERTAIN, "body", "de verbinding viel weg")
        sending.record(session, held, "w1", due, lost, MINUTE)
    box.put(as_copy(envelope.message_id), folder=LEDGER)
    poll(database, box.settings(ledger_imap_folder=LEDGER))
    assert settle(database) == 1
    with database.reading() as session:
        assert only(session.scalars(select(Decline))).state is LetterState.SENT


@pytest.mark.long
def test_other_mail_in_the_ledger_folder_is_left_alone(database: Database, box: Mailbox) -> None:
    run(database)
    box.put(a_mail(1, to=letters(database, 1)[0].reply_address), folder=LEDGER)
    assert poll(database, box.settings(ledger_imap_folder=LEDGER)) == 1
    assert (count(database, LetterCopy), count(database, InboundMail)) == (0, 0)
