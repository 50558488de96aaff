"""What may be said about one advertiser: nothing below six discordant pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scipy import special

from results.statistics.counts import Counts
from results.statistics.multiplicity import benjamini_hochberg

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
    take when this advertiser stood alone; 0 unless the verdict is ``TOO_LITTLE``.
    """

    advertiser: str
    counts: Counts
    p: float
    p_midp: float
    p_adjusted: float
    verdict: Verdict
    more_needed: int


def advertisers(tables: Mapping[str, Counts], alpha: float = 0.05) -> tuple[AdvertiserResult, ...]:
    """Every advertiser in the order given, p adjusted over all of them by Benjamini-Hochberg."""
    adjusted = benjamini_hochberg([one_sided_p(counts) for counts in tables.values()])
    return tuple(_result(name, tables[name], p, alpha) for name, p in zip(tables, adjusted, strict=True))


def one_sided_p(counts: Counts) -> float:
    """Exact binomial P(X >= c10) for X ~ Bin(c10 + c01, 1/2); 1 without discordant pairs."""
    return float(special.bdtrc(counts.c10 - 1, counts.discordant, 0.5)) if counts.c10 else 1.0


def one_sided_midp(counts: Counts) -> float:
    """The same with the observed table counted half."""
    beyond = float(special.bdtrc(counts.c10, counts.discordant, 0.5)) if counts.discordant else 0.0
    return (one_sided_p(counts) + beyond) / 2


def more_needed(counts: Counts, alpha: float = 0.05) -> int:
    """Further pairs with only the control arm positive until floor and one-sided exact test are both met."""
    extra = 0
    while not _convincing(counts.c10 + extra, counts.c01, alpha):
        extra += 1
    return extra


def _convincing(c10: int, c01: int, alpha: float) -> bool:
    return c10 + c01 >= FLOOR and one_sided_p(Counts(0, c10, c01, 0)) <= alpha


def _result(name: str, counts: Counts, adjusted: float, alpha: float) -> AdvertiserResult:
    verdict = _verdict(counts, adjusted, alpha)
    needed = more_needed(counts, alpha) if verdict is Verdict.TOO_LITTLE else 0
    return AdvertiserResult(name, counts, one_sided_p(counts), one_sided_midp(counts), adjusted, verdict, needed)


def _verdict(counts: Counts, adjusted: float, alpha: float) -> Verdict:
    if counts.discordant < FLOOR:
        return Verdict.TOO_LITTLE
    return Verdict.PATTERN if adjusted <= alpha else Verdict.NO_PATTERN
