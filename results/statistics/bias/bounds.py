"""How many advertisers treat the arms differently, at the very least? Kline & Walters (2021), Econometrica 89:765.

With two or more letters per arm to one advertiser, the number of positive answers per arm says something of that
advertiser's own chances (p_control, p_treatment). Of all distributions of such chances over a grid that fit the
observed table best, a linear program finds the one with the fewest advertisers at p_treatment < p_control. A finer grid
gives a lower, more careful bound. The bound is an estimate itself: with few advertisers it moves from sample to sample.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem

Floats = npt.NDArray[np.float64]
_SLACK = 1e-7


@dataclass(frozen=True)
class Bounds:
    """Lower bounds over all advertisers, and per outcome pattern.

    ``share``: of all advertisers, at least this share treats the treatment arm worse. ``by_pattern`` maps (positive
    control, positive treatment) to the least chance that an advertiser with that pattern does; only patterns that
    occurred. ``misfit`` is the total distance between the table's shares and the nearest the model can make (0 to 2).
    """

    share: float
    by_pattern: Mapping[tuple[int, int], float]
    misfit: float
    advertisers: int


def unequal_treatment(table: npt.ArrayLike, points: int = 41) -> Bounds:
    """Bounds from ``table``, shape (letters control + 1, letters treatment + 1): advertisers by positive answers.

    ``points`` is the number of grid points per arm, from 0 to 1. BadInput under two letters in an arm, for counts that
    are not whole or below 0, an empty table, or fewer than 3 points.
    """
    counts = _checked(table, points)
    p = np.linspace(0.0, 1.0, points)
    chances = _chances(p, counts.shape[0] - 1, counts.shape[1] - 1)
    worse = (p[None, :] < p[:, None] - 1e-12).ravel().astype(float)
    observed = counts.ravel() / counts.sum()
    misfit = _misfit(chances, observed)
    share = _least(chances, observed, misfit, worse, None)
    seen = [(int(i), int(j)) for i, j in zip(*np.nonzero(counts), strict=True)]
    by_pattern = {(i, j): _least(chances, observed, misfit, worse, i * counts.shape[1] + j) for i, j in seen}
    return Bounds(share, by_pattern, misfit, int(counts.sum()))


def _chances(p: Floats, control: int, treatment: int) -> Floats:
    """Chance of each pattern (rows) at each grid point (columns: p_control major, p_treatment minor)."""
    first, second = _binomial(p, control), _binomial(p, treatment)
    joint = np.einsum("ia,jb->ijab", first, second)
    return np.asarray(joint.reshape((control + 1) * (treatment + 1), len(p) ** 2))


def _binomial(p: Floats, n: int) -> Floats:
    k = np.arange(n + 1)[:, None]
    return np.asarray(special.binom(n, k) * p**k * (1 - p) ** (n - k))


def _misfit(chances: Floats, observed: Floats) -> float:
    """The least sum of absolute differences between the observed shares and a mixture over the grid."""
    rows, columns = chances.shape
    equal = np.hstack([chances, np.eye(rows), -np.eye(rows)])
    total = np.concatenate([np.ones(columns), np.zeros(2 * rows)])
    cost = 1 - total
    return _solve(cost, np.vstack([equal, total]), np.append(observed, 1.0), None, None)


def _least(chances: Floats, observed: Floats, misfit: float, worse: Floats, pattern: int | None) -> float:
    """Least weight on ``worse`` over all best fits; given a pattern, within that pattern (Charnes & Cooper 1962).

    Unknowns: the mixture, both sides of the misfit, and a scale. The scale turns the ratio of two sums into one sum.
    """
    rows, columns = chances.shape
    equal = np.hstack([chances, np.eye(rows), -np.eye(rows), -observed[:, None]])
    total = np.concatenate([np.ones(columns), np.zeros(2 * rows), [-1.0]])
    within = np.ones(columns) if pattern is None else chances[pattern]
    one = np.concatenate([within, np.zeros(2 * rows + 1)])
    close = np.concatenate([np.zeros(columns), np.ones(2 * rows), [-(misfit + _SLACK)]])
    cost = np.concatenate([worse * within, np.zeros(2 * rows + 1)])
    right = np.concatenate([np.zeros(rows + 1), [1.0]])
    return min(max(_solve(cost, np.vstack([equal, total, one]), right, close[None, :], np.zeros(1)), 0.0), 1.0)


def _solve(cost: Floats, equal: Floats, right: Floats, below: Floats | None, limit: Floats | None) -> float:
    from scipy import optimize  # slow to import

    found = optimize.linprog(cost, A_ub=below, b_ub=limit, A_eq=equal, b_eq=right, bounds=(0, None), method="highs")
    if not found.success:
        raise BadInput(
            Problem(
                "no-solution",
                "De ondergrens is niet te berekenen.",
                found=str(found.message),
                remedy="Probeer een ander aantal roosterpunten.",
            )
        )
    return float(found.fun or 0.0)


def _checked(table: npt.ArrayLike, points: int) -> Floats:
    try:
        counts = np.asarray(table, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadInput(Problem("count-not-whole", "Een telling is geen getal.", found=str(error))) from error
    if counts.ndim != 2 or min(counts.shape) < 3:
        raise BadInput(
            Problem(
                "too-few-letters",
                "Hiervoor zijn minstens twee brieven per profiel aan elke woningaanbieder nodig.",
                found=f"vorm {counts.shape}",
            )
        )
    if not bool(np.isfinite(counts).all() and (counts >= 0).all() and (counts == np.floor(counts)).all()):
        raise BadInput(Problem("count-not-whole", "Elke telling is een heel getal van 0 of hoger."))
    if not counts.sum():
        raise BadInput(Problem("no-advertisers", "Er is geen enkele woningaanbieder."))
    if points < 3:
        raise BadInput(Problem("grid-too-coarse", "Het rooster heeft minstens drie punten.", found=str(points)))
    return counts
