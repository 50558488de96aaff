"""From the record to rows: which answer counts, which does not, and what a report says beside its numbers."""

from datetime import datetime, timedelta

import pytest
from house_makers import (
    DAY,
    DUE,
    HOUR,
    ROUND,
    SECOND,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    answer,
    code,
    letters,
    only,
    only_sqlite,
    refused,
    run,
    send,
    send_both,
    store,
)
from report_makers import excluded as an_excluded_pair
from report_makers import pairs, sham
from sqlalchemy import update

from orchestrator.db import Database
from orchestrator.design import digest
from orchestrator.models import Pair, Reply
from orchestrator.rounds import lifecycle
from orchestrator.rounds.answers import Proposed
from orchestrator.states import PairState
from profiles.pairs import Arm
from results import tables
from results.outcomes import Outcome
from results.statistics import Counts
from results.tables import ArmRow, PairRow, RoundTable


def load(database: Database) -> RoundTable:
    with database.reading() as session:
        return tables.load(session, ROUND)


def said(label: str, *, invites: bool = False) -> Proposed:
    return Proposed(label, 1, 1.0, final=True, invites=invites)


def reply(database: Database, label: str | None, after: timedelta = HOUR, order: int = 1, kind: str = "human") -> int:
    """Let the first or second letter of the only pair be answered so long after it went."""
    inquiry = only(letters(database, order))
    assert inquiry.sent_at is not None
    proposal = said(label) if label else "OVERIG"
    with database.writing() as session:
        return answer(session, inquiry.id, proposal, inquiry.sent_at + after, kind=kind).id


def first(database: Database) -> ArmRow:
    row = only(load(database).rows)
    return row.control if row.first is Arm.CONTROL else row.treatment


def a_sent_pair(database: Database, **parts: object) -> None:
    run(database, a_monday(**parts) if parts else None)
    send_both(database)


@only_sqlite
def test_a_row_tells_who_was_asked_what_by_whom_and_when(database: Database) -> None:
    a_sent_pair(database)
    row = only(load(database).rows)
    one, two = letters(database)
    assert (row.pair, row.listing, row.district, row.sham, row.state, row.reason) == (
        "P-0001", "ams-1", "Binnenstad", None, "open", None,
    )  # fmt: skip
    assert (row.advertiser, row.advertiser_name, row.advertiser_kind) == ("alfa", "Makelaardij Alfa", "broker")
    assert row.first is one.arm
    assert two.sent_at is not None
    assert one.sent_at is not None
    assert row.gap_hours == pytest.approx((two.sent_at - one.sent_at) / HOUR)
    assert (row.control.name_set, row.treatment.name_set) == ("dutch", "moroccan")
    assert {row.control.name, row.treatment.name} == {one.sender_name, two.sender_name}


@only_sqlite
def test_the_arms_stand_in_their_own_columns_whoever_wrote_first(database: Database) -> None:
    run(database, rows=8)
    for row, (one, two) in zip(load(database).rows, zip(*[iter(letters(database))] * 2, strict=True), strict=True):
        by_arm = {one.arm: one, two.arm: two}
        assert row.control.name == by_arm[Arm.CONTROL].sender_name
        assert row.treatment.name == by_arm[Arm.TREATMENT].sender_name


@only_sqlite
def test_silence_after_a_sent_letter_is_no_reaction_and_an_unsent_letter_has_no_outcome(database: Database) -> None:
    run(database)
    send(database)
    row = only(load(database).rows)
    sent, unsent = (row.control, row.treatment) if row.first is Arm.CONTROL else (row.treatment, row.control)
    assert (sent.label, sent.outcome, sent.positive) == ("GEEN_REACTIE", Outcome.NONE, False)
    assert (unsent.label, unsent.outcome, unsent.positive) == (None, None, None)
    assert row.gap_hours is None


@only_sqlite
@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        (("AL_VERHUURD", "UITNODIGING"), "UITNODIGING"),
        (("INKOMENSVRAAG", "AL_VERHUURD"), "INKOMENSVRAAG"),
        (("AUTOMATISCHE_ONTVANGST", "AL_VERHUURD"), "AL_VERHUURD"),
        (("AUTOMATISCHE_ONTVANGST",), "AUTOMATISCHE_ONTVANGST"),
    ],
)
def test_the_best_of_several_replies_counts(database: Database, labels: tuple[str, ...], counts: str) -> None:
    a_sent_pair(database)
    for label in labels:
        reply(database, label)
    assert first(database).label == counts


