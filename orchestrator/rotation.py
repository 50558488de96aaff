"""The rotation: in what order and words the arms of a pair write, so that every combination comes equally often. Pure.

Chance decides which listing gets which place (`assignment.seat`); the rotation decides what comes with a place, so that
what chance alone would leave uneven comes out even, over a round and with each advertiser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from orchestrator.chance import generator
from profiles.pairs import Arm


@dataclass(frozen=True)
class Turn:
    """What comes with a place: the arm that may write first, the words of control and treatment, and the level.

    ``words`` are two different places in the list of texts. ``level`` is 0 or 1: that of a second characteristic.
    """

    first: Arm
    words: tuple[int, int]
    level: int


def turn(seed: int, kind: str, place: int, texts: int) -> Turn:
    """Return what comes with a place (0, 1, 2, …) in the rotation of this kind of pairs, over ``texts`` letter texts.

    With V texts each run of V places, a row, is a Latin square's: each text once for the control and once for the
    treatment, and each arm first in half of it. Over V - 1 rows, a cycle, each ordered pair of texts comes once, over
    two cycles once with either arm first. The level alternates so that over four rows each text meets either level with
    either arm first (V divisible by four; else as nearly). Rows are shuffled within. ValueError for fewer than two
    texts.
    """
    if texts < len(Arm):
        raise ValueError(f"a pair needs two distinct letter variants, not {texts}")
    row, step = divmod(place, texts)
    column = _shuffled(seed, f"rotation-row-{kind}", row, texts)[step]
    cycle, part = divmod(row, texts - 1)
    order = _shuffled(seed, f"rotation-texts-{kind}", 0, texts)
    # Of two cycles the second brings the ordered pairs of texts of the first, each with the other arm first.
    shift = 1 + _shuffled(seed, f"rotation-shifts-{kind}", cycle // 2, texts - 1)[part]
    return Turn(
        first=tuple(Arm)[(column + part + cycle) % 2],
        words=(order[column], order[(column + shift) % texts]),
        level=(column // 2 + row // 2) % 2,
    )


@lru_cache(maxsize=4096)
def _shuffled(seed: int, purpose: str, number: int, size: int) -> Sequence[int]:
    return tuple(int(each) for each in generator(seed, purpose, str(number)).permutation(size))
