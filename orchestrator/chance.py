"""Chance that can be repeated: every number follows from the seed of a round and the key of the row it is for. Pure."""

import hashlib

from numpy.random import Generator, Philox


def generator(seed: int, *key: str) -> Generator:
    """A generator of its own for a row: Philox, keyed by the seed and the parts of the row's key.

    Parts are kept apart: ("ab", "c") and ("a", "bc") give different numbers.
    """
    return Generator(Philox(key=int.from_bytes(_hash(seed, *key)[:16])))


def rank(seed: int, *key: str) -> bytes:
    """Where a row stands in the random order of this seed; sorts."""
    return _hash(seed, "rank", *key)


def _hash(seed: int, *key: str) -> bytes:
    hashed = hashlib.sha256()
    for part in (str(seed), *key):
        text = part.encode()
        hashed.update(len(text).to_bytes(8) + text)
    return hashed.digest()
