"""What comes back: stored raw, matched to an inquiry, labelled, and an invitation given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate
from typing import Any, TypeVar

from sqlalchemy import Integer, Select, Update, bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from orchestrator import ledger
from orchestrator.bulk import Row, free_numbers, insert_all, number
from orchestrator.design import from_canonical
from orchestrator.models import (
    Decline,
    DeferredReply,
    Delivery,
    InboundMail,
    Inquiry,
    Reply,
    Round,
)
from orchestrator.rounds.courtesy import plan_decline
from orchestrator.rounds.settling import settle
from orchestrator.sealing import sealed_rows
from orchestrator.several import among, ask
from orchestrator.states import ROUND_ENDED, CodedBy, LetterState, MailState, Road
from profiles.errors import BadInput, Problem, Refused


@dataclass(frozen=True)
class Told:
    """What a matched mail says of itself; ``kind`` is human, automatic, away or bounce."""

    kind: str
    subject: str
    message_id: str | None


@dataclass(frozen=True)
class Heard:
    """An answer that came otherwise than by mail: when, what was said without names of staff, a label proposed."""

    road: Road
    at: datetime
    text: str
    label: str


N = TypeVar("N", Reply, Decline)

LONGEST_HEARD = 5000
MOST_BYTES = 32 * 1024 * 1024
"""So much is read in one transaction, in however few mails: taken apart, each takes its size many times over."""


@dataclass(frozen=True)
class Proposed:
    """What the rules say of a reply; ``final`` when no person is needed, ``invites`` when a viewing is held."""

    label: str
    rule: int
    confidence: float
    final: bool
    invites: bool

    @property
    def gives_back(self) -> bool:
        """Whether the viewing is given back at once; else a person says first that there is one."""
        return self.final and self.invites


@dataclass(frozen=True)
class Arrival:
    """One delivery of a mail: its bytes and what these are known by, by which road it came, for whom, and when."""

    raw: bytes
    content_key: str
    source: str
    source_key: str
    envelope_to: str
    received_at: datetime


def store(
    session: Session,
    raw: bytes,
    content_key: str,
    source: str,
    source_key: str,
    envelope_to: str,
    received_at: datetime,
) -> int | None:
    """Keep one delivery: see `store_all`."""
    (fresh,) = store_all(session, [Arrival(raw, content_key, source, source_key, envelope_to, received_at)])
    return fresh


def store_all(session: Session, arrivals: Sequence[Arrival]) -> list[int | None]:
    """Keep the raw bytes before anything is parsed; give the number of each mail, None where delivery or content was
    known.
    """
    known, mails = _known_deliveries(session, arrivals), _known_mails(session, arrivals)
    came, fresh, told = list[Arrival](), dict[str, dict[str, Any]](), list[str | None]()
    for each in arrivals:
        told.append(None)
        if (each.source, each.source_key) in known:
            continue
        known.add((each.source, each.source_key))
        came.append(each)
        if (mail := mails.get(each.content_key)) is not None:
            _came_for(session, mail, each.envelope_to)
        elif (row := fresh.get(each.content_key)) is not None:
            row["envelope_to"] = ",".join(_with(row["envelope_to"], each.envelope_to))
        else:
            fresh[each.content_key], told[-1] = _fresh(each), each.content_key
    numbers = {key: mail.id for key, mail in mails.items()} | _keep(session, fresh)
    insert_all(session, Delivery, [_delivery(each, numbers[each.content_key]) for each in came])
    return [numbers[key] if key else None for key in told]


def delivered(session: Session, source: str, source_key: str) -> str | None:
    """Return the content key of what this delivery brought; None when it did not come yet."""
    rows = select(InboundMail.content_key).join(Delivery, Delivery.mail_id == InboundMail.id)
    return session.scalar(rows.where(Delivery.source == source, Delivery.source_key == source_key))


def unread(session: Session, most: int) -> Sequence[InboundMail]:
    """Return the oldest mails that nobody has read yet; other readers skip them while the transaction lasts.

    Together they are no larger than `MOST_BYTES`, unless one alone is.
    """
    held = session.execute(_stored(), {"most": most}).all()
    total = accumulate(size for _, size in held)
    numbers = [number for (number, _), bytes_ in zip(held, total, strict=True) if bytes_ <= MOST_BYTES]
    return session.scalars(_these_mails(), {"mails": numbers or [number for number, _ in held[:1]]}).all()


@cache
def _stored() -> Select[int, int]:
    size = func.coalesce(func.length(InboundMail.raw_sealed), 0)
    rows = select(InboundMail.id, size).where(InboundMail.state == MailState.STORED).order_by(InboundMail.id)
    return rows.limit(bindparam("most", type_=Integer)).with_for_update(skip_locked=True)


@cache
def _these_mails() -> Select[InboundMail]:
    return select(InboundMail).where(among(InboundMail.id, "mails")).order_by(InboundMail.id)


def answered_by(session: Session, mail: InboundMail) -> set[int]:
    """Return the inquiries of which this mail is a reply already: a mail is read again when it came for one more."""
    return set(session.scalars(select(Reply.inquiry_id).where(Reply.mail_id == mail.id)))


def defer(session: Session, mail: InboundMail, reason: str, now: datetime) -> None:
    """Keep an unmatched mail for a person."""
    mail.state = MailState.DEFERRED
    with session.no_autoflush:  # of what waits to be written nothing is asked for
        waited = session.scalars(select(DeferredReply).where(DeferredReply.mail_id == mail.id)).first()
    deferred = waited or DeferredReply(mail_id=mail.id)
    deferred.reason, deferred.deferred_at, deferred.resolved_at = reason, now, None
    session.add(deferred)
    ledger.append(session, now, "inbox", "mail.deferred", f"mail:{mail.id}", {"reason": reason})


def set_aside(session: Session, mail_id: int, reason: str, now: datetime) -> None:
    """Keep a mail for a person when nobody has read it meanwhile."""
    mail = session.get_one(InboundMail, mail_id, with_for_update=True)
    if mail.state is MailState.STORED:
        defer(session, mail, reason, now)


def written_together(session: Session) -> None:
    """Write what a batch brought about: its new rows as such, and the mails that came to one state by one statement.

    The session, which would ask of each of them what hangs on it and what it was before, is done with these rows.
    """
    number(session, Reply, Decline, DeferredReply)
    _write_states(session)
    replies, declines = _taken_out(session, Reply), _taken_out(session, Decline)
    for decline in declines:  # or the session would look for it as it writes the inquiry
        set_committed_value(decline.inquiry, "decline", decline)
    insert_all(session, Reply, sealed_rows(session, Reply, [_row(reply) for reply in replies]))
    insert_all(session, Decline, [_row(decline) for decline in declines])


def _taken_out(session: Session, model: type[N]) -> list[N]:
    """The new rows of a table, oldest first; the session knows them no more."""
    rows = [row for row in session.new if isinstance(row, model)]
    for row in rows:
        session.expunge(row)
    return sorted(rows, key=lambda row: row.id)


def _write_states(session: Session) -> None:
    changed = [row for row in session.dirty if isinstance(row, InboundMail)]
    for state in MailState:
        if mails := [mail.id for mail in changed if mail.state is state]:
            ask(session, _into_state(), {"mails": mails, "into": state})
    for mail in changed:
        set_committed_value(mail, "state", mail.state)


@cache
def _into_state() -> Update:
    table = InboundMail.metadata.tables[InboundMail.__tablename__]
    into = bindparam("into", type_=table.c.state.type)
    return update(table).where(among(table.c.id, "mails")).values(state=into)


def _row(new: Reply | Decline) -> Row:
    return {name: getattr(new, name) for name in _told_by(type(new))}


@cache
def _told_by(model: type[Reply | Decline]) -> Sequence[str]:
    """The attributes of a row that was made just now: what has a default is that, and what is sealed is plain yet."""
    columns = model.metadata.tables[model.__tablename__].columns
    return [each.key.removesuffix("_sealed") for each in columns if each.default is None]


def waiting_for_a_person(session: Session) -> Sequence[DeferredReply]:
    """Return the deferred mails nobody has given a place yet, oldest first."""
    rows = select(DeferredReply).where(DeferredReply.resolved_at.is_(None)).order_by(DeferredReply.id)
    return session.scalars(rows).all()


def resolve(session: Session, mail: InboundMail, inquiry: Inquiry, actor: str, now: datetime) -> None:
    """Note that a person gave a deferred mail its place; raise `Refused` when it was not waiting for one."""
    deferred = session.scalars(select(DeferredReply).where(DeferredReply.mail_id == mail.id)).first()
    if deferred is None or deferred.resolved_at is not None:
        raise Refused("not-deferred", f"Bericht {mail.id} wacht niet op een plaats.", "Zie praktijktest deferred.")
    deferred.resolved_at = now
    ledger.append(session, now, actor, "mail.assigned", f"mail:{mail.id}", {"inquiry": inquiry.id})


def ignore(session: Session, mail: InboundMail, now: datetime, reason: str) -> None:
    """Keep a mail that says nothing of an answer, such as a notice that a letter is delayed."""
    mail.state = MailState.IGNORED
    ledger.append(session, now, "inbox", "mail.ignored", f"mail:{mail.id}", {"reason": reason})


def keep_attachments(session: Session, inquiries: Sequence[Inquiry]) -> bool:
    """Return whether a study keeps what hangs on a mail: that of these inquiries, or any when there are none."""
    with session.no_autoflush:  # of what waits to be written nothing is asked for
        told = [inquiry.pair.round.design for inquiry in inquiries] or session.scalars(select(Round.design)).all()
    return any(from_canonical(design).study.keep_attachments for design in told)


def lighten(session: Session, mail: InboundMail, raw: bytes, now: datetime) -> None:
    """Keep a mail without the contents of its attachments from here on; its content key stays that of what came."""
    mail.raw = raw
    ledger.append(session, now, "inbox", "mail.lightened", f"mail:{mail.id}")


def add_reply(
    session: Session, inquiry: Inquiry, mail: InboundMail, told: Told, text: str, proposed: Proposed, now: datetime
) -> Reply:
    """Add a matched reply with what the rules propose; it settles an uncertain letter as sent.

    It gets its number when the session writes it, which waits for the others of its batch.
    """
    reply = Reply(
        inquiry_id=inquiry.id,
        mail_id=mail.id,
        message_id=told.message_id,
        received_at=mail.received_at,
        kind=told.kind,
        subject=told.subject,
        text=text,
        proposal=proposed.label,
        rule=proposed.rule,
        confidence=proposed.confidence,
        label=proposed.label if proposed.final else None,
        coded_by=CodedBy.RULE if proposed.final else None,
    )
    mail.state = MailState.MATCHED
    session.add(reply)
    ledger.append(session, now, "inbox", "reply.stored", lambda: f"reply:{reply.id}", {"inquiry": inquiry.id})
    if inquiry.state is not LetterState.SENT:
        session.flush()
        settle(session, inquiry, "inbox", now, f"reply:{reply.id}")
    if proposed.gives_back:
        plan_decline(session, inquiry, told.message_id, now)
    return reply


def enter(session: Session, inquiry: Inquiry, heard: Heard, actor: str, now: datetime) -> Reply:
    """Write down an answer that came by telephone or on a portal; people code it like any other, but not ``actor``.

    The same answer entered twice is one. Raises BadInput for what cannot be, with a code per field, and `Refused` for
    a letter that never went or a round that has ended.
    """
    session.refresh(inquiry, with_for_update=True)
    _check_heard(inquiry, heard, now)
    same = (Reply.road == heard.road, Reply.received_at == heard.at)
    for known in session.scalars(select(Reply).where(Reply.inquiry_id == inquiry.id, *same)):
        if known.text == heard.text:
            return known
    reply = Reply(
        inquiry_id=inquiry.id,
        received_at=heard.at,
        kind="human",
        subject="",
        text=heard.text,
        proposal=heard.label,
        rule=0,
        confidence=0.0,
        road=heard.road.value,
        entered_by=actor,
    )
    session.add(reply)
    session.flush()
    ledger.append(session, now, actor, "reply.entered", f"reply:{reply.id}", {"inquiry": inquiry.id})
    settle(session, inquiry, actor, now, f"reply:{reply.id}")
    return reply


def _check_heard(inquiry: Inquiry, heard: Heard, now: datetime) -> None:
    if inquiry.pair.round.state in ROUND_ENDED:
        raise Refused("wrong-state", "De ronde is geëindigd: er komen geen antwoorden meer bij.")
    if inquiry.state not in (LetterState.SENT, LetterState.UNCERTAIN):
        raise Refused("letter-not-sent", "Deze reactie is niet verzonden, dus er kan geen antwoord op zijn.")
    problems = []
    if heard.at > now:
        problems.append(Problem("at", "Dit moment is nog niet geweest.", remedy="Geef het moment van het antwoord."))
    elif inquiry.sent_at and heard.at < inquiry.sent_at:
        problems.append(Problem("at", "Dit was vóór de reactie zelf.", remedy="Geef het moment van het antwoord."))
    if not 0 < len(heard.text.strip()) <= LONGEST_HEARD:
        remedy = f"Schrijf op wat er werd gezegd, in hooguit {LONGEST_HEARD} tekens."
        problems.append(Problem("text", "Er staat niet wat er werd gezegd, of te veel.", remedy=remedy))
    if problems:
        raise BadInput(problems)


def _known_deliveries(session: Session, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    told = {"sources": [*{each.source for each in arrivals}], "keys": [each.source_key for each in arrivals]}
    return {(source, key) for source, key in ask(session, _deliveries(), told)}


@cache
def _deliveries() -> Select[*tuple[Any, ...]]:
    rows = select(Delivery.source, Delivery.source_key)
    return rows.where(among(Delivery.source, "sources"), among(Delivery.source_key, "keys"))


def _known_mails(session: Session, arrivals: Sequence[Arrival]) -> dict[str, InboundMail]:
    """The mails with these contents; locked: whoever reads one now must not miss whom else it came for."""
    found = session.scalars(_mails_of(), {"keys": [each.content_key for each in arrivals]})
    return {mail.content_key: mail for mail in found}


@cache
def _mails_of() -> Select[InboundMail]:
    rows = select(InboundMail).where(among(InboundMail.content_key, "keys"))
    return rows.order_by(InboundMail.id).with_for_update()


def _fresh(arrival: Arrival) -> dict[str, Any]:
    return {
        "content_key": arrival.content_key,
        "raw": arrival.raw,
        "envelope_to": arrival.envelope_to,
        "received_at": arrival.received_at,
        "state": MailState.STORED,
    }


def _keep(session: Session, fresh: Mapping[str, dict[str, Any]]) -> dict[str, int]:
    """Write the mails that were not known; return their numbers by content key."""
    free = dict(zip(fresh, free_numbers(session, InboundMail, len(fresh)), strict=True))
    rows = [{"id": free[key], **row} for key, row in fresh.items()]
    insert_all(session, InboundMail, sealed_rows(session, InboundMail, rows))
    return free


def _delivery(arrival: Arrival, mail_id: int) -> Row:
    told = {"source": arrival.source, "source_key": arrival.source_key}
    return {**told, "mail_id": mail_id, "received_at": arrival.received_at}


def _with(known: str, envelope_to: str) -> list[str]:
    """The addresses for whom a mail came, and those for whom it comes now."""
    before = known.split(",")
    added = [address for address in envelope_to.split(",") if address and address not in before]
    return [*filter(None, before), *added] if added else before


def _came_for(session: Session, mail: InboundMail, envelope_to: str) -> None:
    """Note for whom a known mail came this time; matched only to others, it is read again.

    An office that writes to both applicants, unseen by each other, sends one content to two addresses.
    """
    added = set(addresses := _with(mail.envelope_to, envelope_to)) - set(mail.envelope_to.split(","))
    if not added:
        return
    mail.envelope_to = ",".join(addresses)
    theirs = select(Inquiry.id).where(Inquiry.reply_address.in_(added))
    if mail.state is MailState.MATCHED and set(session.scalars(theirs)) - answered_by(session, mail):
        mail.state = MailState.STORED
