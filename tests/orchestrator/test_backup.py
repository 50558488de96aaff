"""A backup holds one moment, whole; putting one back happens in one step, with nobody looking."""

import os
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from house_makers import PLANNED, events, only_postgresql, refused, run
from sqlalchemy import text

from orchestrator import backup, ledger
from orchestrator.db import Database
from orchestrator.models import Control
from orchestrator.rounds import restored
from orchestrator.schema import MIGRATIONS


@pytest.fixture
def house(house: Database) -> Database:
    """A file of our own with a round in it."""
    run(house)
    return house


def mark(made: Database) -> None:
    with made.writing() as session:
        restored.mark(session, "m.dekker", PLANNED, restored.TOLD)


def address(house: Database) -> str:
    return house.engine.url.render_as_string()


def head(house: Database) -> ledger.Head | None:
    with house.reading() as session:
        return ledger.head(session)


def marked(house: Database) -> bool:
    with house.reading() as session:
        return session.get_one(Control, 1).restored_at is not None


def wrecked(file: Path) -> None:
    file.write_bytes(b"x" * 8192)


def test_a_backup_is_one_file_for_its_owner_alone_and_tells_its_newest_line(house: Database, tmp_path: Path) -> None:
    file = tmp_path / "back-up"
    made = backup.save(house, file)
    assert made.head == head(house)
    assert made.size == file.stat().st_size > 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("back-up")] == ["back-up"]


def test_a_backup_is_made_while_somebody_else_is_writing_and_holds_none_of_it(house: Database, tmp_path: Path) -> None:
    before = head(house)
    with house.engine.connect() as writer:
        writer.execute(text("UPDATE control SET sending_enabled = 0"))
        assert backup.save(house, tmp_path / "back-up").head == before
        writer.commit()
    with sqlite3.connect(tmp_path / "back-up") as there:
        assert there.execute("SELECT sending_enabled FROM control").fetchone() == (1,)
    there.close()


def test_a_backup_overwrites_nothing(house: Database, tmp_path: Path) -> None:
    (tmp_path / "back-up").write_text("iets van een ander")
    with refused("file-exists"):
        backup.save(house, tmp_path / "back-up")
    assert (tmp_path / "back-up").read_text() == "iets van een ander"


def test_a_backup_that_cannot_be_written_leaves_nothing(house: Database, tmp_path: Path) -> None:
    with refused("cannot-write"):
        backup.save(house, tmp_path / "weg" / "back-up")
    house.engine.dispose()
    wrecked(tmp_path / "praktijktest.db")
    with pytest.raises(Exception, match="not a database"):
        backup.save(house, tmp_path / "back-up")
    assert not (tmp_path / "back-up").exists()


def test_what_is_put_back_is_marked_from_its_first_moment_and_the_rest_is_kept(house: Database, tmp_path: Path) -> None:
    made = backup.save(house, tmp_path / "back-up")
    with house.writing() as session:
        ledger.append(session, PLANNED, "r.visser", "later", "control")
    later = head(house)
    house.engine.dispose()
    done = backup.put_back(address(house), tmp_path / "back-up", mark)
    assert done.head == made.head
    assert [event.kind for event in events(house)][-1] == "backup.restored"
    assert len(events(house)) == (made.head.seq if made.head else 0) + 1
    assert marked(house)
    assert done.kept is not None
    kept = Database.at(f"sqlite:///{done.kept}")
    assert head(kept) == later
    kept.engine.dispose()
    assert not list(tmp_path.glob("*.herstel*"))


@pytest.mark.long
def test_nothing_is_put_back_while_a_process_has_the_database_open(house: Database, tmp_path: Path) -> None:
    backup.save(house, tmp_path / "back-up")
    head(house)  # its pool keeps the connection open, as a running process does
    with refused("in-use"):
        backup.put_back(address(house), tmp_path / "back-up", mark)
    assert not marked(house)
    assert not list(tmp_path.glob("*.herstel*"))
    house.engine.dispose()
    backup.put_back(address(house), tmp_path / "back-up", mark)
    assert marked(house)


@pytest.mark.parametrize("lost", ["gone", "wrecked"])
def test_a_database_that_is_gone_or_wrecked_is_replaced_too(house: Database, tmp_path: Path, lost: str) -> None:
    made = backup.save(house, tmp_path / "back-up")
    house.engine.dispose()
    file = tmp_path / "praktijktest.db"
    file.unlink() if lost == "gone" else wrecked(file)
    done = backup.put_back(address(house), tmp_path / "back-up", mark)
    assert (done.kept is None) is (lost == "gone")
    assert len(events(house)) == (made.head.seq if made.head else 0) + 1
    if done.kept:
        assert done.kept.read_bytes().startswith(b"xxx")


@pytest.mark.parametrize("content", ["text", "half", "another program's"])
def test_what_is_no_whole_backup_is_not_put_back(house: Database, tmp_path: Path, content: str) -> None:
    file = tmp_path / "back-up"
    if content == "text":
        file.write_text("geen database")
    elif content == "half":
        backup.save(house, file)
        with file.open("r+b") as stream:
            stream.seek(8192)
            stream.write(os.urandom(file.stat().st_size // 2))
    else:
        with sqlite3.connect(file) as there:
            there.execute("CREATE TABLE iets (id)")
        there.close()
    house.engine.dispose()
    with refused("no-backup"):
        backup.put_back(address(house), file, mark)
    assert not marked(house)


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(house: Database, tmp_path: Path) -> None:
    earlier = Database.at(f"sqlite:///{tmp_path / 'back-up'}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = earlier.engine
    command.upgrade(config, "0002")
    with earlier.engine.begin() as connection:
        connection.execute(text("INSERT INTO control (id, sending_enabled) VALUES (1, 1)"))
    earlier.engine.dispose()
    house.engine.dispose()
    backup.put_back(address(house), tmp_path / "back-up", mark)
    assert marked(house)


@only_postgresql
def test_a_server_without_pg_dump_is_named(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with refused("no-pg-dump"):
        backup.save(database, tmp_path / "back-up")
    assert not (tmp_path / "back-up").exists()


@only_postgresql
def test_a_pg_dump_that_fails_is_named_and_leaves_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump: error: server version mismatch' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with refused("backup-failed"):
        backup.save(database, tmp_path / "back-up")
    assert not (tmp_path / "back-up").exists()


@only_postgresql
def test_a_server_is_not_put_back_by_us(database: Database, tmp_path: Path) -> None:
    with refused("not-sqlite"):
        backup.put_back("postgresql+psycopg://127.0.0.1/praktijktest", tmp_path / "back-up", mark)
