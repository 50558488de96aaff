"""R's own survival package, probit and likelihoods give the same numbers."""

from typing import Any

import numpy as np
import pytest
from r_maker import run_r

from results.statistics import Counts
from results.statistics.bias import attrition, factor_effects, heteroskedastic_probit, homoskedastic_probit
from results.statistics.meta import Study, combine
from results.statistics.power import advertiser_power, exact_power
from results.statistics.times import AnswerTimes, answer_times, kaplan_meier, log_rank, pair_times, paired_hazard
from results.statistics.trend import RoundPoint, trend

WINDOW = 168.0


def vector(values: Any) -> str:
    """The values as an R vector with every digit; whole numbers short, because R reads at most 10,000 characters."""
    return f"c({','.join(repr(float(value)).removesuffix('.0') for value in np.asarray(values).ravel())})"


def numbers(script: str) -> list[float]:
    return [float(word) for word in run_r(f"options(digits = 15); {script}").split()]


def hours(n: int, seed: int, scale: float) -> Any:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < 0.2, np.nan, np.ceil(rng.exponential(scale, n)))


def survival(times: AnswerTimes) -> str:
    return f"library(survival); t <- {vector(times.time)}; d <- {vector(times.answered)};"


@pytest.mark.long
def test_survfit_gives_the_same_curve_limits_and_median() -> None:
    times = answer_times(hours(90, 1, 70.0), WINDOW)
    curve = kaplan_meier(times)
    found = numbers(
        survival(times) + "f <- survfit(Surv(t, d) ~ 1); k <- f$n.event > 0; q <- quantile(f, 0.5);"
        "cat(f$surv[k], f$std.err[k] * f$surv[k], f$lower[k], f$upper[k], unlist(q))"
    )
    ours = [
        *curve.waiting,
        *curve.error,
        *curve.low,
        *curve.high,
        curve.median.value,
        curve.median.low,
        curve.median.high,
    ]
    assert ours == pytest.approx(found, rel=1e-10)


@pytest.mark.long
def test_survfit_puts_a_median_on_a_flat_half_in_the_same_place() -> None:
    times = answer_times([1, 2, 3, 4], WINDOW)
    found = numbers(survival(times) + "cat(quantile(survfit(Surv(t, d) ~ 1), 0.5)$quantile)")
    assert kaplan_meier(times).median.value == found[0]


@pytest.mark.long
def test_survdiff_gives_the_same_log_rank() -> None:
    a, b = answer_times(hours(80, 2, 60.0), WINDOW), answer_times(hours(70, 3, 90.0), WINDOW)
    both = AnswerTimes(np.concatenate([a.time, b.time]), np.concatenate([a.answered, b.answered]), a.kept, ())
    found = numbers(survival(both) + "cat(survdiff(Surv(t, d) ~ rep(0:1, c(80, 70)))$chisq)")
    assert log_rank(a, b).statistic == pytest.approx(found[0], rel=1e-10)


@pytest.mark.long
def test_coxph_with_a_stratum_per_pair_gives_the_same_hazard_ratio_also_with_ties() -> None:
    pairs = pair_times(np.column_stack([hours(150, 4, 30.0), hours(150, 5, 45.0)]), WINDOW)
    ours = paired_hazard(pairs)
    assert ours.tied > 0
    found = numbers(
        f"library(survival); t <- {vector(pairs.time)}; d <- {vector(pairs.answered)}; n <- length(t) / 2;"
        "arm <- rep(0:1, n); pair <- rep(1:n, each = 2);"
        "f <- summary(coxph(Surv(t, d) ~ arm + strata(pair), ties = 'exact'));"
        "cat(f$conf.int[c(1, 3, 4)], survdiff(Surv(t, d) ~ arm + strata(pair))$chisq)"
    )
    ratio = ours.hazard_ratio
    assert (ratio.value, ratio.low, ratio.high, ours.log_rank.statistic) == pytest.approx(found, rel=1e-6)


