"""Makers of a tiny round as the record keeps it, and of the steps a worker and a broker take in it.

Every round here lasts one Monday: all first letters are planned from 09:00 to 16:30 (Amsterdam), so that at `DUE`,
16:30, all of them are due while the office is still open.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from design_makers import a_design
from sqlalchemy import Executable, event, select, text

from orchestrator import accounts, mail_trips, readiness
from orchestrator.addresses import index_of, set_addresses
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.design import Design, Purpose
from orchestrator.intake import AdvertiserKind, Channel, ListingRow, Participant
from orchestrator.models import Advertiser, Attempt, Base, Event, InboundMail, Inquiry, Listing, Pair, Reply
from orchestrator.rounds import answers, coding, lifecycle, lookup, planning, sending, settling
from orchestrator.rounds.answers import Proposed, Told
from orchestrator.rounds.sending import Claim, Envelope, Result
from orchestrator.states import DESK_ROLES, AttemptOutcome, LetterState, MailState, Role, RoundState
from profiles.catalogue import Catalogue
from profiles.errors import BadInput, Refused

only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
"""For tests of what no database does differently."""

ROUND = "proef-2026"
PLANNED = datetime(2026, 9, 4, 10, 0, tzinfo=UTC)
OPENING = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)
DUE = datetime(2026, 9, 7, 14, 30, tzinfo=UTC)
TUESDAY = datetime(2026, 9, 8, 14, 30, tzinfo=UTC)

LEASE, GRACE, MARGIN, BACK_OFF = (timedelta(seconds=seconds) for seconds in (60, 30, 2, 30))
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def a_monday(**parts: Any) -> Design:
    """The design of a round of one Monday, without sham pairs and with wide caps."""
    schedule = {
        "first_day": "2026-09-07",
        "last_day": "2026-09-07",
        "gap_hours": {"min": 1, "max": 2},
        "per_advertiser_week": 100,
        "cooldown_hours": 0,
        **parts.pop("schedule", {}),
    }
    question = {"sham_share": 0, **parts.pop("question", {})}
    sample = {"pairs": 50, "per_advertiser": 100, **parts.pop("sample", {})}
    return a_design(schedule=schedule, question=question, sample=sample, **parts)


def an_advertiser(key: str = "alfa", **changes: Any) -> Participant:
    told: dict[str, Any] = {
        "advertiser": key,
        "name": f"Makelaardij {key.capitalize()}",
        "kind": AdvertiserKind.BROKER,
        "email": f"verhuur@{key}.example",
        "channel": Channel.SMTP,
        "form_url": None,
        "consent_from": date(2026, 6, 1),
        "consent_until": date(2026, 12, 31),
        "purpose": Purpose.LEARNING,
        "max_pairs": None,
        "line": 2,
    }
    return Participant(**(told | changes))


def a_listing(number: int = 1, advertiser: str = "alfa", **changes: Any) -> ListingRow:
    told: dict[str, Any] = {
        "listing": f"ams-{number}",
        "advertiser": advertiser,
        "street": f"Proefstraat {number}",
        "postcode": "3811 AB",
        "city": "Amersfoort",
        "district": "Binnenstad",
        "rent": 1200,
        "rooms": 3,
        "reference": f"REF-{number}",
        "url": "",
        "line": number + 1,
    }
    return ListingRow(**(told | changes))


def listings(number: int, advertiser: str = "alfa") -> list[ListingRow]:
    return [a_listing(each, advertiser) for each in range(1, number + 1)]


def plan(
    database: Database,
    design: Design | None = None,
    *,
    participants: Sequence[Participant] | None = None,
    rows: Sequence[ListingRow] | int = 1,
    now: datetime = PLANNED,
    path: Path | None = None,
    bank: Catalogue | None = None,
    by: str = "r.visser",
) -> None:
    """Plan a round; ``rows`` is the listings, or how many of one advertiser."""
    homes = listings(rows) if isinstance(rows, int) else rows
    known = participants or [an_advertiser()]
    with database.writing() as session:
        planning.plan(session, design or a_monday(), known, homes, actor=by, now=now, path=path, bank=bank)


def approve(database: Database, by: str = "m.dekker", name: str = ROUND) -> None:
    with database.writing() as session:
        lifecycle.approve(session, name, by, PLANNED + HOUR)


def make_ready(database: Database, name: str = ROUND) -> None:
    """Bring in order what a live round needs beyond its design: a waiver of its power, and a mail that came back."""
    with database.writing() as session:
        readiness.waive(session, name, "r.visser", PLANNED, "een proef")
        trip = mail_trips.begin(session, name, "r.visser", PLANNED, "abc")
        session.flush()
        assert mail_trips.came_back(session, trip.message_id, PLANNED + MINUTE)


def a_session(database: Database, name: str = "anna", roles: Iterable[Role] = DESK_ROLES) -> str:
    """Sign somebody in, who is made when they are not there yet and shows a second factor; return their cookie.

    The ledger hears of it in the time of the tests: an event from later would shut all sending.
    """
    wall = Clock().now()
    with database.writing() as session:
        # Tests name people after their role; an address that begins so would be taken for one of many people.
        email = f"{name}@stad.example".replace("administrator", "beheer")
        person = accounts.by_email(session, email) or accounts.add(session, name, email, roles, "beheerder", PLANNED)
        return accounts.open_session(session, person, PLANNED, wall, factor=True)


def start(database: Database, name: str = ROUND, *, now: datetime = PLANNED + 2 * HOUR, live: bool = False) -> None:
    with database.writing() as session:
        lifecycle.start(session, name, "r.visser", now, live=live)


def run(database: Database, design: Design | None = None, **wishes: Any) -> None:
    """Plan, approve and start a round."""
    plan(database, design, **wishes)
    name = design.round if design else ROUND
    approve(database, name=name)
    start(database, name)


def claim(
    database: Database, now: datetime = DUE, worker: str = "w1", most: int = 100, lease: timedelta = LEASE
) -> list[Claim]:
    """Claim what is due in all running rounds."""
    with database.writing() as session:
        rounds = lifecycle.in_state(session, RoundState.RUNNING)
        return [
            found
            for round_ in rounds
            for found in sending.claim_inquiries(session, round_, worker, now, lease, GRACE, most)
        ]


def claim_declines(database: Database, now: datetime) -> list[Claim]:
    with database.writing() as session:
        return sending.claim_declines(session, "w1", now, LEASE, GRACE, 100)


def gate(database: Database, held: Claim, now: datetime = DUE, worker: str = "w1") -> Envelope | None:
    """Return the letter that passed the gate; whoever looks before it is told the same."""
    with database.writing() as session:
        envelope = sending.all_written(session, [held], now).get(held)
        looked = sending.may_go(session, [held], now, GRACE)
        passed = sending.gate(session, held, worker, now, LEASE, GRACE)
    assert (envelope is not None and held in looked) or not passed
    return envelope if passed else None


def record(
    database: Database, held: Claim, now: datetime = DUE, outcome: str = "sent", *, phase: str = "answer"
) -> None:
    with database.writing() as session:
        told = Result(AttemptOutcome(outcome), phase, "wat de overkant zei")
        sending.record(session, held, "w1", now, told, BACK_OFF)


def meddle(database: Database, change: Callable[[Session], Any] | Executable) -> None:
    """Change the record behind its own back."""
    with database.writing() as session:
        if isinstance(change, Executable):
            session.execute(change)
        else:
            change(session)


def moves(session: Session, email: str, key: str = "alfa") -> None:
    """Let letters to an office go to another address from now on."""
    office = session.scalars(select(Advertiser).where(Advertiser.key == key)).one()
    set_addresses(session, office, email, office.form_url)


def index(database: Database, address: str) -> str:
    """By what an address is known in the record."""
    with database.reading() as session:
        return index_of(session, address)


def dump(database: Database) -> bytes:
    """All that stands in any table, as the database gives it to whoever copies it."""
    found = b""
    with database.reading() as session:
        for table in Base.metadata.tables:
            for row in session.execute(text(f"SELECT * FROM {table}")):  # noqa: S608 - names of ours
                found += b"\n".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
    return found.lower()


def refuses(database: Database, change: Callable[[Session], Any] | Executable, now: datetime = DUE) -> None:
    """After this change a letter is neither claimed nor, when a claim was held already, let through the gate."""
    held = only(claim(database, now, most=1))
    meddle(database, change)
    assert gate(database, held, now) is None
    assert claim(database, now) == []
    assert attempts(database) == []


def sweep(database: Database, now: datetime) -> dict[str, int]:
    with database.writing() as session:
        return settling.sweep(session, now, MARGIN, GRACE)


def send(database: Database, now: datetime = DUE, outcome: str = "sent", most: int = 100) -> list[Claim]:
    """Claim, gate and record whatever may go now, release the rest; return what went on the wire."""
    claims = claim(database, now, most=most)
    gone = [held for held in claims if gate(database, held, now) is not None]
    for held in gone:
        record(database, held, now, outcome)
    with database.writing() as session:
        for held in claims:
            sending.release(session, held, now, BACK_OFF)
    return gone


def send_both(database: Database) -> None:
    """Send all first letters at `DUE` and all second ones when each may go."""
    send(database, DUE)
    for moment in sorted({letter.planned_at for letter in letters(database) if letter.order == 2}):
        send(database, moment)


def letters(database: Database, order: int | None = None) -> list[Inquiry]:
    """All inquiries by pair and order, of the same codes the older first; detached, with pair and listing."""
    with database.reading() as session:
        rows = session.scalars(select(Inquiry).join(Pair).order_by(Pair.code, Inquiry.order, Inquiry.id)).all()
        for row in rows:
            assert row.pair.listing.advertiser
        return [row for row in rows if order in (None, row.order)]


def letter(database: Database, held: Claim) -> Inquiry:
    return next(row for row in letters(database) if row.id == held.id)


def states(database: Database) -> list[LetterState]:
    return [row.state for row in letters(database)]


def only(rows: Iterable[Any]) -> Any:
    (row,) = rows
    return row


def attempts(database: Database) -> list[AttemptOutcome]:
    with database.reading() as session:
        return list(session.scalars(select(Attempt.outcome).order_by(Attempt.id)))


def events(database: Database) -> list[Event]:
    with database.reading() as session:
        return list(session.scalars(select(Event).order_by(Event.seq)))


def round_state(database: Database, name: str = ROUND) -> RoundState:
    with database.reading() as session:
        return lookup.find(session, name).state


def store(database: Database, raw: bytes = b"ruw", key: str = "k1", to: str = "", now: datetime = TUESDAY) -> bool:
    """Store one mail that was delivered once; ``key`` is its content key and its delivery's key."""
    with database.writing() as session:
        return answers.store(session, raw, key, "smtp", key, to, now) is not None


