"""What could make a difference look larger or smaller than it is, and how much that matters."""

from results.statistics.bias.bounds import Bounds, unequal_treatment
from results.statistics.bias.effects import Effects
from results.statistics.bias.nuisance import Attrition, FactorEffect, attrition, detection_share, factor_effects
from results.statistics.bias.probit import Probit, heteroskedastic_probit, homoskedastic_probit
from results.statistics.bias.sensitivity import Choice, exclusion_choices, sensitivity

__all__ = [
    "Attrition",
    "Bounds",
    "Choice",
    "Effects",
    "FactorEffect",
    "Probit",
    "attrition",
    "detection_share",
    "exclusion_choices",
    "factor_effects",
    "heteroskedastic_probit",
    "homoskedastic_probit",
    "sensitivity",
    "unequal_treatment",
]
