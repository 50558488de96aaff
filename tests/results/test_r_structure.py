"""The same numbers in R: conditional logit, Mantel-Haenszel over pairs, paired regression, Fisher's and Gart's tests.

R with the package survival; without R these tests are skipped, and say so.
"""

from collections.abc import Iterable

import numpy as np
import pytest
from r_maker import run_r

from results.statistics import Counts
from results.statistics.clustering import best_test, cr2, degrees_of_freedom
from results.statistics.mcnemar import mcnemar
from results.statistics.order import gart
from results.statistics.regression import clogit_pairs, clogit_sets, linear
from results.statistics.strata import common_odds, odds_homogeneity, odds_homogeneity_exact

SURVIVAL = "suppressMessages(library(survival)); "
SIX = [[1, 3, 0, 2], [0, 1, 2, 4], [2, 5, 1, 8], [0, 0, 1, 1], [1, 2, 2, 0], [3, 4, 0, 9]]


def c(values: Iterable[float]) -> str:
    """An R vector."""
    return f"c({','.join(repr(float(value)) for value in values)})"


def numbers(script: str) -> list[float]:
    """The numbers of the vector ``out`` that ``script`` makes in R, in full precision."""
    return [float(word) for word in run_r(f'{script}; cat(sprintf("%.12g", out))').split()]


@pytest.mark.long
def test_pairs_with_covariates_are_rs_clogit() -> None:
    rng = np.random.default_rng(21)
    first, text = rng.integers(0, 2, 120), rng.normal(size=240).round(3)
    control, treatment = rng.integers(0, 2, 120), (rng.random(120) < 0.35).astype(int)
    expected = numbers(
        f"{SURVIVAL} y <- {c([*control, *treatment])}; arm <- rep(c(1,0), each=120); set <- rep(1:120, 2); "
        f"first <- {c([*first, *(1 - first)])}; text <- {c(text)}; m <- clogit(y ~ arm + first + text + strata(set)); "
        "out <- c(coef(m), sqrt(diag(vcov(m))))"
    )
    differences = np.column_stack([2 * first - 1, text[:120] - text[120:]])
    fit = clogit_pairs(control, treatment, differences, ["first", "text"])
    assert [x.value for x in fit.coefficients] + [x.error for x in fit.coefficients] == pytest.approx(
        expected, rel=1e-6
    )


@pytest.mark.long
def test_triads_are_rs_exact_clogit() -> None:
    rng = np.random.default_rng(22)
    y, order = (
        (rng.random(240) < np.tile([0.55, 0.35, 0.45], 80)).astype(int),
        rng.permuted(np.tile([1, 2, 3], (80, 1)), axis=1),
    )
    expected = numbers(
        f"{SURVIVAL} y <- {c(y)}; o <- {c(order.ravel())}; g <- rep(1:3, 80); set <- rep(1:80, each=3); "
        'm <- clogit(y ~ I(g==2) + I(g==3) + o + strata(set), method="exact"); out <- c(coef(m), sqrt(diag(vcov(m))))'
    )
    columns = np.column_stack([np.tile([0, 1, 0], 80), np.tile([0, 0, 1], 80), order.ravel()])
    fit = clogit_sets(y, columns, ["second", "third", "order"], np.repeat(np.arange(80), 3))
    assert [x.value for x in fit.coefficients] + [x.error for x in fit.coefficients] == pytest.approx(
        expected, rel=1e-5
    )


def test_the_common_odds_ratio_is_rs_mantel_haenszel_with_pairs_as_strata() -> None:
    table = np.array([[4, 9, 3, 16], [2, 7, 4, 6]])
    outcomes = [cell for cell, times in enumerate(table.sum(axis=0)) for _ in range(times)]
    control, treatment = [int(cell in (0, 1)) for cell in outcomes], [int(cell in (0, 2)) for cell in outcomes]
    expected = numbers(
        f"n <- {len(outcomes)}; y <- factor({c([*control, *treatment])}, 1:0); arm <- factor(rep(1:0, each=n), 1:0); "
        "m <- mantelhaen.test(table(arm, y, rep(1:n, 2)), correct=FALSE); out <- c(m$estimate, m$statistic)"
    )
    asymptotic = mcnemar(Counts(*table.sum(axis=0).tolist()))[2].statistic
    assert [common_odds(table).value, asymptotic] == pytest.approx(expected)


