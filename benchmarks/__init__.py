"""Measurements of what the service exists for, beside what a user would pick instead: `praktijktest bench`."""

from collections.abc import Mapping
from typing import Final

ALL: Final[Mapping[str, str]] = {
    "dispatch": "letters a second from claim to record, beside bare smtplib and task queues",
    "lateness": "seconds between the plan and the letter, on a day on which 100,000 are due",
    "planning": "drawing and scheduling 1,000,000 pairs beside a plain loop; storing beside the drivers",
    "inbox": "replies a second from bytes to label, beside parsing alone",
    "statistics": "a full analysis of 1,000,000 pairs beside GEE and two conditional logits",
    "outcomes": "from a database of 1,000,000 pairs to a full analysis",
    "pages": "the most used pages over 1,000,000 inquiries",
    "papers": "reports of advertisers as PDF",
    "growth": "the exponent of each piece of work over ten, a hundred and a thousand times as much",
    "weight": "what a pair weighs on PostgreSQL, table by table, and what ten times a national round would",
    "start": "--help, the first page, the demo, and memory",
    "hosts": "letters a second by one, two and four workers on hosts of their own, and with a cable pulled",
}
"""Name of each module with a function ``measure(runs)``, and what it measures."""
