"""The draw: what it depends on, what it does not, and that it is fair."""

from collections import Counter
from datetime import date

import pytest
from design_makers import a_design
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency, chisquare

from orchestrator.assignment import Refusal, RefusalReason, draw, generator, select_listings
from orchestrator.intake import AdvertiserKind, Channel, ListingRow, Participant, Purpose
from profiles.pairs import Arm

VARIANTS = ("beknopt", "formeel", "interesse", "vraag")
KEYS = [f"ams-{number:05d}" for number in range(10_000)]
SURE = 1e-4


def a_participant(key: str, max_pairs: int | None = None) -> Participant:
    return Participant(
        advertiser=key,
        name=key,
        kind=AdvertiserKind.BROKER,
        email=f"info@{key}.example",
        channel=Channel.SMTP,
        form_url=None,
        consent_from=date(2026, 6, 1),
        consent_until=date(2026, 12, 31),
        purpose=Purpose.LEARNING,
        max_pairs=max_pairs,
        line=2,
    )


def a_listing(key: str, advertiser: str) -> ListingRow:
    return ListingRow(key, advertiser, f"Proefweg {key}", "3811 AB", "Amersfoort", "Binnenstad", 1200, 3, key, "", 2)


def listings_of(**numbers: int) -> list[ListingRow]:
    return [a_listing(f"{key}-{number}", key) for key, count in numbers.items() for number in range(count)]


def test_the_same_seed_and_key_draw_the_same_pair() -> None:
    assert draw(a_design(), "ams-1", VARIANTS) == draw(a_design(), "ams-1", VARIANTS)


def test_another_seed_or_key_gives_other_numbers() -> None:
    numbers = {
        generator(seed, *key).random()
        for seed, key in [(7, ("ab", "c")), (7, ("a", "bc")), (7, ("abc",)), (7, ("ab", "c", "")), (8, ("ab", "c"))]
    }
    assert len(numbers) == 5


def test_a_draw_of_an_approved_round_can_be_repeated_for_ever() -> None:
    drawn = [draw(a_design(), key, VARIANTS) for key in KEYS[:12]]
    assert "".join("s" if each.sham else each.first.value[0] for each in drawn) == "ttcccttctccc"
    letters = [each.variants[Arm.CONTROL][0] + each.variants[Arm.TREATMENT][0] for each in drawn[:6]]
    assert " ".join(letters) == "bf iv vi fi bi vi"


@settings(max_examples=50)
@given(st.data())
def test_order_subset_and_batches_change_no_assignment(data: st.DataObject) -> None:
    design = a_design(seed=data.draw(st.integers(0, 2**53 - 1)))
    whole = {key: draw(design, key, VARIANTS) for key in KEYS[:40]}
    some = data.draw(st.lists(st.sampled_from(KEYS[:40]), unique=True))
    variants = data.draw(st.permutations(VARIANTS))
    cut = data.draw(st.integers(0, len(some)))
    batches = [{key: draw(design, key, variants) for key in part} for part in (some[cut:], some[:cut])]
    assert batches[0] | batches[1] == {key: whole[key] for key in some}


def test_either_arm_writes_first_equally_often() -> None:
    design = a_design()
    first = Counter(draw(design, key, VARIANTS).first for key in KEYS)
    assert binomtest(first[Arm.TREATMENT], len(KEYS), 0.5).pvalue > SURE


def test_the_declared_share_of_pairs_is_sham() -> None:
    design = a_design(question={"sham_share": 0.1})
    sham = sum(draw(design, key, VARIANTS).sham for key in KEYS)
    assert binomtest(sham, len(KEYS), 0.1).pvalue > SURE


def test_a_share_of_zero_draws_no_sham_pair() -> None:
    design = a_design(question={"sham_share": 0})
    assert not any(draw(design, key, VARIANTS).sham for key in KEYS[:1000])


