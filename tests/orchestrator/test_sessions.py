"""Where somebody is signed in, that ending it works at once and for nobody else; and mail that cannot be misused."""

from datetime import UTC, datetime, timedelta

import pytest
from house_makers import an_advertiser, events, refused

from orchestrator import accounts, enrolment, own_access, sessions
from orchestrator.accounts import IDLE, LINK_LASTS, MAIL_EVERY, SHARED
from orchestrator.db import Database
from orchestrator.models import Advertiser
from orchestrator.rounds import lookup
from orchestrator.sessions import Browser
from profiles.errors import BadInput

NOW = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
WALL = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def people(database: Database) -> Database:
    with database.writing() as session:
        for name in ("anna", "bert"):
            accounts.add(session, name, f"{name}@stad.example", ["coder"], "beheerder", NOW)
    return database


def browser(database: Database, name: str, words: str = "Firefox, Linux", wall: datetime = WALL) -> str:
    with database.writing() as session:
        token = accounts.make_link(session, accounts.find(session, name), "beheerder", NOW, wall)
        return accounts.sign_in(session, token, NOW, wall, words)


def listed(database: Database, cookie: str, wall: datetime = WALL) -> tuple[Browser, ...]:
    with database.reading() as session:
        return sessions.own(session, cookie, wall)


def is_in(database: Database, cookie: str) -> bool:
    with database.reading() as session:
        return accounts.visitor(session, cookie, WALL) is not None


def test_somebody_sees_their_own_browsers_the_last_seen_first(people: Database) -> None:
    old = browser(people, "anna", "Safari, iPhone", WALL - 2 * MINUTE)
    browser(people, "anna", "Edge, Windows", WALL - IDLE)  # nothing was seen of it for too long
    here = browser(people, "anna")
    browser(people, "bert")
    assert [(each.words, each.here) for each in listed(people, here)] == [
        ("Firefox, Linux", True),
        ("Safari, iPhone", False),
    ]
    assert [each.here for each in listed(people, old)] == [False, True]


def test_a_browser_that_is_ended_is_out_at_once_and_the_others_are_not(people: Database) -> None:
    lost, here, of_bert = browser(people, "anna"), browser(people, "anna"), browser(people, "bert")
    number = next(each.number for each in listed(people, here) if not each.here)
    with people.writing() as session:
        assert sessions.end(session, here, number, NOW, WALL)
        assert not sessions.end(session, here, number, NOW, WALL)
    assert [is_in(people, each) for each in (lost, here, of_bert)] == [False, True, True]


def test_nobody_ends_a_browser_of_somebody_else(people: Database) -> None:
    here, of_bert = browser(people, "anna"), browser(people, "bert")
    (theirs,) = listed(people, of_bert)
    with people.writing() as session:
        assert not sessions.end(session, here, theirs.number, NOW, WALL)
        assert sessions.end_others(session, here, NOW, WALL) == 0
    assert is_in(people, of_bert)


def test_all_others_end_together_and_an_administrator_ends_all_of_somebody(people: Database) -> None:
    cookies = [browser(people, "anna") for _ in range(4)]
    with people.writing() as session:
        assert sessions.end_others(session, cookies[2], NOW, WALL) == 3
    assert [is_in(people, each) for each in cookies] == [False, False, True, False]
    with people.writing() as session:
        assert sessions.end_all(session, "Anna", "bert", NOW, WALL) == 1
    assert not is_in(people, cookies[2])
    told = [(each.actor, each.data) for each in events(people) if each.kind == "session.all_ended"]
    assert told == [("anna", {"sessions": 3}), ("bert", {"sessions": 1})]
    with refused("no-sign-in"), people.reading() as session:
        sessions.own(session, cookies[2], WALL)


def test_the_list_of_people_counts_their_open_browsers(people: Database) -> None:
    browser(people, "anna", wall=WALL - IDLE)
    browser(people, "anna")
    with people.reading() as session:
        told = {each.name: each.browsers for each in accounts.everybody(session, WALL)}
        assert [each.words for each in sessions.of_person(session, "anna", WALL)] == ["Firefox, Linux"]
    assert told == {"anna": 1, "bert": 0}


