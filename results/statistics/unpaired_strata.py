"""The unpaired design in strata, and with several inquiries per advertiser.

Mantel & Haenszel (1959); variance of the common odds ratio by Robins, Breslow & Greenland (1986), of the common
difference by Sato (1989). Clustered: CR1, as a regression on the arm (linear or logistic) with errors clustered by
advertiser, computed from counts. Tables have rows (control positive, control n, treatment positive, treatment n).
"""

from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.estimands import Estimate
from results.statistics.mcnemar import ChiSquareResult
from results.statistics.numeric import check_share, normal_quantile
from results.statistics.unpaired import CONVENTION, NOTHING_VARIES, arm_counts, arm_table
from results.statistics.whole import Whole

Floats = npt.NDArray[np.float64]
FEW_CLUSTERS = 30
ROUNDING = 1e-12


def common_difference(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Mantel-Haenszel difference of rates over strata (K, 4), with Sato's interval."""
    check_share("level", level)
    x1, n1, x2, n2 = _columns(arm_table(table))
    n, weight = n1 + n2, n1 * n2 / (n1 + n2)
    value = float((weight * (x1 / n1 - x2 / n2)).sum() / weight.sum())
    p = (n1**2 * x2 - n2**2 * x1 + n1 * n2 * (n2 - n1) / 2) / n**2
    q = (x1 * (n2 - x2) + x2 * (n1 - x1)) / n / 2
    variance = float(value * p.sum() + q.sum()) / float(weight.sum()) ** 2
    text = f"verschil in kans, over {len(n)} strata (Mantel-Haenszel); {CONVENTION}"
    if variance <= 0:
        return _result(
            "net_discrimination", value, None, level, n, "mantel_haenszel", f"{text}; geen interval: geen spreiding"
        )
    half = normal_quantile(level) * sqrt(variance)
    return _result(
        "net_discrimination",
        value,
        (max(value - half, -1.0), min(value + half, 1.0)),
        level,
        n,
        "mantel_haenszel",
        text,
    )


def common_odds_ratio(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Mantel-Haenszel odds ratio, control over treatment, with the interval of Robins, Breslow and Greenland."""
    check_share("level", level)
    x1, n1, x2, n2 = _columns(arm_table(table))
    n, a, b, c, d = n1 + n2, x1, n1 - x1, x2, n2 - x2
    r, s = a * d / n, b * c / n
    text = f"odds van het controleprofiel gedeeld door odds van het testprofiel, over {len(n)} strata; {CONVENTION}"
    if not (r.sum() and s.sum()):
        value = 0.0 if s.sum() else None
        return _result(
            "odds_ratio",
            value,
            None,
            level,
            n,
            "mantel_haenszel",
            f"{text}; geen interval: een van de aantallen is nul",
        )
    p, q, above, below = (a + d) / n, (b + c) / n, float(r.sum()), float(s.sum())
    variance = (
        (p * r).sum() / (2 * above**2) + (p * s + q * r).sum() / (2 * above * below) + (q * s).sum() / (2 * below**2)
    )
    half, middle = normal_quantile(level) * sqrt(float(variance)), log(above / below)
    return _result(
        "odds_ratio", above / below, (exp(middle - half), exp(middle + half)), level, n, "mantel_haenszel", text
    )


def mantel_haenszel(table: npt.ArrayLike) -> ChiSquareResult:
    """Is there a difference between the arms within strata? Cochran-Mantel-Haenszel without continuity correction."""
    x1, n1, x2, n2 = _columns(arm_table(table))
    n, positive = n1 + n2, x1 + x2
    spread = float((n1 * n2 * positive * (n - positive) / (n**2 * (n - 1))).sum())
    if not spread:
        return ChiSquareResult("mantel_haenszel", 1.0, None, NOTHING_VARIES)
    statistic = float((x1 - n1 * positive / n).sum()) ** 2 / spread
    return ChiSquareResult("mantel_haenszel", float(special.chdtrc(1, statistic)), statistic)


def clustered_difference(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Control rate minus treatment rate with its CR1 interval, advertisers in rows (G, 4), an arm may be empty there.

    Equal to a linear regression of the outcome on the arm with errors clustered by advertiser and a t quantile with
    G - 1 degrees of freedom. Raises BadInput ``empty-arm``, ``too-few-clusters`` and ``clusters-of-one``.
    """
    check_share("level", level)
    counts = _clusters(table)
    rates = _pooled(counts)
    error = _cluster_error(counts, rates, (1.0, 1.0))
    value = rates[0] - rates[1]
    text = f"verschil in kans; {CONVENTION}; {_note(len(counts))}"
    if not error:
        return _clustered("net_discrimination", value, None, level, counts, f"{text}; geen interval: geen spreiding")
    half = _t(counts, level) * error
    return _clustered(
        "net_discrimination", value, (max(value - half, -1.0), min(value + half, 1.0)), level, counts, text
    )


def clustered_difference_cr2(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """The same with the CR2 error and Satterthwaite's degrees of freedom (Bell & McCaffrey 2002): for few advertisers.

    Each arm has its own mean, so the adjustment divides an advertiser's residuals in an arm by the square root of one
    minus its part of that arm. Raises as ``clustered_difference``, and ``arm-in-one-cluster`` when an advertiser holds
    a whole arm: the adjustment does not exist then.
    """
    check_share("level", level)
    counts = _clusters(table)
    sizes, positive = counts[:, 1::2], counts[:, ::2]
    share = sizes / sizes.sum(axis=0)
    if bool(np.any(share == 1)):
        message = "Eén woningaanbieder kreeg alle reacties van een profiel."
        raise BadInput(Problem("arm-in-one-cluster", message, remedy="Gebruik de gewone clustercorrectie (CR1)."))
    rates = positive.sum(axis=0) / sizes.sum(axis=0)
    residuals = (positive - sizes * rates) / sizes.sum(axis=0) / np.sqrt(1 - share)
    error, value = sqrt(float(((residuals[:, 0] - residuals[:, 1]) ** 2).sum())), float(rates[0] - rates[1])
    free = _satterthwaite(share, sizes.sum(axis=0))
    text = f"verschil in kans; {CONVENTION}; geclusterd naar {len(counts)} woningaanbieders"
    text += f", met de correctie van Bell en McCaffrey ({free:.1f} vrijheidsgraden)"
    half = float(special.stdtrit(free, 0.5 + level / 2)) * error
    limits = (max(value - half, -1.0), min(value + half, 1.0)) if error > ROUNDING else None
    note = text if limits else f"{text}; geen interval: geen spreiding"
    return _result("net_discrimination", value, limits, level, sizes.sum(axis=1), "cluster_cr2", note)


def _satterthwaite(share: Floats, n: Floats) -> float:
    """Degrees of freedom of the CR2 variance under independent letters; ``share`` (G, 2) of each arm, ``n`` its size.

    The quadratic form has sum_a w_ga / n_a on its diagonal and - sum_a s_ga s_ha / n_a beside it, s = w / sqrt(1 - w);
    the squares beside it are summed over all g and h less those with g = h.
    """
    diagonal, s = (share / n).sum(axis=1), share / np.sqrt(1 - share)
    across = (s.T @ s) ** 2 - (s**2).T @ s**2
    beside = float((across / np.outer(n, n)).sum())
    return float(diagonal.sum() ** 2 / ((diagonal**2).sum() + beside))


def clustered_odds_ratio(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Odds ratio, control over treatment, with its CR1 interval: a logistic regression with clustered errors.

    None where a rate is 0 or 1. Raises as ``clustered_difference``.
    """
    check_share("level", level)
    counts = _clusters(table)
    first, second = _pooled(counts)
    text = f"odds van het controleprofiel gedeeld door odds van het testprofiel; {CONVENTION}; {_note(len(counts))}"
    if not (0 < first < 1 and 0 < second < 1):
        value = 0.0 if (first == 0 < second or second == 1 > first) else None
        return _clustered(
            "odds_ratio", value, None, level, counts, f"{text}; geen interval: een van de aantallen is nul"
        )
    error = _cluster_error(counts, (first, second), (first * (1 - first), second * (1 - second)))
    middle = log(first / (1 - first)) - log(second / (1 - second))
    half = _t(counts, level) * error
    return _clustered("odds_ratio", exp(middle), (exp(middle - half), exp(middle + half)), level, counts, text)


def _cluster_error(counts: Floats, rates: tuple[float, float], slopes: tuple[float, float]) -> float:
    """CR1 error of the contrast between the arms; ``slopes`` is d rate / d coefficient (1 for linear, pq for logit)."""
    x1, n1, x2, n2 = counts.T
    first = (x1 - n1 * rates[0]) / (n1.sum() * slopes[0])
    second = (x2 - n2 * rates[1]) / (n2.sum() * slopes[1])
    groups, n = len(counts), float(n1.sum() + n2.sum())
    squares = float(((first - second) ** 2).sum())
    # Rounding leaves 1e-33 where there is no spread at all.
    return sqrt(groups / (groups - 1) * (n - 1) / (n - 2) * squares) if squares > 1e-24 else 0.0


def _clusters(table: npt.ArrayLike) -> Floats:
    counts = arm_counts(table)
    arm_table(counts.sum(axis=0, keepdims=True))
    counts = counts[counts[:, 1] + counts[:, 3] > 0]
    if len(counts) < 2:
        raise BadInput(
            Problem(
                "too-few-clusters",
                "Alle reacties gingen naar één woningaanbieder: spreiding tussen aanbieders is er niet.",
                remedy="Gebruik het interval zonder clusters.",
            )
        )
    if int((counts[:, 1] + counts[:, 3]).max()) == 1:
        raise BadInput(
            Problem(
                "clusters-of-one",
                "Elke woningaanbieder kreeg maar één reactie, dus er zijn geen clusters.",
                remedy="Gebruik het interval zonder clusters.",
            )
        )
    return counts.astype(float)


def _pooled(counts: Floats) -> tuple[float, float]:
    x1, n1, x2, n2 = counts.sum(axis=0)
    return float(x1 / n1), float(x2 / n2)


def _t(counts: Floats, level: float) -> float:
    return float(special.stdtrit(len(counts) - 1, 0.5 + level / 2))


def _note(groups: int) -> str:
    text = f"geclusterd naar {groups} woningaanbieders"
    return f"{text}, bij minder dan {FEW_CLUSTERS} soms te krap" if groups < FEW_CLUSTERS else text


def _columns(table: Whole) -> tuple[Floats, Floats, Floats, Floats]:
    x1, n1, x2, n2 = table.T.astype(float)
    return x1, n1, x2, n2


def _clustered(
    name: str, value: float | None, limits: tuple[float, float] | None, level: float, counts: Floats, text: str
) -> Estimate:
    return _result(name, value, limits, level, counts[:, 1] + counts[:, 3], "cluster_cr1", text)


def _result(
    name: str,
    value: float | None,
    limits: tuple[float, float] | None,
    level: float,
    sizes: Floats,
    method: str,
    text: str,
) -> Estimate:
    low, high = limits or (None, None)
    return Estimate(name, "inquiries", value, low, high, level, int(sizes.sum()), method, text)
