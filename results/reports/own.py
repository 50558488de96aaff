"""The analysis of somebody's own file as one HTML page, made from its JSON documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from results import charts, disclosure
from results.language import _, note
from results.reports import wording
from results.reports.figures import four_cells, interval_row
from results.reports.render import page
from results.reports.values import EstimateRow, FourCells, IntervalTable, TestRow
from results.statistics import Counts, Estimate, TestResult
from results.tables import RoundFacts

Document = Mapping[str, Any]


@dataclass(frozen=True)
class OwnGroup:
    """Groups of one kind on one scale, with the p values of each."""

    heading: str
    table: IntervalTable
    tests: tuple[tuple[str, tuple[TestRow, ...]], ...]


@dataclass(frozen=True)
class OwnAnalysis:
    """One table of the file: ``cells`` for pairs, else ``heading`` and ``rows`` of counts as text."""

    name: str
    cells: FourCells | None
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    nets: IntervalTable | None
    estimates: tuple[EstimateRow, ...]
    tests: tuple[TestRow, ...]
    groups: tuple[OwnGroup, ...]
    absent: tuple[tuple[str, str], ...]
    excluded: Mapping[str, int]
    level: float


def render_own(documents: Mapping[str, Document], title: str, *, assets: str, of: RoundFacts | None = None) -> str:
    """The whole page; ``documents`` by the name of their table, ``assets`` is where the style sheets are.

    Of a round it names the study, and the words that must stand above the figures of a rehearsal.
    """
    analyses = [_analysis(name, document) for name, document in documents.items()]
    source = (
        _("%(study)s · ronde %(round)s", study=of.study, round=of.round)
        if of
        else _("Eigen gegevens, berekend met Praktijktest")
    )
    mark = disclosure.watermark(of.mode) if of else None
    told = {"title": title, "source": source, "watermark": mark, "analyses": analyses}
    return page("own_data.html", **told, assets=assets.rstrip("/"))


def _analysis(name: str, document: Document) -> OwnAnalysis:
    estimates = [Estimate(**each) for each in document["estimates"]]
    paired = document["design"] == "paired"
    heading, rows = wording.counted(document["design"], document["counts"])
    nets = [each for each in estimates if each.name == "net_discrimination" and each.over in ("all", "inquiries")]
    told = partial(wording.told, wording.EXCLUSIONS | wording.OWN_EXCLUSIONS)
    kinds = dict.fromkeys(group["kind"] for group in document["groups"])
    return OwnAnalysis(
        name=name,
        cells=four_cells(Counts(**document["counts"])) if paired else None,
        heading=heading,
        rows=rows,
        nets=_intervals([(wording.told(wording.METHODS, each.method), each) for each in nets]) if nets else None,
        estimates=tuple(wording.estimate_row(each) for each in estimates),
        tests=_tests(document["tests"]),
        groups=tuple(_group(kind, document["groups"]) for kind in kinds),
        absent=tuple(
            (wording.told(wording.NOT_COMPUTED, each["name"]), note(each["reason"]))
            for each in document["not_computed"]
        ),
        excluded={told(why): n for why, n in document["excluded"].items()},
        level=estimates[0].level if estimates else 0.95,
    )


def _group(kind: str, groups: Sequence[Document]) -> OwnGroup:
    chosen = [(wording.group(kind, group["name"]), group) for group in groups if group["kind"] == kind]
    return OwnGroup(
        wording.told(wording.GROUPS, kind),
        _intervals([(name, Estimate(**group["estimates"][0])) for name, group in chosen]),
        tuple((name, _tests(group["tests"])) for name, group in chosen if group["tests"]),
    )


def _intervals(rows: Sequence[tuple[str, Estimate]]) -> IntervalTable:
    on = charts.scale(limit for _name, each in rows for limit in (each.low, each.high))
    return IntervalTable(tuple(interval_row(name, each, each.n, on, None) for name, each in rows), on, rows[0][1].level)


def _tests(rows: Sequence[Document]) -> tuple[TestRow, ...]:
    tests = (TestResult(each["name"], each["p"], each["statistic"], each["note"]) for each in rows)
    return tuple(TestRow(test, wording.told(wording.TESTS, test.name)) for test in tests)
