"""Strata, the order of the letters and sham pairs, against published figures and other people's code."""

from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ttest_1samp
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import confint_proportions_2indep

from profiles.errors import BadInput
from results.statistics import Counts
from results.statistics.intervals import tango
from results.statistics.noise import sham_noise
from results.statistics.order import gart, net_by_order
from results.statistics.strata import (
    common_odds,
    net_contrast,
    net_homogeneity,
    odds_homogeneity,
    odds_homogeneity_exact,
    stratified_net,
)

# BR Data / DER SPIEGEL 2016, Turkish names by sex: c11 c10 c01; the pairs without any answer are not printed by sex.
TURKISH_BY_SEX = [[195, 167, 36, 0], [309, 126, 49, 0]]
# The same by who wrote first: c10 c01, 1,417 of 2,790 pairs with the control applicant first.
CONTROL_FIRST, TREATMENT_FIRST = Counts(0, 157, 38, 1417 - 195), Counts(0, 136, 47, 1373 - 183)
THREE = [[10, 12, 4, 30], [5, 20, 6, 9], [2, 3, 5, 40]]


def test_the_published_homogeneity_of_the_odds_ratio_comes_out() -> None:
    found = odds_homogeneity(TURKISH_BY_SEX)
    assert (found.statistic, found.p) == (pytest.approx(5.6825, abs=5e-5), pytest.approx(0.01713, abs=5e-6))
    assert odds_homogeneity_exact(TURKISH_BY_SEX).p == pytest.approx(0.019081, abs=5e-7)


def test_the_published_difference_between_the_rates_of_both_sexes_comes_out() -> None:
    first, second = (Counts(*row) for row in TURKISH_BY_SEX)
    assert (round(131 / first.answered, 3), round(77 / second.answered, 3)) == (0.329, 0.159)
    estimate, test = net_contrast(first, second, over="usable")
    assert sqrt(test.statistic or 0) == pytest.approx(4.12, abs=0.005)
    assert estimate.value == pytest.approx(131 / 398 - 77 / 484)
    assert estimate.low is not None
    assert estimate.low > 0


def test_homogeneity_of_the_odds_ratio_is_the_chi_square_of_scipy() -> None:
    expected = chi2_contingency(np.array(THREE)[:, 1:3], correction=False)
    found = odds_homogeneity(THREE)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_a_stratum_without_discordant_pairs_says_nothing_about_the_odds_ratio() -> None:
    assert odds_homogeneity([*THREE, [9, 0, 0, 9]]) == odds_homogeneity(THREE)


def test_few_expected_pairs_come_with_a_warning_and_every_scale_with_the_note_that_scales_may_disagree() -> None:
    assert "onbetrouwbaar" in odds_homogeneity(THREE).note
    assert "onbetrouwbaar" not in odds_homogeneity(TURKISH_BY_SEX).note
    for test in (odds_homogeneity(THREE), net_homogeneity(THREE), net_homogeneity(THREE, "usable")):
        assert "tegenspreken" in test.note


def test_strata_may_have_one_odds_ratio_and_two_differences() -> None:
    table = [[0, 40, 20, 40], [0, 40, 20, 940]]
    assert odds_homogeneity(table).p == 1
    assert net_homogeneity(table).p < 0.02


def test_the_common_odds_ratio_is_mantel_haenszel_with_every_pair_a_table() -> None:
    totals = np.array(THREE).sum(axis=0)
    pair = {0: [[1, 0], [1, 0]], 1: [[1, 0], [0, 1]], 2: [[0, 1], [1, 0]], 3: [[0, 1], [0, 1]]}
    tables = [np.array(pair[cell]) for cell, times in enumerate(totals) for _ in range(times)]
    found = common_odds(THREE)
    assert found.value == pytest.approx(StratifiedTable(tables).oddsratio_pooled)
    assert found.value == 35 / 15
    assert found.n == 50


