"""Who writes to whom: the two applicants of each pair, so that no advertiser meets a name twice.

What chance decides follows from the seed and the listing's key. Each pair has all names in an order of its own, and
gets the first that its advertiser has not met: in this round never twice, over earlier rounds not while there are
others. Which these are follows from the pairs that were cast before it with the same advertiser, and from nothing else:
in planning the listings that precede it in the random rank, in a growing round those that came before. The turn it took
is kept with the pair, so that its applicants can be drawn again from the design alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator import name_bank
from orchestrator.assignment import Draw, draw, generator
from orchestrator.design import Design, from_canonical
from orchestrator.models import Inquiry, Listing, Pair, Round
from orchestrator.states import OPEN_LETTER, LetterState
from profiles.applicants import Wish, draw_pair, named_ground, variants
from profiles.catalogue import Catalogue
from profiles.naming import Combination, Met, NamesUsedUp, name_sequence, turn_of
from profiles.pairs import Arm, Matched

SEEN = (*OPEN_LETTER, LetterState.SENT, LetterState.UNCERTAIN)
"""The states of a letter that was, or may yet be, read."""


@dataclass(frozen=True)
class Cast:
    """What was drawn for a pair, and its two applicants; ``turn`` is the place of their names in its sequence."""

    drawn: Draw
    turn: int
    matched: Matched


@dataclass
class Casting:
    """The names that may be drawn in a round, and those that each advertiser has met, by its row."""

    design: Design
    bank: Catalogue
    variants: tuple[str, ...]
    met: dict[int, Met] = field(default_factory=lambda: defaultdict(Met))

    @classmethod
    def of(cls, session: Session, round_: Round, advertisers: Collection[int]) -> "Casting":
        """Return the casting of a round, which knows what these advertisers have met."""
        design = from_canonical(round_.design)
        bank = name_bank.for_design(name_bank.of_round(round_), design)
        casting = cls(design, bank, variants(design.signal, design.letters.level, design.letters.language))
        for advertiser, in_round, name in _met(session, round_, advertisers):
            known = casting.met[advertiser]
            (known.here if in_round else known.before).add(name)
        return casting

    def cast(self, listing: Listing) -> Cast | None:
        """Draw the pair of a listing; None when its advertiser has met all names in this round."""
        drawn, met = draw(self.design, listing.key, self.variants), self.met[listing.advertiser_id]
        try:
            turn = turn_of(_sequence(self.design, self.bank, drawn), met)
        except NamesUsedUp:
            return None
        matched = applicants(self.design, self.bank, drawn, listing.rent, turn)
        met.here.update(matched.of(arm).full_name for arm in Arm)
        return Cast(drawn, turn, matched)


def applicants(design: Design, bank: Catalogue, drawn: Draw, rent: int, turn: int) -> Matched:
    """Draw the two applicants of a pair whose names had this turn; ``bank`` has the names that the design may draw."""
    rng, move_in = generator(design.seed, "profile", drawn.listing), move_in_day(design.schedule.last_day)
    wish = Wish(rent, move_in, design.letters.language, design.letters.income.rule)
    names = _sequence(design, bank, drawn)[turn]
    return draw_pair(bank, design.signal, drawn.sets, wish, rng, names, sham=drawn.sham)


def _sequence(design: Design, bank: Catalogue, drawn: Draw) -> tuple[Combination, ...]:
    sets = (drawn.sets[Arm.CONTROL], drawn.sets[Arm.TREATMENT])
    rng, year = generator(design.seed, "names", drawn.listing), move_in_day(design.schedule.last_day).year
    return name_sequence(bank, named_ground(bank, design.signal, drawn.sets), sets, year, rng)


def move_in_day(last_day: date) -> date:
    """Return the first day of the second month after the round: a date every applicant can mean."""
    month = last_day.month + 1
    return date(last_day.year + month // 12, month % 12 + 1, 1)


def _met(session: Session, round_: Round, advertisers: Collection[int]) -> Iterable[tuple[int, bool, str]]:
    """Give advertiser, whether it was in this round, and the full name of each letter these advertisers may have read.

    Of this round every letter counts, also one that no longer goes: nobody has to reckon with what was cancelled.
    """
    here = Pair.round_id == round_.id
    rows = select(Listing.advertiser_id, here, Inquiry.sender_name).select_from(Inquiry).join(Pair).join(Listing)
    rows = rows.where(Listing.advertiser_id.in_(advertisers), or_(here, Inquiry.state.in_(SEEN)))
    return ((advertiser, bool(in_round), name) for advertiser, in_round, name in session.execute(rows))
