"""Everything that docs/statistics-categories.md works out by hand, computed: name and method to the numbers printed."""

from collections.abc import Iterator

from results.statistics import Counts, Estimate, TestResult, estimands
from results.statistics.agreement import QUADRATIC, interval, kappa, krippendorff, nominal, ordinal, weighted_kappa
from results.statistics.arms import Sets, cochran_q, compare_arms
from results.statistics.categories import (
    bhapkar,
    bowker,
    mean_score_interval,
    mean_score_test,
    mean_score_wald,
    stuart_maxwell,
)
from results.statistics.differences import paired_difference, paired_t, signed_rank
from results.statistics.intervals import newcombe8, share_clopper_pearson, share_wilson
from results.statistics.ratios import odds_wald
from results.statistics.unpaired import Arms, analyse_unpaired
from results.statistics.unpaired_strata import (
    clustered_difference,
    clustered_difference_cr2,
    clustered_odds_ratio,
    common_difference,
    common_odds_ratio,
    mantel_haenszel,
)

nan = float("nan")
COUNTS = Counts(464, 307, 80, 1883)
SQUARE = [[20, 6, 4], [2, 15, 3], [1, 2, 7]]
SETS = Sets(
    ("A", "B", "C"),
    {
        (True, True, True): 6,
        (True, True, False): 16,
        (True, False, True): 2,
        (True, False, False): 4,
        (False, True, True): 2,
        (False, True, False): 4,
        (False, False, True): 6,
        (False, False, False): 6,
    },
)
CONTROL = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
TREATMENT = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
ARMS = Arms(7, 34, 1, 34)
STRATA = [[12, 40, 6, 38], [5, 22, 3, 30]]
CLUSTERED = (clustered_difference, clustered_difference_cr2, clustered_odds_ratio)
CLUSTERS = [[2, 3, 1, 3], [1, 2, 0, 2], [0, 2, 1, 3]]
RATINGS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
    [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
]
CODED = [[20, 5], [10, 15]]


def numbers(*values: float | None) -> list[str]:
    return ["" if value is None else f"{value:.4f}" for value in values]


def of_estimate(section: str, found: Estimate) -> list[str]:
    return [section, found.name, found.method, *numbers(found.value, found.low, found.high)]


def of_test(section: str, found: TestResult) -> list[str]:
    return [section, found.name, "p", *numbers(found.p, found.statistic), ""]


def rows() -> Iterator[list[str]]:
    """Section, name, method, value (or p), low (or statistic), high."""
    for share in (
        estimands.GROSS_FAVOURABLE_USABLE,
        estimands.EXCLUSIVE_SHARE,
        estimands.EQUAL_ALL,
        estimands.EQUAL_USABLE,
    ):
        name = f"{share.name} {share.over}"
        yield ["pairs", name, "wilson", *numbers(share.value(COUNTS), *share_wilson(share, COUNTS, 0.95))]
        yield [
            "pairs",
            name,
            "clopper_pearson",
            *numbers(share.value(COUNTS), *share_clopper_pearson(share, COUNTS, 0.95)),
        ]
    yield [
        "pairs",
        "net_discrimination",
        "newcombe8",
        *numbers(estimands.NET_ALL.value(COUNTS), *newcombe8(COUNTS, 0.95)),
    ]
    yield ["pairs", "odds_ratio", "wald", *numbers(estimands.ODDS_RATIO.value(COUNTS), *odds_wald(COUNTS, 0.95))]
    yield from (of_test("classes", test(SQUARE)) for test in (stuart_maxwell, bhapkar, bowker))
    yield of_test("classes", mean_score_test(SQUARE, [2, 1, 0]))
    yield from (of_estimate("classes", make(SQUARE, [2, 1, 0])) for make in (mean_score_interval, mean_score_wald))
    yield of_test("arms", cochran_q(SETS))
    for pair in compare_arms(SETS):
        yield ["arms", f"{pair.control}-{pair.treatment}", "holm", *numbers(pair.p_adjusted, pair.test.p), ""]
    yield of_estimate("amounts", paired_difference(CONTROL, TREATMENT))
    yield from (of_test("amounts", test(CONTROL, TREATMENT)) for test in (paired_t, signed_rank))
    unpaired = analyse_unpaired(ARMS)
    yield from (of_estimate("unpaired", estimate) for estimate in unpaired.estimates)
    yield from (of_test("unpaired", test) for test in unpaired.tests)
    yield from (of_estimate("strata", make(STRATA)) for make in (common_difference, common_odds_ratio))
    yield of_test("strata", mantel_haenszel(STRATA))
    yield from (of_estimate("clusters", make(CLUSTERS)) for make in CLUSTERED)
    yield of_estimate("coders", kappa(CODED))
    yield of_estimate("coders", weighted_kappa(SQUARE, QUADRATIC))
    for distance in (nominal, ordinal, interval):
        yield ["coders", "alpha", distance.__name__, *numbers(krippendorff(RATINGS, distance, seed=1).value), "", ""]