def made(gamma: float) -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(6)
    t, z = np.tile([0, 1], 400), rng.integers(0, 3, 800)
    y = -0.5 + 0.6 * z - 0.4 * t + rng.normal(size=800) * np.exp(gamma * t) > 0
    return y, t, z, np.repeat(np.arange(40), 20)


def test_glm_gives_the_same_probit_when_the_spread_is_equal() -> None:
    y, t, z, _ = made(0.0)
    found = numbers(
        f"y <- {vector(y)}; t <- {vector(t)}; z <- {vector(z)};"
        "f <- glm(y ~ z + t, family = binomial('probit'), control = list(epsilon = 1e-14));"
        "cat(coef(f), as.numeric(logLik(f)))"
    )
    parameters, worth = homoskedastic_probit(y, t, z)
    assert [*parameters, worth] == pytest.approx(found, abs=2e-5)


def test_a_likelihood_written_in_r_gives_the_same_heteroskedastic_probit_and_errors() -> None:
    y, t, z, advertiser = made(0.3)
    found = numbers(
        f"y <- {vector(y)}; t <- {vector(t)}; z <- {vector(z)}; q <- 2 * y - 1; g <- rep(1:40, each = 20);"
        "ll <- function(p) pnorm(q * (p[1] + p[2] * z + p[3] * t) / exp(p[4] * t), log.p = TRUE);"
        "f <- optim(c(0, 0, 0, 0), function(p) -sum(ll(p)), method = 'BFGS', hessian = TRUE,"
        "  control = list(reltol = 1e-15, maxit = 1000, ndeps = rep(1e-5, 4)));"
        "s <- sapply(1:4, function(j) { e <- 1e-5 * (1:4 == j); (ll(f$par + e) - ll(f$par - e)) / 2e-5 });"
        "m <- crossprod(rowsum(s, g)) * 40 / 39; v <- solve(f$hessian) %*% m %*% solve(f$hessian);"
        "cat(f$par, sqrt(diag(v)), -f$value)"
    )
    fit = heteroskedastic_probit(y, t, z, advertiser)
    assert [*fit.parameters, *np.sqrt(np.diag(fit.covariance)), fit.log_likelihood] == pytest.approx(found, rel=2e-3)
    assert fit.log_likelihood >= found[-1] - 1e-5


EFFECTS = ([0.12, 0.45, -0.2, 0.9, 0.3, 0.05], [0.03, 0.05, 0.02, 0.08, 0.04, 0.06])


def test_dersimonian_and_laird_written_in_r_with_hartung_and_knapps_interval_give_the_same() -> None:
    ours = combine([Study("s", "log", y, v) for y, v in zip(*EFFECTS, strict=True)], "dl")
    found = numbers(
        f"y <- {vector(EFFECTS[0])}; v <- {vector(EFFECTS[1])}; k <- length(y); w <- 1 / v;"
        "q <- sum(w * (y - weighted.mean(y, w))^2); t2 <- max(0, (q - k + 1) / (sum(w) - sum(w^2) / sum(w)));"
        "w <- 1 / (v + t2); m <- weighted.mean(y, w); se <- sqrt(sum(w * (y - m)^2) / (k - 1) / sum(w));"
        "r <- qt(0.975, k - 2) * sqrt(t2 + se^2);"
        "cat(t2, m, m - qt(0.975, k - 1) * se, m + qt(0.975, k - 1) * se, (q - k + 1) / q, m - r, m + r)"
    )
    assert ours.prediction is not None
    assert [ours.tau2, ours.mean.value, ours.mean.low, ours.mean.high, ours.i2, *ours.prediction] == pytest.approx(
        found, rel=1e-10
    )


