"""SMTP submission with our own phase driver: what may happen after a failure depends on how far the letter came."""

import re
import smtplib
import socket
import ssl
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import NoReturn, TypeVar

from orchestrator.rounds.sending import Envelope
from orchestrator.settings import PREFIX, Security
from workers import faults
from workers.channels.message import compose
from workers.channels.transport import Gate, TransportError
from workers.patience import Patience
from workers.plain_address import PLAIN

T = TypeVar("T")

ABOUT_US = frozenset({"connect", "tls", "ehlo", "auth", "mail"})
"""Up to MAIL the server has not heard for whom the letter is: what it refuses there says nothing of the advertiser."""

NO_ROOM = 421
"""RFC 5321, 3.8: the server ends the conversation. To a new connection it says so when it has as many as it takes."""

LOGIN_CODES = frozenset({530, 534, 535, 538})
"""RFC 4954: log in first, or differently. Our own configuration, at whatever step it is said."""

POLICY = re.compile(rb"5\.7\.\d")
"""RFC 3463, X.7: security or policy ("relaying denied"). Before the body our own server says that of us, whoever the
letter is for; what is wrong with a recipient is X.1 or X.2."""


@dataclass(frozen=True)
class Submission:
    """How letters are handed to the mail server: protection and login; ``trust`` decides which certificates hold."""

    security: Security = Security.NONE
    user: str | None = None
    password: str = field(default="", repr=False)
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)


class _Plain(smtplib.SMTP):
    """A connection without encryption, of which the kernel itself ends a step that takes too long.

    For a time-out of its own Python asks the kernel twice at each step, and each time lets other threads go first:
    with two dozen of them that was a third of what a letter took on the wire. (One with TLS would never end so.)
    """

    def wait_in_kernel(self) -> None:
        whole = int(self.timeout)
        told = struct.pack("ll", whole, int((self.timeout - whole) * 1_000_000))
        assert self.sock is not None  # noqa: S101 - it is connected
        self.sock.settimeout(None)
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.sock.setsockopt(socket.SOL_SOCKET, way, told)

    def getreply(self) -> tuple[int, bytes]:
        begun = time.monotonic()
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            if time.monotonic() - begun < self.timeout:
                raise
            raise smtplib.SMTPServerDisconnected(f"geen antwoord binnen {self.timeout:g} seconden") from error


class Smtp:
    """One recipient per letter, no pipelining; connections are kept between letters. ``timeout`` in seconds per step.

    Each thread of a worker has a connection to itself while it hands in a letter. A certificate that does not hold, a
    server without the protection that was asked for, or a refused login is never an answer to the letter: it may be
    tried again.
    """

    def __init__(
        self, host: str, port: int, timeout: float, redirect_all_to: str | None = None, how: Submission | None = None
    ) -> None:
        self.host, self.port, self.timeout, self.redirect_all_to = host, port, timeout, redirect_all_to
        self.how = how or Submission()
        self._kept: list[smtplib.SMTP] = []
        self.patience = Patience()
        self._refused = ""

    def send(self, envelope: Envelope, gate: Gate) -> str:
        """Send once; return the server's acceptance. See DESIGN §4 for what each `TransportError` leads to."""
        recipient = self.redirect_all_to or envelope.recipient
        return self._hand_in(compose(envelope), envelope.sender_address, recipient, gate)

    def post(self, message: EmailMessage, sender: str, recipient: str) -> str:
        """Hand in a message of the house itself, to its own people: no gate, never redirected. Errors as in `send`."""
        return self._hand_in(message.as_bytes(), sender, recipient, lambda: None)

    def _hand_in(self, body: bytes, sender: str, recipient: str, gate: Gate) -> str:
        # Whatever goes wrong, this connection is not trusted with another letter.
        connection = self._begun(sender)
        with ExitStack() as otherwise:
            otherwise.callback(connection.close)
            self._address(connection, recipient)
            gate()
            faults.at("gated")
            accepted = _body(connection, body)
            otherwise.pop_all()
        self._kept.append(connection)
        return accepted

    def _begun(self, sender: str) -> smtplib.SMTP:
        """Return a connection on which a letter began: a kept one, or a new one when the server ended it meanwhile."""
        while self._kept:
            with suppress(IndexError):  # another thread took the last one
                kept = self._kept.pop()
                faults.at("mail")
                with suppress(OSError, smtplib.SMTPException):
                    if _mail(kept, sender)[0] == 250:
                        return kept
                kept.close()
        connection = self._connected(sender.rpartition("@")[2])
        with ExitStack() as otherwise:
            otherwise.callback(connection.close)
            _before_body("ehlo", connection.ehlo_or_helo_if_needed)
            faults.at("mail")
            _expect("mail", lambda: _mail(connection, sender), 250)
            otherwise.pop_all()
        return connection

    def _connected(self, name: str) -> smtplib.SMTP:
        """Return a new connection, that greets with the applicants' domain.

        The name of this machine would give the sender away.
        """
        if self.patience.waits():
            raise TransportError(self._refused, "auth")
        faults.at("connect")
        connection = self._opened(name)
        try:
            self._protect(connection)
            self._log_in(connection)
        except TransportError:
            connection.close()
            raise
        if isinstance(connection, _Plain) and self.how.security is Security.NONE:
            connection.wait_in_kernel()
        return connection

    def _opened(self, name: str) -> smtplib.SMTP:
        try:
            if self.how.security is Security.TLS:
                return smtplib.SMTP_SSL(self.host, self.port, name, timeout=self.timeout, context=self.how.trust)
            return _Plain(self.host, self.port, name, self.timeout)
        except ssl.SSLError as error:
            self._unprotected(error)
        except smtplib.SMTPResponseException as error:
            words = _words(error.smtp_code, error.smtp_error)
            no_room = error.smtp_code == NO_ROOM
            raise TransportError(f"{self} neemt nu geen brieven aan: {words}", "connect", no_room=no_room) from error
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(f"{self} is niet bereikbaar: {type(error).__name__}: {error}", "connect") from error

    def _protect(self, connection: smtplib.SMTP) -> None:
        """STARTTLS where it was asked for; without it nothing is sent, however much the server would like to."""
        if self.how.security is not Security.STARTTLS:
            return
        try:
            connection.starttls(context=self.how.trust)
        except smtplib.SMTPNotSupportedError as error:
            words = f"{self} biedt geen STARTTLS aan, en onversleuteld geven we geen brief af"
            raise TransportError(words, "tls") from error
        except (OSError, smtplib.SMTPException) as error:
            self._unprotected(error)

    def _unprotected(self, error: Exception) -> NoReturn:
        if isinstance(error, ssl.SSLCertVerificationError):
            words = f"het certificaat van {self} klopt niet ({error.verify_message})"
        else:
            words = f"geen versleutelde verbinding met {self}: {type(error).__name__}: {error}"
        raise TransportError(words, "tls") from error

    def _log_in(self, connection: smtplib.SMTP) -> None:
        if self.how.user is None:
            return
        try:
            connection.login(self.how.user, self.how.password)
        except smtplib.SMTPAuthenticationError as error:
            told = _words(error.smtp_code, error.smtp_error)
            remedy = f"kijk {PREFIX}SMTP_USER en {PREFIX}SMTP_PASSWORD na"
            words = f"{self} weigert onze inloggegevens ({told}); {remedy}"
            self.patience.refused()
            self._refused = words
            raise TransportError(words, "auth") from error
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(f"inloggen bij {self} lukt niet: {type(error).__name__}: {error}", "auth") from error
        self.patience.welcomed()

    def _address(self, connection: smtplib.SMTP, recipient: str) -> None:
        faults.at("rcpt")
        _expect("rcpt", lambda: _rcpt(connection, recipient), 250)
        faults.at("data")
        _expect("data", lambda: connection.docmd("DATA"), 354)

    def __str__(self) -> str:
        return f"mailserver {self.host}:{self.port}"


