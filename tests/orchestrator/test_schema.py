"""Migrations lead to exactly the tables that the code knows."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from house_makers import only_sqlite, refused, run, states
from sqlalchemy import Connection, MetaData, Table, inspect, text

from orchestrator.db import Database, DatabaseError
from orchestrator.models import Base, Control
from orchestrator.rounds import looking, lookup
from orchestrator.schema import MIGRATIONS, prepare
from orchestrator.states import LetterState


def test_upgrading_an_empty_database_gives_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert differences == []


def test_the_migrations_hold_every_constraint_that_the_models_declare(database: Database) -> None:
    seen = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        declared = {str(rule.name) for rule in table.constraints if type(rule).__name__ == "CheckConstraint"}
        assert {str(rule["name"]) for rule in seen.get_check_constraints(table.name)} == declared


def test_preparing_twice_changes_nothing(database: Database) -> None:
    run(database)
    prepare(database)
    assert states(database) == [LetterState.PLANNED] * 2
    with database.reading() as session:
        assert session.query(Control).count() == 1


def test_a_kill_switch_that_was_thrown_stays_thrown_when_the_program_starts_again(database: Database) -> None:
    with database.writing() as session:
        session.get_one(Control, 1).sending_enabled = False
    prepare(database)
    with database.reading() as session:
        assert session.get_one(Control, 1).sending_enabled is False


def test_a_database_of_a_newer_version_is_refused_and_left_alone(blank_sqlite: Path, tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path)}")
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with refused("newer-database"):
        prepare(database)
    with database.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


@only_sqlite
def test_a_second_control_row_cannot_exist(database: Database) -> None:
    with pytest.raises(DatabaseError), database.writing() as session:
        session.add(Control(id=2, sending_enabled=True))


@only_sqlite
def test_a_state_that_is_no_word_of_the_record_is_refused(database: Database) -> None:
    run(database)
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(text("UPDATE inquiry SET state = 'verstuurd'"))


def filled(connection: Connection, table: str, **told: Any) -> int:
    """Insert a row that has something in every column that needs it; return its id."""
    meta = Table(table, MetaData(), autoload_with=connection)
    usual: dict[str, Any] = {
        "INTEGER": 1,
        "BIGINT": 1,
        "BOOLEAN": True,
        "JSON": {},
        "FLOAT": 0.0,
        "INTERVAL": timedelta(hours=2),
    }
    when = datetime(2026, 9, 1, tzinfo=UTC)
    row: dict[str, Any] = {}
    for column in meta.columns:
        if not column.nullable and column.server_default is None and not column.primary_key:
            kind = str(column.type).split("(")[0]
            row[column.name] = when if kind in ("TIMESTAMP", "DATETIME") else usual.get(kind, column.name)
    return int(connection.execute(meta.insert().values(**(row | told))).inserted_primary_key[0])


@pytest.mark.long
def test_a_round_of_before_looks_comes_through_the_upgrade_and_has_none(tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{tmp_path}/oud.db")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database.engine
    command.upgrade(config, "0009")
    with database.engine.begin() as connection:
        study = filled(connection, "study", purpose="learning")
        filled(connection, "round", study_id=study, state="running", planned_by="anna", name="oud")
    prepare(database)
    with database.reading() as session:
        round_ = lookup.find(session, "oud")
        assert (round_.planned_by, looking.opened(session, round_)) == ("anna", ())


@pytest.mark.long
def test_pairs_and_letters_of_before_sets_come_through_the_upgrade(tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{tmp_path}/oud.db")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database.engine
    command.upgrade(config, "0008")
    with database.engine.begin() as connection:
        study = filled(connection, "study", purpose="learning")
        round_ = filled(connection, "round", study_id=study, state="closed", planned_by="anna")
        owner = filled(connection, "advertiser", kind="broker", channel="smtp")
        for number, sham in enumerate((False, True)):
            listing = filled(connection, "listing", key=f"ams-{number}", advertiser_id=owner)
            told = {"round_id": round_, "listing_id": listing, "code": f"P-{number}", "sham": sham}
            pair = filled(connection, "pair", **told, first="treatment", state="usable")
            own = {"message_id": f"m-{number}", "reply_address": f"r-{number}", "channel": "smtp", "state": "sent"}
            filled(connection, "inquiry", pair_id=pair, arm="treatment", order=1, gap=datetime(1970, 1, 1), **own)  # noqa: DTZ001 - how SQLite keeps a span
    prepare(database)
    with database.reading() as session:
        rows = session.execute(text("SELECT code, sham, first, place, level FROM pair ORDER BY code")).all()
        kept = [("P-0", None, "treatment", 0, None), ("P-1", "control", "treatment", 0, None)]
        assert [tuple(row) for row in rows] == kept
        assert session.scalar(text("SELECT count(*) FROM inquiry WHERE arm = 'treatment'")) == 2
    with database.writing() as session:
        session.execute(text("UPDATE inquiry SET arm = 'treatment-3', \"order\" = 4 WHERE id = 1"))
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(text("UPDATE inquiry SET arm = 'treatment-4' WHERE id = 1"))
