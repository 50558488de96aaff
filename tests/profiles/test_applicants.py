"""A pair differs in its ground and nowhere else, whatever the ground is."""

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from applicant_makers import CATALOGUE, GROUNDS, SIGNALS, applicants, sets_of
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.applicants import Wish, believable_rent, check_signal, draw_pair, unlike, variants
from profiles.errors import BadInput
from profiles.pairs import BOTH, Arm, IncomeRule, differences
from profiles.profile import Gender, Ground, Language, Name

keys, seeds = st.sampled_from(sorted(SIGNALS)), st.integers(0, 2**32 - 1)
MAY_DIFFER = {
    "origin_name": {"name"},
    "gender_name": {"name"},
    "same_sex_partner": {"name", "partner"},
    "unmarried": {"name", "partner", "sentence"},
    "age": {"name", "age", "sentence"},
    "english": {"name", "language"},
}


@settings(deadline=None)
@given(keys, seeds)
def test_the_two_applicants_differ_in_their_ground_and_nowhere_else(key: str, seed: int) -> None:
    pair = applicants(key, seed)
    assert differences(pair.control, pair.treatment) == MAY_DIFFER.get(key, {"name", "sentence"})
    assert unlike(SIGNALS[key], pair.control, pair.treatment) == frozenset()


@settings(deadline=None)
@given(keys, seeds, st.sampled_from(BOTH))
def test_both_applicants_of_a_sham_pair_show_one_arm(key: str, seed: int, sham: Arm) -> None:
    pair, signal = applicants(key, seed, sham=sham), SIGNALS[key]
    assert unlike(signal, pair.control, pair.treatment, sham=sham) == frozenset()
    assert pair.treatment.name.gender is pair.control.name.gender
    assert pair.treatment.language is pair.control.language is signal.language(sham, Language.DUTCH)


@settings(deadline=None)
@given(keys.filter(lambda key: key not in ("origin_name", "gender_name")), seeds)
def test_a_real_pair_is_no_sham_pair_and_its_arms_cannot_be_swapped(key: str, seed: int) -> None:
    pair, signal = applicants(key, seed), SIGNALS[key]
    assert unlike(signal, pair.control, pair.treatment, sham=Arm.CONTROL)
    assert unlike(signal, pair.treatment, pair.control)


@pytest.mark.parametrize(
    ("field", "value"), [("income", 990), ("town", "Zeist"), ("age", 61), ("occupation", "bakker")]
)
@pytest.mark.parametrize("key", ["origin_name", "same_sex_partner", "wheelchair", "english"])
def test_whatever_else_differs_is_named(key: str, field: str, value: object) -> None:
    pair = applicants(key, 5)
    other = replace(pair.treatment, **{field: value})  # type: ignore[arg-type]
    assert unlike(SIGNALS[key], pair.control, other) == {field}


def test_a_name_of_another_group_or_gender_is_named_where_names_are_not_the_signal() -> None:
    pair = applicants("wheelchair", 5)
    other = Gender.MALE if pair.control.name.gender is Gender.FEMALE else Gender.FEMALE
    stranger = replace(pair.treatment, name=Name("Emre", "Kaya", "turkish", other, pair.control.name.cohort))
    assert unlike(SIGNALS["wheelchair"], pair.control, stranger) == {"name.name_set", "name.gender"}
    couple = applicants("same_sex_partner", 5)
    same = replace(couple.control, partner=couple.treatment.partner)
    assert "partner.gender" in unlike(SIGNALS["same_sex_partner"], same, couple.treatment)


@settings(deadline=None)
@given(seeds)
def test_partners_show_who_loves_whom_and_nobody_in_a_pair_shares_a_name(seed: int) -> None:
    pair = applicants("same_sex_partner", seed)
    one, other = pair.control, pair.treatment
    assert one.partner
    assert other.partner
    assert one.partner.gender is not one.name.gender
    assert other.partner.gender is other.name.gender is one.name.gender
    everyone = [one.name, other.name, one.partner, other.partner]
    assert len({name.first for name in everyone}) == len({name.last for name in everyone}) == 4


