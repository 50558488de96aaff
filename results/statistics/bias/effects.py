"""The difference between the arms in a heteroskedastic probit, split in a level part and a variance part."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp

import numpy as np
import numpy.typing as npt
from scipy import special

from results.statistics.estimands import Estimate
from results.statistics.numeric import normal_quantile

Floats = npt.NDArray[np.float64]
_NOTES = {
    "total": "testprofiel min controleprofiel",
    "level": "deel door een ander niveau, bij gelijke spreiding",
    "variance": "deel door een andere spreiding van wat de aanbieder niet ziet",
}


@dataclass(frozen=True)
class Effects:
    """Treatment minus control, a proportion (negative: the treatment arm loses); level + variance = total, twice over.

    ``average``: finite differences, averaged over the letters: level Phi(xb + delta) - Phi(xb), variance
    Phi((xb + delta) / e^gamma) - Phi(xb + delta). ``at_means``: Neumark's (2012) derivative at the means of x and of
    t: phi(m / s) delta / s and -phi(m / s) m gamma / s, with m = xb + delta t and s = e^(gamma t).
    """

    average: tuple[Estimate, Estimate, Estimate]
    at_means: tuple[Estimate, Estimate, Estimate]


def decompose(x: Floats, t: Floats, weight: Floats, parameters: Floats, covariance: Floats, level: float) -> Effects:
    """Both decompositions, standard errors by the delta method.

    ``x`` holds constant and shifters, shape (rows, k + 1); ``t`` the arm and ``weight`` the letters of each row.
    """
    share = weight / weight.sum()

    def average(p: Floats) -> Floats:
        here, delta, spread = x @ p[:-2], p[-2], exp(p[-1])
        low, middle, high = special.ndtr(here), special.ndtr(here + delta), special.ndtr((here + delta) / spread)
        return np.array([share @ (high - low), share @ (middle - low), share @ (high - middle)])

    mean_x, mean_t, n = share @ x, float(share @ t), int(weight.sum())

    def at_means(p: Floats) -> Floats:
        m, spread = float(mean_x @ p[:-2]) + p[-2] * mean_t, exp(p[-1] * mean_t)
        height = exp(-((m / spread) ** 2) / 2) / np.sqrt(2 * np.pi) / spread
        return np.array([height * (p[-2] - m * p[-1]), height * p[-2], -height * m * p[-1]])

    return Effects(
        _estimates(average, "average", parameters, covariance, level, n),
        _estimates(at_means, "at_means", parameters, covariance, level, n),
    )


def _estimates(
    effects: Callable[[Floats], Floats], method: str, p: Floats, covariance: Floats, level: float, n: int
) -> tuple[Estimate, Estimate, Estimate]:
    step = 1e-5
    slopes = np.column_stack([(effects(p + e) - effects(p - e)) / (2 * step) for e in np.eye(len(p)) * step])
    half = normal_quantile(level) * np.sqrt(np.einsum("ij,jk,ik->i", slopes, covariance, slopes))
    total, by_level, by_variance = (
        Estimate(f"{name}_effect", "letters", float(value), float(value - h), float(value + h), level, n, method, note)
        for (name, note), value, h in zip(_NOTES.items(), effects(p), half, strict=True)
    )
    return total, by_level, by_variance
