"""Threads that ask at about the same time are answered together, each with its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from workers import together
from workers.together import Together

LANES, EACH, MOST = 6, 20, 16


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, whoever is awaited comes."""
    monkeypatch.setattr(together, "LINGER_SECONDS", 5.0)


class Counting:
    """Doubles numbers and measures words, and keeps how many came at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, asked: Sequence[int | str]) -> list[int]:
        self.sizes.append(len(asked))
        return [len(each) if isinstance(each, str) else 2 * each for each in asked]


def at_once(asks: Together[int | str, int], lane: Callable[[int], None]) -> None:
    """Run as many lanes as there are, each at work before any of them asks."""
    start = threading.Barrier(LANES)

    def run(number: int) -> None:
        with asks.at_work():
            start.wait(10)
            lane(number)

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(run, range(LANES)))


def test_each_thread_gets_its_own_answer_and_all_of_them_ask_together() -> None:
    work = Counting()
    asks = Together[int | str, int](work, MOST)

    def lane(number: int) -> None:
        for step in range(EACH):
            assert asks.ask(100 * number + step) == 2 * (100 * number + step)

    at_once(asks, lane)
    assert sum(work.sizes) == LANES * EACH
    # Only while the last lanes end are there fewer.
    assert work.sizes[: EACH - 1] == [LANES] * (EACH - 1)


def test_what_is_asked_differently_is_done_together_and_everybody_is_answered() -> None:
    asks = Together[int | str, int](Counting(), MOST)

    def lane(number: int) -> None:
        for step in range(EACH):
            assert asks.ask(step if (step + number) % 3 else "x" * step) == (2 * step if (step + number) % 3 else step)

    at_once(asks, lane)


def test_what_is_told_is_done_with_what_is_asked_next_and_its_answer_waits() -> None:
    work = Counting()
    asks = Together[int | str, int](work, 2 * LANES)
    answers: dict[int, list[int]] = {}

    def lane(number: int) -> None:
        told = [asks.tell(number)]
        for step in range(1, EACH):
            assert asks.ask("x" * step) == step
            answers.setdefault(number, []).append(asks.answer(told.pop()))
            told.append(asks.tell(number + step))
        answers[number].append(asks.answer(told.pop()))

    at_once(asks, lane)
    assert answers == {number: [2 * (number + step) for step in range(EACH)] for number in range(LANES)}
    assert work.sizes[: EACH - 1] == [2 * LANES] * (EACH - 1)


def test_what_is_told_and_never_asked_for_is_done_by_who_hurries_and_only_once() -> None:
    work = Counting()
    asks = Together[int | str, int](work, MOST)
    with asks.at_work():
        told = asks.tell(4)
        asks.hurry(60.0)
        assert not told.done
        asks.hurry(0.0)
        assert told.done
        asks.hurry(0.0)
        assert asks.answer(told) == 8
    assert work.sizes == [1]


def test_an_error_of_what_was_told_is_known_before_it_is_asked_for_and_raised_then() -> None:
    asks = Together[int, int](lambda asked: [ValueError("nee") if each == 1 else each for each in asked], MOST)
    told = asks.tell(1)
    assert not told.failed
    assert asks.ask(2) == 2
    assert told.failed
    for _ in range(2):  # whoever asks again waits for nobody
        with pytest.raises(ValueError, match="nee"):
            asks.answer(told)


def test_no_more_are_done_at_a_time_than_fit() -> None:
    work = Counting()
    asks = Together[int | str, int](work, 2)

    def lane(number: int) -> None:
        assert asks.ask(number) == 2 * number

    at_once(asks, lane)
    assert sum(work.sizes) == LANES
    assert max(work.sizes) <= 2


def test_what_the_work_raises_is_raised_in_each_thread_and_the_next_question_is_answered() -> None:
    raised: list[int] = []

    def fails_once(asked: Sequence[int]) -> list[int]:
        if len(raised) < LANES:
            raise ValueError("weg")
        return list(asked)

    asks = Together[int, int](fails_once, MOST)

    def lane(number: int) -> None:
        with pytest.raises(ValueError, match="weg"):
            asks.ask(number)
        raised.append(number)

    at_once(asks, lane)  # type: ignore[arg-type]
    assert asks.ask(7) == 7


def test_an_answer_that_is_an_error_is_raised_where_it_was_asked_for() -> None:
    asks = Together[int, int](lambda asked: [ValueError("nee") if each == 1 else each for each in asked], MOST)
    told: dict[int, str] = {}

    def lane(number: int) -> None:
        try:
            told[number] = str(asks.ask(number))
        except ValueError as error:
            told[number] = str(error)

    at_once(asks, lane)  # type: ignore[arg-type]
    assert told == {number: "nee" if number == 1 else str(number) for number in range(LANES)}


def test_a_thread_alone_waits_for_nobody() -> None:
    asks = Together[int | str, int](Counting(), MOST)
    with asks.at_work():
        assert asks.ask(3) == 6
