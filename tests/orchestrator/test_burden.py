"""The burden ledger against a case counted by hand."""

from house_makers import (
    HOUR,
    ROUND,
    TUESDAY,
    a_listing,
    an_advertiser,
    answer,
    claim_declines,
    gate,
    letters,
    only_sqlite,
    record,
    refused,
    run,
    send,
    send_both,
)
from sqlalchemy import select

from orchestrator import burden
from orchestrator.burden import ARRANGE_VIEWING, READ_DECLINE, READ_LETTER, WRITE_ANSWER, Burden, together
from orchestrator.db import Database
from orchestrator.models import Decline


def of_round(database: Database) -> list[Burden]:
    with database.reading() as session:
        return list(burden.of_round(session, ROUND))


def answered(database: Database, inquiry: int, proposal: str, **told: str | None) -> None:
    with database.writing() as session:
        answer(session, inquiry, proposal, TUESDAY, **told)


def give_back(database: Database) -> list[float]:
    """Send all courtesy letters, each at its planned moment; return after how many hours each went."""
    with database.reading() as session:
        planned = sorted(session.scalars(select(Decline.planned_at)))
    for moment in planned:
        for held in claim_declines(database, moment):
            assert gate(database, held, moment)
            record(database, held, moment)
    return [(moment - TUESDAY) / HOUR for moment in planned]


def test_a_round_of_two_advertisers_is_counted_as_by_hand(database: Database) -> None:
    rows = [a_listing(1), a_listing(2), a_listing(3, "beta")]
    run(database, participants=[an_advertiser(), an_advertiser("beta")], rows=rows)
    send_both(database)
    one, two, three, _ = (row.id for row in letters(database) if row.pair.listing.advertiser.key == "alfa")
    answered(database, one, "OVERIG")
    answered(database, one, "AL_VERHUURD", kind="away")
    answered(database, two, "UITNODIGING", message_id=None)
    answered(database, two, "UITNODIGING", message_id="<nog-eens@alfa.example>")
    hours = give_back(database)
    answered(database, three, "UITNODIGING")
    alfa, beta = of_round(database)
    # Four letters, four answers by people and one by a machine, two viewings of which one was given back.
    assert alfa == Burden("alfa", "Makelaardij Alfa", letters=4, answers=4, viewings=2, hours=tuple(hours))
    assert 1 <= hours[0] <= 3
    assert alfa.minutes == 4 * READ_LETTER + 4 * WRITE_ANSWER + 2 * ARRANGE_VIEWING + READ_DECLINE == 50
    assert beta == Burden("beta", "Makelaardij Beta", letters=2, answers=0, viewings=0, hours=())
    assert (beta.minutes, beta.median_hours) == (2 * READ_LETTER, None)


def test_together_they_bear_the_sum_and_the_median_of_all_viewings() -> None:
    total = together([Burden("a", "A", 4, 3, 3, (1.0, 9.0)), Burden("b", "B", 2, 1, 1, (2.0,))])
    assert (total.letters, total.answers, total.viewings, total.given_back) == (6, 4, 4, 3)
    assert total.minutes == 6 * READ_LETTER + 4 * WRITE_ANSWER + 4 * ARRANGE_VIEWING + 3 * READ_DECLINE
    assert total.median_hours == 2
    assert together([]).median_hours is None


@only_sqlite
def test_letters_that_never_left_burden_nobody(database: Database) -> None:
    run(database, rows=2)
    send(database, outcome="refused", most=1)
    assert [row.letters for row in of_round(database)] == [0]
    send(database, outcome="uncertain")
    assert [row.letters for row in of_round(database)] == [1]


@only_sqlite
def test_a_round_that_is_not_there_has_no_ledger(database: Database) -> None:
    with refused("unknown-round"):
        of_round(database)
