"""One advertiser: what may be said about it, its share beside all others, and its grade."""

from results.statistics.advertiser.verdict import (
    FLOOR,
    AdvertiserResult,
    Verdict,
    advertisers,
    evidence_floor,
    more_needed,
    one_sided_midp,
    one_sided_p,
    sentence,
)

__all__ = [
    "FLOOR",
    "AdvertiserResult",
    "Verdict",
    "advertisers",
    "evidence_floor",
    "more_needed",
    "one_sided_midp",
    "one_sided_p",
    "sentence",
]
