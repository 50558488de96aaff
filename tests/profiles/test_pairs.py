from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from profiles.catalogue import Catalogue, load
from profiles.errors import BadInput
from profiles.pairs import BOTH, Arm, Matched, check_sets, differences, match
from profiles.profile import Gender, Ground

CATALOGUE = load()
MOVE_IN = date(2026, 11, 1)
ORIGIN_SETS = sorted(key for key, name_set in CATALOGUE.sets.items() if name_set.ground is Ground.ORIGIN)

origin_keys = st.sampled_from(ORIGIN_SETS)
gender_keys = st.sampled_from(["dutch_female", "dutch_male"])
seeds = st.integers(0, 2**64 - 1)
rents = st.integers(1, 10_000)


def draw(
    control: str = "dutch",
    treatment: str = "moroccan",
    *,
    ground: Ground = Ground.ORIGIN,
    rent: int = 1200,
    seed: int = 0,
    catalogue: Catalogue = CATALOGUE,
) -> Matched:
    sets = {Arm.CONTROL: control, Arm.TREATMENT: treatment}
    return match(catalogue, ground, sets, rent, MOVE_IN, np.random.default_rng(seed))


def small(*names: tuple[str, str]) -> Catalogue:
    """A catalogue whose dutch male names are these."""
    template = CATALOGUE.of("dutch", Gender.MALE)[0]
    males = tuple(replace(template, first=first, last=last) for first, last in names)
    return replace(CATALOGUE, names=(*males, *(replace(name, name_set="dutch_male") for name in males)))


@given(origin_keys, origin_keys, rents, seeds)
def test_a_pair_differs_in_the_name_and_nowhere_else(control: str, treatment: str, rent: int, seed: int) -> None:
    pair = draw(control, treatment, rent=rent, seed=seed)
    assert differences(pair.control, pair.treatment) == {"name"}


@given(gender_keys, gender_keys, rents, seeds)
def test_a_pair_for_gender_differs_in_the_name_and_nowhere_else(
    control: str, treatment: str, rent: int, seed: int
) -> None:
    pair = draw(control, treatment, ground=Ground.GENDER, rent=rent, seed=seed)
    assert differences(pair.control, pair.treatment) == {"name"}
    same_gender = pair.control.name.gender is pair.treatment.name.gender
    assert same_gender == (control == treatment)


@given(origin_keys, origin_keys, seeds)
def test_two_names_of_a_pair_suggest_one_gender_and_share_no_first_name_or_surname(
    control: str, treatment: str, seed: int
) -> None:
    one, other = (draw(control, treatment, seed=seed).of(arm).name for arm in BOTH)
    assert one.gender is other.gender
    assert (one.name_set, other.name_set) == (control, treatment)
    assert one.first != other.first
    assert one.last != other.last


@given(origin_keys, seeds)
def test_a_sham_pair_has_two_different_people_of_one_set(key: str, seed: int) -> None:
    pair = draw(key, key, seed=seed)
    assert pair.control.full_name != pair.treatment.full_name
    assert pair.control.mailbox != pair.treatment.mailbox


@given(rents, seeds)
def test_the_same_chance_gives_the_same_pair(rent: int, seed: int) -> None:
    assert draw(rent=rent, seed=seed) == draw(rent=rent, seed=seed)


@given(st.integers(600, 10_000), seeds)
def test_income_is_four_times_the_rent_and_five_to_fifteen_per_cent_more(rent: int, seed: int) -> None:
    income = draw(rent=rent, seed=seed).control.income
    assert 4.0 * rent * 1.05 <= income <= 4.0 * rent * 1.15
    assert income % 10 == 0


@given(st.integers(1, 600), seeds)
def test_income_at_a_low_rent_is_still_a_believable_wage(rent: int, seed: int) -> None:
    income = draw(rent=rent, seed=seed).control.income
    assert income >= max(4.2 * rent, min(job.income_from for job in CATALOGUE.jobs))


