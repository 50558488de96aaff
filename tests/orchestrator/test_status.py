"""The status page tells what works and what does not, with since when and what to do."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from house_makers import DUE, HOUR, MINUTE, ROUND, claim, gate, letters, meddle, only_sqlite, record, run, send, store

from orchestrator import ahead, heartbeats, status
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Inquiry
from orchestrator.rounds import holds, lifecycle, lookup, restored
from orchestrator.status import QUEUES, SILENT_SECONDS, Fact
from workers.app import QUEUES as WORKED
from workers.pulse import EVERY_SECONDS

pytestmark = only_sqlite


def facts(database: Database, now: datetime = DUE, mailboxes: tuple[str, ...] = ()) -> dict[str, list[Fact]]:
    with database.reading() as session:
        chapters = status.of_house(session, Clock(now, time.time(), 1.0), mailboxes)
    return {chapter.key: list(chapter.facts) for chapter in chapters}


def beats(database: Database, now: datetime, *queues: str) -> None:
    for queue in queues or tuple(QUEUES):
        meddle(database, lambda session, queue=queue: heartbeats.beat(session, queue, "kast:7", now))


def coming(database: Database, now: datetime = DUE) -> list[str]:
    with database.reading() as session:
        return [each.why for each in ahead.letters(session, lookup.find(session, ROUND), now, 50)]


def test_every_queue_that_workers_take_has_its_line(database: Database) -> None:
    assert tuple(QUEUES) == WORKED
    assert [fact.works for fact in facts(database)["werkprocessen"]] == [False] * len(WORKED)


def test_a_queue_works_until_nothing_was_seen_of_it_for_too_long(database: Database) -> None:
    assert EVERY_SECONDS * 10 < SILENT_SECONDS
    beats(database, DUE)
    beats(database, DUE + 5 * MINUTE, "send")
    seen = facts(database, DUE + 5 * MINUTE)["werkprocessen"]
    assert [fact.works for fact in seen] == [True, False, False]
    assert (seen[0].seen, seen[1].since) == (DUE + 5 * MINUTE, DUE)
    assert "praktijktest worker inbox" in seen[1].do


def test_a_house_in_order_needs_nobody(database: Database) -> None:
    beats(database, DUE)
    run(database)
    with database.reading() as session:
        assert status.summary(status.of_house(session, Clock(DUE, time.time(), 1.0), ())) == "Alles werkt."


@pytest.mark.parametrize(
    ("shut", "words", "do"),
    [
        (lambda s: lifecycle.set_sending(s, False, "anna", DUE, "klacht"), "staat uit: klacht", "praktijktest reopen"),
        (lambda s: restored.mark(s, "anna", DUE, restored.TOLD), "back-up", "praktijktest reconcile"),
    ],
)
def test_shut_sending_is_told_with_why_since_when_and_how_to_go_on(
    database: Database, shut: Callable[[object], None], words: str, do: str
) -> None:
    meddle(database, shut)
    (fact,) = facts(database, DUE + HOUR)["verzending"]
    assert (fact.works, fact.since) == (False, DUE)
    assert words in fact.said
    assert do in fact.do


def test_a_mailbox_that_was_not_read_to_its_end_of_late_does_not_work(database: Database) -> None:
    (never, stored) = facts(database, mailboxes=("imap:wij@post.example/INBOX",))["post"]
    assert (never.works, never.what, stored.works) == (False, "Mailbox wij@post.example/INBOX", True)


def test_mail_that_stays_unread_is_told_with_its_age(database: Database) -> None:
    store(database, now=DUE)
    fresh, stale = (facts(database, DUE + span)["post"][-1] for span in (MINUTE, HOUR))
    assert (fresh.works, stale.works, stale.since) == (True, False, DUE)
    assert "nog gelezen moet worden: 1" in stale.said


def test_what_waits_for_a_person_is_told_and_else_that_nothing_does(database: Database) -> None:
    run(database, rows=2)
    assert [fact.works for fact in facts(database)["mensen"]] == [True]
    held = claim(database)[0]
    assert gate(database, held)
    record(database, held, DUE, "uncertain")
    meddle(database, lambda session: holds.hold(session, "alfa", "belde", "anna", DUE))
    seen = {fact.what: fact for fact in facts(database)["mensen"]}
    assert list(seen) == ["Onzekere reacties", "Pauze van Makelaardij Alfa"]
    assert "praktijktest lift alfa" in seen["Pauze van Makelaardij Alfa"].do


def test_a_round_tells_its_next_letter_and_why_it_waits(database: Database) -> None:
    run(database)
    (fact,) = facts(database, DUE - 20 * HOUR)["rondes"]
    assert "De volgende brief: P-0001, 1 van 2, aan Makelaardij Alfa" in fact.said
    assert "wacht op het geplande moment" in fact.said


def test_each_coming_letter_tells_why_it_waits(database: Database) -> None:
    run(database)
    first = letters(database, 1)[0]
    assert coming(database, first.planned_at - HOUR) == ["wacht op het geplande moment", "wacht op de eerste reactie"]
    assert coming(database, first.planned_at)[0] == "is nu aan de beurt"
    claim(database, first.planned_at)
    assert coming(database, first.planned_at)[0] == "wordt nu opgepakt"


def test_after_the_first_letter_the_second_waits_for_its_rest_and_then_for_the_office(database: Database) -> None:
    run(database)
    send(database)
    (_, second) = letters(database)
    assert coming(database, second.planned_at - MINUTE) == ["rust tussen de twee reacties"]
    night = second.planned_at.replace(hour=23)
    assert coming(database, night)[0].startswith("wacht op kantooruren, vanaf ")


def test_what_a_person_can_lift_comes_before_what_time_brings(database: Database) -> None:
    run(database)
    meddle(database, lambda session: holds.hold(session, "alfa", "belde", "anna", DUE))
    assert set(coming(database)) == {"de aanbieder staat op pauze"}
    meddle(database, lambda session: lifecycle.set_sending(session, False, "anna", DUE, "klacht"))
    assert set(coming(database)) <= {"de noodstop staat aan", "de aanbieder staat op pauze"}


def test_a_letter_that_did_not_leave_tells_when_it_is_tried_again_and_why(database: Database) -> None:
    run(database)
    send(database, outcome="not_sent")
    assert coming(database)[0].startswith("nieuwe poging om 07-09-2026")


def test_letters_that_never_go_come_last(database: Database) -> None:
    run(database, rows=2)
    first = letters(database, 1)[0]

    def late(session: object) -> None:
        session.get_one(Inquiry, first.id).not_after = DUE - timedelta(days=1)  # type: ignore[attr-defined]

    meddle(database, late)
    whys = coming(database)
    assert whys[-2:] == ["te laat", "de eerste reactie ging of gaat niet uit"]
    assert not {"te laat"} & set(whys[:2])
