"""The same numbers from R, wherever base R has the method."""

import numpy as np
import pytest
from r_maker import numbers_from_r

from results.statistics import Counts
from results.statistics.arms import Sets, cochran_q, compare_arms
from results.statistics.categories import bowker, mean_score_wald, stuart_maxwell
from results.statistics.differences import paired_difference, paired_t, signed_rank
from results.statistics.intervals import clopper_pearson, newcombe8, wilson
from results.statistics.mcnemar import mcnemar
from results.statistics.ratios import odds_clopper_pearson, odds_wald
from results.statistics.unpaired import (
    Arms,
    difference_newcombe,
    difference_wald,
    difference_wald_cc,
    fisher,
    odds_woolf,
    pearson,
    ratio_katz,
    yates,
)
from results.statistics.unpaired_strata import common_odds_ratio, mantel_haenszel

TABLES = [Counts(464, 307, 80, 1883), Counts(59, 6, 16, 80), Counts(3, 7, 7, 5), Counts(0, 1, 9, 0)]
SQUARE = [[50, 12, 3, 4], [5, 40, 9, 1], [2, 6, 30, 8], [1, 3, 2, 20]]
PATTERNS = {(True, True, True): 9, (True, True, False): 14, (True, False, False): 11, (False, True, False): 5}
STRATA = [[12, 40, 6, 38], [5, 22, 3, 30], [20, 31, 18, 44]]


def r_vector(values: object) -> str:
    return f"c({', '.join(repr(float(value)) for value in np.ravel(np.asarray(values)))})"


def r_matrix(rows: object) -> str:
    table = np.asarray(rows)
    return f"matrix({r_vector(table)}, nrow = {len(table)}, byrow = TRUE)"


@pytest.mark.parametrize("counts", TABLES, ids=str)
def test_mcnemars_four_tests_are_those_of_r(counts: Counts) -> None:
    b, c = counts.c10, counts.c01
    exact, plain, corrected, here = numbers_from_r(
        f"""m <- matrix(c({counts.c11}, {c}, {b}, {counts.c00}), 2)
        cat(binom.test({b}, {b + c})$p.value, mcnemar.test(m, correct = FALSE)$p.value, mcnemar.test(m)$p.value,
            dbinom({b}, {b + c}, 0.5))"""
    )
    midp = exact - (here / 2 if b == c else here)
    assert [test.p for test in mcnemar(counts)] == pytest.approx([midp, exact, plain, corrected], rel=1e-9)


@pytest.mark.parametrize("counts", TABLES, ids=str)
def test_shares_odds_and_newcombe_8_are_those_of_r(counts: Counts) -> None:
    b, c, n = counts.c10, counts.c01, counts.n
    found = numbers_from_r(
        f"""x <- rep(c(1, 1, 0, 0), c({counts.c11}, {b}, {c}, {counts.c00}))
        y <- rep(c(1, 0, 1, 0), c({counts.c11}, {b}, {c}, {counts.c00}))
        w <- function(v) prop.test(sum(v), length(v), correct = FALSE)$conf.int
        p <- mean(x); q <- mean(y); f <- cor(x, y); u <- w(x); v <- w(y)
        low <- p - q - sqrt((p - u[1])^2 - 2 * f * (p - u[1]) * (v[2] - q) + (v[2] - q)^2)
        high <- p - q + sqrt((u[2] - p)^2 - 2 * f * (u[2] - p) * (q - v[1]) + (q - v[1])^2)
        share <- binom.test({b}, {b + c})$conf.int
        wald <- exp(log({b} / {c}) + c(-1, 1) * qnorm(0.975) * sqrt(1 / {b} + 1 / {c}))
        cat(u, binom.test(sum(x), length(x))$conf.int, low, high, share / (1 - share), wald)"""
    )
    ours = (
        *wilson(counts.control, n, 0.95),
        *clopper_pearson(counts.control, n, 0.95),
        *newcombe8(counts, 0.95),
        *odds_clopper_pearson(counts, 0.95),
        *odds_wald(counts, 0.95),
    )
    assert list(ours) == pytest.approx(found, rel=1e-8, abs=1e-10)


def test_square_tables_and_mean_scores_are_those_of_r() -> None:
    statistic, df, p, stuart, value, low, high = numbers_from_r(
        f"""m <- {r_matrix(SQUARE)}; b <- mcnemar.test(m)
        d <- (rowSums(m) - colSums(m))[-4]
        v <- (diag(rowSums(m) + colSums(m)) - m - t(m))[-4, -4]
        g <- rep(as.vector(row(m) - col(m)), as.vector(m)); e <- sqrt(mean((g - mean(g))^2) / length(g))
        cat(b$statistic, b$parameter, b$p.value, t(d) %*% solve(v, d), mean(g),
            mean(g) + c(-1, 1) * qnorm(0.975) * e)"""
    )
    ours, scored = bowker(SQUARE), mean_score_wald(SQUARE, [1, 2, 3, 4])
    assert (ours.statistic, ours.df, ours.p) == pytest.approx((statistic, df, p))
    assert stuart_maxwell(SQUARE).statistic == pytest.approx(stuart)
    assert (scored.value, scored.low, scored.high) == pytest.approx((value, low, high))


