"""The unpaired design: each listing hears from one arm only, so arms are compared as two independent groups.

Differences and ratios are control against treatment, as for pairs. Formulas: Newcombe (1998), *Statistics in Medicine*
17:873, method 10; Agresti & Caffo (2000); Katz (1978) for the log ratio; Woolf (1955) for the log odds ratio; Fisher
(1935); all as set out by Fagerland, Lydersen & Laake (2017), chapter 4.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import exp, hypot, log, sqrt

import numpy as np
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.estimands import Estimate
from results.statistics.intervals import NO_INTERVAL, Interval, wilson
from results.statistics.mcnemar import ChiSquareResult, TestResult
from results.statistics.numeric import check_share, normal_quantile
from results.statistics.whole import Whole, whole

CONVENTION = "ongepaard: elke advertentie kreeg één reactie"
NOTHING_VARIES = "alle reacties kregen hetzelfde antwoord: er valt niets te toetsen, daarom p = 1"


@dataclass(frozen=True)
class Arms:
    """Inquiries answered positively, out of all usable inquiries, per arm. Each arm has at least one inquiry."""

    control_positive: int
    control_n: int
    treatment_positive: int
    treatment_n: int

    def __post_init__(self) -> None:
        row = np.asarray([getattr(self, field.name) for field in fields(self)])
        arm_table(row.reshape(1, -1))

    @property
    def control(self) -> tuple[int, int]:
        """Positive answers to the control arm, and its inquiries."""
        return self.control_positive, self.control_n

    @property
    def treatment(self) -> tuple[int, int]:
        """Positive answers to the treatment arm, and its inquiries."""
        return self.treatment_positive, self.treatment_n

    @property
    def rates(self) -> tuple[float, float]:
        """Share answered positively: control, treatment."""
        return self.control_positive / self.control_n, self.treatment_positive / self.treatment_n

    @property
    def n(self) -> int:
        """Inquiries of both arms."""
        return self.control_n + self.treatment_n


def arm_table(rows: object) -> Whole:
    """Rows of (control positive, control n, treatment positive, treatment n), checked: shape (K, 4), each arm filled.

    Raises BadInput ``count-not-whole``, ``not-a-table``, ``more-positive-than-sent`` and ``empty-arm`` (row 1 = first).
    """
    table = arm_counts(rows)
    empty = np.flatnonzero((table[:, 1] == 0) | (table[:, 3] == 0))
    if len(empty):
        raise BadInput(
            Problem(
                "empty-arm" if len(table) == 1 else "empty-stratum",
                "Een van beide profielen heeft hier geen enkele reactie verstuurd.",
                found=f"rij {empty[0] + 1}: {table[empty[0]].tolist()}",
                remedy="Voeg het stratum bij een ander, of laat het weg.",
            )
        )
    return table


def arm_counts(rows: object) -> Whole:
    """As ``arm_table``, but an arm may be empty in a row (an advertiser who heard from one arm only)."""
    table = whole("De tabel", rows)  # type: ignore[arg-type]
    if table.ndim != 2 or table.shape[1] != 4 or not len(table):
        raise BadInput(
            Problem(
                "not-a-table",
                "Dit is geen tabel met vier tellingen per rij.",
                found=f"vorm {table.shape}",
                remedy="Geef per rij: controle positief, controle totaal, test positief, test totaal.",
            )
        )
    wrong = np.flatnonzero((table[:, 0] > table[:, 1]) | (table[:, 2] > table[:, 3]))
    if len(wrong):
        raise BadInput(
            Problem(
                "more-positive-than-sent",
                "Er zijn meer positieve antwoorden dan reacties.",
                found=f"rij {wrong[0] + 1}: {table[wrong[0]].tolist()}",
                remedy="Controleer de volgorde: eerst positief, dan totaal.",
            )
        )
    return table


def difference_newcombe(arms: Arms, level: float) -> Interval:
    """Newcombe's hybrid of both Wilson intervals (default)."""
    first, second = arms.rates
    low1, high1 = wilson(arms.control_positive, arms.control_n, level)
    low2, high2 = wilson(arms.treatment_positive, arms.treatment_n, level)
    gap = first - second
    return max(gap - hypot(first - low1, high2 - second), -1.0), min(gap + hypot(high1 - first, second - low2), 1.0)


