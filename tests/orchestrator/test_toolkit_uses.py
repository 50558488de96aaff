"""What participants say they use of the toolkit, on either database."""

from datetime import date, timedelta

import pytest
from house_makers import DAY, PLANNED, an_advertiser, events, refused, together

from orchestrator import enrolment, toolkit_uses
from orchestrator.db import Database
from orchestrator.toolkit_uses import Uptake
from profiles.errors import Refused
from results.toolkit import read_texts
from results.toolkit.uptake import told

URL = "https://kantoor.example/verklaring"
SINCE = date(2026, 8, 1)
OFFICES = ("alfa", "beta", "gamma", "delta", "epsilon", "zeta")


@pytest.fixture
def house(database: Database) -> Database:
    with database.writing() as session:
        offices = [an_advertiser(key, email=f"{key}@kantoor.example") for key in OFFICES]
        enrolment.enrol(session, offices)
    return database


def tells(house: Database, key: str, part: str = "statement", url: str = URL, since: date = SINCE) -> None:
    with house.writing() as session:
        toolkit_uses.tell(session, key, part, url, since, "anna", PLANNED)


def ends(house: Database, key: str, part: str = "statement") -> None:
    with house.writing() as session:
        toolkit_uses.end(session, key, part, "anna", PLANNED)


def counted(house: Database, after: timedelta = timedelta()) -> Uptake:
    with house.reading() as session:
        return toolkit_uses.uptake(session, PLANNED + after)


def test_parts_are_counted_once_for_each_participant_however_often_told(house: Database) -> None:
    tells(house, "alfa")
    tells(house, "alfa", url=URL + "/nieuw")
    tells(house, "beta")
    tells(house, "beta", "conduct")
    assert counted(house) == Uptake(6, {"conduct": 1, "statement": 2})
    ends(house, "beta")
    assert counted(house).using == {"conduct": 1, "statement": 1}


def test_two_who_tell_the_same_at_once_are_counted_once(house: Database) -> None:
    together(*[lambda: tells(house, "alfa")] * 4)
    assert counted(house).using == {"statement": 1}


def test_who_takes_part_no_longer_is_not_counted(house: Database) -> None:
    tells(house, "alfa")
    assert counted(house, after=4000 * DAY) == Uptake(0, {})


def test_every_telling_is_an_event_without_the_address(house: Database) -> None:
    tells(house, "alfa")
    ends(house, "alfa")
    kinds = [(each.kind, each.data) for each in events(house) if "toolkit" in each.kind]
    assert kinds == [
        ("advertiser.toolkit-used", {"part": "statement", "since": "2026-08-01"}),
        ("advertiser.toolkit-ended", {"part": "statement"}),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": "niemand"}, "unknown-advertiser"),
        ({"key": "alfa", "url": "kantoor.example"}, "no-web-address"),
        ({"key": "alfa", "since": date(2027, 1, 1)}, "not-yet"),
    ],
)
def test_what_cannot_be_told_is_refused_and_nothing_is_stored(
    house: Database, change: dict[str, str], code: str
) -> None:
    with refused(code):
        tells(house, **change)  # type: ignore[arg-type]
    with refused("not-in-use"):
        ends(house, "alfa")
    assert counted(house).using == {}


def test_uptake_is_told_of_all_together_and_not_of_a_handful(house: Database) -> None:
    tells(house, "alfa")
    first = told(counted(house), read_texts())[0]
    assert (first.name, first.many, first.of) == ("Verklaring op de website", 1, 6)
    with pytest.raises(Refused, match="too-few-participants"):
        told(Uptake(4, {"statement": 4}), read_texts())
