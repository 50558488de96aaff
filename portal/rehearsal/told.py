"""A rehearsal as one document for machines, and the figures of the plan that need no simulation."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from orchestrator.design import digest
from orchestrator.design.calendar import AMSTERDAM
from orchestrator.planned import PlannedPair
from portal.rehearsal.assumed import FIXED, REFERENCE, assumptions
from portal.rehearsal.play import Rehearsal
from profiles.pairs import BOTH, Arm
from results.diagnosis import advice


@dataclass(frozen=True)
class Balance:
    """How the draw fell over the pairs that compare: which arm writes first, and the letter text that leans most."""

    pairs: int
    control_first: int
    variant: str
    variant_control: int
    variant_treatment: int


@dataclass(frozen=True)
class Period:
    """First and last day with a letter, and the day after which silence is an answer to all of them."""

    first: date
    last: date
    response_days: int

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1 + self.response_days


def balance(pairs: tuple[PlannedPair, ...]) -> Balance:
    """Count the pairs that are no sham pairs."""
    real = [pair for pair in pairs if not pair.sham]
    written = Counter((arm, letter.variant) for pair in real for arm, letter in pair.letters.items())
    control, treatment = (Counter({v: n for (of, v), n in written.items() if of is arm}) for arm in BOTH)
    most = max(sorted(control | treatment), key=lambda variant: abs(control[variant] - treatment[variant]))
    first = sum(pair.first is Arm.CONTROL for pair in real)
    return Balance(len(real), first, most, control[most], treatment[most])


def period(done: Rehearsal) -> Period:
    """The days that the schedule takes, in Dutch time."""
    days = [letter.at.astimezone(AMSTERDAM).date() for pair in done.plan.pairs for letter in pair.letters.values()]
    return Period(min(days), max(days), done.design.outcome.response_days)


def document(done: Rehearsal) -> dict[str, Any]:
    """Everything as plain values: proportions, not percentages; days as ISO dates."""
    when = period(done)
    return {
        "round": done.design.round,
        "digest_as_rehearsed": digest(done.design),
        "seed": done.design.seed,
        "level": done.design.analysis.level,
        "assumptions": [asdict(each) for each in assumptions(done.wishes)],
        "fixed_assumptions": list(FIXED),
        "reference": REFERENCE,
        "diagnosis": asdict(done.diagnosis),
        "balance": asdict(balance(done.plan.pairs)),
        "schedule": {
            "first": when.first.isoformat(), "last": when.last.isoformat(), "days": when.days,
            "response_days": when.response_days, "refusals": dict(done.plan.refusals),
        },
        "mail": _mail(done),
        "advice": advice(done.diagnosis, done.wishes.bias),
    }  # fmt: skip


def _mail(done: Rehearsal) -> dict[str, Any] | None:
    return asdict(done.mail) | {"folder": str(done.mail.folder)} if done.mail else None
