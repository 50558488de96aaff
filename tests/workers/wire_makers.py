"""Servers that misbehave on purpose, at an exact point, on loopback."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from orchestrator.intake import Channel
from orchestrator.models import Inquiry
from orchestrator.rounds.sending import Claim, Envelope
from workers.channels.transport import GateShut

GOODBYE, SILENCE = "hang up", "say nothing more"
STEPS = ("connect", "ehlo", "mail", "rcpt", "data", "body")


def an_envelope(recipient: str = "info@kantoor.example", **changes: object) -> Envelope:
    values: dict[str, object] = {
        "claim": Claim(Inquiry, 1, 1, 1, 1),
        "channel": Channel.SMTP,
        "recipient": recipient,
        "sender_name": "Zoë van Dijk",
        "given_name": "Zoë",
        "sender_address": "zoe.vandijk.abc@woonpost.example",
        "subject": "Is Langestraat 12 nog vrij?",
        "body": "Goedemiddag,\n\nIs de woning nog vrij?\n.\n..een regel met punten\n\nZoë van Dijk\n",
        "message_id": "<token@woonpost.example>",
        "reference": "KV-1",
        "in_reply_to": None,
        "date": datetime(2026, 9, 7, 8, 0, tzinfo=UTC),
    }
    return Envelope(**{**values, **changes})  # type: ignore[arg-type]


def no_gate() -> None:
    """A gate that lets every letter pass."""


def shut_gate() -> None:
    """A gate that lets none."""
    raise GateShut


class MailServer:
    """Speaks SMTP, but at one step gives another answer, or hangs up; keeps of every body as much as came."""

    def __init__(self, step: str | None = None, answer: str = GOODBYE) -> None:
        self.step, self.answer = step, answer
        self.bodies: list[bytes] = []
        self.connections = 0
        self.told: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    @property
    def commands(self) -> list[str]:
        """The first word of each line that came, in small letters."""
        return [line.split()[0].lower() for line in self.told]

    def serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._came(line)

    def _came(self, line: socket.socket) -> None:
        with line:
            self._talk(line)

    def close(self) -> None:
        self._socket.close()

    def _talk(self, line: socket.socket) -> None:
        stream = line.makefile("rb")
        if not self._say(line, "connect", "220 hallo"):
            return
        while command := stream.readline():
            word = command.split()[0].decode().lower()
            self.told.append(command.decode().strip())
            if word == "quit":
                line.sendall(b"221 dag\r\n")
                return
            if not self._say(line, word, "354 ga uw gang" if word == "data" else "250 goed"):
                return
            if word == "data" and self.step != "data" and not self._take_body(line, stream):
                return

    def _take_body(self, line: socket.socket, stream: object) -> bool:
        if self.step == "mid-body":
            line.recv(10)
            return False
        body = b""
        while not body.endswith(b"\r\n.\r\n") and (more := stream.readline()):  # type: ignore[attr-defined]
            body += more
        self.bodies += [body] if body else []
        return bool(body) and self._say(line, "body", "250 bewaard")

    def _say(self, line: socket.socket, step: str, usual: str) -> bool:
        answer = self.answer if step == self.step else usual
        if answer == SILENCE:
            line.recv(1)  # until whoever waits hangs up
        if answer in (GOODBYE, SILENCE):
            return False
        line.sendall(answer.encode() + b"\r\n")
        return True


class SmallServer(MailServer):
    """Takes so many connections at the same time; to one more it says 421 and hangs up. A letter takes a while."""

    def __init__(self, room: int, seconds: float = 0.005) -> None:
        super().__init__()
        self.room, self.seconds = room, seconds
        self.open, self.most_open, self.refused = 0, 0, 0
        self._counting = threading.Lock()

    def _came(self, line: socket.socket) -> None:
        threading.Thread(target=self._take, args=(line,), daemon=True).start()

    def _take(self, line: socket.socket) -> None:
        with self._counting:
            taken = self.open < self.room
            self.open, self.refused = self.open + taken, self.refused + (not taken)
            self.most_open = max(self.most_open, self.open)
        with line:
            if not taken:
                line.sendall(b"421 4.7.0 te veel verbindingen\r\n")
                return
            self._talk(line)
        with self._counting:
            self.open -= 1

    def _say(self, line: socket.socket, step: str, usual: str) -> bool:
        time.sleep(self.seconds)
        return super()._say(line, step, usual)


@contextmanager
def running(server: MailServer) -> Iterator[MailServer]:
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