def test_restricted_likelihood_maximised_in_r_gives_the_same() -> None:
    ours = combine([Study("s", "log", y, v) for y, v in zip(*EFFECTS, strict=True)], "reml")
    found = numbers(
        f"y <- {vector(EFFECTS[0])}; v <- {vector(EFFECTS[1])};"
        "ll <- function(t2) { f <- lm(y ~ 1, weights = 1 / (v + t2)); w <- 1 / (v + t2);"
        "  0.5 * (sum(log(w)) - log(sum(w)) - sum(w * residuals(f)^2)) };"
        "t2 <- optimize(ll, c(0, 2), maximum = TRUE, tol = 1e-12)$maximum;"
        "cat(t2, coef(lm(y ~ 1, weights = 1 / (v + t2))))"
    )
    assert [ours.tau2, ours.mean.value] == pytest.approx(found, rel=1e-5)


def test_a_weighted_line_in_r_has_the_same_slope_and_error() -> None:
    rows = [(2021.0, 0.10, 0.001), (2022.0, 0.12, 0.002), (2024.0, 0.05, 0.0015)]
    (segment,) = trend([RoundPoint(at, "a", Study("s", "net", y, v)) for at, y, v in rows])
    t, y, v = (vector(column) for column in zip(*rows, strict=True))
    found = numbers(
        f"t <- {t}; y <- {y}; v <- {v};"
        "f <- summary(lm(y ~ t, weights = 1 / v)); b <- coef(f)[2, 1]; h <- qnorm(0.975) * coef(f)[2, 2] / f$sigma;"
        "cat(b, b - h, b + h)"
    )
    slope = segment.slope
    assert slope is not None
    assert [slope.value, slope.low, slope.high] == pytest.approx(found, rel=1e-8)


def test_the_mean_score_test_is_r_squared_times_n_minus_one() -> None:
    levels = {"a": Counts(20, 15, 3, 40), "b": Counts(18, 6, 7, 44), "c": Counts(9, 2, 8, 20)}
    (ours,) = factor_effects({"variant": levels})
    d = [x for c in levels.values() for x in [1] * c.c10 + [-1] * c.c01 + [0] * (c.c11 + c.c00)]
    sizes = vector([c.n for c in levels.values()])
    found = numbers(
        f"d <- {vector(d)}; g <- factor(rep(1:3, {sizes})); s <- (length(d) - 1) * summary(lm(d ~ g))$r.squared;"
        "cat(s, pchisq(s, 2, lower.tail = FALSE))"
    )
    assert [ours.statistic, ours.p] == pytest.approx(found, rel=1e-9)


def test_binom_test_and_p_adjust_give_the_same_drop_out() -> None:
    ours = attrition({"a": (9, 1), "b": (3, 8), "c": (4, 4)})
    found = numbers(
        "p <- mapply(function(x, n) binom.test(x, n)$p.value, c(9, 3, 4), c(10, 11, 8)); cat(p, p.adjust(p))"
    )
    assert [*(row.p for row in ours), *(row.p_holm for row in ours)] == pytest.approx(found)


def test_power_counted_in_r_is_the_same() -> None:
    found = numbers(
        "two <- function(b, m) if (m == 0) 1 else min(1, 2 * pbinom(min(b, m - b), m, 0.5));"
        "pw <- function(n, b, c, p) sum(sapply(0:n, function(m) dbinom(m, n, b + c) *"
        "  sum(sapply(0:m, function(x) dbinom(x, m, b / (b + c)) * (p(x, m) <= 0.05)))));"
        "one <- function(b, m) if (m < 6) 1 else pbinom(b - 1, m, 0.5, lower.tail = FALSE);"
        "cat(pw(100, 0.5, 0.3, two), pw(40, 0.2, 0.05, two), pw(30, 0.3, 0.02, one))"
    )
    ours = [
        exact_power(0.5, 0.3, 100, test="exact"),
        exact_power(0.2, 0.05, 40, test="exact"),
        advertiser_power(0.3, 0.02, 30),
    ]
    assert ours == pytest.approx(found, abs=1e-10)
