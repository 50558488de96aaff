"""Who advertises what: the participants and listings files as the market reads them."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
)
_LONGEST_ADDRESS = 254


class MarketError(Exception):
    """Something the person who starts the market can mend; the message is one Dutch line."""


@dataclass(frozen=True)
class Advertiser:
    """Who answers; ``kind`` is broker or private_landlord, ``channel`` is smtp or webform."""

    key: str
    name: str
    kind: str
    email: str
    channel: str

    @property
    def domain(self) -> str:
        return self.email.partition("@")[2]


@dataclass(frozen=True)
class Listing:
    """The advertised dwelling; ``street`` includes the house number, ``rent`` is whole euros a month."""

    key: str
    advertiser: str
    street: str
    city: str
    rent: int
    reference: str


@dataclass(frozen=True)
class World:
    """Every advertiser and every listing, by key."""

    advertisers: Mapping[str, Advertiser]
    listings: Mapping[str, Listing]

    def of(self, advertiser: str) -> tuple[Listing, ...]:
        """The listings of one advertiser, in the order of the file."""
        return tuple(listing for listing in self.listings.values() if listing.advertiser == advertiser)


def is_address(text: str) -> bool:
    """Whether ``text`` is an address the market can write to: plain ASCII, no quoted local part."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def read_world(participants: Path, listings: Path) -> World:
    """Read both files; raises MarketError naming file, line and what is wrong."""
    advertisers = _read_advertisers(participants)
    return World(advertisers, _read_listings(listings, advertisers))


def _read_advertisers(path: Path) -> dict[str, Advertiser]:
    found: dict[str, Advertiser] = {}
    addresses: set[str] = set()
    for where, row in _rows(path, ("advertiser", "name", "kind", "email", "channel")):
        advertiser = _advertiser(where, row)
        if advertiser.key in found:
            raise MarketError(f"{where}: aanbieder '{advertiser.key}' staat er twee keer in.")
        if advertiser.channel == "smtp" and advertiser.email.casefold() in addresses:
            raise MarketError(f"{where}: het e-mailadres {advertiser.email} staat er twee keer in.")
        found[advertiser.key] = advertiser
        addresses.add(advertiser.email.casefold())
    return found


def _advertiser(where: str, row: Mapping[str, str]) -> Advertiser:
    key, channel, email = row["advertiser"], row["channel"], row["email"]
    if not key:
        raise MarketError(f"{where}: de kolom 'advertiser' is leeg.")
    if channel not in ("smtp", "webform"):
        raise MarketError(f"{where}: 'channel' is '{channel}'; schrijf smtp of webform.")
    if channel == "webform" and not email:
        email = f"info@{re.sub(r'[^a-z0-9-]+', '-', key.lower()).strip('-') or 'kantoor'}.example"
    if not is_address(email):
        raise MarketError(f"{where}: '{email}' is geen e-mailadres.")
    return Advertiser(key, row["name"] or key, row["kind"], email, channel)


def _read_listings(path: Path, advertisers: Mapping[str, Advertiser]) -> dict[str, Listing]:
    found: dict[str, Listing] = {}
    for where, row in _rows(path, ("listing", "advertiser", "street", "city", "rent", "reference")):
        listing = _listing(where, row)
        if listing.advertiser not in advertisers:
            raise MarketError(f"{where}: aanbieder '{listing.advertiser}' staat niet in het deelnemersbestand.")
        if listing.key in found:
            raise MarketError(f"{where}: advertentie '{listing.key}' staat er twee keer in.")
        found[listing.key] = listing
    if not found:
        raise MarketError(f"{path}: er staat geen enkele advertentie in.")
    return found


def _listing(where: str, row: Mapping[str, str]) -> Listing:
    for column in ("listing", "street"):
        if not row[column]:
            raise MarketError(f"{where}: de kolom '{column}' is leeg.")
    if not (row["rent"].isascii() and row["rent"].isdigit()):
        raise MarketError(f"{where}: 'rent' is '{row['rent']}'; schrijf hele euro's, bijvoorbeeld 1250.")
    return Listing(row["listing"], row["advertiser"], row["street"], row["city"], int(row["rent"]), row["reference"])


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every row with its place ("file:line"), cells stripped and never None."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise MarketError(f"{path}:1: de kolom '{missing[0]}' ontbreekt.")
            for row in reader:
                yield f"{path}:{reader.line_num}", {column: (row[column] or "").strip() for column in columns}
    except OSError as error:
        raise MarketError(f"{path}: kan het bestand niet lezen ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise MarketError(f"{path}: het bestand is geen UTF-8.") from error
    except csv.Error as error:
        raise MarketError(f"{path}: het bestand is geen geldige CSV ({error}).") from error
