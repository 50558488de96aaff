"""The processes of a house: workers with their pools, beat, reader, and the witness."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import clocks
from history import Wire, arrivals, read_log

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
NO_WORKER = ("semaphore_tracker", "resource_tracker")
"""What a pool of spawned processes keeps beside its children."""


class Nursery:
    """Where worker processes are born; see `nursery.py`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "nursery.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(HERE), str(ROOT))), clocks.VARIABLE: ""},
        )  # fmt: skip
        self.ready = False

    def bear(self, arguments: list[str], environment: dict[str, str], log: Path, *, naive: bool = False) -> int:
        """Start a process; return its number. What it says goes to the end of ``log``."""
        if not self.ready:
            assert self._hear() == "ready"
            self.ready = True
        order = {"arguments": arguments, "environment": environment, "log": str(log), "naive": naive}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self._hear())

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Process:
    """One worker, pool, beat or reader.

    ``phase`` is where it is to die, ``frozen`` until when it stands still, ``clock`` the file that steps its clock,
    ``off`` whether that is off, and ``seen`` all children that its pool ever had, as far as anybody looked.
    """

    pid: int
    kind: str
    phase: str | None = None
    clock: Path | None = None
    born: float = field(default_factory=time.monotonic)
    frozen: float | None = None
    off: bool = False
    seen: set[int] = field(default_factory=set)

    @property
    def alive(self) -> bool:
        return is_alive(self.pid)

    @property
    def age(self) -> float:
        return time.monotonic() - self.born

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def step(self, seconds: float) -> None:
        """Let its clock be so far from the true time."""
        assert self.clock is not None
        clocks.step(self.clock, seconds)
        self.off = seconds != 0

    def look(self) -> bool:
        """Say whether it is alive; a pool takes its children with it, so remember them."""
        self.seen.update(self.children())
        return self.alive

    def children(self) -> list[int]:
        """The processes of its pool that are at work or getting ready for it, oldest first."""
        told: list[int] = []
        with suppress(OSError):  # the process just ended
            for thread in Path(f"/proc/{self.pid}/task").iterdir():
                with suppress(OSError):  # or one of its threads
                    told += map(int, (thread / "children").read_text().split())
        return sorted(pid for pid in told if (words := _command(pid)) and not any(each in words for each in NO_WORKER))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _command(pid: int) -> str:
    """Return what a process was started with; empty for one that is dead."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


class Sink:
    """The witness; see `sink.py`. It gives a copy of each letter it accepts to who listens at ``copies_to``."""

    def __init__(
        self, log: Path, seed: int = 0, mischief: float = 0.0, pace: float = 0.0, copies_to: int | None = None
    ) -> None:
        self.log, self.copies_to = log, copies_to
        told = [log, seed, mischief, pace, *([copies_to] if copies_to else [])]
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "sink.py"), *map(str, told)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def calm(self) -> None:
        self.process.send_signal(signal.SIGUSR1)

    def wires(self) -> list[Wire]:
        return read_log(self.log)

    def accepted(self) -> list[str]:
        return arrivals(self.wires())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
