"""The draw: which listings are tested, and what each pair is. All of it follows from the seed and the keys of the rows.

Nothing depends on the order in which listings are given, or on when. Chance gives each listing its rank, and so its
seat; the rotation decides what comes with a seat. The seat is kept with the pair, so that a pair can be drawn again
from the design and its seat alone, and a growing round goes on where it was.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import count
from types import MappingProxyType

import numpy as np

from orchestrator.chance import Bits, Ints, bits, digests, generator, rank, shuffled
from orchestrator.design import Approach, Design, Order, Stratum
from orchestrator.intake import ListingRow, Participant
from orchestrator.rotation import turn
from orchestrator.suitability import suits
from profiles.factors import LEVELS, FactorLevel
from profiles.pairs import BOTH, Arm


class RefusalReason(StrEnum):
    """Why a listing was not tested."""

    ADVERTISER_FULL = "maximum-per-aanbieder"
    SAMPLE_FULL = "steekproef-vol"
    STRATUM_FULL = "quotum-vol"
    NO_MOMENT = "geen-moment"
    NOT_NEW = "niet-nieuw"
    NO_NAME = "geen-naam"
    UNSUITED = "past-niet-bij-signaal"
    NO_INCOME = "geen-passend-inkomen"
    OUT_OF_SCOPE = "buiten-deelname"
    NOT_AGREED = "geen-afspraak"


@dataclass(frozen=True)
class Refusal:
    listing: str
    reason: RefusalReason


@dataclass(frozen=True)
class Selection:
    """The keys of the chosen listings in order of their rank, and a refusal for every other listing."""

    chosen: tuple[str, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, eq=False)
class Homes:
    """Listings that get a pair, a row each: the key of it, that of its advertiser, and the stratum it is in."""

    listings: Sequence[str]
    advertisers: Sequence[str]
    strata: Sequence[str]
    keys: Bits
    """By what chance knows each listing."""

    @classmethod
    def of(cls, listings: Sequence[str], advertisers: Sequence[str], strata: Sequence[str]) -> "Homes":
        """Return these listings, whose keys are all different."""
        return cls(listings, advertisers, strata, digests(listings))

    @cached_property
    def owners(self) -> tuple[tuple[str, ...], Ints]:
        """Each advertiser once, and the place of each row's among these."""
        return _numbered(self.advertisers)

    def at(self, rows: Ints) -> "Homes":
        """Return some of these, in this order."""
        columns = (self.listings, self.advertisers, self.strata)
        listings, advertisers, strata = ([column[row] for row in rows.tolist()] for column in columns)
        return Homes(listings, advertisers, strata, self.keys[rows])


@dataclass(frozen=True)
class Seat:
    """A place in the rotation of one kind of pairs: real ones, or sham pairs in which both arms show ``sham``."""

    sham: Arm | None
    place: int


@dataclass(frozen=True)
class Draw:
    """What one pair is; ``sets`` are the name sets of the arms, equal in a sham pair.

    ``arms`` are those that write, the first first: all of the design, or in an unpaired design one.
    """

    listing: str
    seat: Seat
    arms: tuple[Arm, ...]
    sets: Mapping[Arm, str]
    variants: Mapping[Arm, str]
    level: FactorLevel | None

    @property
    def sham(self) -> Arm | None:
        """What both arms show in a sham pair."""
        return self.seat.sham

    @property
    def first(self) -> Arm:
        return self.arms[0]


@dataclass(frozen=True, eq=False)
class Seats:
    """Many seats, a row each: ``sham`` is the number of the arm that a sham pair shows, `REAL` in a real pair."""

    sham: Ints
    place: Ints
    order: Ints
    """The rows in the order in which places were given."""


REAL = -1


