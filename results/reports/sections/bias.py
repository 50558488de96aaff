"""What could have bent the difference: letters that dropped out, texts, order, gap and day, and choices made."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.exposure import ASKING
from orchestrator.states import LetterState, PairState
from profiles.pairs import BOTH
from results import formats, tables
from results.outcomes import Outcome
from results.reports import figures
from results.statistics import Counts, Estimate
from results.statistics.bias import (
    Attrition,
    Bounds,
    Choice,
    FactorEffect,
    attrition,
    detection_share,
    exclusion_choices,
    factor_effects,
    sensitivity,
    unequal_treatment,
)
from results.tables import ArmRow, PairRow, RoundFacts

DROPPED: Mapping[str, Callable[[ArmRow], bool]] = {
    "failed": lambda arm: arm.state == LetterState.FAILED,
    "expired": lambda arm: arm.state == LetterState.EXPIRED,
    "uncertain": lambda arm: arm.state == LetterState.UNCERTAIN,
    "undeliverable": lambda arm: "ONBESTELBAAR" in arm.labels,
    "detected": lambda arm: not set(ASKING).isdisjoint(arm.labels),
}
"""How a letter itself drops out; a letter cancelled because of its other half does not tell of its own arm."""
BOUNDS_ADVERTISERS = 50
BOUNDS_LETTERS = (3, 2)
"""Letters per arm and advertiser that the bounds use: three where enough advertisers have them, else two."""
GAP_CLASSES = 3
STRICT, WIDE = (Outcome.POSITIVE,), (Outcome.POSITIVE, Outcome.CONDITIONAL)


@dataclass(frozen=True)
class LowestShare:
    """Kline and Walters' bound from the first ``letters`` usable pairs of every advertiser that has so many."""

    letters: int
    bounds: Bounds


@dataclass(frozen=True)
class Bias:
    """What could have bent the difference of a round.

    ``single`` names factors with one value, which cannot be tested; ``gap_hours`` are the shortest and longest gap of
    each class of gaps. ``questions``: letters (control, treatment) that drew the question whether this is a test, out
    of so many ``letters`` sent. ``detection`` is None when no letter was sent, ``lowest`` when too few advertisers have
    two usable pairs. The first of ``choices`` is the declared analysis.
    """

    attrition: tuple[Attrition, ...]
    factors: tuple[FactorEffect, ...]
    single: tuple[str, ...]
    gap_hours: tuple[tuple[float, float], ...]
    questions: tuple[int, int]
    letters: tuple[int, int]
    detection: Estimate | None
    choices: tuple[Choice, ...]
    lowest: LowestShare | None


def of(rows: Sequence[PairRow], facts: RoundFacts) -> Bias:
    """Everything of the real pairs of a closed round; at least one of them is usable."""
    counted = figures.usable(rows)
    gaps, hours = _gap_classes(counted)
    tested, single = _factors(counted, gaps)
    dropped = {reason: _by_arm(rows, fell) for reason, fell in DROPPED.items()}
    return Bias(
        attrition=attrition(dropped),
        factors=factor_effects(tested),
        single=single,
        gap_hours=hours,
        questions=dropped["detected"],
        letters=_by_arm(rows, lambda arm: arm.state == LetterState.SENT),
        detection=_detection(rows, facts.level),
        choices=sensitivity(_choices(rows, facts), facts.level),
        lowest=_lowest(counted),
    )


def _by_arm(rows: Sequence[PairRow], fell: Callable[[ArmRow], bool]) -> tuple[int, int]:
    control, treatment = (sum(fell(row.arms[arm]) for row in rows) for arm in BOTH)
    return control, treatment


def _detection(rows: Sequence[PairRow], level: float) -> Estimate | None:
    # The question may come before the second letter, which then never goes.
    sent = [row for row in rows if any(row.arms[arm].state == LetterState.SENT for arm in BOTH)]
    asked = sum(any(DROPPED["detected"](row.arms[arm]) for arm in BOTH) for row in sent)
    return detection_share(asked, len(sent), level) if sent else None


# --- what should not matter ---------------------------------------------------------------------------------------