def test_homogeneity_is_rs_chi_square_and_fisher_test() -> None:
    turkish = [[0, 167, 36, 1], [0, 126, 49, 1]]
    expected = numbers(
        "t <- rbind(c(167,36),c(126,49)); a <- chisq.test(t, correct=FALSE); "
        "out <- c(a$statistic, a$p.value, fisher.test(t)$p.value)"
    )
    found = odds_homogeneity(turkish)
    assert [found.statistic, found.p, odds_homogeneity_exact(turkish).p] == pytest.approx(expected)


def test_the_linear_model_is_rs_lm_on_pair_differences_and_its_paired_t_test() -> None:
    rng = np.random.default_rng(23)
    control, treatment, x = rng.integers(0, 2, 50), rng.integers(0, 2, 50), rng.normal(size=50).round(3)
    expected = numbers(
        f"a <- {c(control)}; b <- {c(treatment)}; x <- {c(x)}; t <- t.test(a, b, paired=TRUE); "
        "m <- summary(lm(a-b ~ x)); "
        "out <- c(t$estimate, t$conf.int, t$p.value, m$coefficients[,1:2], m$coefficients[,4])"
    )
    alone, fit = linear(control - treatment).coefficient(), linear(control - treatment, x[:, None], ["x"])
    found = [alone.value, alone.low, alone.high, alone.p]
    for field in ("value", "error", "p"):
        found += [getattr(coefficient, field) for coefficient in fit.coefficients]
    assert found == pytest.approx(expected)


def test_the_order_effect_is_rs_logistic_regression_of_the_discordant_pairs() -> None:
    expected = numbers(
        "m <- glm(cbind(c(157,136), c(38,47)) ~ c(1,-1), family=binomial); s <- summary(m)$coefficients; "
        "out <- c(exp(s[,1]), s[,2], s[2,4], fisher.test(rbind(c(157,38),c(136,47)))$p.value)"
    )
    found = gart(Counts(0, 157, 38, 1222), Counts(0, 136, 47, 1190))
    values = [found.group.value, found.order.value, found.error, found.error]
    assert [*values, found.test("order_gart").p, found.test("order_exact").p] == pytest.approx(expected, rel=1e-5)


def test_cr2_is_bell_and_mccaffreys_formula_written_out_in_r() -> None:
    expected = numbers(
        f"t <- matrix({c(np.ravel(SIX))}, ncol=4, byrow=TRUE); d <- c(); g <- c(); "
        "for (i in 1:6) { d <- c(d, rep(c(0,1,-1,0), t[i,])); g <- c(g, rep(i, sum(t[i,]))) }; n <- length(d); "
        "M <- diag(n) - 1/n; e <- M %*% d; v <- 0; P <- c(); "
        "for (i in 1:6) { k <- which(g==i); s <- eigen(M[k,k,drop=FALSE]); "
        "A <- s$vectors %*% diag(s$values^-0.5, length(k)) %*% t(s$vectors); one <- rep(1, length(k)); "
        "v <- v + (t(one) %*% A %*% e[k])^2; P <- cbind(P, M[,k] %*% A %*% one / n) }; W <- t(P) %*% P; "
        "se <- sqrt(v)/n; df <- sum(diag(W))^2 / sum(W^2); "
        "out <- c(df, 2*pt(-mean(d)/se, df), mean(d) - qt(.975, df)*se)"
    )
    assert [degrees_of_freedom(SIX), best_test(SIX).p, cr2(SIX).low] == pytest.approx(expected)
