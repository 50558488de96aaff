"""The letters of a planned round, held against each other before a person approves them; see `profiles.parity`."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from orchestrator.design import from_canonical
from orchestrator.listings import dwelling_of
from orchestrator.models import Pair, Round
from orchestrator.people import profile_of
from profiles import parity
from profiles.errors import Refused
from profiles.letters import Letter
from profiles.parity import LetterPair, Violation, Written

MOST_SHOWN = 3
"""So many violations stand in the refusal; the rest is counted."""


def letter_pairs(session: Session, round_: Round) -> list[LetterPair]:
    """Return all pairs of a round with the letters as they were written, in order of their codes."""
    rows = select(Pair).where(Pair.round_id == round_.id).order_by(Pair.code)
    rows = rows.options(joinedload(Pair.listing), selectinload(Pair.inquiries))
    return [_letter_pair(pair) for pair in session.scalars(rows)]


def require(session: Session, round_: Round) -> None:
    """Raise `Refused`, with a diff, when the arms of a round differ in more than their signal."""
    design = from_canonical(round_.design)
    found = parity.check(letter_pairs(session, round_), design.letters.level, design.signal)
    if found:
        raise Refused(
            "no-parity",
            f"In ronde '{round_.name}' verschillen de twee profielen in meer dan het signaal:\n{_told(found)}\n",
            "Herstel de briefversies of de profielen, en plan opnieuw.",
        )


def _letter_pair(pair: Pair) -> LetterPair:
    letters = {
        inquiry.arm: Written(inquiry.variant, profile_of(inquiry), Letter(inquiry.subject, inquiry.body))
        for inquiry in pair.inquiries
    }
    return LetterPair(pair.code, dwelling_of(pair), letters, pair.sham)


def _told(found: Sequence[Violation]) -> str:
    lines = [line for violation in found[:MOST_SHOWN] for line in (_sentence(violation), *violation.diff)]
    if len(found) > MOST_SHOWN:
        lines.append(f"… en nog {len(found) - MOST_SHOWN} verschillen.")
    return "\n".join(lines)


def _sentence(violation: Violation) -> str:
    return f"{violation.pair or 'Hele ronde'}: {violation.sentence}"
