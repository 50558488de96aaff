"""The rotation: in what order and words the arms of a pair write, so that every combination comes equally often. Pure.

Chance decides which listing gets which place (`assignment.seat`); the rotation decides what comes with a place, so that
what chance alone would leave uneven comes out even, over a round and with each advertiser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from orchestrator import chance
from orchestrator.chance import Ints


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

    order: Ints
    words: Ints
    level: Ints


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
    rows, steps = np.divmod(places, texts)
    column = _shuffled(seed, f"rotation-row-{kind}", rows, texts, steps)
    cycle, part = np.divmod(rows, texts - 1)
    orders = np.array(_orders(arms))
    words = []
    for arm in range(arms):
        shift = np.zeros_like(column)
        if arm:
            # Of two cycles the second brings the ordered pairs of texts of the first, each with the other arm first.
            step = (part + arm - 1) % (texts - 1)
            shift = 1 + _shuffled(seed, f"rotation-shifts-{kind}", cycle // 2, texts - 1, step)
        words.append(_shuffled(seed, f"rotation-texts-{kind}", np.zeros_like(rows), texts, (column + shift) % texts))
    return Turns(
        order=orders[(column + part + cycle) % len(orders)],
        words=np.stack(words, axis=1),
        level=(column // 2 + rows // 2) % 2,
    )


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


def _shuffled(seed: int, purpose: str, numbers: Ints, size: int, at: Ints) -> Ints:
    """What stands at these places when the whole numbers below ``size`` are shuffled, for each number anew."""
    lowest, highest = (int(numbers.min()), int(numbers.max())) if numbers.size else (0, 0)
    drawn = chance.bits(seed, purpose, np.arange(lowest, highest + 1, dtype=np.uint64)[:, np.newaxis], np.arange(size))
    # Flat, since to index by two arrays takes twice as long.
    shuffled: Ints = drawn.argsort(axis=1).ravel().take((numbers - lowest) * size + at)
    return shuffled
