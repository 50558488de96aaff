"""From a design to a stored round: whole, once, and the same whatever the order of the listings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from house_makers import (
    DAY,
    PLANNED,
    a_listing,
    a_monday,
    an_advertiser,
    approve,
    by_pair,
    events,
    index,
    letters,
    listings,
    noting_loads,
    only,
    only_sqlite,
    plan,
    refused,
    round_state,
    run,
)
from sqlalchemy import insert, select, text

from orchestrator.chance import generator
from orchestrator.db import Database, DatabaseError, Session
from orchestrator.design import Calendar, digest
from orchestrator.intake import Channel, Purpose
from orchestrator.models import Advertiser, Enrolment, Event, Inquiry, Listing, Pair, Refusal, Round, Study
from orchestrator.people import profile_of
from orchestrator.rounds import lifecycle, planning
from orchestrator.states import LetterState, PairState, RoundState
from profiles import letters as texts
from profiles.pairs import BOTH, Arm, differences

TABLES = (Study, Round, Advertiser, Enrolment, Listing, Pair, Inquiry, Refusal, Event)


def stored(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {table.__tablename__: len(session.scalars(select(table)).all()) for table in TABLES}


def assignment(database: Database) -> list[tuple[Any, ...]]:
    """All that chance decided, in the order of the pairs' codes."""
    return [
        (row.pair.code, row.pair.listing.key, row.pair.sham, row.arm, row.order, row.variant, row.planned_at, row.gap,
         row.sender_name, row.reply_address, row.message_id, row.body)
        for row in letters(database)
    ]  # fmt: skip


@only_sqlite
def test_every_pair_has_two_inquiries_one_of_each_arm_and_one_of_each_order(database: Database) -> None:
    plan(database, rows=5)
    for first, second in by_pair(letters(database)):
        assert {first.arm, second.arm} == set(BOTH)
        assert (first.order, second.order) == (1, 2)
        assert first.arm is first.pair.first
        assert first.pair.state is PairState.OPEN
        assert first.state is second.state is LetterState.PLANNED


@only_sqlite
def test_a_pair_differs_in_the_name_and_nowhere_else(database: Database) -> None:
    plan(database, rows=5)
    for first, second in by_pair(letters(database)):
        assert differences(profile_of(first), profile_of(second)) == {"name"}
        assert first.variant != second.variant
        assert first.address_index == second.address_index == first.pair.listing.advertiser.email_index


@only_sqlite
def test_a_sham_pair_has_two_different_names_of_the_control_set(database: Database) -> None:
    plan(database, a_monday(question={"sham_share": 0.5}), rows=20)
    sham = {row.pair_id for row in letters(database) if row.pair.sham}
    assert 0 < len(sham) < 20
    for row in letters(database):
        expected = "dutch" if row.pair_id in sham or row.arm is Arm.CONTROL else "moroccan"
        assert row.profile["name"]["name_set"] == expected


@only_sqlite
def test_message_ids_and_reply_addresses_are_unique_and_tell_no_arm(database: Database) -> None:
    plan(database, rows=20)
    rows = letters(database)
    assert len({row.message_id for row in rows}) == len({row.reply_address for row in rows}) == 40
    for row in rows:
        assert row.message_id.endswith("@woonpost.example>")
        assert row.arm.value not in row.message_id + row.reply_address


@only_sqlite
@pytest.mark.parametrize("change", [{"seed": 8}, {"version": 2}, {"round": "andere-2026"}])
def test_another_seed_version_or_round_gives_other_message_ids(database: Database, change: dict[str, Any]) -> None:
    plan(database)
    with database.writing() as session:
        lifecycle.abort(session, "proef-2026", "r.visser", PLANNED, "proef")
    plan(database, a_monday(**({"version": 2} | change)))
    assert len({row.message_id for row in letters(database)}) == 4


@only_sqlite
def test_letters_are_planned_in_office_hours_and_may_go_three_days_long(database: Database) -> None:
    design = a_monday()
    plan(database, design, rows=10)
    calendar = Calendar(design.schedule)
    for first, second in by_pair(letters(database)):
        assert calendar.is_open(first.planned_at)
        assert calendar.is_open(second.planned_at)
        assert second.planned_at - first.planned_at >= second.gap >= timedelta(hours=1)
        assert first.not_after == first.planned_at + 3 * DAY


@pytest.mark.parametrize("shuffle", range(3))
def test_the_draw_does_not_depend_on_the_order_of_listings_or_participants(database: Database, shuffle: int) -> None:
    people = [an_advertiser(key) for key in ("alfa", "bravo", "charlie")]
    rows = [a_listing(number, people[number % 3].advertiser) for number in range(1, 16)]
    design = a_monday(sample={"pairs": 9, "per_advertiser": 4}, question={"sham_share": 0.3})
    plan(database, design, participants=people, rows=rows)
    first = assignment(database)
    generator(shuffle).shuffle(rows)
    generator(shuffle).shuffle(people)
    plan(database, design, participants=people, rows=rows)
    assert assignment(database) == first
    assert len(first) == 18


