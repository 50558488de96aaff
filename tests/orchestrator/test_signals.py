"""Rounds on every ground: declared, refused where they cannot be, planned, and written again from the seed."""

import gc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from design_makers import a_design
from feed_makers import MONDAY, feeding, grow, offer
from house_makers import (
    MINUTE,
    ROUND,
    a_listing,
    a_monday,
    an_advertiser,
    approve,
    letters,
    only_sqlite,
    plan,
    run,
)
from sqlalchemy import select

from orchestrator import db, name_bank
from orchestrator.assignment import RefusalReason, Seat, select_listings
from orchestrator.db import Database
from orchestrator.design import Design, canonical, check, digest, from_canonical
from orchestrator.fitting import check_intake
from orchestrator.intake import read_listings
from orchestrator.models import Listing, Pair, Refusal, Round
from orchestrator.people import profile_of
from orchestrator.rounds import likeness, lookup, recreating
from orchestrator.rounds.recreating import Home
from profiles import grounds, parity
from profiles.applicants import unlike
from profiles.catalogue import load
from profiles.errors import BadInput, Refused
from profiles.letters import Dwelling
from profiles.pairs import BOTH, Arm
from profiles.parity import LetterPair, Violation

GROUNDS = grounds.load()
SIGNALS = {key: signal for ground in GROUNDS.grounds.values() for key, signal in ground.signals.items()}


def on(key: str, *, level: str = "minimal", sham: float = 0.3, **letters: Any) -> Design:
    """A round of one Monday under a signal."""
    signal = SIGNALS[key]
    sets = {"origin_name": ("dutch", "moroccan"), "gender_name": ("dutch_male", "dutch_female")}
    control, treatment = sets.get(key, ("dutch", "dutch"))
    named = {"ground": signal.ground.value, "signal": key, "control": control, "treatment": treatment}
    return a_monday(question={**named, "sham_share": sham}, letters={"level": level, **letters})


def homes(number: int, **changes: Any) -> list[Any]:
    return [a_listing(each, rent=900, accessible=True, **changes) for each in range(1, number + 1)]


def codes(design: Design) -> list[str]:
    return [problem.code for problem in check(design, load().sets)]


# What a design may ask.


@pytest.mark.parametrize("key", sorted(SIGNALS))
def test_every_signal_can_be_asked_for(key: str) -> None:
    assert codes(on(key)) == []


def test_a_design_that_says_nothing_new_has_the_text_and_digest_it_always_had() -> None:
    told = canonical(a_design())
    assert not [word for word in ("signal", "language", "income") if f'"{word}"' in told]
    usual = a_design(letters={"language": "nl", "income": {"min": 4.2, "max": 4.6}})
    assert digest(usual) == digest(a_design())
    assert from_canonical(canonical(on("wheelchair"))) == on("wheelchair")
    assert digest(on("wheelchair")) != digest(on("assistance_dog"))


