"""Matched pairs: two profiles that differ in the name and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import product

from numpy.random import Generator

from profiles.catalogue import Catalogue, Household, Job, unknown_set
from profiles.errors import BadInput, Problem
from profiles.naming import Combination, ages, name_sequence
from profiles.profile import Ground, Name, Profile


@dataclass(frozen=True)
class IncomeRule:
    """The gross income of a household, from ``least`` to ``most`` per cent of the rent."""

    least: int
    most: int


USUAL_INCOME = IncomeRule(420, 460)
"""The common demand is a gross income of four times the rent; 5 to 15 per cent more never fails on income alone."""


class Arm(StrEnum):
    """The sides of a pair, and the further treatments of a set of three or four."""

    CONTROL = "control"
    TREATMENT = "treatment"
    TREATMENT_2 = "treatment-2"
    TREATMENT_3 = "treatment-3"


BOTH = (Arm.CONTROL, Arm.TREATMENT)
"""The two sides of a pair."""


@dataclass(frozen=True)
class Matched:
    """The applicants of a pair; ``others`` are those of the further treatments of a set."""

    control: Profile
    treatment: Profile
    others: tuple[Profile, ...] = ()

    def of(self, arm: Arm) -> Profile:
        return dict(zip(Arm, (self.control, self.treatment, *self.others), strict=False))[arm]


def match(
    catalogue: Catalogue,
    ground: Ground,
    sets: Mapping[Arm, str],
    rent: int,
    move_in: date,
    rng: Generator,
    names: Combination | None = None,
    *,
    income: IncomeRule = USUAL_INCOME,
) -> Matched:
    """Draw a pair for one dwelling; ``rent`` in whole EUR per month, ``sets`` a name set key for each arm.

    Ground origin: both names have the same gender, drawn first. Ground gender: the sets fix the gender. The two names
    are of one cohort, and of one class where that is known; they never share a first name or surname, and every allowed
    combination is equally likely. Both arms of a sham pair get the same set. ``names`` are those of control and
    treatment when they were drawn before. The same state of ``rng`` gives the same pair. BadInput when the sets do not
    fit the ground.
    """
    if rent <= 0:
        raise ValueError(f"rent must be positive: {rent}")
    if problems := check_sets(catalogue, ground, sets):
        raise BadInput(problems)
    both = (sets[Arm.CONTROL], sets[Arm.TREATMENT])
    name, other_name = names or name_sequence(catalogue, ground, both, move_in.year, rng)[0]
    control = _draw_profile(catalogue, name, _draw_income(catalogue, rent, income, rng), move_in, rng)
    return Matched(control, replace(control, name=other_name))


def differences(a: Profile, b: Profile) -> frozenset[str]:
    """The names of the fields in which two profiles differ."""
    return frozenset(field.name for field in fields(Profile) if getattr(a, field.name) != getattr(b, field.name))


def check_sets(catalogue: Catalogue, ground: Ground, sets: Mapping[Arm, str]) -> tuple[Problem, ...]:
    """Why these name sets cannot show this ground; empty when they can."""
    chosen = [sets[arm] for arm in BOTH]
    unknown = [unknown_set(key, _suitable(catalogue, ground)) for key in chosen if key not in catalogue.sets]
    if unknown:
        return tuple(unknown)
    unfit = [_wrong_ground(key, catalogue, ground) for key in chosen if catalogue.sets[key].ground is not ground]
    if unfit or ground is not Ground.GENDER or chosen[0] == chosen[1]:
        return tuple(unfit)
    return _not_gender_alone(catalogue, chosen)


def _suitable(catalogue: Catalogue, ground: Ground) -> dict[str, object]:
    return {key: name_set for key, name_set in catalogue.sets.items() if name_set.ground is ground}


def _wrong_ground(key: str, catalogue: Catalogue, ground: Ground) -> Problem:
    return Problem(
        "wrong-ground",
        f"Deze namenset hoort niet bij de grond '{ground}'.",
        found=key,
        remedy=f"Kies uit: {', '.join(sorted(_suitable(catalogue, ground)))}.",
    )


def _not_gender_alone(catalogue: Catalogue, keys: list[str]) -> tuple[Problem, ...]:
    one, other = (catalogue.sets[key] for key in keys)
    if one.base == other.base and one.gender is not other.gender:
        return ()
    return (
        Problem(
            "not-gender-alone",
            "Deze twee namensets verschillen niet in geslacht, of ook in afkomst.",
            found=f"{one.key} en {other.key}",
            remedy="Kies de mannen- en de vrouwennamen van dezelfde namenset.",
        ),
    )


def _draw_profile(catalogue: Catalogue, name: Name, income: int, move_in: date, rng: Generator) -> Profile:
    believable = _believable(catalogue, income)
    job, household = believable[rng.integers(len(believable))]
    suited = ages(name, move_in.year)
    return Profile(
        name=name,
        age=suited[rng.integers(len(suited))],
        occupation=job.occupation,
        contract=job.contract,
        income=income,
        household=household.label,
        move_in=move_in,
    )


def highest_income(catalogue: Catalogue) -> int:
    """The most that a household of this catalogue can believably earn, in gross EUR per month."""
    return max(job.income_until * household.earners for job, household in product(catalogue.jobs, catalogue.households))


def _draw_income(catalogue: Catalogue, rent: int, rule: IncomeRule, rng: Generator) -> int:
    """Gross EUR per month in tens: what the rule asks, but never less than the lowest believable wage."""
    least = -(-rent * rule.least // 1000)
    most = max(least, rent * rule.most // 1000)
    income = 10 * int(rng.integers(least, most, endpoint=True))
    return max(income, min(job.income_from for job in catalogue.jobs))


@lru_cache(maxsize=8192)
def _believable(catalogue: Catalogue, income: int) -> tuple[tuple[Job, Household], ...]:
    """The combinations whose income band holds the income, or lies nearest to it when none does."""
    combinations = list(product(catalogue.jobs, catalogue.households))
    nearest = min(_gap(job, household, income) for job, household in combinations)
    return tuple((job, household) for job, household in combinations if _gap(job, household, income) == nearest)


def _gap(job: Job, household: Household, income: int) -> int:
    return max(job.income_from * household.earners - income, income - job.income_until * household.earners, 0)