def _mail(connection: smtplib.SMTP, sender: str) -> tuple[int, bytes]:
    return connection.docmd("mail", f"FROM:<{sender}>") if PLAIN.fullmatch(sender) else connection.mail(sender)


def _rcpt(connection: smtplib.SMTP, recipient: str) -> tuple[int, bytes]:
    return connection.docmd("rcpt", f"TO:<{recipient}>") if PLAIN.fullmatch(recipient) else connection.rcpt(recipient)


def _before_body(phase: str, step: Callable[[], T]) -> T:
    try:
        return step()
    except smtplib.SMTPResponseException as error:
        words = _words(error.smtp_code, error.smtp_error)
        raise _refused(words, phase, error.smtp_code) from error
    except (OSError, smtplib.SMTPException) as error:
        raise TransportError(f"{type(error).__name__}: {error}", phase) from error


def _expect(phase: str, step: Callable[[], tuple[int, bytes]], code: int) -> None:
    got, words = _before_body(phase, step)
    if got >= 500 and POLICY.match(words):
        raise TransportError(f"de mailserver weigert brieven van ons: {_words(got, words)}", "policy")
    if got != code:
        raise _refused(_words(got, words), phase, got)


def _refused(words: str, phase: str, code: int) -> TransportError:
    return TransportError(words, phase, permanent=_final(phase, code), no_room=code == NO_ROOM and phase in ABOUT_US)


def _body(connection: smtplib.SMTP, body: bytes) -> str:
    """Send the body and read the answer; without an answer nobody can know whether the letter arrived."""
    quoted = smtplib._quote_periods(body)  # type: ignore[attr-defined]  # noqa: SLF001 - dot-stuffing, not in the public API
    end = b"" if quoted.endswith(b"\r\n") else b"\r\n"
    try:
        for part in faults.halved("mid-body", quoted + end + b".\r\n"):
            connection.send(part)
        faults.at("after-dot")
        code, words = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise TransportError(f"{type(error).__name__}: {error}", "body", body_left=True) from error
    if code != 250:
        # Only 4xx and 5xx say that it was not taken. After half a line, or other words, it may have been.
        maybe = not 400 <= code < 600
        raise TransportError(_words(code, words), "answer", permanent=_final("answer", code), body_left=maybe)
    return _words(code, words)


def _final(phase: str, code: int) -> bool:
    return 500 <= code < 600 and phase not in ABOUT_US and code not in LOGIN_CODES


def _words(code: int, text: bytes | str) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {said}"