def test_without_treatment_only_pairs_there_is_no_common_odds_ratio_but_a_lower_limit() -> None:
    found = common_odds([[1, 6, 0, 3], [1, 5, 0, 3]])
    assert (found.value, found.high) == (None, None)
    assert found.low is not None
    assert found.low > 1
    assert "niet te berekenen" in found.convention


def test_weighted_by_size_the_strata_give_the_figure_of_the_whole_table() -> None:
    found = stratified_net(THREE)
    assert found.value == pytest.approx((35 - 15) / np.sum(THREE))
    assert "stratumgrootte" in found.convention


def test_chosen_weights_weigh_the_strata_and_need_not_sum_to_one() -> None:
    found = stratified_net(THREE, weights=[2, 1, 1])
    assert found.value == pytest.approx(0.5 * 8 / 56 + 0.25 * 14 / 40 - 0.25 * 2 / 50)
    assert found == stratified_net(THREE, weights=[0.5, 0.25, 0.25])


def test_one_stratum_is_the_t_interval_of_its_pair_differences() -> None:
    differences = [1] * 12 + [-1] * 4 + [0] * 40
    expected = ttest_1samp(differences, 0).confidence_interval()
    found = stratified_net(THREE[:1])
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_an_informative_stratification_narrows_the_interval() -> None:
    apart, together = [[0, 60, 0, 40], [0, 0, 60, 40]], [[0, 60, 60, 80]]
    widths = [(found.high or 0) - (found.low or 0) for found in map(stratified_net, (apart, together))]
    assert widths[0] < 0.75 * widths[1]


def test_a_stratum_of_one_pair_or_without_spread_gives_no_interval_and_says_why() -> None:
    assert "stratum met één test" in stratified_net([[0, 1, 0, 0], [1, 2, 3, 4]]).convention
    assert "geen spreiding" in stratified_net([[3, 0, 0, 0], [0, 0, 0, 4]]).convention


@pytest.mark.parametrize("weights", [[1, 1], [0, 0, 0], [1, -1, 2], [1, np.nan, 1], [[1, 1, 1]]])
def test_weights_that_do_not_fit_are_a_named_error(weights: Any) -> None:
    with pytest.raises(BadInput, match="weights-not-usable"):
        stratified_net(THREE, weights=weights)


@pytest.mark.parametrize("function", [stratified_net, common_odds, odds_homogeneity, net_homogeneity])
def test_an_empty_stratum_is_a_named_error_that_names_its_row(function: Any) -> None:
    with pytest.raises(BadInput, match=r"empty-stratum.*rij 2"):
        function([[1, 2, 3, 4], [0, 0, 0, 0], [1, 2, 3, 4]])


@pytest.mark.parametrize(
    ("function", "table", "code"),
    [
        (odds_homogeneity, [[1, 2, 3, 4], [5, 0, 0, 5]], "too-few-strata"),
        (odds_homogeneity, [[1, 2, 0, 4], [5, 3, 0, 5]], "one-sided-pairs"),
        (odds_homogeneity_exact, THREE, "not-two-strata"),
        (net_homogeneity, [[1, 2, 3, 4]], "too-few-strata"),
        (net_homogeneity, [[1, 2, 3, 4], [0, 4, 0, 0]], "no-spread"),
        (lambda table: net_homogeneity(table, "usable"), [[1, 2, 3, 4], [0, 0, 0, 9]], "empty-stratum"),
        (lambda table: net_homogeneity(table, "relative"), THREE, "unknown-denominator"),
        (stratified_net, [[1, 2, 3.5, 4]], "count-not-whole"),
    ],
)
def test_strata_that_cannot_be_compared_are_a_named_error(function: Any, table: Any, code: str) -> None:
    with pytest.raises(BadInput, match=code):
        function(table)


