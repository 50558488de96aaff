"""A letter knows its office, whoever stored it: what an office may bear is asked of its letters by that alone."""

import pytest
from house_makers import a_listing, an_advertiser, letters, meddle, plan
from sqlalchemy import insert, select, text, update

from orchestrator import letter_offices
from orchestrator.db import Database, Session
from orchestrator.models import Advertiser, Inquiry, Listing
from orchestrator.schema import prepare


@pytest.fixture
def two(database: Database) -> Database:
    """A plan of two pairs, at an office each."""
    plan(database, participants=[an_advertiser(), an_advertiser("beta")], rows=[a_listing(1), a_listing(2, "beta")])
    return database


def astray(database: Database) -> list[int]:
    """The letters that are not with the office of their listing."""
    return [each.id for each in letters(database) if each.advertiser_id != each.pair.listing.advertiser_id]


def without_office(session: Session) -> None:
    """Store a letter again as a program of before does, which does not know the column."""
    table = Inquiry.__table__
    row = dict(session.execute(select(table)).mappings().first() or {})
    session.execute(table.delete().where(table.c.id == row["id"]))
    session.execute(insert(table).values({name: value for name, value in row.items() if name != "advertiser_id"}))


def test_a_planned_letter_is_with_the_office_of_its_listing(two: Database) -> None:
    assert len({each.advertiser_id for each in letters(two)}) == 2
    assert astray(two) == []


def test_a_letter_that_an_older_program_stores_gets_its_office(two: Database) -> None:
    meddle(two, without_office)
    assert astray(two) == []


def test_the_letters_of_a_listing_that_goes_to_another_office_go_with_it(two: Database) -> None:
    offices = select(Advertiser.id).where(Advertiser.key == "beta").scalar_subquery()
    meddle(two, update(Listing).values(advertiser_id=offices))
    assert len({each.advertiser_id for each in letters(two)}) == 1
    assert astray(two) == []


def test_what_was_stored_before_there_were_triggers_is_filled_when_they_come(two: Database) -> None:
    def before(session: Session) -> None:
        for name, trigger in letter_offices.TRIGGERS.items():
            on = f" ON {trigger['table']}" if two.engine.dialect.name == "postgresql" else ""
            session.connection().exec_driver_sql(f"DROP TRIGGER {name}{on}")
        without_office(session)

    meddle(two, before)
    assert astray(two) != []
    prepare(two)
    assert astray(two) == []


@pytest.mark.parametrize("which", ["state IN ('sending','sent','uncertain')", "state IN ('planned','claimed')"])
def test_only_who_asks_for_an_office_goes_by_the_indexes_of_offices(two: Database, which: str) -> None:
    """While one is empty PostgreSQL would take it to go through it whole, and keep to that as it grows."""
    postgresql = two.engine.dialect.name == "postgresql"
    with two.writing() as session:
        if postgresql:
            session.execute(text("ANALYZE inquiry"))
            session.execute(text("SET LOCAL enable_seqscan = off"))

        def plan_of(condition: str) -> str:
            explain = f"EXPLAIN {'' if postgresql else 'QUERY PLAN'} SELECT id FROM inquiry WHERE {condition}"  # noqa: S608
            return str(session.execute(text(explain)).all())

        assert "ix_inquiry_office" not in plan_of(f'pair_id = 1 AND "order" > 1 AND {which}')
        assert "ix_inquiry_office" in plan_of(f'advertiser_id = 1 AND "order" > 1 AND {which}')
