"""What should not matter, tested: who dropped out, the letter variant, the order, the gap and the day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.counts import Counts
from results.statistics.estimands import Estimate
from results.statistics.intervals import wilson
from results.statistics.mcnemar import exact_p
from results.statistics.multiplicity import holm


@dataclass(frozen=True)
class Attrition:
    """Letters of each arm that dropped out for one reason. ``p`` exact, two-sided; ``p_holm`` over all reasons."""

    reason: str
    control: int
    treatment: int
    p: float
    p_holm: float


@dataclass(frozen=True)
class FactorEffect:
    """Does net discrimination depend on this factor? ``nets`` per level, a proportion of the pairs at that level.

    ``p`` is None when no pair of any level differs in its difference: nothing can then be tested; ``note`` says so.
    """

    factor: str
    nets: Mapping[str, float]
    statistic: float | None
    df: int
    p: float | None
    p_holm: float | None
    note: str = ""


def attrition(dropped: Mapping[str, tuple[int, int]]) -> tuple[Attrition, ...]:
    """Per reason (control, treatment) letters that dropped out; both arms sent equally many, so under no effect of the
    arm each drop-out is a fair coin: exact binomial, Holm over the reasons.

    A reason without drop-outs has p = 1, as McNemar's test has without discordant pairs. BadInput for other than two
    whole counts.
    """
    counts = {reason: _two_counts(reason, pair) for reason, pair in dropped.items()}
    p = [float(exact_p(min(c, t), c + t)) if c + t else 1.0 for c, t in counts.values()]
    return tuple(
        Attrition(reason, c, t, one, adjusted)
        for (reason, (c, t)), one, adjusted in zip(counts.items(), p, holm(p), strict=True)
    )


def factor_effects(factors: Mapping[str, Mapping[str, Counts]]) -> tuple[FactorEffect, ...]:
    """Per factor its levels with their counts; Holm over the factors that could be tested.

    The mean score test on the pair differences (Landis, Heyman & Koch 1978): (n - 1) x between-level sum of squares /
    total sum of squares is chi-square with levels - 1 df when the factor does not matter. It needs no spread within a
    level. BadInput for a factor with one level, or for a level without pairs.
    """
    found = [_factor(name, levels) for name, levels in factors.items()]
    adjusted = iter(holm([one.p for one in found if one.p is not None]))
    return tuple(replace(one, p_holm=next(adjusted)) if one.p is not None else one for one in found)


def detection_share(detected: int, pairs: int, level: float = 0.95) -> Estimate:
    """Share of all pairs that were sent in which somebody suspected a test, with its Wilson interval."""
    counts = Counts(detected, 0, 0, 0)
    if not (isinstance(pairs, int) and pairs > 0 and counts.n <= pairs):
        raise BadInput(
            Problem(
                "impossible-share",
                "Er kunnen niet meer tests herkend zijn dan er waren.",
                found=f"{detected} van {pairs}",
            )
        )
    note = "herkend als test; alle verstuurde tests"
    return Estimate(
        "detection", "sent", detected / pairs, *wilson(detected, pairs, level), level, pairs, "wilson", note
    )


def _factor(name: str, levels: Mapping[str, Counts]) -> FactorEffect:
    if len(levels) < 2:
        raise BadInput(
            Problem(
                "one-level",
                f"'{name}' heeft maar één waarde, dus er valt niets te vergelijken.",
                remedy="Laat het weg.",
            )
        )
    empty = [level for level, counts in levels.items() if not counts.n]
    if empty:
        raise BadInput(
            Problem(
                "empty-stratum",
                f"'{name}' heeft een waarde zonder geslaagde tests.",
                found=", ".join(empty),
                remedy="Laat die weg.",
            )
        )
    n = np.array([counts.n for counts in levels.values()])
    sums = np.array([counts.c10 - counts.c01 for counts in levels.values()])
    total = sum(counts.discordant for counts in levels.values()) - sums.sum() ** 2 / n.sum()
    nets = dict(zip(levels, (sums / n).tolist(), strict=True))
    df = len(levels) - 1
    if total <= 0:
        note = "alle tests hebben dezelfde uitkomst: er valt niets te toetsen"
        return FactorEffect(name, nets, None, df, None, None, note)
    between = float((sums**2 / n).sum() - sums.sum() ** 2 / n.sum())
    statistic = max((int(n.sum()) - 1) * between / float(total), 0.0)
    return FactorEffect(name, nets, statistic, df, float(special.chdtrc(df, statistic)), None)


def _two_counts(reason: str, pair: tuple[int, int]) -> tuple[int, int]:
    if len(pair) != 2:
        raise BadInput(
            Problem(
                "not-two-arms",
                f"'{reason}' heeft geen twee tellingen: controleprofiel en testprofiel.",
                found=str(pair),
            )
        )
    checked = Counts(pair[0], pair[1], 0, 0)  # whole and not negative, or a named error
    return checked.c11, checked.c10
