"""Geometry of the charts, in percent of the width; templates only draw it. Every chart stands beside its numbers.

Differences come in as proportions (0.09) and become percentage points (9) on the scale, so that ticks are whole
numbers. Nothing here is text: a reader who cannot see the picture loses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor

STEPS = (1, 2, 5, 10, 20, 25, 50)
MOST_TICKS = 5
LABEL_FITS = 6.0


@dataclass(frozen=True)
class Scale:
    """A range in percentage points with its ticks; always contains zero."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, points: float) -> float:
        """Place on the width, 0 to 100; what falls outside is drawn at the edge."""
        share = (points - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    @property
    def zero(self) -> float:
        return self.at(0)

    @property
    def marks(self) -> tuple[float, ...]:
        return tuple(self.at(tick) for tick in self.ticks)


@dataclass(frozen=True)
class Bar:
    """An interval with its point, on the width of a scale."""

    start: float
    end: float
    point: float

    @property
    def width(self) -> float:
        return round(self.end - self.start, 2)


@dataclass(frozen=True)
class Segment:
    """One of the four outcomes of a pair in the stacked bar; ``fits`` says whether its count can stand inside."""

    key: str
    count: int
    start: float
    width: float

    @property
    def fits(self) -> bool:
        return self.width >= LABEL_FITS

    @property
    def middle(self) -> float:
        return round(self.start + self.width / 2, 2)


@dataclass(frozen=True)
class Strip:
    """One broker above the anonymous band of all brokers; either may be missing."""

    scale: Scale
    own: Bar | None
    band: Bar | None


def scale(proportions: Iterable[float | None]) -> Scale:
    """The smallest range of round ticks that holds every proportion and zero. No values: −10 to 10 points."""
    points = [100 * value for value in proportions if value is not None] or [-10.0, 10.0]
    low, high = min(0.0, *points), max(0.0, *points)
    step = next((step for step in STEPS if (high - low) / step <= MOST_TICKS), STEPS[-1])
    first, last = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
    return Scale(first * step, last * step, tuple(float(step * place) for place in range(first, last + 1)))


def bar(low: float, value: float, high: float, on: Scale) -> Bar:
    """Place an interval of proportions on a scale."""
    return Bar(on.at(100 * low), on.at(100 * high), on.at(100 * value))


def segments(cells: Sequence[tuple[str, int]]) -> tuple[Segment, ...]:
    """Stack counts into one bar of width 100; empty cells take no room. No counts at all: no segments."""
    total = sum(count for _, count in cells)
    drawn, start = [], 0.0
    for key, count in cells:
        if not count:
            continue
        width = 100 * count / total
        drawn.append(Segment(key, count, round(start, 2), round(width, 2)))
        start += width
    return tuple(drawn)


def strip(own: tuple[float, float, float] | None, band: tuple[float, float, float] | None) -> Strip:
    """Own (low, value, high) and band (lower quartile, median, upper quartile) on one scale, in proportions."""
    on = scale((*(own or ()), *(band or ())))
    return Strip(on, bar(*own, on) if own else None, bar(*band, on) if band else None)


@dataclass(frozen=True)
class Mark:
    """A tick: its place in the drawing and its value."""

    at: float
    value: float


@dataclass(frozen=True)
class PowerChart:
    """A line of power (0 to 1) over numbers of pairs, in a drawing of ``WIDE`` by ``HIGH`` units; y runs down.

    ``points`` are (x, y), ``target`` the height of the wanted power, ``pairs`` and ``shares`` the ticks of the axes.
    """

    points: tuple[tuple[float, float], ...]
    target: float
    pairs: tuple[Mark, ...]
    shares: tuple[Mark, ...]


WIDE, HIGH = 600.0, 300.0
PAIR_STEPS = tuple(base * 10**tens for tens in range(6) for base in (1, 2, 5))


def power_chart(pairs: Sequence[int], power: Sequence[float], target: float) -> PowerChart:
    """Place a curve on axes that begin at zero; the x axis ends at the last size."""
    last = max(pairs)
    step = next((step for step in PAIR_STEPS if last / step <= MOST_TICKS), PAIR_STEPS[-1])
    points = ((_x(n, last), _y(share)) for n, share in zip(pairs, power, strict=True))
    return PowerChart(
        points=((0.0, HIGH), *points),
        target=_y(target),
        pairs=tuple(Mark(_x(n, last), n) for n in range(0, last + 1, step)),
        shares=tuple(Mark(_y(place / 5), place / 5) for place in range(6)),
    )


@dataclass(frozen=True)
class Growth:
    """Running totals over days as lines in a drawing of ``WIDE`` by ``HIGH`` units; ``most`` is the top."""

    lines: Mapping[str, tuple[tuple[float, float], ...]]
    most: int


def growth(days: Sequence[int], amounts: Mapping[str, Sequence[int]]) -> Growth:
    """Add up each amount day by day; ``days`` are numbers of days, in order. No days: no lines."""
    totals = {name: list(accumulate(numbers)) for name, numbers in amounts.items()}
    most = max((each[-1] for each in totals.values() if each), default=0)
    span = (days[-1] - days[0]) or 1 if days else 1
    lines = {
        name: tuple(
            (round(WIDE * (day - days[0]) / span, 1), round(HIGH * (1 - total / (most or 1)), 1))
            for day, total in zip(days, each, strict=True)
        )
        for name, each in totals.items()
    }
    return Growth(lines if days else {}, most)


def _x(pairs: int, last: int) -> float:
    return round(WIDE * pairs / last, 2)


def _y(share: float) -> float:
    return round(HIGH * (1 - share), 2)
