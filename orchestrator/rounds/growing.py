"""A running round grows from the feeds its design declares.

What is guaranteed, in whatever batches and order listings arrive, and however many workers read:

* A listing gets at most one pair in a round, and none when its advertiser's reference, its web address or its dwelling
  shows that the round knows it already. What was refused once stays refused.
* Whether a pair is a sham follows from the seed and the listing's key alone. Each pair takes the next place in the
  rotation of its kind, behind those there are, so that order and words stay as balanced as they were planned; names
  follow from these and from those met and used before, of which none comes twice (`rounds.casting`).
* Sample size, pairs per advertiser (design or consent, the lower), week cap and cool-down hold over planned and new
  pairs together. When there is no room for all, who came first has it; within one reading the random rank decides.
* Nothing that is planned already moves. The first letter goes while the listing is new: uniform over the open seconds
  until ``feed_hours`` after it was published (or, where the feed does not tell, first seen), or soon after the next
  opening. So the moment, unlike the rest of the pair, does depend on when the listing arrived.

A listing that is no longer in its feed keeps its letters. Feeds show only their latest items, or break off halfway, and
a pair that was cancelled for that would be lost for good; the first letter follows soon after publication anyway.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, union
from sqlalchemy.orm import Session

from orchestrator import channel_faults, enrolment, ledger, limits, listings, retests
from orchestrator.assignment import RefusalReason, Room, stratum_of
from orchestrator.chance import rank
from orchestrator.design import Calendar, DeclaredFeed, Design, from_canonical
from orchestrator.enrolment import ZONE
from orchestrator.feed_items import Offer, Reading
from orchestrator.intake import ListingRow, doorstep
from orchestrator.models import Advertiser, Enrolment, Feed, Inquiry, Listing, Pair, Refusal, Round
from orchestrator.rounds import lifecycle, planning, recreating
from orchestrator.rounds.casting import Cast, Casting
from orchestrator.schedule import Times, latest_start, place_beside
from orchestrator.several import among
from orchestrator.states import RoundState
from orchestrator.suitability import highest_rent, suits

ACTOR = "feeds"
Mark = tuple[object, ...]

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_FAULT = "feed:"


@dataclass(frozen=True)
class Asked:
    """A feed to be asked now, by whoever got this; ``advertisers`` are the keys of those who take part."""

    id: int
    declared: DeclaredFeed
    live: bool
    etag: str | None
    last_modified: str | None
    advertisers: frozenset[str]


def may_grow(session: Session, round_: Round, now: datetime) -> bool:
    """Whether a feed may still bring a listing to this round: there is room in the sample, and time for a pair."""
    design = from_canonical(round_.design)
    last = latest_start(design) if design.sample.feeds else None
    return last is not None and now <= last and _pairs(session, round_) < design.sample.pairs


def next_feed(session: Session, now: datetime, every: timedelta) -> Asked | None:
    """Take the feed that waits longest to be asked, if it is time; nobody else gets it until ``every`` has passed.

    The faults of feeds that are no longer asked are cleared: nobody needs to mend them.
    """
    listings.lock(session)
    growing = [round_ for round_ in lifecycle.in_state(session, RoundState.RUNNING) if may_grow(session, round_, now)]
    feeds = [feed for round_ in growing if _begun(round_, now) for feed in _feeds(session, round_)]
    _forget_faults(session, {feed.id for feed in feeds}, now)
    due = [feed for feed in feeds if feed.asked_at is None or feed.asked_at + every <= now]
    if not due:
        return None
    feed = min(due, key=lambda feed: (feed.asked_at or NEVER, feed.id))
    feed.asked_at = now
    return _asked(session, feed, now)


def note_fault(session: Session, feed_id: int, message: str, now: datetime) -> None:
    """Keep that a feed could not be read; it is asked again when it is its time."""
    channel_faults.note(session, f"{_FAULT}{feed_id}", message, now)


def unchanged(session: Session, feed_id: int, now: datetime) -> None:
    """Keep that a feed told that it holds what it held before."""
    session.get_one(Feed, feed_id).read_at = now
    channel_faults.clear(session, f"{_FAULT}{feed_id}", now)


def grow(
    session: Session, feed_id: int, reading: Reading, etag: str | None, last_modified: str | None, now: datetime
) -> int:
    """Take what is new in a feed into its round, planned or refused; return how many pairs that gave.

    Nothing happens, and the feed counts as not read, when the round does not run (any more).
    """
    listings.lock(session)
    feed = session.get_one(Feed, feed_id)
    held = {"key_share": True}
    round_ = session.get_one(Round, feed.round_id, with_for_update=held, populate_existing=True)
    if round_.state is not RoundState.RUNNING:
        return 0
    if round_.texts is not None:  # a round from before this was kept
        recreating.require_texts(round_)
    growth = _Growth.of(session, round_, reading.offers, now)
    for offer in sorted(reading.offers, key=lambda offer: rank(growth.design.seed, offer.listing.listing)):
        growth.weigh(offer)
    _store(session, round_, growth)
    feed.etag, feed.last_modified, feed.read_at = etag, last_modified, now
    feed.seen, feed.unreadable = reading.seen, len(reading.problems)
    feed.strangers = reading.strangers + growth.strangers
    feed.pairs += len(growth.times)
    _tell(session, feed, reading, growth)
    return len(growth.times)


@dataclass
class _Growth:
    """What a round holds, and what a reading adds to it: ``rows``, planned or refused, by the key of the listing."""

    design: Design
    now: datetime
    consents: dict[str, Enrolment]
    days_off: dict[int, frozenset[date]]
    """By the row of the advertiser."""
    used: dict[str, int]
    """The pairs that each consent gave before this reading, to this round and others."""
    casting: Casting
    room: Room
    kinds: dict[int, str]
    """What kind of advertiser each is, by its row."""
    reached: dict[int, tuple[str, str]]
    """By what channel and at what address (its fingerprint) each advertiser is written to, by its row."""
    moments: dict[int, list[Times]]
    """Of the pairs of each advertiser, by its row."""
    known: dict[str, Listing]
    """Those of the listings that are offered which are known, by key."""
    marks: set[Mark]
    """By what the listings of this round are recognised."""
    agreed: frozenset[str] | None
    """The advertisers that a re-test may sample now; None in any other round."""
    rows: dict[str, Listing] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=dict)
    casts: dict[str, Cast] = field(default_factory=dict)
    refused: dict[str, RefusalReason] = field(default_factory=dict)
    strangers: int = 0
    added: Counter[int] = field(default_factory=Counter)
    crowded: dict[int, datetime] = field(default_factory=dict)
    """Until when no moment was found for another pair of an advertiser."""

    @classmethod
    def of(cls, session: Session, round_: Round, offers: Sequence[Offer], now: datetime) -> "_Growth":
        design = from_canonical(round_.design)
        consents = enrolment.holding(session, design.study.purpose, now)
        known = listings.known_of(session, [key for offer in offers for key in _keys(offer)])
        marks = {mark for row in _listings_of(session, round_) for mark in _marks(row.key, row.advertiser_id, row)}
        owners = [consent.advertiser_id for consent in consents.values()]
        casting, days_off = Casting.of(session, round_, owners), enrolment.days_off_of(session, owners)
        limited = [key for key, consent in consents.items() if consent.max_pairs is not None]
        used, room = limits.used_up(session, limited), Room.of(design, _strata(session, round_))
        rows = session.scalars(select(Advertiser).where(among(Advertiser.id, "owners")), {"owners": owners}).all()
        kinds = {row.id: row.kind.value for row in rows}
        reached = {row.id: (row.channel.value, row.address_index) for row in rows}
        moments = _moments(session, round_)
        told = (kinds, reached, moments, known, marks, retests.agreed(session, round_))
        return cls(design, now, consents, days_off, used, casting, room, *told)

    def weigh(self, offer: Offer) -> None:
        """Plan a pair for a listing, refuse it, or pass over what the round knows already."""
        consent = self.consents.get(offer.listing.advertiser)
        if consent is None:
            self.strangers += 1
            return
        owner = consent.advertiser_id
        marks = {*_marks(offer.listing.listing, owner, offer.listing), ("key", owner, offer.id)}
        if self.marks & marks:
            return
        self.marks |= marks
        row, first_seen = self._row(offer, owner)
        self.rows[row.key] = row
        found = self._place(row, offer.listing.advertiser, consent, first_seen)
        if isinstance(found, RefusalReason):
            self.refused[row.key] = found
            return
        cast = self.casting.cast_next(row)
        if cast is None:
            self.refused[row.key] = RefusalReason.NO_NAME
            return
        self.times[row.key], self.casts[row.key] = found, cast
        self.moments[owner].append(found)
        self.added[owner] += 1
        self.room.take(self._stratum(row))

    def _row(self, offer: Offer, owner: int) -> tuple[Listing, datetime | None]:
        """The row of a listing, and since when it is advertised; None when it is known of old and nobody tells."""
        told = min(offer.published, self.now) if offer.published else None
        for key in _keys(offer):
            row = self.known.get(key)
            if row is not None and row.advertiser_id == owner:
                return row, told or row.first_seen_at
        first_seen = told or self.now
        return listings.new_listing(offer.listing, owner, first_seen), first_seen

    def _place(
        self, row: Listing, advertiser: str, consent: Enrolment, first_seen: datetime | None
    ) -> Times | RefusalReason:
        sample, owner = self.design.sample, consent.advertiser_id
        if self.agreed is not None and advertiser not in self.agreed:
            return RefusalReason.NOT_AGREED
        if (unfit := self._unfit(row)) is not None:
            return unfit
        if not self._signed_for(row, consent):
            return RefusalReason.OUT_OF_SCOPE
        until = first_seen + timedelta(hours=sample.feed_hours) if first_seen else None
        if until is None or until < self.now:
            return RefusalReason.NOT_NEW
        if len(self.moments[owner]) >= sample.per_advertiser or self._consent_is_used_up(advertiser, consent):
            return RefusalReason.ADVERTISER_FULL
        if (full := self.room.full(self._stratum(row))) is not None:
            return full
        if owner in self.crowded and until <= self.crowded[owner]:
            return RefusalReason.NO_MOMENT  # another was tried often enough in this time
        days = (consent.valid_from.astimezone(ZONE).date(), consent.valid_until.astimezone(ZONE).date())
        window, others = (self.now, until), self.moments[owner]
        found = place_beside(
            self.design,
            advertiser,
            row.key,
            others,
            consent=days,
            window=window,
            days_off=self.days_off[owner],
        )
        if found is None:
            self.crowded[owner] = until
        return found or RefusalReason.NO_MOMENT

    def _stratum(self, row: Listing) -> str:
        return stratum_of(self.design, row.district, self.kinds[row.advertiser_id])

    def _consent_is_used_up(self, advertiser: str, consent: Enrolment) -> bool:
        planned = self.used.get(advertiser, 0) + self.added[consent.advertiser_id]
        return consent.max_pairs is not None and planned >= consent.max_pairs

    def _signed_for(self, row: Listing, consent: Enrolment) -> bool:
        scope, (channel, address) = enrolment.scope_of(consent), self.reached[consent.advertiser_id]
        return scope is None or scope.has_letter(self.design.question.ground, channel, address, row.key)

    def _unfit(self, row: Listing) -> RefusalReason | None:
        """Why no applicant of this round could write about a listing."""
        if not suits(self.design.signal.needs, row):
            return RefusalReason.UNSUITED
        most = highest_rent(self.design, self.casting.bank)
        return RefusalReason.NO_INCOME if most is not None and row.rent > most else None


def _keys(offer: Offer) -> tuple[str, str]:
    """By what a listing may be known: our own key of it, or that of its advertiser."""
    return offer.listing.listing, offer.id


def _marks(key: str, owner: int, row: Row[*tuple[Any, ...]] | ListingRow) -> Iterator[Mark]:
    """By what one listing is recognised: keys and references are an advertiser's own, a dwelling is everybody's."""
    yield "key", owner, key
    if row.reference:
        yield "reference", owner, row.reference.casefold()
    if row.url:
        yield "url", row.url
    yield "doorstep", doorstep(row.street, row.postcode)


def _store(session: Session, round_: Round, growth: _Growth) -> None:
    session.add_all(growth.rows.values())
    session.flush()
    planning.write_refusals(session, round_, {growth.rows[key].id: why for key, why in growth.refused.items()})
    before = growth.room.taken.total() - len(growth.times)
    planning.write_pairs(session, round_, growth.times, growth.rows, growth.casts, after=before)


def _tell(session: Session, feed: Feed, reading: Reading, growth: _Growth) -> None:
    """Put what was added in the ledger, and what could not be read before the person who can mend it."""
    channel = f"{_FAULT}{feed.id}"
    channel_faults.clear(session, channel, growth.now)
    if reading.problems:
        lost = f"{len(reading.problems)} van {reading.seen} advertenties onbruikbaar; de eerste: {reading.problems[0]}"
        channel_faults.note(session, f"{channel}:items", lost, growth.now)
    else:
        channel_faults.clear(session, f"{channel}:items", growth.now)
    if growth.rows:
        added = {"feed": feed.id, "seen": feed.seen, "pairs": len(growth.times), "refused": len(growth.refused)}
        ledger.append(session, growth.now, ACTOR, "round.grown", f"round:{feed.round_id}", added)


def _begun(round_: Round, now: datetime) -> bool:
    """Whether the period of the round has come: before it, nothing new could be written to while it is new."""
    schedule = from_canonical(round_.design).schedule
    return Calendar(schedule).day_of(now) >= schedule.first_day


def _feeds(session: Session, round_: Round) -> list[Feed]:
    """The feeds of a round's design; one that was never asked gets its row here."""
    known = {row.url: row for row in session.scalars(select(Feed).where(Feed.round_id == round_.id))}
    declared = [feed.url for feed in from_canonical(round_.design).sample.feeds]
    rows = [known.get(url) or Feed(round_id=round_.id, url=url) for url in declared]
    session.add_all(rows)
    session.flush()
    return rows


