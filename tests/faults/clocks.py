"""The wall clock of a process, stepped from outside; imported before whatever asks what time it is.

The file that `FAULTS_CLOCK` names holds by how many seconds the clock is off, as a double. Only processes that were
born with this variable are stepped (empty: the file is told later), and in them all that asks `time.time`: the
product's clock and its guard, and the broker's client. Celery asks `datetime` when a tick is too old, so `Moment`
takes its place there. The steady clock is the machine's own.
"""

import mmap
import os
import struct
import time
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

VARIABLE = "FAULTS_CLOCK"
OFF = struct.Struct("d")

_true = time.time
_followed: mmap.mmap | None = None


def stepped() -> float:
    """Return the Unix seconds that this process believes."""
    return _true() + (OFF.unpack_from(_followed)[0] if _followed else 0.0)


class Moment(datetime):
    """A datetime whose now is of the stepped clock."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(stepped(), tz)


def follow(path: str) -> None:
    """Take this file for what steps the clock of this process; an empty path leaves it right."""
    global _followed
    if path:
        with Path(path).open("rb") as file:
            _followed = mmap.mmap(file.fileno(), OFF.size, prot=mmap.PROT_READ)


def step(path: Path, seconds: float) -> None:
    """Let the clocks that follow this file be so many seconds off; writing makes the file."""
    beside = path.open("r+b") if path.exists() else path.open("wb")
    with beside:
        beside.write(OFF.pack(seconds))


if VARIABLE in os.environ:
    time.time = stepped
    follow(os.environ[VARIABLE])
