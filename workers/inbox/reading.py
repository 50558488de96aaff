"""From stored bytes to a labelled reply: parse, match, cut, mask, propose. One path for every road in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator import mail_trips
from orchestrator.db import Database, Session, Taken, Unfit
from orchestrator.models import InboundMail, Inquiry, RequestLetter
from orchestrator.rounds import answers, copies, mailing
from orchestrator.rounds.answers import Proposed
from orchestrator.rounds.matching import Matches, Signs, by_listing, load_for_courtesy
from orchestrator.sealing import open_all
from profiles.errors import Refused
from results import outcomes
from workers import faults
from workers.inbox.attachments import told, without_contents
from workers.inbox.mime import MALFORMED
from workers.inbox.parse import Mail, MailKind, parse
from workers.inbox.quotes import cut_quotes
from workers.inbox.staff import mask_staff

BATCH = 200
"""Mails in one transaction."""

UNREADABLE = "onleesbaar"


class Unreadable(Refused):
    """A mail at which our own reading fails: it waits for a person, and the mails behind it go on."""

    def __init__(self, mail_id: int, why: Exception) -> None:
        self.mail_id = mail_id
        message = f"Bericht {mail_id} is niet te lezen ({type(why).__name__}: {why})."
        super().__init__("unreadable-mail", message, "Lees het in de mailbox, en meld deze fout.")


@dataclass(frozen=True)
class _Said:
    """What a mail says to one letter, without that letter and without names of staff, and what the rules make of it."""

    text: str
    proposed: Proposed


@dataclass(frozen=True)
class _Opened:
    """A mail of the batch that is read, by what its place is found, and what it says to the letters known by then."""

    mail: InboundMail
    parsed: Mail
    signs: Signs
    said: dict[int, _Said] = field(default_factory=dict)


def read_stored(database: Database, now: datetime) -> int:
    """Read the oldest stored mails, a batch in one transaction; return how many.

    Each mail gets its place as if it were read alone: a reply of each inquiry it answers, a deferred reply, or a
    notice. One at which that fails is set aside, and the batch is read without it.
    """
    while True:
        try:
            return _read_batch(database, now, BATCH)
        except Unreadable as found:
            _set_aside(database, found, now)
        except (*MALFORMED, Unfit, Taken):
            # It failed only as all was written, or somebody was ahead of us: alone, each mail tells for itself.
            return _read_alone(database, now)


def _read_alone(database: Database, now: datetime) -> int:
    """Read what a batch would hold, each mail in a transaction of its own; return how many were read."""
    count = 0
    for _ in range(BATCH):
        try:
            count += _read_batch(database, now, 1)
        except Unreadable as found:
            _set_aside(database, found, now)
    return count


def _set_aside(database: Database, found: Unreadable, now: datetime) -> None:
    with database.writing() as session:
        answers.set_aside(session, found.mail_id, UNREADABLE, now)


def _read_batch(database: Database, now: datetime, most: int) -> int:
    """Read so many mails in one transaction, and return how many could be.

    Raises `Unreadable` when it failed on one of them, after it was taken apart, and it is known on which.
    """
    numbers: list[int] = []
    try:
        with database.writing() as session:
            mails = answers.unread(session, most)
            numbers += [mail.id for mail in mails]
            count = _read(session, mails, now)
    except (*MALFORMED, Unfit) as error:
        if len(numbers) != 1:
            raise
        raise Unreadable(numbers[0], error) from error
    if numbers:
        faults.at("read")
    return count


def _read(session: Session, mails: Sequence[InboundMail], now: datetime) -> int:
    """Give these mails their places, in order: what one brings about, the next one finds. Return how many were read."""
    open_all(session, mails)
    batch = [_opened(mail) for mail in mails]
    matches = Matches(session, [each.signs for each in batch if each])
    load_for_courtesy(session, [inquiry for each in batch if each for inquiry in _heard(each, matches)])
    for mail, each in zip(mails, batch, strict=True):
        if each is None:
            answers.defer(session, mail, UNREADABLE, now)
        else:
            with _readable(mail):
                inquiries = _placed(session, each, matches, now)
                _lighten(session, mail, each.parsed, inquiries, now)
        faults.at("reading")
    answers.written_together(session)
    return sum(each is not None for each in batch)


def _opened(mail: InboundMail) -> _Opened | None:
    """Take a mail apart; None for one at which that fails: it waits for a person."""
    try:
        parsed = parse(mail.raw)
    except MALFORMED:
        return None
    recipients = (*mail.envelope_to.split(","), *parsed.recipients)
    return _Opened(mail, parsed, Signs(mail.id, recipients, parsed.references))


def _heard(each: _Opened, matches: Matches) -> Iterator[Inquiry]:
    """Hear what a mail says to each letter it answers; yield those of which more is asked than what was written."""
    with _readable(each.mail):
        for inquiry in matches.inquiries(each.signs) if each.parsed.kind is not MailKind.NOTICE else ():
            said = each.said[inquiry.id] = _said(each.parsed, inquiry)
            if said.proposed.gives_back or each.parsed.attachments:
                yield inquiry


def redeliver(session: Session, mail: InboundMail, inquiry: Inquiry, actor: str, now: datetime) -> None:
    """Give a deferred mail the place a person chose for it; from there it goes the same path as any other."""
    answers.resolve(session, mail, inquiry, actor, now)
    with _readable(mail):
        parsed = parse(mail.raw)
        _add(session, mail, parsed, inquiry, _said(parsed, inquiry), now)
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


def _placed(session: Session, each: _Opened, matches: Matches, now: datetime) -> Sequence[Inquiry]:
    """Place a mail; return the inquiries it answers, none for one that waits or says nothing."""
    mail, parsed = each.mail, each.parsed
    if (why := _says_nothing(session, parsed, now)) is not None:
        answers.ignore(session, mail, now, why)
        return []
    if (asked := matches.request(each.signs)) is not None:
        _add_to_request(session, mail, parsed, asked, now)
        return []
    inquiries, known = _answered(session, each, matches), matches.replied(mail.id)
    for inquiry in inquiries:
        if inquiry.id not in known:
            said = each.said.get(inquiry.id) or _said(parsed, inquiry)
            _add(session, mail, parsed, inquiry, said, now)
            if said.proposed.gives_back:
                matches.take_in(inquiry)
    if not inquiries:
        answers.defer(session, mail, "geen-reactie-gevonden", now)
    return inquiries


def _says_nothing(session: Session, parsed: Mail, now: datetime) -> str | None:
    """Why a mail is no answer: it is a letter of our own, or a notice about one; None for any other."""
    if copies.note(session, parsed.message_id, parsed.date, now):
        return "own-letter"
    if mail_trips.came_back(session, parsed.message_id, now):
        return "own-trial"
    return "delivery-notice" if parsed.kind is MailKind.NOTICE else None


def _answered(session: Session, each: _Opened, matches: Matches) -> Sequence[Inquiry]:
    """Find what a mail answers: by its addresses, by its references, else by who wrote about which dwelling."""
    if found := matches.inquiries(each.signs):
        return found
    text = f"{each.parsed.subject}\n{each.parsed.text}"
    about = by_listing(session, each.parsed.sender, text, each.mail.received_at)
    return [about] if about else []


def _add_to_request(session: Session, mail: InboundMail, parsed: Mail, asked: RequestLetter, now: datetime) -> None:
    """Give an answer to an owner its place; what a machine says by itself is not an answer yet."""
    if parsed.kind not in (MailKind.HUMAN, MailKind.BOUNCE):
        mailing.arrived(session, asked, mail, now)
        answers.ignore(session, mail, now, "automatic-to-owner")
        return
    text = mask_staff(_with_attachments(cut_quotes(parsed.text, asked.body), parsed), parsed.sender_name)
    told = mailing.Answered(text, parsed.message_id, bounced=parsed.kind is MailKind.BOUNCE)
    mailing.answer(session, asked, mail, told, now)


def _add(session: Session, mail: InboundMail, parsed: Mail, inquiry: Inquiry, said: _Said, now: datetime) -> None:
    answers.add_reply(session, inquiry, mail, _told(parsed), said.text, said.proposed, now)


def _said(parsed: Mail, inquiry: Inquiry) -> _Said:
    own = cut_quotes(parsed.text, inquiry.body)
    masked = mask_staff(own, parsed.sender_name)
    text = mask_staff(_with_attachments(own, parsed), parsed.sender_name) if parsed.attachments else masked
    return _Said(text, _proposed(parsed, masked))


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
