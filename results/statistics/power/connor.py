"""The usual formula for the size of a paired round: Connor (1987), Biometrics 43:207."""

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.numeric import bisect, check_share


def connor_pairs(p10: float, p01: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Pairs needed (not rounded) to find p10 - p01 with the uncorrected two-sided McNemar test.

    The true power at this size is some points lower for the exact test: see ``exact_power``.
    """
    check_shares(p10, p01)
    if p10 == p01:
        raise BadInput(Problem("no-difference", "Zonder verschil is geen aantal tests te berekenen.", found=str(p10)))
    return _pairs(p10 + p01, abs(p10 - p01), power, alpha)


def minimum_detectable(n: int, discordance: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Smallest net difference (proportion) that ``n`` pairs find with this power (Connor's formula inverted).

    ``discordance`` is the share of pairs in which one arm is favoured; when too few pairs differ for any difference to
    be found, it is taken to be the difference itself (all of it in one direction). 1.0 is the ceiling: below five
    pairs not even a total difference is found.
    """
    if n < 1 or not 0 <= discordance <= 1:
        raise BadInput(
            Problem("impossible-round", "Zo'n ronde bestaat niet.", found=f"n = {n}, aandeel verschil = {discordance}")
        )

    def too_small(difference: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        gap = float(difference)
        return np.asarray(_pairs(max(discordance, gap), gap, power, alpha) > n)

    return float(bisect(too_small, np.asarray(0.0), np.asarray(1.0)))


def _pairs(psi: float, difference: float, power: float, alpha: float) -> float:
    check_share("power", power)
    check_share("alpha", alpha)
    reach = special.ndtri(1 - alpha / 2) * sqrt(psi) + special.ndtri(power) * sqrt(max(psi - difference**2, 0))
    return float((reach / difference) ** 2)


def check_shares(p10: float, p01: float) -> None:
    if min(p10, p01) < 0 or p10 + p01 > 1:
        raise BadInput(
            Problem(
                "not-shares",
                "De aandelen tests met een verschil kunnen niet.",
                found=f"{p10} en {p01}",
                remedy="Geef twee aandelen van 0 of hoger die samen hoogstens 1 zijn.",
            )
        )
