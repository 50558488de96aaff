"""The terminal tells what the status page tells, and which letters come next."""

from pathlib import Path

import pytest
from cli_makers import ROUND, User, a_user
from sqlalchemy import text

from orchestrator.settings import Settings
from portal.commands import house
from profiles.pairs import BOTH
from workers import runtime, tasks
from workers.runtime import Runtime

pytestmark = pytest.mark.long


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def test_status_without_a_round_tells_which_queues_nobody_works_on(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "LET OP Wachtrij inbox (ontvangst): Hier is geen werkproces aan het werk." in user.does("status")
    here = Runtime.open(Settings.from_env())
    monkeypatch.setattr(runtime, "_current", here)
    tasks.read_mail()
    shown = user.does("status")
    assert "goed  Wachtrij inbox (ontvangst): Het werkproces " in shown
    assert "LET OP Wachtrij reports" in shown
    tasks.on_stop()
    assert "LET OP Wachtrij inbox (ontvangst): Hier is geen werkproces aan het werk." in user.does("status")


def test_status_tells_that_sending_is_shut_why_and_what_to_do(user: User) -> None:
    user.does("stop", "--by", "anna", "--reason", "klacht")
    shown = user.does("status")
    assert "LET OP Verzending: Alle verzending staat uit: klacht. (sinds " in shown
    assert "praktijktest reopen --by NAAM" in shown


def test_the_letters_ahead_are_told_with_why_each_waits_and_not_with_the_arm(user: User) -> None:
    user.plans()
    shown = user.does("letters", "ahead", ROUND, "--number", "4")
    assert shown.count("P-0") == 4
    assert "e-mail" in shown
    assert not any(arm.value in shown for arm in BOTH)
    assert user.says("letters", "ahead", "onbekend").code == 2


def test_recount_says_that_all_is_well_or_mends_what_is_not(user: User) -> None:
    user.plans()
    assert "Alle tellingen kloppen." in user.does("recount")
    with house.writing() as (session, _):
        session.execute(text("UPDATE tally_change SET n = n + 1 WHERE what = 'inquiry.planned'"))
    shown = user.does("recount")
    assert "inquiry.planned" in shown
    assert "1 tellingen klopten niet" in shown
    assert "Alle tellingen kloppen." in user.does("recount")
