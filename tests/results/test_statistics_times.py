"""How long until somebody answered, and who of a pair was answered first."""

from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import BadInput
from results.statistics import Counts
from results.statistics.mcnemar import mcnemar
from results.statistics.times import answer_times, kaplan_meier, log_rank, pair_times, paired_hazard

NAN = float("nan")
WINDOW = 168.0


def drawn(n: int, seed: int, scale: float = 60.0) -> Any:
    """Hours rounded to whole ones (so that ties occur), some without answer."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < 0.3, NAN, np.ceil(rng.exponential(scale, n)))


def test_a_negative_time_is_listed_and_left_out() -> None:
    times = answer_times([5, -0.01, NAN, 200, -3], WINDOW)
    assert times.clock_faults == (1, 4)
    assert times.kept.tolist() == [0, 2, 3]
    assert times.time.tolist() == [5, WINDOW, WINDOW]
    assert times.answered.tolist() == [True, False, False]


def test_one_clock_fault_takes_out_the_whole_pair() -> None:
    pairs = pair_times([[1, 2], [3, -1], [NAN, 4]], WINDOW)
    assert pairs.clock_faults == (1,)
    assert pairs.kept.tolist() == [0, 2]


def test_an_answer_at_the_very_end_of_the_window_counts() -> None:
    assert answer_times([WINDOW, WINDOW + 0.001], WINDOW).answered.tolist() == [True, False]


def test_the_curve_and_its_error_are_statsmodels_ones() -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    times = answer_times(drawn(200, 3), WINDOW)
    ours, theirs = kaplan_meier(times), SurvfuncRight(times.time, times.answered.astype(int))
    keep = theirs.n_events > 0
    assert ours.waiting == pytest.approx(theirs.surv_prob[keep])
    assert ours.error == pytest.approx(theirs.surv_prob_se[keep])
    assert ours.at_risk.tolist() == theirs.n_risk[keep].tolist()


def test_without_censoring_the_curve_is_the_share_that_still_waits() -> None:
    curve = kaplan_meier(answer_times([1, 2, 2, 5], WINDOW))
    assert curve.waiting == pytest.approx([0.75, 0.25, 0.0])
    assert curve.median.value == 2
    assert (curve.low[-1], curve.high[-1]) == (0, 0)


def test_when_few_answer_there_is_no_median_and_it_says_so() -> None:
    median = kaplan_meier(answer_times([1, NAN, NAN, NAN], WINDOW)).median
    assert (median.value, median.high) == (None, None)
    assert "minder dan de helft" in median.convention


def test_nobody_answered_is_an_empty_curve_without_a_median() -> None:
    curve = kaplan_meier(answer_times([NAN, NAN], WINDOW))
    assert len(curve.time) == 0
    assert curve.median.value is None


def test_log_rank_is_statsmodels_one() -> None:
    from statsmodels.duration.survfunc import survdiff

    a, b = answer_times(drawn(150, 4), WINDOW), answer_times(drawn(120, 5, 90.0), WINDOW)
    chi, p = survdiff(
        np.concatenate([a.time, b.time]), np.concatenate([a.answered, b.answered]).astype(int), [0] * 150 + [1] * 120
    )
    assert log_rank(a, b).statistic == pytest.approx(chi)
    assert log_rank(a, b).p == pytest.approx(p)


def test_the_paired_model_counts_who_was_first() -> None:
    pairs = pair_times([[1, 2], [1, NAN], [5, 3], [4, 4], [NAN, NAN], [2, 200]], WINDOW)
    found = paired_hazard(pairs)
    assert (found.control_first, found.treatment_first, found.tied, found.neither) == (3, 1, 1, 1)
    ratio, half = 1 / 3, 1.959964 * sqrt(1 + 1 / 3)
    assert found.hazard_ratio.value == pytest.approx(ratio)
    assert found.hazard_ratio.low == pytest.approx(exp(log(ratio) - half), rel=1e-6)
    assert found.hazard_ratio.high == pytest.approx(exp(log(ratio) + half), rel=1e-6)


def test_the_paired_model_is_statsmodels_cox_with_a_stratum_per_pair() -> None:
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(8)
    hours = rng.exponential([60.0, 100.0], (150, 2))  # continuous: no ties
    pairs = pair_times(np.where(rng.random(hours.shape) < 0.2, NAN, hours), WINDOW)
    fit = PHReg(
        pairs.time.ravel(), np.tile([0.0, 1.0], len(pairs.time))[:, None], status=pairs.answered.ravel().astype(int),
        strata=np.repeat(np.arange(len(pairs.time)), 2),
    ).fit(disp=0)  # fmt: skip
    found = paired_hazard(pairs)
    assert found.hazard_ratio.value == pytest.approx(float(np.exp(fit.params[0])), rel=1e-5)
    error = sqrt(1 / found.control_first + 1 / found.treatment_first)
    assert error == pytest.approx(float(fit.bse[0]), rel=1e-5)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60))
def test_exchanging_the_arms_turns_the_ratio_over_and_keeps_the_p(hours: list[tuple[int, int]]) -> None:
    there = paired_hazard(pair_times(hours, 7.0))
    back = paired_hazard(pair_times([(b, a) for a, b in hours], 7.0))
    assert there.exact.p == back.exact.p
    assert (there.control_first, there.tied, there.neither) == (back.treatment_first, back.tied, back.neither)
    assert there.control_first + there.treatment_first + there.tied + there.neither == len(hours)


def test_its_log_rank_is_mcnemars_test_on_who_was_first() -> None:
    found = paired_hazard(pair_times(np.column_stack([drawn(200, 1), drawn(200, 2)]), WINDOW))
    tests = {test.name: test for test in mcnemar(Counts(0, found.control_first, found.treatment_first, 0))}
    assert found.log_rank.p == pytest.approx(tests["mcnemar_asymptotic"].p)
    assert found.exact.p == pytest.approx(tests["mcnemar_exact"].p)


def test_a_ratio_that_does_not_exist_says_why() -> None:
    never = paired_hazard(pair_times([[NAN, 1], [NAN, 2]], WINDOW))
    assert never.hazard_ratio.value is None
    assert "nooit als eerste" in never.hazard_ratio.convention
    nobody = paired_hazard(pair_times([[NAN, NAN]], WINDOW))
    assert (nobody.exact.p, nobody.exact.note != "") == (1.0, True)


def test_a_million_letters_take_a_fraction_of_a_second() -> None:
    hours = np.random.default_rng(1).exponential(50, (500_000, 2))
    assert paired_hazard(pair_times(hours, WINDOW)).hazard_ratio.value == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("times-not-numbers", lambda: answer_times(["soon"], WINDOW)),
        ("times-not-numbers", lambda: answer_times([[1.0, 2.0]], WINDOW)),
        ("times-not-numbers", lambda: answer_times([float("inf")], WINDOW)),
        ("times-not-numbers", lambda: pair_times([[1.0, 2.0, 3.0]], WINDOW)),
        ("no-window", lambda: answer_times([1.0], 0)),
        ("no-times", lambda: kaplan_meier(answer_times([], WINDOW))),
        ("no-times", lambda: paired_hazard(pair_times(np.empty((0, 2)), WINDOW))),
        ("no-answers", lambda: log_rank(answer_times([NAN], WINDOW), answer_times([NAN], WINDOW))),
    ],
)
def test_times_that_cannot_be_used_are_refused_by_name(code: str, wrong: Any) -> None:
    with pytest.raises(BadInput, match=code):
        wrong()
