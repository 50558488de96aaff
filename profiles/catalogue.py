"""What profiles are made of: names, jobs and households, read from ``data/*.toml`` and checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from profiles.errors import BadInput, Problem
from profiles.perception import Perception
from profiles.profile import Gender, Ground, Name
from profiles.toml_file import TomlFile

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class NameSet:
    """A group of names that carries one signal; ``label`` is Dutch, ``source`` says where the names come from.

    ``background`` is what raters should think of, as a Dutch adjective; ``tested`` says whether they were asked about
    any of its names. Ground origin: a set has names of both genders and ``gender`` and ``of`` are None. Ground gender:
    a set is one gender of the origin set ``of``.
    """

    key: str
    label: str
    ground: Ground
    background: str
    source: str
    licence: str
    gender: Gender | None = None
    of: str | None = None
    tested: bool = False

    @property
    def base(self) -> str:
        """The key of the set that the names come from."""
        return self.of or self.key


@dataclass(frozen=True)
class Job:
    """An occupation, its contract, and the gross EUR per month at which one earner is believable."""

    occupation: str
    contract: str
    income_from: int
    income_until: int


@dataclass(frozen=True)
class Household:
    """A household as a letter words it, and how many people earn its income."""

    label: str
    earners: int


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All that profiles are drawn from. ``records``, ``avoided`` and ``places`` go by full name.

    ``records`` are the perception records, the newest of each name; ``avoided`` says why a name is never drawn;
    ``places`` is the file and line where a name stands. Compared by identity, so that what is drawn from can be kept.
    """

    names: tuple[Name, ...]
    sets: Mapping[str, NameSet]
    jobs: tuple[Job, ...]
    households: tuple[Household, ...]
    records: Mapping[str, Perception] = field(default_factory=dict)
    avoided: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)

    def of(self, key: str, gender: Gender | None = None) -> tuple[Name, ...]:
        """The names of one set, of one gender or of both; BadInput for a set that does not exist."""
        if key not in self.sets:
            raise BadInput(unknown_set(key, self.sets))
        return tuple(name for name in self.names if name.name_set == key and gender in (None, name.gender))

    def drawable(self, key: str, gender: Gender | None = None) -> tuple[Name, ...]:
        """As `of`, without the names to avoid."""
        return tuple(name for name in self.of(key, gender) if name.full not in self.avoided)


def load(folder: Path = DATA) -> Catalogue:
    """Read ``names.toml``, ``jobs.toml`` and ``households.toml``; BadInput has every problem of the first bad file.

    What comes with this program is read once: it does not change while it runs.
    """
    return _packaged() if folder == DATA else _read(folder)


@cache
def _packaged() -> Catalogue:
    return _read(DATA)


def _read(folder: Path) -> Catalogue:
    sets, names, places = _read_names(folder / "names.toml")
    return Catalogue(
        names=names,
        sets=MappingProxyType(sets),
        jobs=_read_jobs(folder / "jobs.toml"),
        households=_read_households(folder / "households.toml"),
        places=places,
    )


def unknown_set(key: str, known: Mapping[str, object]) -> Problem:
    return Problem(
        "unknown-name-set",
        "Deze namenset staat niet in de catalogus.",
        found=key,
        remedy=f"Kies uit: {', '.join(sorted(known))}.",
    )


# The shapes of the files.

Text = Annotated[str, Field(pattern=r"^\S(.*\S)?$")]
Cohort = Annotated[StrictInt, Field(ge=1930, le=2010, multiple_of=10)]
Entry = tuple[Text, Text, Cohort]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _OriginSet(_Shape):
    label: Text
    ground: Literal["origin"]
    background: Text
    source: Text
    licence: Text
    # Two names at least, or a sham pair could not be made.
    female: Annotated[list[Entry], Field(min_length=2)]
    male: Annotated[list[Entry], Field(min_length=2)]


class _GenderSet(_Shape):
    label: Text
    ground: Literal["gender"]
    gender: Gender
    of: Text


class _NamesFile(_Shape):
    sets: Annotated[
        dict[str, Annotated[_OriginSet | _GenderSet, Field(discriminator="ground")]],
        Field(min_length=1),
    ]


class _JobShape(_Shape):
    occupation: Text
    contract: Text
    income_from: Annotated[StrictInt, Field(gt=0)]
    income_until: StrictInt


class _JobsFile(_Shape):
    jobs: Annotated[list[_JobShape], Field(min_length=1)]


class _HouseholdShape(_Shape):
    label: Text
    earners: Annotated[StrictInt, Field(ge=1, le=2)]


class _HouseholdsFile(_Shape):
    households: Annotated[list[_HouseholdShape], Field(min_length=1)]


# Names.


Places = dict[str, tuple[str, int | None]]


