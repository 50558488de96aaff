"""A line through successive rounds, and where it must be broken off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt

import numpy as np

from profiles.errors import BadInput, Problem
from results.statistics.estimands import Estimate
from results.statistics.meta import Study, check_spread, same_convention
from results.statistics.numeric import check_share, normal_quantile


@dataclass(frozen=True)
class RoundPoint:
    """One round on the time axis: ``at`` in years, and the protocol it followed."""

    at: float
    protocol: str
    study: Study


@dataclass(frozen=True)
class Segment:
    """Consecutive rounds under one protocol. ``slope`` per year; ``start`` and ``end`` are the line's own heights.

    One round makes no line: slope, start and end are then None.
    """

    protocol: str
    rounds: tuple[RoundPoint, ...]
    slope: Estimate | None
    start: float | None
    end: float | None


def trend(rounds: Sequence[RoundPoint], level: float = 0.95) -> tuple[Segment, ...]:
    """Segments in order of time, each with a line weighted by 1 / variance; no line crosses a change of protocol.

    The standard error of a slope takes the variances as known: 1 / sqrt(sum of weight x squared distance in time).
    BadInput without rounds, with two rounds at one moment, or with different conventions.
    """
    check_share("level", level)
    ordered = sorted(rounds, key=lambda point: point.at)
    if not ordered:
        raise BadInput(Problem("no-rounds", "Er is geen enkele ronde."))
    if len({point.at for point in ordered}) < len(ordered):
        raise BadInput(
            Problem("same-moment", "Twee rondes hebben hetzelfde moment.", remedy="Geef elke ronde haar eigen moment.")
        )
    same_convention([point.study for point in ordered])
    check_spread([point.study for point in ordered])
    return tuple(_segments(ordered, level))


def _segments(ordered: Sequence[RoundPoint], level: float) -> Iterator[Segment]:
    for protocol, group in groupby(ordered, key=lambda point: point.protocol):
        points = tuple(group)
        yield (
            Segment(protocol, points, *_line(points, level))
            if len(points) > 1
            else Segment(protocol, points, None, None, None)
        )


def _line(points: tuple[RoundPoint, ...], level: float) -> tuple[Estimate, float, float]:
    t = np.array([point.at for point in points])
    y = np.array([point.study.effect for point in points])
    w = 1 / np.array([point.study.variance for point in points])
    middle, height = float(w @ t / w.sum()), float(w @ y / w.sum())
    across = float(w @ (t - middle) ** 2)
    slope, error = float(w @ ((t - middle) * y)) / across, 1 / sqrt(across)
    half = normal_quantile(level) * error
    note = f"verandering per jaar; {points[0].study.convention}"
    estimate = Estimate("trend", "rounds", slope, slope - half, slope + half, level, len(points), "weighted_line", note)
    return estimate, height + slope * (float(t[0]) - middle), height + slope * (float(t[-1]) - middle)
