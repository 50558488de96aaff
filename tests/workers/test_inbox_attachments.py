"""What hangs on a mail: named, not kept, unless the study says so."""

import base64
from email.message import EmailMessage

import pytest
from house_makers import HOUR, TUESDAY, a_monday, events, letters, only, only_sqlite, run, send_both, store
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from test_inbox_parse import SAMPLES, TOKENS, bounce, mail, multipart

from orchestrator.db import Database
from orchestrator.models import InboundMail, Inquiry, Reply
from results.blind import blind
from workers.inbox.attachments import told, without_contents
from workers.inbox.parse import content_key, parse
from workers.inbox.reading import read_stored, redeliver, shown

SECRET = b"%PDF-1.7 loonstrook van de heer Jansen " * 40
ENCODED = base64.encodebytes(SECRET)
TRACES = (SECRET[:30], ENCODED[:30])


def a_carrier(text: str = "Zie bijlage.", name: str = "plattegrond.pdf", **headers: str) -> EmailMessage:
    message = EmailMessage()
    for key, value in {"From": "Anna de Boer <anna@alfa.example>", "Subject": "Re: uw reactie", **headers}.items():
        message[key.replace("_", "-")] = value
    message.set_content(text)
    message.add_attachment(SECRET, maintype="application", subtype="pdf", filename=name)
    return message


def forwarded() -> bytes:
    """A mail that carries a whole mail, which carries a file of its own."""
    outside = a_carrier("Hierbij het antwoord van mijn collega.", name="buiten.pdf", To="wie@woonpost.example")
    outside.add_attachment(a_carrier("De woning is verhuurd.", name="binnen.pdf"))
    return outside.as_bytes()


CARRIERS = {
    "a file": a_carrier().as_bytes(),
    "a file in a mail with bare line ends": a_carrier().as_bytes().replace(b"\n", b"\r\n"),
    "a name that is no ascii": a_carrier(name="plattegrond één (kopie).pdf").as_bytes(),
    "a mail forwarded whole": forwarded(),
    "a file as its whole body": mail(
        ENCODED.decode(), Content_Type='application/pdf; name="a.pdf"', Content_Transfer_Encoding="base64"
    ),
    "a file in the preamble too": a_carrier().as_bytes().replace(b"\n\n--=", b"\n\n" + ENCODED + b"\n--=", 1),
    "a text file": multipart(
        "mixed", "Content-Type: text/plain\n\nDag",
        f"Content-Type: text/plain\nContent-Disposition: attachment; filename=x.txt\n\n{SECRET.decode()}",
    ),
    "what only Outlook reads": multipart(
        "mixed", "Content-Type: text/plain\n\nDag",
        f"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n{ENCODED.decode()}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("raw", CARRIERS.values(), ids=CARRIERS.keys())
def test_contents_go_and_all_that_is_read_stays(raw: bytes) -> None:
    left = without_contents(raw)
    assert parse(left) == parse(raw)
    assert parse(raw).attachments
    assert any(trace in raw for trace in TRACES)
    assert not any(trace in left for trace in TRACES)


@pytest.mark.parametrize("raw", [mail(), bounce("failed"), multipart("alternative", "\na", "\nb"), b"", b"\xff\n\n"])
def test_a_mail_without_attachments_stays_as_it_came(raw: bytes) -> None:
    assert without_contents(raw) == raw


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from([*SAMPLES, *CARRIERS.values()]),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 30), st.sampled_from(TOKENS)), max_size=6),
)
def test_any_damaged_mail_loses_its_contents_without_an_error(raw: bytes, damage: list[tuple[int, int, bytes]]) -> None:
    for at, length, token in damage:
        place = at % (len(raw) + 1)
        raw = raw[:place] + token + raw[place + length :]
    before, after = parse(raw), parse(without_contents(raw))
    assert (after.sender, after.subject, after.recipients) == (before.sender, before.subject, before.recipients)
    assert after.text.split() == before.text.split()


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("plattegrond.pdf", "[bijlage: plattegrond.pdf]"),
        ("Offerte_AnnaDeBoer+kopie.pdf", "[bijlage: Offerte Anna De Boer kopie.pdf]"),
    ],
)
def test_the_words_of_a_file_name_stand_apart(name: str, shows: str) -> None:
    assert told(name) == shows


