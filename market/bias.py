"""What the market declares about itself: how often each advertiser invites whom, and what a test should find."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from market.chance import Chance
from market.temper import USUAL, Temper
from market.world import MarketError, World

MAX_BIAS = USUAL.base[0]
"""The largest mean net discrimination of a usual market: every base rate is at least this, so it can be met."""
_ROOM = 0.85
_DIGITS = 6

DEFINITION = (
    "net_discrimination is het gemiddelde over alle advertenties van de kans op een uitnodiging met een Nederlands "
    "klinkende naam (base) min de kans met een andere naam (base - bias). Een uitnodiging is een vaste tijd, een link "
    "om een tijd te kiezen of een open huis."
)


@dataclass(frozen=True)
class Leaning:
    """``base`` is the chance of an invitation for a Dutch-sounding name; any other name has ``base - bias``."""

    base: float
    bias: float

    def invites(self, dutch: bool) -> float:
        """The chance of an invitation, a proportion in [0, 1]."""
        return self.base if dutch else self.base - self.bias


def leanings(world: World, bias: float, seed: int, temper: Temper = USUAL) -> dict[str, Leaning]:
    """A leaning for every advertiser; the mean of ``bias`` over all listings equals the asked ``bias``.

    About ``temper.carriers`` of the advertisers carry all of it, in varying strength (more of them when that is too few
    to hold it). Raises MarketError when ``bias`` lies outside 0 up to the lowest base rate.
    """
    most = temper.base[0]
    if not 0 <= bias <= most:
        raise MarketError(f"--bias {bias:g} kan niet: kies een waarde van 0 tot en met {most:g}.")
    chance = Chance(seed, "leaning")
    base = {key: round(chance.between(f"base {key}", *temper.base), _DIGITS) for key in world.advertisers}
    size = {key: len(world.of(key)) for key in world.advertisers}
    wanted = bias * sum(size.values())
    order = chance.shuffled("order", [key for key in size if size[key]])
    carriers = _carriers(order, base, size, wanted, temper.carriers)
    strength = _strength(
        carriers, {key: chance.between(f"strength {key}", 0.5, 1.5) for key in size}, base, size, wanted
    )
    return {key: Leaning(base[key], strength.get(key, 0.0)) for key in world.advertisers}


def net_discrimination(world: World, leaning: Mapping[str, Leaning]) -> float:
    """Mean over listings of the difference between the two chances, a proportion."""
    return sum(leaning[listing.advertiser].bias for listing in world.listings.values()) / len(world.listings)


def truth(world: World, leaning: Mapping[str, Leaning], *, bias: float, seed: int) -> dict[str, Any]:
    """The declaration as it is written to the truth file; ``listings`` is a number."""
    return {
        "seed": seed,
        "bias": bias,
        "net_discrimination": round(net_discrimination(world, leaning), _DIGITS),
        "advertisers": {
            key: {"base": one.base, "bias": one.bias, "listings": len(world.of(key))} for key, one in leaning.items()
        },
        "definition": DEFINITION,
    }


def _carriers(
    order: Sequence[str], base: Mapping[str, float], size: Mapping[str, int], wanted: float, share: float
) -> list[str]:
    if not wanted:
        return []
    chosen: list[str] = []
    for key in order:
        room = sum(base[one] * size[one] for one in chosen)
        if len(chosen) >= share * len(order) and _ROOM * room >= wanted:
            break
        chosen.append(key)
    return chosen


def _strength(
    carriers: Sequence[str],
    weight: Mapping[str, float],
    base: Mapping[str, float],
    size: Mapping[str, int],
    wanted: float,
) -> dict[str, float]:
    """Scale the weights to the wanted sum over listings; no bias may exceed its base rate."""

    def at(scale: float) -> dict[str, float]:
        return {key: min(base[key], scale * weight[key]) for key in carriers}

    low, high = 0.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        enough = sum(bias * size[key] for key, bias in at(middle).items()) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return {key: round(bias, _DIGITS) for key, bias in at(high).items()}
