"""McNemar's test in four forms: does the control arm win as often as the treatment arm?

Formulas: Fagerland, Lydersen & Laake (2013), BMC Medical Research Methodology 13:91.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import special

from results.statistics.counts import Counts

NO_DISCORDANT = "geen enkele test met een verschil: er valt niets te toetsen, daarom p = 1"


@dataclass(frozen=True)
class TestResult:
    """A two-sided p value.

    ``statistic`` is chi-square with one degree of freedom, or min(c10, c01) for the exact and mid-p test, and None when
    no pair differed. ``note`` says in Dutch what a reader must know about this p.
    """

    __test__: ClassVar[bool] = False  # not something for pytest to collect

    name: str
    p: float
    statistic: float | None
    note: str = ""


@dataclass(frozen=True)
class ChiSquareResult(TestResult):
    """A test whose ``statistic`` is chi-square with ``df`` degrees of freedom under the null hypothesis."""

    df: int = 1


def mcnemar(counts: Counts) -> tuple[TestResult, ...]:
    """Mid-p first (the default), then exact, asymptotic and corrected."""
    if not counts.discordant:
        names = ("mcnemar_midp", "mcnemar_exact", "mcnemar_asymptotic", "mcnemar_corrected")
        return tuple(TestResult(name, 1.0, None, NO_DISCORDANT) for name in names)
    smaller, m = min(counts.c10, counts.c01), counts.discordant
    return (
        TestResult("mcnemar_midp", float(midp_p(smaller, m)), float(smaller)),
        TestResult("mcnemar_exact", float(exact_p(smaller, m)), float(smaller)),
        _chi_square("mcnemar_asymptotic", counts, correction=0),
        _chi_square("mcnemar_corrected", counts, correction=1),
    )


def exact_p(smaller: npt.ArrayLike, m: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Two-sided exact p of ``smaller`` = min(c10, c01) out of ``m`` discordant pairs (m at least 1)."""
    k, size = np.asarray(smaller, dtype=float), np.asarray(m, dtype=int)
    return np.asarray(np.minimum(2 * special.bdtr(k, size, 0.5), 1.0))


def midp_p(smaller: npt.ArrayLike, m: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Two-sided mid-p: the probability of the observed table counts half."""
    k, size = np.asarray(smaller, dtype=float), np.asarray(m, dtype=int)
    here = np.exp(special.gammaln(size + 1) - special.gammaln(k + 1) - special.gammaln(size - k + 1) - size * np.log(2))
    return np.asarray(np.where(2 * k == size, 1 - here / 2, 2 * special.bdtr(k, size, 0.5) - here))


def _chi_square(name: str, counts: Counts, correction: int) -> TestResult:
    # As in R: equal cells get no correction, or the statistic would be 1/m where nothing differs.
    gap = max(abs(counts.c10 - counts.c01) - correction, 0)
    statistic = gap**2 / counts.discordant
    return TestResult(name, float(special.chdtrc(1, statistic)), statistic)
