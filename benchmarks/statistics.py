"""A full analysis of a million pairs beside the usual tools, on the same data.

Ours: counts by advertiser in one pass, then every estimand with every interval, clustered errors (CR1 and CR2) with
their test, the exact randomisation test, strata, and empirical Bayes over the advertisers. Theirs: conditional logit by
R's survival (clogit) and by statsmodels, GEE by statsmodels with the advertiser as cluster, and a bootstrap of the
net difference in pandas. Each of theirs gives one number with its error.

Run: python -m benchmarks.statistics [pairs] [advertisers] [--ours]   (ours alone, in a second)
"""

import itertools
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.record import Figure, ratio
from results.statistics import Analysis, Counts, analyse
from results.statistics.advertiser import fit_beta, net_shrunk, shares
from results.statistics.analysis import further_intervals
from results.statistics.clustering import cr2

SEED, REPEATS, LEVEL, DRAWS = 20261127, 9, 0.95, 10_000
STRATA = 8
BOOTSTRAP_SECONDS = 300.0
Packed = npt.NDArray[np.int64]
R_SCRIPT = """
suppressPackageStartupMessages(library(survival))
d <- as.data.frame(matrix(readBin("{file}", "integer", 1e9, size = 4L), ncol = 3))
names(d) <- c("pair", "control", "positive")
t <- system.time(fit <- clogit(positive ~ control + strata(pair), data = d))
cat(t[["elapsed"]], coef(fit)[[1]], sqrt(vcov(fit)[[1]]))
"""


@dataclass(frozen=True)
class Data:
    """Per pair its advertiser, stratum and cell (c11 = 0, c10 = 1, c01 = 2, c00 = 3), each (n,)."""

    advertiser: Packed
    stratum: Packed
    cell: Packed
    advertisers: int

    @property
    def packed(self) -> Packed:
        return 4 * self.advertiser + self.cell

    @property
    def positive(self) -> tuple[Packed, Packed]:
        """Control and treatment, 0 or 1."""
        return (self.cell < 2).astype(np.int64), (self.cell % 2 == 0).astype(np.int64)


def made(pairs: int, groups: int) -> Data:
    """Advertisers of unequal size, each with its own share of pairs one way and the other."""
    rng = np.random.default_rng(SEED)
    weight = rng.gamma(1.5, size=groups)
    advertiser = rng.choice(groups, size=pairs, p=weight / weight.sum())
    both, control = 0.17 + 0 * weight, 0.3 * rng.beta(0.8, 1.6, size=groups)
    bounds = np.cumsum([both, control, np.full(groups, 0.04)], axis=0)[:, advertiser]
    cell = (rng.random(pairs) >= bounds).sum(axis=0)
    return Data(advertiser, advertiser % STRATA, cell, groups)


def counted(packed: Packed, groups: int) -> npt.NDArray[np.intp]:
    """Counts per advertiser, shape (groups, 4): the one pass over the pairs."""
    return np.bincount(packed, minlength=4 * groups).reshape(groups, 4)


def everything(table: npt.NDArray[np.intp], strata: npt.NDArray[np.intp]) -> Analysis:
    """From counts in memory: all that a report needs and more."""
    total = Counts(*table.sum(axis=0).tolist())
    named = {f"stratum {number}": Counts(*row) for number, row in enumerate(strata.tolist())}
    found = analyse(total, level=LEVEL, advertisers=table, strata=named)
    _further(table, total)
    return found


def _further(table: npt.NDArray[np.intp], total: Counts) -> None:
    further_intervals(total, LEVEL)
    cr2(table, LEVEL)
    tested = table[table.sum(axis=1) > 0]
    net_shrunk(tested)
    fit = fit_beta(tested[:, 1], tested[:, 2])
    shares(tested[:, 1], tested[:, 2], fit, LEVEL)