def test_order_sham_and_variants_are_independent_of_each_other() -> None:
    design = a_design(question={"sham_share": 0.3})
    drawn = [draw(design, key, VARIANTS) for key in KEYS]
    traits: dict[str, list[object]] = {
        "first": [each.first for each in drawn],
        "sham": [each.sham for each in drawn],
        "control text": [each.variants[Arm.CONTROL] for each in drawn],
        "treatment text": [each.variants[Arm.TREATMENT] for each in drawn],
    }
    for one, other in [("first", "sham"), *((a, b) for a in ("first", "sham") for b in list(traits)[2:])]:
        table = Counter(zip(traits[one], traits[other], strict=True))
        rows, columns = set(traits[one]), set(traits[other])
        assert chi2_contingency([[table[row, column] for column in columns] for row in rows]).pvalue > SURE


def test_each_arm_gets_each_text_equally_often_and_never_the_same_as_the_other() -> None:
    design = a_design()
    pairs = Counter(tuple(draw(design, key, VARIANTS).variants.values()) for key in KEYS)
    assert set(pairs) == {(one, other) for one in VARIANTS for other in VARIANTS if one != other}
    assert chisquare(list(pairs.values())).pvalue > SURE


def test_both_arms_of_a_sham_pair_have_the_control_set() -> None:
    design = a_design(question={"sham_share": 0.5})
    for drawn in (draw(design, key, VARIANTS) for key in KEYS[:200]):
        assert drawn.sets[Arm.CONTROL] == "dutch"
        assert drawn.sets[Arm.TREATMENT] == ("dutch" if drawn.sham else "moroccan")


def test_treatment_first_is_obeyed() -> None:
    design = a_design(schedule={"order": "treatment_first"})
    assert {draw(design, key, VARIANTS).first for key in KEYS[:200]} == {Arm.TREATMENT}


@pytest.mark.parametrize("variants", [(), ("vraag",), ("vraag", "vraag")])
def test_a_pair_cannot_be_drawn_from_one_text(variants: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="two distinct"):
        draw(a_design(), "ams-1", variants)


def test_an_advertiser_gets_no_more_than_the_lower_of_both_caps() -> None:
    people = [a_participant("free"), a_participant("strict", 2), a_participant("lax", 99)]
    selection = select_listings(a_design(sample={"per_advertiser": 4}), people, listings_of(free=6, strict=6, lax=6))
    assert Counter(key.split("-")[0] for key in selection.chosen) == {"free": 4, "strict": 2, "lax": 4}
    assert {refusal.reason for refusal in selection.refused} == {RefusalReason.ADVERTISER_FULL}


def test_a_full_sample_refuses_the_rest() -> None:
    selection = select_listings(
        a_design(sample={"pairs": 5}), [a_participant("a"), a_participant("b")], listings_of(a=4, b=4)
    )
    assert len(selection.chosen) == 5
    assert {refusal.reason for refusal in selection.refused} == {RefusalReason.SAMPLE_FULL}


@given(st.data())
def test_every_listing_is_chosen_or_refused_whatever_the_order(data: st.DataObject) -> None:
    listings = listings_of(a=5, b=9, c=1)
    people = [a_participant("a", 3), a_participant("b"), a_participant("c")]
    pairs, per_advertiser = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 9))
    design = a_design(sample={"pairs": pairs, "per_advertiser": per_advertiser})
    selection = select_listings(design, people, listings)
    keys = [*selection.chosen, *(refusal.listing for refusal in selection.refused)]
    assert sorted(keys) == sorted(listing.listing for listing in listings)
    assert select_listings(design, people, data.draw(st.permutations(listings))) == selection


def test_chance_and_not_the_key_decides_who_is_chosen() -> None:
    listings = listings_of(a=100)
    design = {seed: a_design(seed=seed, sample={"pairs": 10, "per_advertiser": 100}) for seed in range(300)}
    times = Counter(
        key for each in design.values() for key in select_listings(each, [a_participant("a")], listings).chosen
    )
    assert chisquare([times[listing.listing] for listing in listings]).pvalue > SURE


def test_a_refusal_is_told_in_dutch() -> None:
    told = ["maximum-per-aanbieder", "steekproef-vol", "geen-moment", "niet-nieuw", "geen-naam"]
    told += ["past-niet-bij-signaal", "geen-passend-inkomen"]
    assert [reason.value for reason in RefusalReason] == told
    assert Refusal("ams-1", RefusalReason.NO_MOMENT).reason == "geen-moment"
