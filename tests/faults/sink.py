"""A mail server that keeps what it was given and misbehaves at random: the only witness of what went over the wire.

Run as a process of its own: ``python sink.py LOG SEED MISCHIEF PACE [COPIES]``. It prints its port and then appends one
JSON line to LOG for every letter it accepts, refuses or loses the end of; a line is on the disk before the answer is
given. MISCHIEF is the share of letters that meet a fault, PACE the most seconds before a usual answer. After SIGUSR1 it
behaves and answers at once.

With COPIES, a port, it does as the relay in `docs/mail.md`: a blind copy of each letter that it accepted goes to the
ledger address there, tried until it is taken, and is logged then.
"""

import json
import os
import queue
import random
import signal
import smtplib
import socket
import sys
import threading
import time
from pathlib import Path
from typing import IO

MISCHIEF = (
    "hang up at MAIL", "hang up at RCPT", "hang up at DATA", "hang up in the body", "hang up after the body, kept",
    "hang up after the body, dropped", "slow", "too slow", "421 at MAIL", "451 at RCPT", "550 at RCPT",
    "451 after the body", "554 after the body",
)  # fmt: skip
SLOW_SECONDS, TOO_SLOW_SECONDS = 1.5, 4.0
AWAY, AWAY_BEFORE = "the sender went away", "the sender went away before the first byte of a letter"
LEDGER, AGAIN_SECONDS, COPY_SECONDS = "praktijktest+grootboek@woonpost.example", 0.5, 5.0


class HungUp(Exception):
    """Whoever spoke ended the connection."""


class Here(threading.local):
    """What the letter on this thread's connection is to meet."""

    fault: str | None = None


here = Here()


class Sink:
    def __init__(self, log: Path, seed: int, mischief: float, pace: float, copies: int | None = None) -> None:
        self.copies, self.to_copy = copies, queue.SimpleQueue[tuple[str | None, bytes]]()
        self.file, self.lock = log.open("ab"), threading.Lock()
        self.rng = random.Random(seed)  # noqa: S311 - chance that can be repeated is what a test needs
        self.mischief, self.pace = mischief, pace
        self.server = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(self) -> None:
        print(self.server.getsockname()[1], flush=True)
        if self.copies:
            threading.Thread(target=self.copy, args=(self.copies,), daemon=True).start()
        while True:
            line, _ = self.server.accept()
            threading.Thread(target=self.talk, args=(line,), daemon=True).start()

    def calm(self, *_: object) -> None:
        self.mischief = self.pace = 0.0

    def write(self, event: str, message_id: str | None, why: str | None = None) -> None:
        told = {"at": time.time(), "event": event, "message_id": message_id, "why": why}
        with self.lock:
            self.file.write(json.dumps(told).encode() + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())

    def copy(self, port: int) -> None:
        """Give the copies away, one after another; who does not take one is asked again."""
        while True:
            message_id, letter = self.to_copy.get()
            while not self.taken(letter, port):
                time.sleep(AGAIN_SECONDS)
            self.write("copied", message_id)

    def taken(self, letter: bytes, port: int) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=COPY_SECONDS) as line:
                line.sendmail("", [LEDGER], letter)
        except (OSError, smtplib.SMTPException):
            return False
        return True

    def choose(self) -> str | None:
        with self.lock:
            return self.rng.choice(MISCHIEF) if self.rng.random() < self.mischief else None

    def hesitate(self) -> float:
        with self.lock:
            return self.rng.uniform(0, self.pace)

    def talk(self, line: socket.socket) -> None:
        try:
            with line, line.makefile("rb") as stream:
                line.sendall(b"220 sink\r\n")
                while command := stream.readline():
                    if not self.answer(line, stream, command[:4].upper().strip()):
                        return
        except (OSError, HungUp):
            return

    def answer(self, line: socket.socket, stream: IO[bytes], word: bytes) -> bool:
        if word == b"MAIL":
            here.fault = self.choose()
        fault = here.fault or ""
        if fault.endswith(f" at {word.decode()}"):
            self.write("refused early", None, fault)
            if fault.startswith("hang up"):
                return False
            line.sendall(f"{fault[:3]} not now\r\n".encode())
            return not fault.startswith("421")
        if word == b"DATA":
            line.sendall(b"354 go on\r\n")
            return self.take(line, stream, fault)
        line.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
        return word != b"QUIT"

    def take(self, line: socket.socket, stream: IO[bytes], fault: str) -> bool:
        message_id, letter = self.body(stream, fault)
        if fault == "hang up after the body, dropped":
            self.write("cut", message_id, fault)
            return False
        if "after the body" in fault and not fault.startswith("hang up"):
            self.write("refused", message_id, fault)
            line.sendall(f"{fault[:3]} no\r\n".encode())
            return True
        self.write("accepted", message_id, fault or None)
        if self.copies:
            self.to_copy.put((message_id, letter))
        if fault.startswith("hang up"):
            return False
        time.sleep({"slow": SLOW_SECONDS, "too slow": TOO_SLOW_SECONDS}.get(fault) or self.hesitate())
        line.sendall(b"250 kept\r\n")
        return True

    def body(self, stream: IO[bytes], fault: str) -> tuple[str | None, bytes]:
        """Read to the lonely dot; return the Message-ID and the letter, and log what ended before the dot came."""
        message_id, lines = None, []
        while (text := stream.readline()) != b".\r\n":
            lines.append(text.removeprefix(b"."))
            if text.lower().startswith(b"message-id:"):
                message_id = text.split(b":", 1)[1].strip().decode()
            if not text or (message_id and fault == "hang up in the body"):
                self.write("cut", message_id, fault or (AWAY if any(lines) else AWAY_BEFORE))
                raise HungUp
        return message_id, b"".join(lines)


def main() -> None:
    log, seed, mischief, pace, *copies = sys.argv[1:]
    sink = Sink(Path(log), int(seed), float(mischief), float(pace), *map(int, copies))
    signal.signal(signal.SIGUSR1, sink.calm)
    sink.serve()


if __name__ == "__main__":
    main()
