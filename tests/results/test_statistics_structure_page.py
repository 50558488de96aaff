"""The page that derives clustering, strata, order, regression, chance and sham pairs prints what is computed."""

from math import sqrt
from pathlib import Path

import numpy as np
from scipy import special

from results.statistics import Counts
from results.statistics.clustering import best_test, cr1, cr2, degrees_of_freedom, wild
from results.statistics.noise import sham_noise
from results.statistics.order import gart
from results.statistics.randomisation import sign_flip, sign_flip_clustered
from results.statistics.regression import clogit_counts, linear_counts
from results.statistics.strata import common_odds, net_contrast, net_homogeneity, odds_homogeneity, stratified_net

PAGE = (Path(__file__).parents[2] / "docs" / "statistics-structure.md").read_text("utf-8")
ADVERTISERS = [[4, 8, 2, 6], [2, 3, 2, 5], [1, 2, 1, 4]]
BY_SEX = [[195, 167, 36, 0], [309, 126, 49, 0]]
CALLBACK = Counts(43, 43, 27, 197)


def printed() -> dict[str, str]:
    """Name and value of every row of a table headed "number, by hand, value"."""
    found: dict[str, str] = {}
    inside = False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        inside = line.startswith("| number |") or (inside and line.startswith("|"))
        if inside and cells[0] not in ("number", "---"):
            found[cells[0]] = cells[-1]
    return found


def of_clusters() -> dict[str, float | None]:
    robust, few, test = cr1(ADVERTISERS), cr2(ADVERTISERS), best_test(ADVERTISERS)
    return {
        "cr1_error": ((robust.high or 0) - 0.2) / float(special.stdtrit(2, 0.975)),
        "cr1_low": robust.low,
        "cr1_high": robust.high,
        "cr2_error": 0.2 / (test.statistic or 0),
        "cr2_df": degrees_of_freedom(ADVERTISERS),
        "cr2_low": few.low,
        "cr2_high": few.high,
        "cr2_p": test.p,
        "flip_clustered": sign_flip_clustered(ADVERTISERS).p,
        "flip_pairs": sign_flip(Counts(7, 13, 5, 15)).p,
    }


def of_strata() -> dict[str, float | None]:
    contrast, test = net_contrast(Counts(*BY_SEX[0]), Counts(*BY_SEX[1]), over="usable")
    return {
        "stratified": stratified_net(BY_SEX).value,
        "stratified_low": stratified_net(BY_SEX).low,
        "equal_weights": stratified_net(BY_SEX, weights=[1, 1]).value,
        "common_odds": common_odds(BY_SEX).value,
        "odds_chi2": odds_homogeneity(BY_SEX).statistic,
        "odds_p": odds_homogeneity(BY_SEX).p,
        "ndr_difference": contrast.value,
        "ndr_z": sqrt(test.statistic or 0),
    }


def of_order_and_regression() -> dict[str, float | None]:
    found = gart(Counts(0, 157, 38, 1222), Counts(0, 136, 47, 1190))
    linear, logit = linear_counts(CALLBACK).coefficient(), clogit_counts(CALLBACK).coefficient()
    return {
        "group_odds": found.group.value,
        "order_odds": found.order.value,
        "order_error": found.error,
        "order_p": found.test("order_gart").p,
        "net_control_first": found.net[0].value,
        "net_treatment_first": found.net[1].value,
        "linear": linear.value,
        "linear_error": linear.error,
        "linear_t": linear.statistic,
        "logit": logit.value,
        "logit_error": logit.error,
    }


def of_noise() -> dict[str, float | None]:
    found = sham_noise(Counts(464, 307, 80, 1883), Counts(120, 24, 20, 236))
    return {
        "real": found.real.value,
        "sham": found.sham.value,
        "random": found.random.value,
        "sham_net": found.sham_net.value,
        "beyond": found.beyond.value,
        "beyond_low": found.beyond.low,
        "gross_beyond": found.gross_beyond.value,
        "gross_beyond_low": found.gross_beyond.low,
    }


def test_every_number_derived_by_hand_is_the_number_computed() -> None:
    computed = of_clusters() | of_strata() | of_order_and_regression() | of_noise()
    assert printed() == {name: f"{value:.4f}" for name, value in computed.items()}


def test_the_example_of_two_scales_says_what_the_program_says() -> None:
    table = [[0, 40, 20, 40], [0, 40, 20, 940]]
    assert odds_homogeneity(table).p == 1
    assert round(net_homogeneity(table).p, 2) == 0.02
    assert "(p = 0.02)" in PAGE


def test_three_advertisers_leave_the_bootstrap_nothing_to_exclude_as_the_page_says() -> None:
    found = wild(ADVERTISERS, np.random.default_rng(1))
    assert (found.low, found.high) == (-1, 1)
    assert "exclude nothing: −1 to 1" in PAGE.replace("\n", " ")
