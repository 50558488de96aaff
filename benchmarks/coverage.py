"""How often does a 95% interval contain the truth, and how often does a 5% test see a difference that is not there?

Simulated rounds with a known net difference.

Run: python -m benchmarks.coverage [rounds]
"""

import sys
from dataclasses import dataclass

import numpy as np

from results.statistics.clustering import best, clustered, cr1, cr2, wild_test
from results.statistics.estimands import Estimate
from results.statistics.intervals import tango_bounds
from results.statistics.mcnemar import exact_p, midp_p

SEED = 20260907
LEVEL = 0.95


@dataclass(frozen=True)
class Scenario:
    """Independent pairs: the probability of each kind of pair (the rest gets no positive answer)."""

    name: str
    pairs: int
    both: float
    only_control: float
    only_treatment: float


@dataclass(frozen=True)
class ClusteredScenario:
    """Advertisers differ: only-control probability is ``most`` times a Beta(0.8, 1.2) draw per advertiser."""

    name: str
    advertisers: int
    pairs_each: int
    most: float
    only_treatment: float

    @property
    def truth(self) -> float:
        return self.most * 0.8 / (0.8 + 1.2) - self.only_treatment


@dataclass(frozen=True)
class FewScenario:
    """As ClusteredScenario, with few advertisers whose numbers of pairs are ``sizes``."""

    name: str
    sizes: tuple[int, ...]
    most: float
    only_treatment: float

    @property
    def truth(self) -> float:
        return self.most * 0.8 / (0.8 + 1.2) - self.only_treatment


SCENARIOS = (
    Scenario("240 pairs, net 6 points", 240, 0.20, 0.12, 0.06),
    Scenario("240 pairs, no difference", 240, 0.20, 0.08, 0.08),
    Scenario("240 pairs, net 12 points", 240, 0.17, 0.15, 0.03),
    Scenario("100 pairs, net 10 points", 100, 0.15, 0.15, 0.05),
    Scenario("60 pairs, no difference", 60, 0.25, 0.12, 0.12),
    Scenario("2734 pairs, BR Arabic names 2016", 2734, 464 / 2734, 307 / 2734, 80 / 2734),
)
CLUSTERED = (
    ClusteredScenario("30 advertisers x 8 pairs", 30, 8, 0.45, 0.05),
    ClusteredScenario("60 advertisers x 4 pairs", 60, 4, 0.45, 0.05),
)
FEW = (
    FewScenario("10 advertisers x 12 pairs", (12,) * 10, 0.45, 0.05),
    FewScenario("10 advertisers, 4 to 40 pairs", (4, 4, 4, 6, 8, 10, 12, 16, 24, 40), 0.45, 0.05),
    FewScenario("20 advertisers x 12 pairs", (12,) * 20, 0.45, 0.05),
    FewScenario("20 advertisers, 2 to 60 pairs", (2, 4) * 6 + (8, 8, 12, 12, 20, 20, 40, 60), 0.45, 0.05),
)
DRAWS = 999
SIZES = (20, 60, 240, 1000)
EACH = 4
"""Pairs per advertiser of the rounds by size: 5, 15, 60 and 250 advertisers."""
MANY = 20_000


@dataclass(frozen=True)
class BySize:
    """Rounds of one size. Shares of rounds: tests that reject where nothing differs, intervals that hold the truth.

    ``tango``: independent pairs without and with a difference. ``clustered``: pairs of one advertiser hang together,
    without and with a difference; ``naive`` is Tango's interval there, without one.
    """

    pairs: int
    midp: float
    exact: float
    tango: tuple[float, float]
    clustered: tuple[float, float]
    naive: float


def tango_coverage(scenario: Scenario, rounds: int, rng: np.random.Generator) -> float:
    """Share of rounds whose Tango interval contains the true net difference."""
    cells = (scenario.both, scenario.only_control, scenario.only_treatment)
    drawn = rng.multinomial(scenario.pairs, (*cells, 1 - sum(cells)), size=rounds)
    low, high = tango_bounds(scenario.pairs, drawn[:, 1], drawn[:, 2], LEVEL)
    truth = scenario.only_control - scenario.only_treatment
    return float(np.mean((low <= truth) & (truth <= high)))


def clustered_coverage(scenario: ClusteredScenario, rounds: int, rng: np.random.Generator) -> tuple[float, float]:
    """The same for the interval clustered by advertiser, and for Tango, which takes the pairs as independent."""
    names = np.repeat(np.arange(scenario.advertisers).astype(str), scenario.pairs_each).tolist()
    control = scenario.most * rng.beta(0.8, 1.2, size=(rounds, scenario.advertisers, 1))
    draw = rng.random((rounds, scenario.advertisers, scenario.pairs_each))
    d = np.where(draw < control, 1, np.where(draw < control + scenario.only_treatment, -1, 0)).reshape(rounds, -1)
    robust = [clustered(row, names, LEVEL) for row in d]
    held = [_holds(estimate, scenario.truth) for estimate in robust]
    low, high = tango_bounds(d.shape[1], (d == 1).sum(axis=1), (d == -1).sum(axis=1), LEVEL)
    return float(np.mean(held)), float(np.mean((low <= scenario.truth) & (scenario.truth <= high)))


