"""Letters are handed in over a connection that is what it says it is, or not at all."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from house_makers import DUE, MINUTE, only_sqlite, run, states
from tls_makers import Certificate, authority
from wire_makers import MailServer, an_envelope, no_gate, running

from orchestrator import channel_faults
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.intake import Channel
from orchestrator.settings import Security, Settings
from orchestrator.states import LetterState
from portal.demo.ports import free_port
from profiles.errors import BadInput, Refused
from workers.channels.choose import channels
from workers.channels.smtp import Smtp, Submission
from workers.channels.transport import TransportError
from workers.dispatch import Dispatcher

SECONDS = 5.0
USER, PASSWORD = "praktijktest", "geheim-woord-7"


class Relay:
    """What the server saw: letters, how each login went, and whether the connection was protected."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.protected: list[bool] = []
        self.logins: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        self.bodies.append(bytes(envelope.content or b""))
        self.protected.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 bewaard"

    def check(self, *asked: object) -> AuthResult:
        given = asked[-1]
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password) == (USER.encode(), PASSWORD.encode()))
        return AuthResult(success=self.logins[-1], handled=self.logins[-1])


@contextmanager
def relay(security: Security, certificate: Certificate | None = None, **wishes: object) -> Iterator[tuple[Relay, int]]:
    """A real SMTP server with this protection, on a free port of this machine."""
    context = (certificate or authority().here).context() if security is not Security.NONE else None
    protection: dict[str, object] = {}
    if security is Security.STARTTLS:
        protection = {"tls_context": context, "require_starttls": True}
    elif security is Security.TLS:
        protection = {"ssl_context": context}
    seen = Relay()
    server = Controller(seen, hostname="127.0.0.1", port=free_port(), authenticator=seen.check, **protection, **wishes)
    server.start()
    try:
        yield seen, server.port
    finally:
        server.stop()


def submission(security: Security, password: str | None = None, trusted: Path | None = None) -> Submission:
    context = ssl.create_default_context(cafile=trusted or authority().file)
    return Submission(security, USER if password else None, password or "", context)


def refusal(port: int, how: Submission, host: str = "127.0.0.1") -> TransportError:
    with pytest.raises(TransportError) as caught:
        Smtp(host, port, SECONDS, how=how).send(an_envelope(), no_gate)
    assert (caught.value.body_left, caught.value.permanent) == (False, False)
    return caught.value


PROTECTED = pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])


@PROTECTED
def test_letters_go_over_one_protected_connection_after_one_login(security: Security) -> None:
    with relay(security, auth_require_tls=security is Security.STARTTLS) as (seen, port):
        channel = Smtp("localhost", port, SECONDS, how=submission(security, PASSWORD))
        for _ in range(3):
            assert channel.send(an_envelope(), no_gate) == "250 bewaard"
    assert len(seen.bodies) == 3
    assert seen.protected == [True] * 3
    assert seen.logins == [True]


@PROTECTED
def test_an_unknown_authority_is_no_reason_to_fail_a_letter(security: Security) -> None:
    with relay(security) as (seen, port):
        stranger = Submission(security, trust=ssl.create_default_context())
        error = refusal(port, stranger)
    assert error.phase == "tls"
    assert "certificaat" in str(error)
    assert seen.bodies == []


@PROTECTED
def test_a_certificate_of_another_host_is_refused(security: Security) -> None:
    with relay(security, authority().elsewhere) as (seen, port):
        error = refusal(port, submission(security))
    assert error.phase == "tls"
    assert "certificaat" in str(error)
    assert seen.bodies == []


def test_a_server_without_starttls_gets_no_letter_and_no_password() -> None:
    with relay(Security.NONE, auth_require_tls=False) as (seen, port):
        error = refusal(port, submission(Security.STARTTLS, PASSWORD))
    assert error.phase == "tls"
    assert "STARTTLS" in str(error)
    assert (seen.bodies, seen.logins) == ([], [])


def test_a_plain_server_where_tls_was_expected_gets_nothing() -> None:
    with relay(Security.NONE, auth_require_tls=False) as (seen, port):
        assert refusal(port, submission(Security.TLS)).phase == "tls"
    assert seen.bodies == []


def test_refused_credentials_are_our_own_fault_and_are_not_repeated_in_words() -> None:
    with relay(Security.STARTTLS, auth_required=True) as (seen, port):
        error = refusal(port, submission(Security.STARTTLS, "een ander woord"))
    assert error.phase == "auth"
    assert "535" in str(error)
    assert "PRAKTIJKTEST_SMTP_PASSWORD" in str(error)
    assert "een ander woord" not in str(error)
    assert seen.bodies == []


