"""The blocks that reports have in common, made from the values of `results.reports.values`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from results import disclosure, formats
from results.charts import Bar, Scale
from results.charts import Strip as BandChart
from results.language import _, note
from results.paper.blocks import (
    Alert,
    Band,
    Block,
    Heading,
    Intervals,
    Items,
    Lead,
    Line,
    Stack,
    Table,
    Terms,
    Text,
    Tick,
    Tiles,
)
from results.reports.sections import words
from results.reports.values import (
    Amount,
    BeforeAfter,
    EstimateRow,
    Finding,
    FourCells,
    IntervalRow,
    IntervalTable,
    Term,
    TestRow,
    Tile,
)
from results.statistics import Counts, Estimate
from results.statistics.findings import Absent

NOTHING = "–"
Told: TypeAlias = "Block | Iterable[Told]"
"""A block, or blocks that belong together."""


def small(text: str) -> Text:
    """A remark below what it is about."""
    return Text(text, small=True)


def finding(of: Finding) -> Lead:
    return Lead(of.before, of.figure, of.after, tuple(filter(None, (of.margin, of.limits))))


def tiles(of: Iterable[Tile]) -> Iterator[Block]:
    if made := tuple((each.label, each.value, each.note) for each in of):
        yield Tiles(made)


def terms(of: Iterable[Term]) -> Terms:
    return Terms(tuple((each.term, each.text) for each in of))


def items(lines: Iterable[str]) -> Items:
    return Items(tuple(("", line) for line in lines))


def alert(heading: str, text: str | None) -> Iterator[Block]:
    if text:
        yield Alert(heading, text)


def amounts(of: Sequence[Amount], caption: str, first: str, empty: str) -> Block:
    if not of:
        return Text(empty)
    return Table(caption, (first, _("Aantal")), tuple((each.label, formats.count(each.count)) for each in of))


# --- numbers ------------------------------------------------------------------------------------------------------


def net(estimate: Estimate | None) -> str:
    """A difference with its interval, in percentage points."""
    if estimate is None or estimate.value is None:
        return NOTHING
    return f"{formats.number(100 * estimate.value)} ({formats.span(estimate.low, estimate.high)})"


def cells(counts: Counts) -> tuple[str, ...]:
    """All pairs and the four cells, as text."""
    return tuple(map(formats.count, (counts.n, counts.c11, counts.c10, counts.c01, counts.c00)))


def estimates(rows: Sequence[EstimateRow], caption: str) -> Table:
    made = (
        (row.name, row.value, row.interval, formats.count(row.estimate.n), note(row.estimate.convention), row.method)
        for row in rows
    )
    return Table(
        caption, (_("Schatting"), _("Waarde"), _("Interval"), "n", _("Waarover"), _("Methode")), tuple(made), (0, 4, 5)
    )


def estimated(found: Iterable[Estimate], caption: str) -> Iterator[Block]:
    """A table of estimates, where there are any."""
    if rows := words.estimate_rows(found):
        yield estimates(rows, caption)


def judged(rows: Sequence[TestRow], caption: str, *, statistic: bool = True) -> Iterator[Block]:
    if rows:
        head = (_("Toets"), _("p-waarde"), _("Grootheid")) if statistic else (_("Toets"), _("p-waarde"))
        yield Table(caption, head, tuple(_test(row)[: len(head)] for row in rows))


def _test(row: TestRow) -> tuple[str, str, str]:
    name = f"{row.name} {note(row.result.note)}" if row.result.note else row.name
    value = NOTHING if row.result.statistic is None else formats.number(row.result.statistic, 2)
    return name, formats.p_value(row.result.p), value


def absent(found: Iterable[Absent]) -> Iterator[Block]:
    for name, reason in words.absent_rows(found):
        yield Text(_("%(name)s: niet te berekenen. %(reason)s", name=name, reason=reason))


# --- charts with their numbers --------------------------------------------------------------------------------------


def four_cells(of: FourCells, caption: str, *, codes: bool = False) -> Iterator[Block]:
    """The bar of the four outcomes, and the same as a table."""
    if of.segments:
        parts = (
            (each.key, each.start, each.width, formats.count(each.count) if each.fits else "") for each in of.segments
        )
        told = "; ".join(f"{row.label}: {formats.count(row.count)}" for row in of.rows)
        yield Stack(
            _("Gestapelde staaf van %(count)s geslaagde tests. %(told)s.", count=formats.count(of.counts.n), told=told),
            tuple(parts),
        )
    rows = [
        (f"{row.label} ({row.key})" if codes else row.label, formats.count(row.count), formats.percent(row.share))
        for row in of.rows
    ]
    rows.append((_("Geslaagde tests"), formats.count(of.counts.n), "100%" if of.counts.n else NOTHING))
    yield Table(caption, (_("Wie kreeg een uitnodiging?"), _("Tests"), _("Aandeel")), tuple(rows), total=True)


def intervals(of: IntervalTable, caption: str, first: str) -> Iterator[Block]:
    """Differences with their intervals as a chart, and the same as a table; what is hidden has no bar and no number."""
    lines = tuple(Line(row.name, _bar(row.bar), row.total) for row in of.rows if row.hidden is None)
    if lines:
        alt = _(
            "%(caption)s. Per regel een punt met een streep voor de marge; de getallen staan in de tabel hieronder.",
            caption=caption,
        )
        yield Intervals(alt, lines, _ticks(of.scale), of.scale.zero)
    value = f"{_('Verschil in procentpunt')} ({_('%(level)s-interval', level=formats.percent(of.level))})"
    rows = tuple(_interval_row(row) for row in of.rows)
    yield Table(caption, (first, _("Tests"), value), rows, total=bool(rows) and of.rows[-1].total)


def _interval_row(row: IntervalRow) -> tuple[str, str, str]:
    if row.hidden is not None:
        return row.name, disclosure.SYMBOL, f"{disclosure.SYMBOL} ({row.hidden})"
    return row.name, NOTHING if row.pairs is None else formats.count(row.pairs), net(row.estimate)


def strip(of: BandChart, told: Sequence[str]) -> Band:
    alt = _("Grafiek in procentpunt. %(told)s.", told=". ".join(told))
    return Band(alt, _bar(of.own), _bar(of.band), _ticks(of.scale), of.scale.zero)


def _bar(bar: Bar | None) -> tuple[float, float, float] | None:
    return None if bar is None else (bar.start, bar.end, bar.point)


def _ticks(scale: Scale) -> tuple[Tick, ...]:
    return tuple(Tick(scale.at(tick), formats.number(tick, 0)) for tick in scale.ticks)


def card(heading: str, *blocks: Told, level: int = 1) -> Iterator[Block]:
    """A heading with what belongs under it."""
    yield Heading(heading, level)
    yield from flat(blocks)


def before_after(of: BeforeAfter | None) -> Iterator[Block]:
    """A re-test beside the round it re-tests; nothing for another round."""
    if of is None:
        return
    table = [Table(of.caption, of.head, of.rows)] if of.rows else []
    yield from card(of.heading, Text(of.lead), table, map(Text, of.said), map(small, of.small))


def flat(blocks: Iterable[Told]) -> Iterator[Block]:
    """One after the other, whatever came as a group."""
    for each in blocks:
        if isinstance(each, Iterable):
            yield from flat(each)
        else:
            yield each