def _asked(session: Session, feed: Feed, now: datetime) -> Asked:
    design = from_canonical(session.get_one(Round, feed.round_id).design)
    (declared,) = (each for each in design.sample.feeds if each.url == feed.url)
    advertisers = frozenset(enrolment.holding(session, design.study.purpose, now))
    return Asked(feed.id, declared, design.mode == "live", feed.etag, feed.last_modified, advertisers)


def _forget_faults(session: Session, asked: set[int], now: datetime) -> None:
    for fault in channel_faults.lasting(session):
        name, _, rest = fault.channel.partition(":")
        if f"{name}:" == _FAULT and int(rest.partition(":")[0]) not in asked:
            channel_faults.clear(session, fault.channel, now)


def _pairs(session: Session, round_: Round) -> int:
    return session.scalar(select(func.count()).select_from(Pair).where(Pair.round_id == round_.id)) or 0


def _strata(session: Session, round_: Round) -> Counter[str]:
    """How many pairs a round has, by stratum."""
    rows = select(Listing.district, Advertiser.kind).select_from(Pair).join(Listing).join(Advertiser)
    design, found = from_canonical(round_.design), session.execute(rows.where(Pair.round_id == round_.id))
    return Counter(stratum_of(design, district, kind.value) for district, kind in found)


