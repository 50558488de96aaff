"""Measurements of what the service exists for, beside what a user would pick instead: `praktijktest bench`."""

from collections.abc import Mapping
from typing import Final

ALL: Final[Mapping[str, str]] = {
    "dispatch": "letters a second from claim to record, beside bare smtplib and task queues",
    "planning": "drawing and scheduling 1,000,000 pairs beside a plain loop; storing beside the drivers",
    "inbox": "replies a second from bytes to label, beside parsing alone",
    "statistics": "a full analysis of 1,000,000 pairs beside GEE",
    "pages": "the most used pages over 1,000,000 inquiries",
    "papers": "reports of advertisers as PDF",
    "start": "--help, the first page, the demo, and memory",
}
"""Name of each module with a function ``measure(runs)``, and what it measures."""
