"""What mails answer: asked of the record in a few statements for a whole batch, or for one."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, contains_eager, joinedload, selectinload

from orchestrator.db import some
from orchestrator.models import Advertiser, Decline, Inquiry, Listing, Pair, Reply, RequestLetter
from orchestrator.request_models import LetterStep

WINDOW = timedelta(days=60)
"""A mail that names neither address nor letter is about one that went no longer ago than this."""

_FOR_COURTESY = (
    selectinload(Inquiry.decline),
    selectinload(Inquiry.pair).options(
        selectinload(Pair.round), joinedload(Pair.listing).joinedload(Listing.advertiser)
    ),
)
"""What an invitation asks of an inquiry, to be given back."""


@dataclass(frozen=True)
class Signs:
    """By what it is found which letters a mail answers: whom it came for, and what it refers to, the nearest first."""

    mail_id: int
    recipients: Sequence[str]
    references: Sequence[str]


class Matches:
    """What the record knew of the letters that the mails of a batch may answer, when the batch began.

    Whoever may have planned a courtesy letter meanwhile says so by `take_in`: the mails behind find that letter.
    """

    def __init__(self, session: Session, batch: Sequence[Signs]) -> None:
        addresses = {address.lower() for signs in batch for address in signs.recipients if address}
        named = {reference for signs in batch for reference in signs.references}
        self._by_address = {each.reply_address: each for each in _inquiries(session, Inquiry.reply_address, addresses)}
        self._by_id = {each.message_id: each for each in self._by_address.values()}
        # Nearly every answer refers to the letter whose address it came to: what is left to ask for is little.
        named -= self._by_id.keys()
        self._by_id |= {each.message_id: each for each in _inquiries(session, Inquiry.message_id, named)}
        self._by_id |= _of_declines(session, named)
        self._requests = _requests(session, addresses, named)
        self._replied = _replied(session, [signs.mail_id for signs in batch])

    def inquiries(self, signs: Signs) -> Sequence[Inquiry]:
        """Return the inquiries a mail answers: all whose unique address it came to, else the first it refers to."""
        addresses = {address.lower() for address in signs.recipients}
        if found := [self._by_address[address] for address in addresses & self._by_address.keys()]:
            return sorted(found, key=lambda inquiry: inquiry.id)
        return [self._by_id[reference] for reference in signs.references if reference in self._by_id][:1]

    def request(self, signs: Signs) -> RequestLetter | None:
        """Return the request to an owner that a mail answers: by its unique address, else by what it refers to."""
        for said in (map(str.lower, signs.recipients), signs.references):
            if found := [self._requests[each] for each in said if each in self._requests]:
                return min(found, key=lambda letter: letter.id)
        return None

    def replied(self, mail_id: int) -> set[int]:
        """Return the inquiries of which a mail is a reply already: it is read again when it came for one more."""
        return self._replied[mail_id]

    def take_in(self, inquiry: Inquiry) -> None:
        """Take in a courtesy letter that was planned just now."""
        if inquiry.decline is not None:
            self._by_id[inquiry.decline.message_id] = inquiry


def by_listing(session: Session, sender: str, text: str, now: datetime) -> Inquiry | None:
    """Find the inquiry by who wrote and which dwelling and applicant the text names; only when exactly one fits."""
    domain = sender.rpartition("@")[2].lower()
    if not domain:
        return None  # an office that was erased has none either
    rows = (
        select(Inquiry)
        .join(Inquiry.pair)
        .join(Pair.listing)
        .join(Advertiser)
        .where(Advertiser.domain == domain)
        .where(Inquiry.sent_at <= now, Inquiry.sent_at >= now - WINDOW)
        .options(contains_eager(Inquiry.pair).contains_eager(Pair.listing))
    )
    wording = text.casefold()
    with session.no_autoflush:  # what waits to be written are answers: none of it is asked for here
        found = session.scalars(rows).all()
    fits = [each for each in found if each.pair.listing.street.casefold() in wording and _named(each, wording)]
    return fits[0] if len(fits) == 1 else None


def _named(inquiry: Inquiry, wording: str) -> bool:
    """Say whether a text addresses this applicant; the two names of a pair share no first name and no surname."""
    name = inquiry.profile["name"]
    return any(re.search(rf"\b{re.escape(part.casefold())}\b", wording) for part in (name["first"], name["last"]))


def _inquiries(session: Session, column: InstrumentedAttribute[str], values: Collection[str]) -> Iterator[Inquiry]:
    for these in some(values):
        yield from session.scalars(select(Inquiry).where(column.in_(these)).options(*_FOR_COURTESY))


def _of_declines(session: Session, named: Collection[str]) -> Iterator[tuple[str, Inquiry]]:
    for these in some(named):
        rows = select(Decline.message_id, Inquiry).join(Decline.inquiry).where(Decline.message_id.in_(these))
        yield from ((message_id, inquiry) for message_id, inquiry in session.execute(rows.options(*_FOR_COURTESY)))


def _requests(session: Session, addresses: Collection[str], named: Collection[str]) -> dict[str, RequestLetter]:
    """The letters that ask an owner something, by their address, and by the id of each letter of the same request."""
    found, asking = dict[str, RequestLetter](), RequestLetter.step == LetterStep.REQUEST
    for these in some(addresses):
        for letter in session.scalars(select(RequestLetter).where(RequestLetter.reply_address.in_(these), asking)):
            found[letter.reply_address] = letter
    other = aliased(RequestLetter)
    rows = select(other.message_id, RequestLetter).join(other, other.request_id == RequestLetter.request_id)
    for these in some(named):
        for message_id, letter in session.execute(rows.where(other.message_id.in_(these), asking)):
            found[message_id] = letter
    return found


def _replied(session: Session, mails: Collection[int]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = {mail: set() for mail in mails}
    for these in some(mails):
        for mail, inquiry in session.execute(select(Reply.mail_id, Reply.inquiry_id).where(Reply.mail_id.in_(these))):
            found[mail or 0].add(inquiry)
    return found
