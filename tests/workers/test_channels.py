"""What a failure on the wire means is decided by how far the letter came, never by the name of the exception."""

import email
import smtplib
import time
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

import pytest
from house_makers import only
from hypothesis import given
from hypothesis import strategies as st
from wire_makers import GOODBYE, SILENCE, MailServer, an_envelope, no_gate, running, shut_gate

from orchestrator.intake import Channel
from orchestrator.rounds.sending import Envelope
from orchestrator.settings import Settings
from portal.demo.ports import free_port
from profiles.errors import Refused
from workers.channels.choose import channels
from workers.channels.message import ZONE, compose
from workers.channels.outbox import Outbox
from workers.channels.smtp import Smtp
from workers.channels.transport import GateShut, TransportError
from workers.dispatch import FAULTS_OF_SERVER

SECONDS = 2.0


def _refusal(server: MailServer) -> TransportError:
    with running(server), pytest.raises(TransportError) as caught:
        Smtp("127.0.0.1", server.port, SECONDS).send(an_envelope(), no_gate)
    return caught.value


def test_an_accepted_letter_arrives_whole_and_returns_the_servers_own_words() -> None:
    server = MailServer()
    with running(server):
        accepted = Smtp("127.0.0.1", server.port, SECONDS).send(an_envelope(), no_gate)
    assert accepted == "250 bewaard"
    arrived = email.message_from_bytes(server.bodies[0].removesuffix(b".\r\n"), policy=policy.default)
    # Dot-stuffing is undone by whoever receives; the test's server keeps the bytes of the wire.
    assert arrived.get_content().replace("\r\n", "\n").replace("\n..", "\n.") == an_envelope().body


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
@pytest.mark.parametrize("answer", [GOODBYE, "421 te druk", "451 later", "530 eerst inloggen"])
def test_before_the_body_nothing_left_us(step: str, answer: str) -> None:
    error = _refusal(MailServer(step, answer))
    assert (error.body_left, error.permanent) == (False, False)


@pytest.mark.parametrize(("step", "permanent"), [("connect", False), ("mail", False), ("rcpt", True), ("data", True)])
def test_only_a_server_that_knows_the_recipient_refuses_for_good(step: str, permanent: bool) -> None:
    error = _refusal(MailServer(step, "550 nooit"))
    assert (error.body_left, error.permanent) == (False, permanent)


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("answer", ["550 5.7.1 relaying denied", "554 5.7.26 not authenticated"])
def test_a_policy_of_the_server_is_about_us_and_not_about_the_recipient(step: str, answer: str) -> None:
    error = _refusal(MailServer(step, answer))
    assert (error.phase, error.permanent) == ("policy", False)
    assert error.phase in FAULTS_OF_SERVER


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "552 5.2.2 mailbox full", "550 15.7.1 odd"])
def test_a_refusal_of_the_recipient_is_final(answer: str) -> None:
    error = _refusal(MailServer("rcpt", answer))
    assert (error.phase, error.permanent) == ("rcpt", True)


def test_a_server_that_hangs_up_at_the_greeting_took_nothing() -> None:
    assert not _refusal(MailServer("ehlo")).body_left


@pytest.mark.parametrize(
    ("step", "answer", "body_left", "permanent"),
    [
        ("body", GOODBYE, True, False),
        ("mid-body", GOODBYE, True, False),
        ("body", "25", True, False),
        ("body", "252 misschien", True, False),
        ("body", "goed", True, False),
        ("body", "452 vol", False, False),
        ("body", "554 nee", False, True),
    ],
)
def test_after_the_body_only_an_answer_is_certain(step: str, answer: str, body_left: bool, permanent: bool) -> None:
    error = _refusal(MailServer(step, answer))
    assert (error.body_left, error.permanent) == (body_left, permanent)


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data", "body"])
def test_a_server_that_says_nothing_is_given_up_in_time_and_the_log_tells_so(step: str) -> None:
    server, begun = MailServer(step, SILENCE), time.monotonic()
    with running(server), pytest.raises(TransportError, match=r"geen antwoord|timed out") as caught:
        Smtp("127.0.0.1", server.port, 0.3).send(an_envelope(), no_gate)
    assert 0.3 <= time.monotonic() - begun < SECONDS
    assert caught.value.body_left == (step == "body")


def test_the_gate_is_asked_when_the_server_waits_for_the_body_and_a_shut_one_leaves_it_waiting() -> None:
    server = MailServer()
    seen: list[list[str]] = []

    def looks() -> None:
        seen.append([command.split()[0].lower() for command in server.commands])
        raise GateShut

    with running(server), pytest.raises(GateShut):
        Smtp("127.0.0.1", server.port, SECONDS).send(an_envelope(), looks)
    assert only(seen)[-3:] == ["mail", "rcpt", "data"]
    assert server.bodies == []


def test_after_a_shut_gate_the_next_letter_gets_a_connection_of_its_own() -> None:
    server = MailServer()
    with running(server):
        channel = Smtp("127.0.0.1", server.port, SECONDS)
        with pytest.raises(GateShut):
            channel.send(an_envelope(), shut_gate)
        channel.send(an_envelope(), no_gate)
    assert (server.connections, len(server.bodies)) == (2, 1)


def test_a_file_is_not_written_past_a_shut_gate(tmp_path: Path) -> None:
    with pytest.raises(GateShut):
        Outbox(tmp_path / "outbox").send(an_envelope(), shut_gate)
    assert not (tmp_path / "outbox").exists()


