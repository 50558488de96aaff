"""Listings, as rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from orchestrator.intake import ListingRow
from orchestrator.models import Advertiser, Listing, Pair
from orchestrator.several import among
from profiles.letters import Dwelling

_INTAKE_LOCK = 7_204_614  # any fixed number: PostgreSQL's advisory lock under which listings come in


def lock(session: Session) -> None:
    """Let nobody else bring listings in until the transaction ends: two could bring the same one."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INTAKE_LOCK})


def known_of(session: Session, keys: Collection[str]) -> dict[str, Listing]:
    """Return those of these listings that are there, by key: not all, for an installation keeps those of years."""
    rows = session.scalars(select(Listing).where(among(Listing.key, "keys")), {"keys": list(keys)})
    return {row.key: row for row in rows}


def take_in(session: Session, rows: Sequence[ListingRow], advertisers: Mapping[str, Advertiser]) -> dict[str, Listing]:
    """Store the listings and return them by key; a listing that was known is brought up to date."""
    lock(session)
    known = known_of(session, [given.listing for given in rows])
    taken = {}
    for given in rows:
        row = known.get(given.listing) or Listing(key=given.listing)
        _fill(row, given, advertisers[given.advertiser].id)
        session.add(row)
        taken[given.listing] = row
    session.flush()
    return taken


def new_listing(given: ListingRow, advertiser_id: int, first_seen_at: datetime) -> Listing:
    """Return a row for a listing that was not known."""
    row = Listing(key=given.listing, first_seen_at=first_seen_at)
    _fill(row, given, advertiser_id)
    return row


def _fill(row: Listing, given: ListingRow, advertiser_id: int) -> None:
    row.advertiser_id = advertiser_id
    row.street, row.postcode, row.city, row.district = given.street, given.postcode, given.city, given.district
    row.rent, row.rooms, row.reference, row.url = given.rent, given.rooms, given.reference, given.url
    row.accessible = given.accessible


def dwelling(listing: Listing) -> Dwelling:
    """Return what a letter may mention of a listing."""
    return Dwelling(street=listing.street, city=listing.city, reference=listing.reference, rooms=listing.rooms)


def to_record(listing: Listing) -> dict[str, Any]:
    """Return what the letters on a listing depend on, as JSON-safe values."""
    return {**asdict(dwelling(listing)), "rent": listing.rent}


def dwelling_of(pair: Pair) -> Dwelling:
    """Return what the letters of a pair could mention: the listing as it was when the pair was drawn."""
    if pair.listed is None:
        return dwelling(pair.listing)  # a round from before this was kept
    return Dwelling(**{key: value for key, value in pair.listed.items() if key != "rent"})
