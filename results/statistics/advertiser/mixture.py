"""The probability that an advertiser treats both arms alike, under a mixture of "alike" and "one-sided".

With probability pi0 an advertiser's one-sided pairs are a fair coin (theta = 1/2); otherwise theta ~ Beta(a, b),
leaning to the control arm for a > b. The posterior follows from c10 and c01 alone. Source: Efron (2010), Large-Scale
Inference, chapter 2 (two groups).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.advertiser.spread import checked
from results.statistics.numeric import bisect

Numbers = npt.NDArray[np.float64]
ALTERNATIVE = (4.0, 1.0)
"""Beta of a one-sided advertiser, declared beforehand: eight in ten of its one-sided pairs favour the control arm."""

EDGE = "de kans per woningaanbieder zegt dan niets over één woningaanbieder"
LONGEST = 300.0
"""Log Bayes factors beyond it move pi0 no further, and their exponent would overflow."""


@dataclass(frozen=True)
class Mixture:
    """What the mixture says of J advertisers.

    ``pi0`` is the share without one-sided treatment, given or fitted; ``posterior`` holds per advertiser the
    probability of no one-sided treatment, shape (J,), in the order given. ``note`` says in Dutch where pi0 comes from.
    """

    pi0: float
    posterior: Numbers
    note: str


def no_one_sided_treatment(
    c10: npt.ArrayLike,
    c01: npt.ArrayLike,
    pi0: float | None = None,
    alternative: tuple[float, float] = ALTERNATIVE,
) -> Mixture:
    """Posterior probability of theta = 1/2 per advertiser; without ``pi0`` it is fitted by marginal likelihood.

    An advertiser without one-sided pairs keeps pi0. Refused when pi0 must be fitted and nobody has a one-sided pair.
    """
    b, c = checked(c10, c01)
    _check(pi0, alternative)
    gain = log_bayes_factor(b, c, alternative)
    share, note = _fitted(gain[b + c > 0]) if pi0 is None else (pi0, "het aandeel zonder verschil is vooraf gegeven")
    return Mixture(share, _posterior(share, gain), note)


def log_bayes_factor(b: npt.ArrayLike, c: npt.ArrayLike, alternative: tuple[float, float]) -> Numbers:
    """Log of how much likelier (c10, c01) is under Beta(a, b) than under a fair coin; 0 without one-sided pairs."""
    first, second = np.asarray(b, dtype=float), np.asarray(c, dtype=float)
    alpha, beta = alternative
    one_sided = special.betaln(alpha + first, beta + second) - special.betaln(alpha, beta)
    return np.asarray(one_sided + (first + second) * np.log(2))


def _posterior(pi0: float, gain: Numbers) -> Numbers:
    """pi0 / (pi0 + (1 - pi0) exp(gain)), on the logit scale so that a long run neither overflows nor rounds to nan."""
    return np.asarray(special.expit(special.logit(pi0) - gain))


def _fitted(gain: Numbers) -> tuple[float, str]:
    """The pi0 with the highest marginal likelihood: its slope falls in pi0, so a change of sign is the only top."""
    if not len(gain):
        raise BadInput(
            Problem(
                "no-one-sided-pairs",
                "Geen enkele woningaanbieder heeft een eenzijdige test.",
                remedy="Geef pi0 op, of wacht tot er eenzijdige tests zijn.",
            )
        )
    near = np.clip(gain, -LONGEST, LONGEST)
    many = f"uit {len(gain)} woningaanbieders met eenzijdige tests"
    if not _slope(np.array(0.0), near) > 0:
        return 0.0, f"het aandeel zonder verschil komt op de grens 0 uit, {many}; {EDGE}"
    if not _slope(np.array(1.0), near) < 0:
        return 1.0, f"het aandeel zonder verschil komt op de grens 1 uit, {many}; {EDGE}"
    found = float(bisect(lambda share: _slope(share, near) > 0, np.array(0.0), np.array(1.0)))
    return found, f"het aandeel zonder verschil is geschat {many}"


def _slope(pi0: Numbers, gain: Numbers) -> Numbers:
    """d/dpi0 of sum log(pi0 + (1 - pi0) exp(gain))."""
    return np.asarray(np.sum(-np.expm1(gain) / (pi0 + (1 - pi0) * np.exp(gain))))


def _check(pi0: float | None, alternative: tuple[float, float]) -> None:
    if pi0 is not None and not 0 <= pi0 <= 1:
        raise BadInput(
            Problem("not-a-share", "pi0 moet van 0 tot en met 1 zijn.", found=str(pi0), remedy="Schrijf pi0 0.5.")
        )
    if not all(0 < each < np.inf for each in alternative):
        raise BadInput(
            Problem(
                "not-a-beta",
                "De bètaverdeling van het alternatief heeft twee getallen boven 0.",
                found=str(alternative),
                remedy="Schrijf bijvoorbeeld 4 en 1.",
            )
        )
