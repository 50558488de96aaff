"""The document that is signed and released: every figure that may be published of a round, and nothing else.

It is frozen as canonical JSON. Pages and files are made of it alone, so that they are the same at any later moment.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.design import Approach
from profiles import grounds
from profiles.pairs import Arm
from profiles.profile import Ground
from results import disclosure, suppression, tables
from results.releases import retested, units
from results.releases.estimates import cells, estimate, short
from results.releases.retested import NOTHING, Beside
from results.reports import figures, unpaired, wording
from results.suppression import Before, Table
from results.tables import PairRow, RoundFacts, RoundTable

FORMAT = "praktijktest-uitkomst/1"

Document = dict[str, Any]


def make(
    table: RoundTable, earlier: Sequence[Before], number: int, reason: str | None, beside: Beside = NOTHING
) -> Document:
    """Return the document of a closed round; ``earlier`` are the versions that anybody outside has seen.

    ``number`` counts the versions from 1, ``reason`` says why there is a further one; ``beside`` is what re-tests tell.
    Of a round that is a re-test it has a chapter ``retest``.
    """
    table = tables.at_the_end(table)
    facts, rows = table.facts, figures.real(table.rows)
    published = suppression.published(units.units(table.rows, facts), earlier, beside.groups)
    told = {each.name: each for each in published}
    result = _result(rows, facts, told)
    retest = retested.chapter(table, beside, [each.units for each in earlier], shown=result["shown"])
    return {
        **({"retest": retest} if retest else {}),
        "format": FORMAT,
        "round": facts.round,
        "version": number,
        "reason": reason,
        "study": _study(facts),
        "protocol": _protocol(facts),
        "policy": _policy(),
        "result": result,
        "tables": [
            _table(told[name], rows, facts) for name in (units.DISTRICT, units.LEVEL, units.ARM) if name in told
        ],
        "excluded": _excluded(told.get(units.EXCLUSION)),
        "participation": _participation(facts),
        "burden": _burden(facts, len(rows)),
        "coding": _coding(facts),
    }


def _study(facts: RoundFacts) -> Document:
    ground = grounds.load().grounds[Ground(facts.ground)]
    return {
        "name": facts.study,
        "commissioner": facts.commissioner,
        "legalBasis": facts.legal_basis,
        "ethics": facts.ethics_reference,
        "dpia": facts.dpia_reference,
        "purpose": facts.purpose,
        "mode": facts.mode,
        "ground": facts.ground,
        "groundName": ground.label,
        "groundBasis": ground.basis,
    }


def _protocol(facts: RoundFacts) -> Document:
    arms = (facts.control_set, facts.treatment_set, *facts.further_sets)
    return {
        "digest": facts.digest,
        "version": facts.version,
        "approach": facts.approach,
        "signal": facts.signal,
        "arms": {arm.value: label for arm, label in zip(Arm, arms, strict=False)},
        "candidates": {arm.value: wording.candidate(facts, arm) for arm in (Arm.CONTROL, Arm.TREATMENT)},
        "factor": facts.factor,
        "namesValidated": facts.validation,
        "firstDay": facts.first_day.isoformat(),
        "lastDay": facts.last_day.isoformat(),
        "responseDays": facts.response_days,
        "positive": list(facts.positive),
        "level": facts.level,
    }


def _policy() -> Document:
    return {
        "leastTests": disclosure.CELL_LEAST_PAIRS,
        "leastAdvertisers": disclosure.CELL_LEAST_ADVERTISERS,
        "largestShare": disclosure.CELL_LARGEST_SHARE,
        "roundedTo": units.ROUNDED_TO,
        "symbol": disclosure.SYMBOL,
    }


def _result(rows: Sequence[PairRow], facts: RoundFacts, told: Mapping[str, Table]) -> Document:
    main = told.get(units.ARM if facts.approach == Approach.UNPAIRED else units.DISTRICT)
    if main is None:
        return {"shown": False, "reason": "no-tests"}
    if main.total is None:
        counted = [row.advertiser for row in figures.usable(rows)]
        small = disclosure.unsafe({each: counted.count(each) for each in counted})
        return {"shown": False, "reason": "too-small" if small else "too-little-changed"}
    if facts.approach == Approach.UNPAIRED:
        return {"shown": True, "tests": sum(main.total.values())}
    analysis = figures.analysed(rows, facts.level)
    return {
        "shown": True,
        "tests": sum(main.total.values()),
        "counts": cells(main.total),
        "net": estimate(figures.net(analysis)),
        "detectable": short(figures.detectable(analysis, facts.level)),
        "treatments": _treatments(rows, facts, main),
    }


def _treatments(rows: Sequence[PairRow], facts: RoundFacts, main: Table) -> list[Document]:
    """The control beside each treatment of a set: over the same tests, so that all may be shown when one may."""
    arms = list(Arm)[1 : 2 + len(facts.further_sets)] if facts.further_sets else []
    return [
        {
            "arm": arm.value,
            "counts": cells(main.total or {}, place),
            "net": estimate(figures.net(figures.analysed([row.against(arm) for row in rows], facts.level))),
        }
        for place, arm in enumerate(arms)
    ]


def _table(table: Table, rows: Sequence[PairRow], facts: RoundFacts) -> Document:
    """A table with its parts; a hidden part has no numbers at all."""
    if table.name == units.ARM:
        return {"name": table.name, "shown": table.total is not None, "parts": _arm_parts(table, rows, facts)}
    nets = {name: estimate(figures.net(figures.analysed(group, facts.level))) for name, group in _groups(table, rows)}
    shown = [
        {"name": each.name, "counts": None, "net": None}
        if each.counts is None
        else {"name": each.name, "counts": cells(each.counts), "net": nets[each.name]}
        for each in table.parts
    ]
    return {"name": table.name, "shown": table.total is not None, "parts": shown}


def _arm_parts(table: Table, rows: Sequence[PairRow], facts: RoundFacts) -> list[Document]:
    """The groups of an unpaired round: the share that was invited, and the difference of a treatment with the control.

    A difference beside one of its groups tells the other, so that it is hidden when either is.
    """
    counts = {each.name: each.counts for each in table.parts}
    told = _group_estimates(rows, facts.level) if table.total is not None else {}
    hidden: Document = {"net": None, "share": None}
    parts: list[Document] = []
    for name, known in counts.items():
        found = told.get(name, hidden) if known is not None else hidden
        if counts.get(Arm.CONTROL.value) is None:
            found = {**found, "net": None}
        parts.append({"name": name, "counts": known and dict(sorted(known.items())), **found})
    return parts


def _group_estimates(rows: Sequence[PairRow], level: float) -> dict[str, Document]:
    told: dict[str, Document] = {}
    for each in unpaired.comparisons(rows, level):
        rates = {estimate.name: estimate for estimate in each.estimates}
        told[Arm.CONTROL.value] = {"net": None, "share": estimate(rates["rate_control"])}
        told[each.treatment.value] = {"net": estimate(each.net), "share": estimate(rates["rate_treatment"])}
    return told


def _groups(table: Table, rows: Sequence[PairRow]) -> list[tuple[str, list[PairRow]]]:
    def part(row: PairRow) -> str | None:
        return row.level if table.name == units.LEVEL else row.district or units.UNKNOWN

    shown = [each.name for each in table.parts if each.counts is not None]
    return [(name, [row for row in rows if part(row) == name]) for name in shown]


def _excluded(table: Table | None) -> Document:
    """How many tests do not count, by reason; too few are told to be fewer than ten."""
    if table is None:
        return {"tests": 0, "reasons": []}
    if table.total is None:
        return {"tests": None, "reasons": []}
    reasons = [{"reason": each.name, "tests": each.counts and sum(each.counts.values())} for each in table.parts]
    return {"tests": sum(table.total.values()), "reasons": reasons}


def _participation(facts: RoundFacts) -> Document:
    few = units.at_least_few
    return {"advertisers": few(facts.enrolled), "withdrawn": few(facts.withdrawn) if facts.withdrawn else 0}


def _burden(facts: RoundFacts, planned: int) -> Document:
    about = units.rounded
    return {
        "planned": about(planned),
        "sent": about(facts.sent),
        "invitations": about(facts.invitations),
        "declined": about(facts.declines),
        "notTested": about(sum(facts.refusals.values())),
    }


def _coding(facts: RoundFacts) -> Document:
    about = units.rounded
    return {
        "byRule": about(facts.coded_by_rule),
        "byPeople": about(facts.coded_by_people),
        "kappa": short(facts.kappa),
    }
