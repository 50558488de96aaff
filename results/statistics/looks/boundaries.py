"""Two-sided boundaries for a z value at several looks, so that all looks together err at most alpha.

The z values of a round without a difference form a random walk with independent increments; how likely it is to cross
follows by integrating over where it was at the look before (Armitage, McPherson & Rowe 1969, JRSS A 132:235; Jennison &
Turnbull 2000, chapter 19). Spending: Lan & DeMets (1983), Biometrika 70:659. Classic: Pocock (1977), O'Brien & Fleming
(1979). The classic O'Brien-Fleming boundaries for five looks are 4.562 to 2.040, those by spending 4.877 to 2.031.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.numeric import bisect, check_share

Numbers = npt.NDArray[np.float64]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
FAR = 8.0
"""A walk is followed to eight standard deviations; what lies beyond has a probability below 1e-15."""
HIGHEST = 40.0
"""No boundary lies above it: its probability is zero in a double."""


class Shape(StrEnum):
    """How fast alpha is spent: hardly at first (O'Brien-Fleming), or nearly evenly (Pocock)."""

    OBRIEN_FLEMING = "obrien-fleming"
    POCOCK = "pocock"


@dataclass(frozen=True)
class Boundaries:
    """Per look: its part of the information, the |z| that stops, the two-sided p of that z, alpha spent so far."""

    fractions: tuple[float, ...]
    z: tuple[float, ...]
    nominal_p: tuple[float, ...]
    spent: tuple[float, ...]


def spent(fractions: npt.ArrayLike, alpha: float, shape: Shape) -> Numbers:
    """Two-sided alpha that may be spent up to each part of the information (0 to 1), half of it on either side."""
    check_share("alpha", alpha)
    part = np.asarray(fractions, dtype=float)
    if shape is Shape.POCOCK:
        return np.asarray(alpha * np.log1p((np.e - 1) * part))
    # Each side spends alpha / 2 by its own curve, as the published tables have it.
    return np.asarray(4 * special.ndtr(special.ndtri(alpha / 4) / np.sqrt(part)))


def spending_boundaries(
    fractions: Sequence[float], alpha: float = 0.05, shape: Shape = Shape.OBRIEN_FLEMING
) -> Boundaries:
    """Lan-DeMets boundaries at rising parts of the information, the last of them 1 when the round is complete."""
    parts = _checked(fractions)
    allowed = spent(parts, alpha, shape)
    walk, before, z = _Walk(), 0.0, []
    for part, total in zip(parts, allowed.tolist(), strict=True):
        z.append(walk.boundary(part, total - before))
        walk.stop_beyond(part, z[-1])
        before = total
    return _told(parts, np.array(z), allowed)


def classic(looks: int, alpha: float = 0.05, shape: Shape = Shape.OBRIEN_FLEMING) -> Boundaries:
    """Classic boundaries at equal steps: the same |z| at every look (Pocock), or C / sqrt(k / K) (O'Brien-Fleming)."""
    check_share("alpha", alpha)
    parts = _checked([(k + 1) / looks for k in range(looks)])
    rises = 1 / np.sqrt(parts) if shape is Shape.OBRIEN_FLEMING else np.ones(looks)
    constant = bisect(
        lambda c: np.asarray(crossing(parts, c * rises)[-1] > alpha), np.array(0.5), np.array(special.ndtri(1 - 1e-12))
    )
    z = float(constant) * rises
    return _told(parts, z, crossing(parts, z))


def crossing(fractions: Sequence[float], z: npt.ArrayLike) -> Numbers:
    """Probability, without any difference, of having crossed +-z at some look so far; one number per look."""
    walk, crossed = _Walk(), []
    for part, limit in zip(fractions, np.asarray(z, dtype=float).tolist(), strict=True):
        crossed.append(walk.beyond(part, limit))
        walk.stop_beyond(part, limit)
    return np.cumsum(crossed)


class _Walk:
    """Where the walk can be at the last look without having crossed: places, and the probability mass at each."""

    def __init__(self) -> None:
        self.part, self.place, self.mass = 0.0, np.zeros(1), np.ones(1)

    def beyond(self, part: float, z: float) -> float:
        """Probability of crossing +-z first at this part of the information."""
        step = sqrt(part - self.part)
        return 2 * float(self.mass @ special.ndtr((self.place - z * sqrt(part)) / step))

    def boundary(self, part: float, may_spend: float) -> float:
        """The |z| crossed first at this part with probability ``may_spend``; HIGHEST when it is zero in a double."""
        found = bisect(lambda z: np.asarray(self.beyond(part, float(z)) > may_spend), np.array(0.0), np.array(HIGHEST))
        return float(found)

    def stop_beyond(self, part: float, z: float) -> None:
        """Move to this part of the information and drop the walks that crossed there."""
        step, edge = sqrt(part - self.part), min(z, FAR) * sqrt(part)
        place, width = _nodes(edge, min(step, sqrt(max(1 - part, step**2))))
        density = np.exp(-(((place[:, None] - self.place) / step) ** 2) / 2) / (step * sqrt(2 * np.pi))
        self.part, self.place, self.mass = part, place, (density @ self.mass) * width


def _nodes(edge: float, scale: float) -> tuple[Numbers, Numbers]:
    """Gauss-Legendre places and widths from -edge to edge, in panels no wider than ``scale``."""
    panels = max(int(np.ceil(2 * edge / scale)), 1)
    half = edge / panels
    middles = -edge + half * (2 * np.arange(panels) + 1)
    return (middles[:, None] + half * NODES).ravel(), np.tile(half * WEIGHTS, panels)


def _told(parts: Sequence[float], z: Numbers, total: Numbers) -> Boundaries:
    return Boundaries(tuple(parts), tuple(z.tolist()), tuple((2 * special.ndtr(-z)).tolist()), tuple(total.tolist()))


def _checked(fractions: Sequence[float]) -> tuple[float, ...]:
    parts = tuple(float(part) for part in fractions)
    rising = all(before < after for before, after in zip((0.0, *parts), parts, strict=False))
    if not parts or not rising or parts[-1] > 1:
        raise BadInput(
            Problem(
                "looks-not-rising",
                "De tussenstanden liggen niet op oplopende delen van de ronde, boven 0 en tot en met 1.",
                found=str(list(fractions)),
                remedy="Schrijf bijvoorbeeld 0.5 en 1.",
            )
        )
    return parts
