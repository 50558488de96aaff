"""What could make a difference look larger or smaller than it is."""

from time import perf_counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from profiles.errors import BadInput
from results.statistics import Counts, analyse
from results.statistics.bias import (
    attrition,
    detection_share,
    exclusion_choices,
    factor_effects,
    heteroskedastic_probit,
    homoskedastic_probit,
    sensitivity,
    unequal_treatment,
)


def letters(pairs: int, delta: float, gamma: float, seed: int = 1) -> tuple[Any, Any, Any, Any]:
    """Outcomes of pairs whose treatment arm is shifted by delta and spread by e^gamma; two pairs per advertiser."""
    rng = np.random.default_rng(seed)
    t = np.tile([0, 1], pairs)
    shifters = rng.integers(0, 3, (2 * pairs, 2))
    unseen = rng.normal(size=2 * pairs) * np.where(t == 1, np.exp(gamma), 1.0)
    positive = -0.6 + shifters @ [0.5, 0.3] + delta * t + unseen > 0
    return positive, t, shifters, np.repeat(np.arange(pairs), 2) // 2


def test_level_and_spread_come_back_from_letters_made_with_them() -> None:
    fit = heteroskedastic_probit(*letters(20_000, -0.3, 0.4))
    assert fit.parameters == pytest.approx([-0.6, 0.5, 0.3, -0.3, 0.4], abs=0.08)
    assert fit.level_shift.low is not None
    assert fit.level_shift.high is not None
    assert fit.level_shift.low < -0.3 < fit.level_shift.high
    assert fit.wald.p < 0.001
    assert fit.likelihood_ratio.p == pytest.approx(fit.wald.p, abs=1e-3)


def test_a_difference_in_spread_alone_is_not_taken_for_one_in_level() -> None:
    fit = heteroskedastic_probit(*letters(20_000, 0.0, 0.5, seed=4))
    assert fit.level_shift.value == pytest.approx(0, abs=0.08)
    total, by_level, by_variance = fit.effects.average
    assert by_level.low is not None
    assert by_level.high is not None
    assert by_level.low < 0 < by_level.high
    assert total.value == pytest.approx(by_variance.value, abs=0.03)


@pytest.mark.parametrize("kind", ["average", "at_means"])
def test_level_and_variance_part_add_up_to_the_whole(kind: str) -> None:
    fit = heteroskedastic_probit(*letters(1500, -0.4, 0.2))
    total, by_level, by_variance = (e.value or 0.0 for e in getattr(fit.effects, kind))
    assert total == pytest.approx(by_level + by_variance, abs=1e-12)


def test_the_average_effect_is_the_difference_that_was_seen() -> None:
    y, t, shifters, clusters = letters(4000, -0.4, 0.3)
    total = heteroskedastic_probit(y, t, shifters, clusters).effects.average[0]
    assert total.value == pytest.approx(y[t == 1].mean() - y[t == 0].mean(), abs=0.02)


def test_equal_spread_and_one_yes_or_no_shifter_give_the_shares_themselves() -> None:
    """Without interaction in the shares the ordinary probit is the quantile of each share."""
    cells = {(0, 0): 159, (1, 0): 500, (0, 1): 67, (1, 1): 309}  # per thousand: Phi(-1), Phi(0), Phi(-1.5), Phi(-0.5)
    rows = [(i < yes, t, z) for (z, t), yes in cells.items() for i in range(1000)]
    y, t, z = (np.array(column) for column in zip(*rows, strict=True))
    assert homoskedastic_probit(y, t, z)[0] == pytest.approx([-1, 1, -0.5], abs=0.004)


def test_letters_doubled_within_their_cluster_leave_the_clustered_error_as_it_was() -> None:
    """Copies bring no news: an error that takes them for independent would shrink by sqrt(2)."""
    y, t, shifters, clusters = letters(800, -0.4, 0.2)
    once = heteroskedastic_probit(y, t, shifters, clusters)
    twice = heteroskedastic_probit(np.tile(y, 2), np.tile(t, 2), np.tile(shifters, (2, 1)), np.tile(clusters, 2))
    assert np.diag(twice.covariance) == pytest.approx(np.diag(once.covariance), rel=1e-3)


def test_the_error_of_the_spread_is_what_repeated_rounds_show() -> None:
    fits = [heteroskedastic_probit(*letters(600, -0.3, 0.2, seed=seed)) for seed in range(25)]
    seen = np.std([fit.parameters[-1] for fit in fits])
    claimed = np.mean([np.sqrt(fit.covariance[-1, -1]) for fit in fits])
    assert claimed == pytest.approx(seen, rel=0.35)


def test_a_hundred_thousand_pairs_with_a_few_kinds_of_letters_are_fitted_at_once() -> None:
    start = perf_counter()
    fit = heteroskedastic_probit(*letters(100_000, -0.3, 0.2))
    assert fit.parameters[-2:] == pytest.approx([-0.3, 0.2], abs=0.05)
    assert fit.level_shift.n == 200_000
    assert perf_counter() - start < 5


