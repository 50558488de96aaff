"""What raters thought of a name: its perception record, and the validation level that names reach by their records.

Names carry more than a background: raters also hear class and religiosity in them, and brokers answer to what they
hear (Martiniello and Verhaeghe, PLOS ONE 2022). So a name is asked about before it may carry a finding: enough raters,
surely recognised, and for `Validation.MATCHED` of the same class on both arms.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist, fmean

from profiles.shares import wilson

LEAST_RATERS = 30
LEAST_RECOGNISED = 0.75
"""What the lower bound of the share that recognises the intended background must lie above."""

CLASS_TOLERANCE = 0.5
"""How far the perceived classes of two names, or of two sets on average, may lie apart on the scale of five."""

LOWEST, HIGHEST = 1, 5
"""The scale of class (1 very low, 5 very high) and of religiosity (1 not at all, 5 very much)."""

LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


class Validation(StrEnum):
    """What is known of how names are perceived; each level asks what the one before it asks, and more."""

    NONE = "none"
    RECOGNISED = "recognised"
    MATCHED = "matched"


@dataclass(frozen=True)
class Perception:
    """What the raters of one year thought of one name.

    ``recognised`` is the share of them, 0 to 1, that thought of the background the name set intends; the means are on
    the scale from `LOWEST` to `HIGHEST`.
    """

    first: str
    last: str
    name_set: str
    year: int
    raters: int
    recognised: float
    class_mean: float
    religiosity_mean: float
    source: str

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% Wilson interval of ``recognised``."""
        return wilson(self.recognised * self.raters, self.raters, _Z)

    @property
    def surely_recognised(self) -> bool:
        """Whether the name reaches `Validation.RECOGNISED`."""
        return self.raters >= LEAST_RATERS and self.interval[0] > LEAST_RECOGNISED


def same_class(one: float, other: float) -> bool:
    """Whether two perceived classes are so near that they count as one."""
    # The figures have two decimals: 3.1 and 2.6 lie half a point apart, whatever floats make of it.
    return round(abs(one - other), 6) <= CLASS_TOLERANCE


def mean_class(records: Iterable[Perception]) -> float:
    """Return the mean perceived class over names, each counted once; of one name at least."""
    return fmean(record.class_mean for record in records)
