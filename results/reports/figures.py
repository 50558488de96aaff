"""From pair rows to the numbers of a report: which pairs count, which interval is shown, and the charts' geometry."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import add

import numpy as np

from orchestrator.pair_outcomes import Counted
from orchestrator.states import PairState
from profiles.pairs import BOTH
from results import charts, tables
from results.language import _, current
from results.reports import wording
from results.reports.values import AdvertiserRow, Amount, FourCells, IntervalRow, IntervalTable, OrderRow
from results.statistics import Analysis, Counts, Estimate, advertisers, analyse, minimum_detectable
from results.statistics.clustering import tabulate
from results.statistics.further import nets
from results.tables import PairRow, RoundTable

CELL_LABELS = {
    "c11": "Beide profielen een uitnodiging",
    "c10": "Alleen het controleprofiel (nadeel voor testprofiel)",
    "c01": "Alleen het testprofiel (nadeel voor controleprofiel)",
    "c00": "Geen van beide",
}


def real(rows: Iterable[PairRow]) -> tuple[PairRow, ...]:
    """The pairs that compare the two groups; a sham pair compares a group with itself."""
    return tuple(row for row in rows if not row.sham)


def usable(rows: Iterable[PairRow]) -> tuple[PairRow, ...]:
    return tuple(row for row in rows if row.state == PairState.USABLE)


def analysed(rows: Iterable[PairRow], level: float, *, all_methods: bool = False) -> Analysis | None:
    """Everything computed from the usable pairs, clustered by advertiser where that applies; None without pairs."""
    counted = usable(rows)
    if not counted:
        return None
    places: dict[str, int] = {}
    codes = [places.setdefault(row.advertiser, len(places)) for row in counted]
    control, treatment = zip(*(row.cell for row in counted), strict=True)
    table = tabulate(control, treatment, codes)
    return analyse(tables.counts(counted), level=level, advertisers=table, all_methods=all_methods)


def analysed_kept(kept: Iterable[Counted], level: float) -> Analysis | None:
    """The same as `analysed` makes of the rows, from their counts."""
    table = np.array([each for each in _cells(kept).values() if any(each)], dtype=np.int64).reshape(-1, 4)
    return analyse(Counts(*table.sum(axis=0).tolist()), level=level, advertisers=table) if len(table) else None


def net(analysis: Analysis | None) -> Estimate | None:
    """The net difference over all pairs, with the wider of Tango's and the clustered interval.

    With few advertisers the clustered interval is often too narrow; the wider one never claims more than either.
    """
    if analysis is None:
        return None
    tango = analysis.estimate("net_discrimination", method="tango")
    nets = [each for each in analysis.estimates if (each.name, each.over) == ("net_discrimination", "all")]
    clustered = next((each for each in nets if each.method.startswith("cluster_")), tango)
    return max(tango, clustered, key=width)


def width(estimate: Estimate) -> float:
    """How wide an interval is; 0 for one that does not exist."""
    return 0.0 if estimate.low is None or estimate.high is None else estimate.high - estimate.low


def detectable(analysis: Analysis | None, level: float) -> float | None:
    """The smallest net difference this round would have found with 80% power, None when not even the largest.

    Connor's formula supposes independent pairs, so it is stretched by as much as the shown interval is wider than
    Tango's.
    """
    shown = net(analysis)
    if analysis is None or shown is None:
        return None
    counts = analysis.counts
    smallest = minimum_detectable(counts.n, counts.discordant / counts.n, alpha=1 - level)
    stretch = width(shown) / width(analysis.estimate("net_discrimination", method="tango"))
    return smallest * stretch if smallest * stretch < 1 else None


def four_cells(counts: Counts) -> FourCells:
    cells = [("c11", counts.c11), ("c10", counts.c10), ("c01", counts.c01), ("c00", counts.c00)]
    rows = tuple(Amount(key, _(CELL_LABELS[key]), n, n / counts.n if counts.n else None) for key, n in cells)
    return FourCells(counts, rows, charts.segments(cells))


def by(rows: Iterable[PairRow], key: Callable[[PairRow], str]) -> dict[str, tuple[PairRow, ...]]:
    """Rows grouped by a key, groups in alphabetical order."""
    groups: dict[str, list[PairRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {name: tuple(groups[name]) for name in sorted(groups, key=str.casefold)}


def interval_table(
    groups: Mapping[str, Sequence[PairRow]], total: str | None, level: float, hidden: Mapping[str, str] | None = None
) -> IntervalTable:
    """Net difference per group, on one scale; ``hidden`` names groups not to show, and why.

    Under the name ``total`` also over all of them, unless groups share their listings.
    """
    away = hidden or {}
    named = [(name, net(analysed(rows, level)), len(usable(rows))) for name, rows in groups.items()]
    shown = [each for each in named if each[0] not in away]
    everything = [row for rows in groups.values() for row in rows]
    overall = [(total, net(analysed(everything, level)), len(usable(everything)))] if total else []
    on = charts.scale(limit for _name, each, _pairs in [*shown, *overall] if each for limit in (each.low, each.high))
    rows = [interval_row(*each, on, away.get(each[0])) for each in named]
    return IntervalTable((*rows, *(interval_row(*each, on, None, total=True) for each in overall)), on, level)


def interval_row(
    name: str, estimate: Estimate | None, pairs: int, on: charts.Scale, hidden: str | None, *, total: bool = False
) -> IntervalRow:
    """A net difference placed on a scale; ``hidden`` is the reason not to show it."""
    if hidden is not None:
        return IntervalRow(name, None, None, None, hidden)
    drawn = None
    if estimate and estimate.value is not None and estimate.low is not None and estimate.high is not None:
        drawn = charts.bar(estimate.low, estimate.value, estimate.high, on)
    return IntervalRow(name, pairs, estimate, drawn, total=total)


def order_rows(rows: Sequence[PairRow], level: float) -> tuple[OrderRow, ...]:
    """Does it matter who reacts first? Counts and net difference within each order."""
    halves = [(arm, [row for row in rows if row.first == arm]) for arm in BOTH]
    return tuple(
        OrderRow(_(wording.FIRST[arm]), tables.counts(half), net(analysed(half, level))) for arm, half in halves
    )


def everyone(table: RoundTable) -> dict[str, AdvertiserRow]:
    """Every advertiser with its verdict adjusted for how many there are; key: advertiser, in order of name."""
    # The rows have words of one language in them.
    return table.once(("everyone", current()), lambda: _advertiser_rows(table))


def _advertiser_rows(table: RoundTable) -> dict[str, AdvertiserRow]:
    names, counts = who(table), _by_office(table)
    plain = plain_nets(counts, table.facts.level)
    found = {
        result.advertiser: AdvertiserRow(
            names[result.advertiser][0],
            wording.told(wording.KINDS, names[result.advertiser][1]),
            result,
            plain.get(result.advertiser),
        )
        for result in advertisers(counts)
    }
    return dict(sorted(found.items(), key=lambda item: (item[1].name.casefold(), item[0])))


def who(table: RoundTable) -> dict[str, tuple[str, str]]:
    """The name and the kind of every advertiser, by its key."""
    if table.kept is not None:
        return {each.advertiser: (each.name, each.kind) for each in table.kept}
    return {row.advertiser: (row.advertiser_name, row.advertiser_kind) for row in table.rows}


def _by_office(table: RoundTable) -> dict[str, Counts]:
    """The counts of every advertiser with a real pair, in alphabetical order."""
    if table.kept is None:
        groups = by(real(table.rows), lambda row: row.advertiser)
        return {key: tables.counts(group) for key, group in groups.items()}
    cells = _cells(table.kept)
    return {key: Counts(*cells[key]) for key in sorted(cells, key=str.casefold)}


def _cells(kept: Iterable[Counted]) -> dict[str, tuple[int, ...]]:
    """The four cells of every advertiser with a real pair, in the order of the first of its pairs that counts."""
    found: dict[str, tuple[int, ...]] = {}
    for each in sorted(kept, key=lambda each: (each.first is None, each.first or "")):
        if not each.sham:
            before = found.get(each.advertiser)
            found[each.advertiser] = tuple(map(add, before, each.cells)) if before else each.cells
    return found


def plain_nets(counts: Mapping[str, Counts], level: float) -> dict[str, Estimate]:
    """Net difference with Tango's interval of every group that has a pair, all at once: there may be thousands."""
    tested = {name: each for name, each in counts.items() if each.n}
    return {group.name: group.estimates[0] for group in nets("advertiser", tested, level, "bh")} if tested else {}


def amounts(tally: Mapping[str, int], words: Mapping[str, str]) -> tuple[Amount, ...]:
    """A tally by code as named amounts, the largest first."""
    ordered = sorted(Counter(tally).items(), key=lambda item: (-item[1], item[0]))
    return tuple(Amount(code, wording.told(words, code), amount) for code, amount in ordered)
