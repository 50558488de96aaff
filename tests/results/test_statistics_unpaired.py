"""One inquiry per listing: two independent groups, in strata and in clusters."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle_maker import oracle, printed
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2

from profiles.errors import BadInput
from results.statistics import Counts
from results.statistics.intervals import wald
from results.statistics.ratios import odds_wald
from results.statistics.unpaired import Arms, analyse_unpaired, fisher, pearson, yates
from results.statistics.unpaired_strata import (
    clustered_difference,
    clustered_difference_cr2,
    clustered_odds_ratio,
    common_difference,
    common_odds_ratio,
    mantel_haenszel,
)

ENTRIES = oracle("categories")["unpaired"]
METHODS = {
    "newcombe": "net_discrimination",
    "wald": "net_discrimination",
    "wald_cc": "net_discrimination",
    "agresti_caffo": "net_discrimination",
    "katz": "rate_ratio",
}


@st.composite
def rows(draw: st.DrawFn, least: int = 1) -> tuple[int, int, int, int]:
    n1, n2 = draw(st.integers(least, 40)), draw(st.integers(least, 40))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


def estimate(arms: Arms, name: str, method: str, level: float = 0.95) -> Any:
    return next(e for e in analyse_unpaired(arms, level).estimates if (e.name, e.method) == (name, method))


def two_by_two(arms: Arms) -> np.ndarray:
    return np.array(
        [
            [arms.control_positive, arms.control_n - arms.control_positive],
            [arms.treatment_positive, arms.treatment_n - arms.treatment_positive],
        ]
    )


@pytest.mark.parametrize(
    ("entry", "method"),
    [pytest.param(e, m, id=f"{e['name']} {m}") for e in ENTRIES for m in METHODS if m in e["published"]],
)
def test_a_published_interval_of_two_groups_comes_out(entry: dict[str, Any], method: str) -> None:
    found = estimate(Arms(*entry["arms"]), METHODS[method], method)
    assert [found.low, found.high] == [printed(limit, 4) for limit in entry["published"][method]]
    if "difference" in entry["published"] and found.name == "net_discrimination":
        assert found.value == printed(entry["published"]["difference"], 3)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_the_published_tests_of_two_groups_come_out(entry: dict[str, Any]) -> None:
    arms, published = Arms(*entry["arms"]), entry["published"]
    found = {
        "fisher_p": fisher(arms).p,
        "pearson": pearson(arms).statistic,
        "pearson_p": pearson(arms).p,
        "yates": yates(arms).statistic,
        "yates_p": yates(arms).p,
    }
    assert {key: found[key] for key in found if key in published} == {
        key: printed(published[key], 5) for key in found if key in published
    }


def test_the_published_unpaired_tests_of_a_paired_study_come_out() -> None:
    entry = next(study for study in oracle("statistics")["studies"] if study["id"] == "callback_inter1_Woman.F")
    counts, published = entry["counts"], entry["published"]
    n = sum(counts.values())
    arms = Arms(counts["both"] + counts["only_majority"], n, counts["both"] + counts["only_minority"], n)
    assert fisher(arms).p == printed(published["fisher_unpaired_p"])
    assert yates(arms).statistic == printed(published["pearson_yates_unpaired"])


@pytest.mark.parametrize("name", ["br2016_arabic", "br2016_italian", "br2016_polish", "br2016_turkish"])
def test_the_printed_interval_of_the_german_rental_study_is_the_unpaired_one(name: str) -> None:
    entry = next(study for study in oracle("statistics")["studies"] if study["id"] == name)
    both, control, treatment = (entry["counts"][key] for key in ("both", "only_majority", "only_minority"))
    usable = both + control + treatment
    found = estimate(Arms(both + control, usable, both + treatment, usable), "net_discrimination", "wald_cc")
    assert [100 * found.low, 100 * found.high] == [printed(limit, 1) for limit in entry["published"]["ndr_ci95_pct"]]


@given(rows())
@settings(max_examples=60)
def test_odds_ratio_rate_ratio_and_tests_are_those_of_the_libraries(row: tuple[int, int, int, int]) -> None:
    arms = Arms(*row)
    table = two_by_two(arms)
    assert fisher(arms).p == pytest.approx(stats.fisher_exact(table).pvalue)
    if table.all():
        theirs = Table2x2(table)
        odds, ratio = estimate(arms, "odds_ratio", "woolf"), estimate(arms, "rate_ratio", "katz")
        assert (odds.value, odds.low, odds.high) == pytest.approx((theirs.oddsratio, *theirs.oddsratio_confint()))
        assert (ratio.value, ratio.low, ratio.high) == pytest.approx((theirs.riskratio, *theirs.riskratio_confint()))
    if table.sum(axis=0).all():
        assert pearson(arms).p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
        assert yates(arms).p == pytest.approx(stats.chi2_contingency(table, correction=True).pvalue)


@given(rows())
def test_swapping_the_groups_mirrors_the_difference_and_no_number_is_infinite(row: tuple[int, int, int, int]) -> None:
    here, there = analyse_unpaired(Arms(*row)), analyse_unpaired(Arms(*row[2:], *row[:2]))
    for one, other in zip(here.estimates[:4], there.estimates[:4], strict=True):
        assert one.value == pytest.approx(-(other.value or 0), abs=1e-12)
        if one.low is not None and other.high is not None:
            assert one.low == pytest.approx(-other.high, abs=1e-12)
    numbers = [n for e in here.estimates for n in (e.value, e.low, e.high) if n is not None]
    assert np.isfinite(numbers).all()
    assert all((e.low is None) == ("geen interval" in e.convention) for e in here.estimates if e.value is not None)


def test_when_every_inquiry_was_answered_alike_p_is_one_and_says_why() -> None:
    for test in analyse_unpaired(Arms(0, 5, 0, 9)).tests:
        assert test.p == 1.0
        assert test.note.startswith("alle reacties kregen hetzelfde antwoord")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ((6, 5, 0, 9), "more-positive-than-sent"),
        ((0, 0, 3, 9), "empty-arm"),
        ((-1, 5, 3, 9), "count-not-whole"),
        ((1.5, 5, 3, 9), "count-not-whole"),
    ],
)
def test_counts_of_a_group_that_cannot_be_are_refused(row: tuple[int, int, int, int], code: str) -> None:
    with pytest.raises(BadInput, match=code):
        Arms(*row)


strata = st.lists(rows(), min_size=1, max_size=6)


@given(strata)
@settings(max_examples=60)
def test_the_common_odds_ratio_and_its_interval_are_those_of_statsmodels(table: list[tuple[int, ...]]) -> None:
    tables = [two_by_two(Arms(*row)) for row in table]
    theirs, found = StratifiedTable(tables), common_odds_ratio(table)
    assume(sum(t[0, 0] * t[1, 1] for t in tables) and sum(t[0, 1] * t[1, 0] for t in tables))
    assert found.value == pytest.approx(theirs.oddsratio_pooled)
    assert (found.low, found.high) == pytest.approx(theirs.oddsratio_pooled_confint())
    test = mantel_haenszel(table)
    if test.statistic is not None and all(sum(sum(t)) > 1 for t in tables):
        assert test.statistic == pytest.approx(theirs.test_null_odds().statistic)


def test_the_common_difference_is_the_weighted_one_and_its_error_is_what_repeating_the_study_shows() -> None:
    rng, n1, n2 = np.random.default_rng(11), np.array([30, 12, 50, 8]), np.array([25, 20, 40, 16])
    base = np.array([0.3, 0.5, 0.2, 0.6])
    drawn = np.stack([rng.binomial(n1, base + 0.1, (400, 4)), rng.binomial(n2, base, (400, 4))], axis=1)
    found = [common_difference(np.column_stack([x1, n1, x2, n2])) for x1, x2 in drawn]
    weight = n1 * n2 / (n1 + n2)
    wanted = ((drawn[:, 0] / n1 - drawn[:, 1] / n2) * weight).sum(axis=1) / weight.sum()
    assert [e.value for e in found] == pytest.approx(wanted)
    errors = [(e.high - e.low) / 2 / 1.96 for e in found if e.low is not None and e.high is not None]
    assert np.mean(errors) == pytest.approx(np.std(wanted), rel=0.08)
    covered = np.mean([(e.low or 0) <= 0.1 <= (e.high or 0) for e in found])
    assert 0.92 <= covered <= 0.98


@given(st.integers(0, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 30))
@settings(max_examples=60)
def test_with_one_pair_per_stratum_the_strata_give_the_numbers_of_the_paired_design(
    c11: int, c10: int, c01: int, c00: int
) -> None:
    counts = Counts(c11, c10, c01, c00)
    table = np.repeat([[1, 1, 1, 1], [1, 1, 0, 1], [0, 1, 1, 1], [0, 1, 0, 1]], [c11, c10, c01, c00], axis=0)
    difference, odds = common_difference(table), common_odds_ratio(table)
    assert (difference.low, difference.high) == pytest.approx(wald(counts, 0.95))
    assert (odds.value, odds.low, odds.high) == pytest.approx((c10 / c01, *odds_wald(counts, 0.95)))
    assert mantel_haenszel(table).statistic == pytest.approx((c10 - c01) ** 2 / (c10 + c01))


@pytest.mark.parametrize("method", [common_difference, common_odds_ratio, mantel_haenszel])
def test_a_stratum_that_heard_from_one_arm_only_is_refused(method: Any) -> None:
    with pytest.raises(BadInput, match="empty-stratum"):
        method([[1, 5, 2, 6], [0, 0, 3, 4]])


def test_a_common_odds_ratio_without_positive_answers_in_one_arm_has_no_interval() -> None:
    none, never = common_odds_ratio([[3, 5, 0, 6]]), common_odds_ratio([[0, 5, 3, 6]])
    assert (none.value, none.low, never.value, never.low) == (None, None, 0.0, None)
    assert "geen interval" in none.convention


clusters = st.lists(st.one_of(rows(), rows(least=0)), min_size=3, max_size=8)


def columns(table: list[tuple[int, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, (constant, arm) and advertiser per inquiry."""
    outcome, arm, group = [], [], []
    for number, (x1, n1, x2, n2) in enumerate(table):
        outcome += [1] * x1 + [0] * (n1 - x1) + [1] * x2 + [0] * (n2 - x2)
        arm += [1] * n1 + [0] * n2
        group += [number] * (n1 + n2)
    return np.array(outcome, dtype=float), sm.add_constant(np.array(arm, dtype=float)), np.array(group)