def _factors(
    counted: Sequence[PairRow], gaps: Mapping[str, str]
) -> tuple[dict[str, dict[str, Counts]], tuple[str, ...]]:
    """Counts per level of every factor with two levels or more, and the names of the others."""
    ways: dict[str, Callable[[PairRow], str | None]] = {
        "control_variant": lambda row: row.control.variant,
        "treatment_variant": lambda row: row.treatment.variant,
        "order": lambda row: str(row.first),
        "gap": lambda row: gaps.get(row.pair),
        "day": _day,
    }
    tables_ = {name: _levels(counted, way) for name, way in ways.items()}
    tested = {name: levels for name, levels in tables_.items() if len(levels) > 1}
    return tested, tuple(name for name in tables_ if name not in tested)


def _levels(counted: Sequence[PairRow], way: Callable[[PairRow], str | None]) -> dict[str, Counts]:
    """Counts per level in order of level; pairs of which the level is not known are left out."""
    known = [(level, row) for row in counted if (level := way(row)) is not None]
    groups: dict[str, list[PairRow]] = {level: [] for level in sorted({level for level, _ in known})}
    for level, row in known:
        groups[level].append(row)
    return {level: tables.counts(group) for level, group in groups.items()}


def _gap_classes(counted: Sequence[PairRow]) -> tuple[dict[str, str], tuple[tuple[float, float], ...]]:
    """The gap of each pair as one of three classes of equal size ("1" the shortest), and the hours of each class."""
    known = [(row.pair, row.gap_hours) for row in counted if row.gap_hours is not None]
    hours = np.array([gap for _, gap in known])
    if len(set(hours.tolist())) < GAP_CLASSES:
        return {}, ()
    cuts = np.quantile(hours, [place / GAP_CLASSES for place in range(1, GAP_CLASSES)])
    place = np.searchsorted(cuts, hours, side="left")
    seen, codes = np.unique(place, return_inverse=True)
    ranges = tuple((float(hours[place == each].min()), float(hours[place == each].max())) for each in seen)
    return {pair: str(code + 1) for (pair, _), code in zip(known, codes.tolist(), strict=True)}, ranges


def _day(row: PairRow) -> str | None:
    """The weekday of the first letter in the study's time zone, as a number from 1 (Monday)."""
    sent = row.arms[row.first].sent_at
    return None if sent is None else str(sent.astimezone(formats.STUDY_ZONE).isoweekday())


# --- other choices ------------------------------------------------------------------------------------------------


def _choices(rows: Sequence[PairRow], facts: RoundFacts) -> dict[str, Counts]:
    counted = figures.usable(rows)
    declared = tables.counts(counted)
    excluded = sum(row.state == PairState.EXCLUDED for row in rows)
    made = {"declared": declared}
    if excluded:
        _, *bounds = exclusion_choices(declared, excluded).values()
        made |= zip(("excluded_neither", "excluded_against", "excluded_in_favour"), bounds, strict=True)
    return made | dict(_definitions(counted, facts))


def _definitions(counted: Sequence[PairRow], facts: RoundFacts) -> Iterator[tuple[str, Counts]]:
    """Other definitions of a positive answer than the declared one, and half the window."""
    for name, positive in (("strict", STRICT), ("wide", WIDE)):
        if set(facts.positive) != set(positive):
            yield (
                name,
                Counts.tally((row.control.outcome in positive, row.treatment.outcome in positive) for row in counted),
            )
    early = ((row.control.early in facts.positive, row.treatment.early in facts.positive) for row in counted)
    yield "half_window", Counts.tally(early)


def _lowest(counted: Sequence[PairRow]) -> LowestShare | None:
    """The bound from as many letters per arm as enough advertisers have; which pairs are first says nothing of them."""
    per_advertiser = list(figures.by(counted, lambda row: row.advertiser).values())
    sizes = Counter(min(len(rows), max(BOUNDS_LETTERS)) for rows in per_advertiser)
    repeated = sum(amount for size, amount in sizes.items() if size > 1)
    for letters in BOUNDS_LETTERS:
        having = sum(amount for size, amount in sizes.items() if size >= letters)
        if having >= BOUNDS_ADVERTISERS and 2 * having >= repeated:
            return LowestShare(letters, unequal_treatment(_patterns(per_advertiser, letters)))
    return None


def _patterns(per_advertiser: Sequence[Sequence[PairRow]], letters: int) -> np.ndarray:
    """Advertisers by positive answers to the control and to the treatment, over their first so many pairs."""
    table = np.zeros((letters + 1, letters + 1), dtype=np.int64)
    for rows in per_advertiser:
        if len(rows) >= letters:
            control, treatment = (sum(row.invited(arm) for row in rows[:letters]) for arm in BOTH)
            table[control, treatment] += 1
    return table
