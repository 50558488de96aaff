"""When the term of a study is over its mail is gone, also from every backup, and its results stay as they were."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from house_makers import (
    ROUND,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    answer,
    events,
    letters,
    only,
    only_sqlite,
    plan,
    refused,
    run,
)  # fmt: skip
from query_plans import overheard, steps
from sqlalchemy import delete, select, update

from orchestrator import backup, db, ledger, retention
from orchestrator.db import Database
from orchestrator.models import InboundMail, Inquiry, Pair, Reply, Round
from orchestrator.rounds import lifecycle, restored
from orchestrator.sealing import GONE, key_ids
from orchestrator.states import LetterState, MailState, RoundState

CLOSED = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
OVER = datetime(2027, 4, 30, 12, 0, tzinfo=UTC)  # six months later: April has no 31st
SECRET = "Groet, Wilhelmina van Geheimenisse"
DAY = timedelta(days=1)
LATER = "proef-2027"


def closed(database: Database) -> None:
    """A round of one pair, of which both letters were answered; and a mail that answers nothing."""
    run(database)
    numbers = [letter.id for letter in letters(database)]
    with database.writing() as session:
        session.execute(update(Inquiry).values(state=LetterState.SENT, sent_at=TUESDAY))
        for number in numbers:
            reply = answer(session, number, now=TUESDAY)
            reply.text = SECRET
            reply.label = "UITNODIGING"
            session.get_one(InboundMail, reply.mail_id).raw = SECRET.encode()
        told = {"envelope_to": "", "received_at": TUESDAY, "state": MailState.DEFERRED}
        session.add(InboundMail(content_key="vreemd", raw=SECRET.encode(), **told))
        lifecycle.close(session, ROUND, "anna", CLOSED, reason="voorbij")


def keep_to_terms(database: Database, now: datetime) -> dict[str, int]:
    with database.writing() as session:
        return retention.run(session, "praktijktest", now)


def said(database: Database) -> list[tuple[str, str | None]]:
    with database.reading() as session:
        return [(row.text, row.label) for row in session.scalars(select(Reply).order_by(Reply.id))]


def mails(database: Database) -> set[bytes]:
    with database.reading() as session:
        return {row.raw for row in session.scalars(select(InboundMail))}


def headline(database: Database) -> list[tuple[str, str | None]]:
    with database.reading() as session:
        pairs = session.scalars(select(Pair).order_by(Pair.id))
        return [(pair.state.value, pair.reason) for pair in pairs] + [
            (str(row.inquiry_id), row.label) for row in session.scalars(select(Reply).order_by(Reply.id))
        ]


def test_until_the_term_is_over_everything_stays(database: Database) -> None:
    closed(database)
    assert keep_to_terms(database, OVER - DAY) == {retention.HOUSE: 1}  # it came before the round closed
    assert said(database) == [(SECRET, "UITNODIGING")] * 2
    with database.reading() as session:
        (term,) = retention.terms(session)
    assert (term.round, term.until, term.records) == (ROUND, OVER, 4)


def test_after_the_term_texts_are_gone_labels_stay_and_the_ledger_has_the_proof(database: Database) -> None:
    closed(database)
    with database.reading() as session:
        keys = key_ids(session, Reply) | key_ids(session, InboundMail, InboundMail.content_key != "vreemd")
    before = headline(database)
    assert keep_to_terms(database, OVER) == {ROUND: 4, retention.HOUSE: 1}
    assert said(database) == [(GONE, "UITNODIGING")] * 2
    assert mails(database) == {b""}
    assert headline(database) == before
    told = next(event for event in events(database) if event.kind == retention.DESTROYED)
    digest = hashlib.sha256(b"".join(sorted(keys))).hexdigest()
    counts = {"inbound_mail": 2, "reply": 2, "doubt": 0, "context_note": 0, "hand_mask": 0, "keys": 4}
    assert told.data == counts | {"digest": digest}
    with database.reading() as session:
        assert list(ledger.faults(session)) == []


def test_of_a_large_round_some_at_a_time_are_emptied(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    closed(database)
    monkeypatch.setattr(db, "ASKED", 1)
    asked = overheard(database)
    assert keep_to_terms(database, OVER) == {ROUND: 4, retention.HOUSE: 1}
    assert sum(statement.startswith("UPDATE") for statement, _ in asked) >= 5
    assert said(database) == [(GONE, "UITNODIGING")] * 2
    assert mails(database) == {b""}


@only_sqlite
def test_mail_of_nobody_is_looked_for_among_the_mail_that_is_still_there(database: Database) -> None:
    closed(database)
    asked = overheard(database)
    with database.reading() as session:
        assert retention.overdue(session, OVER - DAY)
    of_mails = [each for each in asked if "FROM inbound_mail" in each[0] and "received_at" in each[0]]
    assert "SEARCH inbound_mail USING INDEX ix_inbound_mail_kept (received_at<?)" in steps(database, of_mails)


def test_doing_it_again_does_and_tells_nothing(database: Database) -> None:
    closed(database)
    keep_to_terms(database, OVER)
    before = len(events(database))
    assert keep_to_terms(database, OVER + DAY) == {}
    assert len(events(database)) == before


def test_a_run_that_ended_between_keys_and_record_is_ended_by_the_next(database: Database) -> None:
    closed(database)
    with database.writing() as session:
        retention.run(session, "praktijktest", OVER)
        session.rollback()
    assert said(database) == [(GONE, "UITNODIGING")] * 2
    assert keep_to_terms(database, OVER) == {ROUND: 0, retention.HOUSE: 0}
    with database.reading() as session:
        assert retention.terms(session) == ()


def test_a_round_that_goes_on_loses_nothing(database: Database) -> None:
    closed(database)
    with database.writing() as session:
        session.execute(update(Round).values(state="collecting", closed_at=None))
    keep_to_terms(database, OVER + 365 * DAY)
    assert said(database) == [(SECRET, "UITNODIGING")] * 2


def test_a_mail_that_also_answers_a_letter_of_a_round_that_goes_on_stays_until_that_one_is_over(
    database: Database,
) -> None:
    closed(database)
    plan(database, a_monday(round=LATER), participants=[an_advertiser("beta")], rows=[a_listing(9, "beta")])
    with database.writing() as session:
        shared = only(session.scalars(select(Reply).order_by(Reply.id).limit(1)))
        later = select(Inquiry).join(Pair).join(Round).where(Round.name == LATER).order_by(Inquiry.id).limit(1)
        reply = answer(session, only(session.scalars(later)).id, now=TUESDAY)
        reply.mail_id = shared.mail_id
        session.execute(delete(InboundMail).where(InboundMail.id.not_in(select(Reply.mail_id))))
    assert keep_to_terms(database, OVER) == {ROUND: 3}
    assert mails(database) == {b"", SECRET.encode()}
    with database.writing() as session:
        session.execute(update(Round).where(Round.name == LATER).values(state=RoundState.CLOSED, closed_at=OVER))
    assert LATER in keep_to_terms(database, OVER + 366 * DAY)
    assert mails(database) == {b""}


def test_a_backup_of_before_forgets_what_was_destroyed_since(house: Database, tmp_path: Path) -> None:
    closed(house)
    before = headline(house)
    file = tmp_path / "back-up"
    backup.save(house, file)
    assert b"Geheimenisse" not in file.read_bytes()
    keep_to_terms(house, OVER)
    house.engine.dispose()
    (tmp_path / "praktijktest.db").unlink()

    def mark(made: Database) -> None:
        with made.writing() as session:
            restored.mark(session, "m.dekker", OVER, restored.TOLD)

    backup.put_back(house.engine.url.render_as_string(), file, mark, house.vault.keys)
    assert said(house) == [(GONE, "UITNODIGING")] * 2
    assert mails(house) == {b""}
    assert headline(house) == before
    with house.reading() as session:
        assert list(ledger.faults(session)) == []


def test_old_keys_cannot_be_put_beside_those_that_are_there(house: Database) -> None:
    closed(house)
    kept = list(house.vault.all_wrapped())
    keep_to_terms(house, OVER)
    run_out = house.vault.make(1)
    assert run_out
    with refused("keys-there"):
        house.vault.take_in(kept)
