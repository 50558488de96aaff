"""The rotation: in what order and words the arms of a pair write, so that every combination comes equally often. Pure.

Chance decides which listing gets which place (`assignment.seat`); the rotation decides what comes with a place, so that
what chance alone would leave uneven comes out even, over a round and with each advertiser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orchestrator import chance
from orchestrator.chance import Ints

Small = NDArray[np.int16]
"""Numbers of arms, of words and of levels: in a quarter of the bytes they are read that much faster."""


@dataclass(frozen=True)
class Turn:
    """What comes with a place: ``order`` has the arms (0 is the control) in the order in which they write.

    ``words`` has the letter text of each arm, all different. ``level`` is 0 or 1: that of a second characteristic.
    """

    order: tuple[int, ...]
    words: tuple[int, ...]
    level: int


@dataclass(frozen=True, eq=False)
class Turns:
    """Many turns, a row each; the columns are as in `Turn`."""

    order: Small
    words: Small
    level: Small


def turns(seed: int, kind: str, places: Ints, texts: int, arms: int = 2) -> Turns:
    """Return what comes with these places (0, 1, 2, …) in the rotation of this kind of pairs, over ``texts`` texts.

    With V texts each run of V places, a row, is a Latin square's: each text comes once for each arm. For two arms each
    is first in half of a row; over V - 1 rows, a cycle, each ordered pair of texts comes once, over two cycles once
    with either arm first. For more arms each is first, second and so on equally often, and on either side of each
    other. The level alternates so that over four rows each text meets either level with either arm first (two arms and
    V divisible by four; else as nearly). Rows are shuffled within. ValueError for fewer texts than arms.
    """
    if texts < arms:
        raise ValueError(f"{arms} arms need as many distinct letter variants, not {texts}")
    lowest, highest = (int(places.min()), int(places.max())) if places.size else (0, 0)
    # All turns of these rows follow from few numbers for each; what comes with a place is then read from them.
    rows = np.arange(lowest // texts, highest // texts + 1)
    order, words, level = _whole(seed, kind, rows, texts, arms)
    at = places - rows[0] * texts
    return Turns(order=order.take(at, axis=0), words=words.take(at, axis=0), level=level.take(at))


def _whole(seed: int, kind: str, rows: Ints, texts: int, arms: int) -> tuple[Small, Small, Small]:
    """Order, words and level of all places of these rows, which follow each other."""
    column = _shuffled(seed, f"rotation-row-{kind}", rows, texts)
    cycle, part = np.divmod(rows, texts - 1)
    # Of two cycles the second brings the ordered pairs of texts of the first, each with the other arm first.
    pairs = cycle // 2
    shifts = 1 + _shuffled(seed, f"rotation-shifts-{kind}", np.arange(pairs[0], pairs[-1] + 1), texts - 1)
    known = _shuffled(seed, f"rotation-texts-{kind}", np.zeros(1, np.int64), texts)[0]
    words = np.empty((*column.shape, arms), np.int16)
    words[..., 0] = known.take(column)
    for arm in range(1, arms):
        shift = shifts[pairs - pairs[0], (part + arm - 1) % (texts - 1)]
        words[..., arm] = known.take((column + shift[:, np.newaxis]) % texts)
    orders = np.array(_orders(arms), np.int16)
    turned = ((part + cycle) % len(orders)).astype(np.int16)
    order = orders.take((column + turned[:, np.newaxis]) % len(orders), axis=0)
    level = (column // 2 + (rows // 2 % 2).astype(np.int16)[:, np.newaxis]) % 2
    return order.reshape(-1, arms), words.reshape(-1, arms), level.ravel()


def turn(seed: int, kind: str, place: int, texts: int, arms: int = 2) -> Turn:
    """Return what comes with one place, as `turns`."""
    if texts < arms:
        raise ValueError(f"{arms} arms need as many distinct letter variants, not {texts}")
    return _row(seed, kind, place // texts, texts, arms)[place % texts]


@lru_cache(maxsize=4096)
def _row(seed: int, kind: str, row: int, texts: int, arms: int) -> tuple[Turn, ...]:
    found = turns(seed, kind, row * texts + np.arange(texts), texts, arms)
    columns = zip(found.order.tolist(), found.words.tolist(), found.level.tolist(), strict=True)
    return tuple(Turn(tuple(order), tuple(words), level) for order, words, level in columns)


@lru_cache(maxsize=4)
def _orders(arms: int) -> Sequence[tuple[int, ...]]:
    """Each arm in each place once, and for more than two also the other way about."""
    around = [tuple((start + step) % arms for step in range(arms)) for start in range(arms)]
    return around if arms <= 2 else [*around, *(order[::-1] for order in around)]


def _shuffled(seed: int, purpose: str, numbers: Ints, size: int) -> Small:
    """The whole numbers below ``size``, shuffled for each of these numbers anew, a row each."""
    drawn = chance.bits(seed, purpose, numbers.astype(np.uint64)[:, np.newaxis], np.arange(size))
    return drawn.argsort(axis=1).astype(np.int16)
