"""Report-card grades: advertisers in ordered groups, with a stated rate of wrongly ordered pairs.

Source: Kline, Rose & Walters (2024), "A discrimination report card", American Economic Review 114:2472. A pair is put
in order when that is likely enough to be right; putting i above j costs pi_ji - lambda pi_ij, with pi_ij the posterior
probability that i is really above j, and equal grades cost nothing. So two advertisers alone are told apart only when
pi_ij > 1 / (1 + lambda): 80% for lambda 0.25.

The paper searches all weak orders with a commercial solver. Here grades are runs of the order by posterior mean, and of
all such runs the best is found exactly by dynamic programming (J squared steps). No advertiser is then graded above
another with a higher posterior mean, which a reader expects; a slightly lower expected loss may exist otherwise.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from results.statistics.advertiser.spread import BetaFit, checked
from results.statistics.advertiser.verdict import FLOOR
from results.statistics.numeric import check_share

Numbers = npt.NDArray[np.float64]
Grades = npt.NDArray[np.intp]
LAMBDA = 0.25
POINTS = 2000
"""Steps of the share at which posteriors are compared; pi is then right to about 1e-5."""
METHOD = "beste indeling in groepen die aansluiten op de volgorde van het geschatte aandeel"

ONE_GRADE = "geen twee woningaanbieders zijn zeker genoeg te onderscheiden: één groep"
TOO_FEW = f"minder dan twee woningaanbieders met {FLOOR} of meer eenzijdige tests: geen groepen"


@dataclass(frozen=True)
class ReportCard:
    """Grades of J advertisers, 1 for the largest share of one-sided pairs favouring the control arm.

    ``grades`` has shape (J,), in the order given; 0 is no grade, for fewer than six one-sided pairs. Of the pairs of
    graded advertisers ``misranked`` is the expected part that the grades put in the wrong order (the discordance rate),
    ``misranked_graded`` the same of the pairs with different grades (None when all have the same), and ``tau`` the
    expected Kendall rank correlation of grades and true shares; None where nothing could be graded. ``certainty`` is
    1 / (1 + lambda): how likely an order must be before two advertisers alone are told apart. ``note`` is Dutch.
    """

    grades: Grades
    lam: float
    certainty: float
    misranked: float | None
    misranked_graded: float | None
    tau: float | None
    note: str


def report_card(c10: npt.ArrayLike, c01: npt.ArrayLike, fit: BetaFit, lam: float = LAMBDA) -> ReportCard:
    """Grade the advertisers with at least six one-sided pairs, of J in all, by their share under the fitted beta."""
    check_share("lambda", lam)
    b, c = checked(c10, c01)
    enough = np.flatnonzero(b + c >= FLOOR)
    grades = np.zeros(len(b), dtype=np.intp)
    if len(enough) < 2:
        return ReportCard(grades, lam, 1 / (1 + lam), None, None, None, TOO_FEW)
    if fit.alpha is None or fit.beta is None:
        grades[enough] = 1
        return ReportCard(grades, lam, 1 / (1 + lam), 0.0, None, 0.0, f"één groep: {fit.spread}")
    first, second = fit.alpha + b[enough], fit.beta + c[enough]
    above = ordering(first, second)
    grades[enough] = grade(above, first / (first + second), lam)
    return _card(grades, grades[enough], above, lam)


def ordering(first: npt.ArrayLike, second: npt.ArrayLike) -> Numbers:
    """pi of shape (J, J): the probability that Beta(first_i, second_i) exceeds an independent Beta(first_j, second_j).

    Trapezoids on a fixed grid of the share: pi_ij + pi_ji = 1 holds to rounding. The diagonal is one half.
    """
    shapes = np.stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)], axis=1)
    distinct, which = np.unique(shapes, axis=0, return_inverse=True)
    # Steps are finest at 0 and 1, where the posterior of a run all one way piles up.
    grid = np.sin(np.linspace(0, np.pi / 2, POINTS + 1)) ** 2
    below = special.betainc(distinct[:, :1], distinct[:, 1:], grid)
    above = np.diff(below, axis=1) @ ((below[:, 1:] + below[:, :-1]) / 2).T
    return np.asarray(above[np.ix_(which, which)])


def grade(above: Numbers, mean: Numbers, lam: float) -> Grades:
    """The runs in the order of ``mean``, highest first, with the least expected loss; grades from 1, equal means equal.

    Exact: the best split of the first k is the best split of the first j plus one run from j to k, for the best j. What
    a run saves is the cost of ordering the pairs inside it.
    """
    order = np.argsort(-mean, kind="stable")
    saved = _saved(above[np.ix_(order, order)], lam)
    may_start = np.append(True, np.diff(mean[order]) != 0)
    best, start = np.zeros(len(mean) + 1), np.zeros(len(mean) + 1, dtype=np.intp)
    for end in range(1, len(mean) + 1):
        totals = np.where(may_start[:end], best[:end] + saved[:end, end], -np.inf)
        # The last of equal splits: only a run that really saves something is joined.
        start[end] = end - 1 - int(np.argmax(totals[::-1]))
        best[end] = totals[start[end]]
    return _numbered(start, order)


def loss(grades: Grades, above: Numbers, lam: float) -> float:
    """Expected loss of any grades: the sum over pairs i graded above j of pi_ji - lambda pi_ij."""
    higher = grades[:, None] < grades[None, :]
    return float(np.sum((above.T - lam * above)[higher]))


def _saved(above: Numbers, lam: float) -> Numbers:
    """saved[i, k]: the cost of ordering all pairs inside the run i to k - 1, that equal grades save: (J, J + 1)."""
    cost = np.triu(above.T - lam * above, 1)
    before = np.zeros((len(cost) + 1, len(cost) + 1))
    before[1:, 1:] = cost.cumsum(axis=0).cumsum(axis=1)
    own = np.diag(before)
    return np.asarray(own[None, :] - before - before.T + own[:, None])[:-1]


def _numbered(start: Grades, order: Grades) -> Grades:
    """Grades in the order given from the start of the last run that ends at each place."""
    ends, end = [len(order)], len(order)
    while end:
        end = int(start[end])
        ends.append(end)
    grades = np.empty(len(order), dtype=np.intp)
    for number, (low, high) in enumerate(zip(ends[:0:-1], ends[-2::-1], strict=True), start=1):
        grades[order[low:high]] = number
    return grades


def _card(all_grades: Grades, grades: Grades, above: Numbers, lam: float) -> ReportCard:
    higher = grades[:, None] < grades[None, :]
    pairs, graded = len(grades) * (len(grades) - 1) / 2, int(higher.sum())
    wrong = float(above.T[higher].sum())
    share, told = (wrong / graded, METHOD) if graded else (None, ONE_GRADE)
    return ReportCard(all_grades, lam, 1 / (1 + lam), wrong / pairs, share, (graded - 2 * wrong) / pairs, told)
