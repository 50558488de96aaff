"""The seeded draw: which listings are tested, who writes first, in which words. All of it follows from seed and key.

No choice depends on the order in which listings are given, on how many are drawn at once, or on when.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from numpy.random import Generator, Philox

from orchestrator.design import Design, Order
from orchestrator.intake import ListingRow, Participant
from orchestrator.suitability import suits
from profiles.pairs import Arm


class RefusalReason(StrEnum):
    """Why a listing was not tested."""

    ADVERTISER_FULL = "maximum-per-aanbieder"
    SAMPLE_FULL = "steekproef-vol"
    NO_MOMENT = "geen-moment"
    NOT_NEW = "niet-nieuw"
    NO_NAME = "geen-naam"
    UNSUITED = "past-niet-bij-signaal"
    NO_INCOME = "geen-passend-inkomen"


@dataclass(frozen=True)
class Refusal:
    listing: str
    reason: RefusalReason


@dataclass(frozen=True)
class Selection:
    """The keys of the chosen listings in order of their rank, and a refusal for every other listing."""

    chosen: tuple[str, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Draw:
    """What chance decided for one pair; ``sets`` are the name sets of the arms, equal in a sham pair."""

    listing: str
    sham: bool
    first: Arm
    sets: Mapping[Arm, str]
    variants: Mapping[Arm, str]


def generator(seed: int, *key: str) -> Generator:
    """A generator of its own for a row: Philox, keyed by the seed and the parts of the row's key.

    Parts are kept apart: ("ab", "c") and ("a", "bc") give different numbers.
    """
    return Generator(Philox(key=int.from_bytes(_hash(seed, *key)[:16])))


def rank(seed: int, listing: str) -> bytes:
    """Where a listing stands in the random order of this seed; sorts."""
    return _hash(seed, "rank", listing)


def draw(design: Design, listing: str, variants: Sequence[str]) -> Draw:
    """Draw a pair: sham or not, the first arm, and two distinct letter variants, each independent of the others.

    ``variants`` are the keys of the letter texts to choose from, in any order; ValueError for fewer than two.
    """
    sham = bool(generator(design.seed, "sham", listing).random() < design.question.sham_share)
    control = design.question.control
    return Draw(
        listing=listing,
        sham=sham,
        first=_first(design, listing),
        sets=_by_arm(control, control if sham else design.question.treatment),
        variants=_by_arm(*_two_variants(design.seed, listing, variants)),
    )


def select_listings(
    design: Design,
    participants: Sequence[Participant],
    listings: Sequence[ListingRow],
    used: Mapping[str, int] = MappingProxyType({}),
) -> Selection:
    """Choose in random order, up to the cap of each advertiser (design or consent, the lower) and the sample size.

    ``used`` are the pairs that an advertiser's consent gave to other rounds already. A listing that does not suit the
    signal is refused before anything is counted. Every listing's advertiser is among the participants, as
    `fitting.check_intake` requires.
    """
    caps = {each.advertiser: _cap(design, each, used.get(each.advertiser, 0)) for each in participants}
    taken: Counter[str] = Counter()
    chosen: list[str] = []
    refused: list[Refusal] = []
    for listing in sorted(listings, key=lambda listing: rank(design.seed, listing.listing)):
        if not suits(design.signal.needs, listing):
            refused.append(Refusal(listing.listing, RefusalReason.UNSUITED))
        elif taken[listing.advertiser] >= caps[listing.advertiser]:
            refused.append(Refusal(listing.listing, RefusalReason.ADVERTISER_FULL))
        elif len(chosen) >= design.sample.pairs:
            refused.append(Refusal(listing.listing, RefusalReason.SAMPLE_FULL))
        else:
            taken[listing.advertiser] += 1
            chosen.append(listing.listing)
    return Selection(tuple(chosen), tuple(refused))


def _cap(design: Design, participant: Participant, used: int) -> int:
    most = design.sample.per_advertiser
    return most if participant.max_pairs is None else min(most, max(0, participant.max_pairs - used))


def _first(design: Design, listing: str) -> Arm:
    if design.schedule.order is Order.TREATMENT_FIRST:
        return Arm.TREATMENT
    return tuple(Arm)[generator(design.seed, "first", listing).integers(len(Arm))]


def _two_variants(seed: int, listing: str, variants: Sequence[str]) -> tuple[str, str]:
    texts = sorted(set(variants))
    if len(texts) < len(Arm):
        raise ValueError(f"a pair needs two distinct letter variants: {texts}")
    one, other = generator(seed, "variants", listing).choice(len(texts), size=len(Arm), replace=False)
    return texts[one], texts[other]


def _by_arm(control: str, treatment: str) -> Mapping[Arm, str]:
    return MappingProxyType({Arm.CONTROL: control, Arm.TREATMENT: treatment})


def _hash(seed: int, *key: str) -> bytes:
    hashed = hashlib.sha256()
    for part in (str(seed), *key):
        text = part.encode()
        hashed.update(len(text).to_bytes(8) + text)
    return hashed.digest()