def difference_wald(arms: Arms, level: float) -> Interval:
    """Wald interval; None when neither arm varies."""
    return _wald(*arms.rates, arms.control_n, arms.treatment_n, level)


def difference_wald_cc(arms: Arms, level: float) -> Interval:
    """Wald interval with Yates' correction, (1/n1 + 1/n2) / 2 on both sides; R's ``prop.test`` prints it."""
    correction = (1 / arms.control_n + 1 / arms.treatment_n) / 2
    return _wald(*arms.rates, arms.control_n, arms.treatment_n, level, correction)


def difference_agresti_caffo(arms: Arms, level: float) -> Interval:
    """Wald interval after adding one positive and one negative answer to each arm."""
    sizes = arms.control_n + 2, arms.treatment_n + 2
    return _wald((arms.control_positive + 1) / sizes[0], (arms.treatment_positive + 1) / sizes[1], *sizes, level)


def _wald(first: float, second: float, n1: int, n2: int, level: float, correction: float = 0.0) -> Interval:
    error = sqrt(first * (1 - first) / n1 + second * (1 - second) / n2)
    if not error:
        return NO_INTERVAL
    half = normal_quantile(level) * error + correction
    return max(first - second - half, -1.0), min(first - second + half, 1.0)


def ratio_katz(arms: Arms, level: float) -> Interval:
    """Log interval of the rate ratio; None where a rate is zero or neither arm varies."""
    x1, x2 = arms.control_positive, arms.treatment_positive
    if not (x1 and x2) or arms.rates == (1.0, 1.0):
        return NO_INTERVAL
    return _log_interval(x1 / arms.control_n / (x2 / arms.treatment_n), sqrt(_spread(arms)), level)


def _spread(arms: Arms) -> float:
    return 1 / arms.control_positive - 1 / arms.control_n + 1 / arms.treatment_positive - 1 / arms.treatment_n


def odds_woolf(arms: Arms, level: float) -> Interval:
    """Log interval of the odds ratio; None where a cell is zero."""
    cells = _cells(arms)
    if not all(cells):
        return NO_INTERVAL
    return _log_interval(cells[0] * cells[3] / (cells[1] * cells[2]), sqrt(sum(1 / cell for cell in cells)), level)


def _log_interval(value: float, error: float, level: float) -> Interval:
    half = normal_quantile(level) * error
    return exp(log(value) - half), exp(log(value) + half)


def _cells(arms: Arms) -> tuple[int, int, int, int]:
    """Control positive and not, treatment positive and not."""
    x1, x2 = arms.control_positive, arms.treatment_positive
    return x1, arms.control_n - x1, x2, arms.treatment_n - x2


def fisher(arms: Arms) -> TestResult:
    """Fisher's exact test, two-sided: all tables as improbable as the one found, or more, given the margins.

    ``statistic`` is the number of positive answers of the control arm.
    """
    from scipy import stats  # slow to import

    a, b, c, d = _cells(arms)
    found = stats.fisher_exact(np.array([[a, b], [c, d]]))
    return TestResult("fisher", float(found.pvalue), float(a), "" if _varies(arms) else NOTHING_VARIES)


def pearson(arms: Arms) -> ChiSquareResult:
    """Pearson's chi-square test without continuity correction."""
    return _pearson("pearson", arms, correction=0.0)


def yates(arms: Arms) -> ChiSquareResult:
    """Pearson's test with Yates' correction, never below a statistic of zero."""
    return _pearson("yates", arms, correction=0.5)


