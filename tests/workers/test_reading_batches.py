"""A batch of mails is stored and read as if each came, and was read, alone: the same rows and the same ledger."""

from collections.abc import Callable, Iterator, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from house_makers import DUE, HOUR, SECOND, TUESDAY, letters, only_sqlite, run, send, store
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, text
from test_reading import DSN, INVITATION, REFUSAL, a_mail

from orchestrator import ledger
from orchestrator.db import Database, Session, Unfit
from orchestrator.models import (
    Base,
    Decline,
    DeferredReply,
    Delivery,
    Event,
    InboundMail,
    Inquiry,
    LetterCopy,
    Reply,
)
from orchestrator.rounds import answers
from orchestrator.rounds.answers import Arrival
from orchestrator.states import MailState
from workers.inbox import reading
from workers.inbox.parse import Mail, content_key, parse

Make = Callable[[Inquiry, Inquiry, str], bytes]
"""Writes a mail about one letter, and perhaps about another, with an id of its own."""


def said(words: str, **headers: Any) -> Make:
    """A mail with these words; a header that can be called is asked what it is, of both letters."""

    def make(letter: Inquiry, other: Inquiry, message_id: str) -> bytes:
        told = {"To": letter.reply_address, "Message-ID": message_id} | {
            name: value(letter, other) if callable(value) else value for name, value in headers.items()
        }
        text_ = words.format(
            name=letter.sender_name, last=letter.profile["name"]["last"], street=letter.pair.listing.street
        )
        return a_mail(text_, **told)

    return make


def reported(action: str) -> Make:
    def make(letter: Inquiry, other: Inquiry, message_id: str) -> bytes:
        words = {"to": letter.reply_address, "message_id": letter.message_id, "subject": message_id}
        return DSN.format(action=action, status="5.1.1", **words).encode()

    return make


def with_a_file(letter: Inquiry, other: Inquiry, message_id: str) -> bytes:
    message = message_from_bytes(said(INVITATION)(letter, other, message_id), _class=EmailMessage, policy=default)
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="huis.pdf")
    return message.as_bytes()


def of_courtesy(letter: Inquiry, *_: object) -> str:
    """The id that the courtesy letter to this one has, or will have."""
    return letter.message_id.replace("@", ".a@")


ELSEWHERE = {"To": "info@elders.example"}
KINDS: dict[str, Make] = {
    "invites": said(INVITATION),
    "refuses": said(REFUSAL),
    "says nothing clear": said("Wij komen hier nog op terug of misschien ook niet, wie weet.\n\nGroet, Anna"),
    "brings a file": with_a_file,
    "bounces": reported("failed"),
    "is delayed": reported("delayed"),
    "answers by itself": said("Wij hebben uw bericht ontvangen.", Auto_Submitted="auto-replied"),
    "is away": said("Ik ben op vakantie.", Subject="Automatisch antwoord: afwezig"),
    "answers both": said(INVITATION, To=lambda one, other: f"{one.reply_address}, {other.reply_address}"),
    "refers to the letter": said(REFUSAL, **ELSEWHERE, In_Reply_To=lambda one, _: one.message_id),
    "refers to the courtesy letter": said("Jammer, dank u.", **ELSEWHERE, References=of_courtesy),
    "names dwelling and applicant": said("Beste {last}, {street} is helaas al verhuurd.", **ELSEWHERE),
    "belongs nowhere": said("Helaas is de woning al verhuurd.", **ELSEWHERE),
    "is a copy of the letter": said("wat wij schreven", **{"Message-ID": lambda one, _: one.message_id}),
    "is a copy of the courtesy letter": said("wat wij schreven", **ELSEWHERE, **{"Message-ID": of_courtesy}),
    "cannot be read": said("gif"),
}
TOLD = st.lists(
    st.tuples(
        st.sampled_from(sorted(KINDS)),
        st.integers(0, 5),  # about which letter
        st.integers(0, 5),  # about which other, or for whom it comes once more
        st.booleans(),  # whether it comes twice
    ),
    min_size=1,
    max_size=14,
)


