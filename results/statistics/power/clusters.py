"""Several pairs with one advertiser tell less than as many advertisers with one pair each.

Convention: ``icc`` is the correlation of the pair differences (1, 0, -1) of two pairs with the same advertiser, and the
design effect is Kish's (1965): 1 + icc * (sum of squared sizes / sum of sizes - 1).
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.numeric import check_share
from results.statistics.power.connor import check_shares
from results.statistics.power.exact import Test, exact_power, smallest_pairs


@dataclass(frozen=True)
class ClusteredSize:
    """What a round of equal advertisers needs: pairs in all, advertisers, and the design effect behind them."""

    pairs: int
    advertisers: int
    design_effect: float


def design_effect(sizes: npt.ArrayLike, icc: float) -> float:
    """How many times more pairs are needed; ``sizes`` are the pairs per advertiser, shape (G,).

    BadInput for a size that is not a whole number of at least 1, or an icc outside 0 to 1.
    """
    m = np.asarray(sizes, dtype=float)
    if m.size == 0 or bool(np.any((m < 1) | (m != np.floor(m)))):
        raise BadInput(
            Problem(
                "not-cluster-sizes",
                "Elke woningaanbieder heeft minstens één hele test.",
                remedy="Geef hele getallen vanaf 1.",
            )
        )
    if not 0 <= icc <= 1:
        raise BadInput(
            Problem("not-a-correlation", "De samenhang binnen een woningaanbieder ligt tussen 0 en 1.", found=str(icc))
        )
    return float(1 + icc * ((m @ m) / m.sum() - 1))


def clustered_power(
    p10: float, p01: float, sizes: npt.ArrayLike, icc: float, alpha: float = 0.05, test: Test = "midp"
) -> float:
    """Exact power of the effective number of pairs: all pairs divided by the design effect, rounded down."""
    effective = float(np.sum(np.asarray(sizes, dtype=float))) / design_effect(sizes, icc)
    return exact_power(p10, p01, int(effective), alpha, test)


def clustered_pairs(
    p10: float,
    p01: float,
    per_advertiser: int,
    icc: float,
    power: float = 0.8,
    alpha: float = 0.05,
    test: Test = "midp",
) -> ClusteredSize:
    """Pairs and advertisers needed with ``per_advertiser`` pairs each: whole advertisers, rounded up."""
    effect = design_effect([per_advertiser], icc)
    # A hair under the product: 100 * 1.2 must not become 121.
    advertisers = ceil(smallest_pairs(p10, p01, power, alpha, test) * effect / per_advertiser - 1e-9)
    return ClusteredSize(advertisers * per_advertiser, advertisers, effect)


def simulated_power(
    p10: float, p01: float, sizes: npt.ArrayLike, icc: float, rounds: int, rng: np.random.Generator, alpha: float = 0.05
) -> float:
    """Share of ``rounds`` simulated rounds in which the clustered t test (CR1, G - 1 df) rejects.

    Each advertiser has one difference of its own, and each of its pairs takes it over with probability sqrt(icc): two
    pairs then correlate by exactly icc, and each pair keeps the shares p10 and p01. BadInput under two advertisers.
    """
    check_shares(p10, p01)
    check_share("alpha", alpha)
    design_effect(sizes, icc)
    m = np.asarray(sizes, dtype=int)
    if len(m) < 2:
        raise BadInput(Problem("too-few-clusters", "Er zijn minstens twee woningaanbieders nodig.", found=str(len(m))))
    starts = np.concatenate(([0], np.cumsum(m)[:-1]))
    own = np.repeat(_differences(p10, p01, (rounds, len(m)), rng), m, axis=1)
    fresh = _differences(p10, p01, (rounds, int(m.sum())), rng)
    d = np.where(rng.random(fresh.shape) < np.sqrt(icc), own, fresh)
    sums = np.add.reduceat(d - d.mean(axis=1, keepdims=True), starts, axis=1)
    error = np.sqrt(len(m) / (len(m) - 1) * (sums**2).sum(axis=1)) / d.shape[1]
    return float(np.mean(np.abs(d.mean(axis=1)) > special.stdtrit(len(m) - 1, 1 - alpha / 2) * error))


def _differences(p10: float, p01: float, shape: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    u = rng.random(shape)
    return np.where(u < p10, 1.0, np.where(u < p10 + p01, -1.0, 0.0))