def small(**changed: Any) -> Any:
    y, t, shifters, clusters = letters(50, -0.2, 0.1)
    rows = {"positive": y, "treatment": t, "shifters": shifters, "clusters": clusters} | changed
    return lambda: heteroskedastic_probit(**rows)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("no-quality-shifter", small(shifters=np.ones((100, 2)))),
        ("no-quality-shifter", small(shifters=np.empty((100, 0)))),
        ("not-zero-or-one", small(positive=np.full(100, 0.5))),
        ("not-numbers", small(positive=["ja"] * 100)),
        ("no-variation", small(treatment=np.zeros(100))),
        ("no-variation", small(positive=np.zeros(100))),
        ("too-few-clusters", small(clusters=np.zeros(100, dtype=int))),
        ("clusters-of-one", small(clusters=np.arange(100))),
        ("not-one-row-per-letter", small(clusters=np.arange(99))),
        ("no-convergence|not-identified", small(positive=np.tile([0, 1], 50))),
        ("not-identified|no-convergence", small(shifters=np.tile([[0.0], [1.0]], (50, 1)))),
    ],
)
def test_a_model_that_cannot_be_fitted_is_refused_by_name(code: str, wrong: Any) -> None:
    with pytest.raises(BadInput, match=code):
        wrong()


def expected(kinds: list[tuple[float, float, float]], letters_each: int) -> Any:
    """Ten million advertisers of the given (share, p control, p treatment), as whole expected counts."""
    k = range(letters_each + 1)
    shares = sum(
        w * np.outer(stats.binom.pmf(k, letters_each, a), stats.binom.pmf(k, letters_each, b)) for w, a, b in kinds
    )
    return np.round(np.asarray(shares) * 1e7)


def test_advertisers_who_treat_both_alike_give_a_bound_of_nothing() -> None:
    found = unequal_treatment(expected([(0.5, 0.4, 0.4), (0.5, 0.1, 0.1)], 2), points=21)
    assert found.share == pytest.approx(0, abs=1e-4)
    assert found.by_pattern[2, 0] == pytest.approx(0, abs=1e-3)


def test_the_bound_never_claims_more_than_the_truth_and_sees_most_of_it() -> None:
    found = unequal_treatment(expected([(0.7, 0.4, 0.4), (0.3, 0.6, 0.2)], 3), points=21)
    assert 0.2 < found.share <= 0.3001
    assert found.misfit < 1e-5


def test_more_letters_never_lower_the_bound() -> None:
    kinds = [(0.5, 0.5, 0.5), (0.2, 0.7, 0.3), (0.3, 0.9, 0.7)]
    two, four = (unequal_treatment(expected(kinds, n), points=21).share for n in (2, 4))
    assert two <= four + 1e-4
    assert four <= 0.5001


def test_the_pattern_with_only_control_answers_is_the_surest_sign() -> None:
    found = unequal_treatment(expected([(0.7, 0.4, 0.4), (0.3, 0.6, 0.2)], 2), points=21)
    assert max(found.by_pattern, key=lambda pattern: found.by_pattern[pattern]) == (2, 0)
    # Bayes by hand: 0.3 x 0.36 x 0.64 against 0.7 x 0.16 x 0.36
    assert found.by_pattern[2, 0] == pytest.approx(0.06912 / (0.06912 + 0.04032), abs=2e-3)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=9, max_size=9).filter(lambda cells: sum(cells) > 0))
def test_every_table_has_bounds_between_nothing_and_all(cells: list[int]) -> None:
    table = np.array(cells).reshape(3, 3)
    found = unequal_treatment(table, points=11)
    assert 0 <= found.share <= 1
    assert set(found.by_pattern) == {(int(i), int(j)) for i, j in zip(*np.nonzero(table), strict=True)}
    assert all(0 <= value <= 1 for value in found.by_pattern.values())


@pytest.mark.parametrize(
    ("code", "table"),
    [
        ("too-few-letters", [[5, 3], [2, 1]]),
        ("count-not-whole", [[5, 3, 1], [2, 1, 0], [1, 0.5, 1]]),
        ("count-not-whole", [[5, 3, 1], [2, 1, 0], [1, -1, 1]]),
        ("count-not-whole", [["x", 3, 1], [2, 1, 0], [1, 1, 1]]),
        ("no-advertisers", np.zeros((3, 3))),
    ],
)
def test_a_table_without_bounds_is_refused_by_name(code: str, table: Any) -> None:
    with pytest.raises(BadInput, match=code):
        unequal_treatment(table)


def test_drop_out_is_a_fair_coin_between_the_arms() -> None:
    bounced, detected, none = attrition({"bounce": (9, 1), "detected": (4, 4), "withdrawn": (0, 0)})
    assert bounced.p == pytest.approx(stats.binomtest(9, 10).pvalue)
    assert bounced.p_holm == pytest.approx(3 * bounced.p)
    assert (detected.p, none.p) == (1, 1)


