"""An office takes part by what both sides signed: no more than was offered, in two steps by different people."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from house_makers import DAY, PLANNED, an_advertiser, events, only_sqlite, refused, together
from hypothesis import given
from hypothesis import strategies as st
from invitation_makers import (
    SOON,
    TEXT,
    WALL,
    an_offer,
    consents,
    countersign,
    days_off,
    invite,
    sign,
    stored,
    take_part,
    terms,
)
from sqlalchemy import func, select
from test_scope import as_kept

from orchestrator import enrolment, invitations, own_access, own_data
from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.models import Advertiser, Enrolment, InvitationState
from orchestrator.rounds import lifecycle
from orchestrator.scope import EVERY, Scope
from orchestrator.terms import Terms, require_within
from profiles.errors import BadInput, Refused


def enrolments(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Enrolment)) or 0


def test_only_a_countersigned_invitation_is_a_consent(database: Database) -> None:
    token = invite(database)
    assert enrolments(database) == 0
    number = sign(database, token)
    assert enrolments(database) == 0
    countersign(database, number)
    (row,) = consents(database)
    assert row.scoped
    assert (row.purpose, row.max_pairs, row.valid_from) == (Purpose.LEARNING, 20, SOON)
    assert row.valid_until == enrolment.end_of(date(2026, 12, 31))
    assert enrolment.scope_of(row) == as_kept(database, terms().scope)


def test_what_was_signed_is_kept_word_for_word_with_its_fingerprint(database: Database) -> None:
    sign(database, invite(database), terms(max_pairs=3))
    row = stored(database)
    assert row.signed_text is not None
    assert row.signed_text.startswith(TEXT)
    assert "Els de Wit" in row.signed_text
    assert row.digest == invitations.fingerprint(row.signed_text)
    assert invitations.agreed(row) == terms(max_pairs=3)
    assert invitations.offered(row) == terms()


def test_the_ledger_tells_every_step_and_names_nobody_of_the_office(database: Database) -> None:
    token = invite(database)
    with database.writing() as session:
        invitations.note_opened(session, token, PLANNED, WALL)
        invitations.note_opened(session, token, PLANNED + DAY, WALL)
    countersign(database, sign(database, token))
    told = [event for event in events(database) if event.kind.startswith("invitation.")]
    assert [event.kind.partition(".")[2] for event in told] == ["made", "opened", "signed", "countersigned"]
    said = repr([(event.actor, event.subject, event.data) for event in events(database)])
    assert not any(word in said for word in ("Els", "directeur", "directie@", "verhuur@", token))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purpose", Purpose.MONITORING), ("grounds", frozenset({"origin", "gender"})), ("max_pairs", 21),
        ("channels", frozenset({"smtp", "webform"})), ("email", "ander@alfa.example"), ("first", date(2026, 5, 31)),
        ("last", date(2027, 1, 1)), ("days_off", frozenset()), ("grounds", frozenset()), ("channels", frozenset()),
        ("listings", frozenset()), ("max_pairs", 0), ("form_url", "https://alfa.example/formulier"),
        ("listings", frozenset({EVERY, "ams-1"})), ("last", date(2026, 5, 1)), ("listings", frozenset({"niet goed"})),
    ],
)  # fmt: skip
@only_sqlite
def test_an_office_cannot_sign_for_more_than_it_was_offered_or_for_nothing(
    database: Database, field: str, value: Any
) -> None:
    token = invite(database)
    with pytest.raises(BadInput) as wrong:
        sign(database, token, replace(terms(), **{field: value}))
    assert field in {problem.code.partition("-")[0] for problem in wrong.value.problems}
    assert stored(database).state is InvitationState.OFFERED


SOME = st.frozensets(st.sampled_from(["origin", "age", "gender"]), min_size=1)
LISTINGS = st.one_of(st.just(frozenset({EVERY})), st.frozensets(st.sampled_from(["a", "b", "c"]), min_size=1))
TERMS = st.builds(
    terms,
    grounds=SOME,
    channels=st.frozensets(st.sampled_from(["smtp", "phone"]), min_size=1),
    listings=LISTINGS,
    max_pairs=st.integers(1, 9),
    first=st.dates(date(2026, 6, 1), date(2026, 6, 9)),
    last=st.dates(date(2026, 7, 1), date(2026, 7, 9)),
    days_off=st.frozensets(st.dates(date(2026, 6, 1), date(2026, 6, 3))),
)


@given(offered=TERMS, chosen=TERMS)
def test_whatever_is_accepted_covers_no_letter_that_the_offer_does_not(offered: Terms, chosen: Terms) -> None:
    try:
        require_within(chosen, offered)
    except BadInput:
        return
    for ground in ("origin", "age", "gender"):
        for listing in ("a", "b", "c", "d"):
            letter = (ground, "smtp", "verhuur@alfa.example", listing)
            assert offered.scope.has_letter(*letter) or not chosen.scope.has_letter(*letter)
        assert offered.scope.has_request(ground, "phone") or not chosen.scope.has_request(ground, "phone")
    assert chosen.max_pairs <= offered.max_pairs
    assert offered.first <= chosen.first <= chosen.last <= offered.last
    assert offered.days_off <= chosen.days_off


@given(TERMS)
def test_terms_and_a_scope_come_back_from_the_record_as_they_went_in(chosen: Terms) -> None:
    assert Terms.read(chosen.record()) == chosen
    assert Scope.of(chosen.scope.lines()) == chosen.scope


@only_sqlite
def test_signing_and_declining_twice_is_once(database: Database) -> None:
    token = invite(database)
    first = sign(database, token, terms(max_pairs=3))
    assert sign(database, token, terms(max_pairs=9), signer="Iemand Anders") == first
    row = stored(database)
    assert (row.signer, invitations.latest(row).max_pairs) == ("Els de Wit", 3)
    other = invite(database, an_offer("beta"))
    for _ in range(2):
        with database.writing() as session:
            invitations.decline(session, other, PLANNED, WALL)
    assert [event.kind for event in events(database)].count("invitation.declined") == 1


def test_two_who_sign_at_once_leave_one_signature(database: Database) -> None:
    token = invite(database)
    together(lambda: sign(database, token), lambda: sign(database, token, signer="Bo van Dam"))
    assert [event.kind for event in events(database)].count("invitation.signed") == 1


def test_two_who_countersign_at_once_leave_one_consent(database: Database) -> None:
    number = sign(database, invite(database))

    def once(by: str) -> str:
        try:
            countersign(database, number, by)
        except Refused as error:
            return error.problem.code
        return "done"

    assert sorted(together(lambda: once("m.dekker"), lambda: once("s.bos"))) == ["done", "wrong-state"]
    assert enrolments(database) == 1


def test_who_invited_cannot_countersign(database: Database) -> None:
    number = sign(database, invite(database, by="R.Visser"))
    with refused("same-person"):
        countersign(database, number, "r.visser ")
    assert enrolments(database) == 0


@only_sqlite
def test_an_offer_that_was_not_signed_cannot_be_countersigned(database: Database) -> None:
    invite(database)
    with refused("wrong-state"):
        countersign(database, 1)


@only_sqlite
def test_declining_or_revoking_forgets_who_signed_and_leaves_no_consent(database: Database) -> None:
    token = invite(database)
    sign(database, token)
    with database.writing() as session:
        invitations.decline(session, token, PLANNED, WALL)
    row = stored(database)
    assert (row.state, row.signer, row.signer_function, row.signed_text) == (
        InvitationState.DECLINED, None, None, None,
    )  # fmt: skip
    with refused("wrong-state"):
        countersign(database, 1)
    with refused("invitation-ended"):
        sign(database, token)
    number = sign(database, invite(database))
    with database.writing() as session:
        invitations.revoke(session, number, "r.visser", PLANNED)
    assert stored(database).signer is None


@only_sqlite
def test_a_link_that_expired_was_revoked_or_never_was_tells_which(database: Database) -> None:
    token = invite(database)
    with database.reading() as session, refused("invitation-expired"):
        invitations.by_token(session, token, WALL + invitations.LASTS)
    with database.reading() as session, refused("unknown-invitation"):
        invitations.by_token(session, token[:-1], WALL)
    with database.writing() as session:
        invitations.revoke(session, 1, "r.visser", PLANNED)
    with refused("invitation-revoked"):
        sign(database, token, terms())


@only_sqlite
def test_one_offer_at_a_time_is_open_and_a_further_one_after_it(database: Database) -> None:
    invite(database)
    with refused("already-invited"):
        invite(database)
    with database.writing() as session:
        invitations.revoke(session, 1, "r.visser", PLANNED)
    invite(database)


@only_sqlite
def test_an_address_of_somebody_else_is_refused(database: Database) -> None:
    take_part(database)
    with refused("address-taken"):
        invite(database, an_offer("beta", contact="Directie@alfa.example"))


@only_sqlite
def test_an_offer_that_cannot_be_tells_everything_that_is_wrong(database: Database) -> None:
    offer = an_offer("niet goed", name=" ", contact="x", terms=terms(grounds=frozenset({"geluk"}), max_pairs=5000))
    with pytest.raises(BadInput) as wrong:
        invite(database, offer)
    found = [problem.code for problem in wrong.value.problems]
    assert found == ["key-bad", "name-bad", "contact-bad", "grounds-bad", "max_pairs-bad"]
    over = an_offer(terms=terms(first=date(2025, 1, 1), last=date(2025, 2, 1)))
    with refused("last-over"):
        invite(database, over)


@only_sqlite
@pytest.mark.parametrize("field", ["signer", "function"])
def test_nobody_signs_without_a_name_and_a_function(database: Database, field: str) -> None:
    token = invite(database)
    with refused(f"{field}-bad"):
        sign(database, token, **{field: " "})


@only_sqlite
def test_a_period_that_is_over_is_not_countersigned(database: Database) -> None:
    number = sign(database, invite(database))
    with refused("period-over"):
        countersign(database, number, now=PLANNED + 200 * DAY)


@only_sqlite
def test_who_takes_part_gets_links_at_the_address_that_was_invited(database: Database) -> None:
    take_part(database)
    with database.reading() as session:
        found = own_access.by_email(session, "directie@alfa.example")
        assert found is not None
        assert (found.key, found.email, found.name) == ("alfa", "verhuur@alfa.example", "Makelaardij Alfa")


@only_sqlite
def test_who_takes_part_stops_on_its_own_pages_and_not_by_declining(database: Database) -> None:
    token = invite(database)
    countersign(database, sign(database, token))
    with database.writing() as session, refused("enrolled-already"):
        invitations.decline(session, token, PLANNED, WALL)


@only_sqlite
def test_a_renewal_that_was_signed_before_the_office_stopped_is_not_countersigned(database: Database) -> None:
    take_part(database)
    number = sign(database, invite(database))
    with database.writing() as session:
        lifecycle.withdraw(session, "alfa", "aanbieder:alfa", SOON)
    with refused("withdrawn-since"):
        countersign(database, number, now=SOON + DAY)


@only_sqlite
def test_the_newest_signature_takes_the_place_of_all_before_it(database: Database) -> None:
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser()])
    take_part(database)
    number = sign(database, invite(database), terms(grounds=frozenset({"age"}), first=date(2026, 10, 1)))
    countersign(database, number)
    listed, first, second = consents(database)
    assert (listed.scoped, first.scoped, second.scoped) == (False, True, True)
    second_long = timedelta(seconds=1)
    assert listed.valid_until == first.valid_from - second_long
    assert first.valid_until == second.valid_from - second_long == enrolment.start_of(date(2026, 10, 1)) - second_long


@only_sqlite
def test_a_list_changes_nothing_of_what_was_signed(database: Database) -> None:
    take_part(database)
    wider = an_advertiser(
        email="ander@alfa.example", max_pairs=None, consent_until=date(2027, 12, 31), days_off=frozenset(),
        consent_from=date(2026, 9, 1),
    )  # fmt: skip
    with database.writing() as session:
        enrolment.enrol(session, [wider])
        advertiser = session.scalars(select(Advertiser)).one()
        assert advertiser.email == "verhuur@alfa.example"
    (row,) = consents(database)
    assert (row.max_pairs, row.scoped) == (20, True)
    assert days_off(database) == {date(2026, 12, 24)}


@only_sqlite
def test_no_command_takes_away_days_off_that_were_signed(database: Database) -> None:
    take_part(database)
    with database.writing() as session:
        enrolment.give_days_off(session, "alfa", frozenset({date(2026, 11, 2)}), "r.visser", SOON)
    assert days_off(database) == {date(2026, 11, 2), date(2026, 12, 24)}


@only_sqlite
def test_what_both_sides_signed_is_in_the_own_data_of_the_office(database: Database) -> None:
    take_part(database)
    with database.reading() as session:
        (told,) = own_data.held(session, "alfa")["invitations"]
    row = stored(database)
    assert (told["signed"]["text"], told["signed"]["sha256"]) == (row.signed_text, row.digest)
    assert (told["signed"]["by"], told["countersigned"]["by"]) == ("Els de Wit", "m.dekker")
    assert told["offered"]["text"] == TEXT
