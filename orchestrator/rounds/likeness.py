"""The letters of a planned round, held against each other before a person approves them; see `profiles.parity`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import tee

from sqlalchemy.orm import Session

from orchestrator.design import Approach, from_canonical
from orchestrator.listings import dwelling_of
from orchestrator.models import Pair, Round
from orchestrator.people import profile_of
from orchestrator.rounds import lookup, recreating
from orchestrator.rounds.writing import Composed
from profiles import parity
from profiles.errors import Refused
from profiles.letters import Letter
from profiles.pairs import Arm
from profiles.parity import LetterPair, Violation, Written

MOST_SHOWN = 3
"""So many violations stand in the refusal; the rest is counted."""

Plan = tuple[int, datetime, str]


def letter_pairs(session: Session, round_: Round) -> list[LetterPair]:
    """Return all pairs of a round with the letters as they were written, in order of their codes."""
    return list(_one_by_one(session, round_))


def _one_by_one(session: Session, round_: Round) -> Iterator[LetterPair]:
    pairs = lookup.pairs(session, round_)
    both: Iterator[tuple[Pair, Mapping[Arm, Composed]]]
    if from_canonical(round_.design).question.approach is Approach.UNPAIRED:
        pairs, again = tee(pairs)
        both = zip(pairs, recreating.all_arms(round_, again), strict=True)
    else:
        both = ((pair, {}) for pair in pairs)
    return (each for pair, more in both for each in _letter_pairs(pair, more))


def plan_of(round_: Round) -> Plan:
    """Return what is the same for as long as a planned round has the letters that it has."""
    return round_.id, round_.planned_at, round_.digest


def require(session: Session, round_: Round) -> None:
    """Raise `Refused`, with a diff, when the arms of a round differ in more than their signal."""
    design = from_canonical(round_.design)
    found = parity.check(_one_by_one(session, round_), design.letters.level, design.signal)
    if found:
        raise Refused(
            "no-parity",
            f"In ronde '{round_.name}' verschillen de twee profielen in meer dan het signaal:\n{_told(found)}\n",
            "Herstel de briefversies of de profielen, en plan opnieuw.",
        )


def _letter_pairs(pair: Pair, unwritten: Mapping[Arm, Composed]) -> Iterator[LetterPair]:
    """Give the control beside each treatment; ``unwritten`` has the letters of arms that do not write too."""
    letters = {arm: Written(each.variant, each.profile, each.letter) for arm, each in unwritten.items()}
    letters |= {
        inquiry.arm: Written(inquiry.variant, profile_of(inquiry), Letter(inquiry.subject, inquiry.body))
        for inquiry in pair.inquiries
    }
    for arm in sorted(letters.keys() - {Arm.CONTROL}):
        both = {Arm.CONTROL: letters[Arm.CONTROL], Arm.TREATMENT: letters[arm]}
        yield LetterPair(pair.code, dwelling_of(pair), both, pair.sham, pair.first if unwritten else None)


def _told(found: Sequence[Violation]) -> str:
    lines = [line for violation in found[:MOST_SHOWN] for line in (_sentence(violation), *violation.diff)]
    if len(found) > MOST_SHOWN:
        lines.append(f"… en nog {len(found) - MOST_SHOWN} verschillen.")
    return "\n".join(lines)


def _sentence(violation: Violation) -> str:
    return f"{violation.pair or 'Hele ronde'}: {violation.sentence}"
