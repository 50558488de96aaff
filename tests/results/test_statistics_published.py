"""Every number that somebody else printed for a paired table comes out again, to the digits printed."""

from math import sqrt
from typing import Any

import pytest
from oracle_maker import INTERVALS, oracle, printed
from scipy.special import stdtr

from results.statistics import Analysis, Counts, analyse, benjamini_hochberg, cohens_kappa, holm
from results.statistics.clustering import cluster_error

ORACLE = oracle("statistics")
TESTS = {
    "p": ("mcnemar_asymptotic", "p"),
    "chi2": ("mcnemar_asymptotic", "statistic"),
    "p_cc": ("mcnemar_corrected", "p"),
    "chi2_cc": ("mcnemar_corrected", "statistic"),
    "exact_p": ("mcnemar_exact", "p"),
    "midp_p": ("mcnemar_midp", "p"),
}
VALUES = {
    "rate_majority": ("rate_control", "all"),
    "rate_minority": ("rate_treatment", "all"),
    "net_all_pairs": ("net_discrimination", "all"),
    "gross_adverse": ("gross_discrimination", "all"),
    "gross_favourable": ("gross_favourable", "all"),
    "ndr_excl_neither": ("net_discrimination", "usable"),
    "gdr_excl_neither": ("gross_discrimination", "usable"),
    "relative_disadvantage": ("net_discrimination", "relative"),
    "ratio_maj_min": ("rate_ratio", "all"),
    "cond_or": ("odds_ratio", "discordant"),
}


def six_digits(value: float) -> Any:
    return pytest.approx(value, rel=5.1e-6)


def analysis_of(cells: list[int]) -> Analysis:
    return analyse(Counts(*cells), all_methods=True)


def of_study(study: dict[str, Any]) -> Analysis:
    counts = study["counts"]
    return analysis_of([counts[key] for key in ("both", "only_majority", "only_minority", "neither")])


def table(name: str) -> dict[str, Any]:
    return next(entry for entry in ORACLE["paired_2x2"] if entry["name"] == name)


def study(name: str) -> dict[str, Any]:
    return next(entry for entry in ORACLE["studies"] if entry["id"] == name)


PUBLISHED_INTERVALS = [
    pytest.param(entry["cells"], key, limits, id=f"{entry['name']} {key}")
    for entry in ORACLE["paired_2x2"]
    for key, limits in entry["published"].items()
    if key in INTERVALS
]


@pytest.mark.parametrize(("cells", "key", "limits"), PUBLISHED_INTERVALS)
def test_a_published_interval_comes_out_to_the_digits_printed(cells: list[int], key: str, limits: list[float]) -> None:
    name, over, method = INTERVALS[key]
    estimate = analysis_of(cells).estimate(name, over, method)
    assert [estimate.low, estimate.high] == [printed(limit, 3) for limit in limits]


@pytest.mark.parametrize("key", ["p", "p_cc", "exact_p", "midp_p"])
def test_the_four_published_mcnemar_p_values_come_out(key: str) -> None:
    entry = table("Cavo 2012")
    name, field = TESTS[key]
    assert getattr(analysis_of(entry["cells"]).test(name), field) == printed(entry["published"][key])


def test_the_published_z_is_the_root_of_the_asymptotic_statistic() -> None:
    entry = table("Cavo 2012")
    statistic = analysis_of(entry["cells"]).test("mcnemar_asymptotic").statistic
    assert statistic is not None
    assert -sqrt(statistic) == printed(entry["published"]["z"])


def test_the_published_odds_ratio_comes_out() -> None:
    entry = table("Ezra 2010")
    assert analysis_of(entry["cells"]).estimate("odds_ratio", "discordant").value == entry["published"]["odds_ratio"]


def test_the_published_tango_interval_of_a_table_with_treatment_only_ends_at_minus_one() -> None:
    estimate = analysis_of(table("edge: c only")["cells"]).estimate("net_discrimination")
    assert (estimate.value, estimate.low, estimate.high) == (-1, -1, printed(0.1230, 4))


@pytest.mark.parametrize("entry", ORACLE["studies"], ids=lambda entry: entry["id"])
def test_every_estimate_of_a_published_study_comes_out(entry: dict[str, Any]) -> None:
    analysis = of_study(entry)
    assert {key: analysis.estimate(*what).value for key, what in VALUES.items()} == {
        key: six_digits(entry["derived"][key]) for key in VALUES
    }