PROPOSALS = {
    "UITNODIGING": Proposed("UITNODIGING", 3, 0.95, final=True, invites=True),
    "AL_VERHUURD": Proposed("AL_VERHUURD", 9, 0.95, final=True, invites=False),
    "OVERIG": Proposed("OVERIG", 0, 0.2, final=False, invites=False),
}


def answer(
    session: Session, inquiry_id: int, proposal: Proposed | str = "OVERIG", now: datetime = TUESDAY, **told: Any
) -> Reply:
    """Add a reply to an inquiry, with a mail of its own."""
    number = len(session.scalars(select(InboundMail.id)).all()) + 1
    mail = InboundMail(content_key=f"m{number}", raw=b"ruw", envelope_to="", received_at=now, state=MailState.STORED)
    session.add(mail)
    session.flush()
    said = Told(**({"kind": "human", "subject": "Re: woning", "message_id": f"<r{number}@alfa.example>"} | told))
    proposed = PROPOSALS[proposal] if isinstance(proposal, str) else proposal
    reply = answers.add_reply(session, session.get_one(Inquiry, inquiry_id), mail, said, "Dank.", proposed, now)
    session.flush()
    return reply


def answered(database: Database, order: int, proposal: Proposed | str = "OVERIG", now: datetime = TUESDAY) -> int:
    """Let the only pair's first or second inquiry be answered; return the reply's number."""
    inquiry = only(letters(database, order))
    with database.writing() as session:
        return answer(session, inquiry.id, proposal, now).id