def test_cochrans_q_is_friedmans_test_in_r_and_pairs_are_adjusted_by_holm() -> None:
    sets = Sets(("A", "B", "C"), PATTERNS)
    rows = np.repeat(np.array(list(PATTERNS)), list(PATTERNS.values()), axis=0).astype(int)
    found, pairs = cochran_q(sets), compare_arms(sets)
    raw = r_vector([pair.test.p for pair in pairs])
    statistic, df, p, *adjusted = numbers_from_r(
        f"""f <- friedman.test({r_matrix(rows)}); cat(f$statistic, f$parameter, f$p.value, p.adjust({raw}, "holm"))"""
    )
    assert (found.statistic, found.df, found.p) == pytest.approx((statistic, df, p))
    assert [pair.p_adjusted for pair in pairs] == pytest.approx(adjusted)


@pytest.mark.parametrize("ties", [False, True], ids=["distinct amounts", "ties and zeros"])
def test_paired_amounts_are_those_of_r(ties: bool) -> None:
    rng = np.random.default_rng(5)
    control, treatment = rng.exponential(20, 25), rng.exponential(26, 25)
    if ties:
        control, treatment = control.round(-1), treatment.round(-1)
    t, t_p, low, high, v, v_p = numbers_from_r(
        f"""x <- {r_vector(control)}; y <- {r_vector(treatment)}; t <- t.test(x, y, paired = TRUE)
        w <- suppressWarnings(wilcox.test(x, y, paired = TRUE))
        cat(t$statistic, t$p.value, t$conf.int, w$statistic, w$p.value)"""
    )
    test, ranks, estimate = (
        paired_t(control, treatment),
        signed_rank(control, treatment),
        paired_difference(control, treatment),
    )
    assert (test.statistic, test.p, estimate.low, estimate.high) == pytest.approx((t, t_p, low, high))
    assert (ranks.statistic, ranks.p) == pytest.approx((v, v_p))


@pytest.mark.parametrize("arms", [Arms(163, 400, 145, 400), Arms(7, 34, 1, 34), Arms(3, 11, 9, 20)], ids=str)
def test_two_independent_groups_are_those_of_r(arms: Arms) -> None:
    x = f"c({arms.control_positive}, {arms.treatment_positive})"
    n = f"c({arms.control_n}, {arms.treatment_n})"
    found = numbers_from_r(
        f"""x <- {x}; n <- {n}; arm <- c(1, 0); m <- cbind(x, n - x)
        w <- function(i) prop.test(x[i], n[i], correct = FALSE)$conf.int
        p <- x / n; u <- w(1); v <- w(2)
        odds <- glm(m ~ arm, family = binomial, control = list(epsilon = 1e-12))
        risk <- glm(m ~ arm, family = binomial(link = "log"), start = c(log(p[2]), log(p[1] / p[2])),
                    control = list(epsilon = 1e-12))
        plain <- suppressWarnings(prop.test(x, n, correct = FALSE))
        yates <- suppressWarnings(chisq.test(m))
        cat(fisher.test(m)$p.value, plain$p.value, yates$p.value, plain$conf.int,
            suppressWarnings(prop.test(x, n))$conf.int,
            p[1] - p[2] - sqrt((p[1] - u[1])^2 + (v[2] - p[2])^2),
            p[1] - p[2] + sqrt((u[2] - p[1])^2 + (p[2] - v[1])^2),
            exp(suppressMessages(confint.default(odds))[2, ]), exp(confint.default(risk)[2, ]))"""
    )
    ours = (
        fisher(arms).p,
        pearson(arms).p,
        yates(arms).p,
        *difference_wald(arms, 0.95),
        *difference_wald_cc(arms, 0.95),
        *difference_newcombe(arms, 0.95),
        *odds_woolf(arms, 0.95),
        *ratio_katz(arms, 0.95),
    )
    assert list(ours) == pytest.approx(found, rel=1e-6)


def test_the_common_odds_ratio_over_strata_is_the_one_of_r() -> None:
    cells = [[x1, x2, n1 - x1, n2 - x2] for x1, n1, x2, n2 in STRATA]
    value, low, high, statistic, p = numbers_from_r(
        f"""m <- mantelhaen.test(array({r_vector(cells)}, c(2, 2, {len(STRATA)})), correct = FALSE)
        cat(m$estimate, m$conf.int, m$statistic, m$p.value)"""
    )
    odds, test = common_odds_ratio(STRATA), mantel_haenszel(STRATA)
    assert (odds.value, odds.low, odds.high) == pytest.approx((value, low, high))
    assert (test.statistic, test.p) == pytest.approx((statistic, p))
