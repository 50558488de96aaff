"""The frozen values a report is made of: numbers stay numbers, sentences are finished, in the language of the report.

Differences and shares are proportions (0.09), never percentages; a template formats them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from results.charts import Bar, Scale, Segment, Strip
from results.disclosure import Band
from results.language import DUTCH
from results.own_service import Service
from results.statistics import AdvertiserResult, Counts, Estimate, TestResult

if TYPE_CHECKING:  # the sections are made of these values
    from results.reports.sections import Sections


class Audience(StrEnum):
    RESEARCHER = "researcher"
    MUNICIPALITY = "municipality"
    BROKER = "broker"


class Direction(StrEnum):
    """What the interval of the net difference says."""

    TREATMENT_WORSE = "treatment_worse"
    CONTROL_WORSE = "control_worse"
    NOT_SHOWN = "not_shown"
    NO_DATA = "no_data"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Finding:
    """The sentence above every figure; ``figure`` is the part in bold, ``margin`` its uncertainty in words."""

    direction: Direction
    before: str
    figure: str
    after: str
    margin: str = ""
    limits: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.before}{self.figure}{self.after}"


@dataclass(frozen=True)
class Term:
    """One line of a description list."""

    term: str
    text: str


@dataclass(frozen=True)
class Tile:
    """One key figure, as text, with what it is out of."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Amount:
    """A named number of pairs, with the share of all pairs it is counted among."""

    key: str
    label: str
    count: int
    share: float | None = None


@dataclass(frozen=True)
class FourCells:
    """Usable pairs by who got a positive answer."""

    counts: Counts
    rows: tuple[Amount, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class IntervalRow:
    """A net difference with its interval; ``hidden`` holds the reason when the row may not be shown."""

    name: str
    pairs: int | None
    estimate: Estimate | None
    bar: Bar | None
    hidden: str | None = None
    total: bool = False


@dataclass(frozen=True)
class IntervalTable:
    rows: tuple[IntervalRow, ...]
    scale: Scale
    level: float


@dataclass(frozen=True)
class EstimateRow:
    """An estimate with its Dutch name and how it is written; its convention (denominator) is in the estimate."""

    estimate: Estimate
    name: str
    method: str
    value: str
    interval: str


@dataclass(frozen=True)
class TestRow:
    __test__ = False

    result: TestResult
    name: str


@dataclass(frozen=True)
class OrderRow:
    name: str
    counts: Counts
    estimate: Estimate | None


@dataclass(frozen=True)
class AdvertiserRow:
    """One advertiser, for the researcher only."""

    name: str
    kind: str
    result: AdvertiserResult
    estimate: Estimate | None


@dataclass(frozen=True)
class BeforeAfter:
    """A re-test beside the round it re-tests, as text; without rows there is nothing to show but why."""

    heading: str
    lead: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    said: tuple[str, ...]
    small: tuple[str, ...] = ()


@dataclass(frozen=True)
class Researcher:
    """Everything a round measured, aggregated; no applicant and no staff member appears in it.

    ``estimates`` are by the default methods, ``further`` the same quantities by other methods. ``levels`` is there when
    the design has a factor, ``treatments`` when it has more than one treatment: ``cells`` and estimates are then of the
    first. What was tested of them is told in sentences. ``sections`` is there once the round is closed.
    """

    tiles: tuple[Tile, ...]
    cells: FourCells
    exclusions: tuple[Amount, ...]
    open_pairs: int
    estimates: tuple[EstimateRow, ...]
    further: tuple[EstimateRow, ...]
    tests: tuple[TestRow, ...]
    districts: IntervalTable
    levels: IntervalTable | None
    levels_told: tuple[str, ...]
    treatments: IntervalTable | None
    treatments_told: tuple[str, ...]
    orders: tuple[OrderRow, ...]
    sham: str
    refusals: tuple[Amount, ...]
    coding: tuple[Term, ...]
    burden: tuple[Term, ...]
    advertisers: tuple[AdvertiserRow, ...]
    sections: Sections | None
    retest: BeforeAfter | None = None


@dataclass(frozen=True)
class Municipality:
    """Aggregates that passed the disclosure policy; None where the round as a whole may not be shown.

    ``few_excluded``: there are tests that do not count, too few to be told.
    """

    tiles: tuple[Tile, ...]
    cells: FourCells | None
    districts: IntervalTable | None
    levels: IntervalTable | None
    treatments: IntervalTable | None
    exclusions: tuple[Amount, ...]
    burden: tuple[Term, ...]
    few_excluded: bool = False


@dataclass(frozen=True)
class Group:
    """The listings that heard one arm: how many invited it, out of how many."""

    name: str
    invited: int
    n: int
    rate: str


@dataclass(frozen=True)
class Compared:
    """The control beside one treatment of an unpaired round."""

    name: str
    estimates: tuple[EstimateRow, ...]
    tests: tuple[TestRow, ...]


@dataclass(frozen=True)
class Unpaired:
    """An unpaired round, for researcher or municipality; what only the researcher sees is empty for the other.

    ``groups`` is empty where the round may not be shown, or where nothing came back yet.
    """

    tiles: tuple[Tile, ...]
    groups: tuple[Group, ...]
    compared: tuple[Compared, ...]
    exclusions: tuple[Amount, ...]
    refusals: tuple[Amount, ...]
    coding: tuple[Term, ...]
    burden: tuple[Term, ...]
    few_excluded: bool = False


@dataclass(frozen=True)
class Broker:
    """One advertiser's own figures; cells, estimate and strip are None when there are too few tests to show any.

    ``service`` has a least number of tests of its own.
    """

    name: str
    cells: FourCells | None
    estimate: Estimate | None
    band: Band | None
    strip: Strip | None
    service: Service | None
    retest: BeforeAfter | None = None


@dataclass(frozen=True)
class LookRow:
    """One declared look, or the end of the round, as text; ``counts`` is None while its numbers are not to be seen."""

    name: str
    planned: str
    opened: str
    counts: Counts | None
    net: str
    boundary: str
    spent: str
    p: str
    decision: str
    e_value: str
    always_p: str


@dataclass(frozen=True)
class LooksTold:
    """The looks of a round: what was declared, what each showed, and what follows from it in sentences."""

    declared: str
    rows: tuple[LookRow, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Hidden:
    """A round whose numbers are hidden: totals over both arms, and nothing that tells them apart."""

    tiles: tuple[Tile, ...]
    refusals: tuple[Amount, ...]
    coding: tuple[Term, ...]
    burden: tuple[Term, ...]


@dataclass(frozen=True)
class Report:
    """A finished report for one audience. ``truth`` tells the known answer of a simulated market, if there is one.

    ``moment`` is when the round was closed; of one that is not, the start of its first day. No other time is told.

    ``interim`` says of what is not finished or not released for what it may be taken, ``looks`` what became of its
    declared looks; None where there is nothing to say. ``seal`` is that of the release the report was frozen with.
    """

    audience: Audience
    title: str
    round: str
    study: str
    commissioner: str
    watermark: str | None
    interim: str | None
    finding: Finding
    meaning: tuple[Term, ...]
    truth: str | None
    body: Researcher | Municipality | Unpaired | Broker | Hidden
    provenance: tuple[Term, ...]
    digest: str
    version: int
    moment: datetime
    looks: LooksTold | None = None
    language: str = DUTCH
    seal: str | None = None
