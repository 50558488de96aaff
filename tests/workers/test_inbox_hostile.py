"""Mails made to break or to stall a reader: each is read soon, gets a place, and stops no other."""

import base64
import time
from collections.abc import Callable

import pytest
from house_makers import HOUR, TUESDAY, letters, only, only_sqlite, refused, run, send_both, store
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from test_inbox_parse import SAMPLES, TOKENS, mail, multipart

from orchestrator.db import Database, Unfit
from orchestrator.models import DeferredReply, InboundMail, Inquiry, Reply
from orchestrator.rounds import answers
from orchestrator.states import MailState
from results import outcomes
from workers.inbox import reading
from workers.inbox.attachments import without_contents
from workers.inbox.mime import LONGEST_TEXT
from workers.inbox.parse import Mail, content_key, delivered_to, parse
from workers.inbox.quotes import cut_quotes
from workers.inbox.reading import UNREADABLE, read_stored, redeliver, shown
from workers.inbox.staff import mask_staff

SECONDS = 20.0
"""Far more than any mail takes, and far less than a pattern that runs away."""

MANY = 200_000


def nested(levels: int) -> bytes:
    inside = "Content-Type: text/plain\n\nhelaas verhuurd"
    for level in range(levels):
        inside = f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n{inside}\n--b{level}--\n'
    return mail("", MIME_Version="1.0").rstrip() + b"\r\n" + inside.encode()


def forwards(levels: int) -> bytes:
    inside = "From: a@b.example\n\nhelaas verhuurd"
    for level in range(levels):
        inside = f"Subject: {level}\nContent-Type: message/rfc822\n\n{inside}"
    return inside.encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a thousand parts": lambda: multipart("mixed", *["Content-Type: text/plain\n\nx"] * 1000),
    "endless parts": lambda: multipart("mixed") + b"--grens\n" * 5 * MANY,
    "a hundred levels": lambda: nested(100),
    "ten thousand levels": lambda: nested(10_000),
    "a hundred mails in mails": lambda: forwards(100),
    "ten thousand mails in mails": lambda: forwards(10_000),
    "a header of 1 MB": lambda: mail(Subject="x" * 5 * MANY),
    "endless parameters": lambda: mail(Content_Type="text/plain" + ";a=b" * MANY),
    "endless recipients": lambda: mail(To="a@b.example, " * MANY),
    "endless headers": lambda: b"To: a@b.example\n" * 15_000 + mail(),
    "endless references": lambda: mail(References="<a@b.example> " * MANY),
    "a reference without an end": lambda: mail(In_Reply_To="a" * MANY),
    "base64 that swells to nothing": lambda: mail(
        base64.encodebytes(bytes(20 * MANY)).decode(), Content_Transfer_Encoding="base64"
    ),
    "endless HTML": lambda: mail("<p>helaas verhuurd</p>" * 300_000, Content_Type="text/html"),
    "blocks in blocks without end": lambda: mail("<blockquote>" * 100_000, Content_Type="text/html"),
    "styles without end": lambda: mail("<style>" * 100_000, Content_Type="text/html"),
    "endless lines": lambda: mail("\n" * 5 * MANY),
    "an endless bounce": lambda: mail("a\n" * MANY, From="mailer-daemon@mx.example"),
    "carriage returns only": lambda: b"To: a@b.example\r\r" + b"--\r" * MANY,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_mail_is_read_soon(make: Callable[[], bytes]) -> None:
    raw = make()
    begun = time.monotonic()
    assert len(content_key(raw)) == 64
    assert len(parse(raw).text) <= LONGEST_TEXT
    without_contents(raw)
    delivered_to(raw)
    assert time.monotonic() - begun < SECONDS


def test_what_a_hundred_levels_hold_is_still_read() -> None:
    assert parse(nested(100)).text == parse(forwards(100)).text == "helaas verhuurd"


@pytest.mark.parametrize(
    "unit",
    [" ", "\n", "-", "_", "<a@", "groet\n", "Op 1\n", "mijn collega Anna de Boer, ", "A ", "> ", "\u00a0", "06-"],
)
def test_a_text_of_one_thing_repeated_is_cut_masked_and_labelled_soon(unit: str) -> None:
    whole = (unit * LONGEST_TEXT)[:LONGEST_TEXT]
    begun = time.monotonic()
    own = mask_staff(cut_quotes(whole, "Is de woning nog vrij?\nGroet"), "Anna de Boer")
    outcomes.propose(own)
    outcomes.mask_cues(whole, ["Sanne de Groot"], ["s.degroot@woonpost.example"])
    assert time.monotonic() - begun < SECONDS


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), st.sampled_from(TOKENS)), min_size=1, max_size=12),
)
def test_any_damaged_mail_can_be_cut_masked_and_labelled(raw: bytes, damage: list[tuple[int, int, bytes]]) -> None:
    for at, length, token in damage:
        place = at % (len(raw) + 1)
        raw = raw[:place] + token + raw[place + length :]
    read = parse(raw)
    own = mask_staff(cut_quotes(read.text, "Is de woning nog vrij?"), read.sender_name)
    if read.kind != "notice":
        assert outcomes.propose(own, read.subject, read.kind.value).label in outcomes.labels()
    without_contents(raw)
    assert all("\x00" not in address for address in delivered_to(raw))


