"""What must hold after any faults, told from two records alone: the letters' rows and the sink's log."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ENDED = ("sent", "failed", "cancelled", "expired", "uncertain")
KNOWN = ("sent", "uncertain")
TICK_SECONDS = 0.01
"""Two processes that ask the same clock may differ by so much in what it says."""


@dataclass(frozen=True)
class Letter:
    """One inquiry as the record tells it; ``phase`` and ``pid`` are of its last attempt, ``waits`` of its row.

    ``due`` is the wall time before which it must not go, ``settled`` whether a copy in the ledger mailbox settled it.
    """

    message_id: str
    pair: int
    order: int
    state: str
    phase: str | None = None
    pid: int | None = None
    waits: str | None = None
    due: float = 0.0
    settled: bool = False


@dataclass(frozen=True)
class Wire:
    """One line of the sink's log; ``event`` is accepted, refused, refused early, cut, or copied: its copy was taken."""

    at: float
    event: str
    message_id: str | None
    why: str | None = None


@dataclass(frozen=True)
class Verdict:
    """The message ids that break each rule; sound when there are none."""

    double: tuple[str, ...]
    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    headless: tuple[str, ...]
    early: tuple[str, ...]
    unexplained: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not any((self.double, self.lost, self.unknown, self.headless, self.early, self.unexplained))


def judge(letters: Sequence[Letter], wires: Sequence[Wire], dead: Collection[int]) -> Verdict:
    """Hold letters and log against the rules; ``dead`` are the processes that were killed or stopped.

    * double: the sink accepted a letter more than once;
    * lost: a letter that neither ended nor has a reason to wait, or that is `sent` while the sink never had it;
    * unknown: the sink has a letter that the record does not call sent or uncertain;
    * headless: a second half that the sink got before, or without, its first;
    * early: a letter that the sink got before it was due;
    * unexplained: `uncertain` though no body began on a line that died, and nobody died between gate and record.
    """
    accepted = arrivals(wires)
    touched = {wire.message_id for wire in wires if wire.event != "copied"}
    due = {letter.message_id: letter.due for letter in letters}
    state, halves = {letter.message_id: letter.state for letter in letters}, letters_by_half(letters)
    return Verdict(
        double=tuple(sorted(each for each, times in Counter(accepted).items() if times > 1)),
        lost=tuple(letter.message_id for letter in letters if _is_lost(letter, halves, accepted)),
        unknown=tuple(sorted({each for each in accepted if state.get(each) not in KNOWN})),
        headless=tuple(_headless(letters, accepted)),
        early=tuple(sorted({wire.message_id or "" for wire in wires if _is_early(wire, due)})),
        unexplained=tuple(
            letter.message_id for letter in letters if letter.state == "uncertain" and not _told(letter, touched, dead)
        ),
    )


def arrivals(wires: Iterable[Wire]) -> list[str]:
    """Return the message ids that the sink accepted, in order."""
    return [wire.message_id or "" for wire in wires if wire.event == "accepted"]


def of_doubt(letters: Iterable[Letter], wires: Iterable[Wire]) -> tuple[int, int, int]:
    """Return how many letters were uncertain, how many of those arrived, and how many of these a copy settled."""
    doubtful = [letter for letter in letters if letter.state == "uncertain" or letter.settled]
    came = set(arrivals(wires))
    arrived = [letter for letter in doubtful if letter.message_id in came]
    return len(doubtful), len(arrived), sum(letter.settled for letter in arrived)


def letters_by_half(letters: Iterable[Letter]) -> dict[tuple[int, int], Letter]:
    return {(letter.pair, letter.order): letter for letter in letters}


def read_log(path: Path) -> list[Wire]:
    """Read the sink's log; a last line that is still being written is left for the next time."""
    lines = path.read_bytes().splitlines(keepends=True)
    return [Wire(**json.loads(line)) for line in lines if line.endswith(b"\n")]


def _is_lost(letter: Letter, halves: dict[tuple[int, int], Letter], accepted: Collection[str]) -> bool:
    if letter.state == "sent":
        return letter.message_id not in accepted
    return letter.state not in ENDED and not _may_wait(letter, halves)


def _may_wait(letter: Letter, halves: dict[tuple[int, int], Letter]) -> bool:
    """Planned, and either to be tried again for a reason that was noted, or behind a first half that is not sent."""
    if letter.state != "planned":
        return False
    first = halves.get((letter.pair, 1))
    behind = letter.order == 2 and first is not None and (first.state == "uncertain" or _may_wait(first, halves))
    return letter.waits is not None or behind


def _headless(letters: Sequence[Letter], accepted: Sequence[str]) -> Iterable[str]:
    place = {message_id: number for number, message_id in reversed(list(enumerate(accepted)))}
    halves = letters_by_half(letters)
    for letter in letters:
        if letter.order == 2 and letter.message_id in place:
            first = halves.get((letter.pair, 1))
            if first is None or place.get(first.message_id, len(accepted)) > place[letter.message_id]:
                yield letter.message_id


def _is_early(wire: Wire, due: dict[str, float]) -> bool:
    return wire.event == "accepted" and wire.at < due.get(wire.message_id or "", 0.0) - TICK_SECONDS


def _told(letter: Letter, touched: Collection[str | None], dead: Collection[int]) -> bool:
    if letter.phase == "body":
        return letter.message_id in touched
    return letter.phase == "lease" and letter.pid in dead
