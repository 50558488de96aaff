"""Time to the first human answer: Kaplan-Meier per arm, the log-rank test, and Cox's model stratified by pair.

Times are hours from sending, in one unit throughout. No answer within the window is censored at the window: we know
that it took longer, not how long. A negative time is a fault of somebody's clock: listed, and left out.
"""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.estimands import Estimate
from results.statistics.mcnemar import TestResult, exact_p
from results.statistics.numeric import normal_quantile

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_HAZARD = "antwoordsnelheid van het testprofiel gedeeld door die van het controleprofiel, binnen de test"


@dataclass(frozen=True)
class AnswerTimes:
    """Times that can be used, shape (n,), whether each ended in an answer, and the rows that a clock fault took out.

    ``clock_faults`` holds indices into the input; ``kept`` the indices of what is left, in order.
    """

    time: Floats
    answered: Flags
    kept: npt.NDArray[np.intp]
    clock_faults: tuple[int, ...]


@dataclass(frozen=True)
class PairTimes:
    """The same for pairs: ``time`` and ``answered`` have shape (n, 2), control first. One fault takes out the pair."""

    time: Floats
    answered: Flags
    kept: npt.NDArray[np.intp]
    clock_faults: tuple[int, ...]


@dataclass(frozen=True)
class Survival:
    """Kaplan-Meier curve at each moment of an answer: arrays of one length.

    ``waiting`` is the share still without an answer just after ``time``; ``error`` Greenwood's standard error of it;
    ``low`` and ``high`` are limits on the log scale (as R's survfit), NaN-free: 0 and 0 once nobody waits any more.
    """

    time: Floats
    at_risk: npt.NDArray[np.int_]
    answers: npt.NDArray[np.int_]
    waiting: Floats
    error: Floats
    low: Floats
    high: Floats
    median: Estimate


@dataclass(frozen=True)
class PairedHazard:
    """Who was answered first within a pair, and what follows from it.

    ``hazard_ratio`` above 1: the treatment arm is answered sooner. ``tied``: both answered in the same moment;
    ``neither``: nobody answered within the window. These two say nothing of the order.
    """

    control_first: int
    treatment_first: int
    tied: int
    neither: int
    hazard_ratio: Estimate
    exact: TestResult
    log_rank: TestResult


def answer_times(hours: npt.ArrayLike, window: float) -> AnswerTimes:
    """Prepare hours to the first answer, shape (n,), NaN for none; what came after ``window`` counts as none.

    BadInput for a window of 0 or less, or for anything that is not a number (an infinite time included).
    """
    values = _numbers(hours, window, 1)
    faulty = values < 0
    kept = np.flatnonzero(~faulty)
    time, answered = _censored(values[kept], window)
    return AnswerTimes(time, answered, kept, tuple(np.flatnonzero(faulty).tolist()))


def pair_times(hours: npt.ArrayLike, window: float) -> PairTimes:
    """The same for pairs, shape (n, 2) with the control arm in the first column."""
    values = _numbers(hours, window, 2)
    faulty = (values < 0).any(axis=1)
    kept = np.flatnonzero(~faulty)
    time, answered = _censored(values[kept], window)
    return PairTimes(time, answered, kept, tuple(np.flatnonzero(faulty).tolist()))


def kaplan_meier(times: AnswerTimes, level: float = 0.95) -> Survival:
    """Share of letters still waiting over time: Kaplan & Meier (1958), Greenwood's error, limits on the log scale.

    The median waiting time is where the curve reaches one half, its limits where the limits of the curve do (Brookmeyer
    & Crowley 1982); None where a curve never comes so low. BadInput without times.
    """
    if not len(times.time):
        raise BadInput(Problem("no-times", "Er is geen enkele bruikbare antwoordtijd."))
    moments, answers = np.unique(times.time[times.answered], return_counts=True)
    at_risk = len(times.time) - np.searchsorted(np.sort(times.time), moments, side="left")
    waiting: Floats = np.cumprod(1 - answers / at_risk, dtype=np.float64)
    left = at_risk - answers
    spread: Floats = np.sqrt(np.cumsum(answers / (at_risk * np.maximum(left, 1))))
    reach = np.exp(normal_quantile(level) * spread)
    low, high = np.asarray(waiting / reach), np.asarray(np.minimum(waiting * reach, 1.0))
    halves = [_half(moments, curve) for curve in (waiting, low, high)]
    median = _median(halves, level, len(times.time))
    return Survival(moments, at_risk, answers, waiting, waiting * spread, low, high, median)


def log_rank(first: AnswerTimes, second: AnswerTimes) -> TestResult:
    """Two separate groups, not pairs: chi-square with 1 df and a hypergeometric variance (Mantel 1966).

    BadInput when nobody answered in either group.
    """
    moments = np.unique(np.concatenate([first.time[first.answered], second.time[second.answered]]))
    if not len(moments):
        raise BadInput(Problem("no-answers", "In geen van beide groepen kwam een antwoord binnen het venster."))
    n1, d1 = _risk(first, moments)
    n2, d2 = _risk(second, moments)
    n, d = n1 + n2, d1 + d2
    gap = float((d1 - d * n1 / n).sum())
    variance = float((d * (n1 / n) * (n2 / n) * (n - d) / np.maximum(n - 1, 1)).sum())
    if not variance:
        note = "op geen enkel moment wachtten beide groepen nog: er valt niets te toetsen, daarom p = 1"
        return TestResult("log_rank", 1.0, None, note)
    statistic = gap**2 / variance
    return TestResult("log_rank", float(special.chdtrc(1, statistic)), statistic)