@only_sqlite
def test_a_listing_keeps_its_moments_and_message_ids_when_others_are_added(database: Database) -> None:
    def kept() -> set[tuple[object, ...]]:
        rows = letters(database)
        moments = {(row.pair.listing.key, row.order, row.planned_at) for row in rows}
        return moments | {(row.pair.listing.key, row.arm, row.message_id) for row in rows}

    plan(database, rows=3)
    few = kept()
    plan(database, rows=[*listings(3), a_listing(9, "bravo")], participants=[an_advertiser(), an_advertiser("bravo")])
    assert few <= kept()


@only_sqlite
def test_a_listing_that_is_not_tested_gets_a_refusal_with_the_reason(database: Database) -> None:
    people = [an_advertiser(max_pairs=2), an_advertiser("bravo")]
    rows = [*listings(3), *(a_listing(number, "bravo") for number in range(10, 14))]
    plan(database, a_monday(sample={"pairs": 5, "per_advertiser": 9}), participants=people, rows=rows)
    with database.reading() as session:
        reasons = sorted(session.scalars(select(Refusal.reason)))
    assert reasons == ["maximum-per-aanbieder", "steekproef-vol"]
    assert len(letters(database)) == 10


def test_planning_again_replaces_a_round_that_nobody_approved(database: Database) -> None:
    plan(database, rows=4)
    plan(database, a_monday(seed=8), rows=3)
    assert stored(database) == {
        "study": 1, "round": 1, "advertiser": 1, "enrolment": 1, "listing": 4,
        "pair": 3, "inquiry": 6, "refusal": 0, "event": 2,
    }  # fmt: skip
    with database.reading() as session:
        assert session.scalars(select(Round)).one().digest == digest(a_monday(seed=8))


@only_sqlite
def test_an_approved_round_cannot_be_planned_again(database: Database) -> None:
    plan(database)
    approve(database)
    with refused("already-planned"):
        plan(database)
    assert round_state(database) is RoundState.APPROVED


@only_sqlite
def test_another_design_under_the_number_of_an_approved_one_is_refused_as_changed(database: Database) -> None:
    plan(database)
    approve(database)
    before = assignment(database)
    with refused("design-changed"):
        plan(database, a_monday(seed=8))
    assert assignment(database) == before


@only_sqlite
def test_an_older_version_is_refused_as_changed(database: Database) -> None:
    plan(database, a_monday(version=2))
    with refused("design-changed"):
        plan(database, a_monday(version=1))


def test_a_new_version_waits_until_the_old_one_has_ended(database: Database) -> None:
    run(database)
    with refused("version-running"):
        plan(database, a_monday(version=2))
    with database.writing() as session:
        lifecycle.abort(session, "proef-2026", "r.visser", PLANNED + DAY, "nieuwe versie")
    plan(database, a_monday(version=2))
    assert round_state(database) is RoundState.PLANNED
    assert len(letters(database)) == 4


class Broken(Exception):
    """What a test lets go wrong."""


def breaks_after(number: int) -> Callable[..., texts.Letter]:
    """Write so many letters, and break at the next."""
    written: list[Any] = []

    def write(*told: Any) -> texts.Letter:
        written.append(told)
        if len(written) > number:
            raise Broken
        return texts.Letter("Woning", "Dag.\n")

    return write


def test_nothing_is_stored_when_planning_fails_halfway(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "render", breaks_after(7))
    with pytest.raises(Broken):
        plan(database, rows=5)
    assert set(stored(database).values()) == {0}


def test_a_plan_that_fails_leaves_the_round_it_was_to_replace(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(database, rows=2)
    before = assignment(database)
    monkeypatch.setattr(texts, "render", breaks_after(0))
    with pytest.raises(Broken):
        plan(database, a_monday(seed=8), rows=2)
    assert assignment(database) == before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"consent_until": date(2026, 9, 6)}, "expired-consent"),
        ({"consent_from": date(2026, 9, 8)}, "expired-consent"),
        ({"purpose": Purpose.MONITORING}, "wrong-purpose"),
    ],
)
@only_sqlite
def test_a_participant_who_did_not_consent_to_this_stops_the_plan(
    database: Database, change: dict[str, Any], problem: str
) -> None:
    people = [an_advertiser(), an_advertiser("bravo", **change)]
    with refused(problem):
        plan(database, participants=people, rows=[a_listing(1), a_listing(2, "bravo")])
    assert set(stored(database).values()) == {0}


