"""A mail server takes fewer connections than we may have: it gets as many as it takes, and each letter goes at once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from dispatch_makers import Wire, a_dispatcher
from house_makers import a_listing, a_monday, an_advertiser, attempts, events, run, states
from wire_makers import MailServer, SmallServer, running

from orchestrator import channel_faults
from orchestrator.db import Database
from orchestrator.intake import Channel as Road
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome as A
from orchestrator.states import LetterState as S
from workers.channels.smtp import Smtp
from workers.dispatch import Dispatcher
from workers.room import REMEMBERED_SECONDS, Room

MANY = 40


def many_letters(database: Database) -> None:
    offices = [an_advertiser(key, email=f"huur@{key}.example") for key in ("alfa", "bravo", "charlie", "delta")]
    homes = [a_listing(number, offices[number % 4].advertiser) for number in range(1, MANY + 1)]
    run(database, a_monday(sample={"pairs": len(homes)}), participants=offices, rows=homes)


def sender_to(database: Database, server: MailServer, connections: int = 10) -> Dispatcher:
    road = Smtp("127.0.0.1", server.port, 2.0)
    return replace(a_dispatcher(database, Wire()), roads={Road.SMTP: road}, settings=Settings(connections=connections))


@pytest.fixture(params=[1, 3])
def small(request: pytest.FixtureRequest) -> Iterator[SmallServer]:
    with running(SmallServer(request.param)) as server:
        assert isinstance(server, SmallServer)
        yield server


def test_whoever_finds_no_room_leaves_the_letters_to_those_that_have(database: Database, small: SmallServer) -> None:
    many_letters(database)
    assert sender_to(database, small).send_due() == MANY
    assert small.refused > 0
    assert (small.most_open, len(small.bodies)) == (small.room, MANY)
    assert states(database).count(S.SENT) == MANY
    assert attempts(database) == [A.SENT] * MANY
    assert "channel.fault" not in {event.kind for event in events(database)}


def test_a_server_without_any_room_is_a_fault_that_is_told(database: Database) -> None:
    many_letters(database)
    with running(SmallServer(0)) as server:
        sender_to(database, server).send_due()
    assert S.SENT not in states(database)
    with database.reading() as session:
        (fault,) = channel_faults.lasting(session)
    assert "421 4.7.0 te veel verbindingen" in fault.message


def test_what_there_was_room_for_is_remembered_for_a_while() -> None:
    now = [0.0]
    room = Room(lambda: now[0])
    assert room.lanes(4) == 4
    assert [room.is_full() for _ in range(2)] == [True, True]
    assert (room.lanes(4), room.lanes(1)) == (2, 1)
    now[0] += REMEMBERED_SECONDS
    assert room.lanes(4) == 4


def test_the_last_lane_stays_whatever_the_server_says() -> None:
    room = Room()
    room.lanes(3)
    assert [room.is_full() for _ in range(4)] == [True, True, False, False]
