"""What the schedule says of a pair: when its two letters go, or that no moment was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from orchestrator.assignment import Refusal

Days = tuple[date, date]
"""A first and a last day, both included."""

Closure = tuple[Days | None, frozenset[date]]
"""The first and last day on which an advertiser may be written to, if it gave these, and its days off between them."""


@dataclass(frozen=True, slots=True)
class Times:
    """Both moments of a pair, aware UTC, and the gap: the least time that must pass between the two.

    The gap is the time between both moments, or the longest declared gap when a closure lies between them. ``further``
    are the moments of the third and fourth letter of a set, each with its gap behind the one before. Where only one
    letter goes, both moments are its own and the gap is nothing.
    """

    first: datetime
    second: datetime
    gap: timedelta
    further: tuple[tuple[datetime, timedelta], ...] = ()

    def of(self, order: int) -> tuple[datetime, timedelta]:
        """Return the moment and the gap of the letter that goes as first (1), second (2), and so on."""
        return ((self.first, self.gap), (self.second, self.gap), *self.further)[order - 1]

    @property
    def moments(self) -> tuple[datetime, ...]:
        """When each letter goes."""
        return (self.first, self.second, *(moment for moment, _ in self.further))


@dataclass(frozen=True)
class Placement:
    """Times by listing key, and a refusal for every listing that no moment was found for."""

    times: Mapping[str, Times]
    refused: tuple[Refusal, ...]
