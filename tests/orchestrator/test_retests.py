"""A re-test tests again the offices that agreed on an action, in the same way as before, and nobody else."""

import pytest
from design_makers import a_design
from feed_makers import a_feed, grow, offer
from house_makers import DAY, DUE, HOUR, ROUND, a_monday, only_sqlite, refused, run, start
from release_makers import closed
from retest_makers import (
    AGREED_AT,
    KEYS,
    LATER,
    PLANNED_AT,
    RETEST,
    a_retest,
    agree,
    in_round,
    plan_retest,
    reasons,
    withdraw,
)

from orchestrator import followup, own_data, retests
from orchestrator.db import Database
from orchestrator.design import canonical, check, digest
from orchestrator.followup_models import FollowUpKind
from orchestrator.rounds import lifecycle
from profiles.catalogue import load
from profiles.errors import Refused

SETS = load().sets


@pytest.fixture
def after(database: Database) -> Database:
    """A closed round of ten offices."""
    closed(database)
    return database


@pytest.mark.long
def test_only_offices_with_an_agreed_action_are_tested_again_and_the_others_are_refused_for_that(
    after: Database,
) -> None:
    agree(after, KEYS[:3])
    withdraw(after, KEYS[2])
    plan_retest(after)
    assert in_round(after) == {KEYS[0]: 2, KEYS[1]: 2}
    assert reasons(after) == {key: {"geen-afspraak"} for key in KEYS[2:]}


@only_sqlite
def test_a_re_test_of_nobody_is_refused(after: Database) -> None:
    with refused("retest-of-nobody"):
        plan_retest(after)
    agree(after, KEYS[:1])
    with refused("retest-of-nobody"):
        plan_retest(after, keys=KEYS[1:])


@only_sqlite
def test_a_round_that_is_not_there_or_not_closed_cannot_be_tested_again(database: Database) -> None:
    with refused("unknown-round"):
        plan_retest(database)
    run(database, a_monday())
    with refused("retest-not-closed"):
        plan_retest(database)


@only_sqlite
def test_a_design_that_measures_otherwise_is_refused_and_told_what_differs(after: Database) -> None:
    agree(after, KEYS[:1])
    other = a_retest(question={"treatment": "turkish"}, outcome={"positive": ["positive"], "response_days": 14})
    with pytest.raises(Refused) as caught:
        plan_retest(after, design=other)
    assert caught.value.problem.code == "retest-not-alike"
    assert "question.treatment is turkish en was moroccan" in caught.value.problem.message
    assert "outcome.response_days is 14 en was 10" in caught.value.problem.message


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "live"},
        {"study": {"purpose": "monitoring"}},
        {"question": {"ground": "gender", "treatment": "dutch"}},
        {"question": {"control": "turkish"}},
        {"question": {"also": ["turkish"]}},
        {"question": {"approach": "unpaired"}},
        {"letters": {"level": "full"}},
        {"letters": {"language": "en"}},
        {"outcome": {"positive": ["positive", "conditional"]}},
        {"outcome": {"response_days": 5}},
    ],
)
def test_whatever_a_figure_depends_on_must_be_the_same(changes: dict[str, object]) -> None:
    assert retests.differences(a_design(), a_design(**changes))
    assert not retests.differences(a_design(), a_design(seed=5, sample={"pairs": 3, "per_advertiser": 2}))


def test_a_re_test_is_no_re_test_of_itself_and_compares_pairs() -> None:
    found = check(a_retest(round=ROUND, question={"approach": "unpaired"}), SETS)
    assert {"retest-of-itself", "retest-unpaired"} <= {problem.code for problem in found}


def test_a_design_that_says_nothing_of_a_re_test_keeps_its_text_and_digest() -> None:
    assert "retest_of" not in canonical(a_design())
    assert digest(a_design()) != digest(a_design(retest_of=ROUND))


@pytest.mark.long
def test_a_feed_brings_a_re_test_nothing_of_an_office_without_an_agreement(after: Database) -> None:
    agree(after, KEYS[:3])
    monday = (DUE + LATER).date().isoformat()
    feed = a_feed("https://alfa.example/aanbod.csv").model_dump(mode="json")
    design = a_retest(
        sample={"pairs": 200, "per_advertiser": 100, "feeds": [feed]},
        schedule={"first_day": monday, "last_day": (DUE + LATER + 4 * DAY).date().isoformat()},
    )
    plan_retest(after, 1, design)
    with after.writing() as session:
        lifecycle.approve(session, RETEST, "m.dekker", PLANNED_AT + HOUR)
    start(after, RETEST, now=PLANNED_AT + 2 * HOUR)
    withdraw(after, KEYS[1])
    now = DUE + LATER - 5 * HOUR
    offers = [offer(number, key) for number, key in enumerate((KEYS[0], KEYS[1], KEYS[9]), start=1)]
    assert grow(after, *offers, name=RETEST, now=now) == 1
    assert in_round(after) == {KEYS[0]: 2, KEYS[1]: 1, KEYS[2]: 1}
    assert reasons(after)[KEYS[1]] == {"geen-afspraak"}


@only_sqlite
def test_an_office_is_not_told_that_a_re_test_of_it_is_planned(after: Database) -> None:
    agree(after, KEYS[:1])
    with after.writing() as session:
        day = (DUE + LATER).date()
        followup.record(session, KEYS[0], ROUND, FollowUpKind.RETEST_PLANNED, day, "anna", AGREED_AT)
    plan_retest(after)
    with after.reading() as session:
        assert followup.of_office(session, KEYS[0], ROUND).entries == ()
        assert RETEST not in str(own_data.held(session, KEYS[0]))
        (desk,) = [each for each in followup.of_round(session, ROUND) if each.key == KEYS[0]]
    assert [each.kind for each in desk.entries] == [FollowUpKind.RETEST_PLANNED]
