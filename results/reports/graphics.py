"""The charts of a report as files to take along: each as a table (CSV) and as a picture (SVG)."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from results.csv_cells import plain
from results.language import DUTCH, _, written_in
from results.reports.render import chart
from results.reports.values import FourCells, IntervalTable, Report, Researcher

CELLS = ("cell", "label", "pairs", "share")
INTERVALS = ("group", "pairs", "value", "low", "high", "level")
ROW = 44
"""Height of one row of an interval chart."""


@dataclass(frozen=True)
class Graphic:
    """One chart of a report, under the last word of its address."""

    key: str
    title: str
    shown: FourCells | IntervalTable
    language: str = DUTCH

    def csv(self) -> str:
        """The numbers of the chart: proportions, not percentages; nothing where there is no number."""
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(CELLS if isinstance(self.shown, FourCells) else INTERVALS)
        rows = _cells(self.shown) if isinstance(self.shown, FourCells) else _intervals(self.shown)
        writer.writerows(map(plain, row) for row in rows)
        return text.getvalue()

    def svg(self, source: str) -> str:
        """The chart as a picture that says itself where its numbers come from."""
        name = "chart_cells.svg" if isinstance(self.shown, FourCells) else "chart_intervals.svg"
        with written_in(self.language):
            return chart(name, title=self.title, shown=self.shown, source=source, row=ROW)


def graphics(report: Report) -> dict[str, Graphic]:
    """Return the charts of a report by key, in the order in which the report has them."""
    body = report.body
    if not isinstance(body, Researcher):
        return {}
    with written_in(report.language):
        wanted = (
            ("tellingen", _("Wat er per test gebeurde"), body.cells),
            ("testprofielen", _("Nettoverschil per testprofiel"), body.treatments),
            ("kenmerk", _("Nettoverschil naar het tweede kenmerk"), body.levels),
            ("wijken", _("Nettoverschil per wijk"), body.districts),
        )
    made = (Graphic(key, title, shown, report.language) for key, title, shown in wanted if shown is not None)
    return {graphic.key: graphic for graphic in made}


def _cells(shown: FourCells) -> Iterator[Sequence[object]]:
    for row in shown.rows:
        yield row.key, row.label, row.count, "" if row.share is None else row.share


def _intervals(shown: IntervalTable) -> Iterator[Sequence[object]]:
    for row in shown.rows:
        told = (None, None, None) if row.estimate is None else (row.estimate.value, row.estimate.low, row.estimate.high)
        yield (row.name, row.pairs, *told, shown.level)
