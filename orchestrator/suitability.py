"""Whether a listing suits what a round shows: the needs of its signal, and an income that fits its rent. Pure."""

from typing import Protocol

from orchestrator.design import Design
from profiles.applicants import believable_rent, income_is_told
from profiles.catalogue import Catalogue
from profiles.grounds import Needs


class Home(Protocol):
    """What is asked of a listing; ``rent`` in EUR per month."""

    @property
    def rent(self) -> int: ...
    @property
    def rooms(self) -> int: ...
    @property
    def accessible(self) -> bool | None: ...


def suits(needs: Needs, home: Home) -> bool:
    """Whether a listing is what a signal needs; of one that does not tell, the worst is taken."""
    reachable = home.accessible is True or not needs.accessible
    affordable = needs.most_rent is None or home.rent <= needs.most_rent
    return reachable and affordable and home.rooms >= needs.least_rooms


def told(needs: Needs) -> str:
    """What a listing must be, as Dutch words after "een woning"; empty when every one will do."""
    wanted = ["die met een rolstoel bereikbaar is (kolom accessible: ja)"] if needs.accessible else []
    wanted += [f"met ten minste {needs.least_rooms} kamers"] if needs.least_rooms > 1 else []
    wanted += [f"met een huur van hooguit {needs.most_rent} euro"] if needs.most_rent is not None else []
    return " en ".join(wanted)


def highest_rent(design: Design, catalogue: Catalogue) -> int | None:
    """The highest rent, in EUR per month, that an income by the design's rule fits; None when no letter tells it."""
    if not income_is_told(design.signal, design.letters.level):
        return None
    return believable_rent(catalogue, design.signal, design.letters.income.rule)
