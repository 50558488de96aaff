"""What happens when a letter comes in: recognise it, log it, and let the answers wait for their moment."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from market import owners
from market.clock import Clock
from market.journal import Journal
from market.office import Market, Outgoing, respond
from market.post import Outbox
from market.reading import Inquiry, find_listing
from market.world import Listing


@dataclass
class Contact:
    """An applicant who wrote about a listing; ``letters`` are the ids and texts seen so far.

    ``viewing`` is true while a viewing is kept free for this person.
    """

    listing: str
    mailbox: str
    letters: set[str] = field(default_factory=set)
    viewing: bool = False

    def seen(self, inquiry: Inquiry) -> bool:
        """Whether this very letter came before, by its id or its text; from now on it has."""
        marks = {inquiry.message_id, " ".join(inquiry.body.split())} - {None}
        known = bool(self.letters & marks)
        self.letters.update(mark for mark in marks if mark)
        return known


class Desk:
    """The one place that knows who wrote before; everything else in the market is a function of its arguments."""

    def __init__(
        self, market: Market, clock: Clock, outbox: Outbox, journal: Journal, wall: Callable[[], float] = time.time
    ) -> None:
        self._market, self._clock, self._outbox, self._journal, self._wall = market, clock, outbox, journal, wall
        self._contacts: defaultdict[tuple[str, str], dict[str, Contact]] = defaultdict(dict)
        self._answered: dict[str, Contact] = {}
        self._owners: dict[tuple[str, str], Contact] = {}

    def receive(self, inquiry: Inquiry) -> None:
        """Take in one letter. A first letter about a listing is answered; a later one by the same person is not.

        So is the request of an owner, which is about no listing.
        """
        if self._is_of_owner(inquiry):
            self._owner(inquiry)
            return
        listing = self._listing(inquiry)
        contact = self._known(inquiry, listing)
        if inquiry.automatic or not inquiry.mailbox:
            self._journal.received(inquiry, listing.key if listing else None, _reason(inquiry))
        elif contact:
            self._again(inquiry, contact)
        elif listing is None:
            self._journal.received(inquiry, None, "unplaced")
        else:
            self._first(inquiry, listing)

    def delivered(self, outgoing: Outgoing, taken: bool) -> None:
        """Log how an answer ended; an invitation that arrived keeps a viewing free."""
        self._journal.sent(outgoing, outgoing.kind if taken else "undelivered")
        contact = self._answered.get(outgoing.message_id)
        if contact and taken and outgoing.invites:
            contact.viewing = True

    def viewings(self, listing: str) -> int:
        """How many viewings of this listing are kept free for somebody."""
        return len({id(one) for one in self._answered.values() if one.listing == listing and one.viewing})

    def _listing(self, inquiry: Inquiry) -> Listing | None:
        world = self._market.world
        if inquiry.listing is not None:
            return world.listings[inquiry.listing]
        return find_listing(world.of(inquiry.advertiser), inquiry.subject, inquiry.body)

    def _known(self, inquiry: Inquiry, listing: Listing | None) -> Contact | None:
        """The earlier contact: by thread, by listing and address, or by address when no listing is mentioned."""
        for reference in inquiry.references:
            if reference in self._answered:
                return self._answered[reference]
        for address in sorted(inquiry.addresses):
            mine = self._contacts[inquiry.advertiser, address]
            if listing is None and mine:
                return next(iter(mine.values()))
            if listing and listing.key in mine:
                return mine[listing.key]
        return None

    def _first(self, inquiry: Inquiry, listing: Listing) -> None:
        at = self._clock.now(self._wall())
        self._journal.received(inquiry, listing.key, "inquiry")
        contact = Contact(listing.key, inquiry.mailbox)
        contact.seen(inquiry)
        for address in inquiry.addresses:
            self._contacts[inquiry.advertiser, address][listing.key] = contact
        for outgoing in respond(self._market, inquiry, listing, at):
            self._answered[outgoing.message_id] = contact
            self._outbox.put(outgoing, self._clock.wall(outgoing.due))

    def _is_of_owner(self, inquiry: Inquiry) -> bool:
        """Whether an owner writes: one who asks to leave a group out, or who did before."""
        if inquiry.channel != "smtp" or inquiry.automatic or not inquiry.mailbox:
            return False
        return self._owners_key(inquiry) in self._owners or owners.asks_to_leave_out(inquiry.body)

    def _owners_key(self, inquiry: Inquiry) -> tuple[str, str]:
        return inquiry.advertiser, inquiry.mailbox.casefold()

    def _owner(self, inquiry: Inquiry) -> None:
        """Answer the first letter of an owner, once; whatever follows is only logged."""
        known = self._owners.setdefault(self._owners_key(inquiry), Contact("", inquiry.mailbox))
        first, repeat = not known.letters, known.seen(inquiry)
        if not first:
            self._journal.received(inquiry, None, "repeat" if repeat else "owner-again")
            return
        self._journal.received(inquiry, None, "owner")
        answer = owners.reply(self._market, inquiry, self._clock.now(self._wall()))
        if answer is not None:
            self._outbox.put(answer, self._clock.wall(answer.due))

    def _again(self, inquiry: Inquiry, contact: Contact) -> None:
        """The same letter twice changes nothing; another one withdraws: what waits is dropped, the viewing is free."""
        if contact.seen(inquiry):
            self._journal.received(inquiry, contact.listing, "repeat")
            return
        self._journal.received(inquiry, contact.listing, "withdrawal")
        contact.viewing = False
        self._outbox.cancel(contact.listing, contact.mailbox)


def _reason(inquiry: Inquiry) -> str:
    return "automatic" if inquiry.automatic else "unanswerable"
