"""Small worlds and letters for the tests of the market."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from market.office import Market, open_market
from market.reading import Inquiry
from market.world import Advertiser, Listing, World

NOW = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
STREETS = ("Langestraat", "Kamp", "Soesterweg", "Leusderweg", "Hogeweg", "Arnhemseweg")
PARTICIPANTS = ("advertiser", "name", "kind", "email", "channel", "form_url")
CONSENT = ("consent_from", "consent_until", "purpose", "max_pairs")
LISTINGS = ("listing", "advertiser", "street", "postcode", "city", "district", "rent", "rooms", "reference", "url")


def make_advertiser(number: int, *, channel: str = "smtp", kind: str = "broker") -> Advertiser:
    key = f"kantoor-{number}"
    return Advertiser(key, f"Makelaardij Nummer {number}", kind, f"info@{key}.example", channel)


def make_listing(advertiser: str, number: int) -> Listing:
    street = f"{STREETS[number % len(STREETS)]} {number + 1}"
    return Listing(f"{advertiser}-w{number}", advertiser, street, "Amersfoort", 1250, f"REF-{advertiser}-{number}")


def make_world(advertisers: int = 10, each: int = 4, *, webforms: int = 0) -> World:
    """The last ``webforms`` advertisers use a form; every advertiser has ``each`` listings."""
    people = [
        make_advertiser(number, channel="webform" if number >= advertisers - webforms else "smtp")
        for number in range(advertisers)
    ]
    listings = [make_listing(one.key, number) for one in people for number in range(each)]
    return World({one.key: one for one in people}, {one.key: one for one in listings})


def make_market(advertisers: int = 10, each: int = 4, *, bias: float = 0.15, seed: int = 1) -> Market:
    return open_market(make_world(advertisers, each), bias=bias, seed=seed)


def make_inquiry(listing: Listing, name: str = "Bas Vermeulen", mailbox: str = "", **changes: object) -> Inquiry:
    address = mailbox or f"{name.lower().replace(' ', '.')}@woonpost.example"
    made = Inquiry(
        channel="smtp",
        advertiser=listing.advertiser,
        to=f"info@{listing.advertiser}.example",
        applicant=name,
        mailbox=address,
        addresses=frozenset({address}),
        subject=f"Reactie op {listing.street}",
        body=f"Goedemiddag,\n\nIs {listing.street} nog te huur?\n\nMet vriendelijke groet,\n{name}\n",
        message_id=f"<{address.replace('@', '.')}.{listing.key}@woonpost.example>",
        sent=NOW,
        return_path=address,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def make_mail(inquiry: Inquiry) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{inquiry.applicant} <{inquiry.mailbox}>"
    message["To"] = inquiry.to
    message["Subject"] = inquiry.subject
    message["Date"] = inquiry.sent
    message["Message-ID"] = inquiry.message_id
    message.set_content(inquiry.body)
    return message


def write_world(world: World, folder: Path) -> tuple[Path, Path]:
    """The two CSV files of a world, with every column the real ones have."""
    participants, listings = folder / "participants.csv", folder / "listings.csv"
    rows = [
        {"advertiser": one.key, "name": one.name, "kind": one.kind, "email": one.email, "channel": one.channel}
        for one in world.advertisers.values()
    ]
    _write(participants, PARTICIPANTS + CONSENT, rows)
    homes = [
        {"listing": one.key, "advertiser": one.advertiser, "street": one.street, "city": one.city, "rent": one.rent}
        | {"reference": one.reference}
        for one in world.listings.values()
    ]
    _write(listings, LISTINGS, homes)
    return participants, listings


def _write(path: Path, columns: tuple[str, ...], rows: list[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
