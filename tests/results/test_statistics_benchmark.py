"""The benchmark compares what is the same: on a small round every tool finds the number that ours finds."""

import runpy
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from results.statistics.clustering import tabulate

BENCH: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "statistics.py"))
DATA = BENCH["made"](3000, 40)
TABLE = BENCH["counted"](DATA.packed, 40)
STRATA = BENCH["counted"](4 * DATA.stratum + DATA.cell, BENCH["STRATA"])


def figures(said: str) -> tuple[float, float]:
    value, error = said.replace("(", "").replace(")", "").split()[-2:]
    return float(value), float(error)


def test_one_pass_counts_what_the_pairs_hold() -> None:
    control, treatment = DATA.positive
    assert (tabulate(control, treatment, DATA.advertiser, 40) == TABLE).all()
    assert STRATA.sum() == 3000


def test_conditional_logit_finds_our_odds_ratio() -> None:
    _, said = BENCH["statsmodels_clogit"](DATA)
    counts = BENCH["everything"](TABLE, STRATA).counts
    error = (1 / counts.c10 + 1 / counts.c01) ** 0.5
    assert figures(said) == (pytest.approx(log(counts.c10 / counts.c01), abs=6e-5), pytest.approx(error, abs=6e-5))


def test_gee_finds_our_clustered_difference() -> None:
    _, said = BENCH["statsmodels_gee"](DATA)
    found = BENCH["everything"](TABLE, STRATA)
    value, error = figures(said)
    assert value == pytest.approx(found.estimate("net_discrimination").value, abs=6e-6)
    net, sizes = TABLE[:, 1] - TABLE[:, 2], TABLE.sum(axis=1)
    residuals = net - sizes * net.sum() / sizes.sum()
    assert error == pytest.approx(np.sqrt((residuals**2).sum()) / sizes.sum(), abs=6e-6)
