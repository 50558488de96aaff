"""How an advertiser comes in: a link that works once, for one advertiser, until a researcher ends it."""

from datetime import timedelta

import pytest
from house_makers import DAY, PLANNED, a_session, an_advertiser, events, only_sqlite, refused

from orchestrator import accounts, enrolment, own_access
from orchestrator.accounts import ADVERTISER_LINK_LASTS
from orchestrator.db import Database
from orchestrator.states import Role
from profiles.errors import BadInput

WALL = PLANNED + DAY


def enrolled(database: Database, *keys: str) -> None:
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser(key) for key in keys])


def a_link(database: Database, key: str = "alfa") -> str:
    with database.writing() as session:
        return own_access.make_link(session, key, "anna", PLANNED, WALL)[1]


def sign_in(database: Database, token: str, wall_later: timedelta = timedelta()) -> str:
    with database.writing() as session:
        return accounts.sign_in(session, token, PLANNED, WALL + wall_later)


def test_a_link_signs_in_exactly_its_advertiser_with_no_role_of_the_desk(database: Database) -> None:
    enrolled(database, "alfa", "beta")
    cookie = sign_in(database, a_link(database, "beta"))
    with database.reading() as session:
        found = accounts.visitor(session, cookie, WALL)
    assert found is not None
    assert (found[0].advertiser, found[0].roles) == ("beta", frozenset({Role.BROKER}))
    assert [(each.kind, each.actor) for each in events(database)][-1] == ("session.opened", "aanbieder:beta")


@only_sqlite
def test_a_link_works_once_and_seven_days(database: Database) -> None:
    enrolled(database, "alfa")
    first, second = a_link(database), a_link(database)
    sign_in(database, first, ADVERTISER_LINK_LASTS - timedelta(minutes=1))
    with refused("link-used"):
        sign_in(database, first)
    with refused("link-used"):
        sign_in(database, second, ADVERTISER_LINK_LASTS)


def test_who_is_revoked_is_out_at_once_and_open_links_are_dead(database: Database) -> None:
    enrolled(database, "alfa", "beta")
    cookie, other = sign_in(database, a_link(database)), sign_in(database, a_link(database, "beta"))
    left = a_link(database)
    with database.writing() as session:
        own_access.revoke(session, "alfa", "anna", PLANNED, WALL)
    with database.reading() as session:
        assert accounts.visitor(session, cookie, WALL) is None
        assert accounts.visitor(session, other, WALL) is not None
        assert not accounts.link_works(session, left, WALL)


def test_an_address_is_of_one_advertiser_and_of_nobody_at_the_desk(database: Database) -> None:
    enrolled(database, "alfa", "beta")
    a_session(database, "anna")
    with database.writing() as session:
        own_access.set_contact(session, "alfa", " Mees@alfa.example ", "anna", PLANNED)
        own_access.set_contact(session, "alfa", "mees@alfa.example", "anna", PLANNED)
    with database.writing() as session:
        found = own_access.by_email(session, "MEES@alfa.example")
        assert found is not None
        assert found.key == "alfa"
        assert own_access.by_email(session, "verhuur@alfa.example") is None
    for key, address in (("beta", "mees@alfa.example"), ("beta", "anna@stad.example")):
        with refused("address-taken"), database.writing() as session:
            own_access.set_contact(session, key, address, "anna", PLANNED)
    with refused("person-exists"), database.writing() as session:
        accounts.add(session, "dirk", "mees@alfa.example", ["coder"], "anna", PLANNED)
    with pytest.raises(BadInput, match="bad-email"), database.writing() as session:
        own_access.set_contact(session, "beta", "geen adres", "anna", PLANNED)


@only_sqlite
def test_a_person_is_never_given_the_role_of_an_advertiser(database: Database) -> None:
    with pytest.raises(BadInput, match="broker link"), database.writing() as session:
        accounts.add(session, "dirk", "dirk@stad.example", ["broker"], "anna", PLANNED)