LEVELS = {"a": Counts(20, 15, 3, 40), "b": Counts(18, 6, 7, 44), "c": Counts(9, 2, 8, 20)}


def test_a_factor_is_tested_on_the_pair_differences() -> None:
    (found,) = factor_effects({"variant": LEVELS})
    d, level = [], []
    for name, c in LEVELS.items():
        d += [1] * c.c10 + [-1] * c.c01 + [0] * (c.c11 + c.c00)
        level += [name] * c.n
    squares = sum(
        level.count(g) * (np.mean([x for x, y in zip(d, level, strict=True) if y == g]) - np.mean(d)) ** 2
        for g in LEVELS
    )
    wanted = (len(d) - 1) * squares / (len(d) * np.var(d))
    assert found.statistic == pytest.approx(wanted)
    assert found.p == pytest.approx(stats.chi2.sf(wanted, 2))
    assert found.nets["c"] == pytest.approx(-6 / 39)


def test_shuffled_levels_give_a_small_p_in_about_one_in_twenty_rounds() -> None:
    rng = np.random.default_rng(2)
    small_p = 0
    for _ in range(1500):
        half = rng.multivariate_hypergeometric([30, 20, 10, 60], 50)
        a, b = Counts(*half), Counts(*(np.array([30, 20, 10, 60]) - half))
        small_p += (factor_effects({"order": {"1": a, "2": b}})[0].p or 0) <= 0.05
    assert small_p / 1500 == pytest.approx(0.05, abs=0.02)


def test_factors_are_adjusted_together_by_holm() -> None:
    same = {"1": Counts(5, 3, 3, 9), "2": Counts(6, 3, 3, 8)}
    variant, order, day = factor_effects(
        {"variant": LEVELS, "order": same, "day": {"ma": Counts(4, 0, 0, 4), "di": Counts(1, 0, 0, 2)}}
    )
    assert (day.p, day.p_holm) == (None, None)
    assert "niets te toetsen" in day.note
    assert variant.p_holm == pytest.approx(2 * (variant.p or 0))
    assert order.p_holm == order.p == 1


def test_detection_has_a_wilson_interval() -> None:
    found = detection_share(3, 200)
    assert (found.value, found.low, found.high) == pytest.approx(
        (0.015, *stats.binomtest(3, 200).proportion_ci(method="wilson"))
    )


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("count-not-whole", lambda: attrition({"a": (-1, 2)})),
        ("not-two-arms", lambda: attrition({"a": (1, 2, 3)})),  # type: ignore[dict-item]
        ("empty-stratum", lambda: factor_effects({"a": {"x": Counts(1, 1, 1, 1), "y": Counts(0, 0, 0, 0)}})),
        ("one-level", lambda: factor_effects({"a": {"x": Counts(1, 1, 1, 1)}})),
        ("impossible-share", lambda: detection_share(5, 4)),
        ("impossible-share", lambda: detection_share(0, 0)),
        ("no-pairs", lambda: sensitivity({})),
        ("no-pairs", lambda: sensitivity({"a": Counts(1, 1, 1, 1), "b": Counts(0, 0, 0, 0)})),
        ("count-not-whole", lambda: exclusion_choices(Counts(1, 1, 1, 1), -2)),
    ],
)
def test_counts_that_cannot_be_are_refused_by_name(code: str, wrong: Any) -> None:
    with pytest.raises(BadInput, match=code):
        wrong()


def test_each_choice_shows_what_the_ordinary_analysis_gives_for_its_counts() -> None:
    rows = sensitivity({"declared": Counts(60, 30, 10, 140), "48 hours": Counts(40, 25, 12, 163)})
    for row in rows:
        wanted = analyse(row.counts)
        assert (row.net.low, row.net.high) == (
            wanted.estimate("net_discrimination").low,
            wanted.estimate("net_discrimination").high,
        )
        assert row.p == wanted.test("mcnemar_midp").p
    assert rows[1].change == pytest.approx(13 / 240 - 20 / 240)
    assert rows[0].change == 0


def test_the_worst_cases_bracket_whatever_the_excluded_pairs_would_have_answered() -> None:
    counts, excluded = Counts(60, 30, 10, 140), 7
    nets = [row.net.value or 0.0 for row in sensitivity(exclusion_choices(counts, excluded))]
    rng = np.random.default_rng(3)
    for _ in range(50):
        extra = rng.multinomial(excluded, [0.25] * 4)
        b, c = 30 + extra[1], 10 + extra[2]
        assert nets[3] - 1e-12 <= (b - c) / 247 <= nets[2] + 1e-12


def test_a_conclusion_that_turns_is_marked() -> None:
    rows = sensitivity(exclusion_choices(Counts(60, 30, 10, 140), 40))
    assert [row.same_conclusion for row in rows] == [True, True, True, False]
