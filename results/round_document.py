"""What results.json says of a closed round beside its headline: the sections of the report as plain JSON values."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from results.document import estimate_entry, group_entry, test_entry
from results.reports.sections import Sections
from results.reports.sections.advertisers import AdvertiserLine, Advertisers
from results.reports.sections.answers import Classes
from results.reports.sections.bias import Bias, LowestShare
from results.reports.sections.strata import Split
from results.reports.sections.times import ArmTimes, Times
from results.statistics import Estimate
from results.statistics.bias import Choice, FactorEffect
from results.statistics.findings import Absent
from results.statistics.mcnemar import TestResult
from results.statistics.noise import Noise

Entry = dict[str, Any]


def round_entry(sections: Sections) -> Entry:
    """Every section by its key (docs/results-json.md); ValueError for a number that is not finite."""
    return {
        "splits": [_split(each) for each in sections.splits],
        "order": _split(sections.order),
        "bias": _bias(sections.bias),
        "noise": _noise(sections.noise) if sections.noise else None,
        "answer_times": _times(sections.times) if sections.times else None,
        "classes": [_classes(each) for each in sections.answers],
        "advertisers": _advertisers(sections.advertisers),
    }


def _found(estimates: Iterable[Estimate], tests: Iterable[TestResult], absent: Iterable[Absent]) -> Entry:
    return {
        "estimates": [estimate_entry(each) for each in estimates],
        "tests": [test_entry(each) for each in tests],
        "not_computed": [asdict(each) for each in absent],
    }


def _split(split: Split) -> Entry:
    groups = [group_entry(each) for each in split.groups]
    found = _found(split.estimates, split.tests, split.absent)
    return {"by": split.by, "declared": split.declared, "groups": groups, **found}


def _bias(bias: Bias) -> Entry:
    return {
        "attrition": [asdict(each) for each in bias.attrition],
        "factors": [_factor(each) for each in bias.factors],
        "single": list(bias.single),
        "gap_hours": [list(each) for each in bias.gap_hours],
        "questions": _arms(bias.questions),
        "letters": _arms(bias.letters),
        "detection": estimate_entry(bias.detection) if bias.detection else None,
        "choices": [_choice(each) for each in bias.choices],
        "lowest_share": _lowest(bias.lowest) if bias.lowest else None,
    }


def _arms(pair: tuple[int, int]) -> Entry:
    return {"control": pair[0], "treatment": pair[1]}


def _factor(effect: FactorEffect) -> Entry:
    return {**asdict(effect), "nets": dict(effect.nets)}


def _choice(choice: Choice) -> Entry:
    return {**asdict(choice), "net": estimate_entry(choice.net)}


def _lowest(lowest: LowestShare) -> Entry:
    found = lowest.bounds
    patterns = [
        {"control": control, "treatment": treatment, "least": least}
        for (control, treatment), least in found.by_pattern.items()
    ]
    return {
        "letters": lowest.letters,
        "advertisers": found.advertisers,
        "share": found.share,
        "misfit": found.misfit,
        "patterns": patterns,
    }


def _noise(noise: Noise) -> Entry:
    return {name: estimate_entry(getattr(noise, name)) for name in Noise.__dataclass_fields__}


def _times(times: Times) -> Entry:
    hazard = times.hazard
    return {
        "arms": [_arm_times(each) for each in times.arms],
        "control_first": hazard.control_first,
        "treatment_first": hazard.treatment_first,
        "tied": hazard.tied,
        "neither": hazard.neither,
        "hazard_ratio": estimate_entry(hazard.hazard_ratio),
        "tests": [test_entry(each) for each in times.tests],
        "clock_faults": list(times.clock_faults),
    }


def _arm_times(arm: ArmTimes) -> Entry:
    return {
        "arm": str(arm.arm),
        "letters": arm.letters,
        "answers": arm.answers,
        "median": estimate_entry(arm.median),
        "curve": [asdict(each) for each in arm.curve],
    }


def _classes(classes: Classes) -> Entry:
    return {
        "of": classes.of,
        "classes": list(classes.classes),
        "scores": list(classes.scores),
        "table": [list(row) for row in classes.table],
        **_found(classes.estimates, classes.tests, classes.absent),
    }


def _advertisers(found: Advertisers) -> Entry:
    mixture, card = found.mixture, found.card
    return {
        "storey": {"pi0": found.q.pi0, "note": found.q.note},
        "mixture": {"pi0": mixture.pi0, "note": mixture.note} if mixture else None,
        "spread": {
            "alpha": found.fit.alpha,
            "beta": found.fit.beta,
            "mean": found.fit.mean,
            "informative": found.fit.informative,
            "note": str(found.fit.spread),
        },
        "report_card": {
            "lambda": card.lam,
            "certainty": card.certainty,
            "misranked": card.misranked,
            "misranked_graded": card.misranked_graded,
            "tau": card.tau,
            "note": card.note,
        },
        "lines": [_line(each) for each in found.lines],
    }


def _line(line: AdvertiserLine) -> Entry:
    result, net = line.row.result, line.row.estimate
    return {
        "advertiser": line.key,
        "counts": asdict(result.counts),
        "net": estimate_entry(net) if net else None,
        "p": result.p,
        "p_midp": result.p_midp,
        "p_adjusted": result.p_adjusted,
        "q": result.q,
        "share": estimate_entry(line.share),
        "alike": line.alike,
        "grade": line.grade or None,
        "verdict": str(result.verdict),
        "more_needed": result.more_needed,
    }