@given(clusters)
@settings(max_examples=40)
def test_the_clustered_difference_is_the_regression_on_the_arm(table: list[tuple[int, ...]]) -> None:
    _, n1, _, n2 = np.array(table).sum(axis=0)
    assume(n1 and n2 and sum(n > 0 for n in np.array(table)[:, [1, 3]].sum(axis=1)) > 1)
    outcome, design, groups = columns(table)
    fit = sm.OLS(outcome, design).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    found = clustered_difference(table, 0.9)
    assert found.value == pytest.approx(fit.params[1], abs=1e-9)
    if found.low is not None and found.high is not None and found.low > -1 and found.high < 1:
        assert (found.low, found.high) == pytest.approx(tuple(fit.conf_int(0.1)[1]), abs=1e-7)
    elif found.low is None:
        # Rounding may leave statsmodels a variance just below zero, of which the root is not a number.
        assert np.nan_to_num(fit.bse[1]) == pytest.approx(0, abs=1e-6)


@given(clusters)
@settings(max_examples=40)
def test_cr2_of_the_difference_is_the_matrix_formula_letter_by_letter(table: list[tuple[int, ...]]) -> None:
    counts = np.array(table)
    n = counts[:, [1, 3]]
    assume(n.sum(axis=0).all() and not (n == n.sum(axis=0)).any() and (n.sum(axis=1) > 0).sum() > 1)
    assume(n.sum(axis=1).max() > 1)
    outcome, design, groups = columns(table)
    inverse = np.linalg.inv(design.T @ design)
    hat = design @ inverse @ design.T
    residuals, weights = outcome - hat @ outcome, design @ inverse[:, 1]
    variance, sides = 0.0, []
    for group in np.unique(groups):
        own = groups == group
        eigen, vectors = np.linalg.eigh(np.eye(own.sum()) - hat[np.ix_(own, own)])
        adjusted = (vectors / np.sqrt(eigen)) @ vectors.T @ weights[own]
        variance += float(adjusted @ residuals[own]) ** 2
        sides.append((np.eye(len(outcome)) - hat)[:, own] @ adjusted)
    products = np.array(sides) @ np.array(sides).T
    free = float(np.trace(products)) ** 2 / float((products**2).sum())
    found = clustered_difference_cr2(table, 0.9)
    if found.low is not None and found.high is not None and found.low > -1 and found.high < 1:
        half = stats.t.ppf(0.95, free) * np.sqrt(variance)
        assert (found.high - found.low) / 2 == pytest.approx(half, rel=1e-6)
    elif found.low is None:
        assert variance == pytest.approx(0, abs=1e-9)


