"""What may be said about one advertiser: nothing below six discordant pairs. One pair is a signal, never a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

from results.statistics.counts import Counts
from results.statistics.multiplicity import benjamini_hochberg, storey
from results.statistics.numeric import check_share

FLOOR = 6


class Verdict(StrEnum):
    """The only three things that may be said; the value is the Dutch text."""

    TOO_LITTLE = "te weinig gegevens"
    PATTERN = "verschil in het nadeel van het testprofiel"
    NO_PATTERN = "geen verschil aangetoond"


@dataclass(frozen=True)
class AdvertiserResult:
    """One advertiser against the others: one-sided p (control favoured), exact and mid-p, and adjusted exact p.

    ``more_needed``: how many further discordant pairs, all favouring the control arm, a verdict of ``PATTERN`` would
    take when this advertiser stood alone; 0 unless the verdict is ``TOO_LITTLE``. ``q`` is Storey's q-value over the
    same round, never above ``p_adjusted``; the verdict rests on ``p_adjusted``.
    """

    advertiser: str
    counts: Counts
    p: float
    p_midp: float
    p_adjusted: float
    verdict: Verdict
    more_needed: int
    q: float


def advertisers(tables: Mapping[str, Counts], alpha: float = 0.05) -> tuple[AdvertiserResult, ...]:
    """Every advertiser in the order given, p adjusted over all of them by Benjamini-Hochberg."""
    check_share("alpha", alpha)
    cells = np.array([(each.c10, each.c01) for each in tables.values()], dtype=int).reshape(-1, 2)
    exact, midp = tails(cells[:, 0], cells[:, 1])
    adjusted, q = benjamini_hochberg(exact), storey(exact).values
    rows = zip(tables.items(), exact.tolist(), midp.tolist(), adjusted, q, strict=True)
    return tuple(_result(name, counts, (p, half, over, each), alpha) for (name, counts), p, half, over, each in rows)


def tails(c10: npt.ArrayLike, c01: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """One-sided exact p and mid-p for whole arrays: P(X >= c10), and with P(X = c10) counted half.

    X ~ Bin(c10 + c01, 1/2). Without discordant pairs the exact p is 1 and the mid-p one half.
    """
    b = np.asarray(c10, dtype=int)
    m = b + np.asarray(c01, dtype=int)
    exact = np.where(b > 0, special.bdtrc(np.maximum(b - 1.0, 0.0), m, 0.5), 1.0)
    beyond = np.where(m > b, special.bdtrc(b.astype(float), m, 0.5), 0.0)
    return exact, (exact + beyond) / 2


def one_sided_p(counts: Counts) -> float:
    """Exact binomial P(X >= c10) for X ~ Bin(c10 + c01, 1/2); 1 without discordant pairs."""
    return float(tails(counts.c10, counts.c01)[0])


def one_sided_midp(counts: Counts) -> float:
    """The same with the observed table counted half."""
    return float(tails(counts.c10, counts.c01)[1])


def evidence_floor(m: int, alpha: float = 0.05) -> int | None:
    """The smallest c10 out of ``m`` discordant pairs with a one-sided exact p of at most alpha; None when none has.

    5 of 5, 6 of 6, 7 of 8, 9 of 10, 12 of 15 and 15 of 20 at alpha 0.05. It is the level of the test alone: a verdict
    also takes ``FLOOR`` discordant pairs.
    """
    check_share("alpha", alpha)
    b = np.arange(m + 1)
    enough = np.flatnonzero(tails(b, m - b)[0] <= alpha)
    return int(enough[0]) if enough.size else None


def more_needed(counts: Counts, alpha: float = 0.05) -> int:
    """Further pairs with only the control arm positive until floor and one-sided exact test are both met."""
    check_share("alpha", alpha)
    return _needed(counts.c10, counts.c01, alpha)


def sentence(result: AdvertiserResult) -> str:
    """The verdict in Dutch; below the floor with the fewest one-sided pairs that could still show a pattern."""
    if result.verdict is not Verdict.TOO_LITTLE:
        return str(result.verdict)
    tests = "eenzijdige test" if result.more_needed == 1 else "eenzijdige tests"
    return f"{result.verdict}: nog {result.more_needed} {tests} nodig"


@lru_cache(maxsize=1024)
def _needed(c10: int, c01: int, alpha: float) -> int:
    """As ``more_needed``: doubling steps, then halving, because the p value falls with every pair added."""
    least = max(FLOOR - c10 - c01, 0)
    high = least
    while not _convincing(c10 + high, c01, alpha):
        least, high = high + 1, 2 * high + 1
    while least < high:
        middle = (least + high) // 2
        least, high = (least, middle) if _convincing(c10 + middle, c01, alpha) else (middle + 1, high)
    return least


def _convincing(c10: int, c01: int, alpha: float) -> bool:
    return bool(tails(c10, c01)[0] <= alpha)


def _result(name: str, counts: Counts, p: tuple[float, float, float, float], alpha: float) -> AdvertiserResult:
    exact, midp, adjusted, q = p
    verdict = _verdict(counts, adjusted, alpha)
    needed = _needed(counts.c10, counts.c01, alpha) if verdict is Verdict.TOO_LITTLE else 0
    return AdvertiserResult(name, counts, exact, midp, adjusted, verdict, needed, q)


def _verdict(counts: Counts, adjusted: float, alpha: float) -> Verdict:
    if counts.discordant < FLOOR:
        return Verdict.TOO_LITTLE
    return Verdict.PATTERN if adjusted <= alpha else Verdict.NO_PATTERN
