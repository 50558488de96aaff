"""How fast is a large round planned? Each stage in pairs per second, beside a plain loop and the drivers themselves.

Run: python benchmarks/planning.py [pairs]
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from orchestrator.design import Design, read_design
from orchestrator.intake import ListingRow, Participant, read_listings, read_participants

EXAMPLE = Path(__file__).parents[1] / "examples" / "amersfoort-2026"
FIRST_DAY, WEEKS = date(2026, 9, 7), 26
EACH = 20
"""So many listings has every advertiser: names enough for all of them."""


def a_design(pairs: int) -> Design:
    """The design of the example, for half a year and so many pairs."""
    design = read_design(EXAMPLE / "round.yaml")
    half_a_year = {
        "first_day": FIRST_DAY,
        "last_day": FIRST_DAY + timedelta(days=7 * WEEKS - 3),
        "per_advertiser_day": 1,
    }
    sample = design.sample.model_copy(update={"pairs": pairs, "per_advertiser": EACH, "feeds": ()})
    return design.model_copy(update={"sample": sample, "schedule": design.schedule.model_copy(update=half_a_year)})


def participants(advertisers: int) -> list[Participant]:
    """Advertisers whose consents begin and end in different weeks, most of them with some days off."""
    model, chance = read_participants(EXAMPLE / "participants.csv")[0], random.Random(1)
    return [
        replace(
            model,
            advertiser=f"kantoor-{number:06d}",
            email=f"huur@kantoor-{number:06d}.example",
            consent_from=FIRST_DAY - timedelta(days=7 * chance.randrange(-3, 5)),
            consent_until=FIRST_DAY + timedelta(days=7 * (WEEKS + chance.randrange(-3, 5))),
            days_off=frozenset(
                FIRST_DAY + timedelta(days=chance.randrange(7 * WEEKS)) for _ in range(chance.randrange(8))
            ),
        )
        for number in range(advertisers)
    ]


def listings(pairs: int) -> Iterator[ListingRow]:
    """Dwellings of the example, each many times over and each time at an address of its own."""
    models = read_listings(EXAMPLE / "listings.csv", read_participants(EXAMPLE / "participants.csv"))
    for number in range(pairs):
        model = models[number % len(models)]
        street = f"{model.street.rstrip('0123456789 ')} {number}"
        key, owner = f"lst-{number:07d}", f"kantoor-{number // EACH:06d}"
        yield replace(model, listing=key, advertiser=owner, street=street, reference=key, url="")
