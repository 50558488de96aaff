"""Bringing a database to the shape this version knows, and refusing one that a newer version made."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from orchestrator import letter_offices, pair_outcomes, tallies
from orchestrator.db import CHECKPOINT, Database, tidy
from orchestrator.models import Control
from profiles.errors import Refused

MIGRATIONS = Path(__file__).parent / "migrations"
SEALED_SINCE = "0032"
"""From this migration on, all that is said in docs/privacy.md is encrypted."""


def prepare(database: Database) -> None:
    """Create or upgrade the tables; raise `Refused` when the database belongs to a newer version."""
    with database.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    known = {script.revision for script in ScriptDirectory.from_config(_config(database.engine)).walk_revisions()}
    if revision is not None and revision not in known:
        raise Refused(
            "newer-database",
            f"De database is gemaakt door een nieuwere versie van praktijktest (schema {revision}).",
            "Werk praktijktest bij, of kies een andere database (PRAKTIJKTEST_DATABASE_URL of PRAKTIJKTEST_DATA).",
        )
    config = _config(database.engine)
    config.attributes["vault"] = database.vault
    command.upgrade(config, "head")
    if revision is not None and revision < SEALED_SINCE:
        # Nothing of what was plain stays in the free pages of a file, or in the log beside it.
        tidy(database.engine, "VACUUM", CHECKPOINT)
    with database.writing() as session:
        if session.get(Control, 1) is None:
            session.add(Control(id=1, sending_enabled=True))
        # An upgrade that rebuilds a table takes its triggers away.
        if tallies.install(session.connection()):
            tallies.rebuild(session)
        pair_outcomes.install(session.connection())
        letter_offices.install(session.connection())


def revisions(session: Session) -> tuple[str | None, str | None]:
    """Return the migration that a database is at (None for one without tables), and the newest that there is."""
    connection = session.connection()
    newest = ScriptDirectory.from_config(_config(connection.engine)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision(), newest


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config
