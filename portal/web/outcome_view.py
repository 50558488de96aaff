"""A released document as its page draws it: the geometry of its charts, and the line through released rounds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from profiles.pairs import Arm
from results import charts, disclosure
from results.charts import Bar, Scale
from results.language import written_in
from results.reports import retests
from results.reports.figures import four_cells
from results.reports.values import BeforeAfter, FourCells
from results.statistics import Counts
from results.statistics.meta import Study
from results.statistics.numeric import normal_quantile
from results.statistics.trend import RoundPoint
from results.statistics.trend import Segment as Line
from results.statistics.trend import trend as line_through

DAYS_A_YEAR = 365.25
COMPARABLE = ("approach", "signal", "arms", "factor", "responseDays", "positive")
"""What of two protocols must be the same before their rounds are on one line; names and dates may differ."""


@dataclass(frozen=True)
class Row:
    """A line of a table with its interval; ``estimate`` is None where the numbers are hidden, or there are none."""

    name: str
    pairs: int | None
    counts: Mapping[str, int] | None
    estimate: Mapping[str, Any] | None
    bar: Bar | None
    total: bool = False

    @property
    def hidden(self) -> str | None:
        return disclosure.HIDDEN_PART if self.counts is None else None


@dataclass(frozen=True)
class Chart:
    """A table of differences on one scale; the intervals have this ``level``."""

    name: str
    rows: tuple[Row, ...]
    scale: Scale
    level: float

    @property
    def hidden(self) -> bool:
        return any(row.hidden for row in self.rows)


@dataclass(frozen=True)
class Point:
    """A released round on the line of rounds."""

    round: str
    last: date
    row: Row


@dataclass(frozen=True)
class Stretch:
    """Rounds under one protocol, and what the difference did a year, where there are several."""

    points: tuple[Point, ...]
    slope: Mapping[str, float] | None


@dataclass(frozen=True)
class Trend:
    """Rounds about one ground, broken where the protocol changed; the intervals have the ``level`` of the last."""

    ground: str
    stretches: tuple[Stretch, ...]
    scale: Scale
    level: float


def charts_of(document: Mapping[str, Any]) -> tuple[Chart, ...]:
    """Return the tables of differences of a document, each with the whole round as its last line."""
    result = document["result"]
    if not result["shown"]:
        return ()
    if "net" not in result:
        return _against_control(document)
    tables = [(each["name"], each["parts"], True) for each in document["tables"] if each["shown"]]
    sets = [{**each, "name": document["protocol"]["arms"][each["arm"]]} for each in result["treatments"]]
    sets_told = [("treatment", sets, False)] if sets else []
    level = document["protocol"]["level"]
    return tuple(_chart(name, parts, result, level, total=total) for name, parts, total in (*tables, *sets_told))


def cells(document: Mapping[str, Any], language: str) -> FourCells | None:
    """Return the four cells of the whole round; None where they are hidden, or where there are no pairs."""
    counts = document["result"].get("counts")
    with written_in(language):
        return four_cells(Counts(**counts)) if counts else None


def retest(document: Mapping[str, Any], language: str) -> BeforeAfter | None:
    """Return what a document tells of a re-test, in words; None for a round that is no re-test."""
    with written_in(language):
        return retests.of_document(document)


def trends(documents: Sequence[Mapping[str, Any]]) -> tuple[Trend, ...]:
    """Return a line for each ground of which rounds were released, rehearsals and re-tests apart.

    A re-test asks other offices than a round does: those that chose to change something.
    """
    whole = [each for each in documents if each["study"]["mode"] == "live" and "retest" not in each]
    real = [each for each in whole if each["result"].get("net")]
    grounds = sorted({each["study"]["groundName"] for each in real})
    return tuple(_trend(name, [each for each in real if each["study"]["groundName"] == name]) for name in grounds)


def trend_of(document: Mapping[str, Any], released: Sequence[Mapping[str, Any]]) -> Trend | None:
    """Return the line through the released rounds about the ground of a document; None with fewer than two."""
    same = (each for each in trends(released) if each.ground == document["study"]["groundName"])
    return next((each for each in same if sum(len(part.points) for part in each.stretches) > 1), None)


def _against_control(document: Mapping[str, Any]) -> tuple[Chart, ...]:
    """The groups of an unpaired round beside the control group; the first documents tell no such difference."""
    protocol, control = document["protocol"], Arm.CONTROL.value
    groups = [part for each in document["tables"] if each["name"] == "arm" and each["shown"] for part in each["parts"]]
    told = [{**each, "name": protocol["arms"][each["name"]]} for each in groups if each["name"] != control]
    if not any(each.get("net") for each in told):
        return ()
    return (_chart("treatment", told, document["result"], protocol["level"], total=False),)


def _chart(
    name: str, parts: Sequence[Mapping[str, Any]], result: Mapping[str, Any], level: float, *, total: bool
) -> Chart:
    nets = [each["net"] for each in parts if each["net"]] + ([result["net"]] if total else [])
    scale = charts.scale(net[limit] for net in nets for limit in ("low", "high"))
    rows = [_row(each["name"], each["counts"], each["net"], scale) for each in parts]
    whole = [_row("", result["counts"], result["net"], scale, total=True)] if total else []
    return Chart(name, (*rows, *whole), scale, level)


def _row(
    name: str, counts: Mapping[str, int] | None, net: Mapping[str, Any] | None, scale: Scale, *, total: bool = False
) -> Row:
    known = net is not None and net["low"] is not None and net["high"] is not None
    bar = charts.bar(net["low"], net["value"], net["high"], scale) if net and known else None
    return Row(name, sum(counts.values()) if counts else None, counts, net, bar, total)


def _trend(ground: str, documents: Sequence[Mapping[str, Any]]) -> Trend:
    scale = charts.scale(each["result"]["net"][limit] for each in documents for limit in ("low", "high"))
    by_moment = {_at(each): each for each in sorted(documents, key=_at)}
    lines = line_through([_point(at, each) for at, each in by_moment.items()])
    level = max(documents, key=_at)["protocol"]["level"]
    return Trend(ground, tuple(_stretch(line, by_moment, scale) for line in lines), scale, level)


def _stretch(line: Line, documents: Mapping[float, Mapping[str, Any]], scale: Scale) -> Stretch:
    points = [_drawn(documents[point.at], scale) for point in line.rounds]
    slope = line.slope
    told = {"value": slope.value, "low": slope.low, "high": slope.high} if slope else None
    return Stretch(tuple(points), told)  # type: ignore[arg-type]  # a slope has all three


def _drawn(document: Mapping[str, Any], scale: Scale) -> Point:
    result = document["result"]
    return Point(document["round"], _last(document), _row(document["round"], result["counts"], result["net"], scale))


def _point(at: float, document: Mapping[str, Any]) -> RoundPoint:
    net = document["result"]["net"]
    error = (net["high"] - net["low"]) / (2 * normal_quantile(net["level"]))
    # Over what it is a share must be the same; behind that the convention tells how its interval was made.
    over = net["convention"].partition(";")[0]
    study = Study(document["round"], over, net["value"], error**2)
    return RoundPoint(at, json.dumps([document["protocol"][key] for key in COMPARABLE], sort_keys=True), study)


def _at(document: Mapping[str, Any]) -> float:
    return _last(document).toordinal() / DAYS_A_YEAR


def _last(document: Mapping[str, Any]) -> date:
    return date.fromisoformat(document["protocol"]["lastDay"])
