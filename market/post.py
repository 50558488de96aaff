"""Delivering answers: a small SMTP client on asyncio, and the outbox that sends what is due."""

import asyncio
import heapq
import itertools
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from market.office import Outgoing

_PATIENCE = 20.0
_ATTEMPTS = 14
_LONGEST_PAUSE = 5.0


class NoLineError(Exception):
    """There is no connection to the receiving server, or it broke."""


class Line:
    """One SMTP connection to the mailbox server of the applicants; every method may raise NoLineError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, host: str, port: int) -> "Line":
        """Connect and greet."""
        try:
            line = cls(*await asyncio.wait_for(asyncio.open_connection(host, port), _PATIENCE))
        except (OSError, TimeoutError) as error:
            raise NoLineError(str(error)) from error
        if not (
            (await line._answer()).startswith("220") and (await line._say("EHLO market.invalid")).startswith("250")
        ):
            line.drop()
            raise NoLineError("the server does not want to talk")
        return line

    async def send(self, envelope: str, to: str, raw: bytes) -> str:
        """Hand over one mail; the answer of the server that decided about it, "250 ..." when it was taken."""
        for command, wanted in ((f"MAIL FROM:<{envelope}>", "25"), (f"RCPT TO:<{to}>", "25"), ("DATA", "354")):
            answer = await self._say(command)
            if not answer.startswith(wanted):
                await self._say("RSET")
                return answer
        self._writer.write(re.sub(rb"(?m)^\.", b"..", raw) + (b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"))
        return await self._answer()

    async def close(self) -> None:
        await self._say("QUIT")
        self.drop()

    def drop(self) -> None:
        self._writer.close()

    async def _say(self, command: str) -> str:
        self._writer.write(command.encode("ascii") + b"\r\n")
        return await self._answer()

    async def _answer(self) -> str:
        try:
            return await asyncio.wait_for(self._read(), _PATIENCE)
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError) as error:
            self.drop()
            raise NoLineError(str(error)) from error

    async def _read(self) -> str:
        await self._writer.drain()
        while True:
            line = (await self._reader.readuntil(b"\n")).decode("utf-8", "replace")
            if line[3:4] != "-":
                return line


@dataclass(order=True)
class _Waiting:
    due: float
    number: int
    outgoing: Outgoing = field(compare=False)
    attempts: int = field(compare=False, default=0)


class Outbox:
    """Mails that wait for their moment.

    A mail that finds no server is tried again with growing pauses, for about 50 seconds of wall time, then given up.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._heap: list[_Waiting] = []
        self._numbers = itertools.count()
        self._changed = asyncio.Event()

    def put(self, outgoing: Outgoing, wall: float) -> None:
        """Deliver at wall time ``wall`` (Unix seconds), or at once when that has passed."""
        heapq.heappush(self._heap, _Waiting(wall, next(self._numbers), outgoing))
        self._changed.set()

    def cancel(self, listing: str, mailbox: str) -> None:
        """Forget what still waits for this applicant about this listing."""
        self._heap = [one for one in self._heap if (one.outgoing.listing, one.outgoing.mailbox) != (listing, mailbox)]
        heapq.heapify(self._heap)

    async def run(self, report: Callable[[Outgoing, bool], None]) -> None:
        """Deliver for ever; ``report(outgoing, delivered)`` hears how each mail ended."""
        while True:
            await self._wait()
            batch = self._take(time.time())
            if batch:
                await self._deliver(batch, report)

    async def _wait(self) -> None:
        pause = self._heap[0].due - time.time() if self._heap else None
        if pause is None or pause > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause)
        self._changed.clear()

    def _take(self, now: float) -> list[_Waiting]:
        batch = []
        while self._heap and self._heap[0].due <= now:
            batch.append(heapq.heappop(self._heap))
        return batch

    async def _deliver(self, batch: Sequence[_Waiting], report: Callable[[Outgoing, bool], None]) -> None:
        """Send the batch over one connection; what the connection could not carry is tried again later."""
        left = deque(batch)
        try:
            line = await Line.open(self._host, self._port)
            while left:
                answer = await line.send(left[0].outgoing.envelope, left[0].outgoing.to, left[0].outgoing.raw)
                waiting = left.popleft()
                if answer.startswith(("2", "5")) or not self._postpone(waiting):
                    report(waiting.outgoing, answer.startswith("2"))
            await line.close()
        except NoLineError:
            for waiting in left:
                if not self._postpone(waiting):
                    report(waiting.outgoing, False)

    def _postpone(self, waiting: _Waiting) -> bool:
        """Try again later; False when it was tried often enough."""
        waiting.attempts += 1
        if waiting.attempts >= _ATTEMPTS:
            return False
        waiting.due = time.time() + min(0.1 * 2**waiting.attempts, _LONGEST_PAUSE)
        heapq.heappush(self._heap, waiting)
        return True
