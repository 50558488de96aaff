"""Which two names a pair gets: of one gender, cohort and class, and none that the advertiser has met."""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from numpy.random import Generator

from profiles.catalogue import Catalogue
from profiles.errors import BadInput, Problem
from profiles.perception import same_class
from profiles.profile import Gender, Ground, Name

YOUNGEST, OLDEST = 28, 40
Combination = tuple[Name, Name]


class NamesUsedUp(Exception):
    """The advertiser has met a name of every combination in this round."""


@dataclass
class Met:
    """The full names that an advertiser has met: in this round, where none may come twice, and before it."""

    here: set[str] = field(default_factory=set)
    before: set[str] = field(default_factory=set)


def draw_names(
    catalogue: Catalogue, ground: Ground, sets: tuple[str, str], year: int, rng: Generator, met: Met
) -> Combination:
    """Draw the names of control and treatment; ``year`` is that in which they write.

    Ground origin: the gender is drawn first. Every allowed combination is equally likely: of those with no name that
    the advertiser ever met or, when none is left, met in this round; the other gender comes before a name again.
    Whether an earlier name stood in the way or not, the first number drawn is the same. Raises `NamesUsedUp` when no
    combination is left, BadInput when there is none to begin with.
    """
    genders = _in_drawn_order(rng) if ground is Ground.ORIGIN else (None,)
    every = [combinations(catalogue, *sets, gender, year) for gender in genders]
    if not any(every):
        raise BadInput(_none_fits(sets))
    for known in (met.here | met.before, met.here):
        for allowed in every:
            if found := _draw_unknown(allowed, known, rng):
                return found
    raise NamesUsedUp


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


def _draw_unknown(allowed: tuple[Combination, ...], known: set[str], rng: Generator) -> Combination | None:
    if not allowed:
        return None
    drawn = allowed[rng.integers(len(allowed))]
    if _unknown(drawn, known):
        return drawn
    # Drawn again from what is left: so each of those is equally likely, and most draws look at one combination only.
    left = [both for both in allowed if _unknown(both, known)]
    return left[rng.integers(len(left))] if left else None


def _unknown(both: Combination, known: set[str]) -> bool:
    return both[0].full not in known and both[1].full not in known


def _fit(catalogue: Catalogue, one: Name, other: Name) -> bool:
    return one.cohort == other.cohort and _distinct(one, other) and _same_class(catalogue, one, other)


def _distinct(one: Name, other: Name) -> bool:
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