def arrivals(written: Sequence[Inquiry], told: Sequence[tuple[str, int, int, bool]], first: int) -> Iterator[Arrival]:
    for number, (kind, one, other, twice) in enumerate(told, first):
        raw = KINDS[kind](written[one], written[other], f"<m{number}@alfa.example>")
        key, when = content_key(raw), TUESDAY + number * SECOND
        yield Arrival(raw, key, "imap", f"1:{number}", "", when)
        if twice:
            yield Arrival(b"Received: elders\n" + raw, key, "smtp", str(number), written[other].reply_address, when)
            yield Arrival(raw, key, "imap", f"1:{number}", "", when)


def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(raw: bytes) -> Mail:
        if b"gif" in raw:
            raise ValueError("gif")
        return parse(raw)

    monkeypatch.setattr(reading, "parse", failing)


Record = dict[str, list[dict[str, Any]]]


def kept(database: Database) -> Record:
    with database.reading() as session:
        rows = {table.name: session.execute(select(table)).mappings() for table in Base.metadata.sorted_tables}
        return {name: [dict(row) for row in found] for name, found in rows.items()}


def put_back(database: Database, record: Record) -> None:
    """Make the record what it was, also as to the numbers that new rows get."""
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if record[table.name]:
                session.execute(table.insert(), record[table.name])
            if database.engine.dialect.name == "postgresql" and "id" in table.columns:
                last = max((row["id"] for row in record[table.name]), default=0)
                place = f"pg_get_serial_sequence('\"{table.name}\"', 'id')"
                session.execute(text(f"SELECT setval({place}, {last + 1}, false) WHERE {place} IS NOT NULL"))


