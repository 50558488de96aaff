"""Designs beyond the plain pair, from plan to usable tests: unpaired, sets, a second factor, sham pairs, quotas."""

from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from design_makers import a_design
from house_makers import (
    HOUR,
    PLANNED,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    approve,
    by_pair,
    letters,
    listings,
    only_sqlite,
    plan,
    run,
    send,
)
from sqlalchemy import select

from orchestrator import ahead, planned
from orchestrator.db import Database
from orchestrator.design import AdvertiserKind, Calendar, check
from orchestrator.models import Pair
from orchestrator.people import profile_of
from orchestrator.rounds import lifecycle, likeness, lookup, recreating
from orchestrator.schedule import latest_start, place
from orchestrator.states import LetterState, PairState
from profiles.catalogue import load
from profiles.errors import BadInput
from profiles.pairs import Arm
from profiles.profile import Gender
from results import balance

TIGHT = {"income": {"min": 4.2, "max": 4.6}, "tight_income": {"min": 3.2, "max": 3.6}}


def unpaired(**question: Any) -> Any:
    return a_monday(question={"approach": "unpaired", **question})


# One letter a listing.


def test_in_an_unpaired_round_one_arm_writes_about_each_listing(database: Database) -> None:
    plan(database, unpaired(), rows=16)
    rows = letters(database)
    assert len({row.pair_id for row in rows}) == len(rows) == 16
    assert Counter(row.arm for row in rows) == {Arm.CONTROL: 8, Arm.TREATMENT: 8}
    assert {row.order for row in rows} == {1}
    assert all(row.pair.first is row.arm for row in rows)


@only_sqlite
def test_an_unpaired_letter_goes_and_counts_by_itself(database: Database) -> None:
    run(database, unpaired(), rows=4)
    for moment in sorted(row.planned_at for row in letters(database)):
        send(database, moment)
    assert {row.state for row in letters(database)} == {LetterState.SENT}
    with database.writing() as session:
        lifecycle.collect(session, "proef-2026", "r.visser", TUESDAY)
        lifecycle.close(session, "proef-2026", "r.visser", TUESDAY + 30 * 24 * HOUR)
        assert set(session.scalars(select(Pair.state))) == {PairState.USABLE}


@only_sqlite
def test_an_unpaired_round_is_checked_for_parity_with_what_the_other_would_have_written(database: Database) -> None:
    plan(database, unpaired(), rows=8)
    approve(database)
    with database.reading() as session:
        round_ = lookup.find(session, "proef-2026")
        pairs = likeness.letter_pairs(session, round_)
        again = recreating.of_round(session, round_)
    assert [set(pair.letters) for pair in pairs] == [{Arm.CONTROL, Arm.TREATMENT}] * 8
    written = {row.pair.code: row for row in letters(database)}
    for pair in pairs:
        row = written[pair.code]
        assert pair.only is row.arm
        assert pair.letters[row.arm].letter.body == row.body
        assert set(again[pair.code]) == {row.arm}


@only_sqlite
def test_the_letters_ahead_say_that_each_is_one_of_one(database: Database) -> None:
    run(database, unpaired(), rows=3)
    with database.reading() as session:
        coming = ahead.letters(session, lookup.find(session, "proef-2026"), PLANNED, 10)
    assert [(each.order, each.of) for each in coming] == [(1, 1)] * 3


# A second factor.


@only_sqlite
def test_at_each_level_of_gender_all_applicants_have_it(database: Database) -> None:
    plan(database, a_monday(question={"factor": "gender"}), rows=16)
    genders = {"female": Gender.FEMALE, "male": Gender.MALE}
    for pair in by_pair(letters(database)):
        level = pair[0].pair.level
        assert level is not None
        assert {profile_of(row).name.gender for row in pair} == {genders[level]}
    assert Counter(pair[0].pair.level for pair in by_pair(letters(database))) == {"female": 8, "male": 8}