# Links by mail.


def asked(database: Database, wall: datetime, own: str | None = "de browser") -> str | None:
    with database.writing() as session:
        return accounts.make_mailed_link(session, accounts.find(session, "anna"), own, NOW, wall)


@pytest.mark.long
def test_who_asks_a_thousand_times_floods_no_mailbox_and_there_is_always_a_link_that_works(people: Database) -> None:
    mailed: list[tuple[datetime, str]] = []
    for second in range(0, 3600, 4):  # 900 times in an hour, and once more
        wall = WALL + timedelta(seconds=second)
        if link := asked(people, wall):
            mailed.append((wall, link))
        newest = mailed[-1][1]
        if second % 60 == 0:
            with people.reading() as session:
                assert accounts.link_works(session, newest, wall)
    assert len(mailed) == timedelta(hours=1) / MAIL_EVERY
    assert MAIL_EVERY < LINK_LASTS
    with people.reading() as session:
        last = WALL + timedelta(hours=1)
        assert [accounts.link_works(session, link, last) for _, link in mailed] == [
            last < wall + LINK_LASTS for wall, _ in mailed
        ]


def test_a_link_that_was_used_makes_room_for_the_next(people: Database) -> None:
    first = asked(people, WALL)
    assert first is not None
    assert asked(people, WALL + MINUTE) is None
    with people.writing() as session:
        accounts.sign_in(session, first, NOW, WALL + MINUTE)
    assert asked(people, WALL + 2 * MINUTE)


def test_a_link_of_a_command_neither_waits_for_a_mail_nor_keeps_one_back(people: Database) -> None:
    browser(people, "anna")
    assert asked(people, WALL)
    assert is_in(people, browser(people, "anna"))


def test_only_the_browser_that_asked_needs_no_button_and_it_is_known_once_the_link_was_used(people: Database) -> None:
    link = asked(people, WALL, "van anna")
    assert link is not None
    with people.writing() as session:
        assert accounts.asked_by(session, link, "van anna", WALL)
        assert not accounts.asked_by(session, link, "van een scanner", WALL)
        assert not accounts.asked_by(session, link, "van anna", WALL + LINK_LASTS)
        assert not accounts.is_known(session, "van anna")
        accounts.sign_in(session, link, NOW, WALL)
        assert accounts.is_known(session, "van anna")
        assert not accounts.asked_by(session, link, "van anna", WALL)


def test_the_links_that_an_office_asks_for_are_kept_apart_as_those_of_people_are(database: Database) -> None:
    made: list[str | None] = []
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser(key) for key in ("alfa", "beta")])
        offices: list[Advertiser] = [lookup.advertiser(session, key) for key in ("alfa", "beta", "alfa")]
        for each in offices:
            made.append(accounts.make_mailed_link(session, each, None, NOW, WALL))
            session.flush()
    assert [each is not None for each in made] == [True, True, False]


# One person, one address.


@pytest.mark.parametrize("address", ["info", "Team", "team-verhuur", "verhuur2", "info.noord", "noreply"])
def test_an_address_that_more_people_read_is_no_address_of_a_person(database: Database, address: str) -> None:
    assert {"info", "team", "verhuur"} <= SHARED
    with pytest.raises(BadInput, match="shared-email") as told, database.writing() as session:
        accounts.add(session, "Anna", f"{address}@stad.example", ["coder"], "beheerder", NOW)
    assert "het eigen adres" in str(told.value)


@pytest.mark.parametrize("address", ["anna", "t.eam", "informant", "p.post", "teamma.k"])
def test_an_address_of_one_person_that_looks_a_little_like_it_is_taken(database: Database, address: str) -> None:
    with database.writing() as session:
        assert accounts.add(session, "Anna", f"{address}@stad.example", ["coder"], "beheerder", NOW)


def test_an_office_is_reached_at_the_address_that_it_has(database: Database) -> None:
    with database.writing() as session:
        enrolment.enrol(session, [an_advertiser("alfa")])
        own_access.set_contact(session, "alfa", "info@alfa.example", "anna", NOW)
