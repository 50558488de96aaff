"""What follows a round: an office chooses, the desk agrees, and the register counts offices."""

from datetime import date

import pytest
from followup_makers import (
    ACTION,
    DUE,
    SECOND,
    TODAY,
    agreed,
    agrees,
    asks,
    finishes,
    held,
    proposes,
    records,
    withdraws,
)
from house_makers import ROUND, events, refused, together
from own_makers import OTHER, OWN, closed_round
from sqlalchemy import update

from orchestrator import followup, own_data
from orchestrator.db import Database
from orchestrator.followup_models import FollowUpKind
from orchestrator.models import Round
from orchestrator.rounds import lookup
from orchestrator.states import Role, RoundState
from profiles.errors import BadInput, Refused


@pytest.fixture
def closed(database: Database) -> Database:
    closed_round(database)
    return database


def counted(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return dict(followup.totals(session, lookup.find(session, ROUND)))


def test_an_action_counts_once_the_desk_agreed_and_is_done_once_the_office_says_so(closed: Database) -> None:
    proposes(closed)
    assert not held(closed).agreed
    assert counted(closed) == {}
    agrees(closed)
    assert held(closed).agreed
    assert counted(closed) == {"agreed": 1}
    finishes(closed, note="Wij loten nu.")
    (row,) = held(closed).actions
    assert (row.action, row.due, row.agreed_by, row.agreed_role) == (ACTION, DUE, "anna", Role.ANALYST)
    assert (row.done_on, row.note) == (TODAY, "Wij loten nu.")
    assert counted(closed) == {"agreed": 1, "done": 1}


def test_an_office_is_done_only_when_all_its_agreed_actions_are(closed: Database) -> None:
    agreed(closed)
    agreed(closed, action=SECOND)
    finishes(closed)
    assert counted(closed) == {"agreed": 1}
    withdraws(closed, action=SECOND)
    assert counted(closed) == {"agreed": 1, "done": 1}


def test_an_action_that_was_withdrawn_begins_anew_without_the_agreement_of_before(closed: Database) -> None:
    agreed(closed)
    withdraws(closed)
    assert not held(closed).agreed
    proposes(closed)
    assert [each.agreed_by for each in held(closed).actions] == [None]
    agrees(closed, by="bert")
    assert counted(closed) == {"agreed": 1}


def test_offices_are_counted_once_however_often_something_happened(closed: Database) -> None:
    records(closed)
    records(closed, day=date(2026, 9, 1))
    records(closed, OTHER)
    records(closed, kind=FollowUpKind.TRAINING_OFFERED, day=DUE)
    assert counted(closed) == {"talk-held": 2, "training-offered": 1}


def test_a_retest_is_asked_once_and_only_with_an_agreement(closed: Database) -> None:
    with refused("no-agreement"):
        asks(closed)
    agreed(closed)
    asks(closed)
    with refused("retest-asked"):
        asks(closed)
    assert [each.kind for each in held(closed).entries] == [FollowUpKind.RETEST_ASKED]


def test_every_step_is_an_event_that_names_nobody_and_quotes_no_note(closed: Database) -> None:
    agreed(closed)
    finishes(closed, note="Jan de Vries deed dit.")
    records(closed)
    agreed(closed, action=SECOND)
    withdraws(closed, action=SECOND)
    asks(closed, OWN)
    told = [(each.kind, each.actor) for each in events(closed) if each.kind.startswith("followup.")]
    office = f"aanbieder:{OWN}"
    assert told == [
        ("followup.proposed", office),
        ("followup.agreed", "anna"),
        ("followup.done", office),
        ("followup.talk-held", "anna"),
        ("followup.proposed", office),
        ("followup.agreed", "anna"),
        ("followup.withdrawn", office),
        ("followup.retest-asked", office),
    ]
    assert "Vries" not in str([each.data for each in events(closed)])


def test_what_cannot_be_is_refused_and_changes_nothing(closed: Database) -> None:
    with refused("due"):
        proposes(closed, due=date(2026, 1, 1))
    with refused("unknown-advertiser"):
        proposes(closed, "niemand")
    with refused("unknown-action"):
        agrees(closed)
    proposes(closed)
    with refused("action-there"):
        proposes(closed)
    with refused("action-not-open"):
        finishes(closed)
    agrees(closed)
    with refused("action-agreed"):
        agrees(closed, by="bert")
    with refused("day"):
        finishes(closed, day=date(2099, 1, 1))
    with refused("note"):
        finishes(closed, note="x" * 501)
    finishes(closed)
    with refused("action-done"):
        withdraws(closed)
    with refused("day"):
        records(closed, day=date(2099, 1, 1))
    with refused("office-asks"):
        records(closed, kind=FollowUpKind.RETEST_ASKED)
    records(closed)
    with refused("entry-there"):
        records(closed)
    assert counted(closed) == {"agreed": 1, "done": 1, "talk-held": 1}


@pytest.mark.long
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ANALYST, Role.DESIGNER}))
def test_only_an_analyst_or_designer_agrees(closed: Database, role: Role) -> None:
    proposes(closed)
    with refused("not-allowed"), closed.writing() as session:
        followup.agree(session, OWN, ROUND, ACTION, "carla", held(closed).actions[0].proposed_at, role)


def test_no_office_finds_the_actions_of_another(closed: Database) -> None:
    agreed(closed)
    assert held(closed, OTHER).actions == ()
    for touch in (withdraws, finishes):
        with refused("unknown-action"):
            touch(closed, OTHER)
    assert held(closed).agreed
    with closed.reading() as session:
        mine, theirs = (own_data.held(session, key)["rounds"][0]["actions"] for key in (OWN, OTHER))
    assert [each["action"] for each in mine] == [ACTION]
    assert theirs == []


@pytest.mark.long
def test_a_round_that_still_runs_has_no_follow_up(closed: Database) -> None:
    with closed.writing() as session:
        session.execute(update(Round).values(state=RoundState.RUNNING))
    with refused("unknown-round"):
        proposes(closed)
    with closed.reading() as session:
        assert followup.of_round(session, ROUND) == ()


def test_of_those_who_choose_the_same_at_once_one_is_told_it_is_there(closed: Database) -> None:
    def tries() -> str:
        try:
            proposes(closed)
        except (Refused, BadInput):
            return "refused"
        return "done"

    assert sorted(together(tries, tries, tries)) == ["done", "refused", "refused"]
    assert len(held(closed).actions) == 1