def _pearson(name: str, arms: Arms, correction: float) -> ChiSquareResult:
    if not _varies(arms):
        return ChiSquareResult(name, 1.0, None, NOTHING_VARIES)
    a, b, c, d = _cells(arms)
    gap = max(abs(a * d - b * c) - correction * arms.n, 0.0)
    statistic = arms.n * gap**2 / (arms.control_n * arms.treatment_n * (a + c) * (b + d))
    return ChiSquareResult(name, float(special.chdtrc(1, statistic)), statistic)


def _varies(arms: Arms) -> bool:
    return 0 < arms.control_positive + arms.treatment_positive < arms.n


def difference(arms: Arms) -> float:
    """Control rate minus treatment rate."""
    return arms.rates[0] - arms.rates[1]


def ratio(arms: Arms) -> float | None:
    """Control rate over treatment rate; None when the treatment rate is zero."""
    return arms.rates[0] / arms.rates[1] if arms.treatment_positive else None


def odds_ratio(arms: Arms) -> float | None:
    """Odds of the control arm over odds of the treatment arm; None when a cell below is zero."""
    a, b, c, d = _cells(arms)
    return a * d / (b * c) if b and c else None


_Plan = tuple[str, str, Callable[[Arms], float | None], Callable[[Arms, float], Interval], str]
_PLAN: tuple[_Plan, ...] = (
    ("net_discrimination", "newcombe", difference, difference_newcombe, "verschil in kans"),
    ("net_discrimination", "agresti_caffo", difference, difference_agresti_caffo, "verschil in kans"),
    ("net_discrimination", "wald", difference, difference_wald, "verschil in kans"),
    ("net_discrimination", "wald_cc", difference, difference_wald_cc, "verschil in kans"),
    ("rate_ratio", "katz", ratio, ratio_katz, "kans van het controleprofiel gedeeld door kans van het testprofiel"),
    (
        "odds_ratio",
        "woolf",
        odds_ratio,
        odds_woolf,
        "odds van het controleprofiel gedeeld door odds van het testprofiel",
    ),
)


@dataclass(frozen=True)
class UnpairedAnalysis:
    """Counts with everything computed from them; the first estimate of a name is the default one."""

    arms: Arms
    estimates: tuple[Estimate, ...]
    tests: tuple[TestResult, ...]


def analyse_unpaired(arms: Arms, level: float = 0.95) -> UnpairedAnalysis:
    """Rates with Wilson intervals, difference, rate ratio and odds ratio; Fisher's test (default), Pearson, Yates."""
    check_share("level", level)
    rates = (
        _estimate(
            "rate_control",
            "wilson",
            arms.rates[0],
            _wilson_control(arms, level),
            arms.control_n,
            level,
            "kans van het controleprofiel",
        ),
        _estimate(
            "rate_treatment",
            "wilson",
            arms.rates[1],
            _wilson_treatment(arms, level),
            arms.treatment_n,
            level,
            "kans van het testprofiel",
        ),
    )
    compared = (
        _estimate(name, method, value(arms), interval(arms, level), arms.n, level, text)
        for name, method, value, interval, text in _PLAN
    )
    return UnpairedAnalysis(arms, (*compared, *rates), (fisher(arms), pearson(arms), yates(arms)))


def _wilson_control(arms: Arms, level: float) -> Interval:
    return wilson(arms.control_positive, arms.control_n, level)


def _wilson_treatment(arms: Arms, level: float) -> Interval:
    return wilson(arms.treatment_positive, arms.treatment_n, level)


def _estimate(
    name: str, method: str, value: float | None, limits: Interval, n: int, level: float, text: str
) -> Estimate:
    low, high = limits
    why = "; niet te berekenen: een van de aantallen is nul" if value is None else ""
    if value is not None and low is None:
        why = "; geen interval: een van de aantallen is nul"
    return Estimate(name, "inquiries", value, low, high, level, n, method, f"{text}; {CONVENTION}{why}")
