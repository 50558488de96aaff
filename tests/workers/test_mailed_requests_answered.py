"""Answers to an owner: matched by the unique address, masked, coded blind, ended with one word of thanks."""

from datetime import UTC, date, datetime
from email.message import EmailMessage

import pytest
from dispatch_makers import Wire, a_dispatcher
from house_makers import DAY, HOUR, PLANNED, an_advertiser, only_sqlite, store
from sqlalchemy import select

from market import owners
from market.office import open_market
from market.reading import read_mail
from market.world import Advertiser as Market
from market.world import Listing as Home
from market.world import World
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.models import DeferredReply, InboundMail, OwnerRequest, RequestLetter
from orchestrator.request_models import LetterStep, RequestState
from orchestrator.rounds import requesting
from orchestrator.rounds.sending import Envelope
from orchestrator.states import LetterState, MailState
from profiles.owner_requests import load
from workers.channels.message import compose
from workers.channels.transport import TransportError
from workers.inbox.parse import content_key
from workers.inbox.reading import read_stored

pytestmark = only_sqlite

NAME = "verzoek-mail"
LATE = datetime(2026, 9, 18, 13, 0, tzinfo=UTC)
SIGNED = "Groet,\nAnna de Boer\nMakelaardij Alfa\n06 12345678"
SAID = f"Beste meneer {{owner}},\n\nDat doen wij niet, dat is verboden.\n\n{SIGNED}"


def running(database: Database, *keys: str) -> None:
    with database.writing() as session:
        days = (date(2026, 9, 7), date(2026, 9, 18))
        how = (Purpose.LEARNING, 7, "woonpost.example")
        wanted = requesting.Plan(NAME, load().newest("afkomst"), (), *days, *how)
        requesting.plan(session, wanted, [an_advertiser(key) for key in keys or ("alfa",)], "r.visser", PLANNED)
        requesting.approve(session, NAME, "m.dekker", PLANNED)
        requesting.start(session, NAME, "s.bos", PLANNED)


def sent(database: Database, *keys: str) -> RequestLetter:
    running(database, *keys)
    assert a_dispatcher(database, Wire(), LATE).send_due() == (len(keys) or 1)
    return letters(database)[0]


def letters(database: Database, step: LetterStep = LetterStep.REQUEST) -> list[RequestLetter]:
    with database.reading() as session:
        return list(session.scalars(select(RequestLetter).where(RequestLetter.step == step).order_by(RequestLetter.id)))


def request(database: Database) -> OwnerRequest:
    with database.reading() as session:
        return session.scalars(select(OwnerRequest).order_by(OwnerRequest.id)).first()  # type: ignore[return-value]


def a_mail(letter: RequestLetter, text: str = SAID, **headers: str) -> bytes:
    message = EmailMessage()
    told = {"From": "Anna de Boer <anna@alfa.example>", "To": letter.reply_address, "Subject": f"Re: {letter.subject}"}
    for name, value in (told | {key.replace("_", "-"): value for key, value in headers.items()}).items():
        message[name] = value
    message.set_content(text.format(owner=letter.sender_name.split()[1]))
    return message.as_bytes()


def take(database: Database, *mails: bytes, now: datetime = LATE) -> None:
    for number, raw in enumerate(mails):
        store(database, raw, f"{content_key(raw)}", now=now) or pytest.fail(f"mail {number} was known")
    assert read_stored(database, now + HOUR) == len(mails)


def mail_states(database: Database) -> list[MailState]:
    with database.reading() as session:
        assert session.scalars(select(DeferredReply)).all() == []
        return list(session.scalars(select(InboundMail.state).order_by(InboundMail.id)))


def test_a_request_goes_out_as_a_mail_of_its_owner_through_the_same_worker(database: Database) -> None:
    running(database, "alfa", "beta")
    wire = Wire()
    assert a_dispatcher(database, wire, LATE).send_due() == 2
    assert a_dispatcher(database, wire, LATE).send_due() == 0
    assert sorted(each.recipient for each in wire.taken) == ["verhuur@alfa.example", "verhuur@beta.example"]
    assert {each.sender_address for each in wire.taken} == {each.reply_address for each in letters(database)}
    assert {each.state for each in letters(database)} == {LetterState.SENT}


