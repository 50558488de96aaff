"""When the two letters of each pair go out: uniform over the open seconds, within the load an advertiser may bear."""

import math
from collections.abc import Collection
from datetime import UTC, date, datetime

import numpy as np
from numpy.random import Generator

from orchestrator.assignment import Homes
from orchestrator.design import Calendar, Design
from orchestrator.design.calendar import Span
from orchestrator.schedule.draws import OPENING_SPREAD, SECOND, Asked, Dice
from orchestrator.schedule.placing import NONE, Board, Moments, borne, pair_keys, place_all, times_of
from orchestrator.schedule.times import Closure, Placement, Times

__all__ = [
    "Calendar", "Closure", "Moments", "Placement", "Times", "latest_start", "place", "place_all", "place_beside",
    "when_open",
]  # fmt: skip


def place(
    design: Design,
    advertiser: str,
    listings: Collection[str],
    *,
    consent: tuple[date, date] | None = None,
    days_off: frozenset[date] = frozenset(),
) -> Placement:
    """Draw the moments of all pairs of one advertiser; the order of ``listings`` does not matter.

    The first letter is uniform over the open seconds after which the shortest gap still fits in the period; the second
    is uniform over the open seconds from the shortest to the longest gap (clock hours) after it. Is nothing open
    between those two, as over a weekend, then it goes soon after the next opening. A draw that breaks a cap (of the
    day or ISO week of the first letter) or the cool-down between letters of different pairs is drawn again, with a
    counter in its key. ``consent`` is the first and last day the advertiser takes part: no letter is planned outside
    them, nor on its ``days_off``.
    """
    return place_all(design, _homes(advertiser, dict.fromkeys(listings)), {advertiser: (consent, days_off)}).placement()


def place_beside(
    design: Design,
    advertiser: str,
    listing: str,
    others: Collection[Times],
    *,
    consent: tuple[date, date],
    window: Span,
    days_off: frozenset[date] = frozenset(),
) -> Times | None:
    """Draw the moments of one more pair of an advertiser whose ``others`` stay where they are; None when none is found.

    As `place`, but the first letter is uniform over the open seconds of ``window`` (aware, both ends included), or goes
    soon after the next opening when nothing in it is open.
    """
    dice = Dice.of(design, [(consent, days_off)])
    earliest, latest = math.ceil(window[0].timestamp()), math.floor(window[1].timestamp())
    ends = (np.array([moment - dice.openings.origin]) for moment in (earliest, latest))
    lows, choices = dice.choices(np.zeros(1, np.int64), *ends)
    asked = Asked(pair_keys(_homes(advertiser, [listing])), lows, np.minimum(choices, dice.room - lows))
    held = np.cumsum([0, *(2 * len(other.moments) for other in others)]).tolist()
    board, calendar = Board(design.schedule, dice.openings, 1, held[-1] + dice.letters), Calendar(design.schedule)
    for place, other in zip(held, others, strict=False):
        board.hold(place, other, dice.openings.day_index(calendar.day_of(other.first)))
    borne(dice, board, held[-1], asked)
    moments = board.moments(held[-1], dice.letters, 1)[:, 0].tolist()
    return times_of(moments, dice.longest) if moments[0] != NONE else None


def _homes(advertiser: str, listings: Collection[str]) -> Homes:
    """The listings of one advertiser; of strata a schedule knows nothing."""
    return Homes.of(list(listings), [advertiser] * len(listings), [""] * len(listings))


def latest_start(design: Design, days_off: frozenset[date] = frozenset()) -> datetime | None:
    """Return the last moment at which a pair may begin, so that its letters still fit; None when none does."""
    dice = Dice.of(design, [(None, days_off)])
    if not dice.room[0]:
        return None
    (last,), _ = dice.openings.moments(np.zeros(1, np.int64), dice.room - 1)
    return datetime.fromtimestamp(dice.openings.origin + int(last), UTC)


def when_open(calendar: Calendar, moment: datetime, rng: Generator) -> datetime:
    """Return the moment itself when it is open, else one drawn soon after the next opening."""
    opening = calendar.next_open(moment)
    if opening == moment:
        return moment
    spread = min(OPENING_SPREAD, calendar.closing(opening) - SECOND - opening)
    return opening + int(rng.integers(spread // SECOND, endpoint=True)) * SECOND