def test_after_a_refused_login_the_next_letter_does_not_knock_again() -> None:
    with relay(Security.STARTTLS, auth_required=True) as (seen, port):
        channel = Smtp("127.0.0.1", port, SECONDS, how=submission(Security.STARTTLS, "een ander woord"))
        tried = []
        for _ in range(3):
            with pytest.raises(TransportError) as caught:
                channel.send(an_envelope(), no_gate)
            assert (caught.value.phase, caught.value.permanent) == ("auth", False)
            tried.append(len(seen.logins))
    assert tried[0] == tried[2] > 0


def test_a_server_that_knows_no_login_is_told_apart() -> None:
    server = MailServer()
    with running(server):
        error = refusal(server.port, submission(Security.NONE, PASSWORD))
    assert error.phase == "auth"


def test_a_server_that_wants_a_login_does_not_fail_the_letter() -> None:
    with relay(Security.STARTTLS, auth_required=True) as (seen, port):
        error = refusal(port, submission(Security.STARTTLS))
    assert "530" in str(error)
    assert seen.bodies == []


def test_a_password_is_in_no_text_about_the_channel() -> None:
    how = submission(Security.STARTTLS, PASSWORD)
    channel = Smtp("127.0.0.1", 25, SECONDS, how=how)
    assert PASSWORD not in f"{how!r}{channel}{channel!r}"


def remote(monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    values = {"LIVE": "yes", "SMTP_HOST": "mail.stad.example", "SMTP_USER": USER, "SMTP_PASSWORD": PASSWORD}
    for name, value in {**values, **changes}.items():
        monkeypatch.setenv(f"PRAKTIJKTEST_{name}", value)
    return Settings.from_env()


def test_letters_for_another_machine_go_by_starttls_unless_set_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert remote(monkeypatch).submission is Security.STARTTLS
    assert remote(monkeypatch, SMTP_SECURITY="tls").submission is Security.TLS
    assert remote(monkeypatch, SMTP_HOST="127.0.0.1", SMTP_SECURITY="none").submission is Security.NONE
    assert Settings(smtp_host="localhost").submission is Security.NONE


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"SMTP_SECURITY": "none"}, "password-in-clear"),
        ({"SMTP_SECURITY": "ssl"}, "bad-setting"),
        ({"SMTP_PASSWORD": "gehéim"}, "bad-login"),
        ({"SMTP_CA_FILE": "er-is-niets.pem"}, "no-such-file"),
        ({"IMAP_HOST": "imap.stad.example"}, "half-login"),
        ({"IMAP_HOST": "imap.stad.example", "IMAP_USER": USER, "IMAP_PASSWORD": PASSWORD, "IMAP_SECURITY": "none"},
         "password-in-clear"),
        ({"LEDGER_IMAP_FOLDER": "Grootboek"}, "no-mailbox"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_right_are_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], problem: str
) -> None:
    with pytest.raises(BadInput) as caught:
        remote(monkeypatch, **changes)
    assert [each.code for each in caught.value.problems] == [problem]
    assert PASSWORD not in str(caught.value)


def test_a_name_without_a_password_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_SMTP_USER", USER)
    with pytest.raises(BadInput, match="half-login"):
        Settings.from_env()


def test_a_password_is_in_no_text_about_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = remote(monkeypatch)
    assert PASSWORD not in f"{settings}{settings!r}{settings.model_dump_json()}"


def test_an_authority_that_is_no_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("dit is geen certificaat")
    with pytest.raises(Refused, match="bad-ca-file"):
        channels(Settings(smtp_host="127.0.0.1", smtp_ca_file=tmp_path / "ca.pem"))


@only_sqlite
def test_a_letter_stays_planned_until_our_own_password_is_mended(database: Database) -> None:
    run(database)
    with relay(Security.STARTTLS, auth_required=True) as (seen, port):
        wrong, right = submission(Security.STARTTLS, "een ander woord"), submission(Security.STARTTLS, PASSWORD)
        dispatcher(database, port, wrong).send_due()
        assert states(database) == [LetterState.PLANNED] * 2
        assert ["PRAKTIJKTEST_SMTP_PASSWORD" in fault for fault in faults(database)] == [True]
        dispatcher(database, port, right, DUE + 2 * MINUTE).send_due()
    assert states(database) == [LetterState.SENT, LetterState.PLANNED]
    assert len(seen.bodies) == 1
    assert faults(database) == []


def faults(database: Database) -> list[str]:
    with database.reading() as session:
        return [fault.message for fault in channel_faults.lasting(session)]


def dispatcher(database: Database, port: int, how: Submission, now: datetime = DUE) -> Dispatcher:
    smtp = Smtp("127.0.0.1", port, SECONDS, how=how)
    clock = Clock.scaled(now, 1.0)
    return Dispatcher(database, clock, Settings(), {Channel.SMTP: smtp, Channel.WEBFORM: smtp})