def dies(_: Envelope) -> None:
    """What a killed process is like: nothing is recorded."""
    raise KeyboardInterrupt


def test_a_worker_that_dies_on_the_wire_leaves_a_request_that_is_never_sent_again(database: Database) -> None:
    running(database)
    dead = Wire(dies)
    with pytest.raises(KeyboardInterrupt):
        a_dispatcher(database, dead, LATE).send_due()
    after = Wire()
    for moment in (LATE + HOUR, LATE + 2 * HOUR):
        later = a_dispatcher(database, after, moment)
        later.sweep()
        assert later.send_due() == 0
    assert (len(dead.taken), after.taken) == (1, [])
    assert letters(database)[0].state is LetterState.UNCERTAIN


def test_a_body_that_left_without_an_answer_is_uncertain_until_the_office_answers(database: Database) -> None:
    running(database)
    wire = Wire(TransportError("verbinding weg", "answer", body_left=True))
    a_dispatcher(database, wire, LATE).send_due()
    (letter,) = letters(database)
    assert letter.state is LetterState.UNCERTAIN
    take(database, a_mail(letter))
    assert letters(database)[0].state is LetterState.SENT
    assert request(database).state is RequestState.MADE


def test_an_answer_is_kept_without_names_of_staff_office_or_owner_and_waits_for_two_coders(database: Database) -> None:
    letter = sent(database)
    take(database, a_mail(letter, Message_ID="<antwoord@alfa.example>"))
    asked = request(database)
    assert asked.state is RequestState.MADE
    note = asked.note or ""
    assert "Dat doen wij niet, dat is verboden." in note
    hidden = ("Anna", "Boer", "Alfa", "12345678", letter.sender_name.split()[1])
    assert not any(word in note for word in hidden)
    assert mail_states(database) == [MailState.MATCHED]
    with database.writing() as session:
        for coder in ("cora", "chris"):
            (waiting,) = requesting.queue(session, None, coder)
            requesting.code(session, waiting.id, coder, "WEIGERT_MET_UITLEG", LATE)
    assert request(database).code == "WEIGERT_MET_UITLEG"


def test_an_answer_to_another_address_is_found_by_what_it_refers_to(database: Database) -> None:
    letter = sent(database)
    take(database, a_mail(letter, To="info@woonpost.example", In_Reply_To=letter.message_id))
    assert request(database).state is RequestState.MADE


def test_the_request_itself_is_cut_from_the_answer_that_quotes_it(database: Database) -> None:
    letter = sent(database)
    quoted = "\n".join(f"> {line}" for line in letter.body.splitlines())
    take(database, a_mail(letter, f"Geen probleem.\n\nOp vrijdag schreef iemand:\n{quoted}"))
    assert "Marokkaanse" not in (request(database).note or "")
    assert "Geen probleem." in (request(database).note or "")


def test_after_an_answer_one_word_of_thanks_goes_and_nothing_after_that(database: Database) -> None:
    letter = sent(database)
    take(database, a_mail(letter, Message_ID="<antwoord@alfa.example>"))
    (thanks,) = letters(database, LetterStep.THANKS)
    assert (thanks.in_reply_to, thanks.reply_address) == ("<antwoord@alfa.example>", letter.reply_address)
    assert "dan weet ik genoeg" in thanks.body
    assert "Marokkaanse" not in thanks.body
    wire, monday = Wire(), datetime(2026, 9, 21, 8, 0, tzinfo=UTC)
    for moment in (LATE + DAY, monday, monday + HOUR):  # on a Saturday nothing goes
        a_dispatcher(database, wire, moment).send_due()
    assert [each.message_id for each in wire.taken] == [thanks.message_id]
    assert wire.taken[0].in_reply_to == "<antwoord@alfa.example>"
    take(database, a_mail(letter, "Graag gedaan!"), now=monday + 2 * HOUR)
    assert len(letters(database, LetterStep.THANKS)) == 1
    assert mail_states(database)[-1] is MailState.IGNORED


