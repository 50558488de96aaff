"""Parsers with an error that was planted, to try the guide on: it finds each, and tells of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from profiles.errors import Refused


@dataclass(frozen=True)
class Planted:
    run: Callable[[bytes], None]
    seeds: Sequence[bytes] = (b"niet",)
    tokens: Sequence[bytes] = ()


def hidden(raw: bytes) -> None:
    """Fail on four bytes of the 2**32: who sees how far each input came finds them one by one."""
    for place, byte in enumerate(raw):
        if place == 0 and byte != 0x8F:
            return
        if place == 1 and byte != ord("z"):
            return
        if place == 2 and byte != ord("Q"):
            return
        if place == 3 and byte == 3:
            raise KeyError("planted")


def named(raw: bytes) -> None:
    """Refuse everything by name."""
    raise Refused("planted", "planted")


def slow(raw: bytes) -> None:
    """Take long over one byte."""
    if raw[:1] == b"n":
        begun = time.process_time()
        while time.process_time() < begun + 3.5:
            pass


PARSERS: Mapping[str, Planted] = {
    "hidden comparison": Planted(hidden),
    "named error": Planted(named),
    "slow": Planted(slow),
}
