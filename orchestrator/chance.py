"""Chance that can be repeated: every number follows from the seed of a round and the key of the row it is for. Pure.

For one row that needs much chance there is a `generator`. For many rows at once there are `bits`, `uniforms` and
`below`, asked by seed, purpose, the rows' keys and a counter. There is no stream to advance: a row gets the same number
alone or among a million others, in whatever order. Their numbers are those of a counter-based generator, made by
hashing (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011), with the finaliser of
SplitMix64 (Steele, Lea and Flood, 2014; the shifts and factors are Stafford's variant 13). Chance is no secret: whoever
knows seed and key knows the draw.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
"""Unsigned integers of 64 bits, one per row."""

Ints = NDArray[np.int64]

# 2**64 over the golden ratio: steps by it are spread evenly over all integers of 64 bits.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
WORD = 8

KEPT = np.array([(1 << 8 * kept) - 1 for kept in range(WORD + 1)], np.uint64)
"""What leaves the first so many bytes of a word, and nothing of the others."""

BLOCK = 16_384
"""So many numbers are mixed, or texts read, at a time: few enough to stay near the processor while that goes on."""


def generator(seed: int, *key: str) -> Generator:
    """A generator of its own for a row: Philox, keyed by the seed and the parts of the row's key.

    Parts are kept apart: ("ab", "c") and ("a", "bc") give different numbers.
    """
    return Generator(Philox(key=int.from_bytes(_hash(seed, *key)[:16])))


def rank(seed: int, *key: str) -> bytes:
    """Where a row stands in the random order of this seed; sorts."""
    return _hash(seed, "rank", *key)


def digests(texts: Sequence[str]) -> Bits:
    """A number of 64 bits for each text; the rows' keys for the functions below.

    Texts of the same length in bytes, up to eight, never share a number; any others by a chance of 2**-64.
    """
    found = np.empty(len(texts), np.uint64)
    for begin in range(0, len(texts), BLOCK):
        found[begin : begin + BLOCK] = _digests(texts[begin : begin + BLOCK])
    return found


def _digests(texts: Sequence[str]) -> Bits:
    joined, lengths = _joined(texts)
    begins, longest = np.cumsum(lengths + 1) - (lengths + 1), int(lengths.max(initial=1))
    # Eight bytes from any on are a word: the last of a text has some of what follows, which is masked.
    from_each = np.ndarray(len(joined) + longest, "<u8", joined + bytes(longest + WORD), strides=(1,))
    state = _mixed(lengths.astype(np.uint64) * GOLDEN)
    for place in range(0, longest, WORD):
        word = from_each[begins + place] & KEPT.take(lengths - place, mode="clip")
        # How far the longest text reaches must not matter to the others.
        state = np.where(lengths > place, _mixed(state ^ word), state)
    return state


def _joined(texts: Sequence[str]) -> tuple[bytes, Ints]:
    """The bytes of texts, with one between each two, and the length of each in bytes."""
    joined = "\0".join(texts).encode()
    ends = np.flatnonzero(np.frombuffer(joined + b"\0", np.uint8) == 0)
    if len(ends) > len(texts):  # one has such a byte of its own
        return joined, np.array([len(text.encode()) for text in texts])
    return joined, np.diff(ends, prepend=-1) - 1


def together(one: Bits, other: Bits) -> Bits:
    """The keys of rows that it takes two texts to tell apart, from the digests of both; the order matters."""
    return _mixed(_mixed(one.copy()) + other)


def bits(seed: int, purpose: str, keys: Bits, number: int | Ints | Bits = 0) -> Bits:
    """64 random bits for each key; another seed, purpose or number gives bits that have nothing to do with these.

    ``number`` counts draws of one purpose, from 0; an array counts them for each key.
    """
    counted = np.asarray(number, np.uint64) * GOLDEN
    return _mixed(_mixed(keys ^ _start(seed, purpose)) + counted)


def uniforms(seed: int, purpose: str, keys: Bits, number: int | Ints | Bits = 0) -> NDArray[np.float64]:
    """A number for each key, uniform over the multiples of 2**-53 from 0 up to, not including, 1."""
    return (bits(seed, purpose, keys, number) >> np.uint64(11)) * np.float64(2.0**-53)


def below(
    seed: int, purpose: str, keys: Bits, number: int | Ints | Bits = 0, *, limits: int | Ints | NDArray[np.int32]
) -> Ints:
    """A whole number for each key, uniform from 0 up to, not including, its limit; ValueError for a limit under 1.

    Limits are far below 2**53: the chances of two outcomes then differ by less than limit / 2**53 of their size.
    """
    if np.min(limits, initial=1) < 1:
        raise ValueError("there is nothing below a limit under 1")
    return (uniforms(seed, purpose, keys, number) * limits).astype(np.int64)


def shuffled(drawn: Bits, blocks: Ints) -> Ints:
    """The rows block by block, in order of the blocks' numbers (from 0), and within a block in the order drawn."""
    if blocks.max(initial=0) < 2**24:
        # Block and chance in one number are sorted at once, unless its bits are too few to tell two rows apart.
        both = (blocks.astype(np.uint64) << np.uint64(40)) | (drawn >> np.uint64(24))
        order: Ints = np.argsort(both)
        in_order = both[order]
        if (in_order[1:] != in_order[:-1]).all():
            return order
    return np.lexsort((drawn, blocks))


@lru_cache(maxsize=256)
def _start(seed: int, purpose: str) -> np.uint64:
    return np.uint64(digests([f"{seed}:{purpose}"])[0])


def _mixed(values: Bits) -> Bits:
    """A one-to-one map of 64 bits in which every bit of the input turns about half of the output.

    It may overwrite the values: they are the caller's own.
    """
    flat = values.reshape(-1)
    for begin in range(0, flat.size, BLOCK):
        some = flat[begin : begin + BLOCK]
        some ^= some >> np.uint64(30)
        some *= np.uint64(0xBF58476D1CE4E5B9)
        some ^= some >> np.uint64(27)
        some *= np.uint64(0x94D049BB133111EB)
        some ^= some >> np.uint64(31)
    return flat.reshape(values.shape)


def _hash(seed: int, *key: str) -> bytes:
    hashed = hashlib.sha256()
    for part in (str(seed), *key):
        text = part.encode()
        hashed.update(len(text).to_bytes(8) + text)
    return hashed.digest()
