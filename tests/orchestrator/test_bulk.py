"""Rows stored in bulk are, to the byte, those that the session would have stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from house_makers import plan
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator import bulk
from orchestrator.base import Base
from orchestrator.bulk import insert_all
from orchestrator.db import Database, DatabaseError, Unfit
from orchestrator.models import Inquiry, Listing, Pair, Refusal, Round
from orchestrator.states import PairState
from profiles.pairs import Arm

ODD = 'tab\t newline\n backslash \\N \\. quote \' " comma, euro € emoji 😀 {"a": null}'


def as_stored(session: Session, model: type[Base]) -> list[tuple[Any, ...]]:
    """Every value of a table and its type, as the database itself tells them."""
    names = [column.name for column in model.__table__.columns if column.name != "id"]
    sqlite = session.get_bind().dialect.name == "sqlite"
    told = ", ".join(f'"{name}", typeof("{name}")' if sqlite else f'"{name}"::text' for name in names)
    rows = session.execute(text(f"SELECT {told} FROM {model.__tablename__} ORDER BY id"))  # noqa: S608 - our own names
    return [tuple(row) for row in rows]


def values(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key != "id"}


def stored_again(session: Session, model: type[Any], rows: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """What the table holds when these rows were stored in bulk, and when the session stored them."""
    session.execute(delete(model))
    insert_all(session, model, rows)
    in_bulk = as_stored(session, model)
    session.execute(delete(model))
    session.add_all(model(**row) for row in rows)
    session.flush()
    return in_bulk, as_stored(session, model)


@pytest.mark.parametrize("chunk", [2, 5_000])
def test_letters_stored_in_bulk_are_those_the_session_stores(
    database: Database, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", chunk)
    plan(database, rows=3)
    with database.writing() as session:
        rows = [values(row) for row in session.scalars(select(Inquiry).order_by(Inquiry.id))]
        odd = {"subject": ODD, "body": ODD, "sender_name": ODD, "profile": {"name": ODD, "none": None, "age": 31}}
        moments = {
            "planned_at": datetime(2026, 10, 25, 1, 30, 0, 123456, UTC).astimezone(),
            "lease_until": datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
            "gap": timedelta(days=3, hours=2, microseconds=7),
        }
        rows[0] |= odd | moments
        in_bulk, by_session = stored_again(session, Inquiry, rows)
        assert in_bulk == by_session
        assert len(in_bulk) == 6


def test_pairs_and_refusals_stored_in_bulk_are_those_the_session_stores(database: Database) -> None:
    plan(database, rows=3)
    with database.writing() as session:
        session.execute(delete(Inquiry))
        rows = [values(row) for row in session.scalars(select(Pair).order_by(Pair.id))]
        rows[0] |= {"sham": Arm.TREATMENT, "listed": None, "reason": ODD[:40], "state": PairState.EXCLUDED}
        in_bulk, by_session = stored_again(session, Pair, rows)
        assert in_bulk == by_session
        session.execute(delete(Pair))
        refused = [{"round_id": row["round_id"], "listing_id": row["listing_id"], "reason": ODD[:40]} for row in rows]
        in_bulk, by_session = stored_again(session, Refusal, refused)
        assert in_bulk == by_session


def test_what_a_row_leaves_out_is_the_default_of_its_column(database: Database) -> None:
    plan(database, rows=1)
    with database.writing() as session:
        rows = [values(row) for row in session.scalars(select(Inquiry).order_by(Inquiry.id))]
        short = [{key: value for key, value in row.items() if key not in {"fence", "worker"}} for row in rows]
        in_bulk, by_session = stored_again(session, Inquiry, short)
        assert in_bulk == by_session


def a_refusal(session: Session, **keys: Any) -> dict[str, Any]:
    round_, listing = session.scalars(select(Round.id)).one(), session.scalars(select(Listing.id)).first()
    return {"round_id": round_, "listing_id": listing, "reason": "proef"} | keys


@pytest.mark.parametrize("spoiled", [{}, {"listing_id": 10**6}, {"reason": None}])
def test_the_constraints_of_the_table_hold_and_nothing_of_the_transaction_stays(
    database: Database, spoiled: dict[str, Any]
) -> None:
    plan(database, rows=1)
    with pytest.raises(IntegrityError) as told, database.writing() as session:
        insert_all(session, Refusal, [a_refusal(session), a_refusal(session, **spoiled)])
    assert isinstance(told.value, DatabaseError)
    with database.reading() as session:
        assert session.scalars(select(Refusal)).all() == []


def test_a_text_that_the_database_cannot_hold_is_told_as_the_session_tells_it(database: Database) -> None:
    plan(database, rows=1)
    with database.reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            pytest.skip("SQLite holds every text")
    with pytest.raises(Unfit), database.writing() as session:
        insert_all(session, Refusal, [a_refusal(session, reason="a\0b")])


def test_nothing_to_store_is_nothing(database: Database) -> None:
    with database.writing() as session:
        insert_all(session, Refusal, [])


def test_a_planned_round_is_known_to_the_planner_of_queries_at_once(database: Database) -> None:
    """Else a claim of the first letters takes longer than anybody waits for an answer."""
    plan(database, rows=3)
    with database.reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            return
        known = text("SELECT reltuples FROM pg_class WHERE oid = 'inquiry'::regclass")
        assert session.scalar(known) == session.scalar(select(func.count(Inquiry.id)))
