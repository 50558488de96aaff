"""People and how they sign in: links work once, sessions end, and the ledger tells of it in numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from house_makers import refused
from sqlalchemy import select

from orchestrator import accounts, ledger
from orchestrator.accounts import IDLE, LINK_LASTS
from orchestrator.db import Database
from orchestrator.models import Event, SignInLink, WebSession
from orchestrator.states import DESK_ROLES, Role
from profiles.errors import BadInput

NOW = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
WALL = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def add(
    database: Database, name: str = "Anna de Wit", email: str = "anna@stad.example", role: str = "designer"
) -> None:
    with database.writing() as session:
        accounts.add(session, name, email, [role], "beheerder", NOW)


def link(database: Database, name: str = "Anna de Wit") -> str:
    with database.writing() as session:
        return accounts.make_link(session, accounts.find(session, name), "beheerder", NOW, WALL)


def sign_in(database: Database, token: str, wall: datetime = WALL) -> str:
    with database.writing() as session:
        return accounts.sign_in(session, token, NOW, wall)


def who(database: Database, token: str, wall: datetime = WALL) -> str | None:
    with database.reading() as session:
        found = accounts.visitor(session, token, wall)
    return found[0].name if found else None


def test_a_link_signs_somebody_in_once(database: Database) -> None:
    add(database)
    token = link(database)
    assert who(database, sign_in(database, token)) == "Anna de Wit"
    with refused("link-used"):
        sign_in(database, token)


def test_looking_at_a_link_does_not_use_it_up(database: Database) -> None:
    add(database)
    token = link(database)
    with database.reading() as session:
        assert accounts.link_works(session, token, WALL)
        assert not accounts.link_works(session, token, WALL + LINK_LASTS)
        assert not accounts.link_works(session, "iets anders", WALL)
    assert who(database, sign_in(database, token))


@pytest.mark.parametrize(("after", "works"), [(LINK_LASTS - SECOND, True), (LINK_LASTS, False)])
def test_a_link_works_until_it_expires(database: Database, after: timedelta, works: bool) -> None:
    add(database)
    token = link(database)
    if works:
        assert sign_in(database, token, WALL + after)
    else:
        with refused("link-used"):
            sign_in(database, token, WALL + after)


def test_a_session_ends_after_twelve_idle_hours_and_use_makes_it_last(database: Database) -> None:
    add(database)
    cookie = sign_in(database, link(database))
    assert who(database, cookie, WALL + IDLE - SECOND)
    assert who(database, cookie, WALL + IDLE) is None
    with database.writing() as session:
        accounts.note_seen(session, cookie, WALL + IDLE - SECOND)
    assert who(database, cookie, WALL + IDLE)


def test_a_session_that_ended_cannot_be_woken(database: Database) -> None:
    add(database)
    cookie = sign_in(database, link(database))
    with database.writing() as session:
        accounts.sign_out(session, cookie, NOW, WALL)
        accounts.sign_out(session, cookie, NOW, WALL)
        accounts.note_seen(session, cookie, WALL)
    assert who(database, cookie) is None


def test_whoever_loses_access_is_out_at_once_and_open_links_are_dead(database: Database) -> None:
    add(database)
    cookie, token = sign_in(database, link(database)), link(database)
    with database.writing() as session:
        accounts.revoke(session, "anna de wit", "beheerder", NOW, WALL)
    assert who(database, cookie) is None
    with refused("link-used"):
        sign_in(database, token)
    with refused("unknown-person"):
        link(database)


def test_the_record_keeps_hashes_and_never_what_signs_in(database: Database) -> None:
    add(database)
    token = link(database)
    cookie = sign_in(database, token)
    with database.reading() as session:
        kept = [*session.scalars(select(SignInLink.hash)), *session.scalars(select(WebSession.hash))]
    assert len(kept) == 2
    assert not {token, cookie} & set(kept)


@pytest.mark.parametrize(("name", "email"), [("ANNA  de wit", "b@stad.example"), ("Bert", "Anna@Stad.example")])
def test_a_name_or_address_is_of_one_person_whatever_its_case(database: Database, name: str, email: str) -> None:
    add(database)
    with refused("person-exists"):
        add(database, name, email)


def test_everything_wrong_with_a_new_person_is_told_at_once(database: Database) -> None:
    with pytest.raises(BadInput) as told, database.writing() as session:
        accounts.add(session, " ", "geen adres", ["baas"], "beheerder", NOW)
    assert [problem.code for problem in told.value.problems] == ["bad-name", "bad-email", "unknown-role"]


def test_the_first_person_has_all_roles_of_the_desk_and_there_is_one_first(database: Database) -> None:
    with database.writing() as session:
        assert accounts.add_first(session, NOW)
        assert accounts.add_first(session, NOW) is None
    with database.reading() as session:
        (first,) = accounts.everybody(session)
    assert set(first.roles) == DESK_ROLES
    assert not {Role.MUNICIPALITY, Role.BROKER} & DESK_ROLES


def test_the_ledger_tells_every_step_with_numbers_only(database: Database) -> None:
    add(database)
    cookie = sign_in(database, link(database))
    with database.writing() as session:
        accounts.sign_out(session, cookie, NOW, WALL)
        accounts.revoke(session, "Anna de Wit", "beheerder", NOW, WALL)
    with database.reading() as session:
        events = list(session.scalars(select(Event).order_by(Event.seq)))
        assert list(ledger.faults(session)) == []
    kinds = ["person.added", "link.made", "session.opened", "session.ended", "person.revoked"]
    assert [event.kind for event in events] == kinds
    assert all("anna" not in f"{event.subject} {event.data}".casefold() for event in events)
    assert {event.at for event in events} == {NOW}
