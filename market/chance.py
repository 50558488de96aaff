"""Draws that depend only on a key, so that the order in which letters arrive changes nothing."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")
_NORMAL = NormalDist()


class Chance:
    """Random numbers fixed by ``key``; every draw has its own name and no draw disturbs another."""

    def __init__(self, *key: object) -> None:
        self._key = "\x1f".join(map(str, key))

    def token(self, name: str, size: int = 8) -> str:
        """``2 * size`` hexadecimal digits."""
        return self._digest(name, size).hex()

    def uniform(self, name: str) -> float:
        """A number in [0, 1) with 53 random bits."""
        return (int.from_bytes(self._digest(name, 8), "big") >> 11) / 2**53

    def between(self, name: str, low: float, high: float) -> float:
        return low + (high - low) * self.uniform(name)

    def normal(self, name: str) -> float:
        """A standard normal number."""
        return _NORMAL.inv_cdf(max(self.uniform(name), 2**-53))

    def happens(self, name: str, probability: float) -> bool:
        return self.uniform(name) < probability

    def pick(self, name: str, options: Sequence[T]) -> T:
        return options[int(self.uniform(name) * len(options))]

    def weigh(self, name: str, weights: Mapping[T, float]) -> T:
        """One key of ``weights``, each with a probability proportional to its weight."""
        left = self.uniform(name) * sum(weights.values())
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        return option

    def shuffled(self, name: str, options: Sequence[T]) -> list[T]:
        """The options in an order that depends on each option itself, not on the order given."""
        return sorted(options, key=lambda option: self._digest(f"{name}\x1d{option}", 8))

    def _digest(self, name: str, size: int) -> bytes:
        return blake2b(f"{self._key}\x1e{name}".encode("utf-8", "surrogatepass"), digest_size=size).digest()
