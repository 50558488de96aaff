"""The decision at each look, exact: no normal approximation, and never more than the declared alpha.

Given how many discordant pairs each look has, c10 is a fair coin under no difference. So the chance of stopping falsely
can be counted out look by look, and each boundary is the smallest |c10 - c01| that keeps the sum within what the plan
allows to be spent up to that look. What a look leaves unspent, because counts are whole, goes to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.counts import Counts
from results.statistics.looks.plan import LookPlan
from results.statistics.mcnemar import exact_p

Numbers = npt.NDArray[np.float64]
NOTHING = 1e-40
"""Outcomes less likely than this are left out of the walk; even a million of them weigh nothing."""
ROUNDING = 1e-12


@dataclass(frozen=True)
class LookResult:
    """One look: ``boundary`` is the least |c10 - c01| that stops, None when no outcome of this look can.

    ``p`` orders outcomes by look, then by size (Tsiatis, Rosner & Mehta 1984): at the look that stops, or the last, it
    is the p value of the whole; ``p_alone`` is the exact McNemar p as if this look were the only one, and may not be
    used to decide. ``allowed`` and ``spent`` are the two-sided alpha that may be and really is spent so far.
    """

    look: int
    counts: Counts
    boundary: int | None
    allowed: float
    spent: float
    p: float
    p_alone: float
    stops: bool


def judge(plan: LookPlan, tables: Sequence[Counts]) -> tuple[LookResult, ...]:
    """Judge the looks taken so far, each with its cumulative counts; ends with the first that stops.

    As many tables as looks taken. The last declared look may spend all of alpha, also when it has fewer pairs than
    planned; a look passed over gets the table of the look after it.
    """
    _check(plan, tables)
    walk, results, spent = _Walk(), [], 0.0
    for number, (counts, allowed) in enumerate(zip(tables, plan.allowed, strict=False), start=1):
        walk.flip(counts.discordant)
        boundary = walk.boundary(allowed - spent)
        difference = abs(counts.c10 - counts.c01)
        stops = boundary is not None and difference >= boundary
        p, used = spent + walk.beyond(difference), walk.beyond(boundary)
        results.append(LookResult(number, counts, boundary, allowed, spent + used, min(p, 1.0), _alone(counts), stops))
        if stops:
            break
        walk.stop_beyond(boundary)
        spent += used
    return tuple(results)


class _Walk:
    """Probability of every c10 - c01 that has not stopped; ``difference`` runs in steps of two."""

    def __init__(self) -> None:
        self.m, self.difference, self.mass = 0, np.zeros(1, dtype=np.intp), np.ones(1)

    def flip(self, m: int) -> None:
        """Add the coins up to ``m`` discordant pairs in all."""
        first, coins = _coins(m - self.m)
        low = int(self.difference[0]) + first
        self.m, self.mass = m, np.convolve(self.mass, coins)
        self.difference = low + 2 * np.arange(len(self.mass))

    def beyond(self, least: int | None) -> float:
        """Probability that |c10 - c01| is at least ``least``; 0 for None."""
        return 0.0 if least is None else float(self.mass[np.abs(self.difference) >= least].sum())

    def boundary(self, may_spend: float) -> int | None:
        """The least |c10 - c01| with probability at most ``may_spend`` of being reached; None when there is none."""
        sizes = np.unique(np.abs(self.difference[self.mass > 0]))
        tails = np.bincount(np.searchsorted(sizes, np.abs(self.difference)).clip(max=len(sizes) - 1), self.mass)
        within = np.flatnonzero(np.cumsum(tails[::-1])[::-1] <= may_spend * (1 - ROUNDING))
        return int(sizes[within[0]]) if within.size and sizes[within[0]] > 0 else None

    def stop_beyond(self, boundary: int | None) -> None:
        """Drop the outcomes that stopped."""
        if boundary is not None:
            self.mass = np.where(np.abs(self.difference) >= boundary, 0.0, self.mass)


def _coins(m: int) -> tuple[int, Numbers]:
    """Heads minus tails of ``m`` fair coins: the lowest outcome kept, and the probabilities in steps of two."""
    heads = np.arange(m + 1.0)
    logs = special.gammaln(m + 1) - special.gammaln(heads + 1) - special.gammaln(m - heads + 1) - m * np.log(2)
    kept = np.flatnonzero(logs > np.log(NOTHING))
    return 2 * int(kept[0]) - m, np.exp(logs[kept])


def _alone(counts: Counts) -> float:
    if not counts.discordant:
        return 1.0
    return float(exact_p(min(counts.c10, counts.c01), counts.discordant))


def _check(plan: LookPlan, tables: Sequence[Counts]) -> None:
    back = any(b.c10 < a.c10 or b.c01 < a.c01 for a, b in pairwise(tables))
    if back or not 0 < len(tables) <= len(plan.at):
        raise BadInput(
            Problem(
                "looks-do-not-fit",
                "De tellingen passen niet bij de vastgelegde tussenstanden.",
                found=f"{len(tables)} tellingen voor {len(plan.at)} tussenstanden" + (", en een daalt" if back else ""),
                remedy="Geef per gehouden tussenstand alle tests tot dan toe, van vroeg naar laat.",
            )
        )