@only_sqlite
def test_at_each_level_of_income_all_applicants_earn_by_its_rule(database: Database) -> None:
    design = a_monday(question={"factor": "income"}, letters={"level": "full", **TIGHT})
    plan(database, design, rows=[a_listing(number, rent=1500) for number in range(16)])
    for one, other in by_pair(letters(database)):
        rent, income = 1500, profile_of(one).income
        assert income == profile_of(other).income
        low, high = (4.2, 4.6) if one.pair.level == "ample" else (3.2, 3.6)
        assert low * rent - 10 <= income <= high * rent
    approve(database)


# Three and four arms.


@pytest.mark.parametrize("also", [("turkish",), ("turkish", "surinamese")])
def test_in_a_set_every_arm_writes_about_each_listing_one_after_the_other(
    database: Database, also: tuple[str, ...]
) -> None:
    run(database, a_monday(question={"also": also}), rows=6)
    arms = list(Arm)[: 2 + len(also)]
    rows = letters(database)
    assert len(rows) == 6 * len(arms)
    for code in {row.pair.code for row in rows}:
        own = sorted((row for row in rows if row.pair.code == code), key=lambda row: row.order)
        assert {row.arm for row in own} == set(arms)
        assert [row.order for row in own] == list(range(1, len(arms) + 1))
        assert len({row.variant for row in own}) == len(arms)
        assert all(later.planned_at - row.planned_at >= HOUR for row, later in pairwise(own))
        sets = {row.arm: profile_of(row).name.name_set for row in own}
        assert [sets[arm] for arm in arms] == ["dutch", "moroccan", *also]
        assert len({profile_of(row).name.gender for row in own}) == 1
        assert len({(profile_of(row).income, profile_of(row).occupation) for row in own}) == 1


def test_the_letters_of_sets_keep_their_gaps_and_rest_from_those_of_other_sets() -> None:
    rules = {"per_advertiser_week": 9, "cooldown_hours": 4, "gap_hours": {"min": 2, "max": 30}}
    design = a_design(question={"also": ["turkish", "surinamese"]}, schedule=rules)
    times = place(design, "kantoor", [f"ams-{number}" for number in range(8)]).times
    assert len(times) == 8
    for each in times.values():
        assert len(each.moments) == 4
        assert all(later - earlier >= 2 * HOUR for earlier, later in pairwise(each.moments))
    for one, other in combinations(times.values(), 2):
        assert min(abs(a - b) for a in one.moments for b in other.moments) >= 4 * HOUR


def test_a_letter_without_a_second_may_go_until_the_last_second_of_the_period() -> None:
    paired, alone = a_design(), a_design(question={"approach": "unpaired", "sham_share": 0})
    last = [latest_start(design) for design in (paired, alone)]
    assert last[0] is not None
    assert last[1] == Calendar(alone.schedule).last
    assert last[1] - last[0] >= 2 * HOUR


@only_sqlite
def test_a_third_letter_goes_only_after_the_second(database: Database) -> None:
    run(database, a_monday(question={"also": ["turkish"]}))
    first, _, third = letters(database)
    send(database, first.planned_at)
    send(database, third.planned_at, most=1)
    assert [row.state for row in letters(database)] == [LetterState.SENT, LetterState.SENT, LetterState.PLANNED]
    assert letters(database)[2].planned_at > third.planned_at
    send(database, letters(database)[2].planned_at)
    assert {row.state for row in letters(database)} == {LetterState.SENT}


@only_sqlite
def test_when_one_letter_of_a_set_is_refused_none_of_the_rest_goes(database: Database) -> None:
    run(database, a_monday(question={"also": ["turkish"]}))
    send(database, letters(database)[0].planned_at, "refused")
    assert [row.state for row in letters(database)] == [
        LetterState.FAILED, LetterState.CANCELLED, LetterState.CANCELLED,
    ]  # fmt: skip


