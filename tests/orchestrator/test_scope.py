"""No letter goes outside what an advertiser signed for: not planned, not claimed, not through the gate."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from feed_makers import feeding, grow, in_sample, offer
from house_makers import (
    DUE,
    OPENING,
    ROUND,
    TUESDAY,
    an_advertiser,
    claim,
    gate,
    index,
    letters,
    meddle,
    only_sqlite,
    plan,
    refuses,
    run,
    send,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invitation_makers import SOON, take_part, terms
from sqlalchemy import delete, insert, select, update

from orchestrator import outlook
from orchestrator.addresses import as_stored
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.models import Enrolment, EnrolmentScope, Inquiry, Listing, Refusal
from orchestrator.rounds import lifecycle, lookup
from orchestrator.scope import EVERY, Scope
from orchestrator.states import LetterState, Why
from profiles.errors import BadInput

ADDRESS = "verhuur@alfa.example"


def as_kept(database: Database, scope: Scope) -> Scope:
    """A scope as the record has it: of its addresses the fingerprints."""
    return replace(scope, addresses=frozenset(index(database, each) for each in scope.addresses))


def set_scope(database: Database, scope: Scope) -> None:
    """Let every consent be one that was signed, for this scope."""
    kept = as_kept(database, scope)
    with database.writing() as session:
        session.execute(update(Enrolment).values(scoped=True))
        session.execute(delete(EnrolmentScope))
        for consent in session.scalars(select(Enrolment.id)).all():
            rows = [{"enrolment_id": consent, "kind": kind, "value": value} for kind, value in kept.lines()]
            if rows:
                session.execute(insert(EnrolmentScope), rows)


def scoped(**changes: set[str]) -> Scope:
    whole = {"grounds": {"origin"}, "channels": {"smtp"}, "addresses": {ADDRESS}, "listings": {EVERY}}
    return Scope(**{name: frozenset(value) for name, value in (whole | changes).items()})


def refusals(database: Database) -> dict[str, str]:
    with database.reading() as session:
        rows = select(Listing.key, Refusal.reason).join(Refusal, Refusal.listing_id == Listing.id)
        return dict(session.execute(rows).all())


OUTSIDE = [{"grounds": {"age"}}, {"channels": {"phone"}}, {"addresses": {"ander@alfa.example"}}, {"listings": {"x"}}]


@pytest.mark.parametrize("outside", [*OUTSIDE, {"listings": set()}, {"grounds": set()}])
def test_a_letter_outside_the_scope_is_not_claimed_and_does_not_pass_the_gate(
    database: Database, outside: dict[str, set[str]]
) -> None:
    run(database, rows=2)
    set_scope(database, scoped())
    refuses(database, lambda session: _narrow(session, scoped(**outside)))


def _narrow(session: Any, scope: Scope) -> None:
    consent = session.scalars(select(Enrolment.id)).one()
    session.execute(delete(EnrolmentScope))
    for kind, value in scope.lines():
        session.add(EnrolmentScope(enrolment_id=consent, kind=kind, value=as_stored(session, kind, value)))


@pytest.mark.parametrize("outside", OUTSIDE)
def test_the_outlook_tells_why_a_letter_outside_the_scope_does_not_go(
    database: Database, outside: dict[str, set[str]]
) -> None:
    run(database, rows=2)
    set_scope(database, scoped(**outside))
    with database.reading() as session:
        round_ = lookup.find(session, ROUND)
        seen = outlook.of_round(session, round_, OPENING, OPENING - OPENING)
    assert dict(seen.never) == {Why.UNSIGNED: 2, Why.FIRST: 2} or dict(seen.never) == {Why.UNSIGNED: 4}
    assert any("hiervoor tekende de aanbieder niet" in line for line in outlook.sentences(seen))


LINES = st.fixed_dictionaries(
    {
        "grounds": st.sets(st.sampled_from(["origin", "age"])),
        "channels": st.sets(st.sampled_from(["smtp", "webform", "phone"])),
        "addresses": st.sets(st.sampled_from([ADDRESS, "ander@alfa.example"])),
        "listings": st.sets(st.sampled_from([EVERY, "ams-1", "ams-2", "ams-3", "ams-9"])),
    }
)


@only_sqlite
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_exactly_the_letters_inside_the_scope_are_claimed(database: Database, data: st.DataObject) -> None:
    if not letters(database):
        run(database, rows=3)
    meddle(database, update(Inquiry).values(state=LetterState.PLANNED, worker=None, lease_until=None))
    chosen = scoped(**data.draw(LINES))
    set_scope(database, chosen)
    listed = {row.id: row.pair.listing.key for row in letters(database, 1)}
    claimed = {listed[held.id] for held in claim(database)}
    inside = {key for key in listed.values() if chosen.has_letter("origin", "smtp", ADDRESS, key)}
    assert claimed == inside


def test_both_databases_claim_what_is_inside_and_only_that(database: Database) -> None:
    run(database, rows=3)
    set_scope(database, scoped(listings={"ams-1", "ams-3"}))
    keys = {row.id: row.pair.listing.key for row in letters(database)}
    held = claim(database)
    assert {keys[each.id] for each in held} == {"ams-1", "ams-3"}
    assert all(gate(database, each) for each in held)


def test_one_consent_must_cover_a_letter_whole_and_not_two_in_part(database: Database) -> None:
    run(database)
    set_scope(database, scoped(listings={"ams-9"}))

    def another(session: Any) -> None:
        old = session.scalars(select(Enrolment)).one()
        new = Enrolment(
            advertiser_id=old.advertiser_id, purpose=old.purpose, valid_from=old.valid_from - (DUE - OPENING),
            valid_until=old.valid_until, scoped=True,
        )  # fmt: skip
        lines = scoped(grounds={"age"}).lines()
        new.lines = [EnrolmentScope(kind=kind, value=as_stored(session, kind, value)) for kind, value in lines]
        session.add(new)

    meddle(database, another)
    assert claim(database) == []


# --- Planning --------------------------------------------------------------------------------------------------------


def test_a_listing_that_was_not_named_is_refused_at_planning(database: Database) -> None:
    take_part(database, chosen=terms(listings=frozenset({"ams-1", "ams-2"})))
    plan(database, rows=4)
    assert {row.pair.listing.key for row in letters(database)} == {"ams-1", "ams-2"}
    assert refusals(database) == {"ams-3": "buiten-deelname", "ams-4": "buiten-deelname"}


@only_sqlite
@pytest.mark.parametrize(
    ("chosen", "changes"),
    [
        ({"grounds": frozenset({"age"})}, {}),
        ({"channels": frozenset({"phone"})}, {}),
        ({}, {"email": "ander@alfa.example"}),
    ],
)
def test_a_round_that_an_advertiser_did_not_sign_for_cannot_be_planned(
    database: Database, chosen: dict[str, Any], changes: dict[str, Any]
) -> None:
    take_part(database, chosen=terms(**chosen))
    with pytest.raises(BadInput) as wrong:
        plan(database, participants=[an_advertiser(**changes)])
    assert wrong.value.problems[0].code == "not-signed-for"


@only_sqlite
@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"last": date(2026, 9, 6)}, "expired-consent"),
        ({"first": date(2026, 9, 8)}, "expired-consent"),
        ({"purpose": Purpose.MONITORING}, "wrong-purpose"),
    ],
)
def test_the_period_and_purpose_that_were_signed_count_and_not_those_of_a_wider_list(
    database: Database, chosen: dict[str, Any], code: str
) -> None:
    take_part(database, terms=terms(**chosen))
    with pytest.raises(BadInput) as wrong:
        plan(database)
    assert wrong.value.problems[0].code == code


@only_sqlite
def test_the_load_that_was_signed_counts_and_not_that_of_a_wider_list(database: Database) -> None:
    take_part(database, chosen=terms(max_pairs=2))
    plan(database, rows=5)
    assert len(letters(database)) == 4
    assert set(refusals(database).values()) == {"maximum-per-aanbieder"}


@only_sqlite
def test_who_signed_and_stopped_cannot_be_planned_again_by_a_list(database: Database) -> None:
    take_part(database)
    with database.writing() as session:
        lifecycle.withdraw(session, "alfa", "aanbieder:alfa", SOON)
    with pytest.raises(BadInput) as wrong:
        plan(database)
    assert wrong.value.problems[0].code == "expired-consent"


def test_who_signed_is_written_to_and_stops_at_once(database: Database) -> None:
    take_part(database)
    run(database, rows=2)
    assert len(send(database, most=1)) == 1
    with database.writing() as session:
        lifecycle.withdraw(session, "alfa", "aanbieder:alfa", DUE)
    assert claim(database, TUESDAY) == []


# --- Feeds -----------------------------------------------------------------------------------------------------------


@only_sqlite
def test_a_listing_of_a_feed_outside_the_scope_gets_no_pair_and_a_reason(database: Database) -> None:
    take_part(database, chosen=terms(listings=frozenset({"ams-1", "alfa-f1"})))
    run(database, feeding())
    grow(database, offer(1), offer(2))
    assert in_sample(database) == {"ams-1", "alfa-f1"}
    assert refusals(database) == {"alfa-f2": "buiten-deelname"}
