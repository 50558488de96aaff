"""Which names a pair gets: matched, each as likely as another, and none that the advertiser has met."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from profiles.catalogue import Catalogue, load
from profiles.errors import BadInput
from profiles.naming import OLDEST, YOUNGEST, Combination, Met, NamesUsedUp, ages, combinations, name_sequence, turn_of
from profiles.perception import CLASS_TOLERANCE, Perception
from profiles.profile import Gender, Ground, Name

CATALOGUE = load()
SETS = ("dutch", "moroccan")
YEAR = 2026

seeds = st.integers(0, 2**64 - 1)


def draw(seed: int = 0, met: Met | None = None, *, sets: tuple[str, str] = SETS, year: int = YEAR,
         catalogue: Catalogue = CATALOGUE, ground: Ground = Ground.ORIGIN) -> Combination:  # fmt: skip
    sequence = name_sequence(catalogue, ground, sets, year, np.random.default_rng(seed))
    return sequence[turn_of(sequence, met or Met(), lambda *_: ())]


def one_after_the_other(seed: int, sets: tuple[str, str] = SETS, before: set[str] | None = None) -> list[Combination]:
    """The names of one pair after the other with one advertiser, until they are used up."""
    rng, met, drawn = np.random.default_rng(seed), Met(before=before or set()), []
    while True:
        sequence = name_sequence(CATALOGUE, Ground.ORIGIN, sets, YEAR, rng)
        try:
            both = sequence[turn_of(sequence, met, lambda *_: ())]
        except NamesUsedUp:
            return drawn
        met.here.update(name.full for name in both)
        drawn.append(both)


def record(name: Name, class_mean: float) -> Perception:
    return Perception(name.first, name.last, name.name_set, 2026, 40, 0.95, class_mean, 2.0, "proef")


@given(seeds)
def test_the_names_of_a_pair_are_of_one_gender_and_one_cohort(seed: int) -> None:
    one, other = draw(seed)
    assert one.gender is other.gender
    assert one.cohort == other.cohort


@settings(max_examples=25)
@given(seeds)
def test_an_advertiser_meets_no_name_twice_however_many_pairs_it_gets(seed: int) -> None:
    drawn = one_after_the_other(seed)
    names = [name.full for both in drawn for name in both]
    assert len(names) == len(set(names))
    assert len(drawn) == 40  # twenty women and twenty men a set


@settings(max_examples=25)
@given(seeds)
def test_sham_pairs_take_two_names_of_one_set_and_repeat_none(seed: int) -> None:
    names = [name.full for both in one_after_the_other(seed, ("dutch", "dutch")) for name in both]
    assert len(names) == len(set(names)) == 40


@settings(max_examples=25)
@given(seeds, st.integers(0, 30))
def test_names_of_earlier_rounds_come_last(seed: int, many: int) -> None:
    known = {name.full for name in CATALOGUE.of("dutch")[:many]}
    drawn = one_after_the_other(seed, before=known)
    met_again = [one.full in known for one, _ in drawn]
    assert met_again == sorted(met_again)
    assert len(drawn) == 40


@given(seeds)
def test_what_an_advertiser_has_met_changes_only_a_draw_that_would_repeat_it(seed: int) -> None:
    free = draw(seed)
    others = {name.full for name in CATALOGUE.names} - {name.full for name in free}
    kept = set(sorted(others)[::3])
    assert draw(seed, Met(here=kept)) == free
    assert not {name.full for name in draw(seed, Met(here={free[0].full}))} & {free[0].full}


@given(seeds)
def test_the_sequence_of_a_pair_has_every_combination_once_and_one_gender_first(seed: int) -> None:
    sequence = name_sequence(CATALOGUE, Ground.ORIGIN, SETS, YEAR, np.random.default_rng(seed))
    every = {both for gender in Gender for both in combinations(CATALOGUE, *SETS, gender, YEAR)}
    assert set(sequence) == every
    assert len(sequence) == len(every) == 400
    genders = [one.gender for one, _ in sequence]
    assert genders in ([*[Gender.FEMALE] * 200, *[Gender.MALE] * 200], [*[Gender.MALE] * 200, *[Gender.FEMALE] * 200])


def test_every_combination_without_a_known_name_is_equally_likely() -> None:
    women = CATALOGUE.of("dutch", Gender.FEMALE)
    met = Met(here={name.full for name in CATALOGUE.of("dutch") if name not in women[:3]})
    drawn = Counter(draw(seed, met) for seed in range(6000))
    assert len(drawn) == 3 * 10
    assert chisquare(list(drawn.values())).pvalue > 0.001


def test_the_gender_is_drawn_before_the_name_so_a_small_gender_is_not_rarer() -> None:
    few = replace(CATALOGUE, names=tuple(name for name in CATALOGUE.names
                                         if name.gender is Gender.FEMALE or name.cohort == 1980))  # fmt: skip
    drawn = Counter(draw(seed, catalogue=few)[0].gender for seed in range(4000))
    assert chisquare(list(drawn.values())).pvalue > 0.001


@given(seeds)
def test_a_name_to_avoid_is_never_drawn(seed: int) -> None:
    avoided = {name.full: "bekend" for name in CATALOGUE.names if name.first[0] in "AEIOUYJ"}
    one, other = draw(seed, catalogue=replace(CATALOGUE, avoided=avoided))
    assert not {one.full, other.full} & set(avoided)


@given(seeds)
def test_where_raters_judged_both_names_they_are_of_one_class(seed: int) -> None:
    classes = np.random.default_rng(7)
    records = {name.full: record(name, round(float(classes.uniform(1, 5)), 2)) for name in CATALOGUE.names}
    one, other = draw(seed, catalogue=replace(CATALOGUE, records=records))
    assert abs(records[one.full].class_mean - records[other.full].class_mean) <= CLASS_TOLERANCE + 1e-9


def test_names_that_no_rater_judged_may_stand_beside_any() -> None:
    records = {name.full: record(name, 1.0) for name in CATALOGUE.of("dutch")}
    some = combinations(replace(CATALOGUE, records=records), *SETS, Gender.MALE, YEAR)
    assert some == combinations(CATALOGUE, *SETS, Gender.MALE, YEAR)


def test_classes_half_a_point_apart_are_one_class_and_further_apart_are_not() -> None:
    def together(control: float, treatment: float) -> bool:
        of_set = {"dutch": control, "moroccan": treatment}
        records = {name.full: record(name, of_set[name.name_set]) for key in SETS for name in CATALOGUE.of(key)}
        return bool(combinations(replace(CATALOGUE, records=records), *SETS, Gender.MALE, YEAR))

    assert together(3.1, 2.6)
    assert together(2.6, 3.1)
    assert not together(3.11, 2.6)
    with pytest.raises(BadInput, match="no-distinct-names"):
        draw(catalogue=replace(CATALOGUE, records={n.full: record(n, 1.0 if n.name_set == "dutch" else 5.0)
                                                   for key in SETS for n in CATALOGUE.of(key)}))  # fmt: skip


@given(st.sampled_from(CATALOGUE.names), st.integers(2020, 2040))
def test_an_applicant_is_born_in_the_cohort_of_the_name(name: Name, year: int) -> None:
    for age in ages(name, year):
        assert (year - age) // 10 * 10 == name.cohort
        assert YOUNGEST <= age <= OLDEST


def test_a_name_whose_bearers_have_become_too_old_is_no_longer_drawn() -> None:
    assert {one.cohort for one, _ in combinations(CATALOGUE, *SETS, Gender.MALE, 2026)} == {1980, 1990}
    assert {one.cohort for one, _ in combinations(CATALOGUE, *SETS, Gender.MALE, 2031)} == {1990}
    with pytest.raises(BadInput, match="no-distinct-names"):
        draw(year=2050)


def test_names_of_men_and_women_of_one_set_are_matched_too() -> None:
    one, other = draw(sets=("dutch_male", "dutch_female"), ground=Ground.GENDER)
    assert (one.gender, other.gender) == (Gender.MALE, Gender.FEMALE)
    assert one.cohort == other.cohort
