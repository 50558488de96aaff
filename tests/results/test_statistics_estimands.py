"""Every quantity a report may print is there, with its denominator and two intervals."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_maker import oracle, printed
from scipy import stats

from results.statistics import Counts, estimands
from results.statistics.estimands import Estimand
from results.statistics.intervals import (
    clopper_pearson,
    newcombe8,
    newcombe10,
    share_clopper_pearson,
    share_wilson,
)
from results.statistics.mcnemar import mcnemar
from results.statistics.ratios import odds_wald

cell = st.integers(0, 12) | st.integers(0, 4000)
tables = st.builds(Counts, cell, cell, cell, cell).filter(lambda counts: counts.n > 0)
PUBLISHED = {entry["name"]: entry for entry in oracle("statistics")["paired_2x2"]}


@pytest.mark.parametrize(
    ("estimand", "value", "n"),
    [
        (estimands.RATE_CONTROL, 771 / 2734, 2734),
        (estimands.RATE_TREATMENT, 544 / 2734, 2734),
        (estimands.NET_ALL, 227 / 2734, 2734),
        (estimands.NET_USABLE, 227 / 851, 851),
        (estimands.NET_RELATIVE, 227 / 771, 771),
        (estimands.GROSS_ALL, 307 / 2734, 2734),
        (estimands.GROSS_USABLE, 307 / 851, 851),
        (estimands.GROSS_FAVOURABLE, 80 / 2734, 2734),
        (estimands.GROSS_FAVOURABLE_USABLE, 80 / 851, 851),
        (estimands.EXCLUSIVE_SHARE, 307 / 387, 387),
        (estimands.EQUAL_ALL, 2347 / 2734, 2734),
        (estimands.EQUAL_USABLE, 464 / 851, 851),
        (estimands.RATE_RATIO, 771 / 544, 2734),
        (estimands.ODDS_RATIO, 307 / 80, 387),
    ],
    ids=lambda value: f"{value.name} {value.over}" if isinstance(value, Estimand) else "",
)
def test_each_quantity_of_one_table_has_its_value_and_denominator(estimand: Estimand, value: float, n: int) -> None:
    counts = Counts(464, 307, 80, 1883)
    assert (estimand.value(counts), estimand.n(counts)) == (pytest.approx(value, rel=1e-15), n)


def test_no_two_quantities_share_name_and_denominator_or_convention() -> None:
    every = [each for each in vars(estimands).values() if isinstance(each, Estimand)]
    assert len(every) == 14
    assert len({(each.name, each.over) for each in every}) == len({each.convention for each in every}) == 14


@given(tables)
def test_what_happened_in_a_pair_adds_up_to_one(counts: Counts) -> None:
    parts = (estimands.GROSS_ALL, estimands.GROSS_FAVOURABLE, estimands.EQUAL_ALL)
    assert sum(part.value(counts) or 0 for part in parts) == pytest.approx(1)
    usable = (estimands.GROSS_USABLE, estimands.GROSS_FAVOURABLE_USABLE, estimands.EQUAL_USABLE)
    if counts.answered:
        assert sum(part.value(counts) or 0 for part in usable) == pytest.approx(1)


def test_the_published_exclusive_share_comes_out() -> None:
    entry = oracle("statistics")["callback_vignette"]
    share = estimands.EXCLUSIVE_SHARE.value(Counts(*entry["cells"]))
    assert 100 * (share or 0) == printed(entry["exclusive_share_pct"])


@given(tables)
def test_both_intervals_of_a_share_hold_it_and_lie_between_zero_and_one(counts: Counts) -> None:
    for estimand in estimands.SHARES:
        value = estimand.value(counts)
        for method in (share_wilson, share_clopper_pearson):
            low, high = method(estimand, counts, 0.95)
            if value is None:
                assert (low, high) == (None, None)
            else:
                assert low is not None
                assert high is not None
                assert 0 <= low <= value + 1e-12
                assert value - 1e-12 <= high <= 1


@given(st.integers(1, 3000), st.data())
def test_both_intervals_of_a_share_are_those_of_scipy(n: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, n))
    counts = Counts(x, 0, 0, n - x)
    for method, name in ((share_wilson, "wilson"), (share_clopper_pearson, "exact")):
        theirs = stats.binomtest(x, n).proportion_ci(0.95, method=name)  # type: ignore[arg-type]
        found = method(estimands.RATE_CONTROL, counts, 0.95)
        assert found == (pytest.approx(theirs.low, abs=1e-9), pytest.approx(theirs.high, abs=1e-9))


def test_the_exact_limits_leave_the_promised_tails() -> None:
    low, high = clopper_pearson(7, 20, 0.9)
    tail = [
        sum(comb(20, k) * p**k * (1 - p) ** (20 - k) for k in ks) for p, ks in ((low, range(7, 21)), (high, range(8)))
    ]
    assert tail == pytest.approx([0.05, 0.05])


def test_the_published_wald_interval_of_an_odds_ratio_comes_out() -> None:
    entry = PUBLISHED["Ezra 2010"]
    found = odds_wald(Counts(*entry["cells"]), 0.95)
    assert list(found) == [printed(limit, 4) for limit in entry["published"]["or_wald"]]


@pytest.mark.parametrize("counts", [Counts(3, 0, 5, 2), Counts(3, 5, 0, 2), Counts(3, 0, 0, 2)])
def test_a_wald_interval_of_an_odds_ratio_needs_both_kinds_of_discordant_pairs(counts: Counts) -> None:
    assert odds_wald(counts, 0.95) == (None, None)


def no_width(counts: Counts) -> bool:
    """Both arms agree in every pair and answer half of them: method 8 would be a single point."""
    return not counts.discordant and counts.c11 == counts.c00


@given(tables)
def test_newcombe_8_and_10_differ_only_by_the_correction_of_a_positive_correlation(counts: Counts) -> None:
    plain, corrected = newcombe8(counts, 0.95), newcombe10(counts, 0.95)
    if counts.c11 * counts.c00 <= counts.c10 * counts.c01:
        assert plain == corrected
    else:
        assert None not in corrected
        assert (plain == (None, None)) is no_width(counts)
        assert (plain[1] or 0) - (plain[0] or 0) <= (corrected[1] or 0) - (corrected[0] or 0) + 1e-12


@given(tables)
def test_newcombe_8_uses_the_correlation_of_the_two_columns_of_answers(counts: Counts) -> None:
    columns = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [counts.c11, counts.c10, counts.c01, counts.c00], axis=0)
    rates = columns.mean(axis=0)
    phi = np.corrcoef(columns.T)[0, 1] if 0 < rates[0] < 1 and 0 < rates[1] < 1 else 0.0
    (low1, high1), (low2, high2) = (
        stats.binomtest(int(k), counts.n).proportion_ci(method="wilson") for k in columns.sum(axis=0)
    )
    down = np.array([rates[0] - low1, high2 - rates[1]])
    up = np.array([high1 - rates[0], rates[1] - low2])
    gap, mix = rates[0] - rates[1], np.array([[1, -phi], [-phi, 1]])
    wanted = max(gap - np.sqrt(max(down @ mix @ down, 0)), -1), min(gap + np.sqrt(max(up @ mix @ up, 0)), 1)
    if not no_width(counts):
        assert newcombe8(counts, 0.95) == pytest.approx(wanted, abs=1e-6)


def test_without_discordant_pairs_every_mcnemar_p_is_one_and_says_why() -> None:
    for test in mcnemar(Counts(9, 0, 0, 4)):
        assert (test.p, test.statistic) == (1.0, None)
        assert test.note == "geen enkele test met een verschil: er valt niets te toetsen, daarom p = 1"
