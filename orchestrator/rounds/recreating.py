"""Letters of a planned or past round, written again from its design, its seed and its listings, byte for byte."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import tee

from sqlalchemy.orm import Session

from orchestrator import name_bank
from orchestrator.assignment import Seat, draw
from orchestrator.design import Design, from_canonical
from orchestrator.listings import dwelling_of
from orchestrator.models import Inquiry, Pair, Round
from orchestrator.people import profile_of
from orchestrator.rounds import casting, lookup, planning
from orchestrator.rounds.lent import of_pair
from orchestrator.rounds.writing import Composed, compose
from profiles import applicants, versions
from profiles.catalogue import Catalogue
from profiles.errors import Refused
from profiles.letters import Dwelling, Letter
from profiles.pairs import Arm

MOST_SHOWN = 3
"""So many files or pairs stand in a refusal; the rest is counted."""

Both = Mapping[Arm, Composed]


@dataclass(frozen=True)
class Home:
    """What a pair is drawn on: its listing and advertiser, by key, what a letter may mention of the dwelling, its rent.

    The rent is in EUR a month. ``seat`` is that of the pair, ``turns`` those of its names (`casting.Cast`).
    """

    key: str
    advertiser: str
    dwelling: Dwelling
    rent: int
    seat: Seat
    turns: tuple[int, ...] = (0,)


def recreate(design: Design, bank: Catalogue, homes: Iterable[Home]) -> Iterator[Both]:
    """Give the letters of all arms on each of these homes, in order, from design, seed, names and packaged texts alone.

    ``bank`` has the names that the design may draw (`name_bank.for_design`).
    """
    variants = applicants.variants(design.signal, design.letters.level, design.letters.language)
    pairs: Counter[str] = Counter()
    for home in homes:
        lending = of_pair(design, home.advertiser, pairs[home.advertiser])
        pairs[home.advertiser] += 1
        drawn = draw(design, home.key, variants, home.seat)
        matched = casting.applicants(design, bank, drawn, home.rent, home.turns)
        yield {arm: compose(design, drawn, matched, home.dwelling, arm, lending) for arm in drawn.sets}


def all_arms(round_: Round, pairs: Iterable[Pair]) -> Iterator[Both]:
    """Give the letter of every arm of these pairs, in order, also of arms that do not write."""
    design = from_canonical(round_.design)
    bank = name_bank.for_design(name_bank.of_round(round_), design)
    return recreate(design, bank, map(home_of, pairs))


def of_round(session: Session, round_: Round) -> dict[str, Both]:
    """Return the letters of a round written again, by code of the pair.

    Raises `Refused` when the texts are not those the round was planned with, and when a letter is not, byte for byte,
    what was written then.
    """
    require_texts(round_)
    pairs, drawn_on = tee(lookup.pairs(session, round_))
    by_code, differing = dict[str, Both](), list[str]()
    for pair, letters in zip(pairs, all_arms(round_, drawn_on), strict=True):
        by_code[pair.code] = {inquiry.arm: letters[inquiry.arm] for inquiry in pair.inquiries}
        if not _same(pair, by_code[pair.code]):
            differing.append(pair.code)
    if differing:
        raise Refused(
            "letters-differ",
            f"Van ronde '{round_.name}' zijn de brieven van {len(differing)} van {len(by_code)} tests niet zoals de "
            f"opzet ze geeft: {_some(differing)}.",
            "Zij zijn na het plannen gewijzigd, of de loting van deze versie van het programma is een andere.",
        )
    return by_code


def require_texts(round_: Round) -> None:
    """Raise `Refused`, naming the files, when letters written now would not be those of this round."""
    if round_.texts is None:
        raise Refused(
            "no-text-versions",
            f"Van ronde '{round_.name}' is niet bewaard met welke briefteksten zij is gepland.",
            "Zij is met een oudere versie gepland; haar brieven staan wel in het dossier (letters preview).",
        )
    changed = versions.changed(round_.texts, planning.texts(from_canonical(round_.design)))
    if changed:
        raise Refused(
            "texts-changed",
            f"Sinds ronde '{round_.name}' werd gepland, zijn er {len(changed)} bestanden met brieven of gegevens "
            f"anders: {_some(changed)}.",
            "Zet de versie van het programma terug waarmee zij werd gepland.",
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_SHOWN
    return ", ".join(names[:MOST_SHOWN]) + (f" en nog {more}" if more > 0 else "")


def home_of(pair: Pair) -> Home:
    """Return what a pair was drawn on."""
    rent = pair.listed["rent"] if pair.listed else pair.listing.rent
    return Home(
        key=pair.listing.key,
        advertiser=pair.listing.advertiser.key,
        dwelling=dwelling_of(pair),
        rent=rent,
        seat=Seat(pair.sham, pair.place),
        turns=(pair.turn, *(pair.turns or ())),
    )


def _same(pair: Pair, both: Both) -> bool:
    return all(_as_stored(inquiry) == both[inquiry.arm] for inquiry in pair.inquiries)


def _as_stored(inquiry: Inquiry) -> Composed:
    return Composed(
        order=inquiry.order,
        variant=inquiry.variant,
        profile=profile_of(inquiry),
        reply_address=inquiry.reply_address,
        message_id=inquiry.message_id,
        letter=Letter(inquiry.subject, inquiry.body),
    )
