"""SMTP submission with our own phase driver: what may happen after a failure depends on how far the letter came."""

import smtplib
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from orchestrator.rounds.sending import Envelope
from workers.channels.message import compose
from workers.channels.transport import TransportError

T = TypeVar("T")


class Smtp:
    """One recipient per letter, no pipelining; the connection is kept between letters. ``timeout`` in seconds per step.

    For one worker: letters go one after another.
    """

    def __init__(self, host: str, port: int, timeout: float, redirect_all_to: str | None = None) -> None:
        self.host, self.port, self.timeout, self.redirect_all_to = host, port, timeout, redirect_all_to
        self._kept: smtplib.SMTP | None = None

    def send(self, envelope: Envelope) -> str:
        """Send once; return the server's acceptance. See DESIGN §4 for what each `TransportError` leads to."""
        body = compose(envelope).as_bytes()
        connection = self._connected(envelope.sender_address.rpartition("@")[2])
        # Whatever goes wrong, this connection is not trusted with another letter.
        self._kept = None
        try:
            self._address(connection, envelope)
            accepted = _body(connection, body)
        except TransportError:
            connection.close()
            raise
        self._kept = connection
        return accepted

    def _connected(self, name: str) -> smtplib.SMTP:
        """Return a connection that answers: the kept one, or a new one when the server ended it meanwhile.

        A new one greets with the applicants' domain: the name of this machine would give the sender away.
        """
        if self._kept is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._kept.noop()[0] == 250:
                    return self._kept
            self._kept.close()
        return _before_body("connect", lambda: smtplib.SMTP(self.host, self.port, name, self.timeout))

    def _address(self, connection: smtplib.SMTP, envelope: Envelope) -> None:
        recipient = self.redirect_all_to or envelope.recipient
        _before_body("ehlo", connection.ehlo_or_helo_if_needed)
        _expect("mail", lambda: connection.mail(envelope.sender_address), 250)
        _expect("rcpt", lambda: connection.rcpt(recipient), 250)
        _expect("data", lambda: connection.docmd("DATA"), 354)


def _before_body(phase: str, step: Callable[[], T]) -> T:
    try:
        return step()
    except smtplib.SMTPResponseException as error:
        words = _words(error.smtp_code, error.smtp_error)
        raise TransportError(words, phase, permanent=_final(error.smtp_code)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise TransportError(f"{type(error).__name__}: {error}", phase) from error


def _expect(phase: str, step: Callable[[], tuple[int, bytes]], code: int) -> None:
    got, words = _before_body(phase, step)
    if got != code:
        raise TransportError(_words(got, words), phase, permanent=_final(got))


def _body(connection: smtplib.SMTP, body: bytes) -> str:
    """Send the body and read the answer; without an answer nobody can know whether the letter arrived."""
    quoted = smtplib._quote_periods(body)  # type: ignore[attr-defined]  # noqa: SLF001 - dot-stuffing, not in the public API
    end = b"" if quoted.endswith(b"\r\n") else b"\r\n"
    try:
        connection.send(quoted + end + b".\r\n")
        code, words = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise TransportError(f"{type(error).__name__}: {error}", "body", body_left=True) from error
    if code != 250:
        raise TransportError(_words(code, words), "answer", permanent=_final(code))
    return _words(code, words)


def _final(code: int) -> bool:
    return 500 <= code < 600


def _words(code: int, text: bytes | str) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {said}"