def timed(work: Callable[[], object], repeats: int = REPEATS) -> npt.NDArray[np.float64]:
    """Seconds of each of ``repeats`` runs, after one that does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return np.array(seconds)


def in_turn(packed: Packed, work: Callable[[Packed], object], copies: int = 16) -> Callable[[], object]:
    """The same work on one copy of the data after the other."""
    all_of_them = itertools.cycle([packed.copy() for _ in range(copies)])
    return lambda: work(next(all_of_them))


def r_clogit(data: Data) -> tuple[float, str]:
    """Seconds that R itself measures around clogit, reading the data not counted."""
    control, treatment = data.positive
    n = len(control)
    columns = (np.tile(np.arange(n), 2), np.repeat([1, 0], n), np.concatenate([control, treatment]))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pairs.bin"
        np.concatenate(columns).astype(np.int32).tofile(file)
        rscript = shutil.which("Rscript") or "Rscript"
        done = subprocess.run(  # noqa: S603 - a script of our own
            [rscript, "--vanilla", "-"],
            input=R_SCRIPT.format(file=file),
            capture_output=True,
            text=True,
            check=True,
        )
    seconds, beta, error = (float(word) for word in done.stdout.split())
    return seconds, f"log odds {beta:.4f} ({error:.4f})"


def statsmodels_clogit(data: Data) -> tuple[float, str]:
    from statsmodels.discrete.conditional_models import ConditionalLogit

    control, treatment = data.positive
    n = len(control)
    y, x = np.concatenate([control, treatment]), np.repeat([1.0, 0.0], n)[:, None]
    pair = np.tile(np.arange(n), 2)
    start = time.perf_counter()
    fit = ConditionalLogit(y, x, groups=pair).fit(disp=False)
    return time.perf_counter() - start, f"log odds {fit.params[0]:.4f} ({fit.bse[0]:.4f})"


def statsmodels_gee(data: Data) -> tuple[float, str]:
    from statsmodels.genmod.cov_struct import Independence
    from statsmodels.genmod.families import Gaussian
    from statsmodels.genmod.generalized_estimating_equations import GEE

    control, treatment = data.positive
    y, n = np.concatenate([control, treatment]).astype(float), len(control)
    x = np.column_stack([np.ones(2 * n), np.repeat([1.0, 0.0], n)])
    groups = np.tile(data.advertiser, 2)
    start = time.perf_counter()
    fit = GEE(y, x, groups=groups, family=Gaussian(), cov_struct=Independence()).fit()
    return time.perf_counter() - start, f"net {fit.params[1]:.5f} ({fit.bse[1]:.5f})"


def pandas_bootstrap(data: Data) -> tuple[float, str, int]:
    """Pairs drawn with replacement, ``DRAWS`` times, for at most ``BOOTSTRAP_SECONDS``; advertisers are forgotten."""
    import pandas as pd

    differences, rng = pd.Series(np.array([0, 1, -1, 0])[data.cell]), np.random.default_rng(SEED)
    found: list[float] = []
    start = time.perf_counter()
    while len(found) < DRAWS and time.perf_counter() - start < BOOTSTRAP_SECONDS:
        found.append(differences.sample(frac=1, replace=True, random_state=rng).mean())
    return time.perf_counter() - start, f"net error {np.std(found):.5f}", len(found)


Rival = tuple[str, Callable[[Data], tuple[float, str]], str]

RIVALS: tuple[Rival, ...] = (
    ("statsmodels GEE", statsmodels_gee, ""),
    ("statsmodels ConditionalLogit", statsmodels_clogit, "1,000 or more"),
    ("R survival clogit", r_clogit, "300 or more"),
)
"""Who else gives one of our numbers, and how many times as long as ours it is hoped to take."""


def rivals() -> tuple[Rival, ...]:
    """Those that this machine has."""
    return tuple(each for each in RIVALS if each[1] is not r_clogit or shutil.which("Rscript"))


def measure(runs: int, pairs: int = 1_000_000, groups: int = 5_000) -> list[Figure]:
    """Ours and its rivals, R's where there is R; `main` has the bootstrap, which takes minutes each time."""
    data = made(pairs, groups)
    packed = data.packed
    table, strata = counted(packed, groups), counted(4 * data.stratum + data.cell, STRATA)
    count = timed(in_turn(packed, lambda each: counted(each, groups)), runs)
    whole = timed(lambda: everything(table, strata), runs)
    warnings.simplefilter("ignore")
    ours = Figure("full analysis from counts", "s", tuple(whole.tolist()), "under 0.05")
    figures = [Figure("counting", "s", tuple(count.tolist())), ours]
    for name, work, aim in rivals():
        rival = Figure(name, "s", tuple(work(data)[0] for _ in range(runs)))
        figures += [rival, ratio(f"{name} to ours", rival, ours, aim)]
    return figures


def told(name: str, seconds: float, ours: float, said: str) -> None:
    print(f"{name:<44} {seconds:10.2f} s   {seconds / ours:9,.0f} x ours   {said}", flush=True)


def main(pairs: int, groups: int, alone: bool) -> None:
    data = made(pairs, groups)
    packed = data.packed
    table = counted(packed, groups)
    strata = counted(4 * data.stratum + data.cell, STRATA)
    # Each run takes another copy, so that neither finds its data in the processor's cache.
    memory, counting = (timed(in_turn(packed, work)) for work in (np.sum, lambda each: counted(each, groups)))
    runs = timed(lambda: everything(table, strata))
    ours = float(np.median(runs))
    found = everything(table, strata)
    net = found.estimates[1]
    print(f"{pairs:,} pairs, {groups:,} advertisers, {STRATA} strata (seed {SEED})\n")
    for name, times in (("one pass over memory", memory), ("counting", counting), ("full analysis", runs)):
        middle, low, high = (1000 * value for value in (np.median(times), times.min(), times.max()))
        print(f"ours: {name:<30} median {middle:8.2f} ms   (of {len(times)}: {low:.2f} to {high:.2f})")
    print(f"counting is {np.median(counting) / np.median(memory):.1f} times one pass over memory")
    print(f"net {net.value:.5f}, {net.method} {net.low:.5f} to {net.high:.5f}\n", flush=True)
    if alone:
        return
    warnings.simplefilter("ignore")
    for name, work, _ in rivals():
        seconds, said = work(data)
        told(name, seconds, ours, said)
    seconds, said, draws = pandas_bootstrap(data)
    told(f"pandas bootstrap of pairs, {draws:,} draws", seconds, ours, said)


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--ours"]
    numbers = [int(word) for word in words] + [1_000_000, 5_000][len(words) :]
    main(*numbers, alone="--ours" in sys.argv)