def few_coverage(scenario: FewScenario, rounds: int, rng: np.random.Generator) -> dict[str, float]:
    """Share of rounds whose interval holds the truth: CR1, CR2 and the bootstrap (which keeps the truth if p > 5%)."""
    held = dict.fromkeys(("cluster_cr1", "cluster_cr2", "cluster_wild"), 0)
    for _ in range(rounds):
        control = scenario.most * rng.beta(0.8, 1.2, size=len(scenario.sizes))
        treatment = np.full(len(control), scenario.only_treatment)
        chances = np.column_stack([0 * control, control, treatment, 1 - control - treatment])
        table = rng.multinomial(np.array(scenario.sizes), chances)
        for estimate in (cr1(table, LEVEL), cr2(table, LEVEL)):
            held[estimate.method] += _holds(estimate, scenario.truth)
        held["cluster_wild"] += wild_test(table, rng, scenario.truth, DRAWS).p > 1 - LEVEL
    return {method: count / rounds for method, count in held.items()}


def by_size(pairs: int, rounds: int) -> BySize:
    """The default methods at one size: ``MANY`` rounds of independent pairs, ``rounds`` of pairs by advertiser."""
    rng = np.random.default_rng([SEED, pairs])
    none, some = (Scenario("", pairs, 0.2, *shares) for shares in ((0.1, 0.1), (0.15, 0.05)))
    midp, exact = size_of_tests(none, MANY, rng)
    tango = tango_coverage(none, MANY, rng), tango_coverage(some, MANY, rng)
    (without, naive), (with_one, _) = (default_coverage(pairs, other, rounds, rng) for other in (None, 0.05))
    return BySize(pairs, midp, exact, tango, (without, with_one), naive)


def size_of_tests(scenario: Scenario, rounds: int, rng: np.random.Generator) -> tuple[float, float]:
    """Share of rounds in which mid-p, respectively exact p, is at most 1 - LEVEL."""
    cells = (scenario.both, scenario.only_control, scenario.only_treatment)
    _, b, c, _ = rng.multinomial(scenario.pairs, (*cells, 1 - sum(cells)), size=rounds).T
    smaller, m = np.minimum(b, c), np.maximum(b + c, 1)
    midp, exact = (np.where(b + c > 0, p(smaller, m), 1.0) <= 1 - LEVEL for p in (midp_p, exact_p))
    return float(np.mean(midp)), float(np.mean(exact))


def default_coverage(pairs: int, treatment: float | None, rounds: int, rng: np.random.Generator) -> tuple[float, float]:
    """Coverage of the default clustered interval, and of Tango's, with ``EACH`` pairs per advertiser.

    Each advertiser favours the control arm by a Beta(0.8, 1.2) draw of its own, up to 0.45; the treatment arm as much
    by another draw, or by the same ``treatment`` everywhere.
    """
    groups = pairs // EACH
    control, other = 0.45 * rng.beta(0.8, 1.2, size=(2, rounds, groups))
    other = other if treatment is None else np.full_like(other, treatment)
    truth = 0.0 if treatment is None else 0.45 * 0.8 / 2 - treatment
    tables = rng.multinomial(EACH, np.stack([0 * control, control, other, 1 - control - other], axis=-1))
    held = [_holds(best(table, LEVEL), truth) for table in tables]
    low, high = tango_bounds(pairs, tables[:, :, 1].sum(axis=1), tables[:, :, 2].sum(axis=1), LEVEL)
    return float(np.mean(held)), float(np.mean((low <= truth) & (truth <= high)))


def _holds(estimate: Estimate, truth: float) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high


_WIDTHS = (8, 10, 15, 10, 11, 10, 16)


def main(rounds: int) -> None:
    rng = np.random.default_rng(SEED)
    print(f"Coverage of {LEVEL:.0%} intervals over {rounds} simulated rounds (seed {SEED})\n")
    for scenario in SCENARIOS:
        print(f"tango        {scenario.name:<34} {tango_coverage(scenario, rounds, rng):7.2%}")
    for groups in CLUSTERED:
        robust, naive = clustered_coverage(groups, rounds, rng)
        print(f"cluster_cr1  {groups.name:<34} {robust:7.2%}   (tango, as if independent: {naive:.2%})")
    for few in FEW:
        for method, covered in few_coverage(few, rounds, rng).items():
            print(f"{method:<12} {few.name:<34} {covered:7.2%}")
    print(
        f"\nDefault methods by size ({MANY} rounds of independent pairs, {rounds} with {EACH} pairs per advertiser)\n"
    )
    print("        a test that rejects      Tango holds          clustered default holds   Tango, clustered")
    print("pairs   mid-p     exact          none      some       none      some            none")
    for pairs in SIZES:
        found = by_size(pairs, rounds)
        shares = (found.midp, found.exact, *found.tango, *found.clustered, found.naive)
        print(f"{pairs:5}" + "".join(f"{share:{width}.2%}" for share, width in zip(shares, _WIDTHS, strict=True)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
