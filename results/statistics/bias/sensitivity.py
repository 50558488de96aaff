"""Would another reasonable choice have told another story? The same net difference under several sets of counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from profiles.errors import BadInput, Problem
from results.statistics.counts import Counts
from results.statistics.estimands import NET_ALL, Estimate
from results.statistics.intervals import tango
from results.statistics.mcnemar import midp_p
from results.statistics.numeric import check_share


@dataclass(frozen=True)
class Choice:
    """One row of the comparison: ``change`` is this net minus the first row's; ``p`` is McNemar's mid-p.

    ``same_conclusion``: this row finds, or does not find, a difference in the same direction as the first row does.
    """

    name: str
    counts: Counts
    net: Estimate
    p: float
    change: float
    same_conclusion: bool


def sensitivity(choices: Mapping[str, Counts], level: float = 0.95) -> tuple[Choice, ...]:
    """Compare ``choices`` (name to counts; the first is the declared analysis) on net discrimination over all pairs.

    Any choice can be a row: another definition of positive, another window, another treatment of excluded pairs. A
    difference is found when mid-p is at most 1 - level. BadInput without choices or for a choice without pairs.
    """
    check_share("level", level)
    empty = [name for name, counts in choices.items() if not counts.n]
    if not choices or empty:
        raise BadInput(
            Problem(
                "no-pairs",
                "Er is geen enkele geslaagde test, dus er valt niets te berekenen.",
                found=", ".join(empty) or None,
            )
        )
    first = next(iter(choices.values()))
    return tuple(
        Choice(
            name,
            counts,
            _net(counts, level),
            _p(counts),
            _value(counts) - _value(first),
            _direction(counts, level) == _direction(first, level),
        )
        for name, counts in choices.items()
    )


def exclusion_choices(counts: Counts, excluded: int) -> dict[str, Counts]:
    """The declared counts, and what they become when ``excluded`` pairs had counted: as neither positive, or at worst.

    The last two are bounds (Manski 1990): no answers the excluded pairs might have given lead outside them.
    """
    lost = Counts(0, 0, 0, excluded).n  # whole and not negative, or a named error
    c11, c10, c01, c00 = counts.c11, counts.c10, counts.c01, counts.c00
    return {
        "uitgesloten tests weggelaten": counts,
        "uitgesloten tests als niet positief": Counts(c11, c10, c01, c00 + lost),
        "uiterste: alle in het nadeel van het testprofiel": Counts(c11, c10 + lost, c01, c00),
        "uiterste: alle in het voordeel van het testprofiel": Counts(c11, c10, c01 + lost, c00),
    }


def _value(counts: Counts) -> float:
    return (counts.c10 - counts.c01) / counts.n


def _net(counts: Counts, level: float) -> Estimate:
    low, high = tango(counts, level)
    return Estimate(NET_ALL.name, NET_ALL.over, _value(counts), low, high, level, counts.n, "tango", NET_ALL.convention)


def _p(counts: Counts) -> float:
    return float(midp_p(min(counts.c10, counts.c01), counts.discordant)) if counts.discordant else 1.0


def _direction(counts: Counts, level: float) -> int:
    """1 or -1 when a difference is found, and for whom; 0 when not."""
    if _p(counts) > 1 - level:
        return 0
    return 1 if counts.c10 > counts.c01 else -1
