"""How many pairs a round needs, and what it could have found."""

from results.statistics.power.advertiser import advertiser_pairs, advertiser_power, fewest_one_sided
from results.statistics.power.clusters import (
    ClusteredSize,
    clustered_pairs,
    clustered_power,
    design_effect,
    simulated_power,
)
from results.statistics.power.connor import connor_pairs, minimum_detectable
from results.statistics.power.exact import PowerCurve, exact_power, power_curve, smallest_difference, smallest_pairs

__all__ = [
    "ClusteredSize",
    "PowerCurve",
    "advertiser_pairs",
    "advertiser_power",
    "clustered_pairs",
    "clustered_power",
    "connor_pairs",
    "design_effect",
    "exact_power",
    "fewest_one_sided",
    "minimum_detectable",
    "power_curve",
    "simulated_power",
    "smallest_difference",
    "smallest_pairs",
]