def _listings_of(session: Session, round_: Round) -> Sequence[Row[*tuple[Any, ...]]]:
    """What marks the listings that have a pair in this round, or were refused in it."""
    told = (Listing.key, Listing.advertiser_id, Listing.reference, Listing.url, Listing.street, Listing.postcode)
    of = (select(each.listing_id).where(each.round_id == round_.id) for each in (Pair, Refusal))
    return session.execute(select(*told).where(Listing.id.in_(union(*of)))).all()


def _moments(session: Session, round_: Round) -> dict[int, list[Times]]:
    """When the letters of each pair went or are to go, by the row of the advertiser; stopped pairs count too."""
    told = (Listing.advertiser_id, Pair.id, func.coalesce(Inquiry.sent_at, Inquiry.planned_at), Inquiry.gap)
    rows = select(*told).select_from(Inquiry).join(Pair).join(Listing).where(Pair.round_id == round_.id)
    letters: dict[tuple[int, int], list[tuple[datetime, timedelta]]] = defaultdict(list)
    for advertiser_id, pair_id, moment, gap in session.execute(rows.order_by(Pair.id, Inquiry.order)):
        letters[advertiser_id, pair_id].append((moment, gap))
    moments: dict[int, list[Times]] = defaultdict(list)
    for (advertiser_id, _), own in letters.items():
        (first, gap), (second, _), *further = own if len(own) > 1 else own * 2
        moments[advertiser_id].append(Times(first, second, gap, tuple(further)))
    return moments
