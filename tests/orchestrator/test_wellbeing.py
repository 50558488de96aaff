"""What is counted of a round to see whether it goes as it should."""

from datetime import timedelta

from house_makers import (
    DUE,
    HOUR,
    ROUND,
    TUESDAY,
    answered,
    claim,
    code,
    gate,
    letters,
    meddle,
    record,
    run,
    send_both,
    store,
)

from orchestrator import wellbeing
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Delivery, InboundMail
from orchestrator.rounds import lookup
from orchestrator.wellbeing import Part


def losses(database: Database, *, arm: bool = False) -> dict[str, tuple[Part, ...]]:
    with database.reading() as session:
        return wellbeing.losses(session, lookup.find(session, ROUND), arm=arm)


def test_letters_that_ended_are_counted_by_order_with_what_was_lost_and_bounced(database: Database) -> None:
    run(database, rows=3)
    for held, outcome in zip(claim(database), ("sent", "refused", "uncertain"), strict=True):
        assert gate(database, held)
        record(database, held, DUE, outcome)
    assert losses(database)["order"] == (Part("1", 3, 2, 0),)
    assert sum(part.ended for part in losses(database)["variant"]) == 3


def test_a_letter_that_two_people_coded_as_undeliverable_bounced(database: Database) -> None:
    run(database)
    send_both(database)
    reply = answered(database, 1)
    for coder in ("anna", "bert"):
        code(database, reply, coder, "ONBESTELBAAR")
    assert losses(database)["order"] == (Part("1", 1, 0, 1), Part("2", 1, 0, 0))


def test_the_arm_is_told_only_when_it_is_asked_for(database: Database) -> None:
    run(database)
    send_both(database)
    assert set(losses(database)) == {"order", "variant"}
    assert [part.name for part in losses(database, arm=True)["arm"]] == ["control", "treatment"]


def test_the_gap_between_two_letters_is_measured_beside_the_planned_one(database: Database) -> None:
    run(database, rows=2)
    with database.reading() as session:
        assert wellbeing.gaps(session, lookup.find(session, ROUND)) is None
    send_both(database)
    with database.reading() as session:
        seen = wellbeing.gaps(session, lookup.find(session, ROUND))
    assert seen is not None
    hours = [
        (second.sent_at - first.sent_at) / HOUR
        for first, second in zip(letters(database, 1), letters(database, 2), strict=True)
        if first.sent_at and second.sent_at
    ]
    assert (seen.pairs, seen.shortest) == (2, min(hours))


def test_a_mail_that_was_delivered_twice_counts_as_one_that_came_twice(database: Database) -> None:
    store(database, b"een", "k1")
    store(database, b"twee", "k2")

    def again(session: object) -> None:
        mail = session.query(InboundMail).first()  # type: ignore[attr-defined]
        session.add(Delivery(source="imap", source_key="9", mail_id=mail.id, received_at=TUESDAY))  # type: ignore[attr-defined]

    meddle(database, again)
    with database.reading() as session:
        assert wellbeing.twice(session) == (2, 1)


def test_a_ledger_written_by_a_clock_that_runs_ahead_is_noticed(database: Database) -> None:
    run(database)
    with database.reading() as session:
        assert wellbeing.ahead_of(session, Clock(DUE, 0.0, 0.0001)) == timedelta()
        behind = Clock(DUE - timedelta(days=30), 0.0, 1e-9)
        assert wellbeing.ahead_of(session, behind) > timedelta(days=20)
