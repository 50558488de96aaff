"""The page that derives every number by hand prints what the program computes."""

from pathlib import Path

from results.statistics import Counts, analyse

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text("utf-8")
ANALYSIS = analyse(Counts(464, 307, 80, 1883))


def rows(start: str) -> list[list[str]]:
    """The cells of the table rows whose first cell begins with ``start``."""
    lines = (line for line in PAGE.splitlines() if line.startswith(f"| {start}"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_prints_every_estimate() -> None:
    printed = [row for start in ("net_", "gross_", "rate_", "odds_") for row in rows(start)]
    computed = [
        [e.name, e.over, e.method, *(f"{number:.4f}" for number in (e.value, e.low, e.high) if number), str(e.n)]
        for e in ANALYSIS.estimates
    ]
    assert sorted(printed) == sorted(computed)


def test_the_page_prints_every_p_value() -> None:
    assert {row[0].split()[0]: row[-1] for row in rows("mcnemar_")} == {
        test.name: f"{test.p:.5e}" for test in ANALYSIS.tests
    }