def code(database: Database, reply: int, coder: str, label: str, *, now: datetime = TUESDAY) -> None:
    with database.writing() as session:
        row = session.get_one(Reply, reply)
        coding.code(session, row, coder, label, now, invites=label == "UITNODIGING")


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Take the steps in threads of their own, at once; return what each gave, and raise what one raised."""
    given: list[Any] = [None] * len(steps)
    raised: list[BaseException] = []

    def take(place: int) -> None:
        try:
            given[place] = steps[place]()
        except Exception as error:  # noqa: BLE001 - handed to the test's own thread
            raised.append(error)

    threads = [Thread(target=take, args=(place,)) for place in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if raised:
        raise raised[0]
    return given


@contextmanager
def noting_loads(*models: type[Advertiser | Listing]) -> Iterator[list[str]]:
    """A context that gives the keys of the advertisers or listings that are read in it, as objects."""
    read: list[str] = []

    def note(row: Advertiser | Listing, _how: object) -> None:
        read.append(row.key)

    for model in models:
        event.listen(model, "load", note)
    try:
        yield read
    finally:
        for model in models:
            event.remove(model, "load", note)


@contextmanager
def refused(problem: str) -> Iterator[None]:
    """A context in which exactly this is refused, or this problem is found."""
    with pytest.raises((Refused, BadInput)) as caught:
        yield
    error = caught.value
    problems = (error.problem,) if isinstance(error, Refused) else error.problems
    assert [each.code for each in problems] == [problem]


def by_pair(rows: Iterable[Inquiry]) -> Iterator[tuple[Inquiry, Inquiry]]:
    """First and second letter of each pair, from what `letters` gives."""
    ordered = list(rows)
    return zip(ordered[::2], ordered[1::2], strict=True)
