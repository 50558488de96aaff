"""How quickly the PDF reports of all advertisers of a round are set: `python -m benchmarks.papers [advertisers]`."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from results.paper import paper_of, typeset
from results.reports import Audience, build

sys.path.append(str(Path(__file__).parents[1] / "tests" / "results"))

THREADS = 2


def main() -> None:
    import report_makers as make

    advertisers = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    table = make.table(make.pairs(10 * advertisers, 5 * advertisers, 2 * advertisers, 7 * advertisers, advertisers))
    keys = sorted({row.advertiser for row in table.rows})
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
