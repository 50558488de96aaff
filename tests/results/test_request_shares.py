"""What a request test found: shares of the offices that were reached, with their margin, and only when it is closed."""

import pytest
from house_makers import only_sqlite
from test_requesting import MONDAY, NAME, ask, assigned, does, offices, running

from orchestrator.db import Database
from orchestrator.rounds import requesting
from profiles.errors import Refused
from results import owner_requests

MONITOR = {"WEIGERT_ZONDER_UITLEG": 55, "BEREID_ZONDER_BESEF": 75, "KEUZE_BIJ_EIGENAAR": 73}
"""As in the third national monitor: 203 calls, 73% did not refuse explicitly and 37% went along directly."""


def test_the_shares_are_those_of_the_third_national_monitor_with_wilsons_interval() -> None:
    found = {each.name: each for each in owner_requests.shares([key for key, n in MONITOR.items() for _ in range(n)])}
    assert round(100 * (found["not_refusing"].value or 0)) == 73
    assert round(100 * (found["direct"].value or 0)) == 37
    # Wilson by hand: (148 + z²/2 ± z √(148·55/203 + z²/4)) / (203 + z²), z = 1.959964.
    low, high = found["not_refusing"].low, found["not_refusing"].high
    assert (round(low or 0, 4), round(high or 0, 4)) == (0.6641, 0.7855)
    assert found["refuses"].value == pytest.approx(1 - (found["not_refusing"].value or 0))


def test_nothing_reached_is_no_share() -> None:
    with pytest.raises(ValueError, match="no office"):
        owner_requests.shares([])


def coded(database: Database, keys: list[str], code: str) -> None:
    for key in keys:
        number = ask(database, key)
        for coder in ("Cora", "Dirk"):
            does(database, requesting.code, number, coder, code, MONDAY)


@pytest.mark.long
@only_sqlite
def test_the_outcome_is_hidden_until_closing_and_then_counts_who_was_reached(database: Database) -> None:
    keys = [f"kantoor-{number:02}" for number in range(13)]
    running(database, participants=offices(*keys))
    coded(database, keys[:8], "WEIGERT_MET_UITLEG")
    coded(database, keys[8:11], "BEREID_MET_BESEF")
    _, tester = assigned(database, keys[11])
    for _ in range(requesting.MOST_TRIES):
        does(database, requesting.not_reached, NAME, keys[11], tester, MONDAY)
    with pytest.raises(Refused, match="verborgen"), database.reading() as session:
        owner_requests.load_result(session, NAME)
    does(database, requesting.close, NAME, "s.bos", MONDAY)
    with database.reading() as session:
        found = owner_requests.load_result(session, NAME)
    assert (found.planned, found.reached, found.cancelled) == (13, 11, 1)
    assert found.codes == {"WEIGERT_MET_UITLEG": 8, "BEREID_MET_BESEF": 3, "NIET_BEREIKT": 1}
    assert {each.name: each.n for each in found.shares} == dict.fromkeys(owner_requests.SHARES, 11)
    assert found.kappa == 1


@only_sqlite
def test_few_answers_are_withheld_because_an_office_could_be_recognised(database: Database) -> None:
    running(database)
    coded(database, ["alfa", "beta"], "ONTWIJKEND")
    does(database, requesting.close, NAME, "s.bos", MONDAY)
    with database.reading() as session:
        found = owner_requests.load_result(session, NAME)
    assert found.withheld == "minder dan 10 tests"
    assert (found.shares, found.codes) == ((), {})
