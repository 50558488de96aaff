"""The declared plan of a round: its shape, its opening hours, its checks, and reading it from a file."""

from orchestrator.design.calendar import Calendar
from orchestrator.design.checks import check
from orchestrator.design.model import (
    Analysis,
    DeclaredFeed,
    Design,
    FeedFields,
    FeedFormat,
    Gap,
    Letters,
    Mode,
    Order,
    OutcomeRule,
    Purpose,
    Question,
    Sample,
    Schedule,
    Study,
    Weekday,
    canonical,
    digest,
    from_canonical,
    json_schema,
)
from orchestrator.design.reading import read_design

__all__ = [
    "Analysis",
    "Calendar",
    "DeclaredFeed",
    "Design",
    "FeedFields",
    "FeedFormat",
    "Gap",
    "Letters",
    "Mode",
    "Order",
    "OutcomeRule",
    "Purpose",
    "Question",
    "Sample",
    "Schedule",
    "Study",
    "Weekday",
    "canonical",
    "check",
    "digest",
    "from_canonical",
    "json_schema",
    "read_design",
]
