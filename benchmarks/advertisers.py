"""Do the numbers about advertisers and looks keep what they promise? Simulated rounds with a known truth.

Run: python -m benchmarks.advertisers [rounds]
"""

import sys
import time
from itertools import product

import numpy as np

from results.statistics import Counts, advertisers
from results.statistics.advertiser import FLOOR, Spread, fit_beta, no_one_sided_treatment, report_card, shares
from results.statistics.advertiser.grades import grade, loss, ordering
from results.statistics.looks import LookPlan, Shape, judge, log_mixture

SEED = 20261127
PRIORS = ((4, 3, 8), (4, 3, 3), (8, 2, 6), (1, 1, 8), (30, 20, 8))
"""Beta of the true shares, and the mean number of one-sided pairs per advertiser."""
SIZES = (10, 20, 50, 200)
LAMBDAS = (0.1, 0.25, 0.9)


def interval_coverage(prior: tuple[int, int, int], many: int, rounds: int) -> tuple[float, float]:
    """Share of advertisers whose 95% credible interval holds their true share, and share of rounds with a fit."""
    rng, held, fitted = np.random.default_rng(SEED), [], 0
    for _ in range(rounds):
        theta, m = rng.beta(prior[0], prior[1], many), rng.poisson(prior[2], many)
        b = rng.binomial(m, theta)
        fit = fit_beta(b, m - b)
        fitted += fit.spread is Spread.BETWEEN
        found = shares(b, m - b, fit)
        held += [
            each.low <= true <= each.high
            for each, true in zip(found, theta.tolist(), strict=True)
            if each.low is not None and each.high is not None
        ]
    return float(np.mean(held)), fitted / rounds


def weak_orders(many: int) -> np.ndarray:
    """Every way to grade ``many`` advertisers, ties allowed; shape (number of ways, many)."""
    blocks = [
        np.array([each for each in product(range(top), repeat=many) if len(set(each)) == top], dtype=np.int8)
        for top in range(1, many + 1)
    ]
    return np.concatenate(blocks)


def grades_are_best(many: int, draws: int) -> tuple[int, int, float]:
    """How often contiguous grades reach the best of all weak orders, of how many draws, and the largest loss missed."""
    rng, every = np.random.default_rng(SEED), weak_orders(many)
    higher = (every[:, :, None] < every[:, None, :]).reshape(len(every), -1).astype(np.float32)
    best, worst = 0, 0.0
    for _ in range(draws):
        m = rng.integers(FLOOR, 60, many)
        b = rng.binomial(m, rng.beta(3, 2, many))
        above = ordering(3.0 + b, 2.0 + m - b)
        for lam in LAMBDAS:
            mine = loss(grade(above, (3.0 + b) / (5 + m), lam), above, lam)
            place = int(np.argmin(higher @ (above.T - lam * above).ravel().astype(np.float32)))
            missed = mine - loss(every[place].astype(int), above, lam)
            best, worst = best + (missed < 1e-6), max(worst, missed)
    return best, draws * len(LAMBDAS), worst


def misranking(many: int, rounds: int) -> tuple[float, float]:
    """Expected and real share of wrong orders of graded advertisers, alpha and beta fitted on the same counts."""
    rng, said, seen = np.random.default_rng(SEED), [], []
    for _ in range(rounds):
        theta, m = rng.beta(3, 2, many), rng.integers(FLOOR, 40, many)
        b = rng.binomial(m, theta)
        card = report_card(b, m - b, fit_beta(b, m - b))
        higher = card.grades[:, None] < card.grades[None, :]
        said.append(card.misranked)
        seen.append((higher & (theta[:, None] < theta[None, :])).sum() / (many * (many - 1) / 2))
    return float(np.mean(said)), float(np.mean(seen))


def sizes_of_looks(shape: Shape, rounds: int) -> tuple[float, float]:
    """Share of rounds without a difference that stop at one of five exact looks, and at one of five looks at p < 5%."""
    rng, plan, sizes = (
        np.random.default_rng(SEED),
        LookPlan((200, 400, 600, 800, 1000), 0.05, shape),
        35 * np.arange(1, 6),
    )
    limits = [each.boundary for each in judge(plan, [Counts(0, m // 2, m - m // 2, 0) for m in sizes.tolist()])]
    gaps = np.abs(rng.binomial(35, 0.5, (rounds, 5)).cumsum(axis=1) * 2 - sizes)
    alone = [
        each.boundary for m in sizes.tolist() for each in judge(LookPlan((1000,)), [Counts(0, m // 2, m - m // 2, 0)])
    ]
    return tuple(float((gaps >= np.array(each, dtype=float)).any(axis=1).mean()) for each in (limits, alone))  # type: ignore[return-value]


def size_of_evidence(one_sided: bool, rounds: int, pairs: int = 1000) -> float:
    """Share of rounds without a difference in which E ever reaches 20, looked at after each one-sided pair."""
    heads = (np.random.default_rng(SEED).random((rounds, pairs)) < 0.5).cumsum(axis=1)
    log_e = log_mixture(heads, np.arange(1, pairs + 1) - heads, one_sided=one_sided)
    return float((log_e >= np.log(20)).any(axis=1).mean())


def seconds_for_many(many: int = 5000) -> dict[str, float]:
    """Seconds for all advertisers of a round of a million pairs, once the counts are in memory."""
    rng = np.random.default_rng(SEED)
    m = rng.poisson(30, many)
    b = rng.binomial(m, rng.beta(4, 3, many))
    c, took = m - b, {}
    tables = {str(k): Counts(100, int(x), int(y), 70) for k, (x, y) in enumerate(zip(b, c, strict=True))}
    fit = fit_beta(b, c)
    for name, work in {
        "verdicts and q-values": lambda: advertisers(tables),
        "fit": lambda: fit_beta(b, c),
        "credible intervals": lambda: shares(b, c, fit),
        "mixture": lambda: no_one_sided_treatment(b, c),
    }.items():
        start = time.perf_counter()
        work()
        took[name] = time.perf_counter() - start
    return took


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print("credible intervals: coverage (share of rounds with a fitted spread)")
    for prior in PRIORS:
        row = [interval_coverage(prior, many, max(rounds * 10 // many, 20)) for many in SIZES]
        print(f"  Beta({prior[0]}, {prior[1]}), {prior[2]} pairs:", *(f"{held:.1%} ({fit:.0%})" for held, fit in row))
    for many in range(3, 8):
        best, draws, worst = grades_are_best(many, max(rounds // 4, 20))
        print(f"grades of {many}: best of all weak orders in {best} of {draws}, largest loss missed {worst:.4f}")
    for many in SIZES[:3]:
        said, seen = misranking(many, rounds // 2)
        print(f"report card of {many}: {said:.2%} wrong orders expected, {seen:.2%} real")
    for shape in Shape:
        exact, naive = sizes_of_looks(shape, 250 * rounds)
        print(f"five looks, {shape}: {exact:.2%} stop falsely; at p < 5% each {naive:.2%}")
    for one_sided in (False, True):
        print(
            f"E ever at least 20 in 1,000 looks, one-sided {one_sided}: {size_of_evidence(one_sided, 25 * rounds):.2%}"
        )
    print(*(f"{name}: {took * 1000:.0f} ms" for name, took in seconds_for_many().items()), sep="; ")


if __name__ == "__main__":
    main()
