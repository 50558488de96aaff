"""What comes back: stored raw, matched to an inquiry, labelled, and an invitation given back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.design import from_canonical
from orchestrator.models import (
    Advertiser,
    Decline,
    DeferredReply,
    Delivery,
    InboundMail,
    Inquiry,
    Listing,
    Pair,
    Reply,
    Round,
)
from orchestrator.rounds.courtesy import plan_decline
from orchestrator.rounds.settling import settle
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


LONGEST_HEARD = 5000


@dataclass(frozen=True)
class Proposed:
    """What the rules say of a reply; ``final`` when no person is needed, ``invites`` when a viewing is held."""

    label: str
    rule: int
    confidence: float
    final: bool
    invites: bool


def store(
    session: Session,
    raw: bytes,
    content_key: str,
    source: str,
    source_key: str,
    envelope_to: str,
    received_at: datetime,
) -> InboundMail | None:
    """Keep the raw bytes before anything is parsed; return None when this delivery or content was known."""
    known = select(Delivery.id).where(Delivery.source == source, Delivery.source_key == source_key)
    if session.scalar(known) is not None:
        return None
    # Locked: whoever reads this mail now must not miss whom else it came for.
    mail = session.scalars(select(InboundMail).where(InboundMail.content_key == content_key).with_for_update()).first()
    fresh = None
    if mail is None:
        mail = fresh = InboundMail(
            content_key=content_key,
            raw=raw,
            envelope_to=envelope_to,
            received_at=received_at,
            state=MailState.STORED,
        )
        session.add(mail)
        session.flush()
    else:
        _came_for(session, mail, envelope_to)
    session.add(Delivery(source=source, source_key=source_key, mail_id=mail.id, received_at=received_at))
    session.flush()
    return fresh


def delivered(session: Session, source: str, source_key: str) -> str | None:
    """Return the content key of what this delivery brought; None when it did not come yet."""
    rows = select(InboundMail.content_key).join(Delivery, Delivery.mail_id == InboundMail.id)
    return session.scalar(rows.where(Delivery.source == source, Delivery.source_key == source_key))


def unread(session: Session, most: int) -> Sequence[InboundMail]:
    """Return the oldest mails that nobody has read yet; other readers skip them while the transaction lasts."""
    rows = select(InboundMail).where(InboundMail.state == MailState.STORED).order_by(InboundMail.id).limit(most)
    return session.scalars(rows.with_for_update(skip_locked=True)).all()


def match(session: Session, recipients: Sequence[str], references: Sequence[str]) -> Sequence[Inquiry]:
    """Find the inquiries a mail answers: all whose unique reply address it came to, else the first it refers to."""
    by_address = select(Inquiry).where(Inquiry.reply_address.in_([address.lower() for address in recipients]))
    if found := session.scalars(by_address.order_by(Inquiry.id)).all():
        return found
    letters = select(Inquiry.message_id, Inquiry).where(Inquiry.message_id.in_(references))
    declines = select(Decline.message_id, Inquiry).join(Decline.inquiry).where(Decline.message_id.in_(references))
    ours = {message_id: inquiry for rows in (letters, declines) for message_id, inquiry in session.execute(rows)}
    return [ours[reference] for reference in references if reference in ours][:1]


def match_by_listing(session: Session, sender: str, text: str, now: datetime) -> Inquiry | None:
    """Find the inquiry by who wrote and which dwelling and applicant the text names; only when exactly one fits."""
    domain = sender.rpartition("@")[2].lower()
    rows = (
        select(Inquiry)
        .join(Pair)
        .join(Listing)
        .join(Advertiser)
        .where(func.lower(Advertiser.email).endswith(f"@{domain}", autoescape=True))
        .where(Inquiry.sent_at <= now, Inquiry.sent_at >= now - timedelta(days=60))
    )
    wording = text.casefold()
    fits = [
        inquiry
        for inquiry in session.scalars(rows)
        if inquiry.pair.listing.street.casefold() in wording and _named(inquiry, wording)
    ]
    return fits[0] if len(fits) == 1 else None


def answered_by(session: Session, mail: InboundMail) -> set[int]:
    """Return the inquiries of which this mail is a reply already: a mail is read again when it came for one more."""
    return set(session.scalars(select(Reply.inquiry_id).where(Reply.mail_id == mail.id)))


def defer(session: Session, mail: InboundMail, reason: str, now: datetime) -> None:
    """Keep an unmatched mail for a person."""
    mail.state = MailState.DEFERRED
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
    told = [inquiry.pair.round.design for inquiry in inquiries] or session.scalars(select(Round.design))
    return any(from_canonical(design).study.keep_attachments for design in told)


def lighten(session: Session, mail: InboundMail, raw: bytes, now: datetime) -> None:
    """Keep a mail without the contents of its attachments from here on; its content key stays that of what came."""
    mail.raw = raw
    ledger.append(session, now, "inbox", "mail.lightened", f"mail:{mail.id}")


def add_reply(
    session: Session, inquiry: Inquiry, mail: InboundMail, told: Told, text: str, proposed: Proposed, now: datetime
) -> Reply:
    """Store a matched reply with what the rules propose; it settles an uncertain letter as sent."""
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
    session.flush()
    ledger.append(session, now, "inbox", "reply.stored", f"reply:{reply.id}", {"inquiry": inquiry.id})
    settle(session, inquiry, "inbox", now, f"reply:{reply.id}")
    if proposed.final and proposed.invites:
        plan_decline(session, reply, now)
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


def _came_for(session: Session, mail: InboundMail, envelope_to: str) -> None:
    """Note for whom a known mail came this time; matched only to others, it is read again.

    An office that writes to both applicants, unseen by each other, sends one content to two addresses.
    """
    known = mail.envelope_to.split(",")
    added = [address for address in envelope_to.split(",") if address and address not in known]
    if not added:
        return
    mail.envelope_to = ",".join([*filter(None, known), *added])
    theirs = select(Inquiry.id).where(Inquiry.reply_address.in_(added))
    if mail.state is MailState.MATCHED and set(session.scalars(theirs)) - answered_by(session, mail):
        mail.state = MailState.STORED


def _named(inquiry: Inquiry, wording: str) -> bool:
    """Say whether a text addresses this applicant; the two names of a pair share no first name and no surname."""
    name = inquiry.profile["name"]
    return any(re.search(rf"\b{re.escape(part.casefold())}\b", wording) for part in (name["first"], name["last"]))