@pytest.mark.parametrize(
    ("question", "letters", "code"),
    [
        ({"ground": "disability"}, {}, "signal-not-chosen"),
        ({"ground": "disability", "signal": "mosque"}, {}, "unknown-signal"),
        ({"ground": "disability", "signal": "wheelchair", "treatment": "turkish"}, {}, "more-than-the-ground"),
        ({"ground": "disability", "signal": "wheelchair", "treatment": "klingon"}, {}, "unknown-name-set"),
        ({"ground": "origin"}, {}, "same-name-set"),
        ({"ground": "age"}, {"level": "full"}, "level-not-for-signal"),
        ({"ground": "benefit_income"}, {"level": "full"}, "level-not-for-signal"),
        ({"ground": "civil_status"}, {"language": "en"}, "no-sentences-in-language"),
        ({"ground": "language"}, {"language": "en"}, "language-is-the-signal"),
        ({"ground": "age"}, {"income": {"min": 5, "max": 4}}, "income-reversed"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_by_name(
    question: dict[str, Any], letters: dict[str, Any], code: str
) -> None:
    design = a_design(question={"control": "dutch", "treatment": "dutch", **question}, letters=letters)
    assert codes(design) == [code]


def test_a_round_in_english_is_refused_where_there_are_no_english_letters(database: Database) -> None:
    with pytest.raises(BadInput, match="too-few-variants"):
        plan(database, on("same_sex_partner", language="en"), rows=homes(1))


# What a listing must be.


def reasons(design: Design, rows: list[Any]) -> dict[str, RefusalReason]:
    return {refusal.listing: refusal.reason for refusal in select_listings(design, [an_advertiser()], rows).refused}


def test_a_wheelchair_is_sent_only_where_the_list_says_that_it_can_come_in() -> None:
    rows = [a_listing(number, accessible=told) for number, told in enumerate((True, False, None), start=1)]
    unsuited = RefusalReason.UNSUITED
    assert reasons(on("wheelchair"), rows) == {"ams-2": unsuited, "ams-3": unsuited}
    assert reasons(on("assistance_dog"), rows) == {}


def test_a_parent_and_child_need_a_room_each_and_a_benefit_a_modest_rent() -> None:
    rows = [a_listing(1, rooms=2, rent=999), a_listing(2, rooms=3, rent=1001), a_listing(3, rooms=3, rent=1000)]
    assert set(reasons(on("child"), rows)) == {"ams-1"}
    assert set(reasons(on("benefit"), rows)) == {"ams-2"}
    assert set(reasons(on("origin_name"), rows)) == set()


def test_a_round_in_which_no_listing_suits_says_what_it_needs() -> None:
    (problem,) = check_intake(on("wheelchair"), [an_advertiser()], [a_listing(1)])
    assert problem.code == "nothing-to-test"
    assert "met een rolstoel bereikbaar" in problem.message


HEADING = "listing,advertiser,street,postcode,city,district,rent,rooms,reference,url,accessible\n"


def test_the_list_may_say_yes_no_or_nothing_of_a_wheelchair(tmp_path: Path) -> None:
    path = tmp_path / "listings.csv"
    words = ["ja", "no", "", "JA"]
    lines = [f"a{number},alfa,Straat {number},3811 AB,Stad,Wijk,900,3,,,{word}\n" for number, word in enumerate(words)]
    path.write_text(HEADING + "".join(lines), encoding="utf-8")
    assert [row.accessible for row in read_listings(path, [an_advertiser()])] == [True, False, None, True]
    path.write_text(f"{HEADING}a1,alfa,Straat 1,3811 AB,Stad,Wijk,900,3,,,misschien\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_listings(path, [an_advertiser()])
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.column, problem.found) == ("not-yes-or-no", 2, 11, "misschien")


def test_a_rent_for_which_nobody_earns_enough_is_refused_only_where_the_income_is_told() -> None:
    dear = [a_listing(1), a_listing(2, rent=5000)]
    assert check_intake(on("origin_name"), [an_advertiser()], dear) == ()
    (problem,) = check_intake(on("origin_name", level="full"), [an_advertiser()], dear)
    assert (problem.code, problem.line, problem.found) == ("income-rule-unmet", 3, "5000")
    assert problem.remedy is not None
    assert "letters.income.min" in problem.remedy
    lower = on("origin_name", level="full", income={"min": 3, "max": 3.5})
    assert check_intake(lower, [an_advertiser()], dear) == ()


# Planned and approved.


@only_sqlite
@pytest.mark.parametrize("key", sorted(SIGNALS))
def test_a_round_under_every_signal_is_planned_and_approved(database: Database, key: str) -> None:
    for number, level in enumerate(SIGNALS[key].levels, start=1):
        design = on(key, level=level).model_copy(update={"round": f"proef-{number}"})
        plan(database, design, rows=homes(12))
        approve(database, name=design.round)
        with database.reading() as session:
            pairs = likeness.letter_pairs(session, lookup.find(session, design.round))
        assert {pair.sham for pair in pairs} == {Arm.CONTROL, None}
        assert not [pair for pair in pairs if unlike(SIGNALS[key], *pair.profiles, sham=pair.sham)]


@only_sqlite
@pytest.mark.parametrize("sham", [0.0, 0.4])
def test_no_advertiser_meets_a_partner_twice_nor_a_partner_as_an_applicant(database: Database, sham: float) -> None:
    plan(database, on("same_sex_partner", sham=sham), rows=homes(7))
    profiles = [profile_of(row) for row in letters(database)]
    met = [name.full for profile in profiles for name in (profile.name, profile.partner) if name]
    assert len(met) == len(set(met)) == 28


@only_sqlite
def test_both_partners_sign_and_the_address_shows_who_writes(database: Database) -> None:
    plan(database, on("same_sex_partner"), rows=homes(3))
    for row in letters(database):
        profile = profile_of(row)
        assert profile.partner is not None
        assert row.body.endswith(f"\n{profile.full_name} en {profile.partner.full}\n")
        assert row.reply_address.startswith(f"{profile.mailbox}.")
        assert row.sender_name == profile.full_name


@only_sqlite
def test_all_letters_of_an_english_round_are_english(database: Database) -> None:
    plan(database, on("wheelchair", level="full", language="en"), rows=homes(6))
    approve(database)
    assert all(" I " in row.body and " ik " not in row.body and "€ " not in row.body for row in letters(database))


@only_sqlite
def test_an_approval_is_refused_with_a_diff_when_a_sentence_was_changed_by_hand(database: Database) -> None:
    plan(database, on("wheelchair", sham=0), rows=homes(3))
    with database.writing() as session:
        row = letters(database)[0]
        changed = session.get_one(type(row), row.id)
        changed.body = changed.body.replace("\n\n", "\n\nIk heb haast.\n\n", 1)
    with pytest.raises(Refused, match=r"(?s)no-parity: .*P-0001.*\+Ik heb haast\."):
        approve(database)


def test_of_a_large_round_the_letters_of_few_pairs_are_in_memory_while_it_is_approved(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(database, a_monday(), rows=12)
    monkeypatch.setattr(db, "ASKED", 2)
    with database.reading() as session:

        def held(pairs: Iterable[LetterPair], *_: object) -> tuple[Violation, ...]:
            for _pair in pairs:
                gc.collect()
                told.append(sum(isinstance(row, Pair) for row in session.identity_map.values()))
            return ()

        told: list[int] = []
        monkeypatch.setattr(parity, "check", held)
        likeness.require(session, lookup.find(session, ROUND))
    assert len(told) == 12
    assert max(told) <= 4


# A running round.


@only_sqlite
def test_a_listing_from_a_feed_that_does_not_suit_is_refused_and_one_that_does_is_tested(database: Database) -> None:
    design = feeding().model_copy(update={"question": on("wheelchair").question})
    run(database, design, rows=homes(2))
    assert grow(database, offer(1), offer(2, accessible=True)) == 1
    with database.reading() as session:
        why = select(Listing.key, Refusal.reason).join(Refusal, Refusal.listing_id == Listing.id)
        assert dict(session.execute(why).all()) == {"alfa-f1": "past-niet-bij-signaal"}


@only_sqlite
def test_a_round_does_not_grow_with_other_texts_than_it_began_with(database: Database) -> None:
    run(database, feeding(), rows=2)
    with database.writing() as session:
        round_ = lookup.find(session, ROUND)
        assert round_.texts is not None
        round_.texts = {**round_.texts, "templates/nl/beknopt/body.txt": "0" * 64}
    with pytest.raises(Refused, match=r"texts-changed.*templates/nl/beknopt/body\.txt"):
        grow(database, offer(1), now=MONDAY + MINUTE)


# Written again.


@pytest.mark.parametrize("key", ["origin_name", "same_sex_partner", "unmarried", "benefit", "english"])
def test_all_letters_of_a_round_are_written_again_byte_for_byte_from_design_seed_and_listings(
    database: Database, key: str
) -> None:
    design, rows = on(key), homes(8)
    plan(database, design, rows=rows)
    kept = {row.pair.listing.key: row.pair for row in letters(database)}
    given = [
        Home(
            key=row.listing,
            advertiser=row.advertiser,
            dwelling=Dwelling(row.street, row.city, row.reference, row.rooms),
            rent=row.rent,
            seat=Seat(pair.sham, pair.place),
            turns=(pair.turn, *(pair.turns or ())),
        )
        for row in rows
        for pair in (kept[row.listing],)
    ]
    bank = name_bank.for_design(name_bank.load(), design)
    both = recreating.recreate(from_canonical(canonical(design)), bank, given)
    again = dict(zip((row.listing for row in rows), both, strict=True))
    written = letters(database)
    assert len(written) == 16
    for row in written:
        composed = again[row.pair.listing.key][row.arm]
        assert composed.letter.subject.encode() == row.subject.encode()
        assert composed.letter.body.encode() == row.body.encode()
        assert (composed.reply_address, composed.message_id) == (row.reply_address, row.message_id)
        assert (composed.order, composed.profile) == (row.order, profile_of(row))


def of_round(database: Database) -> dict[str, recreating.Both]:
    with database.reading() as session:
        return recreating.of_round(session, lookup.find(session, ROUND))


@only_sqlite
def test_a_listing_that_was_brought_up_to_date_does_not_change_the_letters_of_a_past_round(database: Database) -> None:
    plan(database, on("benefit"), rows=homes(3))
    before = of_round(database)
    with database.writing() as session:
        for listing in session.scalars(select(Listing)):
            listing.street, listing.rent, listing.reference = "Elders 1", 650, ""
    assert of_round(database) == before
    assert set(before) == {"P-0001", "P-0002", "P-0003"}
    assert set(before["P-0001"]) == set(BOTH)


@only_sqlite
def test_a_letter_that_was_changed_since_is_named(database: Database) -> None:
    plan(database, rows=3)
    with database.writing() as session:
        pair = session.scalars(select(Pair).where(Pair.code == "P-0002")).one()
        pair.inquiries[0].body += " "
    with pytest.raises(Refused, match=r"letters-differ.*P-0002"):
        of_round(database)


@only_sqlite
def test_texts_that_changed_since_are_named_and_so_is_a_round_that_kept_no_versions(database: Database) -> None:
    plan(database, rows=1)
    with database.writing() as session:
        round_ = session.scalars(select(Round)).one()
        assert round_.texts is not None
        round_.texts = {**round_.texts, "data/towns.toml": "0" * 64, "templates/nl/oud/body.txt": "1" * 64}
    with pytest.raises(Refused, match=r"texts-changed.*2 bestanden.*data/towns\.toml, templates/nl/oud/body\.txt"):
        of_round(database)
    with database.writing() as session:
        session.scalars(select(Round)).one().texts = None
    with pytest.raises(Refused, match="no-text-versions"):
        of_round(database)