@given(st.integers(600, 4000), seeds)
def test_work_household_and_income_are_believable_together(rent: int, seed: int) -> None:
    profile = draw(rent=rent, seed=seed).control
    (job,) = (job for job in CATALOGUE.jobs if job.occupation == profile.occupation)
    (household,) = (household for household in CATALOGUE.households if household.label == profile.household)
    assert profile.contract == job.contract
    assert job.income_from <= profile.income / household.earners <= job.income_until


def test_an_extreme_rent_gets_the_best_paid_work_instead_of_an_error() -> None:
    profile = draw(rent=10_000).control
    assert (profile.occupation, profile.household) == ("IT-architect", "samenwonend")


def test_names_are_drawn_uniformly_on_both_arms() -> None:
    rng = np.random.default_rng(20260907)
    sets = {Arm.CONTROL: "dutch", Arm.TREATMENT: "polish"}
    pairs = [match(CATALOGUE, Ground.ORIGIN, sets, 1200, MOVE_IN, rng) for _ in range(4000)]
    for arm in BOTH:
        counts = Counter(pair.of(arm).full_name for pair in pairs)
        assert len(counts) == 40
        assert chisquare(list(counts.values())).pvalue > 0.001


def test_names_of_the_arms_are_drawn_independently_of_each_other() -> None:
    combinations = Counter(
        (pair.control.full_name, pair.treatment.full_name) for pair in (draw(seed=seed) for seed in range(8000))
    )
    assert len(combinations) == 400
    assert chisquare(list(combinations.values())).pvalue > 0.001


def test_move_in_day_and_arms_are_where_they_belong() -> None:
    pair = draw()
    assert pair.control.move_in == pair.treatment.move_in == MOVE_IN
    assert (pair.of(Arm.CONTROL), pair.of(Arm.TREATMENT)) == (pair.control, pair.treatment)


def test_differences_names_every_field_that_differs() -> None:
    profile = draw().control
    assert differences(profile, profile) == frozenset()
    assert differences(profile, replace(profile, age=99, income=1)) == {"age", "income"}


def test_names_that_share_a_surname_are_never_paired() -> None:
    catalogue = small(("Bas", "Bos"), ("Daan", "bos"), ("Bas", "Kok"))
    for seed in range(20):
        pair = draw("dutch_male", "dutch_male", ground=Ground.GENDER, seed=seed, catalogue=catalogue)
        assert {pair.control.full_name, pair.treatment.full_name} == {"Daan bos", "Bas Kok"}


def test_a_set_whose_names_all_share_a_surname_is_refused() -> None:
    with pytest.raises(BadInput, match="no-distinct-names"):
        draw(
            "dutch_male",
            "dutch_male",
            ground=Ground.GENDER,
            catalogue=small(("Bas", "Bos"), ("Daan", "Bos")),
        )


@pytest.mark.parametrize(
    ("ground", "control", "treatment", "code"),
    [
        (Ground.ORIGIN, "dutch", "klingon", "unknown-name-set"),
        (Ground.ORIGIN, "dutch", "dutch_male", "wrong-ground"),
        (Ground.GENDER, "dutch_male", "moroccan", "wrong-ground"),
    ],
)
def test_sets_that_do_not_fit_the_ground_are_refused(ground: Ground, control: str, treatment: str, code: str) -> None:
    (problem,) = check_sets(CATALOGUE, ground, {Arm.CONTROL: control, Arm.TREATMENT: treatment})
    assert (problem.code, problem.found) == (code, treatment)
    assert problem.remedy
    with pytest.raises(BadInput, match=code):
        draw(control, treatment, ground=ground)


def test_gender_may_not_be_tested_across_two_origins() -> None:
    polish_female = replace(CATALOGUE.sets["dutch_female"], key="polish_female", of="polish")
    catalogue = replace(CATALOGUE, sets={**CATALOGUE.sets, "polish_female": polish_female})
    sets = {Arm.CONTROL: "dutch_male", Arm.TREATMENT: "polish_female"}
    assert [problem.code for problem in check_sets(catalogue, Ground.GENDER, sets)] == ["not-gender-alone"]


@settings(max_examples=20)
@given(st.integers(max_value=0))
def test_a_rent_must_be_positive(rent: int) -> None:
    with pytest.raises(ValueError, match="rent must be positive"):
        draw(rent=rent)