def _read_names(path: Path) -> tuple[dict[str, NameSet], tuple[Name, ...], Places]:
    file = TomlFile.read(path)
    shapes = file.parse(_NamesFile).sets
    origin = {key: shape for key, shape in shapes.items() if isinstance(shape, _OriginSet)}
    gender = {key: shape for key, shape in shapes.items() if isinstance(shape, _GenderSet)}
    file.require([*_bad_names(file, origin), *_bad_gender_sets(file, gender, origin)])
    sets = {key: _origin_set(key, shape) for key, shape in origin.items()}
    sets |= {key: _gender_set(key, shape, sets[shape.of]) for key, shape in gender.items()}
    placed = [found for key, shape in origin.items() for found in _names(key, shape)]
    places = {name.full: (str(path), file.line(place)) for name, place in placed}
    names = [name for name, _ in placed]
    return sets, (*names, *_names_of_gender_sets(names, gender)), places


def _origin_set(key: str, shape: _OriginSet) -> NameSet:
    return NameSet(key, shape.label, Ground.ORIGIN, shape.background, shape.source, shape.licence)


def _gender_set(key: str, shape: _GenderSet, base: NameSet) -> NameSet:
    return replace(base, key=key, label=shape.label, ground=Ground.GENDER, gender=shape.gender, of=shape.of)


Place = tuple[str | int, ...]


def _names(key: str, shape: _OriginSet) -> Iterator[tuple[Name, Place]]:
    for gender, entries in ((Gender.FEMALE, shape.female), (Gender.MALE, shape.male)):
        for index, (first, last, cohort) in enumerate(entries):
            yield Name(first, last, key, gender, cohort), ("sets", key, gender.value, index)


def _names_of_gender_sets(names: list[Name], gender: Mapping[str, _GenderSet]) -> Iterator[Name]:
    for key, shape in gender.items():
        for name in names:
            if name.name_set == shape.of and name.gender is shape.gender:
                yield replace(name, name_set=key)


def _bad_names(file: TomlFile, origin: Mapping[str, _OriginSet]) -> Iterator[Problem]:
    seen: set[str] = set()
    for key, shape in origin.items():
        for name, place in _names(key, shape):
            try:
                mailbox = name.mailbox
            except ValueError:
                yield _no_mailbox(file, name, place)
                continue
            if mailbox in seen:
                yield _duplicate_name(file, name, place)
            seen.add(mailbox)


def _no_mailbox(file: TomlFile, name: Name, place: Place) -> Problem:
    return file.problem(
        place,
        "no-mailbox",
        "Van deze naam is geen e-mailadres te maken.",
        found=name.full,
        remedy="Schrijf de naam met Latijnse letters, zonder cijfers of andere tekens.",
    )


def _duplicate_name(file: TomlFile, name: Name, place: Place) -> Problem:
    return file.problem(
        place,
        "duplicate-name",
        f"Deze naam staat er al, of geeft hetzelfde e-mailadres ({name.mailbox}).",
        found=name.full,
        remedy="Haal de naam weg of kies een andere.",
    )


def _bad_gender_sets(
    file: TomlFile, gender: Mapping[str, _GenderSet], origin: Mapping[str, _OriginSet]
) -> Iterator[Problem]:
    for key, shape in gender.items():
        if shape.of not in origin:
            problem = unknown_set(shape.of, origin)
            yield file.problem(
                ("sets", key, "of"), problem.code, problem.message, found=problem.found, remedy=problem.remedy
            )


# Jobs and households.


def _read_jobs(path: Path) -> tuple[Job, ...]:
    file = TomlFile.read(path)
    jobs = tuple(Job(**shape.model_dump()) for shape in file.parse(_JobsFile).jobs)
    file.require([*_twice(file, "jobs", [job.occupation for job in jobs]), *_bad_bands(file, jobs)])
    return jobs


def _bad_bands(file: TomlFile, jobs: tuple[Job, ...]) -> Iterator[Problem]:
    for index, job in enumerate(jobs):
        if job.income_until < job.income_from:
            yield file.problem(
                ("jobs", index, "income_until"),
                "empty-income-band",
                f"Het hoogste inkomen van '{job.occupation}' is lager dan het laagste ({job.income_from}).",
                found=str(job.income_until),
                remedy=f"Schrijf een bedrag vanaf {job.income_from}.",
            )


def _read_households(path: Path) -> tuple[Household, ...]:
    file = TomlFile.read(path)
    households = tuple(Household(**shape.model_dump()) for shape in file.parse(_HouseholdsFile).households)
    file.require(list(_twice(file, "households", [household.label for household in households])))
    return households


def _twice(file: TomlFile, table: str, values: list[str]) -> Iterator[Problem]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield file.problem(
                (table, index), "duplicate-entry", "Dit staat er al.", found=value, remedy="Haal een van de twee weg."
            )
