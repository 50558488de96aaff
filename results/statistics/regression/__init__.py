"""The same comparison as a regression: a linear model with pair effects, and conditional logit."""

from results.statistics.regression.conditional import clogit_counts, clogit_pairs, clogit_sets
from results.statistics.regression.fit import Coefficient, Fit
from results.statistics.regression.linear import linear, linear_counts

__all__ = ["Coefficient", "Fit", "clogit_counts", "clogit_pairs", "clogit_sets", "linear", "linear_counts"]
