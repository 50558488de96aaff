"""Who writes to whom: the two applicants of each pair, so that no advertiser meets a name twice.

What chance decides follows from the seed and the listing's key. Each pair has all names in an order of its own, and of
those that its advertiser has not met (in this round never twice, over earlier rounds not while there are others) gets
the one that was used least in the round: so names come equally often, with either arm first and in every letter text.
That follows from the pairs that were cast before it, and from nothing else: in planning those seated before it, in a
growing round those that came before. The turn it took is kept with the pair, so that its applicants can be drawn again
from the design and what is kept alone.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator import name_bank
from orchestrator.assignment import Draw, Seat, draw, next_seat
from orchestrator.chance import generator
from orchestrator.design import Design, from_canonical
from orchestrator.models import Inquiry, Listing, Pair, Round
from orchestrator.several import among
from orchestrator.states import OPEN_LETTER, LetterState
from profiles.applicants import Wish, draw_pair, named_ground, partner_names, variants
from profiles.catalogue import Catalogue
from profiles.factors import FactorLevel
from profiles.naming import Burden, Met, NameSequence, NamesUsedUp, companions, name_sequence, turn_of, turns_of
from profiles.pairs import BOTH, Arm, IncomeRule, Matched
from profiles.profile import Gender, Name

SEEN = (*OPEN_LETTER, LetterState.SENT, LetterState.UNCERTAIN)
"""The states of a letter that was, or may yet be, read."""


@dataclass(frozen=True)
class Cast:
    """What was drawn for a pair, and its applicants.

    ``turns`` are the places of their names in the sequences drawn for it: of control and treatment together, then of
    each further treatment of a set, or of the partners of control and treatment.
    """

    drawn: Draw
    turns: tuple[int, ...]
    matched: Matched


@dataclass
class Uses:
    """How often each name signed a letter of the round: in all, by whether it wrote first, and by letter text."""

    names: Counter[str] = field(default_factory=Counter)
    orders: Counter[tuple[str, bool]] = field(default_factory=Counter)
    texts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, name: str, first: bool, variant: str) -> None:
        self.names[name] += 1
        self.orders[name, first] += 1
        self.texts[name, variant] += 1

    def burden(self, drawn: Draw, arms: Sequence[Arm], place: int, name: Name) -> Burden:
        """How much more a name would be used than others, were it to sign the letter of the arm on this place."""
        arm, full = arms[place], name.full
        if arm not in drawn.arms:
            return (0, 0, 0)
        return self.names[full], self.orders[full, arm is drawn.first], self.texts[full, drawn.variants[arm]]


@dataclass
class Casting:
    """The names that may be drawn in a round, those that each advertiser has met (by its row), and what was used."""

    design: Design
    bank: Catalogue
    variants: tuple[str, ...]
    met: dict[int, Met] = field(default_factory=lambda: defaultdict(Met))
    uses: Uses = field(default_factory=Uses)
    seats: Counter[Arm | None] = field(default_factory=Counter)
    """How many pairs of each kind the round has."""

    @classmethod
    def of(cls, session: Session, round_: Round, advertisers: Collection[int]) -> "Casting":
        """Return the casting of a round, which knows what these advertisers have met and what the round used."""
        design = from_canonical(round_.design)
        bank = name_bank.for_design(name_bank.of_round(round_), design)
        casting = cls(design, bank, variants(design.signal, design.letters.level, design.letters.language))
        for advertiser, in_round, name in _met(session, round_, advertisers):
            known = casting.met[advertiser]
            (known.here if in_round else known.before).add(name)
        for name, order, variant in _signed(session, round_):
            casting.uses.count(name, order == 1, variant)
        casting.seats.update(session.scalars(select(Pair.sham).where(Pair.round_id == round_.id)))
        return casting

    def cast(self, listing: Listing, seat: Seat) -> Cast | None:
        """Draw the pair of a listing at its seat; None when its advertiser has met all names in this round."""
        drawn, met = draw(self.design, listing.key, self.variants, seat), self.met[listing.advertiser_id]
        try:
            turns, names = self._names(drawn, met)
        except NamesUsedUp:
            return None
        matched = _applicants(self.design, self.bank, drawn, listing.rent, names)
        for arm in drawn.arms:
            profile = matched.of(arm)
            for name in (profile.name, profile.partner):
                if name is not None:
                    met.here.add(name.full)
                    self.uses.count(name.full, arm is drawn.first, drawn.variants[arm])
        return Cast(drawn, turns, matched)

    def _names(self, drawn: Draw, met: Met) -> tuple[tuple[int, ...], tuple[Name, ...]]:
        """Choose the names of a pair, and the turns by which they are found again; raises `NamesUsedUp`."""
        both = _sequence(self.design, self.bank, drawn)
        for turn in turns_of(both, met, partial(self.uses.burden, drawn, BOTH)):
            try:
                return self._with_further((turn,), both[turn], drawn, met)
            except NamesUsedUp:  # nobody is left beside these two; beside two others there may be
                continue
        raise NamesUsedUp

    def _with_further(
        self, turns: tuple[int, ...], names: tuple[Name, ...], drawn: Draw, met: Met
    ) -> tuple[tuple[int, ...], tuple[Name, ...]]:
        for arm in _further(self.design, drawn):
            free = NameSequence.single(_beside(self.design, self.bank, drawn, arm, names))
            turn = turn_of(free, met, partial(self.uses.burden, drawn, (arm,)))
            turns, names = (*turns, turn), (*names, *free[turn])
        return turns, names

    def cast_next(self, listing: Listing) -> Cast | None:
        """Draw one more pair of a round that grows, behind those it has; None as in `cast`."""
        seat = next_seat(self.design, listing.key, self.seats)
        if (cast := self.cast(listing, seat)) is not None:
            self.seats[seat.sham] += 1
        return cast


def applicants(design: Design, bank: Catalogue, drawn: Draw, rent: int, turns: Sequence[int]) -> Matched:
    """Draw the applicants of a pair whose names had these turns; ``bank`` has the names that the design may draw."""
    names: tuple[Name, ...] = _sequence(design, bank, drawn)[turns[0]]
    for arm, turn in zip(_further(design, drawn), turns[1:], strict=True):
        names += (_beside(design, bank, drawn, arm, names)[turn],)
    return _applicants(design, bank, drawn, rent, names)


def _applicants(design: Design, bank: Catalogue, drawn: Draw, rent: int, names: tuple[Name, ...]) -> Matched:
    rng, move_in = generator(design.seed, "profile", drawn.listing), move_in_day(design.schedule.last_day)
    wish = Wish(rent, move_in, design.letters.language, income_rule(design, drawn.level))
    both, others = (names[0], names[1]), names[len(BOTH) :]
    if design.signal.couple:
        return draw_pair(bank, design.signal, drawn.sets, wish, rng, both, (others[0], others[1]), sham=drawn.sham)
    matched = draw_pair(bank, design.signal, drawn.sets, wish, rng, both, sham=drawn.sham)
    # In a set of more the name is the whole signal (`pairing`): whatever else a treatment is, the next one is too.
    return replace(matched, others=tuple(replace(matched.treatment, name=name) for name in others))


def income_rule(design: Design, level: FactorLevel | None) -> IncomeRule:
    """Return the income that both applicants of a pair at this level of the factor have, by the rent."""
    tight = design.letters.tight_income
    return tight.rule if tight and level is FactorLevel.TIGHT else design.letters.income.rule


_GENDERS: Mapping[FactorLevel, Gender] = {FactorLevel.FEMALE: Gender.FEMALE, FactorLevel.MALE: Gender.MALE}


def _sequence(design: Design, bank: Catalogue, drawn: Draw) -> NameSequence:
    sets = (drawn.sets[Arm.CONTROL], drawn.sets[Arm.TREATMENT])
    rng, year = generator(design.seed, "names", drawn.listing), move_in_day(design.schedule.last_day).year
    gender = _GENDERS.get(drawn.level) if drawn.level else None
    return name_sequence(bank, named_ground(bank, design.signal, drawn.sets), sets, year, rng, gender)


def _further(design: Design, drawn: Draw) -> tuple[Arm, ...]:
    """The arms that need one more name: each further treatment of a set, and both arms of a couple."""
    return BOTH if design.signal.couple else tuple(drawn.sets)[len(BOTH) :]


def _beside(design: Design, bank: Catalogue, drawn: Draw, arm: Arm, names: Sequence[Name]) -> tuple[Name, ...]:
    """The names that may come next, in the order drawn for the pair: of a partner, or of a further treatment."""
    rng, year = generator(design.seed, "names", drawn.listing, arm), move_in_day(design.schedule.last_day).year
    if design.signal.couple:
        return partner_names(bank, design.signal, drawn.sham or arm, names[BOTH.index(arm)], names, rng)
    return companions(bank, drawn.sets[arm], names, year, rng)


def move_in_day(last_day: date) -> date:
    """Return the first day of the second month after the round: a date every applicant can mean."""
    month = last_day.month + 1
    return date(last_day.year + month // 12, month % 12 + 1, 1)


def _met(session: Session, round_: Round, advertisers: Collection[int]) -> Iterator[tuple[int, bool, str]]:
    """Give advertiser, whether it was in this round, and the full name of each letter these advertisers may have read.

    Of this round every letter counts, also one that no longer goes: nobody has to reckon with what was cancelled.
    """
    here, partner = Pair.round_id == round_.id, Inquiry.profile["partner"]
    told = (Inquiry.sender_name, partner["first"].as_string(), partner["last"].as_string())
    rows = select(Listing.advertiser_id, here, *told).select_from(Inquiry).join(Pair).join(Listing)
    rows = rows.where(among(Listing.advertiser_id, "these"), or_(here, Inquiry.state.in_(SEEN)))
    for advertiser, in_round, name, first, last in session.execute(rows, {"these": list(advertisers)}):
        yield advertiser, bool(in_round), name
        if first:
            yield advertiser, bool(in_round), f"{first} {last}"


def _signed(session: Session, round_: Round) -> Iterable[tuple[str, int, str]]:
    """Give name, order and letter text of each letter of a round."""
    rows = select(Inquiry.sender_name, Inquiry.order, Inquiry.variant).join(Pair).where(Pair.round_id == round_.id)
    return ((name, order, variant) for name, order, variant in session.execute(rows))