def a_waiting_round(database: Database, **study: bool) -> Inquiry:
    run(database, a_monday(study=study))
    send_both(database)
    return letters(database)[0]


def take(database: Database, message: EmailMessage) -> None:
    raw = message.as_bytes()
    store(database, raw, content_key(raw))
    assert read_stored(database, TUESDAY + HOUR) == 1


def kept(database: Database) -> InboundMail:
    with database.reading() as session:
        return only(session.scalars(select(InboundMail)))


def the_reply(database: Database) -> Reply:
    with database.reading() as session:
        reply: Reply = only(session.scalars(select(Reply)))
        assert reply.inquiry.pair.inquiries
        assert reply.inquiry.pair.round
        assert reply.masks == []
        return reply


def test_an_answer_that_has_its_place_keeps_names_and_its_identity_but_no_contents(database: Database) -> None:
    letter = a_waiting_round(database)
    message = a_carrier("Helaas is de woning al verhuurd.", To=letter.reply_address)
    take(database, message)
    mail = kept(database)
    assert ENCODED[:30] not in mail.raw
    assert mail.content_key == content_key(message.as_bytes())
    assert not store(database, message.as_bytes(), mail.content_key, now=TUESDAY + HOUR)
    reply = the_reply(database)
    assert reply.text.endswith("\n[bijlage: plattegrond.pdf]")
    assert (reply.label, reply.proposal) == ("AL_VERHUURD", "AL_VERHUURD")
    assert [event.kind for event in events(database)].count("mail.lightened") == 1


@only_sqlite
def test_a_study_may_keep_attachments(database: Database) -> None:
    letter = a_waiting_round(database, keep_attachments=True)
    message = a_carrier(To=letter.reply_address)
    take(database, message)
    assert kept(database).raw == message.as_bytes()


@only_sqlite
@pytest.mark.parametrize("keeps", [False, True])
def test_a_mail_that_waits_keeps_its_contents_only_where_some_study_would(database: Database, keeps: bool) -> None:
    letter = a_waiting_round(database, keep_attachments=keeps)
    take(database, a_carrier("Dag.", To="wie@woonpost.example"))
    assert (ENCODED[:30] in kept(database).raw) is keeps
    assert shown(kept(database))[2].endswith("[bijlage: plattegrond.pdf]")
    with database.writing() as session:
        mail, inquiry = session.scalars(select(InboundMail)).one(), session.get_one(Inquiry, letter.id)
        redeliver(session, mail, inquiry, "m.dekker", TUESDAY + HOUR)
    assert (ENCODED[:30] in kept(database).raw) is keeps
    assert the_reply(database).text.endswith("[bijlage: plattegrond.pdf]")


@only_sqlite
def test_names_of_people_in_a_file_name_are_masked_like_those_in_the_text(database: Database) -> None:
    letter = a_waiting_round(database)
    last = letter.profile["name"]["last"]
    take(database, a_carrier("Dag.", name=f"Bezichtiging_{last}_AnnaDeBoer.pdf", To=letter.reply_address))
    reply = the_reply(database)
    assert "Anna" not in reply.text
    assert last in reply.text
    assert last not in blind(reply)


@only_sqlite
def test_the_name_of_a_file_is_no_answer(database: Database) -> None:
    letter = a_waiting_round(database)
    take(database, a_carrier("Zie bijlage.", name="de woning is helaas al verhuurd.pdf", To=letter.reply_address))
    assert the_reply(database).label is None