@only_sqlite
def test_a_participant_with_a_form_is_written_to_through_the_form(database: Database) -> None:
    form = "http://127.0.0.1:8480/formulier/alfa"
    plan(database, participants=[an_advertiser(channel=Channel.WEBFORM, form_url=form)])
    assert {(row.channel, row.address_index) for row in letters(database)} == {(Channel.WEBFORM, index(database, form))}


@only_sqlite
def test_the_round_remembers_its_design_its_digest_and_its_file(database: Database, tmp_path: Path) -> None:
    plan(database, path=tmp_path / "opzet.yaml")
    with database.reading() as session:
        round_ = session.scalars(select(Round)).one()
        assert round_.digest == digest(a_monday())
        assert round_.design_path == str(tmp_path / "opzet.yaml")
        assert round_.planned_by == "r.visser"
        assert round_.planned_at == PLANNED
    planned = only(events(database))
    assert planned.kind == "round.planned"
    assert planned.data == {"digest": digest(a_monday()), "pairs": 1, "refused": 0}


@only_sqlite
def test_a_known_participant_and_listing_are_brought_up_to_date(database: Database) -> None:
    plan(database)
    plan(database, participants=[an_advertiser(email="nieuw@alfa.example")], rows=[replace(a_listing(), rent=1300)])
    row = letters(database)[0]
    assert row.address_index == index(database, "nieuw@alfa.example")
    assert row.pair.listing.rent == 1300


@pytest.mark.parametrize(("day", "ended"), [(1, True), (2, True), (6, False)])
@only_sqlite
def test_a_withdrawn_consent_stays_withdrawn_whatever_first_day_before_it_the_list_gives(
    database: Database, day: int, ended: bool
) -> None:
    plan(database, participants=[an_advertiser(consent_from=date(2026, 9, 1))])
    with database.writing() as session:
        lifecycle.withdraw(session, "alfa", "r.visser", PLANNED)  # the fourth
    plan(database, participants=[an_advertiser(consent_from=date(2026, 9, day))])
    with database.reading() as session:
        newest = session.scalars(select(Enrolment).order_by(Enrolment.valid_from.desc())).first()
    assert newest is not None
    assert newest.withdrawn_at == (PLANNED if ended else None)


@pytest.mark.parametrize("same", ["arm", "order", "message_id", "reply_address"])
def test_the_database_itself_forbids_a_second_inquiry_of_one_arm_order_or_token(database: Database, same: str) -> None:
    plan(database, rows=2)
    with database.reading() as session:
        one, other = session.scalars(select(Inquiry).order_by(Inquiry.id).limit(2)).all()
        row = {column.name: getattr(one, column.key) for column in Inquiry.__table__.columns}
    del row["id"]
    free = {"arm": other.arm, "order": other.order, "message_id": "<x@y>", "reply_address": "x@y"}
    with database.writing() as session:
        session.delete(session.get_one(Inquiry, other.id))
    del free[same]
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(insert(Inquiry).values(**(row | free)))
    if same in ("arm", "order"):
        return
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(insert(Inquiry).values(**(row | free | {"pair_id": letters(database)[-1].pair_id})))


def test_the_database_itself_forbids_two_pairs_of_a_round_on_one_listing(database: Database) -> None:
    plan(database)
    pair = letters(database)[0].pair
    with pytest.raises(DatabaseError), database.writing() as session:
        session.add(
            Pair(
                round_id=pair.round_id, listing_id=pair.listing_id, code="P-9", sham=None,
                first=Arm.CONTROL, state=PairState.OPEN,
            )
        )  # fmt: skip


def test_a_plan_that_takes_long_to_write_is_not_taken_for_one_whose_client_died(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = planning.write_pairs

    def slowly(session: Session, *told: Any) -> None:
        if session.get_bind().dialect.name == "postgresql":
            limit = session.scalar(text("SHOW idle_in_transaction_session_timeout"))
            assert limit == "1h"
        real(session, *told)

    monkeypatch.setattr(planning, "write_pairs", slowly)
    plan(database)
    assert len(letters(database)) == 2


@only_sqlite
def test_a_plan_reads_no_home_and_no_office_but_its_own(database: Database) -> None:
    """It read all there ever were: of a million homes half a minute, for a round of two hundred."""
    plan(database, rows=listings(3))
    offices, homes = [an_advertiser("beta"), an_advertiser("alfa")], [a_listing(9, "beta"), a_listing(1)]
    with noting_loads(Advertiser, Listing) as read:
        plan(database, a_monday(round="een-andere"), participants=offices, rows=homes)
    assert sorted(read) == ["alfa", a_listing(1).listing]
