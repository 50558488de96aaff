"""R computes the same: exact tests, adjusted p values, the beta-binomial fit, betas, looks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from r_maker import run_r

from results.statistics import Counts, advertisers
from results.statistics.advertiser import evidence_floor, fit_beta, no_one_sided_treatment, one_sided_p, shares
from results.statistics.advertiser.grades import ordering
from results.statistics.looks import LookPlan, Shape, evidence, judge, spending_boundaries
from results.statistics.multiplicity import benjamini_hochberg, holm

ORACLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles" / "statistics.json").read_text("utf-8"))
B, C = (np.array([broker[side] for broker in ORACLE["brokers_synthetic"]]) for side in ("b", "c"))


def vector(values: Any) -> str:
    return f"c({','.join(repr(float(each)) for each in values)})"


BROKERS = f"b <- {vector(B)}; c1 <- {vector(C)}; m <- b + c1;"
SHOW = "cat(format(x, digits = 15), sep = '\\n')"


def numbers(script: str) -> list[float]:
    """The numbers of the vector ``x`` that the script makes."""
    return [float(line) for line in run_r(f"{script}; {SHOW}").split()]


def test_the_one_sided_exact_test_is_that_of_r() -> None:
    script = (
        f"{BROKERS} x <- mapply(function(b, m) if (m) binom.test(b, m, alternative = 'greater')$p.value else 1, b, m)"
    )
    found = advertisers({str(k): Counts(0, int(b), int(c), 0) for k, (b, c) in enumerate(zip(B, C, strict=True))})
    assert [each.p for each in found] == pytest.approx(numbers(script), rel=1e-12)


def test_the_detection_limits_are_those_of_r() -> None:
    script = (
        "x <- sapply(5:40, function(m) min(which(sapply(0:m, function(b) "
        "binom.test(b, m, alternative = 'greater')$p.value <= 0.05))) - 1)"
    )
    assert [evidence_floor(m) for m in range(5, 41)] == numbers(script)


def test_holm_and_benjamini_hochberg_are_those_of_r() -> None:
    p = [one_sided_p(Counts(0, int(b), int(c), 0)) for b, c in zip(B, C, strict=True)]
    for name, ours in (("holm", holm(p)), ("BH", benjamini_hochberg(p))):
        assert ours == pytest.approx(numbers(f"x <- p.adjust({vector(p)}, '{name}')"), rel=1e-12)


def test_the_beta_binomial_fit_is_that_of_optim() -> None:
    script = (
        f"{BROKERS} cost <- function(q) -sum(lchoose(m, b) + lbeta(exp(q[1]) + b, exp(q[2]) + c1) "
        "- lbeta(exp(q[1]), exp(q[2]))); "
        "found <- optim(c(0, 0), cost, method = 'BFGS', control = list(reltol = 1e-15, maxit = 1000)); "
        "x <- c(exp(found$par), -found$value)"
    )
    alpha, beta, height = numbers(script)
    ours = fit_beta(B, C)
    assert (ours.alpha, ours.beta) == pytest.approx((alpha, beta), rel=1e-4)
    assert ours.log_likelihood == pytest.approx(height, abs=1e-8)


def test_the_credible_intervals_are_those_of_a_fine_grid_in_r() -> None:
    """Mean and variance of each posterior over 300 by 300 places of mean and root of rho, then beta quantiles."""
    script = (
        f"{BROKERS} at <- (1:300 - 0.5) / 300; g <- expand.grid(mu = at, u = at); size <- 1 / g$u^2 - 1; "
        "al <- g$mu * size; be <- (1 - g$mu) * size; "
        "h <- Reduce('+', Map(function(b, c) lbeta(al + b, be + c) - lbeta(al, be), b, c1)); "
        "w <- exp(h - max(h)); w <- w / sum(w); "
        "one <- function(b, c) { e <- (al + b) / (size + b + c); m <- sum(w * e); "
        "v <- sum(w * (e * (1 - e) / (size + b + c + 1) + e^2)) - m^2; k <- m * (1 - m) / v - 1; "
        "qbeta(c(0.025, 0.975), m * k, (1 - m) * k) }; x <- mapply(one, b, c1)"
    )
    found = shares(B, C, fit_beta(B, C))
    assert [limit for each in found for limit in (each.low, each.high)] == pytest.approx(numbers(script), abs=1e-3)


def test_the_mixture_share_is_that_of_optimize() -> None:
    script = (
        f"{BROKERS} g <- exp(lbeta(4 + b, 1 + c1) - lbeta(4, 1) + m * log(2)); "
        "x <- optimize(function(p) sum(log(p + (1 - p) * g)), c(0, 1), maximum = TRUE, tol = 1e-10)$maximum"
    )
    assert no_one_sided_treatment(B, C).pi0 == pytest.approx(numbers(script)[0], abs=1e-6)


def test_the_probability_of_an_order_is_that_of_integrate() -> None:
    script = (
        "x <- integrate(function(t) dbeta(t, 13, 1.5) * pbeta(t, 9, 6.5), 0, 1, rel.tol = 1e-10)$value; "
        "x <- c(x, integrate(function(t) dbeta(t, 5, 7.5) * pbeta(t, 9, 6.5), 0, 1, rel.tol = 1e-10)$value)"
    )
    above = ordering([13, 5, 9], [1.5, 7.5, 6.5])
    assert [above[0, 2], above[1, 2]] == pytest.approx(numbers(script), abs=1e-6)


@pytest.mark.parametrize("shape", Shape)
def test_two_looks_of_a_spending_plan_are_those_of_uniroot(shape: Shape) -> None:
    curve = {
        Shape.OBRIEN_FLEMING: "function(t) 4 * pnorm(qnorm(0.0125) / sqrt(t))",
        Shape.POCOCK: "function(t) 0.05 * log(1 + (exp(1) - 1) * t)",
    }[shape]
    script = (
        f"s <- {curve}; z1 <- -qnorm(s(0.5) / 2); late <- function(z) 2 * integrate(function(y) dnorm(y) * "
        "pnorm(z * sqrt(2) - y, lower.tail = FALSE), -z1, z1, rel.tol = 1e-10)$value - (s(1) - s(0.5)); "
        "x <- c(z1, uniroot(late, c(1, 4), tol = 1e-10)$root)"
    )
    assert spending_boundaries((0.5, 1.0), 0.05, shape).z == pytest.approx(numbers(script), abs=1e-7)


def test_the_exact_size_of_two_looks_is_that_of_dbinom() -> None:
    found = judge(LookPlan((100, 200)), [Counts(0, 15, 15, 0), Counts(0, 31, 32, 0)])
    first, second = (each.boundary for each in found)
    script = (
        f"k <- 0:30; d <- abs(2 * k - 30); p <- dbinom(k, 30, 0.5); go <- d < {first}; "
        f"late <- sapply(k, function(i) sum(dbinom(0:33, 33, 0.5)[abs(2 * (i + 0:33) - 63) >= {second}])); "
        "x <- c(sum(p[!go]), sum(p[!go]) + sum((p * late)[go]))"
    )
    assert [each.spent for each in found] == pytest.approx(numbers(script), rel=1e-10)


def test_the_e_value_is_that_of_lbeta_and_pbeta() -> None:
    script = "x <- 30 * log(2) + lbeta(23, 9); x <- c(x, x + log(2 * pbeta(0.5, 23, 9, lower.tail = FALSE)))"
    ours = [evidence([22], [8], one_sided=side)[0].log_e for side in (False, True)]
    assert ours == pytest.approx(numbers(script), rel=1e-12)