def seat_all(design: Design, homes: Homes) -> Seats:
    """Seat the pairs of a plan: the declared shares exactly sham, chosen by chance; the rest real.

    Places are given block by block: stratum after stratum, in it advertiser after advertiser, both in an order drawn by
    the seed. So every block is as balanced as the rotation, and so is the whole.
    """
    blocks = _in_random_order(design.seed, "seat of advertiser", *homes.owners)
    if homes.strata and homes.strata.count(homes.strata[0]) < len(homes.strata):
        strata = _in_random_order(design.seed, "seat of stratum", *_numbered(homes.strata))
        blocks += strata * (blocks.max(initial=0) + 1)
    order, sham = shuffled(bits(design.seed, "seat", homes.keys), blocks), _shams(design, homes.keys)
    place, kinds = np.zeros_like(sham), sham[order]
    for kind in (REAL, *range(len(BOTH))):
        own = order[kinds == kind]
        place[own] = np.arange(own.size)
    return Seats(sham, place, order)


def seat(design: Design, homes: Homes) -> dict[str, Seat]:
    """Seat the pairs of a plan, as `seat_all`; by listing, in the order in which places are given."""
    seats = seat_all(design, homes)
    columns = zip(
        seats.order.tolist(), seats.sham[seats.order].tolist(), seats.place[seats.order].tolist(), strict=True
    )
    return {homes.listings[row]: Seat(None if sham == REAL else BOTH[sham], place) for row, sham, place in columns}


def next_seat(design: Design, listing: str, taken: Counter[Arm | None]) -> Seat:
    """Seat one more pair of a round that grows: sham by its own chance, behind the pairs of its kind there are."""
    drawn, question = generator(design.seed, "sham", listing).random(), design.question
    sham = None
    if drawn < question.sham_share + question.sham_treatment_share:
        sham = Arm.CONTROL if drawn < question.sham_share else Arm.TREATMENT
    return Seat(sham, taken[sham])


def draw(design: Design, listing: str, variants: Sequence[str], place: Seat) -> Draw:
    """Return the pair of a listing at its seat.

    ``variants`` are the keys of the letter texts to choose from, in any order; ValueError for fewer than the arms.
    """
    texts, sham, sets = sorted(set(variants)), place.sham, design.question.sets
    given = turn(design.seed, sham or "real", place.place, len(texts), len(sets))
    arms = tuple(tuple(sets)[number] for number in given.order)
    if design.schedule.order is Order.TREATMENT_FIRST:
        arms = (*(arm for arm in arms if arm is not Arm.CONTROL), Arm.CONTROL)
    return Draw(
        listing=listing,
        seat=place,
        arms=arms[:1] if design.question.approach is Approach.UNPAIRED else arms,
        sets=MappingProxyType({arm: sets[sham or arm] for arm in sets}),
        variants=MappingProxyType({arm: texts[word] for arm, word in zip(sets, given.words, strict=True)}),
        level=LEVELS[design.question.factor][given.level] if design.question.factor else None,
    )


