"""Looking before the end: declared looks, what each may spend, and evidence that holds at any moment."""

from results.statistics.looks.anytime import Evidence, evidence, log_mixture
from results.statistics.looks.boundaries import Boundaries, Shape, classic, spending_boundaries, spent
from results.statistics.looks.exact import LookResult, judge
from results.statistics.looks.plan import LookPlan, Opened, open_look

__all__ = [
    "Boundaries",
    "Evidence",
    "LookPlan",
    "LookResult",
    "Opened",
    "Shape",
    "classic",
    "evidence",
    "judge",
    "log_mixture",
    "open_look",
    "spending_boundaries",
    "spent",
]
