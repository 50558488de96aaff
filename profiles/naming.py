"""Which two names a pair gets: of one gender, cohort and class, and none that the advertiser has met."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, product
from typing import cast, overload

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from profiles.catalogue import Catalogue
from profiles.errors import BadInput, Problem
from profiles.perception import same_class
from profiles.profile import Gender, Ground, Name

YOUNGEST, OLDEST = 28, 40
Combination = tuple[Name, Name]
Burden = tuple[int, ...]
"""How much the names of a combination were used already; less comes first."""
Ints = npt.NDArray[np.int64]


class NamesUsedUp(Exception):
    """The advertiser has met a name of every combination in this round."""


@dataclass
class Met:
    """The full names that an advertiser has met: in this round, where none may come twice, and before it."""

    here: set[str] = field(default_factory=set)
    before: set[str] = field(default_factory=set)


@dataclass(frozen=True, eq=False)
class NameSequence(Sequence[tuple[Name, ...]]):
    """Names that a pair can have, in an order drawn for it; a combination has a name for each place.

    ``names`` has the distinct names of each place, ``columns`` for each place which of them stands in each combination.
    """

    names: tuple[tuple[Name, ...], ...]
    columns: tuple[Ints, ...]

    @classmethod
    def single(cls, names: Sequence[Name]) -> "NameSequence":
        """One name at a time, in this order."""
        return cls((tuple(names),), (np.arange(len(names)),))

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, turn: int) -> tuple[Name, ...]: ...
    @overload
    def __getitem__(self, turn: slice) -> "NameSequence": ...
    def __getitem__(self, turn: int | slice) -> "tuple[Name, ...] | NameSequence":
        if isinstance(turn, slice):
            return NameSequence(self.names, tuple(column[turn] for column in self.columns))
        return tuple(names[column[turn]] for names, column in zip(self.names, self.columns, strict=True))


def name_sequence(
    catalogue: Catalogue,
    ground: Ground,
    sets: tuple[str, str],
    year: int,
    rng: Generator,
    gender: Gender | None = None,
) -> NameSequence:
    """All names that control and treatment of a pair can have in this year, in an order drawn for that pair alone.

    Ground origin: of both genders, or of the one that is asked; one gender comes first, each as often as the other, and
    within a gender every order is equally likely. A pair gets one of these by its turn (`turn_of`), so that its names
    follow from the seed, the listing and its turn. BadInput when there is none.
    """
    both = (gender,) if gender else _in_drawn_order(rng)
    genders = both if ground is Ground.ORIGIN else (None,)
    groups = [_numbered(catalogue, *sets, each, year) for each in genders]
    if not any(len(group) for group in groups):
        raise BadInput(_none_fits(sets))
    drawn = [rng.permutation(len(group)) for group in groups]
    starts = [np.cumsum([0, *(len(group.names[place]) for group in groups)]) for place in (0, 1)]
    columns = tuple(
        np.concatenate([
            group.columns[place][order] + start
            for group, order, start in zip(groups, drawn, starts[place], strict=False)
        ])
        for place in (0, 1)
    )  # fmt: skip
    return NameSequence(tuple(tuple(chain(*(group.names[place] for group in groups))) for place in (0, 1)), columns)


def turn_of(sequence: NameSequence, met: Met, burden: Callable[[int, Name], Burden]) -> int:
    """Return the place of the combination that a pair gets first by `turns_of`; raises `NamesUsedUp` for none."""
    for turn in turns_of(sequence, met, burden):
        return turn
    raise NamesUsedUp


def turns_of(sequence: NameSequence, met: Met, burden: Callable[[int, Name], Burden]) -> Sequence[int]:
    """Return the places of the combinations that the advertiser may meet, the least burdened first.

    First those of which it met neither name ever, then those not in this round; of equally burdened ones the first.
    ``burden`` is that of a name on its place in a combination; that of a combination is their sum.
    """
    weight = np.zeros(len(sequence), np.int64)
    known, met_here = np.zeros((2, len(sequence)), np.bool_)
    for place, (names, column) in enumerate(zip(sequence.names, sequence.columns, strict=True)):
        weight += np.array([_packed(burden(place, name)) for name in names], np.int64)[column]
        known |= np.array([name.full in met.before for name in names], np.bool_)[column]
        met_here |= np.array([name.full in met.here for name in names], np.bool_)[column]
    order = np.lexsort((weight, known))
    return cast("list[int]", order[~met_here[order]].tolist())


_FIELD = 20
"""Bits: no name is ever used so often, and three counts fit in one number."""


def _packed(burden: Burden) -> int:
    """The counts of a burden as one number; sums of these compare as the sums of the counts, part by part."""
    packed = 0
    for part in burden:
        packed = (packed << _FIELD) + part
    return packed


def companions(catalogue: Catalogue, key: str, beside: Sequence[Name], year: int, rng: Generator) -> tuple[Name, ...]:
    """The names of one more set that may stand in one set of letters with these, in a drawn order."""
    suited = [name for name in catalogue.drawable(key, beside[0].gender) if ages(name, year)]
    fit = [name for name in suited if all(_fit(catalogue, other, name) for other in beside)]
    return tuple(fit[place] for place in rng.permutation(len(fit)))


@lru_cache(maxsize=64)
def _numbered(catalogue: Catalogue, control: str, treatment: str, gender: Gender | None, year: int) -> NameSequence:
    """All `combinations`, in their order."""
    both = combinations(catalogue, control, treatment, gender, year)
    names = tuple(tuple(dict.fromkeys(column)) for column in zip(*both, strict=True)) or ((), ())
    numbers = [{name: number for number, name in enumerate(column)} for column in names]
    columns = (np.array([numbers[place][each[place]] for each in both], np.int64) for place in (0, 1))
    return NameSequence(names, tuple(columns))


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