def test_each_wording_of_a_sentence_is_as_likely_in_either_arm_and_never_in_both() -> None:
    signal, count = SIGNALS["mosque"], Counter[tuple[Arm, int]]()
    for seed in range(600):
        pair = applicants("mosque", seed)
        chosen = {arm: signal.side(arm).sentences[Language.DUTCH].index(pair.of(arm).sentence) for arm in BOTH}
        assert chosen[Arm.CONTROL] != chosen[Arm.TREATMENT]
        count.update(chosen.items())
    assert set(count.values()) <= set(range(150, 251))  # 200 each, within four standard errors


@settings(deadline=None)
@given(seeds)
def test_the_sentence_of_a_benefit_tells_the_same_income_in_both_arms(seed: int) -> None:
    pair = applicants("benefit", seed)
    amount = f"€ {pair.control.income // 1000}.{pair.control.income % 1000:03d}"
    assert all(amount in pair.of(arm).sentence for arm in BOTH)
    assert ("uitkering" in pair.treatment.sentence, "uitkering" in pair.control.sentence) == (True, False)


@settings(deadline=None)
@given(seeds)
def test_a_couple_has_two_earners_and_who_lives_alone_one(seed: int) -> None:
    assert applicants("unmarried", seed).control.household == "samenwonend"
    assert applicants("child", seed).control.household == "alleenstaand"


@settings(deadline=None)
@given(st.sampled_from(sorted(SIGNALS)), st.integers(300, 2000), seeds)
def test_the_income_follows_the_rule_of_the_design_and_is_equal(key: str, rent: int, seed: int) -> None:
    rule, signal = IncomeRule(300, 350), SIGNALS[key]
    wish = Wish(rent, date(2026, 11, 1), income=rule)
    pair = draw_pair(CATALOGUE, signal, sets_of(signal), wish, np.random.default_rng(seed))
    assert pair.control.income == pair.treatment.income
    assert 3 * rent <= pair.control.income <= max(3.5 * rent + 10, 2500)
    assert rent <= believable_rent(CATALOGUE, signal, rule)


def test_what_nobody_earns_is_too_dear() -> None:
    assert believable_rent(CATALOGUE, SIGNALS["child"], IncomeRule(400, 420)) == 9500 // 4
    assert believable_rent(CATALOGUE, SIGNALS["unmarried"], IncomeRule(400, 420)) == 2 * 9500 // 4


@pytest.mark.parametrize("key", ["wheelchair", "same_sex_partner", "english"])
def test_two_name_sets_are_refused_where_names_are_not_the_signal(key: str) -> None:
    sets = {Arm.CONTROL: "dutch", Arm.TREATMENT: "turkish"}
    (problem,) = check_signal(CATALOGUE, SIGNALS[key], sets)
    assert problem.code == "more-than-the-ground"
    with pytest.raises(BadInput, match="more-than-the-ground"):
        draw_pair(CATALOGUE, SIGNALS[key], sets, Wish(900, date(2026, 11, 1)), np.random.default_rng(1))
    unknown = check_signal(CATALOGUE, SIGNALS[key], dict.fromkeys(BOTH, "klingon"))
    assert {problem.code for problem in unknown} == {"unknown-name-set"}


def test_a_couple_needs_more_names_than_a_small_set_has() -> None:
    few = [name for gender in Gender for name in CATALOGUE.of("dutch", gender)[:2]]
    small = replace(CATALOGUE, names=tuple(few))
    sets, wish = dict.fromkeys(BOTH, "dutch"), Wish(900, date(2026, 11, 1))
    with pytest.raises(BadInput, match="no-distinct-names"):
        draw_pair(small, SIGNALS["same_sex_partner"], sets, wish, np.random.default_rng(1))


@settings(deadline=None)
@given(keys, seeds)
def test_the_same_seed_gives_the_same_pair(key: str, seed: int) -> None:
    assert applicants(key, seed) == applicants(key, seed)


def test_both_arms_can_have_every_variant_that_is_drawn_from() -> None:
    for signal in SIGNALS.values():
        known = variants(signal, "minimal", Language.DUTCH)
        assert len(known) >= (4 if signal.couple else 8)
    assert GROUNDS.signal(Ground.LANGUAGE).language(Arm.TREATMENT, Language.DUTCH) is Language.ENGLISH
