"""Several pairs with one advertiser are not independent: intervals that know it.

CR1 from thirty advertisers, CR2 with Satterthwaite's degrees of freedom below; the wild cluster bootstrap beside them.
"""

from results.statistics.clustering.pairs import check_pairs, cluster_error, clustered, repeated, tabulate
from results.statistics.clustering.robust import (
    FEW_CLUSTERS,
    ROUNDING,
    best,
    best_test,
    cr1,
    cr2,
    degrees_of_freedom,
    has_repeats,
)
from results.statistics.clustering.wild import wild, wild_test

__all__ = [
    "FEW_CLUSTERS",
    "ROUNDING",
    "best",
    "best_test",
    "check_pairs",
    "cluster_error",
    "clustered",
    "cr1",
    "cr2",
    "degrees_of_freedom",
    "has_repeats",
    "repeated",
    "tabulate",
    "wild",
    "wild_test",
]
