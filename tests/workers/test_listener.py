"""The SMTP listener: what it accepts is stored, and it refuses as little as it can."""

import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from house_makers import only_sqlite, refused
from sqlalchemy import select

from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseError
from orchestrator.models import Delivery, InboundMail
from orchestrator.rounds import answers
from portal.demo.ports import free_port
from workers.inbox import listener
from workers.inbox.listener import Listener

NOW = datetime(2026, 9, 8, 9, 0, tzinfo=UTC)
RAW = b"From: verhuur@alfa.example\r\nSubject: Re: woning\r\n\r\nHelaas.\r\n"
TO = "Zoe.VanDijk@woonpost.example"
LIMIT = 50_000


@pytest.fixture
def door(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[smtplib.SMTP]:
    """A connection to a listener that takes mails up to `LIMIT`."""
    monkeypatch.setattr(listener, "MOST_BYTES", LIMIT)
    here = Listener(database, Clock.scaled(NOW, 1.0), "127.0.0.1", free_port())
    here.start()
    try:
        with smtplib.SMTP("127.0.0.1", here.port, timeout=10) as line:
            line.ehlo()
            yield line
    finally:
        here.stop()


def stored(database: Database) -> list[InboundMail]:
    with database.reading() as session:
        return list(session.scalars(select(InboundMail).order_by(InboundMail.id)))


def give(door: smtplib.SMTP, raw: bytes, *to: str) -> None:
    door.sendmail("verhuur@alfa.example", list(to) or [TO], raw)


def test_a_mail_is_stored_as_it_came_with_all_it_was_for(database: Database, door: smtplib.SMTP) -> None:
    give(door, RAW, TO, "b@woonpost.example")
    (mail,) = stored(database)
    assert (mail.raw, mail.envelope_to) == (RAW, "b@woonpost.example,zoe.vandijk@woonpost.example")
    assert mail.received_at >= NOW


@only_sqlite
def test_a_sender_that_missed_our_answer_and_tries_again_delivers_once(database: Database, door: smtplib.SMTP) -> None:
    give(door, RAW)
    give(door, RAW)
    with database.reading() as session:
        assert len(session.scalars(select(Delivery)).all()) == len(stored(database)) == 1


@only_sqlite
def test_a_mail_announced_as_too_big_is_refused_before_it_is_sent(database: Database, door: smtplib.SMTP) -> None:
    assert door.esmtp_features["size"] == str(LIMIT)
    assert door.docmd(f"MAIL FROM:<a@alfa.example> SIZE={LIMIT + 1}")[0] == 552
    assert stored(database) == []


@only_sqlite
def test_a_mail_that_turns_out_too_big_is_refused_and_the_next_is_taken(database: Database, door: smtplib.SMTP) -> None:
    door.docmd("MAIL FROM:<a@alfa.example>")
    door.docmd(f"RCPT TO:<{TO}>")
    assert door.data(RAW + b"woord " * LIMIT)[0] == 552
    give(door, RAW)
    assert [mail.raw for mail in stored(database)] == [RAW]


@only_sqlite
def test_a_line_of_any_length_is_taken(database: Database, door: smtplib.SMTP) -> None:
    long = RAW + b"x" * 20_000 + b"\r\n"
    give(door, long)
    assert stored(database)[0].raw == long


@only_sqlite
def test_a_mail_that_cannot_be_stored_is_to_be_tried_again(
    database: Database, door: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr(answers, "store", away)
        with pytest.raises(smtplib.SMTPDataError) as caught:
            give(door, RAW)
    assert caught.value.smtp_code == 451
    give(door, RAW)
    assert len(stored(database)) == 1


def test_an_address_that_no_database_could_hold_is_taken_without_what_is_odd(
    database: Database, door: smtplib.SMTP
) -> None:
    assert door.docmd("MAIL FROM:<a@alfa.example> SMTPUTF8 BODY=8BITMIME")[0] == 250
    door.sock.sendall(b"RCPT TO:<a\xff\xfeb@woonpost.example>\r\n")
    assert door.getreply()[0] in (250, 501, 553)
    door.docmd(f"RCPT TO:<{TO}>")
    assert door.data(RAW)[0] == 250
    assert TO.lower() in stored(database)[0].envelope_to


def test_a_port_that_is_taken_is_named(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, refused("port-in-use"):
        Listener(database, Clock(), "127.0.0.1", taken.getsockname()[1]).start()
