"""What an advertiser signed for: the grounds, channels, addresses and listings that its consent covers. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

EVERY = "*"
"""Stands for all listings of the advertiser, also those that are still to come."""

PHONE = "phone"
"""The channel of the request test, in which a person calls."""


class ScopeKind(StrEnum):
    """What a line of a scope is about; a letter must be covered on each."""

    GROUND = "ground"
    CHANNEL = "channel"
    ADDRESS = "address"
    LISTING = "listing"


@dataclass(frozen=True)
class Scope:
    """What a consent covers. ``listings`` are keys, or `EVERY` alone; an empty set covers nothing.

    ``addresses`` are fingerprints (`addresses.index_of`) where a scope was read from the record.
    """

    grounds: frozenset[str]
    channels: frozenset[str]
    addresses: frozenset[str]
    listings: frozenset[str]

    @classmethod
    def of(cls, lines: Iterable[tuple[ScopeKind, str]]) -> Self:
        """Return the scope that `lines` gave."""
        told: dict[ScopeKind, set[str]] = {kind: set() for kind in ScopeKind}
        for kind, value in lines:
            told[kind].add(value)
        return cls(*(frozenset(told[kind]) for kind in ScopeKind))

    def lines(self) -> Iterator[tuple[ScopeKind, str]]:
        """Every line of it, as the record keeps it."""
        for kind, values in zip(ScopeKind, (self.grounds, self.channels, self.addresses, self.listings), strict=True):
            yield from ((kind, value) for value in sorted(values))

    def has_listing(self, key: str) -> bool:
        return EVERY in self.listings or key in self.listings

    def has_request(self, ground: str, channel: str) -> bool:
        """Say whether a request of an owner on this ground is covered, by `PHONE` or by mail."""
        return channel in self.channels and ground in self.grounds

    def has_letter(self, ground: str, channel: str, address: str, listing: str) -> bool:
        """Say whether a letter is covered; the same as `limits.covered`, in words."""
        reached = channel in self.channels and address in self.addresses
        return reached and ground in self.grounds and self.has_listing(listing)
