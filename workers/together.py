"""What several threads ask of the database at about the same time is done in one transaction for all of them."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

A = TypeVar("A")
B = TypeVar("B")

LINGER_SECONDS = 0.02
"""So long the first waits for the others: a commit takes about as long, and they would wait for it."""


class Asked(Generic[A, B]):
    """One question of one thread, which waits until it is answered or is the one to do the work."""

    def __init__(self, what: A) -> None:
        self.what = what
        self.at = time.monotonic()
        self.done = False
        self._answer: B | BaseException | None = None
        self._turn = threading.Lock()
        self._turn.acquire()

    def wait(self) -> None:
        """Wait until it is answered, or until this thread leads."""
        self._turn.acquire()

    def lead(self) -> None:
        self._turn.release()

    def tell(self, answer: B | BaseException | None) -> None:
        self._answer, self.done = answer, True
        self._turn.release()

    @property
    def failed(self) -> bool:
        """Say whether it is known already that the answer is an error."""
        return isinstance(self._answer, BaseException)

    def result(self) -> B:
        if isinstance(self._answer, BaseException):
            raise self._answer
        return cast("B", self._answer)


@dataclass
class Together(Generic[A, B]):
    """Whoever asks first does the work of all that came, once all threads that are at work have come, or nearly so.

    What was told, without waiting for its answer, is done with what is asked next. ``work`` is given at most ``most``
    at a time and answers in the same order. An answer that is an error is raised in the thread that wants it; what
    ``work`` itself raises, in all of them and in who did the work.
    """

    work: Callable[[Sequence[A]], Sequence[B | BaseException]]
    most: int
    _came: threading.Condition = field(default_factory=threading.Condition)
    _waiting: list[Asked[A, B]] = field(default_factory=list)
    _told: list[Asked[A, B]] = field(default_factory=list)
    _led: bool = False
    _at_work: int = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A thread that will ask: the first of the others waits a moment for it."""
        with self._came:
            self._at_work += 1
        try:
            yield
        finally:
            with self._came:
                self._at_work -= 1
                self._wake()

    def ask(self, what: A) -> B:
        """Return the answer to this, or raise it."""
        return self.answer(self.tell(what))

    def tell(self, what: A) -> Asked[A, B]:
        """Ask this without waiting; `answer` waits for it, and `hurry` sees to it that it is not left lying."""
        mine = Asked[A, B](what)
        with self._came:
            self._told.append(mine)
        return mine

    def answer(self, mine: Asked[A, B]) -> B:
        """Return the answer to what was told, or raise it."""
        leads = False
        with self._came:
            if mine in self._told:  # else it is being done, or was
                self._told.remove(mine)
                self._waiting.append(mine)
                leads, self._led = not self._led, True
                self._wake()
        if not leads and not mine.done:
            mine.wait()
        if not mine.done:
            self._lead(mine)
        return mine.result()

    def hurry(self, seconds: float) -> None:
        """Do what was told so long ago, unless somebody is at work and will do it."""
        with self._came:
            if self._led or not self._told or self._told[0].at > time.monotonic() - seconds:
                return
            self._led, mine = True, self._told[0]
        self._lead(mine)

    def _lead(self, mine: Asked[A, B]) -> None:
        try:
            while not mine.done:
                self._do(self._taken())
        finally:
            self._hand_over(mine)

    def _wake(self) -> None:
        """Wake who leads, which alone waits for the others, once they all have come: for each would be for nothing."""
        if len(self._waiting) >= self._at_work:
            self._came.notify()

    def _taken(self) -> list[Asked[A, B]]:
        with self._came:
            if self._waiting:
                self._came.wait_for(lambda: len(self._waiting) >= self._at_work, LINGER_SECONDS)
            told, waiting = self._told[: self.most], self._waiting[: max(0, self.most - len(self._told))]
            self._told, self._waiting = self._told[len(told) :], self._waiting[len(waiting) :]
            return told + waiting

    def _do(self, taken: Sequence[Asked[A, B]]) -> None:
        answers: Sequence[B | BaseException | None] = ()
        try:
            answers = self.work([each.what for each in taken])
        finally:
            # What it raises goes on in this thread, and is raised in every other one that asked: none waits for ever.
            lost: list[B | BaseException | None] = [sys.exception()] * len(taken)
            for each, told in zip(taken, answers or lost, strict=True):
                each.tell(told)

    def _hand_over(self, mine: Asked[A, B]) -> None:
        with self._came:
            # It is still there when this thread was interrupted: nobody wants its answer any more.
            self._waiting = [each for each in self._waiting if each is not mine]
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].lead()
