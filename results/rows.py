"""What was read of a round: its facts, and one row per pair. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

from profiles.factors import Factor, FactorLevel
from profiles.pairs import Arm
from results.outcomes import Outcome


@dataclass(frozen=True)
class ArmRow:
    """One arm of a pair; ``answer_hours`` is the time to the first human answer within the window, in hours.

    ``labels`` are all that its replies got within the window, ``label`` the one that counts; ``early`` is the outcome
    had the window been half as long, None when no letter went out.
    """

    name: str
    name_set: str
    variant: str
    state: str
    sent_at: datetime | None
    label: str | None
    outcome: Outcome | None
    positive: bool | None
    answer_hours: float | None
    labels: tuple[str, ...] = ()
    early: Outcome | None = None


@dataclass(frozen=True)
class PairRow:
    """One listing and what each arm that wrote about it got; in a sham pair all show what the arm ``sham`` shows.

    A pair has a control and a treatment; a set has further treatments, an unpaired design one arm. ``first`` wrote
    first, ``gap_hours`` before the second. ``level`` is that of the factor of the design.
    """

    pair: str
    listing: str
    advertiser: str
    advertiser_name: str
    advertiser_kind: str
    district: str
    sham: Arm | None
    first: Arm
    gap_hours: float | None
    state: str
    reason: str | None
    level: FactorLevel | None
    arms: Mapping[Arm, ArmRow] = field(hash=False)

    @property
    def control(self) -> ArmRow:
        return self.arms[Arm.CONTROL]

    @property
    def treatment(self) -> ArmRow:
        return self.arms[Arm.TREATMENT]

    def invited(self, arm: Arm) -> bool:
        """Whether an arm wrote and got a positive answer."""
        return arm in self.arms and self.arms[arm].positive is True

    @cached_property
    def cell(self) -> tuple[bool, bool]:
        """Whether the control, and whether the first treatment, was invited: a report asks it twenty times."""
        return self.invited(Arm.CONTROL), self.invited(Arm.TREATMENT)

    def against(self, treatment: Arm) -> "PairRow":
        """Return the pair that the control makes with a further treatment of a set."""
        return replace(self, arms={Arm.CONTROL: self.arms[Arm.CONTROL], Arm.TREATMENT: self.arms[treatment]})


@dataclass(frozen=True)
class RoundFacts:
    """What every report says of a round beside its numbers."""

    round: str
    study: str
    commissioner: str
    legal_basis: str
    ethics_reference: str
    dpia_reference: str
    purpose: str
    mode: str
    ground: str
    signal: str
    control_set: str
    treatment_set: str
    further_sets: tuple[str, ...]
    approach: str
    factor: Factor | None
    validation: str
    fewest_raters: int | None
    seed: int
    digest: str
    version: int
    state: str
    planned_pairs: int
    first_day: date
    last_day: date
    response_days: int
    positive: tuple[str, ...]
    level: float
    planned_by: str
    approved_by: str | None
    closed_at: datetime | None
    refusals: Mapping[str, int]
    enrolled: int
    withdrawn: int
    sent: int
    invitations: int
    declines: int
    waiting: int
    deferred: int
    coded_by_rule: int
    coded_by_people: int
    kappa: float | None
    stratum: str | None = None
    outside_purpose: int = 0
    """Tested advertisers that never consented to the purpose of the study."""