def paired_hazard(pairs: PairTimes, level: float = 0.95) -> PairedHazard:
    """Cox's model with a stratum per pair: for 1:1 pairs it has a closed form.

    A pair counts only by who is answered first: the other must still be waiting at that moment (censored at that very
    moment counts as waiting). HR = treatment first / control first; SE of its log sqrt(1/first + 1/second); Wald
    interval. A tie of two answers carries no information (exact partial likelihood; Breslow and Efron would pull the
    ratio to 1). The pair-stratified log-rank test is then McNemar's on the same two counts. BadInput without pairs.
    """
    if not len(pairs.time):
        raise BadInput(Problem("no-times", "Er is geen enkele test met bruikbare antwoordtijden."))
    (tc, tt), (ac, at) = pairs.time.T, pairs.answered.T
    control = int((ac & ((tc < tt) | ((tc == tt) & ~at))).sum())
    treatment = int((at & ((tt < tc) | ((tc == tt) & ~ac))).sum())
    tied, neither = int((ac & at & (tc == tt)).sum()), int((~ac & ~at).sum())
    ratio = _hazard_ratio(control, treatment, level)
    return PairedHazard(control, treatment, tied, neither, ratio, *_order_tests(control, treatment))


def _numbers(hours: npt.ArrayLike, window: float, dimensions: int) -> Floats:
    try:
        values = np.asarray(hours, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadInput(Problem("times-not-numbers", "Een antwoordtijd is geen getal.", found=str(error))) from error
    if values.ndim != dimensions or (dimensions == 2 and values.shape[1] != 2) or bool(np.isinf(values).any()):
        shape = "een rij getallen" if dimensions == 1 else "per test twee getallen"
        raise BadInput(
            Problem(
                "times-not-numbers",
                f"Antwoordtijden zijn {shape}.",
                found=f"vorm {values.shape}",
                remedy="Laat leeg (NaN) wie geen antwoord kreeg.",
            )
        )
    if not 0 < window < np.inf:
        raise BadInput(Problem("no-window", "Het venster is een aantal uren boven 0.", found=str(window)))
    return values


def _censored(values: Floats, window: float) -> tuple[Floats, Flags]:
    answered = values <= window  # false for NaN
    return np.where(answered, values, window), answered


def _half(moments: Floats, curve: Floats) -> float | None:
    """Where a curve comes down to one half; the middle of the step when it rests on one half exactly (as R does)."""
    below = np.flatnonzero(curve <= 0.5 + 1e-9)
    if not len(below):
        return None
    at = below[0]
    if abs(curve[at] - 0.5) < 1e-9 and at + 1 < len(moments):
        return float(moments[at] + moments[at + 1]) / 2
    return float(moments[at])


def _median(halves: list[float | None], level: float, n: int) -> Estimate:
    value, low, high = halves
    notes = ["uren tot het eerste antwoord waarin de helft een antwoord kreeg"]
    if value is None:
        notes.append("niet te berekenen: minder dan de helft kreeg binnen het venster een antwoord")
    if low is None and value is not None:
        notes.append("geen ondergrens")
    if high is None and value is not None:
        notes.append("geen bovengrens")
    return Estimate("median_hours", "letters", value, low, high, level, n, "kaplan_meier", "; ".join(notes))


def _risk(group: AnswerTimes, moments: Floats) -> tuple[Floats, Floats]:
    """At each moment: how many still wait, and how many are answered."""
    waiting = len(group.time) - np.searchsorted(np.sort(group.time), moments, side="left")
    answers = np.sort(group.time[group.answered])
    answered = np.searchsorted(answers, moments, side="right") - np.searchsorted(answers, moments, side="left")
    return waiting.astype(float), answered.astype(float)


def _hazard_ratio(control: int, treatment: int, level: float) -> Estimate:
    value = treatment / control if control else None
    low = high = None
    note = _HAZARD
    if control and treatment:
        half = normal_quantile(level) * sqrt(1 / control + 1 / treatment)
        low, high = exp(log(treatment / control) - half), exp(log(treatment / control) + half)
    else:
        note += "; geen interval: één van beide profielen was nooit als eerste aan de beurt"
    if value is None:
        note += "; niet te berekenen: het controleprofiel kreeg nooit als eerste antwoord"
    return Estimate("hazard_ratio", "ordered", value, low, high, level, control + treatment, "cox_pairs", note)


def _order_tests(control: int, treatment: int) -> tuple[TestResult, TestResult]:
    m, smaller = control + treatment, min(control, treatment)
    if not m:
        note = "in geen enkele test kwam één van beide antwoorden eerst: er valt niets te toetsen, daarom p = 1"
        return TestResult("answered_first_exact", 1.0, None, note), TestResult("log_rank_pairs", 1.0, None, note)
    chi = (control - treatment) ** 2 / m
    return (
        TestResult("answered_first_exact", float(exact_p(smaller, m)), float(smaller)),
        TestResult("log_rank_pairs", float(special.chdtrc(1, chi)), chi),
    )
