"""Faults at random moments, from a seed: what is broken, when, and how soon letters went out again."""

import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from house import LEASE_SECONDS, MARGIN_SECONDS, UNREACHABLE, Stage
from processes import Process
from servers import until

from workers.faults import PHASES

WORKERS = 2
GROWN_SECONDS, PATIENCE_SECONDS = 2.0, 5.0
"""A worker is left alone for so long after its birth, or nothing but births would be tested."""

NOTHING_HERE = "nothing of this kind here"
"""The naive mode has no beat and no reader of copies: a fault of these does nothing to it, and is not counted."""

HOUR_SECONDS, STEPPED_SECONDS, NOTICED_SECONDS = 3600, 1.5, 60.0


@dataclass(frozen=True)
class Fault:
    """One injected fault: the kind, a detail, and the wall times at which it began and was over."""

    kind: str
    detail: str
    at: float
    over: float


class Mayhem:
    """Lets ``number`` faults loose on a stage; the same seed gives the same kinds in the same order."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.rng = random.Random(seed)  # noqa: S311 - chance that can be repeated is what a test needs
        self.faults: list[Fault] = []
        self.extra: list[tuple[float, Process]] = []

    def run(self, number: int, pause: tuple[float, float]) -> list[Fault]:
        """Let so many faults loose; each kind at least once, when there are enough of them."""
        kinds, weights = zip(*self.kinds(), strict=True)
        chosen = [*kinds, *self.rng.choices(kinds, weights, k=max(0, number - len(kinds)))]
        self.rng.shuffle(chosen)
        for kind in chosen[:number]:
            # A chance of its own for each: how much of it one takes must not shift what comes after.
            roll = random.Random(self.rng.getrandbits(64))  # noqa: S311
            self.let_it_flow()
            self.wait(self.rng.uniform(*pause))
            begun = time.time()
            with suppress(*UNREACHABLE):  # a broker that is away cannot be flushed or pushed
                detail = kind(roll)
                self.note(Fault(kind.__name__.replace("_", " "), detail, begun, time.time()))
        return self.faults

    def note(self, fault: Fault) -> None:
        self.faults.append(fault)
        line = f"{fault.at - self.faults[0].at:7.2f} s  {fault.kind}  {fault.detail}\n"
        with (self.stage.folder / "faults.log").open("a", encoding="utf-8") as log:
            log.write(line)

    def kinds(self) -> Sequence[tuple[Callable[[random.Random], str], int]]:
        """The faults and how often each; a server that is not ours is not crashed."""
        told = [
            (self.kill_worker, 28), (self.kill_at_a_phase, 24), (self.freeze_past_the_lease, 12), (self.kill_beat, 8),
            (self.two_beats, 5), (self.flush_redis, 6), (self.same_message_twice, 11), (self.step_the_clock, 7),
            (self.kill_the_reader_of_copies, 4),
        ]  # fmt: skip
        if self.stage.with_children():
            told.append((self.kill_a_pool_child, 12))
        if self.stage.broker.own:
            told.append((self.restart_redis_empty, 3))
        if self.stage.postgres.own:
            told.append((self.restart_postgres, 6))
        return told

    def let_it_flow(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until a letter arrived after the last fault, but not for ever: what stands still is hard to break."""
        end, came = time.monotonic() + seconds, len(self.stage.sink.accepted())
        while len(self.stage.sink.accepted()) == came and time.monotonic() < end:
            self.wait(0)

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            self.stage.mend(WORKERS)
            for late in [(when, process) for when, process in self.extra if when < time.monotonic()]:
                self.extra.remove(late)
                self.stage.kill(late[1])
            if time.monotonic() > end:
                return
            time.sleep(0.05)

    def victim(self, roll: random.Random, *, steady: bool = False) -> Process:
        """A worker or pool that has been there for a while; ``steady``: that was seen at work and will not die soon."""

        def grown() -> list[Process]:
            self.wait(0)
            there = [each for each in (*self.stage.of("worker"), *self.stage.of("pool")) if each.age > GROWN_SECONDS]
            ready = [each for each in there if each.alive and each.frozen is None]
            return [each for each in ready if not each.phase and self.stage.has_worked(each)] if steady else ready

        until(grown, 120, "a worker at work")
        return roll.choice(grown())

    def kill_worker(self, roll: random.Random) -> str:
        process = self.victim(roll)
        self.stage.kill(process)
        return str(process.pid)

    def kill_at_a_phase(self, roll: random.Random) -> str:
        """Replace a worker by one that will die at a phase; in the naive mode, which has no hook, just kill it."""
        process, phase = self.victim(roll), roll.choice(PHASES)
        self.stage.kill(process)
        self.stage.worker(phase)
        return phase

    def kill_a_pool_child(self, roll: random.Random) -> str:
        """Kill one child; its parent must replace it. In the naive mode every worker is a pool of one."""

        def children() -> list[int]:
            # Of a pool that was seen at work: one that loses a child before all are ready ends, which is another fault.
            self.wait(0)
            able = [each for each in self.stage.with_children() if each.frozen is None and self.stage.has_worked(each)]
            return [pid for each in able for pid in each.children()]

        until(children, 120, "a pool at work")
        pid = roll.choice(children())
        self.stage.kill_child(pid)
        return str(pid)

    def step_the_clock(self, roll: random.Random) -> str:
        """Let the clock of one worker step, until sending is shut for it; then set it right, as an operator would."""
        seconds = roll.choice((-HOUR_SECONDS, HOUR_SECONDS))
        while True:
            process, begun = self.victim(roll, steady=True), time.monotonic()
            if self.steps(process, seconds):
                return f"{process.pid} by {seconds:+d} s, told after {time.monotonic() - begun:.1f} s"

    def steps(self, process: Process, seconds: float) -> bool:
        """Step a worker's clock and back; False when it was about to end for an earlier fault, and told nobody."""
        until(lambda: not self.is_shut(), NOTICED_SECONDS, "sending to be open again")
        process.step(seconds)
        self.wait(STEPPED_SECONDS)
        if self.stage.guarded:
            until(
                lambda: self.is_shut() or not process.alive, NOTICED_SECONDS, f"{process} to shut sending: {seconds} s"
            )
        process.step(0)
        return self.stage.is_shut() or not self.stage.guarded

    def is_shut(self) -> bool:
        self.wait(0)
        return self.stage.is_shut()

    def kill_the_reader_of_copies(self, _: random.Random) -> str:
        readers = self.stage.of("reader")
        for process in readers:
            self.stage.kill(process)
        return "" if readers else NOTHING_HERE

    def freeze_past_the_lease(self, roll: random.Random) -> str:
        process = self.victim(roll)
        seconds = LEASE_SECONDS + MARGIN_SECONDS + roll.uniform(0.5, 3)
        process.frozen = time.monotonic() + seconds
        process.signal(signal.SIGSTOP)
        return f"{process.pid} for {seconds:.1f} s"

    def kill_beat(self, _: random.Random) -> str:
        beats = self.stage.of("beat")
        for process in beats[:1]:
            self.stage.kill(process)
        return "" if beats else NOTHING_HERE

    def two_beats(self, _: random.Random) -> str:
        if not self.stage.beats:
            return NOTHING_HERE
        self.extra.append((time.monotonic() + 6, self.stage.beat()))
        return "for 6 s"

    def flush_redis(self, _: random.Random) -> str:
        self.stage.broker.flush()
        return ""

    def same_message_twice(self, roll: random.Random) -> str:
        self.stage.twice(roll)
        return ""

    def restart_redis_empty(self, roll: random.Random) -> str:
        seconds = roll.uniform(0.2, 1.5)
        self.stage.broker.crash(seconds)
        return f"away for {seconds:.1f} s"

    def restart_postgres(self, _: random.Random) -> str:
        self.stage.postgres.crash()
        return ""


def recoveries(faults: Sequence[Fault], accepted: Sequence[float]) -> dict[str, tuple[int, float, float]]:
    """By kind of fault: how many, and the median and longest time until the sink accepted the next letter (s)."""
    told: dict[str, list[float]] = {}
    for fault in faults:
        later = [at for at in accepted if at >= fault.at]
        told.setdefault(fault.kind, []).append(later[0] - fault.at if later else float("nan"))
    return {kind: (len(each), median(each), max(each)) for kind, each in sorted(told.items())}