@only_sqlite
def test_a_set_is_approved_recreated_and_in_balance(database: Database) -> None:
    plan(database, a_monday(question={"also": ["turkish", "surinamese"]}), rows=8)
    approve(database)
    with database.reading() as session:
        round_ = lookup.find(session, "proef-2026")
        assert len(likeness.letter_pairs(session, round_)) == 3 * 8
        assert all(len(again) == 4 for again in recreating.of_round(session, round_).values())
        pairs = planned.of_round(session, "proef-2026").pairs
    lines = balance.table(pairs)
    (whole,) = (line for line in lines if line.what == "eerste brief")
    assert whole.split == (2, 2, 2, 2)
    names = [row.sender_name for row in letters(database)]
    assert len(names) == len(set(names))


@only_sqlite
def test_sham_sets_show_one_group_in_every_letter(database: Database) -> None:
    plan(database, a_monday(question={"also": ["turkish"], "sham_share": 0.5}), rows=8)
    rows = letters(database)
    sham = [row for row in rows if row.pair.sham]
    assert len({row.pair_id for row in sham}) == 4
    assert {profile_of(row).name.name_set for row in sham} == {"dutch"}


# Sham pairs of the treatment.


@only_sqlite
def test_a_sham_pair_of_the_treatment_has_two_names_of_its_set(database: Database) -> None:
    plan(database, a_monday(question={"sham_share": 0.25, "sham_treatment_share": 0.25}), rows=16)
    kinds = Counter(pair[0].pair.sham for pair in by_pair(letters(database)))
    assert kinds == {None: 8, Arm.CONTROL: 4, Arm.TREATMENT: 4}
    for pair in by_pair(letters(database)):
        if pair[0].pair.sham is Arm.TREATMENT:
            assert {profile_of(row).name.name_set for row in pair} == {"moroccan"}
    approve(database)


# Quotas.