def came_of_it(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that storing and reading may change, opened where it is sealed."""
    found = {}
    with database.reading() as session:
        for model in (InboundMail, Delivery, Reply, Decline, DeferredReply, LetterCopy, Inquiry, Event):
            order = Event.seq if model is Event else model.id  # type: ignore[attr-defined]
            names = [column.key for column in model.__table__.columns if not column.key.endswith("_sealed")]
            names += [name for name in ("raw", "text", "subject") if f"{name}_sealed" in model.__table__.columns]
            rows = session.scalars(select(model).order_by(order))  # type: ignore[call-overload]
            found[model.__tablename__] = [tuple(getattr(row, name) for name in names) for row in rows]
        assert list(ledger.faults(session)) == []
    return found


def read_all(database: Database, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Read on until none waits; what is set aside is not counted as read."""
    monkeypatch.setattr(reading, "BATCH", size)
    waits = select(InboundMail.id).where(InboundMail.state == MailState.STORED).limit(1)
    while True:
        with database.reading() as session:
            if session.scalar(waits) is None:
                return
        reading.read_stored(database, TUESDAY + HOUR)


def a_record(database: Database) -> list[Record]:
    """A round of three pairs, with all first letters sent, and once more with all of them uncertain.

    By both records no second letter went.
    """
    run(database, rows=3)
    planned = kept(database)
    send(database, DUE)
    sent = kept(database)
    put_back(database, planned)
    send(database, DUE, outcome="uncertain")
    return [sent, kept(database)]


@pytest.mark.long
def test_a_batch_is_stored_and_read_as_if_each_mail_came_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the letters some arrived, of some nobody knows, and some by our record never went."""
    records = a_record(database)
    poison(monkeypatch)

    @settings(max_examples=20, phases=[Phase.explicit, Phase.generate])
    @given(came=TOLD, later=TOLD, size=st.sampled_from([2, 3, 200]), record=st.sampled_from(records))
    def alike(came: Any, later: Any, size: int, record: Record) -> None:
        put_back(database, record)
        written = letters(database)
        portions = [list(arrivals(written, came, 0)), list(arrivals(written, later, len(came)))]
        for portion in portions:
            for each in portion:
                with database.writing() as session:
                    answers.store_all(session, [each])
            read_all(database, monkeypatch, 1)
        alone = came_of_it(database)
        put_back(database, record)
        for portion in portions:
            with database.writing() as session:
                answers.store_all(session, portion)
            read_all(database, monkeypatch, size)
        for table, rows in came_of_it(database).items():
            assert [row for row in rows if row not in alone[table]] == []
            assert rows == alone[table]
        assert not any(MailState.STORED in row for row in alone["inbound_mail"])

    alike()


@pytest.mark.parametrize("kind", ["invites", "refuses", "brings a file"])
def test_two_mails_of_a_batch_ask_no_more_statements_than_one(database: Database, kind: str) -> None:
    run(database, rows=3)
    send(database, DUE)
    written, asked = letters(database, 1), list[str]()
    event.listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    told = []
    for batch in (written[:1], written[1:]):
        for letter in batch:
            raw = KINDS[kind](letter, letter, f"<{letter.id}@alfa.example>")
            store(database, raw, content_key(raw))
        asked.clear()
        assert reading.read_stored(database, TUESDAY + HOUR) == len(batch)
        told.append(len(asked))
    assert told[0] == told[1]


# --- What is found only when all is written --------------------------------------------------------------------------


def letters_and_mails(database: Database, *words: str) -> None:
    run(database, rows=3)
    send(database, DUE)
    for number, (letter, text_) in enumerate(zip(letters(database, 1), words, strict=True)):
        raw = a_mail(text_, To=letter.reply_address, Message_ID=f"<{number}@alfa.example>")
        store(database, raw, content_key(raw))


@pytest.mark.parametrize("error", [ValueError("x"), Unfit("INSERT", {}, ValueError("te lang"))])
def test_a_mail_that_the_database_refuses_at_the_end_stops_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    letters_and_mails(database, "Helaas verhuurd.", "gif", "Helaas verhuurd.")
    whole = answers.written_together

    def failing(session: Session) -> None:
        if any("gif" in row.text for row in session.new if isinstance(row, Reply)):
            raise error
        whole(session)

    monkeypatch.setattr(answers, "written_together", failing)
    assert reading.read_stored(database, TUESDAY + HOUR) == 2
    with database.reading() as session:
        states = session.scalars(select(InboundMail.state).order_by(InboundMail.id)).all()
        assert states == [MailState.MATCHED, MailState.DEFERRED, MailState.MATCHED]
        assert session.scalars(select(DeferredReply.reason)).all() == [reading.UNREADABLE]
        assert len(session.scalars(select(Reply)).all()) == 2


def test_a_row_that_somebody_else_made_meanwhile_makes_the_batch_look_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another reader defers the same mail between the question whether it waits for a person, and ours."""
    letters_and_mails(database, "Helaas verhuurd.", INVITATION, "Helaas verhuurd.")
    whole, times = answers.written_together, []

    def beaten(session: Session) -> None:
        times.append(session)
        if len(times) == 1:
            session.add(DeferredReply(mail_id=1, reason="x", deferred_at=TUESDAY))
            session.add(DeferredReply(mail_id=1, reason="x", deferred_at=TUESDAY))
        whole(session)

    monkeypatch.setattr(answers, "written_together", beaten)
    assert reading.read_stored(database, TUESDAY + HOUR) == 3
    with database.reading() as session:
        assert len(session.scalars(select(Reply)).all()) == 3
        assert len(session.scalars(select(Decline)).all()) == 1


@only_sqlite
def test_a_batch_holds_no_more_bytes_than_fit_but_at_least_one_mail(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 1000)
    for number, size in enumerate([400, 400, 400, 5000, 10]):
        store(database, bytes(size), f"k{number}")
    with database.writing() as session:
        assert [mail.id for mail in answers.unread(session, 10)] == [1, 2]
        session.execute(delete(Delivery))
        session.execute(delete(InboundMail).where(InboundMail.id < 4))
        assert [mail.id for mail in answers.unread(session, 10)] == [4]