@pytest.mark.parametrize("entry", ORACLE["studies"], ids=lambda entry: entry["id"])
def test_every_interval_of_a_published_study_comes_out(entry: dict[str, Any]) -> None:
    analysis = of_study(entry)
    for key, limits in entry["derived"]["ci95"].items():
        estimate = analysis.estimate(*INTERVALS[key])
        assert [estimate.low, estimate.high] == [six_digits(limit) for limit in limits], key


@pytest.mark.parametrize("entry", ORACLE["studies"], ids=lambda entry: entry["id"])
def test_every_test_of_a_published_study_comes_out(entry: dict[str, Any]) -> None:
    analysis = of_study(entry)
    for key, value in entry["derived"]["mcnemar"].items():
        name, field = TESTS[key]
        assert getattr(analysis.test(name), field) == six_digits(value), key


@pytest.mark.parametrize("name", ["br2016_arabic", "br2016_italian", "br2016_polish", "br2016_turkish"])
def test_the_printed_rate_and_p_value_of_the_german_rental_study_come_out(name: str) -> None:
    entry = study(name)
    analysis = of_study(entry)
    net = analysis.estimate("net_discrimination", "usable").value
    assert net is not None
    assert 100 * net == printed(entry["published"]["ndr_pct"])
    assert analysis.test("mcnemar_corrected").p == pytest.approx(entry["published"]["mcnemar_cc_p"], rel=5e-7)


def test_one_table_gives_three_headlines_each_with_its_own_denominator() -> None:
    analysis = of_study(study("br2016_arabic"))
    found = {
        e.over: (round(100 * (e.value or 0), 1), e.n) for e in analysis.estimates if e.name == "net_discrimination"
    }
    assert found == {"all": (8.3, 2734), "usable": (26.7, 851), "relative": (29.4, 771)}
    conventions = {e.convention for e in analysis.estimates if e.name == "net_discrimination"}
    assert len(conventions) == len(found)


@pytest.mark.parametrize(
    ("name", "t", "places"), [("callback_inter1_Woman.F", 1.920642, 6), ("wooldridge_audit", 4.28, 2)]
)
def test_the_published_paired_t_is_the_clustered_error_with_one_pair_per_advertiser(
    name: str, t: float, places: int
) -> None:
    counts = of_study(study(name)).counts
    differences = [1] * counts.c10 + [-1] * counts.c01 + [0] * (counts.c11 + counts.c00)
    error, groups = cluster_error(differences, [str(pair) for pair in range(counts.n)])
    found = (counts.c10 - counts.c01) / counts.n / error
    assert found == printed(t, places)
    if name == "callback_inter1_Woman.F":
        assert 2 * stdtr(groups - 1, -found) == pytest.approx(study(name)["published"]["paired_t_p"], abs=5e-9)


def test_the_percentages_of_the_callback_package_come_out() -> None:
    entry = ORACLE["callback_vignette"]
    analysis = analysis_of(entry["cells"])
    odds = analysis.estimate("odds_ratio", "discordant").value or 0
    assert analysis.counts.n == entry["n"]
    assert 100 * (analysis.estimate("net_discrimination").value or 0) == printed(entry["net_discrimination_pct"])
    assert 100 * (analysis.estimate("net_discrimination", "usable").value or 0) == printed(entry["riach_rich_pct"])
    assert 100 * odds / (1 + odds) == printed(entry["exclusive_share_pct"])
    assert analysis.test("mcnemar_exact").p == printed(entry["exact_mcnemar_p"])


def test_adjusted_p_values_come_out() -> None:
    entry = ORACLE["multiplicity"]
    assert holm(entry["p"]) == tuple(printed(value, 4) for value in entry["holm"])
    assert benjamini_hochberg(entry["p"]) == tuple(printed(value, 4) for value in entry["bh"])


def test_the_textbook_kappa_comes_out() -> None:
    pairs = [
        (row, column)
        for row, counts in enumerate(ORACLE["kappa"]["table"])
        for column, count in enumerate(counts)
        for _ in range(count)
    ]
    assert cohens_kappa(*zip(*pairs, strict=True)) == pytest.approx(ORACLE["kappa"]["kappa"], abs=1e-12)
