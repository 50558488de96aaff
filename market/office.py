"""From one inquiry to everything the advertiser will send back: pure, given the market and the moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from market.answers import Occasion, compose
from market.bias import Leaning, leanings
from market.chance import Chance
from market.habits import Habits, Staff, habits, loses
from market.hearing import hear
from market.mail import Sheet, Style, bounce, build, choose_style, reply_subject
from market.minds import INVITATIONS, Kind, decide, patience
from market.quotes import Client, quote
from market.reading import Inquiry
from market.temper import USUAL, Temper
from market.world import Advertiser, Listing, World, is_address

_STRAY = 0.01
_GENERAL = ("info", "contact", "reacties", "wonen")
_AUTOMATIC = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", "Precedence": "bulk"}


@dataclass(frozen=True)
class Market:
    """Everything that is fixed when the market opens."""

    world: World
    seed: int
    leanings: Mapping[str, Leaning]
    habits: Mapping[str, Habits]
    temper: Temper = USUAL

    def mailboxes(self) -> dict[str, str]:
        """Which advertiser reads mail to which (lower case) address; one with a web form reads its mail as well."""
        readers = list(self.world.advertisers.values())
        staff = {member.address.casefold(): one.key for one in readers for member in self.habits[one.key].staff}
        return staff | {one.email.casefold(): one.key for one in readers}


@dataclass(frozen=True)
class Outgoing:
    """One mail to be delivered at market time ``due``; ``envelope`` is the MAIL FROM, "" for a bounce.

    ``kind`` is a `Kind`, or for an answer to an owner what `owners` calls it; that is about no ``listing``: "".
    """

    due: datetime
    kind: str
    channel: str
    advertiser: str
    listing: str
    applicant: str
    mailbox: str
    envelope: str
    to: str
    message_id: str
    raw: bytes

    @property
    def invites(self) -> bool:
        return self.kind in INVITATIONS


def open_market(world: World, *, bias: float, seed: int, temper: Temper = USUAL) -> Market:
    """Give every advertiser its leaning and habits; raises MarketError for a bias that cannot be met."""
    return Market(world, seed, leanings(world, bias, seed, temper), habits(world, seed), temper)


def respond(market: Market, inquiry: Inquiry, listing: Listing, at: datetime) -> tuple[Outgoing, ...]:
    """All mails that answer this first inquiry about ``listing``, received at market time ``at``."""
    chance = answering(market, listing, inquiry.mailbox)
    habit = market.habits[inquiry.advertiser]
    if inquiry.channel == "smtp" and loses(habit, chance):
        return _returned(inquiry, listing, at + timedelta(minutes=chance.between("bounce delay", 0.2, 5)), chance)
    desk = _Desk(market.world.advertisers[inquiry.advertiser], listing, habit, inquiry, at, chance)
    found = []
    if habit.receipts:
        found.append(desk.automatic(Kind.RECEIPT, at + timedelta(minutes=chance.between("receipt delay", 0.5, 6))))
    back = habit.away_until(at)
    if back is not None:
        found.append(desk.automatic(Kind.AWAY, at + timedelta(minutes=chance.between("away delay", 0.5, 3))))
    kind = decision(market, listing, inquiry.mailbox, dutch=hear(inquiry.applicant).dutch)
    if kind is not Kind.SILENCE:
        found.append(desk.answer(kind, answered_at(habit, chance, at)))
    return tuple(found)


def answering(market: Market, listing: Listing, mailbox: str) -> Chance:
    """The draws that belong to the answer to one applicant about one listing."""
    return Chance(market.seed, "answer", listing.advertiser, listing.key, mailbox.casefold())


def decision(market: Market, listing: Listing, mailbox: str, *, dutch: bool) -> Kind:
    """What the advertiser of a listing makes of an applicant."""
    return decide(
        market.seed,
        market.leanings[listing.advertiser],
        advertiser=listing.advertiser,
        listing=listing.key,
        mailbox=mailbox,
        dutch=dutch,
        temper=market.temper,
    )


def answered_at(habit: Habits, chance: Chance, at: datetime) -> datetime:
    """When a person answers a letter that came at ``at``; who is away answers soon after coming back."""
    back, wait = habit.away_until(at), patience(chance)
    return at + wait if back is None else back + min(wait, timedelta(hours=60))


@dataclass(frozen=True)
class _Desk:
    """One advertiser answering one inquiry."""

    advertiser: Advertiser
    listing: Listing
    habits: Habits
    inquiry: Inquiry
    received: datetime
    chance: Chance

    def answer(self, kind: Kind, due: datetime) -> Outgoing:
        """What a person writes; a little of it goes astray to another mailbox of the applicant's domain."""
        staff = Chance(self.advertiser.key, self.listing.key).pick("staff", self.habits.staff)
        style = choose_style(self.chance, self.inquiry.channel)
        if self.chance.happens("stray", _STRAY):
            return self._stray(kind, due, staff, style)
        return self._mail(kind, due, staff, style, to=self.inquiry.mailbox)

    def automatic(self, kind: Kind, due: datetime) -> Outgoing:
        """What the mailbox sends by itself, from the address that was written to."""
        office = Staff(self.advertiser.name, self.advertiser.email)
        style = Style(Client.NONE, "plain", "utf-8", "quoted-printable", self.inquiry.channel == "smtp", "")
        return self._mail(kind, due, office, style, to=self.inquiry.mailbox, headers=_AUTOMATIC)

    def _stray(self, kind: Kind, due: datetime, staff: Staff, style: Style) -> Outgoing:
        """No thread, no quote, no reply address of ours: only sender and listing tell what it answers."""
        general = self.chance.pick("general", _GENERAL)
        bare = Style(Client.NONE, style.shape, style.charset, style.encoding, False, style.prefix)
        domain = self.inquiry.mailbox.rpartition("@")[2]
        subject = f"{self.listing.street}, {self.listing.city}"
        return self._mail(kind, due, staff, bare, to=f"{general}@{domain}", subject=subject)

    def _mail(
        self,
        kind: Kind,
        due: datetime,
        staff: Staff,
        style: Style,
        *,
        to: str,
        subject: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Outgoing:
        occasion = Occasion(
            self.advertiser, self.listing, self.habits, staff, hear(self.inquiry.applicant), self.inquiry.subject, due
        )
        text = compose(kind, occasion, self.chance)
        message_id = f"<{self.chance.token(f'message {kind}', 12)}@{self.advertiser.domain}>"
        sheet = Sheet(
            sender_name=staff.name,
            sender=staff.address,
            to_name=self.inquiry.applicant if to == self.inquiry.mailbox else "",
            to=to,
            subject=reply_subject(style, self.inquiry, subject or text.subject),
            text=text.body,
            at=due,
            message_id=message_id,
            headers=headers or {},
        )
        quoted = quote(style.client, self.inquiry, self.inquiry.sent or self.received)
        raw = build(sheet, style, self.inquiry, quoted)
        return _outgoing(self.inquiry, self.listing, due, kind, staff.address, to, message_id, raw)


def _returned(inquiry: Inquiry, listing: Listing, due: datetime, chance: Chance) -> tuple[Outgoing, ...]:
    """A delivery status notification to the envelope sender, which may not be the applicant's mailbox."""
    if not is_address(inquiry.return_path):
        return ()
    host = f"mx.{inquiry.to.rpartition('@')[2]}"
    message_id = f"<{chance.token('message bounce', 12)}@{host}>"
    raw = bounce(inquiry, due, message_id, host)
    return (_outgoing(inquiry, listing, due, Kind.BOUNCE, "", inquiry.return_path, message_id, raw),)


def _outgoing(
    inquiry: Inquiry, listing: Listing, due: datetime, kind: Kind, envelope: str, to: str, message_id: str, raw: bytes
) -> Outgoing:
    return Outgoing(
        due=due,
        kind=kind,
        channel=inquiry.channel,
        advertiser=inquiry.advertiser,
        listing=listing.key,
        applicant=inquiry.applicant,
        mailbox=inquiry.mailbox,
        envelope=envelope,
        to=to,
        message_id=message_id,
        raw=raw,
    )
