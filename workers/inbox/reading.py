"""From stored bytes to a labelled reply: parse, match, cut, mask, propose. One path for every road in."""

from datetime import datetime

from orchestrator.db import Database, Session
from orchestrator.models import InboundMail, Inquiry
from orchestrator.rounds import answers, copies
from orchestrator.rounds.answers import Proposed
from results import outcomes
from workers.inbox.parse import Mail, MailKind, parse
from workers.inbox.quotes import cut_quotes
from workers.inbox.staff import mask_staff

BATCH = 20


def read_stored(database: Database, now: datetime) -> int:
    """Read the oldest stored mails, a batch in one transaction; return how many."""
    with database.writing() as session:
        mails = answers.unread(session, BATCH)
        for mail in mails:
            read(session, mail, now)
        return len(mails)


def read(session: Session, mail: InboundMail, now: datetime) -> None:
    """Give one stored mail its place: a reply of an inquiry, a deferred reply, or a notice that says nothing."""
    parsed = parse(mail.raw)
    if copies.note(session, parsed.message_id, parsed.date, now):
        answers.ignore(session, mail, now, "own-letter")
        return
    if parsed.kind is MailKind.NOTICE:
        answers.ignore(session, mail, now, "delivery-notice")
        return
    recipients = (*mail.envelope_to.split(","), *parsed.recipients)
    inquiry = answers.match(session, recipients, parsed.references) or answers.match_by_listing(
        session, parsed.sender, f"{parsed.subject}\n{parsed.text}", mail.received_at
    )
    if inquiry is None:
        answers.defer(session, mail, "geen-reactie-gevonden", now)
        return
    _add(session, mail, parsed, inquiry)


def redeliver(session: Session, mail: InboundMail, inquiry: Inquiry, actor: str, now: datetime) -> None:
    """Give a deferred mail the place a person chose for it; from there it goes the same path as any other."""
    answers.resolve(session, mail, inquiry, actor, now)
    _add(session, mail, parse(mail.raw), inquiry)


def shown(mail: InboundMail) -> tuple[str, str, str]:
    """Return sender, subject and text of a stored mail, for the person who looks for its place."""
    parsed = parse(mail.raw)
    return parsed.sender, parsed.subject, mask_staff(parsed.text, parsed.sender_name)


def _add(session: Session, mail: InboundMail, parsed: Mail, inquiry: Inquiry) -> None:
    text = mask_staff(cut_quotes(parsed.text, inquiry.body), parsed.sender_name)
    answers.add_reply(session, inquiry, mail, _told(parsed), text, _proposed(parsed, text))


def _told(parsed: Mail) -> answers.Told:
    return answers.Told(kind=parsed.kind.value, subject=parsed.subject, message_id=parsed.message_id)


def _proposed(parsed: Mail, text: str) -> Proposed:
    proposal = outcomes.propose(text, parsed.subject, parsed.kind.value)
    return Proposed(
        label=proposal.label,
        rule=proposal.rule,
        confidence=proposal.confidence,
        final=not outcomes.needs_person(proposal),
        invites=invites(proposal.label),
    )


def invites(label: str) -> bool:
    """Return whether a label means that a viewing is held for the applicant."""
    return outcomes.labels()[label].outcome is outcomes.Outcome.POSITIVE