@only_sqlite
def test_a_quota_that_listings_cannot_fill_is_named_with_its_line(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "round.yaml"
    path.write_text("sample:\n  stratum: district\n  quotas:\n    Zuid: 3\n", encoding="utf-8")
    design = a_monday(sample={"stratum": "district", "quotas": {"Zuid": 3}})
    rows = [*listings(4), a_listing(9, district="Zuid")]
    with pytest.raises(BadInput) as caught:
        plan(database, design, rows=rows, path=path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == ("impossible-quota", 4)
    assert problem.found == "3 gevraagd, 1 mogelijk (1 advertenties)"


@only_sqlite
def test_quotas_by_kind_of_advertiser_are_kept(database: Database) -> None:
    people = [an_advertiser("alfa"), replace(an_advertiser("bravo"), kind=AdvertiserKind.PRIVATE_LANDLORD)]
    rows = [*listings(8), *(a_listing(number, "bravo") for number in range(20, 28))]
    design = a_monday(sample={"pairs": 6, "stratum": "kind", "quotas": {"private_landlord": 4}})
    plan(database, design, participants=people, rows=rows)
    assert Counter(row.pair.listing.advertiser.key for row in letters(database, 1)) == {"alfa": 2, "bravo": 4}


# Telephone numbers.

PHONES = [f"033 469 {number:04d}" for number in range(5100, 5116)]


@only_sqlite
def test_every_letter_has_a_number_of_the_commissioner_and_no_advertiser_sees_one_twice(database: Database) -> None:
    design = a_monday(letters={"phones": PHONES}, sample={"pairs": 50, "per_advertiser": 8})
    people = [an_advertiser(), an_advertiser("bravo")]
    rows = [*listings(8), *(a_listing(number, "bravo") for number in range(20, 28))]
    plan(database, design, participants=people, rows=rows)
    approve(database)
    for key in ("alfa", "bravo"):
        own = [row for row in letters(database) if row.pair.listing.advertiser.key == key]
        seen = [row.body.splitlines()[-1] for row in own]
        assert sorted(seen) == sorted(phone.replace(" ", " ", 1) for phone in design.letters.phones)
        assert [profile_of(row).phone for row in own] == seen
    with database.reading() as session:
        assert len(recreating.of_round(session, lookup.find(session, "proef-2026"))) == 16


ADDRESSES = [f"Stationsplein {number}, 3818 LE Amersfoort" for number in range(2, 18)]


@only_sqlite
def test_every_letter_has_an_address_of_the_commissioner_and_its_writer_lives_in_that_town(database: Database) -> None:
    design = a_monday(letters={"addresses": ADDRESSES, "phones": PHONES}, sample={"pairs": 8, "per_advertiser": 8})
    plan(database, design, rows=listings(8))
    approve(database)
    own = letters(database)
    assert sorted(row.body.splitlines()[-2] for row in own) == sorted(ADDRESSES)
    assert {profile_of(row).town for row in own} == {"Amersfoort"}
    assert all(profile_of(row).address in row.body for row in own)
    with database.reading() as session:
        assert len(recreating.of_round(session, lookup.find(session, "proef-2026"))) == 8


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "too many shams": ({"question": {"sham_share": 0.4, "sham_treatment_share": 0.2}}, "too-many-shams"),
    "unpaired shams": ({"question": {"approach": "unpaired", "sham_share": 0.1}}, "unpaired-sham"),
    "unpaired and treatment first": (
        {"question": {"approach": "unpaired", "sham_share": 0}, "schedule": {"order": "treatment_first"}},
        "unpaired-order",
    ),
    "a factor that is the ground": (
        {"question": {"ground": "gender", "control": "dutch_male", "treatment": "dutch_female", "factor": "gender"}},
        "factor-is-ground",
    ),
    "no tight income": ({"question": {"factor": "income"}, "letters": {"level": "full"}}, "no-tight-income"),
    "a tight income for nothing": ({"letters": {"level": "full", **TIGHT}}, "unused-income"),
    "incomes that overlap": (
        {"question": {"factor": "income"}, "letters": {"level": "full", "tight_income": {"min": 3.2, "max": 4.3}}},
        "incomes-overlap",
    ),
    "an income nobody reads": ({"question": {"factor": "income"}, "letters": TIGHT}, "income-not-told"),
    "quotas of nothing": ({"sample": {"quotas": {"Zuid": 3}}}, "quotas-without-stratum"),
    "more quotas than pairs": (
        {"sample": {"pairs": 5, "stratum": "district", "quotas": {"Zuid": 3, "Noord": 3}}},
        "impossible-quota",
    ),
    "a kind nobody is": ({"sample": {"stratum": "kind", "quotas": {"corporatie": 3}}}, "unknown-stratum"),
    "too few numbers": ({"letters": {"phones": PHONES[:15]}}, "too-few-phones"),
    "a number twice": ({"letters": {"phones": PHONES[:1] * 16}}, "phone-twice"),
    "too few addresses": ({"letters": {"addresses": ADDRESSES[:15]}}, "too-few-addresses"),
    "an address twice": ({"letters": {"addresses": ADDRESSES[:1] * 16}}, "address-twice"),
    "addresses in two towns": (
        {"letters": {"addresses": [*ADDRESSES[1:], "Domplein 1, 3512 JC Utrecht"]}},
        "several-towns",
    ),
    "a set twice": ({"question": {"also": ["moroccan"]}}, "same-name-set"),
    "a set of the wrong ground": ({"question": {"also": ["dutch_male"]}}, "wrong-ground"),
    "a set where the name is no signal": (
        {"question": {"ground": "disability", "signal": "wheelchair", "treatment": "dutch", "also": ["turkish"]}},
        "set-needs-names",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_go_together_is_named(case: str) -> None:
    parts, code = WRONG[case]
    assert [problem.code for problem in check(a_design(**parts), load().sets)] == [code]
