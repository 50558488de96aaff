"""Whether the draw came out even: who writes first and which words each arm got, over the whole plan and its parts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scipy.stats import binomtest

from orchestrator.enrolment import ZONE
from orchestrator.planned import PlannedPair
from profiles.pairs import Arm
from results.formats import number
from results.statistics.multiplicity import holm

WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")


@dataclass(frozen=True)
class Line:
    """One line of the balance table: so many pairs of this part in which the control or the treatment arm wrote first.

    For a letter variant: so many letters of either arm. ``p`` is the two-sided exact chance of a split at least as
    uneven under an even draw, ``adjusted`` the same over all lines of the table (Holm).
    """

    what: str
    part: str
    control: int
    treatment: int
    p: float
    adjusted: float


def table(pairs: Sequence[PlannedPair]) -> tuple[Line, ...]:
    """Return the balance table of a plan; empty for a plan without pairs.

    The lines of one kind add up to the whole, so that nothing is left out. The order of the arms may be declared
    instead of drawn; then it is no surprise that it is uneven, and the lines say so all the same.
    """
    counted = [
        (what, part, split)
        for what, parts in {
            "eerste brief": _first_by(pairs, lambda _: "alle tests"),
            "eerste brief, week": _first_by(pairs, lambda pair: _week(_begins(pair))),
            "eerste brief, dag": _first_by(pairs, lambda pair: WEEKDAYS[_begins(pair).weekday()]),
            "eerste brief, dagdeel": _first_by(pairs, lambda pair: "ochtend" if _begins(pair).hour < 12 else "middag"),
            "eerste brief, wijk": _first_by(pairs, lambda pair: pair.district),
            "briefversie": _letters_by_variant(pairs),
        }.items()
        for part, split in parts.items()
    ]
    chances = [binomtest(split[Arm.CONTROL], split.total()).pvalue for _, _, split in counted]
    return tuple(
        Line(what, part, split[Arm.CONTROL], split[Arm.TREATMENT], p, adjusted)
        for (what, part, split), p, adjusted in zip(counted, chances, holm(chances), strict=True)
    )


def verdict(lines: Sequence[Line], level: float = 0.05) -> str:
    """Say in one Dutch sentence whether the most uneven line is more than chance would give."""
    if not lines:
        return "Er is geen enkele test gepland."
    worst = min(lines, key=lambda line: (line.adjusted, line.p))
    where = f"{worst.what}: {worst.part} ({worst.control} tegen {worst.treatment})"
    if worst.adjusted < level:
        return f"Niet in evenwicht: {where} is schever dan bij loting past (p = {number(worst.adjusted, 3)} na Holm)."
    return f"In evenwicht: ook de scheefste regel, {where}, past bij loting (p = {number(worst.adjusted, 2)} na Holm)."


def _first_by(pairs: Iterable[PlannedPair], part: Callable[[PlannedPair], str]) -> Mapping[str, Counter[Arm]]:
    return _counted((part(pair), pair.first) for pair in pairs)


def _letters_by_variant(pairs: Iterable[PlannedPair]) -> Mapping[str, Counter[Arm]]:
    letters = (((pair.control, Arm.CONTROL), (pair.treatment, Arm.TREATMENT)) for pair in pairs)
    return _counted((letter.variant, arm) for both in letters for letter, arm in both)


def _counted(told: Iterable[tuple[str, Arm]]) -> Mapping[str, Counter[Arm]]:
    parts: dict[str, Counter[Arm]] = {}
    for part, arm in told:
        parts.setdefault(part, Counter())[arm] += 1
    return dict(sorted(parts.items(), key=lambda each: _place(each[0])))


def _place(part: str) -> tuple[int, str]:
    return WEEKDAYS.index(part) if part in WEEKDAYS else 0, part


def _begins(pair: PlannedPair) -> datetime:
    return min(pair.control.at, pair.treatment.at).astimezone(ZONE)


def _week(moment: datetime) -> str:
    return f"week {moment.isocalendar().week:02d}"
