"""Evidence that holds whenever one looks: e-values on discordant pairs, always-valid p, a confidence sequence.

E is how much more the one-sided pairs so far support "some share" than "one half": the likelihood ratio against
theta = 1/2 with theta averaged over a beta. Under theta = 1/2 its mean is 1 at any moment, so the chance that it ever
reaches 1 / alpha is at most alpha (Ville). Sources: Robbins (1970), Annals of Mathematical Statistics 41:1397; Howard,
Ramdas, McAuliffe & Sekhon (2021), Annals of Statistics 49:1055.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.advertiser.spread import checked
from results.statistics.estimands import Estimate
from results.statistics.numeric import bisect, check_share

Numbers = npt.NDArray[np.float64]
UNIFORM = (1.0, 1.0)
CONVENTION = "aandeel van de eenzijdige tests met alleen het controleprofiel positief; geldig bij elke tussenstand"


@dataclass(frozen=True)
class Evidence:
    """One look: the natural log of E (E itself can be too large for a double) and what follows from it.

    ``p`` is 1 / max E over the looks so far, at most 1: valid at any moment, for ever as many looks. ``share`` is
    c10 / (c10 + c01) with its confidence sequence, the part that all looks so far agree on. An empty part (which has at
    most probability 1 - level) leaves the interval of this look alone, and the convention says so.
    """

    log_e: float
    p: float
    share: Estimate


def evidence(
    c10: npt.ArrayLike, c01: npt.ArrayLike, *, one_sided: bool = False, level: float = 0.95
) -> tuple[Evidence, ...]:
    """E, always-valid p and confidence sequence per look, for cumulative counts of shape (looks,), oldest first.

    One-sided asks only whether the control arm is favoured (share above 1/2); the confidence sequence is two-sided.
    """
    check_share("level", level)
    b, c = checked(c10, c01)
    _check_rising(b, c)
    log_e = log_mixture(b, c, one_sided=one_sided)
    p = np.minimum(np.exp(-np.maximum.accumulate(log_e)), 1.0)
    low, high = sequence(b, c, level)
    limits = zip(np.maximum.accumulate(low).tolist(), np.minimum.accumulate(high).tolist(), strict=True)
    alone = zip(low.tolist(), high.tolist(), strict=True)
    sides = zip(b.tolist(), c.tolist(), limits, alone, strict=True)
    shares = [_share(first, second, agreed, own, level) for first, second, agreed, own in sides]
    return tuple(Evidence(*row) for row in zip(log_e.tolist(), p.tolist(), shares, strict=True))


def log_mixture(
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    share: npt.ArrayLike = 0.5,
    prior: tuple[float, float] = UNIFORM,
    *,
    one_sided: bool = False,
) -> Numbers:
    """Log of the beta mixture of likelihood ratios against ``share`` (0 to 1) for b and c one-sided pairs.

    Two-sided and uniform against 1/2 it is log(2^m B(b+1, c+1)). One-sided averages over shares above ``share`` only.
    """
    first, second, null = (np.asarray(each, dtype=float) for each in (b, c, share))
    after, before = (prior[0] + first, prior[1] + second), prior
    ratio = special.betaln(*after) - special.betaln(*before)
    against = special.xlogy(first, null) + special.xlog1py(second, -null)
    if not one_sided:
        return np.asarray(ratio - against)
    with np.errstate(divide="ignore"):  # log 0 when nothing above the share is left: no evidence at all
        above = np.log(special.betainc(*after[::-1], 1 - null) / special.betainc(*before[::-1], 1 - null))
    return np.asarray(ratio - against + above)


def sequence(b: npt.ArrayLike, c: npt.ArrayLike, level: float) -> tuple[Numbers, Numbers]:
    """Limits of the shares that the uniform mixture does not reject at ``level``, per look; 0 to 1 without any pair."""
    first, second = np.asarray(b, dtype=float), np.asarray(c, dtype=float)
    limit, m = -np.log1p(-level), first + second
    middle = np.where(m > 0, first / np.maximum(m, 1), 0.5)

    def outside(share: Numbers) -> npt.NDArray[np.bool_]:
        return np.asarray(log_mixture(first, second, share) >= limit)

    low = bisect(outside, np.zeros_like(m), middle)
    high = bisect(lambda share: ~outside(share), middle, np.ones_like(m))
    return np.where(first > 0, low, 0.0), np.where(second > 0, high, 1.0)


def _share(b: int, c: int, agreed: tuple[float, float], own: tuple[float, float], level: float) -> Estimate:
    low, high = agreed if agreed[0] <= agreed[1] else own
    told = CONVENTION if agreed[0] <= agreed[1] else f"{CONVENTION}; de tussenstanden spreken elkaar tegen"
    value = b / (b + c) if b + c else None
    return Estimate("one_sided_share", "discordant", value, low, high, level, b + c, "confidence_sequence", told)


def _check_rising(b: npt.NDArray[np.intp], c: npt.NDArray[np.intp]) -> None:
    if bool((np.diff(b) < 0).any() or (np.diff(c) < 0).any()):
        raise BadInput(
            Problem(
                "looks-do-not-fit",
                "De tellingen van de tussenstanden dalen.",
                found=f"{b.tolist()} en {c.tolist()}",
                remedy="Geef per tussenstand alle tests tot dan toe, van vroeg naar laat.",
            )
        )