@only_sqlite
def test_a_reply_within_the_window_counts_and_a_later_one_does_not(database: Database) -> None:
    a_sent_pair(database)
    reply(database, "UITNODIGING", 10 * DAY + SECOND)
    assert (first(database).label, first(database).positive) == ("GEEN_REACTIE", False)
    reply(database, "UITNODIGING", 10 * DAY)
    assert (first(database).label, first(database).positive) == ("UITNODIGING", True)


@only_sqlite
def test_a_better_reply_that_came_too_late_does_not_replace_one_in_time(database: Database) -> None:
    a_sent_pair(database)
    reply(database, "AL_VERHUURD", HOUR)
    reply(database, "UITNODIGING", 11 * DAY)
    assert first(database).label == "AL_VERHUURD"


@only_sqlite
def test_the_window_runs_from_each_letter_by_itself(database: Database) -> None:
    a_sent_pair(database)
    one, two = letters(database)
    assert one.sent_at is not None
    late = one.sent_at + 10 * DAY + HOUR
    with database.writing() as session:
        answer(session, one.id, said("UITNODIGING"), late)
        answer(session, two.id, said("UITNODIGING"), late)
    row = only(load(database).rows)
    positive = {row.first: row.control.positive if row.first is Arm.CONTROL else row.treatment.positive}
    assert positive == {row.first: False}
    assert {row.control.positive, row.treatment.positive} == {True, False}


@only_sqlite
def test_a_reply_without_a_final_label_does_not_count_yet(database: Database) -> None:
    a_sent_pair(database)
    reply(database, None)
    assert first(database).label == "GEEN_REACTIE"
    assert load(database).facts.waiting == 1


@only_sqlite
@pytest.mark.parametrize(("positive", "counts"), [(["positive"], False), (["positive", "conditional"], True)])
def test_the_design_decides_which_outcomes_are_positive(database: Database, positive: list[str], counts: bool) -> None:
    a_sent_pair(database, outcome={"positive": positive})
    reply(database, "INKOMENSVRAAG")
    assert first(database).outcome is Outcome.CONDITIONAL
    assert first(database).positive is counts


@only_sqlite
def test_the_answer_time_runs_to_the_first_thing_a_person_wrote(database: Database) -> None:
    a_sent_pair(database)
    reply(database, "AUTOMATISCHE_ONTVANGST", timedelta(minutes=1), kind="automatic")
    assert first(database).answer_hours is None
    reply(database, "AL_VERHUURD", 30 * HOUR)
    reply(database, "AL_VERHUURD", 6 * HOUR)
    assert first(database).answer_hours == pytest.approx(6)


@only_sqlite
def test_an_answer_after_the_window_has_no_answer_time(database: Database) -> None:
    a_sent_pair(database)
    reply(database, "UITNODIGING", 11 * DAY)
    assert first(database).answer_hours is None


# --- Counts --------------------------------------------------------------------------------------------------------


def test_only_usable_pairs_are_counted_each_in_its_cell() -> None:
    rows = [*pairs(4, 3, 2, 1), an_excluded_pair("niet-verzonden", 90), an_excluded_pair("test-herkend", 91)]
    assert tables.counts(rows) == Counts(4, 3, 2, 1)
    assert tables.excluded([*rows, an_excluded_pair("niet-verzonden", 92)]) == {"niet-verzonden": 2, "test-herkend": 1}


def test_no_pairs_give_empty_counts() -> None:
    assert tables.counts([]) == Counts(0, 0, 0, 0)
    assert tables.excluded([]) == {}


def test_sham_pairs_are_counted_only_by_who_asks_for_them() -> None:
    rows: list[PairRow] = [*pairs(1, 1, 1, 1), sham("c10", 95)]
    assert tables.counts(rows).n == 5
    assert tables.counts([row for row in rows if not row.sham]) == Counts(1, 1, 1, 1)


@only_sqlite
def test_a_closed_round_gives_the_counts_of_what_was_answered(database: Database) -> None:
    run(database, rows=4)
    send_both(database)
    invited = {1: (True, True), 2: (True, False), 3: (False, True), 4: (False, False)}
    for row in letters(database):
        number = int(row.pair.listing.key.removeprefix("ams-"))
        if invited[number][row.arm is Arm.TREATMENT]:
            with database.writing() as session:
                answer(session, row.id, said("UITNODIGING", invites=True), TUESDAY)
    with database.writing() as session:
        lifecycle.collect(session, ROUND, "r.visser", TUESDAY)
        lifecycle.close(session, ROUND, "r.visser", TUESDAY + 15 * DAY)
    table = load(database)
    assert tables.counts(table.rows) == Counts(1, 1, 1, 1)
    assert (table.facts.invitations, table.facts.declines) == (4, 0)
    assert table.facts.closed_at == TUESDAY + 15 * DAY


