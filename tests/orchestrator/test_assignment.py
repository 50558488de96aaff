"""The draw: what it depends on, what it does not, and that it is fair."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from design_makers import a_design
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare

from orchestrator.assignment import (
    Draw,
    Homes,
    Refusal,
    RefusalReason,
    Seat,
    Selection,
    draw,
    next_seat,
    seat,
    select_listings,
)
from orchestrator.chance import generator
from orchestrator.design import Design
from orchestrator.intake import AdvertiserKind, Channel, ListingRow, Participant, Purpose
from profiles.pairs import BOTH, Arm

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


def homes(*, advertisers: int = 40, each: int = 6, strata: int = 1) -> Homes:
    numbers = range(advertisers * each)
    owners = [f"aanbieder-{at % advertisers}" for at in numbers]
    return Homes.of(KEYS[: len(numbers)], owners, [f"wijk-{at % strata}" for at in numbers])


def drawn(design: Design, places: Homes, variants: Sequence[str] = VARIANTS) -> list[Draw]:
    """The pairs of these homes, in order of their seats."""
    return [draw(design, key, variants, place) for key, place in seat(design, places).items()]


def test_another_seed_or_key_gives_other_numbers() -> None:
    numbers = {
        generator(seed, *key).random()
        for seed, key in [(7, ("ab", "c")), (7, ("a", "bc")), (7, ("abc",)), (7, ("ab", "c", "")), (8, ("ab", "c"))]
    }
    assert len(numbers) == 5


def test_a_draw_of_an_approved_round_can_be_repeated_for_ever() -> None:
    pairs = drawn(a_design(), homes(advertisers=4, each=3))
    assert " ".join(each.listing[-2:] for each in pairs) == "01 05 09 04 00 08 03 11 07 02 06 10"
    assert "".join("s" if each.sham else each.first.value[0] for each in pairs) == "ctcttccstttc"
    letters = [each.variants[Arm.CONTROL][0] + each.variants[Arm.TREATMENT][0] for each in pairs[:6]]
    assert " ".join(letters) == "bf ib vi fv bi fb"


@settings(max_examples=30)
@given(st.data())
def test_neither_the_order_of_listings_nor_that_of_texts_changes_a_draw(data: st.DataObject) -> None:
    design, places = a_design(seed=data.draw(st.integers(0, 2**53 - 1))), homes(advertisers=5)
    rows = data.draw(st.permutations(list(zip(places.listings, places.advertisers, places.strata, strict=True))))
    shuffled, variants = Homes.of(*map(list, zip(*rows, strict=True))), data.draw(st.permutations(VARIANTS))
    assert drawn(design, shuffled, variants) == drawn(design, places)


@given(st.integers(0, 2**53 - 1), st.integers(0, 200), st.floats(0, 0.3), st.floats(0, 0.2))
def test_the_declared_shares_of_pairs_are_sham_to_the_pair(seed: int, many: int, share: float, treated: float) -> None:
    design = a_design(seed=seed, question={"sham_share": share, "sham_treatment_share": treated})
    kinds = Counter(place.sham for place in seat(design, homes(advertisers=many, each=1)).values())
    assert kinds[Arm.CONTROL] == round(many * share)
    assert kinds[Arm.CONTROL] + kinds[Arm.TREATMENT] == round(many * (share + treated))


def test_shares_that_round_to_all_pairs_make_all_of_them_sham() -> None:
    design = a_design(question={"sham_share": 0.3, "sham_treatment_share": 0.3})
    (only,) = seat(design, homes(advertisers=1, each=1)).values()
    assert only.sham is Arm.TREATMENT


def test_chance_decides_which_pairs_are_sham() -> None:
    places = homes(advertisers=50, each=1)
    times = Counter(
        key for seed in range(400) for key, place in seat(a_design(seed=seed), places).items() if place.sham
    )
    assert chisquare([times[key] for key in places.listings]).pvalue > SURE


@given(st.integers(0, 2**53 - 1), st.integers(1, 9))
def test_the_places_of_each_kind_are_numbered_without_gaps(seed: int, strata: int) -> None:
    seats = seat(a_design(seed=seed, question={"sham_share": 0.2}), homes(strata=strata)).values()
    for sham in (None, Arm.CONTROL):
        assert sorted(each.place for each in seats if each.sham is sham) == list(range(192 if sham is None else 48))


@pytest.mark.long
@given(st.integers(0, 2**53 - 1))
def test_within_every_stratum_and_advertiser_order_and_words_are_nearly_even(seed: int) -> None:
    design, places = a_design(seed=seed, question={"sham_share": 0}), homes(strata=4)
    found = {each.listing: each for each in drawn(design, places, [f"brief-{number}" for number in range(8)])}
    for names in (places.strata, places.advertisers):
        for name in set(names):
            own = [found[key] for key, other in zip(places.listings, names, strict=True) if other == name]
            first = Counter(each.first for each in own)
            assert abs(first[Arm.CONTROL] - first[Arm.TREATMENT]) <= 8
            for arm in BOTH:
                assert max(Counter(each.variants[arm] for each in own).values()) <= len(own) / 8 + 2


def test_a_growing_round_goes_on_behind_the_pairs_there_are() -> None:
    design, taken = (
        a_design(question={"sham_share": 0.1, "sham_treatment_share": 0.1}),
        Counter({None: 7, Arm.CONTROL: 2}),
    )
    seats = [next_seat(design, key, taken) for key in KEYS]
    assert {(each.sham, each.place) for each in seats} == {(None, 7), (Arm.CONTROL, 2), (Arm.TREATMENT, 0)}
    for arm in BOTH:
        assert binomtest(sum(each.sham is arm for each in seats), len(KEYS), 0.1).pvalue > SURE


@pytest.mark.parametrize("sham", [None, *BOTH])
def test_both_arms_of_a_sham_pair_have_one_set(sham: Arm | None) -> None:
    both = draw(a_design(), "ams-1", VARIANTS, Seat(sham, 0)).sets
    shown = {Arm.CONTROL: "dutch", Arm.TREATMENT: "moroccan"}
    assert [both[arm] for arm in BOTH] == [shown[sham or arm] for arm in BOTH]


def test_treatment_first_is_obeyed() -> None:
    design = a_design(schedule={"order": "treatment_first"})
    assert {each.first for each in drawn(design, homes())} == {Arm.TREATMENT}


def test_in_an_unpaired_design_one_arm_writes_and_each_as_often() -> None:
    design = a_design(question={"approach": "unpaired", "sham_share": 0})
    pairs = drawn(design, homes())
    assert Counter(each.arms for each in pairs) == {(Arm.CONTROL,): 120, (Arm.TREATMENT,): 120}


@pytest.mark.parametrize(("factor", "levels"), [("gender", ("female", "male")), ("income", ("ample", "tight"))])
def test_the_levels_of_a_second_factor_come_as_often_with_either_order(factor: str, levels: tuple[str, str]) -> None:
    pairs = drawn(a_design(question={"factor": factor, "sham_share": 0}), homes())
    assert Counter((each.level, each.first) for each in pairs) == {(level, arm): 60 for level in levels for arm in BOTH}


@pytest.mark.parametrize("variants", [(), ("vraag",), ("vraag", "vraag")])
def test_a_pair_cannot_be_drawn_from_one_text(variants: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="distinct letter"):
        draw(a_design(), "ams-1", variants, Seat(None, 0))


@pytest.fixture(scope="module")
def quotas() -> Selection:
    design = a_design(sample={"pairs": 12, "stratum": "district", "quotas": {"Zuid": 5, "Noord": 2}})
    rows = [replace(each, district="Zuid") for each in listings_of(a=6)]
    rows += [replace(each, district="Noord") for each in listings_of(b=6)] + listings_of(c=6, d=6)
    return select_listings(design, [a_participant(key) for key in "abcd"], rows)


def test_a_quota_is_filled_to_the_pair_and_the_rest_is_for_the_other_strata(quotas: Selection) -> None:
    assert Counter(key[0] for key in quotas.chosen)["a"] == 5
    assert Counter(key[0] for key in quotas.chosen)["b"] == 2
    assert len(quotas.chosen) == 12


def test_who_is_beyond_a_quota_is_told_so(quotas: Selection) -> None:
    why = {each.listing[0]: each.reason for each in quotas.refused}
    assert why["a"] is why["b"] is RefusalReason.STRATUM_FULL
    assert why["c"] is RefusalReason.SAMPLE_FULL


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
    told = ["maximum-per-aanbieder", "steekproef-vol", "quotum-vol", "geen-moment", "niet-nieuw", "geen-naam"]
    told += ["past-niet-bij-signaal", "geen-passend-inkomen", "buiten-deelname", "geen-afspraak"]
    assert [reason.value for reason in RefusalReason] == told
    assert Refusal("ams-1", RefusalReason.NO_MOMENT).reason == "geen-moment"
