"""Several rounds or studies together: log positive-response ratios, and random effects over them.

Between-study variance: DerSimonian & Laird (1986), Paule & Mandel (1982) or restricted maximum likelihood (Viechtbauer
2005); interval of Hartung & Knapp (2001); prediction interval of Higgins, Thompson & Spiegelhalter (2009).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, log, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.counts import Counts
from results.statistics.estimands import Estimate
from results.statistics.numeric import check_share

Floats = npt.NDArray[np.float64]
TauMethod = Literal["dl", "pm", "reml"]
_NO_SPREAD = Problem("not-a-variance", "Elk onderzoek heeft een uitkomst en een spreiding boven 0.")
RATIO = "log van de kans van het testprofiel gedeeld door die van het controleprofiel"


@dataclass(frozen=True)
class Study:
    """One round or published study: an effect with its variance, and the convention the effect is measured in."""

    name: str
    convention: str
    effect: float
    variance: float


@dataclass(frozen=True)
class Combined:
    """Random-effects mean (on the scale of the studies) with its interval, and how far the studies differ.

    ``i2`` is Higgins' (Q - df) / Q, a share from 0 to 1. ``prediction`` is where a next study's true effect would lie;
    None under three studies.
    """

    mean: Estimate
    tau2: float
    q: float
    p_heterogeneity: float
    i2: float
    prediction: tuple[float, float] | None
    weights: tuple[float, ...]


def ratio_of_totals(name: str, positive: str, x1: int, n1: int, x2: int, n2: int) -> Study:
    """Log positive-response ratio (treatment, x2 of n2, over control, x1 of n1) from published totals.

    ``positive`` says in Dutch what counted as positive ("uitnodiging"): part of the convention. Variance
    1/x2 - 1/n2 + 1/x1 - 1/n1: as if the arms were separate, for a study that printed no pairs. BadInput
    without positives in an arm, or with more positives than letters.
    """
    if not (0 < x1 <= n1 and 0 < x2 <= n2):
        raise BadInput(
            Problem(
                "no-ratio",
                "Een verhouding vraagt positieve antwoorden in beide groepen, en niet meer dan er brieven waren.",
                found=f"{x1} van {n1}, {x2} van {n2}",
            )
        )
    return Study(name, _ratio(positive), log(x2 / n2) - log(x1 / n1), 1 / x2 - 1 / n2 + 1 / x1 - 1 / n1)


def ratio_of_pairs(name: str, positive: str, counts: Counts) -> Study:
    """The same ratio from pairs, with the paired variance (c10 + c01) / (x1 x2)."""
    if not (counts.control and counts.treatment and counts.discordant):
        raise BadInput(
            Problem(
                "no-ratio",
                "Een verhouding vraagt positieve antwoorden voor beide profielen en minstens één test met verschil.",
                found=str(counts),
            )
        )
    variance = counts.discordant / (counts.control * counts.treatment)
    return Study(name, _ratio(positive), log(counts.treatment / counts.control), variance)


def _ratio(positive: str) -> str:
    return f"{RATIO}; positief is: {positive}"


def combine(studies: Sequence[Study], method: TauMethod = "reml", level: float = 0.95) -> Combined:
    """Random-effects mean of ``studies`` with the Hartung-Knapp interval (t, k - 1 degrees of freedom).

    BadInput under two studies, for a variance that is not positive, and when the conventions differ: numbers that do
    not measure the same are not set side by side.
    """
    check_share("level", level)
    convention = same_convention(studies)
    y, v = _arrays(studies)
    tau2 = _TAU2[method](y, v)
    w = 1 / (v + tau2)
    mean = float(w @ y / w.sum())
    error = sqrt(float(w @ (y - mean) ** 2) / ((len(y) - 1) * float(w.sum())))
    known = error > 0
    low, high = _around(mean, error, len(y) - 1, level) if known else (None, None)
    note = convention if known else f"{convention}; geen interval: de onderzoeken zijn precies gelijk"
    name = f"{method}_hartung_knapp"
    estimate = Estimate("combined_effect", "studies", mean, low, high, level, len(y), name, note)
    q = _q(y, v, 0.0)
    return Combined(
        estimate,
        tau2,
        q,
        float(special.chdtrc(len(y) - 1, q)),
        max(0.0, 1 - (len(y) - 1) / q) if q else 0.0,
        _around(mean, sqrt(tau2 + error**2), len(y) - 2, level) if len(y) > 2 else None,
        tuple((w / w.sum()).tolist()),
    )


def same_convention(studies: Sequence[Study]) -> str:
    """The one convention of all ``studies``; BadInput when there are several."""
    found = tuple(dict.fromkeys(study.convention for study in studies))
    if len(found) > 1:
        raise BadInput(
            Problem(
                "convention-differs",
                "Deze cijfers zijn op verschillende manieren berekend en mogen niet naast elkaar.",
                found=" | ".join(found),
                remedy="Bereken ze uit de tellingen opnieuw, op één manier.",
            )
        )
    return found[0] if found else ""


def check_spread(studies: Sequence[Study]) -> None:
    """BadInput for an effect that is not finite, or a variance that is not above 0."""
    if not all(isfinite(study.effect) and 0 < study.variance < inf for study in studies):
        raise BadInput(_NO_SPREAD)


def beside(own: Study, published: Sequence[Study], level: float = 0.95) -> tuple[Estimate, ...]:
    """A round and then published ones as estimates with normal intervals, on one scale. BadInput as ``combine``."""
    check_share("level", level)
    together = (own, *published)
    check_spread(together)
    convention = same_convention(together)
    z = float(special.ndtri(0.5 + level / 2))
    return tuple(
        Estimate(
            s.name,
            "studies",
            s.effect,
            s.effect - z * sqrt(s.variance),
            s.effect + z * sqrt(s.variance),
            level,
            1,
            "wald",
            convention,
        )
        for s in together
    )


def dersimonian_laird(y: Floats, v: Floats) -> float:
    """Moment estimate of tau squared, at least 0. ``y`` effects and ``v`` variances, shape (k,)."""
    w = 1 / v
    return max(0.0, (_q(y, v, 0.0) - (len(y) - 1)) / float(w.sum() - (w @ w) / w.sum()))


def paule_mandel(y: Floats, v: Floats) -> float:
    """The tau squared at which Q equals its degrees of freedom, at least 0."""
    from scipy import optimize  # slow to import

    df = len(y) - 1
    if _q(y, v, 0.0) <= df:
        return 0.0
    return float(optimize.brentq(lambda tau2: _q(y, v, tau2) - df, 0.0, _ceiling(y, v), xtol=1e-14))


def reml(y: Floats, v: Floats) -> float:
    """Restricted maximum likelihood of tau squared, at least 0: the highest root of the score, or the border 0."""
    from scipy import optimize  # slow to import

    tried = np.concatenate(([0.0], np.geomspace(1e-6, 1.0, 60) * _ceiling(y, v)))
    worth = np.array([_restricted(y, v, float(tau2)) for tau2 in tried])
    at = int(worth.argmax())
    low, high = tried[max(at - 1, 0)], tried[min(at + 1, len(tried) - 1)]
    found = optimize.minimize_scalar(
        lambda t: -_restricted(y, v, t), bounds=(low, high), method="bounded", options={"xatol": 1e-13}
    )
    return float(found.x) if -found.fun > worth[0] else 0.0


_TAU2: dict[TauMethod, Callable[[Floats, Floats], float]] = {"dl": dersimonian_laird, "pm": paule_mandel, "reml": reml}


def _arrays(studies: Sequence[Study]) -> tuple[Floats, Floats]:
    y = np.array([study.effect for study in studies], dtype=float)
    v = np.array([study.variance for study in studies], dtype=float)
    if len(y) < 2:
        raise BadInput(Problem("too-few-studies", "Samenvoegen kan vanaf twee onderzoeken.", found=str(len(y))))
    check_spread(studies)
    return y, v


def _q(y: Floats, v: Floats, tau2: float) -> float:
    w = 1 / (v + tau2)
    return float(w @ (y - w @ y / w.sum()) ** 2)


def _ceiling(y: Floats, v: Floats) -> float:
    """Past this tau squared Q is below its degrees of freedom, whatever the variances."""
    return float(10 * (np.var(y) * len(y) + v.max()))


def _restricted(y: Floats, v: Floats, tau2: float) -> float:
    """Restricted log-likelihood, up to a constant."""
    w = 1 / (v + tau2)
    return float(np.log(w).sum() - np.log(w.sum()) - _q(y, v, tau2)) / 2


def _around(mean: float, error: float, df: int, level: float) -> tuple[float, float]:
    half = float(special.stdtrit(df, 0.5 + level / 2)) * error
    return mean - half, mean + half
