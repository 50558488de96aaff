"""Which two names a pair gets: of one gender, cohort and class, and none that the advertiser has met."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import product
from typing import TypeVar

from numpy.random import Generator

from profiles.catalogue import Catalogue
from profiles.errors import BadInput, Problem
from profiles.perception import same_class
from profiles.profile import Gender, Ground, Name

YOUNGEST, OLDEST = 28, 40
Combination = tuple[Name, Name]
Burden = tuple[int, ...]
"""How much the names of a combination were used already; less comes first."""
Names = TypeVar("Names", bound=tuple[Name, ...])


class NamesUsedUp(Exception):
    """The advertiser has met a name of every combination in this round."""


@dataclass
class Met:
    """The full names that an advertiser has met: in this round, where none may come twice, and before it."""

    here: set[str] = field(default_factory=set)
    before: set[str] = field(default_factory=set)


def name_sequence(
    catalogue: Catalogue,
    ground: Ground,
    sets: tuple[str, str],
    year: int,
    rng: Generator,
    gender: Gender | None = None,
) -> tuple[Combination, ...]:
    """All names that control and treatment of a pair can have in this year, in an order drawn for that pair alone.

    Ground origin: of both genders, or of the one that is asked; one gender comes first, each as often as the other, and
    within a gender every order is equally likely. A pair gets one of these by its turn (`turn_of`), so that its names
    follow from the seed, the listing and its turn. BadInput when there is none.
    """
    both = (gender,) if gender else _in_drawn_order(rng)
    genders = both if ground is Ground.ORIGIN else (None,)
    groups = [combinations(catalogue, *sets, each, year) for each in genders]
    if not any(groups):
        raise BadInput(_none_fits(sets))
    return tuple(group[place] for group in groups for place in rng.permutation(len(group)).tolist())


def turn_of(sequence: Sequence[Names], met: Met, burden: Callable[[int, Name], Burden]) -> int:
    """Return the place of the combination that a pair gets first by `turns_of`; raises `NamesUsedUp` for none."""
    for turn in turns_of(sequence, met, burden):
        return turn
    raise NamesUsedUp


def turns_of(sequence: Sequence[Names], met: Met, burden: Callable[[int, Name], Burden]) -> Iterator[int]:
    """Give the places of the combinations that the advertiser may meet, the least burdened first.

    First those of which it met neither name ever, then those not in this round; of equally burdened ones the first.
    ``burden`` is that of a name on its place in a combination; that of a combination is their sum.
    """
    places = enumerate(zip(*sequence, strict=True))
    columns = [_weights(names, met, partial(burden, place)) for place, names in places]
    sums = enumerate(map(sum, zip(*columns, strict=True)))
    free = [(weight >= _MET, weight % _MET, turn) for turn, weight in sums if weight < _NEVER]
    return (turn for *_, turn in sorted(free))


_NEVER = math.inf
_FIELD = 40  # bits: no name is ever used so often
_MET = 1 << 8 * _FIELD


def _weights(names: Sequence[Name], met: Met, burden: Callable[[Name], Burden]) -> list[float]:
    """The burden of each name as one whole number, more when it was met before, `_NEVER` when in this round.

    Sums of these numbers compare as the sums of the burdens, part by part. A name stands in many combinations, and is
    looked up once.
    """
    weights: dict[int, float] = {}
    for key, name in {id(name): name for name in names}.items():
        parts = burden(name)
        weight = sum(part << _FIELD * place for place, part in enumerate(reversed(parts)))
        weights[key] = _NEVER if name.full in met.here else weight + (_MET if name.full in met.before else 0)
    return [weights[id(name)] for name in names]


def companions(catalogue: Catalogue, key: str, beside: Sequence[Name], year: int, rng: Generator) -> tuple[Name, ...]:
    """The names of one more set that may stand in one set of letters with these, in a drawn order."""
    suited = [name for name in catalogue.drawable(key, beside[0].gender) if ages(name, year)]
    fit = [name for name in suited if all(_fit(catalogue, other, name) for other in beside)]
    return tuple(fit[place] for place in rng.permutation(len(fit)))


@lru_cache(maxsize=64)
def combinations(
    catalogue: Catalogue, control: str, treatment: str, gender: Gender | None, year: int
) -> tuple[Combination, ...]:
    """All combinations of a name of either set that may stand in one pair in this year."""
    one, other = (
        [name for name in catalogue.drawable(key, gender) if ages(name, year)] for key in (control, treatment)
    )
    return tuple(both for both in product(one, other) if _fit(catalogue, *both))


def ages(name: Name, year: int) -> list[int]:
    """The ages that an applicant of this name can have in a year: born in the cohort that the name suits."""
    suited = range(YOUNGEST, OLDEST + 1)
    return [age for age in suited if name.cohort is None or name.cohort <= year - age < name.cohort + 10]


def _in_drawn_order(rng: Generator) -> tuple[Gender, Gender]:
    women, men = Gender
    return (women, men) if rng.integers(len(Gender)) == 0 else (men, women)


def _fit(catalogue: Catalogue, one: Name, other: Name) -> bool:
    return one.cohort == other.cohort and distinct(one, other) and _same_class(catalogue, one, other)


def distinct(one: Name, other: Name) -> bool:
    """Whether two people share neither first name nor surname."""
    return one.first.casefold() != other.first.casefold() and one.last.casefold() != other.last.casefold()


def _same_class(catalogue: Catalogue, one: Name, other: Name) -> bool:
    """Whether raters heard one class in both; where they were not asked about both, nothing can be said against it."""
    told, heard = catalogue.records.get(one.full), catalogue.records.get(other.full)
    return told is None or heard is None or same_class(told.class_mean, heard.class_mean)


def _none_fits(sets: tuple[str, str]) -> Problem:
    return Problem(
        "no-distinct-names",
        "Er zijn geen twee namen van één leeftijdsgroep en klasse zonder dezelfde voornaam of achternaam.",
        found=" en ".join(sets),
        remedy=f"Voeg aan de namensets namen toe voor wie {YOUNGEST} tot {OLDEST} jaar is, met andere voor- en "
        "achternamen.",
    )
