"""Whether the draw came out even: who writes first and which words each arm got, over the whole plan and its parts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.enrolment import ZONE
from orchestrator.planned import PlannedLetter, PlannedPair
from profiles.pairs import Arm
from profiles.sentences import Sentence
from results.formats import number
from results.statistics.multiplicity import holm

WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
LEVELS = {"female": "vrouwen", "male": "mannen", "ample": "ruim inkomen", "tight": "krap inkomen"}


@dataclass(frozen=True)
class Line:
    """One line of the balance table: in how many pairs of this part each arm, in order, wrote first.

    For a letter variant: how many letters of it each arm wrote. ``p`` is the chance of a split at least as uneven under
    an even draw (two arms: two-sided exact; more: chi-square), ``adjusted`` the same over all lines (Holm).
    """

    what: str
    part: str
    split: tuple[int, ...]
    p: float
    adjusted: float


@dataclass(frozen=True)
class Names:
    """How often the names that show an arm sign in a plan: the fewest and the most letters of one name."""

    arm: Arm
    names: int
    fewest: int
    most: int
    most_uneven: int
    """The largest difference, over names, between how often it wrote first and how often it did not."""


def table(pairs: Sequence[PlannedPair]) -> tuple[Line, ...]:
    """Return the balance table of a plan; empty for a plan without pairs.

    The lines of one kind add up to the whole, so that nothing is left out. The order of the arms may be declared
    instead of drawn; then it is no surprise that it is uneven, and the lines say so all the same. In an unpaired plan
    the first letter is the only one.
    """
    arms = arms_of(pairs)
    counted = [
        (what, part, tuple(split[arm] for arm in arms))
        for what, parts in {
            "eerste brief": _first_by(pairs, lambda _: "alle tests"),
            "eerste brief, week": _first_by(pairs, lambda pair: _week(_begins(pair))),
            "eerste brief, dag": _first_by(pairs, lambda pair: WEEKDAYS[_begins(pair).weekday()]),
            "eerste brief, dagdeel": _first_by(pairs, lambda pair: "ochtend" if _begins(pair).hour < 12 else "middag"),
            "eerste brief, wijk": _first_by(pairs, lambda pair: pair.district),
            "eerste brief, kenmerk": _first_by([pair for pair in pairs if pair.level], _level),
            "eerste brief, briefversie": _first_by(pairs, lambda pair: _first_letter(pair).variant),
            "briefversie": _letters_by_variant(pairs),
        }.items()
        for part, split in parts.items()
    ]
    chances = [_chance(split) for _, _, split in counted]
    return tuple(
        Line(what, part, split, p, adjusted)
        for (what, part, split), p, adjusted in zip(counted, chances, holm(chances), strict=True)
    )


def arms_of(pairs: Iterable[PlannedPair]) -> tuple[Arm, ...]:
    """Return the arms that write in a plan, in their order."""
    writing = {arm for pair in pairs for arm in pair.letters}
    return tuple(arm for arm in Arm if arm in writing)


def names(pairs: Sequence[PlannedPair]) -> tuple[Names, ...]:
    """Return how evenly the names are used that show each arm; in a sham pair all letters show the same one."""
    return tuple(found for arm in arms_of(pairs) if (found := _names(arm, pairs)) is not None)


def verdict(lines: Sequence[Line], level: float = 0.05) -> str:
    """Say in one Dutch sentence whether the most uneven line is more than chance would give."""
    if not lines:
        return "Er is geen enkele test gepland."
    worst = min(lines, key=lambda line: (line.adjusted, line.p))
    told = {"what": worst.what, "part": worst.part, "split": " : ".join(map(str, worst.split))}
    if worst.adjusted < level:
        words = "Niet in evenwicht: %(what)s: %(part)s (%(split)s) is schever dan bij loting past (p = %(p)s na Holm)."
        return Sentence.of(words, **told, p=number(worst.adjusted, 3))
    words = "In evenwicht: ook de scheefste regel, %(what)s: %(part)s (%(split)s), past bij loting (p = %(p)s na Holm)."
    return Sentence.of(words, **told, p=number(worst.adjusted, 2))


def _chance(split: tuple[int, ...]) -> float:
    from scipy.stats import binomtest, chisquare  # slow to import

    if len(split) == 1:
        return 1.0
    return float(binomtest(split[0], sum(split)).pvalue if len(split) == 2 else chisquare(split).pvalue)


def _names(arm: Arm, pairs: Sequence[PlannedPair]) -> Names | None:
    signed = [
        (letter.applicant, pair.first is own)
        for pair in pairs
        for own, letter in pair.letters.items()
        if (pair.sham or own) is arm
    ]
    if not signed:
        return None
    used, first = Counter(name for name, _ in signed), Counter(name for name, is_first in signed if is_first)
    uneven = max(abs(2 * first[name] - many) for name, many in used.items())
    return Names(arm, len(used), min(used.values()), max(used.values()), uneven)


def _first_by(pairs: Iterable[PlannedPair], part: Callable[[PlannedPair], str]) -> Mapping[str, Counter[Arm]]:
    return _counted((part(pair), pair.first) for pair in pairs)


def _letters_by_variant(pairs: Iterable[PlannedPair]) -> Mapping[str, Counter[Arm]]:
    return _counted((letter.variant, arm) for pair in pairs for arm, letter in pair.letters.items())


def _counted(told: Iterable[tuple[str, Arm]]) -> Mapping[str, Counter[Arm]]:
    parts: dict[str, Counter[Arm]] = {}
    for part, arm in told:
        parts.setdefault(part, Counter())[arm] += 1
    return dict(sorted(parts.items(), key=lambda each: _place(each[0])))


def _place(part: str) -> tuple[int, str]:
    return WEEKDAYS.index(part) if part in WEEKDAYS else 0, part


def _level(pair: PlannedPair) -> str:
    return LEVELS[pair.level] if pair.level else ""


def _first_letter(pair: PlannedPair) -> PlannedLetter:
    return pair.letters[pair.first]


def _begins(pair: PlannedPair) -> datetime:
    return _first_letter(pair).at.astimezone(ZONE)


def _week(moment: datetime) -> str:
    return f"week {moment.isocalendar().week:02d}"
