"""Listings, as rows."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.intake import ListingRow
from orchestrator.models import Advertiser, Listing
from profiles.letters import Dwelling


def take_in(session: Session, rows: Iterable[ListingRow], advertisers: Mapping[str, Advertiser]) -> dict[str, Listing]:
    """Store the listings and return them by key; a listing that was known is brought up to date."""
    known = {row.key: row for row in session.scalars(select(Listing))}
    taken = {}
    for given in rows:
        row = known.get(given.listing) or Listing(key=given.listing)
        row.advertiser_id = advertisers[given.advertiser].id
        row.street, row.postcode, row.city, row.district = given.street, given.postcode, given.city, given.district
        row.rent, row.rooms, row.reference, row.url = given.rent, given.rooms, given.reference, given.url
        session.add(row)
        taken[given.listing] = row
    session.flush()
    return taken


def dwelling(listing: Listing) -> Dwelling:
    """Return what a letter may mention of a listing."""
    return Dwelling(street=listing.street, city=listing.city, reference=listing.reference, rooms=listing.rooms)
