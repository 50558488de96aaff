"""The four counts of a paired test, from which every number is made."""

import operator
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields

from profiles.errors import BadInput, Problem


@dataclass(frozen=True)
class Counts:
    """Usable pairs by outcome: both arms positive, control only, treatment only, neither.

    Whole numbers, never negative; four zeros are allowed here (nothing came back yet) and refused by ``analyse``.
    """

    c11: int
    c10: int
    c01: int
    c00: int

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _whole(field.name, getattr(self, field.name)))

    @classmethod
    def tally(cls, pairs: Iterable[tuple[bool, bool]]) -> "Counts":
        """Counts of (control positive, treatment positive)."""
        seen = Counter((bool(control), bool(treatment)) for control, treatment in pairs)
        return cls(seen[True, True], seen[True, False], seen[False, True], seen[False, False])

    @property
    def n(self) -> int:
        """Usable pairs."""
        return self.c11 + self.c10 + self.c01 + self.c00

    @property
    def discordant(self) -> int:
        """Pairs in which exactly one arm was answered positively."""
        return self.c10 + self.c01

    @property
    def answered(self) -> int:
        """Pairs with at least one positive answer: the denominator of ``over="usable"``."""
        return self.c11 + self.discordant

    @property
    def control(self) -> int:
        """Pairs in which the control arm was answered positively."""
        return self.c11 + self.c10

    @property
    def treatment(self) -> int:
        """Pairs in which the treatment arm was answered positively."""
        return self.c11 + self.c01

    def without_neither(self) -> "Counts":
        """The same table with the pairs left out in which nobody was answered positively."""
        return Counts(self.c11, self.c10, self.c01, 0)


def _whole(name: str, value: object) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if number < 0 or isinstance(value, bool):
        raise BadInput(
            Problem(
                "count-not-whole",
                f"{name} is geen telling.",
                found=repr(value),
                remedy="Geef een heel getal van 0 of hoger.",
            )
        )
    return number
