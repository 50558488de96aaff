"""Losing a database, from the command line: what is said at each step, and in which order it goes."""

import gc
from pathlib import Path

import pytest
from cli_makers import ROUND, User, a_user

from orchestrator.db import Database
from orchestrator.models import Control


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


@pytest.mark.long
def test_a_backup_is_made_put_back_and_reconciled(user: User) -> None:
    user.starts()
    said = user.does("backup", "back-up")
    assert "Back-up gemaakt: back-up" in said
    assert "logboek tot regel 3 (" in said
    user.does("pause", ROUND, "--by", "anna", "--reason", "klacht")
    gc.collect()  # each command here was a process of its own, and has closed the database by now
    said = user.does("restore", "back-up", "--by", "anna")
    assert "Back-up back-up is teruggezet, logboek tot regel 3 (" in said
    assert "De vervangen database is bewaard als " in said
    assert "3. Daarna: praktijktest reconcile --by NAAM" in said
    assert "er is een back-up teruggezet" in user.does("status")
    assert "er is een back-up teruggezet" in user.does("status", ROUND)
    done = user.says("reopen", "--by", "anna")
    assert (done.code, done.err.partition(":")[0]) == (2, "not-reconciled")
    said = user.does("reconcile", "--by", "anna")
    assert "Verzoend: 0 brieven bleken verzonden." in said
    assert "De verzending staat weer open." in said
    assert "teruggezet" not in user.does("status")
    assert "gaaf" in user.does("ledger", "verify")


@pytest.mark.long
def test_a_database_that_was_put_back_by_other_means_is_told_of(user: User) -> None:
    user.starts()
    said = user.does("restored", "--by", "anna")
    assert "Vastgelegd: er is een back-up teruggezet, logboek tot regel 3 (" in said
    assert "praktijktest reconcile" in user.does("status")


@pytest.mark.long
def test_a_stop_by_a_person_is_said_after_the_reconciling(user: User) -> None:
    user.starts()
    user.does("stop", "--by", "anna", "--reason", "een klacht")
    user.does("restored", "--by", "anna")
    assert "Alle verzending staat uit: een klacht." in user.does("reconcile", "--by", "anna")


@pytest.mark.long
def test_reconciling_waits_for_the_folder_with_copies_and_says_so(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    user.starts()
    for name, value in (("IMAP_HOST", "127.0.0.1"), ("IMAP_USER", "wij"), ("IMAP_PASSWORD", "w"),
                        ("LEDGER_IMAP_FOLDER", "Grootboek")):  # fmt: skip
        monkeypatch.setenv(f"PRAKTIJKTEST_{name}", value)
    user.does("restored", "--by", "anna")
    done = user.says("reconcile", "--by", "anna")
    assert done.code == 2
    assert done.err.startswith("ledger-unread: De map met kopieën is nog nooit tot het einde gelezen")


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("backup", "participants.csv"), "file-exists"),
        (("backup", "weg/back-up"), "cannot-write"),
        (("restore", "weg", "--by", "anna"), "no-such-file"),
        (("restore", "participants.csv", "--by", "anna"), "no-backup"),
        (("reconcile", "--by", "anna"), "not-restored"),
    ],
    ids=lambda told: told if isinstance(told, str) else " ".join(told[:2]),
)
def test_what_cannot_be_done_is_a_sentence_and_code_2(user: User, words: tuple[str, ...], code: str) -> None:
    user.starts()
    done = user.says(*words)
    assert (done.code, done.out) == (2, "")
    assert f"{code}: " in done.err
    assert "Traceback" not in done.err


@pytest.mark.long
def test_a_backup_is_not_put_back_while_the_house_is_at_work(user: User) -> None:
    user.starts()
    user.does("backup", "back-up")
    house = Database.at(f"sqlite:///{user.folder / 'data' / 'praktijktest.db'}")
    with house.reading() as session:
        assert session.get_one(Control, 1).restored_at is None
    done = user.says("restore", "back-up", "--by", "anna")
    house.engine.dispose()
    assert (done.code, done.err.partition(":")[0]) == (2, "in-use")
    assert "Stop eerst praktijktest run" in done.err
