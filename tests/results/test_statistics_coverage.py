"""A 95% interval holds the truth about 95 times in 100: simulated rounds with a known difference."""

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCH: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "coverage.py"))
PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
ROUNDS = 2000
LEAST, MOST = 0.93, 0.97


@pytest.mark.parametrize("scenario", BENCH["SCENARIOS"], ids=lambda scenario: scenario.name)
def test_tango_covers_the_truth_in_95_percent_of_rounds(scenario: Any) -> None:
    covered = BENCH["tango_coverage"](scenario, ROUNDS, np.random.default_rng(BENCH["SEED"]))
    assert LEAST <= covered <= MOST


@pytest.mark.parametrize("scenario", BENCH["CLUSTERED"], ids=lambda scenario: scenario.name)
def test_the_clustered_interval_covers_where_independent_pairs_would_be_too_sure(scenario: Any) -> None:
    robust, naive = BENCH["clustered_coverage"](scenario, ROUNDS, np.random.default_rng(BENCH["SEED"]))
    assert LEAST <= robust <= MOST
    assert naive < robust


@pytest.mark.parametrize("scenario", BENCH["FEW"][:2], ids=lambda scenario: scenario.name)
def test_with_ten_advertisers_cr2_and_the_bootstrap_cover_at_least_as_well_as_cr1(scenario: Any) -> None:
    covered = BENCH["few_coverage"](scenario, 600, np.random.default_rng(BENCH["SEED"]))
    assert covered["cluster_cr1"] <= covered["cluster_cr2"]
    assert min(covered["cluster_cr2"], covered["cluster_wild"]) > 0.91


@pytest.mark.parametrize("pairs", BENCH["SIZES"][:3])
def test_the_default_methods_keep_their_promise_at_every_size_and_the_page_tells_it(pairs: int) -> None:
    found = BENCH["by_size"](pairs, ROUNDS)
    assert found.exact <= found.midp <= 0.053
    assert min(found.tango) > 0.945
    assert min(found.clustered) > 0.92
    assert found.naive < found.clustered[0]
    (row,) = re.findall(rf"^\| {pairs} \|(.*)\|$", PAGE, re.MULTILINE)
    told = [float(cell.strip().rstrip("%")) for cell in row.split("|")]
    shares = (found.midp, found.exact, *found.tango, *found.clustered, found.naive)
    assert told == [pytest.approx(100 * share, abs=0.051) for share in shares]