def test_a_second_answer_changes_nothing_of_the_first(database: Database) -> None:
    letter = sent(database)
    take(database, a_mail(letter), a_mail(letter, "Bij nader inzien: geen probleem."))
    assert "nader inzien" not in (request(database).note or "")
    assert mail_states(database) == [MailState.MATCHED, MailState.IGNORED]


def test_what_a_machine_says_by_itself_is_no_answer(database: Database) -> None:
    letter = sent(database)
    take(database, a_mail(letter, "Wij hebben uw bericht ontvangen.", Auto_Submitted="auto-replied"))
    assert request(database).state is RequestState.PLANNED
    assert mail_states(database) == [MailState.IGNORED]
    take(database, a_mail(letter))
    assert request(database).state is RequestState.MADE


def test_an_automatic_answer_proves_that_an_uncertain_request_arrived_and_leaves_it_open(database: Database) -> None:
    running(database)
    a_dispatcher(database, Wire(TransportError("verbinding weg", "answer", body_left=True)), LATE).send_due()
    (letter,) = letters(database)
    take(database, a_mail(letter, "Wij hebben uw bericht ontvangen.", Auto_Submitted="auto-replied"))
    assert letters(database)[0].state is LetterState.SENT
    assert request(database).state is RequestState.PLANNED
    take(database, a_mail(letter))
    assert request(database).state is RequestState.MADE


def test_a_letter_that_came_back_means_that_the_office_was_not_reached(database: Database) -> None:
    letter = sent(database)
    report = (
        f"From: MAILER-DAEMON@mx.alfa.example\r\nTo: {letter.reply_address}\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nUnknown user.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.alfa.example\r\n\r\n"
        "Final-Recipient: rfc822; verhuur@alfa.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    ).encode()
    take(database, report)
    assert (request(database).state, request(database).code) == (RequestState.NOT_REACHED, "NIET_BEREIKT")
    assert letters(database, LetterStep.THANKS) == []


def test_an_answer_after_closing_is_not_counted_any_more(database: Database) -> None:
    letter = sent(database)
    with database.writing() as session:
        requesting.close(session, NAME, "s.bos", LATE)
    take(database, a_mail(letter))
    assert request(database).state is RequestState.NOT_REACHED
    assert mail_states(database) == [MailState.IGNORED]


def test_an_office_of_the_simulated_market_understands_the_mail_and_its_answer_finds_its_place(
    database: Database,
) -> None:
    """Over the bytes of both sides, for enough offices that most stances are met."""
    keys = [f"kantoor-{number}" for number in range(20)]
    market = open_market(a_world(keys), bias=0.0, seed=3)
    running(database, *keys)
    wire = Wire()
    while a_dispatcher(database, wire, LATE).send_due():
        pass
    assert len(wire.taken) == 20
    answers = []
    for envelope in wire.taken:
        key = envelope.recipient.rpartition("@")[2].removesuffix(".example")
        seen = read_mail(compose(envelope), advertiser=key, to=envelope.recipient, return_path=envelope.sender_address)
        assert owners.asks_to_leave_out(seen.body)
        answers.append(owners.reply(market, seen, LATE))
    mails = [each for each in answers if each is not None]
    assert len({each.kind for each in mails}) > 3
    take(database, *(each.raw for each in mails))
    with database.reading() as session:
        rows = session.scalars(select(OwnerRequest)).all()
        notes = [each.note or "" for each in rows if each.state is RequestState.MADE]
    assert len(notes) == len(mails)
    assert not any("Marokkaanse" in note or "Kantoor-" in note or "kantoor-" in note for note in notes)


def a_world(keys: list[str]) -> World:
    offices = {key: Market(key, f"Makelaardij {key}", "broker", f"verhuur@{key}.example", "smtp") for key in keys}
    homes = [Home(f"{key}-w", key, f"Kamp {place}", "Amersfoort", 1250, f"R-{place}") for place, key in enumerate(keys)]
    return World(offices, {each.key: each for each in homes})
