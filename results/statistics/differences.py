"""Outcomes that are amounts (hours to the first human answer, demands made, words written), pair by pair.

A pair counts when both arms have the amount: what a missing answer means (no time, no demands) is decided by the caller
before these functions, because leaving out unanswered inquiries compares only the advertisers who answered both.
"""

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.estimands import Estimate
from results.statistics.mcnemar import TestResult
from results.statistics.numeric import check_share

Floats = npt.NDArray[np.float64]
CONVENTION = "gemiddelde van controleprofiel min testprofiel; tests waarin beide een waarde hebben"
NO_DIFFERENCE = "geen enkele test met een verschil: er valt niets te toetsen, daarom p = 1"
EXACT_MOST = 50  # beyond this the normal approximation of the signed ranks is as good


def paired_difference(control: npt.ArrayLike, treatment: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Mean of control minus treatment, both of shape (n,) and in the same unit, with Student's paired t interval.

    None for the limits with one pair, or when every pair has the same difference. Raises BadInput ``not-numeric``,
    ``not-finite``, ``pairs-do-not-match`` and ``no-pairs``.
    """
    check_share("level", level)
    gaps = _gaps(control, treatment)
    value, error, n = *_mean_and_error(gaps), len(gaps)
    if not error:
        note = f"{CONVENTION}; geen interval: {'maar één test' if n == 1 else 'elke test heeft hetzelfde verschil'}"
        return Estimate("mean_difference", "answered", value, None, None, level, n, "paired_t", note)
    half = float(special.stdtrit(n - 1, 0.5 + level / 2)) * error
    return Estimate("mean_difference", "answered", value, value - half, value + half, level, n, "paired_t", CONVENTION)


def paired_t(control: npt.ArrayLike, treatment: npt.ArrayLike) -> TestResult:
    """Two-sided p of the paired t test; ``statistic`` is t with n - 1 degrees of freedom.

    Raises as ``paired_difference``, and ``no-spread`` when every pair has the same difference, other than zero.
    """
    gaps = _gaps(control, treatment)
    value, error = _mean_and_error(gaps)
    if not gaps.any():
        return TestResult("paired_t", 1.0, None, NO_DIFFERENCE)
    if not error:
        raise BadInput(
            Problem(
                "no-spread",
                "Een t-toets bestaat hier niet: er is maar één test, of elke test heeft hetzelfde verschil.",
                remedy="Gebruik de rangtoets van Wilcoxon.",
            )
        )
    return TestResult("paired_t", float(2 * special.stdtr(len(gaps) - 1, -abs(value / error))), value / error)


def signed_rank(control: npt.ArrayLike, treatment: npt.ArrayLike) -> TestResult:
    """Two-sided p of Wilcoxon's signed-rank test; pairs without a difference are left out.

    Exact for at most 50 different pairs without ties, else the normal approximation with corrections for ties and
    continuity, as R does. ``statistic`` is the sum of the ranks of the positive differences. Raises as
    ``paired_difference``.
    """
    from scipy import stats  # slow to import

    gaps = _gaps(control, treatment)
    gaps = gaps[gaps != 0]
    if not len(gaps):
        return TestResult("signed_rank", 1.0, None, NO_DIFFERENCE)
    exact = len(gaps) < EXACT_MOST and len(np.unique(np.abs(gaps))) == len(gaps)
    ranks = stats.rankdata(np.abs(gaps))
    positive = float(ranks[gaps > 0].sum())
    found = stats.wilcoxon(gaps, method="exact" if exact else "approx", correction=not exact)
    return TestResult("signed_rank", float(found.pvalue), positive)


def _mean_and_error(gaps: Floats) -> tuple[float, float]:
    """The mean and its standard error; an error of 0 when there is no spread, up to rounding."""
    value, n = float(gaps.mean()), len(gaps)
    spread = float(((gaps - value) ** 2).sum())
    known = n > 1 and np.ptp(gaps) > 1e-12 * max(float(np.abs(gaps).max()), 1e-300)
    return value, sqrt(spread / (n - 1) / n) if known else 0.0


def _gaps(control: npt.ArrayLike, treatment: npt.ArrayLike) -> Floats:
    first, second = _numbers("controleprofiel", control), _numbers("testprofiel", treatment)
    if first.shape != second.shape:
        raise BadInput(
            Problem(
                "pairs-do-not-match",
                "Niet elke test heeft een waarde voor beide profielen.",
                found=f"{len(first)} en {len(second)} waarden",
                remedy="Geef per test één waarde voor het controleprofiel en één voor het testprofiel.",
            )
        )
    if not len(first):
        raise BadInput(Problem("no-pairs", "Er is geen enkele test met twee waarden, dus er valt niets te berekenen."))
    return first - second


def _numbers(arm: str, values: npt.ArrayLike) -> Floats:
    found = np.asarray(values)
    number = np.issubdtype(found.dtype, np.integer) or np.issubdtype(found.dtype, np.floating)
    if found.ndim != 1 or (not number and found.size):
        raise BadInput(
            Problem(
                "not-numeric",
                f"De waarden van het {arm} zijn geen getallen.",
                found=str(found.tolist())[:200],
                remedy="Geef één getal per test, bijvoorbeeld het aantal uren.",
            )
        )
    if number and not np.isfinite(found).all():
        where = int(np.flatnonzero(~np.isfinite(found))[0])
        raise BadInput(
            Problem(
                "not-finite",
                f"Een waarde van het {arm} ontbreekt of is oneindig.",
                found=f"{found[where]} bij test {where + 1}",
                remedy="Laat de test weg, of bepaal vooraf welke waarde een ontbrekend antwoord krijgt.",
            )
        )
    return found.astype(float)