def select_listings(
    design: Design,
    participants: Sequence[Participant],
    listings: Sequence[ListingRow],
    used: Mapping[str, int] = MappingProxyType({}),
    agreed: Collection[str] | None = None,
) -> Selection:
    """Choose in random order, up to the cap of each advertiser (design or consent, the lower), quotas and sample size.

    Strata with a quota choose first, so that no other takes their room. ``used`` are the pairs that an advertiser's
    consent gave to other rounds already, ``agreed`` the advertisers that a re-test may sample. A listing of another
    advertiser, one that does not suit the signal, or for which its advertiser did not sign, is refused before anything
    is counted.
    Every listing's advertiser is among the participants, as `fitting.check_intake` requires.
    """
    caps = {each.advertiser: _cap(design, each, used.get(each.advertiser, 0)) for each in participants}
    kinds = {each.advertiser: each.kind.value for each in participants}
    signed = {each.advertiser: each.scope for each in participants}
    room = Room.of(design)
    taken: Counter[str] = Counter()
    chosen: list[str] = []
    refused: list[Refusal] = []
    ranked = sorted(listings, key=lambda listing: rank(design.seed, listing.listing))
    strata = {each.listing: stratum_of(design, each.district, kinds[each.advertiser]) for each in ranked}
    for listing in sorted(ranked, key=lambda listing: strata[listing.listing] not in room.quotas):
        if agreed is not None and listing.advertiser not in agreed:
            refused.append(Refusal(listing.listing, RefusalReason.NOT_AGREED))
        elif not suits(design.signal.needs, listing):
            refused.append(Refusal(listing.listing, RefusalReason.UNSUITED))
        elif (scope := signed[listing.advertiser]) is not None and not scope.has_listing(listing.listing):
            refused.append(Refusal(listing.listing, RefusalReason.OUT_OF_SCOPE))
        elif taken[listing.advertiser] >= caps[listing.advertiser]:
            refused.append(Refusal(listing.listing, RefusalReason.ADVERTISER_FULL))
        elif (full := room.full(strata[listing.listing])) is not None:
            refused.append(Refusal(listing.listing, full))
        else:
            taken[listing.advertiser] += 1
            room.take(strata[listing.listing])
            chosen.append(listing.listing)
    return Selection(tuple(sorted(chosen, key=lambda key: rank(design.seed, key))), tuple(refused))


@dataclass
class Room:
    """How many pairs a round has room for: its ``quotas`` by stratum, and what they leave for all other strata."""

    quotas: Mapping[str, int]
    elsewhere: int
    taken: Counter[str]

    @classmethod
    def of(cls, design: Design, taken: Mapping[str, int] = MappingProxyType({})) -> "Room":
        """Return the room of a round that has ``taken`` so many pairs, by stratum."""
        quotas = design.sample.quotas
        return cls(quotas, design.sample.pairs - sum(quotas.values()), Counter(taken))

    def full(self, stratum: str) -> RefusalReason | None:
        """Why no pair of this stratum fits any more; None when one does."""
        if stratum in self.quotas:
            return RefusalReason.STRATUM_FULL if self.taken[stratum] >= self.quotas[stratum] else None
        elsewhere = sum(many for each, many in self.taken.items() if each not in self.quotas)
        return RefusalReason.SAMPLE_FULL if elsewhere >= self.elsewhere else None

    def take(self, stratum: str) -> None:
        """Count one more pair of this stratum."""
        self.taken[stratum] += 1


def stratum_of(design: Design, district: str, kind: str) -> str:
    """Return the stratum of a listing in this district of an advertiser of this kind; empty where none is declared."""
    match design.sample.stratum:
        case Stratum.DISTRICT:
            return district
        case Stratum.KIND:
            return kind
        case None:
            return ""


def _cap(design: Design, participant: Participant, used: int) -> int:
    most = design.sample.per_advertiser
    return most if participant.max_pairs is None else min(most, max(0, participant.max_pairs - used))


def _shams(design: Design, keys: Bits) -> Ints:
    """Which pairs are sham, and what they show, as `Seats` tells it."""
    question, sham = design.question, np.full(len(keys), REAL)
    many = round(len(keys) * question.sham_share)
    more = round(len(keys) * (question.sham_share + question.sham_treatment_share))
    drawn = bits(design.seed, "sham", keys)
    for arm, lowest in ((1, more), (0, many)):
        if lowest:  # which rows have the lowest numbers is known without sorting them
            sham[np.argpartition(drawn, lowest - 1)[:lowest]] = arm
    return sham


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Each name once, and the place of each row's among these."""
    known: dict[str, int] = defaultdict(count().__next__)
    met = np.fromiter(map(known.__getitem__, names), np.int64, len(names))
    return tuple(known), met


def _in_random_order(seed: int, purpose: str, names: Sequence[str], met: Ints) -> Ints:
    """The number of each row's block in a random order of the blocks, whose names these are."""
    numbers = np.empty(len(names), np.int64)
    numbers[np.argsort(bits(seed, purpose, digests(names)))] = np.arange(len(names))
    return numbers[met]
