"""Migrations lead to exactly the tables that the code knows."""

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from house_makers import only_sqlite, refused, run, states
from sqlalchemy import inspect, text

from orchestrator.db import Database, DatabaseError
from orchestrator.models import Base, Control
from orchestrator.schema import prepare
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
