"""The looks of a round: what was declared, which were opened and what they showed, and what is left for the end.

Every look counts the pairs of the look before as they were then, and the pairs that settled since. So what was seen
stays as it was, also when a pair is excluded afterwards, and the counts of the looks only rise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import datetime
from math import exp

from orchestrator.design import Design, looks_at
from results.statistics import Counts, Estimate
from results.statistics.intervals import tango
from results.statistics.looks import LookPlan, Opened, Shape, evidence, judge, open_look, spending_boundaries

NO_PAIRS = Counts(0, 0, 0, 0)


@dataclass(frozen=True)
class Judged:
    """What a look says. ``counts`` are cumulative; see `statistics.looks.LookResult` for the rest.

    ``boundary`` is None when no outcome of this look could have stopped. ``log_e`` and ``always_p`` hold at any moment.
    """

    counts: Counts
    boundary: int | None
    allowed: float
    spent: float
    p: float
    log_e: float
    always_p: float
    stops: bool

    @property
    def e_value(self) -> float | None:
        """E itself, None where it is too large for a double."""
        return exp(self.log_e) if self.log_e < 700 else None


@dataclass(frozen=True)
class Look:
    """A look that was opened: declared as ``number``, at ``planned`` pairs; ``pairs`` are all counted so far."""

    number: int
    planned: int
    opened_at: datetime
    opened_by: str
    pairs: tuple[str, ...]
    verdict: Judged


@dataclass(frozen=True)
class RoundLooks:
    """The declared looks of a round and those opened so far.

    ``settled`` are the pairs that would count now; None when nobody asked for this moment, as after closing.
    """

    plan: LookPlan
    opened: tuple[Look, ...] = ()
    settled: tuple[str, ...] | None = None

    @property
    def last(self) -> Look | None:
        return self.opened[-1] if self.opened else None

    @property
    def stopped(self) -> bool:
        """Whether the last look crossed its boundary: then no other is needed."""
        return self.last is not None and self.last.verdict.stops

    @property
    def next_at(self) -> int | None:
        """The number of usable pairs at which the next look before closing opens, None when none is left."""
        taken = self.last.number if self.last else 0
        return None if self.stopped or taken + 1 >= len(self.plan.at) else self.plan.at[taken]

    @property
    def is_due(self) -> bool:
        """Whether there is a look to open now."""
        return not self.stopped and self.due().look is not None

    def due(self) -> Opened:
        """Which look may be opened now. The last one is opened by closing the round, and by nothing else."""
        observed = min(len(self.settled or ()), self.plan.planned - 1)
        return open_look(self.plan, observed, self.last.number if self.last else 0)


def plan_of(design: Design) -> LookPlan | None:
    """The declared looks, the end of the round among them; None when none was declared."""
    declared = design.analysis.looks
    if declared is None:
        return None
    return LookPlan(looks_at(design), round(1 - design.analysis.level, 12), Shape(declared.shape.value))


def judged(looks: RoundLooks, outcomes: Iterable[tuple[str, bool, bool]], at: int) -> Judged:
    """Judge the look at ``at`` pairs, after those opened before; ``outcomes`` are (pair, control, treatment positive).

    A look that nobody opened is not judged: its alpha goes to the look after it. The last declared one, with ``at`` the
    planned total, may spend all that is left.
    """
    before = looks.opened
    tables = [*(each.verdict.counts for each in before), _with_new(looks, outcomes)]
    ends = (at,) if at == looks.plan.planned else (at, looks.plan.planned)
    plan = LookPlan((*(each.planned for each in before), *ends), looks.plan.alpha, looks.plan.shape)
    found = judge(plan, tables)[-1]
    shown = evidence([each.c10 for each in tables], [each.c01 for each in tables], level=1 - plan.alpha)[-1]
    return Judged(found.counts, found.boundary, found.allowed, found.spent, found.p, shown.log_e, shown.p, found.stops)


def final(looks: RoundLooks, outcomes: Iterable[tuple[str, bool, bool]]) -> Judged | None:
    """Judge the end of the round with the alpha that the opened looks left; None when one of them stopped already."""
    return None if looks.stopped else judged(looks, outcomes, looks.plan.planned)


def net(looks: RoundLooks, look: Look) -> Estimate:
    """The net difference at a look, with Tango's interval at the level that the look itself may use.

    That is 1 minus the two-sided p of its boundary in `spending_boundaries`: a repeated confidence interval, which
    holds at all looks together (Jennison & Turnbull 1984).
    """
    counts = look.verdict.counts
    taken = [each.planned / looks.plan.planned for each in looks.opened if each.number <= look.number]
    level = 1 - spending_boundaries(taken, looks.plan.alpha, looks.plan.shape).nominal_p[-1]
    value = (counts.c10 - counts.c01) / counts.n
    told = "alle geslaagde tests van de tussenstand; interval geldig bij alle tussenstanden samen"
    return Estimate("net_discrimination", "all", value, *tango(counts, level), level, counts.n, "tango", told)


def level(looks: RoundLooks | None, declared: float) -> float:
    """The level of the intervals at the end of a round: what the opened looks spent is taken off."""
    if looks is None or not looks.opened:
        return declared
    taken = (*(each.planned / looks.plan.planned for each in looks.opened), 1.0)
    return 1 - spending_boundaries(taken, looks.plan.alpha, looks.plan.shape).nominal_p[-1]


def document(looks: RoundLooks, outcomes: Iterable[tuple[str, bool, bool]]) -> dict[str, object]:
    """The looks of a closed round as plain JSON values; see docs/results-json.md."""
    end = final(looks, outcomes)
    return {
        "planned_at": list(looks.plan.at),
        "alpha": looks.plan.alpha,
        "shape": looks.plan.shape.value,
        "opened": [
            {
                "look": each.number,
                "planned": each.planned,
                "opened_at": each.opened_at.isoformat(timespec="seconds"),
                "opened_by": each.opened_by,
                **asdict(each.verdict),
            }
            for each in looks.opened
        ],
        "final": None if end is None else asdict(end),
    }


def _with_new(looks: RoundLooks, outcomes: Iterable[tuple[str, bool, bool]]) -> Counts:
    """The counts of the last look, and the pairs that were not in it."""
    known: Sequence[str] = looks.last.pairs if looks.last else ()
    seen = frozenset(known)
    new = Counts.tally((control, treatment) for pair, control, treatment in outcomes if pair not in seen)
    old = looks.last.verdict.counts if looks.last else NO_PAIRS
    return Counts(*(one + other for one, other in zip(astuple(old), astuple(new), strict=True)))
