"""Which of the commissioner's own telephone numbers and addresses stand in which letter: none twice at one advertiser.

They are never invented: one might be somebody's. The arms of a pair get theirs independently of the arm, from an order
of all of them that belongs to the advertiser alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from orchestrator.chance import generator
from orchestrator.design import Design
from orchestrator.design.kinds import town_of
from profiles.pairs import Arm
from profiles.profile import Profile


@dataclass(frozen=True)
class Lent:
    """What the commissioner lends an applicant; empty is nothing."""

    phone: str = ""
    address: str = ""

    def to(self, profile: Profile) -> Profile:
        """Return the profile with it: who has an address lives in its town."""
        town = town_of(self.address) if self.address else profile.town
        return replace(profile, phone=self.phone, address=self.address, town=town)


Lending = Mapping[Arm, Lent]
NOTHING: Lending = MappingProxyType({})


def of_pair(design: Design, advertiser: str, number: int) -> Lending:
    """Return what each arm is lent in the pair that is an advertiser's first (0), second (1), and so on.

    By the codes of its pairs, which are given in order and never change. Empty when the design lends nothing.
    """
    letters, arms = design.letters, tuple(design.question.sets)
    if not (letters.phones or letters.addresses):
        return NOTHING
    first = number * len(arms)
    phones = _turns(design, "phones", advertiser, letters.phones, range(first, first + len(arms)))
    addresses = _turns(design, "addresses", advertiser, letters.addresses, range(first, first + len(arms)))
    return {arm: Lent(*both) for arm, both in zip(arms, zip(phones, addresses, strict=True), strict=True)}


def _turns(design: Design, what: str, advertiser: str, stock: Sequence[str], turns: range) -> list[str]:
    """Return what stands at these places of an advertiser's own order of the stock; of no stock nothing."""
    if not stock:
        return [""] * len(turns)
    order = generator(design.seed, what, advertiser).permutation(len(stock))
    return [stock[order[turn % len(stock)]] for turn in turns]
