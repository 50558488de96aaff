"""Statistics of paired tests: pure functions of counts, each checked against published numbers."""

from results.statistics.advertiser import FLOOR, AdvertiserResult, Verdict, advertisers
from results.statistics.agreement import cohens_kappa
from results.statistics.analysis import Analysis, analyse
from results.statistics.counts import Counts
from results.statistics.estimands import Estimate
from results.statistics.findings import Findings, Group
from results.statistics.mcnemar import TestResult
from results.statistics.multiplicity import benjamini_hochberg, holm
from results.statistics.power import connor_pairs, exact_power, minimum_detectable

__all__ = [
    "FLOOR",
    "AdvertiserResult",
    "Analysis",
    "Counts",
    "Estimate",
    "Findings",
    "Group",
    "TestResult",
    "Verdict",
    "advertisers",
    "analyse",
    "benjamini_hochberg",
    "cohens_kappa",
    "connor_pairs",
    "exact_power",
    "holm",
    "minimum_detectable",
]
