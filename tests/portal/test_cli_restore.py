"""Losing everything but three files kept elsewhere: a backup, the copy of the keys, and the master key. An empty system
that they are put into tells the same figures, from the same ledger, and opens the same answers.
"""

import gc
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
from cli_makers import User, a_user
from house_makers import ROUND, events
from release_makers import closed
from restore_makers import a_server_database, pg_restore
from sqlalchemy import select

from orchestrator.db import Database
from orchestrator.models import Reply
from orchestrator.sealing import GONE
from orchestrator.settings import Settings

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Figures:
    """What a system says of its round: the analysis and the files of the export, byte for byte, and the answers."""

    analysis: str
    export: dict[str, bytes]
    replies: list[str]
    lines: list[str]


def figures(user: User) -> Figures:
    analysis = user.does("analyse", ROUND, "--format", "json")
    user.does("export", ROUND, "--out", str(user.folder / "uit"))
    files = {file.name: file.read_bytes() for file in (user.folder / "uit").iterdir() if file.suffix != ".zip"}
    (archive,) = (user.folder / "uit").glob("*.zip")
    with ZipFile(archive) as whole:
        files |= {name: whole.read(name) for name in whole.namelist()}
    database = a_house()
    with database.reading() as session:
        replies = [reply.text for reply in session.scalars(select(Reply).order_by(Reply.id))]
    lines = [event.hash for event in events(database)]
    database.engine.dispose()
    return Figures(analysis, files, replies, lines)


def a_house() -> Database:
    settings = Settings.from_env()
    return Database.at(settings.database, settings.keys)


@contextmanager
def a_system(user: User, folder: Path, monkeypatch: pytest.MonkeyPatch, server: Database | None) -> Iterator[User]:
    """An empty system of its own: a folder with nothing in it, and a database without a table."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PRAKTIJKTEST_DATA", str(folder / "data"))
    with ExitStack() as until:
        if server:
            made = until.enter_context(a_server_database(server, empty=True))
            monkeypatch.setenv("PRAKTIJKTEST_DATABASE_URL", made.engine.url.render_as_string(hide_password=False))
        yield User(folder, user.capsys, user.monkeypatch)


def put_back(user: User, kept: Path, server: Database | None) -> None:
    """What docs/operations.md and docs/privacy.md say to do."""
    (user.folder / "data").mkdir(exist_ok=True)
    shutil.copy(kept / "hoofdsleutel", user.folder / "data" / "hoofdsleutel")
    user.does("keys", "restore", str(kept / "sleutels"))
    gc.collect()  # each command here was a process of its own, and has closed the database by now
    if server:
        pg_restore(a_house().engine.url, kept / "back-up")
        user.does("restored", "--by", "anna")
    else:
        user.does("restore", str(kept / "back-up"), "--by", "anna")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_in_an_empty_system_tells_the_same_ledger_and_the_same_figures(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    server = request.getfixturevalue("_postgresql") if kind == "postgresql" else None
    user, kept = a_user(tmp_path, capsys, monkeypatch), tmp_path / "elders"
    kept.mkdir()
    with a_system(user, tmp_path / "eerste", monkeypatch, server) as first:
        first.does("migrate")
        closed(a_house())
        first.does("keys", "backup", str(kept / "sleutels"))
        first.does("backup", str(kept / "back-up"))
        shutil.copy(first.folder / "data" / "hoofdsleutel", kept / "hoofdsleutel")
        before = figures(first)
    shutil.rmtree(tmp_path / "eerste")
    with a_system(user, tmp_path / "tweede", monkeypatch, server) as second:
        put_back(second, kept, server)
        assert "Het logboek is gaaf." in second.does("ledger", "verify")
        after = figures(second)
    assert headline(before)["n"] > 50
    assert headline(after) == headline(before)
    assert after.analysis == before.analysis
    assert after.export == before.export
    assert after.replies == before.replies
    assert set(before.replies) == {"Dank."}
    # The backup was made before its own line was written; what comes after it is that it was put back.
    told = after.lines.index(before.lines[-2]) + 1
    assert after.lines[:told] == before.lines[:told]
    assert len(after.lines) == told + 1


def headline(found: Figures) -> dict[str, float]:
    (first, *_) = json.loads(found.analysis)["estimates"]
    return dict(first)


def test_a_backup_whose_keys_are_lost_still_tells_the_figures_and_opens_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = a_user(tmp_path, capsys, monkeypatch)
    with a_system(user, tmp_path / "eerste", monkeypatch, None) as first:
        first.does("migrate")
        closed(a_house())
        first.does("backup", str(tmp_path / "back-up"))
        before = figures(first)
    with a_system(user, tmp_path / "tweede", monkeypatch, None) as second:
        second.does("restore", str(tmp_path / "back-up"), "--by", "anna")
        after = figures(second)
    assert after.analysis == before.analysis
    assert set(before.replies) == {"Dank."}
    assert set(after.replies) == {GONE}
