"""More than two arms at one listing: Cochran's Q over complete sets, then each pair of arms.

A set is one listing approached by every arm; a pattern says per arm whether the answer was positive. All results come
from the number of sets per pattern. Formulas: Cochran (1950), *Biometrika* 37:256; pairwise mid-p McNemar with Holm.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.counts import Counts
from results.statistics.mcnemar import NO_DISCORDANT, ChiSquareResult, TestResult, mcnemar
from results.statistics.multiplicity import holm
from results.statistics.whole import Whole, whole

Pattern = tuple[bool, ...]


@dataclass(frozen=True)
class Sets:
    """Complete sets by pattern, in the order of ``arms``; ``incomplete`` sets lack an arm and count nowhere."""

    arms: tuple[str, ...]
    patterns: Mapping[Pattern, int]
    incomplete: int = 0

    def __post_init__(self) -> None:
        if len(self.arms) < 2 or len(set(self.arms)) < len(self.arms):
            raise BadInput(
                Problem("arms-not-distinct", "Geef ten minste twee verschillende profielen.", found=str(self.arms))
            )
        wrong = [pattern for pattern in self.patterns if len(pattern) != len(self.arms) or not set(pattern) <= {0, 1}]
        if wrong:
            raise BadInput(
                Problem(
                    "incomplete-set",
                    "Een antwoordpatroon heeft niet één antwoord per profiel.",
                    found=str(wrong[0]),
                    remedy=f"Geef per patroon {len(self.arms)} antwoorden: {', '.join(self.arms)}.",
                )
            )
        whole("Het aantal per patroon", list(self.patterns.values()) or [0])

    @property
    def n(self) -> int:
        """Complete sets."""
        return sum(self.patterns.values())

    def pair(self, first: int, second: int) -> Counts:
        """The table of two arms, by their place in ``arms``: the first as control, the second as treatment."""
        cells: Counter[tuple[bool, bool]] = Counter()
        for pattern, number in self.patterns.items():
            cells[bool(pattern[first]), bool(pattern[second])] += number
        return Counts(cells[True, True], cells[True, False], cells[False, True], cells[False, False])


def tally_sets(rows: Iterable[tuple[Hashable, str, bool]], arms: Sequence[str]) -> Sets:
    """Sets from rows of (set, arm, positive). Raises BadInput ``unknown-arm``, and ``double-arm`` for an arm twice."""
    places = {arm: place for place, arm in enumerate(arms)}
    answers: defaultdict[Hashable, dict[int, bool]] = defaultdict(dict)
    for key, arm, positive in rows:
        if arm not in places:
            raise BadInput(
                Problem(
                    "unknown-arm",
                    f"Test {key} noemt een onbekend profiel.",
                    found=arm,
                    remedy=f"Kies uit {', '.join(arms)}.",
                )
            )
        if places[arm] in answers[key]:
            raise BadInput(
                Problem(
                    "double-arm",
                    f"Test {key} telt een profiel twee keer.",
                    found=arm,
                    remedy="Houd één rij per profiel.",
                )
            )
        answers[key][places[arm]] = bool(positive)
    complete = [found for found in answers.values() if len(found) == len(arms)]
    patterns = Counter(tuple(found[place] for place in range(len(arms))) for found in complete)
    return Sets(tuple(arms), dict(patterns), len(answers) - len(complete))


def cochran_q(sets: Sets) -> ChiSquareResult:
    """Are all arms answered positively equally often? Chi-square with k - 1 degrees of freedom.

    Q = (k - 1)(k ΣCⱼ² - N²) / (kN - ΣRᵢ²), Cⱼ the positives of arm j, Rᵢ those of set i, N all; for two arms the
    uncorrected McNemar statistic. Raises BadInput ``no-pairs`` without complete sets.
    """
    k, answers, numbers = len(sets.arms), *_arrays(sets)
    positives, per_set = numbers @ answers, answers.sum(axis=1)
    total = int(positives.sum())
    below = k * total - int(numbers @ per_set**2)
    if not below:
        return ChiSquareResult("cochran_q", 1.0, None, NO_DISCORDANT, k - 1)
    statistic = (k - 1) * (k * int((positives**2).sum()) - total**2) / below
    return ChiSquareResult("cochran_q", float(special.chdtrc(k - 1, statistic)), statistic, "", k - 1)


def _arrays(sets: Sets) -> tuple[Whole, Whole]:
    if not sets.n:
        raise BadInput(
            Problem(
                "no-pairs",
                "Er is geen enkele volledige test, dus er valt niets te berekenen.",
                remedy="Neem alleen tests waarin elk profiel heeft geschreven.",
            )
        )
    return np.array(list(sets.patterns), dtype=np.int64), np.array(list(sets.patterns.values()), dtype=np.int64)


@dataclass(frozen=True)
class Comparison:
    """Two arms of a set: their table, the mid-p McNemar test, and its p adjusted (Holm) for all pairs of arms."""

    control: str
    treatment: str
    counts: Counts
    test: TestResult
    p_adjusted: float


def compare_arms(sets: Sets) -> tuple[Comparison, ...]:
    """Every pair of arms, in the order of ``arms``; the earlier one stands as control. To be read after Cochran's Q."""
    _arrays(sets)
    places = list(combinations(range(len(sets.arms)), 2))
    tables = [sets.pair(*pair) for pair in places]
    tests = [mcnemar(table)[0] for table in tables]
    adjusted = holm([test.p for test in tests])
    return tuple(
        Comparison(sets.arms[first], sets.arms[second], table, test, p)
        for (first, second), table, test, p in zip(places, tables, tests, adjusted, strict=True)
    )
