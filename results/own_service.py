"""How an advertiser treated the two applicants besides inviting them: answers, waiting, questions, reasons.

Counts of its own tests, for the advertiser itself; pure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from orchestrator.states import PairState
from profiles.pairs import BOTH, Arm
from results import disclosure
from results.outcomes import Label, Outcome, labels
from results.tables import PairRow


@dataclass(frozen=True)
class Answered:
    """How many letters of an arm a person answered, and the median hours until then (None without an answer)."""

    answers: int
    hours: float | None


@dataclass(frozen=True)
class Said:
    """Something that answers said, and in how many tests either applicant was told so."""

    meaning: str
    control: int
    treatment: int


@dataclass(frozen=True)
class Service:
    """Own usable tests, who got an answer, what was asked before a viewing, and why applicants were turned down."""

    tests: int
    control: Answered
    treatment: Answered
    asked: tuple[Said, ...]
    reasons: tuple[Said, ...]


def of(rows: Iterable[PairRow], advertiser: str) -> Service | None:
    """Return how this advertiser served the applicants; None with so few tests that a letter could be told by it."""
    own = [row for row in rows if row.advertiser == advertiser and _counts(row)]
    if not disclosure.broker_service_shown(len(own)):
        return None
    return Service(
        tests=len(own),
        control=_answered(own, Arm.CONTROL),
        treatment=_answered(own, Arm.TREATMENT),
        asked=_said(own, _asks),
        reasons=_said(own, _declines),
    )


def _counts(row: PairRow) -> bool:
    return row.sham is None and row.state == PairState.USABLE and set(BOTH) <= set(row.arms)


def _asks(label: Label) -> bool:
    return label.outcome is Outcome.CONDITIONAL


def _declines(label: Label) -> bool:
    return label.outcome is Outcome.NEGATIVE


def _answered(own: Sequence[PairRow], arm: Arm) -> Answered:
    hours = [row.arms[arm].answer_hours for row in own]
    known = [each for each in hours if each is not None]
    return Answered(len(known), median(known) if known else None)


def _said(own: Sequence[PairRow], wanted: Callable[[Label], bool]) -> tuple[Said, ...]:
    told = {arm: Counter(code for row in own for code in row.arms[arm].labels) for arm in BOTH}
    found = (label for code, label in labels().items() if wanted(label) and any(told[arm][code] for arm in BOTH))
    return tuple(Said(each.meaning, told[Arm.CONTROL][each.code], told[Arm.TREATMENT][each.code]) for each in found)
