"""Each migration only adds, so that the program of before goes on while the tables change; and it loses no row."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from servers import Postgres
from sqlalchemy import Engine, MetaData, create_engine, inspect, text
from sqlalchemy.exc import OperationalError
from test_schema import filled

from orchestrator.db import Database
from orchestrator.postgres import make_engine
from orchestrator.schema import MIGRATIONS

OLDER = "made before the first release, when no installation had two versions beside each other"
PLAIN = "what was readable may not stay beside what is encrypted; this upgrade asks to stop everything first"
SEALED = ("inbound_mail.raw", "reply.subject", "reply.text", "doubt.note", "context_note.text", "owner_request.note")
SEALED_PEOPLE = (
    "invitation.contact", "invitation.signed_text", "invitation.signer", "invitation.signer_function", "contact.email",
    "person.email", "person.totp_secret", "web_session.totp_secret", "hand_mask.phrase",
)  # fmt: skip
SEALED_ADDRESSES = (
    "advertiser.email", "inquiry.recipient", "decline.recipient", "request_letter.recipient", "draft.participants",
)  # fmt: skip
ADDRESSES = ("advertiser.email_index", "inquiry.address_index", "decline.address_index", "request_letter.address_index")
FOUND = ("invitation.contact_index", "contact.email_index", "person.email_index")
EXCEPTIONS = {
    **{("0028", f"{column} is gone"): PLAIN for column in SEALED},
    **{("0029", f"{column} is gone"): PLAIN for column in SEALED_PEOPLE},
    **{("0029", f"{column} is asked of who does not know it"): PLAIN for column in FOUND},
    **{("0032", f"{column} is gone"): PLAIN for column in SEALED_ADDRESSES},
    **{("0032", f"{column} is asked of who does not know it"): PLAIN for column in ADDRESSES},
    ("0004", "inquiry.domain is asked of who does not know it"): OLDER,
    ("0004", "decline.domain is asked of who does not know it"): OLDER,
    ("0005", "channel_fault.seen_at is asked of who does not know it"): OLDER,
    ("0009", "pair.sham was BOOLEAN and is VARCHAR(24)"): OLDER,
}
"""What a migration may take away or ask for at once all the same, and why. A new one belongs in two releases instead:
first the program writes the new and reads both; a later migration takes the old away."""


class Steps:
    """A database that is brought up one migration at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.config = engine, Config()
        self.config.set_main_option("script_location", str(MIGRATIONS))
        self.config.attributes["engine"] = engine

    def revisions(self) -> list[str]:
        return [script.revision for script in reversed(list(ScriptDirectory.from_config(self.config).walk_revisions()))]

    def to(self, revision: str) -> None:
        command.upgrade(self.config, revision)

    def shape(self) -> dict[str, dict[str, Any]]:
        """The columns of every table."""
        seen = inspect(self.engine)
        return {
            table: {str(column["name"]): column for column in seen.get_columns(table)}
            for table in seen.get_table_names()
            if table != "alembic_version"
        }

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        meta = MetaData()
        meta.reflect(self.engine)
        with self.engine.connect() as connection:
            return {
                name: [dict(row) for row in connection.execute(table.select()).mappings()]
                for name, table in meta.tables.items()
                if name != "alembic_version"
            }


@pytest.fixture(params=["sqlite", "postgresql"])
def steps(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Steps]:
    if request.param == "sqlite":
        engine = Database.at(f"sqlite:///{tmp_path}/oud.db").engine
        yield Steps(engine)
        engine.dispose()
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    schema, outside = f"trap_{os.getpid()}", create_engine(server.url)
    with outside.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine = make_engine(server.url.update_query_dict({"options": f"-csearch_path={schema}"}))
    yield Steps(engine)
    engine.dispose()
    with outside.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    outside.dispose()


def breaks(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What a program that knows only the tables of before could no longer read or write."""
    for table, columns in before.items():
        if table not in after:
            yield f"{table} is gone"
            continue
        for name, column in columns.items():
            now = after[table].get(name)
            if now is None:
                yield f"{table}.{name} is gone"
            elif column["nullable"] and not now["nullable"]:
                yield f"{table}.{name} became NOT NULL"
            elif str(column["type"]) != str(now["type"]):
                yield f"{table}.{name} was {column['type']} and is {now['type']}"
        for name in set(after[table]) - set(columns):
            new = after[table][name]
            if not new["nullable"] and new["default"] is None:
                yield f"{table}.{name} is asked of who does not know it"


def a_house(engine: Engine) -> None:
    """A study with a round, an advertiser, a listing, a pair and both letters, as the first version kept them."""
    with engine.begin() as connection:
        study = filled(connection, "study", purpose="learning")
        round_ = filled(connection, "round", study_id=study, state="running", planned_by="anna", name="oud")
        advertiser = filled(connection, "advertiser", kind="broker", channel="smtp", key="alfa")
        listing = filled(connection, "listing", advertiser_id=advertiser)
        pair = filled(connection, "pair", round_id=round_, listing_id=listing, first="control", state="open", sham=True)
        for order, arm in ((1, "control"), (2, "treatment")):
            filled(
                connection, "inquiry", pair_id=pair, arm=arm, order=order, channel="smtp", state="planned",
                message_id=f"<{order}@x.example>", reply_address=f"{order}@x.example", recipient="info@alfa.example",
            )  # fmt: skip


def test_every_migration_only_adds_and_keeps_every_row(steps: Steps) -> None:
    first, *others = steps.revisions()
    steps.to(first)
    a_house(steps.engine)
    found: set[tuple[str, str]] = set()
    shape, rows = steps.shape(), steps.rows()
    for revision in others:
        steps.to(revision)
        now, kept = steps.shape(), steps.rows()
        found |= {(revision, told) for told in breaks(shape, now)}
        for table, before in rows.items():
            assert len(kept[table]) == len(before), (revision, table)
        shape, rows = now, kept
    assert found == set(EXCEPTIONS)


@pytest.mark.long
def test_letters_of_before_know_their_office_after_the_upgrade(steps: Steps) -> None:
    first, *_ = steps.revisions()
    steps.to(first)
    a_house(steps.engine)
    steps.to("0033")
    rows = steps.rows()
    assert [row["advertiser_id"] for row in rows["inquiry"]] == 2 * [row["id"] for row in rows["advertiser"]]


@pytest.mark.long
def test_an_upgrade_that_finds_a_table_in_use_gives_way_and_can_be_done_again(steps: Steps) -> None:
    """Who waits for a table makes everybody else wait behind it."""
    if steps.engine.dialect.name == "sqlite":
        pytest.skip("on SQLite everybody waits for the one writer, at most thirty seconds")
    steps.config.attributes["lock_seconds"] = 1
    steps.to("0007")
    with steps.engine.connect() as busy:
        busy.execute(text("SELECT * FROM round"))
        with pytest.raises(OperationalError, match="lock timeout"):
            steps.to("0008")
        busy.rollback()
    steps.to("0008")
    with steps.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0008"
