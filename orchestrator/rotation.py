"""The rotation: in what order and words the arms of a pair write, so that every combination comes equally often. Pure.

Chance decides which listing gets which place (`assignment.seat`); the rotation decides what comes with a place, so that
what chance alone would leave uneven comes out even, over a round and with each advertiser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from orchestrator.chance import generator


@dataclass(frozen=True)
class Turn:
    """What comes with a place: ``order`` has the arms (0 is the control) in the order in which they write.

    ``words`` has the letter text of each arm, all different. ``level`` is 0 or 1: that of a second characteristic.
    """

    order: tuple[int, ...]
    words: tuple[int, ...]
    level: int


def turn(seed: int, kind: str, place: int, texts: int, arms: int = 2) -> Turn:
    """Return what comes with a place (0, 1, 2, …) in the rotation of this kind of pairs, over ``texts`` letter texts.

    With V texts each run of V places, a row, is a Latin square's: each text comes once for each arm. For two arms each
    is first in half of a row; over V - 1 rows, a cycle, each ordered pair of texts comes once, over two cycles once
    with either arm first. For more arms each is first, second and so on equally often, and on either side of each
    other. The level alternates so that over four rows each text meets either level with either arm first (two arms and
    V divisible by four; else as nearly). Rows are shuffled within. ValueError for fewer texts than arms.
    """
    if texts < arms:
        raise ValueError(f"{arms} arms need as many distinct letter variants, not {texts}")
    row, step = divmod(place, texts)
    column = _shuffled(seed, f"rotation-row-{kind}", row, texts)[step]
    cycle, part = divmod(row, texts - 1)
    words = _shuffled(seed, f"rotation-texts-{kind}", 0, texts)
    # Of two cycles the second brings the ordered pairs of texts of the first, each with the other arm first.
    shifts = _shuffled(seed, f"rotation-shifts-{kind}", cycle // 2, texts - 1)
    moved = [0, *(1 + shifts[(part + further) % (texts - 1)] for further in range(arms - 1))]
    return Turn(
        order=_orders(arms)[(column + part + cycle) % len(_orders(arms))],
        words=tuple(words[(column + shift) % texts] for shift in moved),
        level=(column // 2 + row // 2) % 2,
    )


@lru_cache(maxsize=4)
def _orders(arms: int) -> Sequence[tuple[int, ...]]:
    """Each arm in each place once, and for more than two also the other way about."""
    around = [tuple((start + step) % arms for step in range(arms)) for start in range(arms)]
    return around if arms <= 2 else [*around, *(order[::-1] for order in around)]


@lru_cache(maxsize=4096)
def _shuffled(seed: int, purpose: str, number: int, size: int) -> Sequence[int]:
    return tuple(int(each) for each in generator(seed, purpose, str(number)).permutation(size))