def test_cr2_has_one_degree_of_freedom_less_than_equal_advertisers_and_refuses_a_whole_arm_at_one() -> None:
    found = clustered_difference_cr2([[3, 4, 1, 4], [2, 4, 2, 4], [4, 4, 1, 4], [1, 4, 2, 4]])
    assert found.method == "cluster_cr2"
    assert "3.0 vrijheidsgraden" in found.convention
    with pytest.raises(BadInput) as refused:
        clustered_difference_cr2([[3, 4, 1, 4], [2, 4, 0, 0]])
    assert refused.value.problems[0].code == "arm-in-one-cluster"


def test_the_clustered_odds_ratio_is_the_logistic_regression_on_the_arm() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(0, 9, size=(25, 2)) + 1
    x = rng.binomial(n, rng.beta(2, 3, size=(25, 1)))
    table = [(int(a), int(b), int(c), int(d)) for (a, c), (b, d) in zip(x, n, strict=True)]
    outcome, design, groups = columns(table)
    fit = sm.GLM(outcome, design, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True, tol=1e-12
    )
    found = clustered_odds_ratio(table)
    assert found.value == pytest.approx(np.exp(fit.params[1]))
    assert (found.low, found.high) == pytest.approx(tuple(np.exp(fit.conf_int()[1])), rel=1e-6)


def test_a_clustered_odds_ratio_at_the_edge_has_no_interval() -> None:
    found = clustered_odds_ratio([[0, 5, 1, 4], [0, 3, 2, 4]])
    assert (found.value, found.low) == (0.0, None)
    assert clustered_odds_ratio([[1, 5, 0, 4], [2, 3, 0, 4]]).value is None


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ([[1, 5, 2, 6]], "too-few-clusters"),
        ([[1, 5, 2, 6], [0, 0, 0, 0]], "too-few-clusters"),
        ([[1, 1, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0]], "clusters-of-one"),
        ([[1, 2, 0, 0], [0, 2, 0, 0]], "empty-arm"),
        ([[1, 5, 2]], "not-a-table"),
        ([], "not-a-table"),
    ],
)
def test_clusters_that_cannot_carry_an_error_are_refused(table: list[list[int]], code: str) -> None:
    for method in (clustered_difference, clustered_odds_ratio):
        with pytest.raises(BadInput, match=code):
            method(table)