def test_a_server_that_is_not_there_took_nothing() -> None:
    with pytest.raises(TransportError) as caught:
        Smtp("127.0.0.1", free_port(), SECONDS).send(an_envelope(), no_gate)
    assert (caught.value.phase, caught.value.body_left, caught.value.permanent) == ("connect", False, False)


def test_a_connection_is_kept_between_letters_and_renewed_after_a_fault() -> None:
    server = MailServer()
    with running(server):
        channel = Smtp("127.0.0.1", server.port, SECONDS)
        channel.send(an_envelope(), no_gate)
        channel.send(an_envelope(), no_gate)
        assert server.connections == 1
        server.step, server.answer = "rcpt", "451 later"
        with pytest.raises(TransportError):
            channel.send(an_envelope(), no_gate)
        server.step = None
        channel.send(an_envelope(), no_gate)
    assert server.connections == 2
    assert len(server.bodies) == 3


@pytest.mark.parametrize(
    "address", ["huur@kantoor.example", '"van dijk"@kantoor.example', "Huur <huur@kantoor.example>"]
)
def test_sender_and_recipient_are_told_as_the_library_tells_them(address: str) -> None:
    server = MailServer()
    letter = an_envelope(address, sender_address=address)
    with running(server):
        Smtp("127.0.0.1", server.port, SECONDS).send(letter, no_gate)
    told = smtplib.quoteaddr(address)
    assert [line for line in server.told if line.startswith(("mail", "rcpt"))] == [
        f"mail FROM:{told}", f"rcpt TO:{told}",
    ]  # fmt: skip


def test_all_letters_of_a_rehearsal_can_be_redirected_to_one_mailbox() -> None:
    server = MailServer()
    with running(server):
        Smtp("127.0.0.1", server.port, SECONDS, redirect_all_to="proef@gemeente.example").send(an_envelope(), no_gate)
    assert len(server.bodies) == 1


def test_the_two_letters_of_a_pair_have_the_same_headers_in_the_same_order() -> None:
    one, other = (
        email.message_from_bytes(compose(an_envelope(sender_name=name, sender_address=address)))
        for name, address in (("Zoë van Dijk", "zoe.vandijk.a@w.example"), ("Emre Yıldız", "emre.yildiz.b@w.example"))
    )
    assert one.keys() == other.keys() == [
        "From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    ]  # fmt: skip
    different = {key for key in one if one[key] != other[key]}
    assert different == {"From"}


def _by_the_library(letter: Envelope) -> bytes:
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = str(Address(letter.sender_name, *letter.sender_address.split("@")))
    made["To"] = letter.recipient
    made["Subject"] = letter.subject
    made["Date"] = letter.date.astimezone(ZONE)
    made["Message-ID"] = letter.message_id
    if letter.in_reply_to:
        made["In-Reply-To"] = made["References"] = letter.in_reply_to
    made.set_content(letter.body, charset="utf-8", cte="quoted-printable")
    return made.as_bytes()


@given(
    name=st.text(st.characters(categories=["L", "Zs", "P"]), min_size=1, max_size=60),
    subject=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=120),
    body=st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    before=st.none() | st.just("<eerder@woonpost.example>"),
)
def test_a_letter_has_the_bytes_that_the_library_makes_of_it(
    name: str, subject: str, body: str, before: str | None
) -> None:
    letter = an_envelope(sender_name=name, subject=subject, body=body, in_reply_to=before)
    assert compose(letter) == _by_the_library(letter)


def test_a_letter_refers_in_plain_words_to_one_with_an_id_longer_than_a_line() -> None:
    long = f"<{'AM0PR05MB' * 9}@eurprd05.prod.outlook.com>"
    lines = compose(an_envelope(in_reply_to=long)).splitlines()
    assert {f"In-Reply-To: {long}".encode(), f"References: {long}".encode()} <= set(lines)


NO_MESSAGE = [
    {"recipient": "info@alfa.example\r"},
    {"in_reply_to": "<1@alfa.example>\r\nBcc: iedereen@elders.example"},
    {"in_reply_to": "<1@\udcff.example>\n"},
    {"recipient": "é<"},
    {"recipient": " :"},
    {"message_id": "<\udcff@woonpost.example>"},
    {"body": "Dag \udcff"},
]


@pytest.mark.parametrize("words", NO_MESSAGE, ids=str)
def test_a_letter_of_which_no_message_can_be_made_is_refused_before_anything_is_asked(
    words: dict[str, str], tmp_path: Path
) -> None:
    asked: list[str] = []
    for road in (Smtp("127.0.0.1", free_port(), SECONDS), Outbox(tmp_path)):
        with pytest.raises(TransportError) as caught:
            road.send(an_envelope(**words), lambda: asked.append("gate"))
        assert (caught.value.phase, caught.value.permanent, caught.value.body_left) == ("compose", True, False)
    assert asked == []
    assert list(tmp_path.iterdir()) == []


def test_without_a_mail_server_a_letter_becomes_a_file_and_never_twice(tmp_path: Path) -> None:
    road = channels(Settings(data=tmp_path))[Channel.SMTP]
    assert isinstance(road, Outbox)
    assert "niet verzonden" in road.send(an_envelope(), no_gate)
    assert [path.name for path in (tmp_path / "outbox").iterdir()] == ["token.eml"]
    with pytest.raises(TransportError) as caught:
        road.send(an_envelope(), no_gate)
    assert caught.value.permanent


def test_a_mail_server_elsewhere_needs_the_live_setting(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="live-not-set"):
        channels(Settings(data=tmp_path, smtp_host="smtp.gemeente.example"))
    assert channels(Settings(data=tmp_path, smtp_host="smtp.gemeente.example", live=True))
