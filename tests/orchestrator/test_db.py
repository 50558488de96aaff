"""Aware times only, and transactions that hold or vanish whole."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from house_makers import PLANNED, only_postgresql, only_sqlite, together
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from orchestrator import ledger, postgres
from orchestrator.db import Database, DatabaseError, SqliteDateTime
from orchestrator.models import Control, Event


def put(database: Database, at: datetime) -> None:
    with database.writing() as session:
        session.get_one(Control, 1).clock_start = at


def got(database: Database) -> datetime | None:
    with database.reading() as session:
        return session.get_one(Control, 1).clock_start


def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    moment = datetime(2026, 9, 7, 9, 0, 0, 123456, tzinfo=ZoneInfo("Europe/Amsterdam"))
    put(database, moment)
    back = got(database)
    assert back == moment
    assert back is not None
    assert back.utcoffset() == timedelta(0)


@pytest.mark.parametrize("moment", [datetime(2026, 9, 7, 9), datetime(987, 1, 2, 3, 4, 5, 6), datetime.max, None])  # noqa: DTZ001, DTZ901
def test_sqlite_keeps_a_moment_as_the_text_that_its_own_type_writes(moment: datetime | None) -> None:
    ours, theirs = (kind().bind_processor(sqlite.dialect()) for kind in (SqliteDateTime, sqlite.DATETIME))
    assert ours(moment) == theirs(moment)


def test_the_hour_that_the_clock_goes_back_is_kept_apart(database: Database) -> None:
    summer = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    winter = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=1)))
    put(database, summer)
    first = got(database)
    put(database, winter)
    second = got(database)
    assert first is not None
    assert second is not None
    assert second - first == timedelta(hours=1)


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises((ValueError, StatementError), match="naive"):
        put(database, datetime(2026, 9, 7, 9, 0))  # noqa: DTZ001
    assert got(database) is None


def test_nothing_is_kept_when_anything_is_raised(database: Database) -> None:
    def half() -> None:
        with database.writing() as session:
            session.get_one(Control, 1).reason = "halverwege"
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        half()
    with database.reading() as session:
        assert session.get_one(Control, 1).reason is None


def test_what_two_threads_add_is_never_lost(database: Database) -> None:
    def add_some() -> None:
        for _ in range(10):
            with database.writing() as session:
                control = session.get_one(Control, 1, with_for_update=True)
                control.clock_wall = (control.clock_wall or 0) + 1

    together(add_some, add_some)
    with database.reading() as session:
        assert session.get_one(Control, 1).clock_wall == 20


def test_a_reader_sees_the_last_commit_and_does_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as writer:
        ledger.append(writer, PLANNED, "a", "b", "c")
        with database.reading() as reader:
            assert reader.query(Event).count() == 0
    with database.reading() as reader:
        assert reader.query(Event).count() == 1


@only_sqlite
def test_sqlite_is_told_to_survive_a_power_cut_and_to_hold_its_keys(database: Database) -> None:
    with database.reading() as session:
        told = {
            name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@only_sqlite
def test_a_key_that_points_nowhere_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(
            text("INSERT INTO coding (reply_id, coder, label, coded_at) VALUES (9, 'a', 'b', '2026-01-01')")
        )


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{tmp_path / 'nieuw' / 'map' / 'x.db'}")
    with database.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1


@only_postgresql
def test_a_connection_that_answered_just_now_is_used_without_asking_whether_it_lives(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    which_connection(database)
    monkeypatch.setattr(database.reader.dialect, "do_ping", lambda _: pytest.fail("it was asked"))
    which_connection(database)


@only_postgresql
def test_a_connection_that_was_ended_while_it_rested_is_replaced_unseen(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rested = which_connection(database)
    with database.writing() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": rested})
    monkeypatch.setattr(postgres, "FRESH_SECONDS", 0.0)
    assert which_connection(database) != rested


def which_connection(database: Database) -> int:
    with database.reading() as session:
        return int(session.scalars(text("SELECT pg_backend_pid()")).one())