@only_sqlite
def test_an_excluded_pair_says_why(database: Database) -> None:
    run(database)
    send(database, outcome="refused")
    row = only(load(database).rows)
    assert (row.state, row.reason) == ("excluded", "niet-verzonden")
    assert tables.excluded(load(database).rows) == {"niet-verzonden": 1}


# --- Facts ---------------------------------------------------------------------------------------------------------


@only_sqlite
def test_the_facts_hold_the_design_and_the_two_people_who_stand_for_it(database: Database) -> None:
    a_sent_pair(database)
    facts = load(database).facts
    assert (facts.round, facts.version, facts.seed, facts.digest) == (ROUND, 1, 7, digest(a_monday()))
    assert (facts.planned_by, facts.approved_by, facts.state) == ("r.visser", "m.dekker", "running")
    assert (facts.commissioner, facts.purpose, facts.mode) == ("Gemeente Proefstad", "learning", "rehearsal")
    assert (facts.control_set, facts.treatment_set) != ("dutch", "moroccan")
    assert (facts.positive, facts.response_days, facts.level) == (("positive",), 10, 0.95)
    assert (facts.validation, facts.fewest_raters) == ("none", None)


@only_sqlite
def test_the_facts_count_pairs_letters_refusals_and_withdrawals(database: Database) -> None:
    people = [an_advertiser(max_pairs=1), an_advertiser("bravo")]
    run(database, participants=people, rows=[a_listing(1), a_listing(2), a_listing(3, "bravo")])
    send(database)
    store(database)
    with database.writing() as session:
        lifecycle.withdraw(session, "bravo", "r.visser", DUE + HOUR)
    facts = load(database).facts
    assert (facts.planned_pairs, facts.enrolled, facts.withdrawn, facts.sent) == (2, 2, 1, 2)
    assert facts.refusals == {"maximum-per-aanbieder": 1}
    assert facts.waiting == 1


@only_sqlite
def test_kappa_is_computed_over_the_first_two_codes_of_what_people_coded_twice(database: Database) -> None:
    a_sent_pair(database)
    assert load(database).facts.kappa is None
    codes = [("OVERIG", "OVERIG"), ("OVERIG", "OVERIG"), ("AL_VERHUURD", "AL_VERHUURD"), ("OVERIG", "AL_VERHUURD")]
    for one, other in codes:
        number = reply(database, None)
        code(database, number, "anna", one)
        code(database, number, "bram", other)
    code(database, number, "carla", "OVERIG")
    code(database, reply(database, None), "anna", "UITNODIGING")
    facts = load(database).facts
    assert facts.kappa == pytest.approx(0.5)  # agreed 3/4; by chance 3/4*1/2 + 1/4*1/2 = 1/2
    assert (facts.coded_by_people, facts.coded_by_rule, facts.waiting) == (4, 0, 1)


@only_sqlite
def test_what_rules_and_people_coded_is_told_apart(database: Database) -> None:
    a_sent_pair(database)
    reply(database, "AL_VERHUURD")
    number = reply(database, None)
    code(database, number, "anna", "OVERIG")
    code(database, number, "bram", "OVERIG")
    facts = load(database).facts
    assert (facts.coded_by_rule, facts.coded_by_people) == (1, 1)


@only_sqlite
def test_an_unknown_round_is_refused(database: Database) -> None:
    with refused("unknown-round"):
        load(database)


@only_sqlite
def test_another_round_adds_nothing_to_this_one(database: Database) -> None:
    a_sent_pair(database)
    run(database, a_monday(round="andere-2026"))
    before = load(database)
    with database.writing() as session:
        session.execute(update(Pair).values(state=PairState.OPEN))
        inquiry = only(row for row in letters(database, 1) if row.sent_at is None)
        assert isinstance(answer(session, inquiry.id, said("UITNODIGING"), TUESDAY), Reply)
    after = load(database)
    assert (after.rows, after.facts.sent, after.facts.coded_by_rule) == (before.rows, 2, 0)
    assert isinstance(before.rows[0].control.sent_at, datetime)
