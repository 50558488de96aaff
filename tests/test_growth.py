"""The measurements of growth and of hosts measure what they say, at sizes at which nobody waits."""

import json
import os
import shutil
import subprocess
import sys
from itertools import repeat
from pathlib import Path

import pytest
from servers import postgres_kits

from benchmarks import growth, outcomes, weight
from benchmarks.islands import archipelago
from orchestrator.settings import Settings
from profiles.errors import Refused

ROOT = Path(__file__).parents[1]
MEASURED = """
import json
from benchmarks import hosts
print(json.dumps({figure.what: figure.values for figure in hosts.measure(1, letters=1600)}))
"""


def test_an_exponent_is_the_slope_between_sizes_of_what_takes_so_many_times_as_long() -> None:
    times = {size: [size**1.5, 3.0 * size**1.5] for size in (1_000, 10_000, 100_000)}
    assert growth.exponents(times) == (pytest.approx(1.5), pytest.approx(1.5))


def test_what_is_read_once_at_the_least_size_bends_no_exponent() -> None:
    times = {size: [size / 1e6 + (10.0 if size == 1_000 else 0.0)] for size in (1_000, 10_000, 100_000)}
    assert growth.exponents(times) == (pytest.approx(1.0),)


def test_one_size_has_no_exponent() -> None:
    assert growth.exponents({1_000: [1.0]}) == ()


def test_the_sizes_take_turns() -> None:
    done: list[int] = []

    def made(size: int) -> growth.Made:
        yield from repeat(lambda: done.append(size))

    growth.measured(growth.Series("noting", "sizes", made), [1, 10], 2)
    assert done == [1, 10, 1, 10]


@pytest.mark.long
@pytest.mark.parametrize("series", list(growth.all_series()), ids=lambda series: series.what)
def test_every_series_of_growth_can_be_measured(series: growth.Series) -> None:
    if "PostgreSQL" in series.what and next(postgres_kits(), None) is None:
        pytest.skip("no PostgreSQL to start")
    assert [taken > 0 for taken in growth.measured(series, [48], 2)[48]] == [True, True]


@pytest.mark.long
def test_an_analysis_from_a_database_of_pairs_can_be_measured_on_both() -> None:
    if next(postgres_kits(), None) is None:
        pytest.skip("no PostgreSQL to start")
    assert [figure.aim for figure in outcomes.measure(1, 2_000)] == 2 * [outcomes.AIM_ROWS, outcomes.AIM_COUNTS]


@pytest.mark.long
def test_letters_by_workers_on_four_hosts_go_once_also_when_a_cable_is_pulled() -> None:
    try:
        with archipelago(1):
            pass
    except Refused as error:
        pytest.skip(str(error))
    # A process of its own: the network that it makes is not loopback, and no test may reach beyond that.
    done = subprocess.run([sys.executable, "-c", MEASURED], cwd=ROOT, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert told["letters uncertain after a pulled cable"][0] <= Settings().connections
    assert told["least share of 4 hosts, of its even part"][0] > 0


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("ip") is not None, reason="here islands can be made")
def test_whoever_may_make_no_networks_hears_what_to_do() -> None:
    with pytest.raises(Refused, match="needs-root"), archipelago(1):
        pass


@pytest.mark.long
def test_what_a_pair_weighs_is_the_sum_of_its_tables() -> None:
    if next(postgres_kits(), None) is None:
        pytest.skip("no PostgreSQL to start")
    told = {figure.what: figure.values[0] for figure in weight.measure(1, pairs=2_000, letters=60)}
    tables = sum(value for what, value in told.items() if what.endswith("with its indexes"))
    assert 0.95 * told["all tables"] < tables <= told["all tables"]
    assert {"event, with its indexes", "inquiry, with its indexes", "attempt, with its indexes"} <= told.keys()
    assert told["1,000,000 pairs"] == pytest.approx(10 * told["100,000 pairs"])
