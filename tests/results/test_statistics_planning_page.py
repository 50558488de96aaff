"""The page that derives planning, times, bias and rounds by hand prints what the program computes."""

from pathlib import Path

import numpy as np

from results.planning_priors import planned_shares
from results.statistics import Counts
from results.statistics.bias import attrition, detection_share, exclusion_choices, factor_effects, unequal_treatment
from results.statistics.bias.effects import decompose
from results.statistics.bias.sensitivity import sensitivity
from results.statistics.meta import Study, combine, ratio_of_pairs, ratio_of_totals
from results.statistics.power import (
    advertiser_power,
    connor_pairs,
    design_effect,
    exact_power,
    smallest_difference,
    smallest_pairs,
)
from results.statistics.times import answer_times, kaplan_meier, log_rank, pair_times, paired_hazard
from results.statistics.trend import RoundPoint, trend

PAGE = (Path(__file__).parents[2] / "docs" / "statistics-planning.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
NAN = float("nan")


def planning() -> dict[str, float | None]:
    shares = planned_shares(0.40, 0.78, 0.2)
    return {
        "connor_pairs": connor_pairs(0.2, 0.1),
        "exact_power": exact_power(0.9, 0.1, 6, test="exact"),
        "smallest_difference": smallest_difference(6, 0.0, test="exact"),
        "advertiser_power": advertiser_power(0.9, 0.1, 6),
        "design_effect": design_effect([5, 5, 5], 0.1),
        "planned_p10": shares.p10,
        "planned_p01": shares.p01,
    }


def times() -> dict[str, float | None]:
    curve = kaplan_meier(answer_times([2, 4, 4, 10, NAN], 168))
    pairs = paired_hazard(pair_times([[1, 2]] * 30 + [[2, 1]] * 12 + [[3, 3], [NAN, NAN]], 168))
    return {
        "waiting_2": curve.waiting[0],
        "waiting_4": curve.waiting[1],
        "waiting_10": curve.waiting[2],
        "error_4": curve.error[1],
        "high_2": curve.high[0],
        "low_2": curve.low[0],
        "median_hours": curve.median.value,
        "log_rank": log_rank(answer_times([1, 3], 168), answer_times([2, 4], 168)).statistic,
        "hazard_ratio": pairs.hazard_ratio.value,
        "hazard_low": pairs.hazard_ratio.low,
        "hazard_high": pairs.hazard_ratio.high,
        "log_rank_pairs": pairs.log_rank.statistic,
    }


def bias() -> dict[str, float | None]:
    parts = decompose(
        np.ones((2, 1)), np.array([0.0, 1.0]), np.ones(2), np.array([0.5, -0.3, 0.2]), np.eye(3), 0.95
    ).average
    bound = unequal_treatment([[90, 0, 0], [0, 0, 0], [10, 0, 0]])
    dropped = attrition({"bounce": (9, 1), "herkend": (4, 4)})[0]
    factor = factor_effects({"briefversie": {"a": Counts(0, 5, 1, 4), "b": Counts(4, 1, 1, 4)}})[0]
    detected = detection_share(3, 200)
    nets = [row.net.value for row in sensitivity(exclusion_choices(Counts(60, 30, 10, 140), 10))]
    return {
        **{part.name: part.value for part in parts},
        "bound_share": bound.share,
        "bound_2_0": bound.by_pattern[2, 0],
        "bound_0_0": bound.by_pattern[0, 0],
        "attrition_p": dropped.p,
        "attrition_holm": dropped.p_holm,
        "factor_statistic": factor.statistic,
        "factor_p": factor.p,
        "detection": detected.value,
        "detection_low": detected.low,
        **dict(zip(("net_declared", "net_negative", "net_worst_against", "net_worst_for"), nets, strict=True)),
    }


def together() -> dict[str, float | None]:
    totals = ratio_of_totals("a", "uitnodiging", 771, 2734, 544, 2734)
    pairs = ratio_of_pairs("a", "uitnodiging", Counts(464, 307, 80, 1883))
    studies = [Study(str(y), "log", y, 0.04) for y in (0.1, 0.4, 0.7)]
    dl, pm, reml = (combine(studies, method) for method in ("dl", "pm", "reml"))
    (segment,) = trend([RoundPoint(2023 + i, "a", Study("s", "net", 0.10 - 0.02 * i, 0.0004)) for i in range(3)])
    assert segment.slope is not None
    return {
        "log_ratio": totals.effect,
        "log_ratio_error": totals.variance**0.5,
        "log_ratio_error_pairs": pairs.variance**0.5,
        "q": dl.q,
        "i2": dl.i2,
        "tau2_dl": dl.tau2,
        "tau2_pm": pm.tau2,
        "tau2_reml": reml.tau2,
        "combined": dl.mean.value,
        "combined_low": dl.mean.low,
        "combined_high": dl.mean.high,
        "prediction_low": dl.prediction[0] if dl.prediction else None,
        "trend": segment.slope.value,
        "trend_low": segment.slope.low,
    }


def test_the_page_prints_every_number() -> None:
    printed = {row[0]: row[-1] for row in ROWS if len(row) == 3 and row[0] != "number"}
    computed = {**planning(), **times(), **bias(), **together()}
    assert None not in computed.values()
    # Adding 0.0 takes the sign from a zero.
    assert printed == {name: f"{round(value, 4) + 0.0:.4f}" for name, value in computed.items() if value is not None}


def test_the_page_prints_the_sizes() -> None:
    printed = [row for row in ROWS if len(row) == 5 and row[0] != "p10"]
    assert len(printed) == 6
    for p10, p01, *sizes in printed:
        shares = float(p10), float(p01)
        wanted = [
            f"{connor_pairs(*shares):.1f}",
            str(smallest_pairs(*shares)),
            str(smallest_pairs(*shares, test="exact")),
        ]
        assert sizes == wanted
