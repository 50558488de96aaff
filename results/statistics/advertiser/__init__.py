"""One advertiser: what may be said about it, its share beside all others, and its grade."""

from results.statistics.advertiser.grades import ReportCard, report_card
from results.statistics.advertiser.linear import Shrunk, net_shrunk, shrink
from results.statistics.advertiser.mixture import Mixture, no_one_sided_treatment
from results.statistics.advertiser.shrinkage import shares
from results.statistics.advertiser.spread import BetaFit, Spread, fit_beta
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
    "BetaFit",
    "Mixture",
    "ReportCard",
    "Shrunk",
    "Spread",
    "Verdict",
    "advertisers",
    "evidence_floor",
    "fit_beta",
    "more_needed",
    "net_shrunk",
    "no_one_sided_treatment",
    "one_sided_midp",
    "one_sided_p",
    "report_card",
    "sentence",
    "shares",
    "shrink",
]
