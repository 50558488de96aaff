"""What mails answer: asked of the record in a few statements for a whole batch, or for one."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, contains_eager, joinedload, load_only, selectinload

from orchestrator.models import Advertiser, Decline, Inquiry, Listing, Pair, Reply, RequestLetter
from orchestrator.request_models import LetterStep
from orchestrator.several import among, ask

WINDOW = timedelta(days=60)
"""A mail that names neither address nor letter is about one that went no longer ago than this."""

_FOR_ANSWER = load_only(Inquiry.state, Inquiry.message_id, Inquiry.reply_address, Inquiry.body, Inquiry.pair_id)
"""What every answer asks of an inquiry; the rest is loaded where it is asked for."""

_FOR_COURTESY = (
    joinedload(Inquiry.decline),
    joinedload(Inquiry.pair).options(selectinload(Pair.round), joinedload(Pair.listing).joinedload(Listing.advertiser)),
)
"""What an invitation asks of an inquiry, to be given back; and its round says what becomes of attachments."""

_ASKING = RequestLetter.step == LetterStep.REQUEST


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


def load_for_courtesy(session: Session, inquiries: Collection[Inquiry]) -> None:
    """Load at once all that giving back a viewing asks of these, and keeping an attachment; others do without it."""
    if inquiries:
        session.scalars(_with_courtesy(), {"inquiries": [inquiry.id for inquiry in inquiries]}).all()


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


def _inquiries(session: Session, column: InstrumentedAttribute[str], values: Collection[str]) -> Iterable[Inquiry]:
    return session.scalars(_inquiries_by(column), {"values": [*values]}) if values else ()


def _of_declines(session: Session, named: Collection[str]) -> Iterable[tuple[str, Inquiry]]:
    found = session.execute(_inquiries_by_decline(), {"named": [*named]}) if named else ()
    return ((message_id, inquiry) for message_id, inquiry in found)


def _requests(session: Session, addresses: Collection[str], named: Collection[str]) -> dict[str, RequestLetter]:
    """The letters that ask an owner something, by their address, and by the id of each letter of the same request."""
    found = dict[str, RequestLetter]()
    for letter in session.scalars(_requests_to(), {"addresses": [*addresses]}):
        found[letter.reply_address] = letter
    for message_id, letter in session.execute(_requests_by_letter(), {"named": [*named]}) if named else ():
        found[message_id] = letter
    return found


def _replied(session: Session, mails: Collection[int]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = {mail: set() for mail in mails}
    for mail, inquiry in ask(session, _replies_to(), {"mails": [*mails]}):
        found[mail].add(inquiry)
    return found


@cache
def _inquiries_by(column: InstrumentedAttribute[str]) -> Select[Inquiry]:
    return select(Inquiry).where(among(column, "values")).options(_FOR_ANSWER)


@cache
def _inquiries_by_decline() -> Select[str, Inquiry]:
    rows = select(Decline.message_id, Inquiry).join(Decline.inquiry).where(among(Decline.message_id, "named"))
    return rows.options(_FOR_ANSWER)


@cache
def _with_courtesy() -> Select[Inquiry]:
    return select(Inquiry).where(among(Inquiry.id, "inquiries")).options(*_FOR_COURTESY)


@cache
def _requests_to() -> Select[RequestLetter]:
    return select(RequestLetter).where(among(RequestLetter.reply_address, "addresses"), _ASKING)


@cache
def _requests_by_letter() -> Select[str, RequestLetter]:
    other = aliased(RequestLetter)
    rows = select(other.message_id, RequestLetter).join(other, other.request_id == RequestLetter.request_id)
    return rows.where(among(other.message_id, "named"), _ASKING)


@cache
def _replies_to() -> Select[*tuple[Any, ...]]:
    return select(Reply.mail_id, Reply.inquiry_id).where(among(Reply.mail_id, "mails"))
