"""How fast letters may go: never one more than a rate allows, whoever sends and however many at once."""

from datetime import datetime, timedelta

import pytest
from house_makers import (
    BACK_OFF,
    DUE,
    GRACE,
    HOUR,
    LEASE,
    MINUTE,
    OPENING,
    SECOND,
    a_listing,
    a_monday,
    an_advertiser,
    letters,
    meddle,
    only_sqlite,
    run,
    together,
)
from sqlalchemy import select, update

from orchestrator.db import Database
from orchestrator.models import Attempt, Inquiry
from orchestrator.rates import Rate, Rates
from orchestrator.rounds import lifecycle, sending
from orchestrator.rounds.sending import Result
from orchestrator.states import AttemptOutcome, RoundState
from orchestrator.web_address import domain_of

QUARTER = HOUR / 4
TWO_A_MINUTE = Rates(overall=Rate(2, MINUTE))
ONE_A_DOMAIN = Rates(per_domain=Rate(1, QUARTER))


def many(database: Database, *domains: str) -> None:
    """A round with one letter due at once to an advertiser in each of these domains."""
    people = [an_advertiser(f"a{place}", email=f"verhuur{place}@{domain}") for place, domain in enumerate(domains)]
    rows = [a_listing(place, f"a{place}") for place in range(len(domains))]
    run(database, a_monday(), participants=people, rows=rows)
    meddle(database, update(Inquiry).where(Inquiry.order == 1).values(planned_at=OPENING, not_after=DUE + 9 * HOUR))


def tried(database: Database, rates: Rates, now: datetime = DUE, worker: str = "w1", most: int = 100) -> int:
    """Claim, pass the gate and record, as a worker does; return how many letters went."""
    with database.writing() as session:
        (round_,) = lifecycle.in_state(session, RoundState.RUNNING)
        claims = sending.claim_inquiries(session, round_, worker, now, LEASE, GRACE, most, rates)
    gone = 0
    for held in claims:
        with database.writing() as session:
            passed = sending.gate(session, held, worker, now, LEASE, GRACE, rates)
        with database.writing() as session:
            if passed:
                sending.record(session, held, worker, now, Result(AttemptOutcome.SENT, "answer", "ja"), BACK_OFF)
            else:
                sending.release(session, held, now, timedelta())
        gone += passed
    return gone


def test_no_more_letters_go_in_a_minute_than_the_rate_and_the_next_minute_goes_on(database: Database) -> None:
    many(database, *["kantoor.example"] * 5)
    assert tried(database, TWO_A_MINUTE) == 2
    assert tried(database, TWO_A_MINUTE, DUE + MINUTE - SECOND) == 0
    assert tried(database, TWO_A_MINUTE, DUE + MINUTE) == 2
    assert tried(database, TWO_A_MINUTE, DUE + 2 * MINUTE) == 1


def test_a_domain_has_a_rate_of_its_own_and_does_not_hold_up_another(database: Database) -> None:
    many(database, "een.example", "een.example", "een.example", "twee.example")
    assert tried(database, ONE_A_DOMAIN) == 2
    assert tried(database, ONE_A_DOMAIN, DUE + QUARTER - SECOND) == 0
    assert tried(database, ONE_A_DOMAIN, DUE + QUARTER) == 1


def test_a_domain_at_its_rate_does_not_fill_the_batch_of_a_worker(database: Database) -> None:
    many(database, "een.example", "een.example", "een.example", "een.example", "twee.example")
    tried(database, ONE_A_DOMAIN, most=1)
    assert tried(database, ONE_A_DOMAIN, most=2) == 1


def test_an_outcome_that_nobody_knows_counts_for_the_rate(database: Database) -> None:
    many(database, *["kantoor.example"] * 3)
    tried(database, TWO_A_MINUTE)
    meddle(database, update(Attempt).values(outcome=AttemptOutcome.UNCERTAIN))
    assert tried(database, TWO_A_MINUTE) == 0


def test_a_letter_that_never_came_to_its_gate_does_not_count(database: Database) -> None:
    many(database, *["kantoor.example"] * 3)
    with database.writing() as session:
        (round_,) = lifecycle.in_state(session, RoundState.RUNNING)
        (held,) = sending.claim_inquiries(session, round_, "w1", DUE, LEASE, GRACE, 1)
        sending.record(session, held, "w1", DUE, Result(AttemptOutcome.NOT_SENT, "connect", "weg"), BACK_OFF)
    assert tried(database, TWO_A_MINUTE) == 2


@pytest.mark.parametrize("rates", [TWO_A_MINUTE, Rates(per_domain=Rate(2, MINUTE))])
def test_workers_that_race_send_no_more_than_the_rate_together(database: Database, rates: Rates) -> None:
    many(database, *["kantoor.example"] * 12)
    names = [f"w{number}" for number in range(4)]
    gone = together(*(lambda name=name: tried(database, rates, worker=name, most=3) for name in names))
    assert sum(gone) == 2
    with database.reading() as session:
        assert len(session.scalars(select(Attempt.id)).all()) == 2


@only_sqlite
@pytest.mark.parametrize(
    ("recipient", "domain"),
    [
        ("Verhuur@Kantoor.Example", "kantoor.example"),
        ("https://www.kantoor.example/contact", "www.kantoor.example"),
        ("http://127.0.0.1:8480/formulier/a", "127.0.0.1:8480"),
    ],
)
def test_whom_a_letter_burdens_is_its_domain(database: Database, recipient: str, domain: str) -> None:
    assert domain_of(recipient) == domain
    run(database)
    assert {row.domain for row in letters(database)} == {"alfa.example"}