# --- Charsets that lie, and bodies that are hardly there -------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ({"Content_Type": "text/plain; charset=utf-16"}, "Eén woning".encode("utf-16-le"), None),
        ({"Content_Type": "text/plain; charset=utf-16le"}, "Eén woning".encode("utf-16-le"), "Eén woning"),
        ({"Content_Type": "text/plain; charset=utf-16"}, "Eén woning".encode("utf-16"), "Eén woning"),
        ({"Content_Type": "text/plain; charset=utf-8"}, "Eén woning €".encode("cp1252"), "Eén woning €"),
        ({"Content_Type": "text/plain; charset=x-geheim"}, "Eén woning".encode("latin-1"), "Eén woning"),
        ({"Content_Transfer_Encoding": "base64"}, b"VSBiZW50IHdlbGtvbQ", "U bent welkom"),  # padding lost
        ({"Content_Transfer_Encoding": "base64"}, b"VSBi*ZW50IHdl\nbGtvbQ==\n-- \nreclame", None),
        ({"Content_Transfer_Encoding": "quoted-printable"}, b"E=E9n=ZZ woning=", "Eén=ZZ woning"),
        ({"Content_Transfer_Encoding": "x-uuencode"}, b"geen begin", None),
        ({"Content_Type": "text/html"}, b"<p>U bent <b>welkom</b></p>", "U bent welkom"),
        ({}, b"", ""),
        ({"Content_Type": "multipart/mixed; boundary=weg"}, b"U bent welkom", "U bent welkom"),
    ],
)
def test_a_body_is_read_as_well_as_can_be(headers: dict[str, str], body: bytes, text: str | None) -> None:
    read = parse(mail("", **headers) + body)
    assert read.sender == "sanne@eemwonen.example"
    assert text is None or read.text == text


def test_of_a_header_that_stands_there_twice_the_first_counts_and_all_recipients_do() -> None:
    twice = (
        b"Subject: een\r\nSubject: twee\r\nFrom: a@x.example\r\nFrom: b@x.example\r\nTo: c@x.example\r\nTo: d@x.example"
    )
    read = parse(twice + b"\r\n\r\nDag")
    assert (read.subject, read.sender, read.recipients) == ("een", "a@x.example", ("c@x.example", "d@x.example"))


# --- A mail at which our own code fails ------------------------------------------------------------------------------


def a_round_with_mails(database: Database, *texts: str) -> list[Inquiry]:
    run(database)
    send_both(database)
    first = letters(database)[0]
    for number, said in enumerate(texts):
        store(database, mail(said, To=first.reply_address, Message_ID=f"<{number}@x.example>"), f"k{number}")
    return letters(database)


def poison(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let reading fail at every mail that says "gif"."""

    def failing(raw: bytes) -> Mail:
        if b"gif" in raw:
            raise error
        return parse(raw)

    monkeypatch.setattr(reading, "parse", failing)


def mail_states(database: Database) -> list[MailState]:
    with database.reading() as session:
        return list(session.scalars(select(InboundMail.state).order_by(InboundMail.id)))


@pytest.mark.parametrize(
    "error", [ValueError("x"), RecursionError(), KeyError("x"), UnicodeEncodeError("a", "b", 0, 1, "c")]
)
def test_a_mail_that_cannot_be_read_waits_for_a_person_and_stops_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    a_round_with_mails(database, "helaas verhuurd", "gif", "helaas verhuurd", "nog meer gif", "helaas verhuurd")
    poison(monkeypatch, error)
    assert read_stored(database, TUESDAY + HOUR) == 3
    matched, deferred = MailState.MATCHED, MailState.DEFERRED
    assert mail_states(database) == [matched, deferred, matched, deferred, matched]
    with database.reading() as session:
        assert session.scalars(select(DeferredReply.reason)).all() == [UNREADABLE] * 2
        assert len(session.scalars(select(Reply)).all()) == 3
    assert read_stored(database, TUESDAY + HOUR) == 0


def test_what_the_database_cannot_hold_is_such_a_mail(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    a_round_with_mails(database, "gif", "helaas verhuurd")
    whole = answers.add_reply

    def failing(session: object, *told: object) -> Reply:
        if "gif" in str(told[3]):
            raise Unfit("INSERT", {}, ValueError("a NUL"))
        return whole(session, *told)  # type: ignore[arg-type]

    monkeypatch.setattr(answers, "add_reply", failing)
    read_stored(database, TUESDAY + HOUR)
    assert mail_states(database) == [MailState.DEFERRED, MailState.MATCHED]


@only_sqlite
def test_a_mail_that_cannot_be_read_is_shown_as_such_and_cannot_be_placed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    inquiry = a_round_with_mails(database, "gif")[0]
    poison(monkeypatch, ValueError("x"))
    read_stored(database, TUESDAY + HOUR)
    with database.reading() as session:
        stored = only(session.scalars(select(InboundMail)))
        assert "niet te lezen" in shown(stored)[2]
    with refused("unreadable-mail"), database.writing() as session:
        stored, row = session.scalars(select(InboundMail)).one(), session.get_one(Inquiry, inquiry.id)
        redeliver(session, stored, row, "m.dekker", TUESDAY + HOUR)
    assert mail_states(database) == [MailState.DEFERRED]


def test_an_error_that_is_no_fault_of_the_mail_leaves_it_for_the_next_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_round_with_mails(database, "gif", "helaas verhuurd")
    poison(monkeypatch, MemoryError())
    with pytest.raises(MemoryError):
        read_stored(database, TUESDAY + HOUR)
    assert mail_states(database) == [MailState.STORED] * 2
