"""Several pairs with one advertiser are not independent: intervals that know it.

CR1 from thirty advertisers, CR2 with Satterthwaite's degrees of freedom below; the wild cluster bootstrap beside them.
"""

from results.statistics.clustering.bootstrap import wild, wild_test
from results.statistics.clustering.pairs import cluster_error, clustered, tabulate
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

__all__ = [
    "FEW_CLUSTERS",
    "ROUNDING",
    "best",
    "best_test",
    "cluster_error",
    "clustered",
    "cr1",
    "cr2",
    "degrees_of_freedom",
    "has_repeats",
    "tabulate",
    "wild",
    "wild_test",
]
