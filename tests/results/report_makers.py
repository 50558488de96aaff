"""Makers of a round as the reports read it; nothing here comes from a database."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from profiles.pairs import BOTH, Arm
from results import looks
from results.looks import Judged, Look, RoundLooks
from results.outcomes import Outcome
from results.statistics.looks import LookPlan
from results.tables import ArmRow, PairRow, RoundFacts, RoundTable

DISTRICTS = ("Centrum", "Soesterkwartier", "Schothorst", "Vathorst", "Liendert")
LABELS = {
    Outcome.POSITIVE: "UITNODIGING",
    Outcome.CONDITIONAL: "INKOMENSVRAAG",
    Outcome.NEGATIVE: "AL_VERHUURD",
    Outcome.NONE: "GEEN_REACTIE",
}
CELLS = {"c11": (True, True), "c10": (True, False), "c01": (False, True), "c00": (False, False)}


def facts(**changes: Any) -> RoundFacts:
    made = RoundFacts(
        round="amersfoort-2026-najaar",
        study="Gelijke kansen op de Amersfoortse huurmarkt",
        commissioner="Gemeente Amersfoort",
        legal_basis="Wet goed verhuurderschap, artikel 2",
        ethics_reference="ETH-2026-014",
        dpia_reference="DPIA-2026-031",
        purpose="learning",
        mode="live",
        ground="origin",
        signal="origin_name",
        control_set="Nederlands klinkende namen",
        treatment_set="Marokkaans klinkende namen",
        further_sets=(),
        approach="paired",
        factor=None,
        validation="none",
        fewest_raters=None,
        seed=20260907,
        digest="9f2c1e7ab04d5c3388aa41e0f6d2b95c7e81a3f4d60b29c5e7f81a2b3c4d5e6f",
        version=1,
        state="closed",
        planned_pairs=240,
        first_day=date(2026, 9, 7),
        last_day=date(2026, 10, 9),
        response_days=10,
        positive=("positive",),
        level=0.95,
        planned_by="r.visser",
        approved_by="m.dekker",
        closed_at=datetime(2026, 10, 20, 9, 30, tzinfo=UTC),
        refusals={"maximum-per-aanbieder": 6, "geen-moment": 3},
        enrolled=24,
        withdrawn=1,
        sent=471,
        invitations=266,
        declines=266,
        waiting=0,
        deferred=2,
        coded_by_rule=298,
        coded_by_people=61,
        kappa=0.874,
    )
    return replace(made, **changes)


def arm(positive: bool | None, name: str) -> ArmRow:
    outcome = None if positive is None else Outcome.POSITIVE if positive else Outcome.NEGATIVE
    sent = datetime(2026, 9, 8, 10, 17, tzinfo=UTC)
    label = None if positive is None else "UITNODIGING" if positive else "AL_VERHUURD"
    hours = 5.5 if positive else None
    return ArmRow(name, "dutch", "a", "sent", sent, label, outcome, positive, hours, (label,) if label else (), outcome)


def pair(cell: str, place: int = 0, advertiser: int = 0, **changes: Any) -> PairRow:
    """One usable pair of a cell (c11, c10, c01, c00) with an advertiser; ``place`` spreads district and order."""
    control, treatment = CELLS[cell]
    made = PairRow(
        pair=f"P-{place:04d}",
        listing=f"L-{place:04d}",
        advertiser=f"adv-{advertiser:02d}",
        advertiser_name=f"Makelaardij {chr(65 + advertiser % 26)}{advertiser:02d}",
        advertiser_kind="broker",
        district=DISTRICTS[place % len(DISTRICTS)],
        sham=None,
        first=Arm.CONTROL if place % 2 else Arm.TREATMENT,
        gap_hours=6.0,
        state="usable",
        reason=None,
        level=None,
        arms={Arm.CONTROL: arm(control, "Marieke Bakker"), Arm.TREATMENT: arm(treatment, "Samira El Yaakoubi")},
    )
    return replace(made, **changes)


def pairs(c11: int, c10: int, c01: int, c00: int, advertisers: int = 24) -> tuple[PairRow, ...]:
    """So many pairs per cell, dealt round to so many advertisers and over all districts."""
    cells = [*["c11"] * c11, *["c10"] * c10, *["c01"] * c01, *["c00"] * c00]
    dealt = sorted(range(len(cells)), key=lambda place: (place * 7919) % 1009)
    return tuple(pair(cells[cell], place, place % advertisers) for place, cell in enumerate(dealt))


def excluded(reason: str, place: int) -> PairRow:
    return pair("c11", place, state="excluded", reason=reason, arms=dict.fromkeys(BOTH, arm(None, "-")))


def sham(cell: str, place: int) -> PairRow:
    return pair(cell, place, place % 24, sham=Arm.CONTROL, pair=f"S-{place:04d}")


def table(rows: Iterable[PairRow], **changes: Any) -> RoundTable:
    return RoundTable(facts(**changes), tuple(rows))


def lively(row: PairRow, place: int) -> PairRow:
    """The same pair with texts, days, gap, answer times and demands that differ from pair to pair."""
    sent = datetime(2026, 9, 7 + place % 5, 9, 20, tzinfo=UTC)
    arms = {arm: _lively(each, place + 5 * turn, sent) for turn, (arm, each) in enumerate(row.arms.items())}
    return replace(row, gap_hours=1.5 + place * 7 % 23, arms=arms)


def _lively(arm: ArmRow, place: int, sent: datetime) -> ArmRow:
    kind = (Outcome.NONE, Outcome.CONDITIONAL, Outcome.NEGATIVE)[place % 3]
    outcome = Outcome.POSITIVE if arm.positive else kind
    label = LABELS[outcome]
    hours = None if outcome is Outcome.NONE else 0.5 + place * 37 % 190
    asked = () if outcome is Outcome.NONE or place % 4 else ("DOCUMENTEN_VOORAF",)
    late = hours is not None and hours > 120
    return replace(
        arm,
        variant="abc"[place % 3],
        sent_at=sent,
        label=label,
        labels=(label, *asked),
        outcome=outcome,
        early=Outcome.NONE if late else outcome,
        answer_hours=hours,
    )


def full_round(**changes: Any) -> RoundTable:
    """240 pairs: a clear difference, some exclusions, sham pairs, one small district."""
    small = [pair("c11", 4000, 1, district="Hoogland"), pair("c10", 4001, 2, district="Hoogland")]
    lost = {
        Arm.CONTROL: replace(arm(None, "-"), state="cancelled"),
        Arm.TREATMENT: replace(arm(None, "-"), state="failed"),
    }
    seen = dict.fromkeys(BOTH, replace(arm(None, "-"), labels=("ECHTHEIDSVRAAG",)))
    away = [excluded("niet-verzonden", 900), replace(excluded("niet-verzonden", 901), arms=lost)]
    away.append(replace(excluded("test-herkend", 902), arms=seen))
    noise = [sham("c11", 5001), sham("c10", 5002), sham("c00", 5003), sham("c01", 5004), sham("c11", 5005)]
    landlord = [
        replace(row, advertiser="prv-01", advertiser_name="J. de Groot", advertiser_kind="private_landlord")
        for row in pairs(1, 0, 1, 1, 1)
    ]
    usable = [lively(row, place) for place, row in enumerate([*pairs(98, 44, 16, 54), *small])]
    return table([*usable, *away, *noise, *landlord], **changes)


PLAN = LookPlan((30, 60, 90))
OUTCOMES = [(f"P-{place:04d}", place < 18, place < 8) for place in range(34)]


def a_look(number: int, planned: int, before: RoundLooks, verdict: Judged) -> Look:
    return Look(number, planned, datetime(2026, 9, 20, 9, tzinfo=UTC), "anna", before.settled or (), verdict)


def the_look() -> RoundLooks:
    bare = RoundLooks(PLAN, (), tuple(code for code, _, _ in OUTCOMES))
    verdict = looks.judged(bare, OUTCOMES, 30)
    return replace(bare, opened=(a_look(1, 30, bare, verdict),))


def looked_round() -> RoundTable:
    """A round that still runs and of which the first of two looks was opened."""
    return replace(full_round(state="running", closed_at=None, waiting=3), looks=the_look())
