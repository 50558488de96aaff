"""How many pairs with one advertiser before a pattern there can be shown."""

from math import ceil

import numpy as np
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.advertiser import FLOOR
from results.statistics.numeric import check_share
from results.statistics.power.connor import check_shares
from results.statistics.power.exact import Floats, first_lasting, unconditional

_MOST = 5_000  # pairs with one advertiser


def advertiser_power(p10: float, p01: float, n: int, alpha: float = 0.05) -> float:
    """Probability that ``n`` pairs of one advertiser give a one-sided exact p of at most ``alpha``.

    Under FLOOR discordant pairs nothing is said of an advertiser, so such tables count as not found.
    """
    check_shares(p10, p01)
    check_share("alpha", alpha)
    return unconditional(_one_sided(p10, p01, max(n, 1), alpha), p10 + p01, n)


def advertiser_pairs(p10: float, p01: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """The smallest number of pairs of one advertiser from which ``advertiser_power`` stays at or above ``power``.

    ``p10`` and ``p01`` are that advertiser's own rates. Divide ``alpha`` by the number of advertisers to plan for
    Bonferroni. BadInput when the control arm is not favoured, or past 5,000 pairs.
    """
    check_shares(p10, p01)
    check_share("power", power)
    if p10 <= p01:
        raise BadInput(
            Problem(
                "no-difference", "Zonder nadeel voor het testprofiel valt er niets te vinden.", found=f"{p10} en {p01}"
            )
        )
    reject, window = _one_sided(p10, p01, _MOST, alpha), 60 + ceil(10 / (p10 + p01))
    return first_lasting(lambda n: unconditional(reject, p10 + p01, n) >= power, _MOST, window)


def fewest_one_sided(m: int, alpha: float = 0.05) -> int | None:
    """The smallest c10 out of ``m`` discordant pairs with one-sided exact p at most ``alpha``; None when not even m."""
    fewest = int(_fewest(np.array([m]), alpha)[0])
    return fewest if fewest <= m else None


def _fewest(m: np.ndarray, alpha: float) -> np.ndarray:
    """Per m the smallest c10 that rejects; m + 1 when none does. bdtrc(k - 1, m) is P(X >= k)."""
    start = np.floor(m / 2 + special.ndtri(1 - alpha) * np.sqrt(m) / 2).astype(int)
    tried = np.clip(start[:, None] + np.arange(-3, 6), 1, m[:, None] + 1)
    size = np.broadcast_to(m[:, None], tried.shape)
    fits = (tried > size) | (special.bdtrc(np.minimum(tried, size) - 1, size, 0.5) <= alpha)
    return np.asarray(np.where(fits, tried, m[:, None] + 1).min(axis=1))


def _one_sided(p10: float, p01: float, most: int, alpha: float) -> Floats:
    """Chance to reject for m = 0 .. ``most`` discordant pairs."""
    m = np.arange(1, most + 1)
    fewest = _fewest(m, alpha)
    share = p10 / (p10 + p01) if p10 + p01 else 0.5
    found = np.where((fewest > m) | (m < FLOOR), 0.0, special.bdtrc(np.minimum(fewest, m) - 1, m, share))
    return np.concatenate(([0.0], found))
