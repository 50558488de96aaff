"""How quickly the PDF reports of all advertisers of a round are set: `python -m benchmarks.papers [advertisers]`."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from benchmarks.record import Figure
from results.paper import paper_of, typeset
from results.reports import Audience, build
from results.tables import RoundTable

sys.path.append(str(Path(__file__).parents[1] / "tests" / "results"))

THREADS = 2
EACH = 24
"""So many pairs has every office."""


def measure(runs: int, advertisers: int = 500) -> list[Figure]:
    """Built and set by two threads, in reports a second."""
    table, keys = a_round(advertisers)
    rates = []
    for _ in range(runs):
        began = perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda key: typeset(paper_of(build(table, Audience.BROKER, advertiser=key))), keys))
        rates.append(len(keys) / (perf_counter() - began))
    return [Figure("reports of advertisers as PDF", "reports/s", tuple(rates), "20 or more")]


def a_round(advertisers: int) -> tuple[RoundTable, list[str]]:
    import report_makers as make

    # Of each office ten tests ended well for both, five for the control alone, and so on.
    table = make.table(make.pairs(10 * advertisers, 5 * advertisers, 2 * advertisers, 7 * advertisers, advertisers))
    return table, sorted({row.advertiser for row in table.rows})


def main() -> None:
    table, keys = a_round(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
    begun = perf_counter()
    papers = [paper_of(build(table, Audience.BROKER, advertiser=key)) for key in keys]
    built = perf_counter()
    one = [len(typeset(paper)) for paper in papers]
    set_ = perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        if [len(content) for content in pool.map(typeset, papers)] != one:
            raise SystemExit("the same papers came out differently in threads")
    print(f"{len(keys)} advertisers: built {len(keys) / (built - begun):.0f}/s, set {len(keys) / (set_ - built):.0f}/s")
    print(f"set by {THREADS} threads {len(keys) / (perf_counter() - set_):.0f}/s")


if __name__ == "__main__":
    main()