def test_the_published_order_test_comes_out() -> None:
    found = gart(CONTROL_FIRST, TREATMENT_FIRST)
    assert found.group.value == pytest.approx(3.4576302819782954)
    assert found.error == pytest.approx(0.12380907998449468)
    assert found.order.value == pytest.approx(1.1949163474483813)
    assert found.test("order_gart").p == pytest.approx(0.15034533016180227)
    assert found.order.low is not None
    assert found.order.low < 1 < (found.order.high or 0)


def test_swapping_who_writes_first_turns_the_order_effect_over_and_leaves_the_group() -> None:
    here, there = gart(CONTROL_FIRST, TREATMENT_FIRST), gart(TREATMENT_FIRST, CONTROL_FIRST)
    assert there.group.value == pytest.approx(here.group.value)
    assert there.order.value == pytest.approx(1 / (here.order.value or 0))


def test_an_advantage_of_the_first_letter_is_found_and_does_not_touch_the_group() -> None:
    found = gart(Counts(0, 80, 20, 300), Counts(0, 20, 80, 300))
    assert (found.group.value, found.order.value) == (pytest.approx(1), pytest.approx(4))
    assert found.test("order_exact").p < 1e-12
    assert found.test("group_gart").p == pytest.approx(1)


def test_the_net_figure_is_given_within_each_order() -> None:
    first, second = net_by_order(CONTROL_FIRST, TREATMENT_FIRST)
    assert (first.value, second.value) == (pytest.approx(119 / 1417), pytest.approx(89 / 1373))
    assert (first.low, first.high) == tango(CONTROL_FIRST, 0.95)
    assert "controleprofiel eerst" in first.convention


def test_a_zero_cell_leaves_the_exact_tests_and_says_so() -> None:
    found = gart(Counts(3, 6, 0, 9), Counts(3, 5, 2, 9))
    assert (found.group.value, found.order.value, found.error) == (None, None, None)
    assert "exacte toets" in found.group.convention
    assert [test.name for test in found.tests] == ["order_exact", "group_exact"]


def test_an_order_without_any_difference_is_a_named_error() -> None:
    with pytest.raises(BadInput, match=r"no-discordant-in-order.*testprofiel"):
        gart(CONTROL_FIRST, Counts(5, 0, 0, 5))


def test_sham_pairs_show_how_much_of_the_gross_figure_is_chance() -> None:
    found = sham_noise(Counts(464, 307, 80, 1883), Counts(120, 24, 20, 236))
    assert found.sham.value == pytest.approx(44 / 400)
    assert found.random.value == pytest.approx(22 / 400)
    assert found.gross_beyond.value == pytest.approx(307 / 2734 - 22 / 400)
    assert found.sham_net.value == pytest.approx(0.01)
    assert (found.sham_net.low or 0) < 0 < (found.sham_net.high or 0)
    assert found.net.value == pytest.approx(227 / 2734)


def test_real_minus_sham_is_newcombes_interval_for_two_independent_shares() -> None:
    found = sham_noise(Counts(464, 307, 80, 1883), Counts(120, 24, 20, 236)).beyond
    expected = confint_proportions_2indep(387, 2734, 44, 400, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(expected)


def test_sham_pairs_without_a_single_difference_still_leave_doubt() -> None:
    found = sham_noise(Counts(40, 10, 5, 45), Counts(10, 0, 0, 20))
    assert found.random.value == 0
    assert (found.random.high or 0) > 0.02
    assert (found.gross_beyond.low or 0) < 0.1


@pytest.mark.parametrize(
    ("real", "sham", "code"),
    [(Counts(0, 0, 0, 0), Counts(1, 1, 1, 1), "no-pairs"), (Counts(1, 1, 1, 1), Counts(0, 0, 0, 0), "no-sham-pairs")],
)
def test_nothing_to_set_side_by_side_is_a_named_error(real: Counts, sham: Counts, code: str) -> None:
    with pytest.raises(BadInput, match=code):
        sham_noise(real, sham)
