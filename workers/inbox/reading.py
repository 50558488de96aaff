"""From stored bytes to a labelled reply: parse, match, cut, mask, propose. One path for every road in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from orchestrator import mail_trips
from orchestrator.db import Database, Session, Unfit
from orchestrator.models import InboundMail, Inquiry, RequestLetter
from orchestrator.rounds import answers, copies, mailing
from orchestrator.rounds.answers import Proposed
from profiles.errors import Refused
from results import outcomes
from workers import faults
from workers.inbox.attachments import told, without_contents
from workers.inbox.mime import MALFORMED
from workers.inbox.parse import Mail, MailKind, parse
from workers.inbox.quotes import cut_quotes
from workers.inbox.staff import mask_staff

BATCH = 20
UNREADABLE = "onleesbaar"


class Unreadable(Refused):
    """A mail at which our own reading fails: it waits for a person, and the mails behind it go on."""

    def __init__(self, mail_id: int, why: Exception) -> None:
        self.mail_id = mail_id
        message = f"Bericht {mail_id} is niet te lezen ({type(why).__name__}: {why})."
        super().__init__("unreadable-mail", message, "Lees het in de mailbox, en meld deze fout.")


def read_stored(database: Database, now: datetime) -> int:
    """Read the oldest stored mails, a batch in one transaction; return how many."""
    while True:
        try:
            return _read_batch(database, now)
        except Unreadable as found:
            with database.writing() as session:
                answers.set_aside(session, found.mail_id, UNREADABLE, now)


def _read_batch(database: Database, now: datetime) -> int:
    with database.writing() as session:
        mails = answers.unread(session, BATCH)
        for mail in mails:
            read(session, mail, now)
            faults.at("reading")
    if mails:
        faults.at("read")
    return len(mails)


def read(session: Session, mail: InboundMail, now: datetime) -> None:
    """Give one stored mail its place: a reply of each inquiry it answers, a deferred reply, or a notice.

    Raises `Unreadable` when that fails on what the mail holds; then the transaction is lost.
    """
    with _readable(mail):
        parsed = parse(mail.raw)
        inquiries = _placed(session, mail, parsed, now)
        _lighten(session, mail, parsed, inquiries, now)


def redeliver(session: Session, mail: InboundMail, inquiry: Inquiry, actor: str, now: datetime) -> None:
    """Give a deferred mail the place a person chose for it; from there it goes the same path as any other."""
    answers.resolve(session, mail, inquiry, actor, now)
    with _readable(mail):
        parsed = parse(mail.raw)
        _add(session, mail, parsed, inquiry, now)
        _lighten(session, mail, parsed, [inquiry], now)


def shown(mail: InboundMail) -> tuple[str, str, str]:
    """Return sender, subject and text of a stored mail, for the person who looks for its place."""
    try:
        parsed = parse(mail.raw)
        return parsed.sender, parsed.subject, mask_staff(_with_attachments(parsed.text, parsed), parsed.sender_name)
    except MALFORMED:
        return "", "", "(niet te lezen: zie de mailbox)"


@contextmanager
def _readable(mail: InboundMail) -> Iterator[None]:
    number = mail.id  # asked now: after a failure the row is out of reach
    try:
        yield
    except (*MALFORMED, Unfit) as error:
        raise Unreadable(number, error) from error


def _placed(session: Session, mail: InboundMail, parsed: Mail, now: datetime) -> Sequence[Inquiry]:
    """Place a mail; return the inquiries it answers, none for one that waits or says nothing."""
    if copies.note(session, parsed.message_id, parsed.date, now):
        answers.ignore(session, mail, now, "own-letter")
        return []
    if mail_trips.came_back(session, parsed.message_id, now):
        answers.ignore(session, mail, now, "own-trial")
        return []
    if parsed.kind is MailKind.NOTICE:
        answers.ignore(session, mail, now, "delivery-notice")
        return []
    if (asked := mailing.match(session, _recipients(mail, parsed), parsed.references)) is not None:
        _add_to_request(session, mail, parsed, asked, now)
        return []
    inquiries, known = _answered(session, mail, parsed), answers.answered_by(session, mail)
    for inquiry in inquiries:
        if inquiry.id not in known:
            _add(session, mail, parsed, inquiry, now)
    if not inquiries:
        answers.defer(session, mail, "geen-reactie-gevonden", now)
    return inquiries


def _answered(session: Session, mail: InboundMail, parsed: Mail) -> Sequence[Inquiry]:
    """Find what a mail answers: by its addresses, by its references, else by who wrote about which dwelling."""
    if found := answers.match(session, _recipients(mail, parsed), parsed.references):
        return found
    text = f"{parsed.subject}\n{parsed.text}"
    by_listing = answers.match_by_listing(session, parsed.sender, text, mail.received_at)
    return [by_listing] if by_listing else []


def _recipients(mail: InboundMail, parsed: Mail) -> tuple[str, ...]:
    return (*mail.envelope_to.split(","), *parsed.recipients)


def _add_to_request(session: Session, mail: InboundMail, parsed: Mail, asked: RequestLetter, now: datetime) -> None:
    """Give an answer to an owner its place; what a machine says by itself is not an answer yet."""
    if parsed.kind not in (MailKind.HUMAN, MailKind.BOUNCE):
        mailing.arrived(session, asked, mail, now)
        answers.ignore(session, mail, now, "automatic-to-owner")
        return
    text = mask_staff(_with_attachments(cut_quotes(parsed.text, asked.body), parsed), parsed.sender_name)
    told = mailing.Answered(text, parsed.message_id, bounced=parsed.kind is MailKind.BOUNCE)
    mailing.answer(session, asked, mail, told, now)


def _add(session: Session, mail: InboundMail, parsed: Mail, inquiry: Inquiry, now: datetime) -> None:
    own = cut_quotes(parsed.text, inquiry.body)
    proposed = _proposed(parsed, mask_staff(own, parsed.sender_name))
    text = mask_staff(_with_attachments(own, parsed), parsed.sender_name)
    answers.add_reply(session, inquiry, mail, _told(parsed), text, proposed, now)


def _lighten(session: Session, mail: InboundMail, parsed: Mail, inquiries: Sequence[Inquiry], now: datetime) -> None:
    """Drop the contents of attachments, unless a study wants them."""
    if parsed.attachments and not answers.keep_attachments(session, inquiries):
        answers.lighten(session, mail, without_contents(mail.raw), now)


def _with_attachments(text: str, parsed: Mail) -> str:
    return "\n".join([text, *map(told, parsed.attachments)])


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
