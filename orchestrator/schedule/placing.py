"""Both moments of all pairs of many advertisers, all advertisers abreast; `place` says by which rules.

First the first listing of each advertiser is placed, then the second of each, and so on, in the random order of an
advertiser's own listings. So what a step needs of each advertiser is one row of an array.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from orchestrator import chance
from orchestrator.assignment import Homes, Refusal, RefusalReason
from orchestrator.chance import Bits, Ints
from orchestrator.design import Design, Schedule
from orchestrator.schedule.draws import Asked, Dice
from orchestrator.schedule.openings import WEEK, Few, Flags, Openings
from orchestrator.schedule.times import Closure, Placement, Times

TRIES = 500
NONE = -1
FAR = -(2**30)

# How many advertisers go abreast, and how many draws are looked at together at least: it matters to the time it takes
# and to the memory, and to nothing else.
ABREAST = 16384
TOGETHER = 4096


@dataclass(frozen=True, eq=False)
class Moments:
    """The moments of many listings, a column each, in seconds since 1970 (UTC); `NONE` where none was found.

    ``letters`` has a row for each letter of a pair, in order; ``longest`` is the longest declared gap, in seconds.
    """

    homes: Homes
    letters: Ints
    longest: int

    @property
    def found(self) -> Ints:
        """The rows that moments were found for."""
        return np.flatnonzero(self.letters[0] != NONE)

    def placement(self) -> Placement:
        """The same in words."""
        times: dict[str, Times] = {}
        refused: list[Refusal] = []
        for listing, moments in zip(self.homes.listings, self.letters.T.tolist(), strict=True):
            if moments[0] == NONE:
                refused.append(Refusal(listing, RefusalReason.NO_MOMENT))
            else:
                times[listing] = times_of(moments, self.longest)
        return Placement(MappingProxyType(times), tuple(refused))


def times_of(moments: Sequence[int], longest: int) -> Times:
    """The times of the letters of a pair, from seconds."""
    seconds = moments if len(moments) > 1 else [*moments, *moments]
    gaps = [timedelta(seconds=min(later - earlier, longest)) for earlier, later in pairwise(seconds)]
    first, second, *further = (datetime.fromtimestamp(moment, UTC) for moment in seconds)
    return Times(first, second, gaps[0], tuple(zip(further, gaps[1:], strict=True)))


def place_all(design: Design, homes: Homes, closures: Mapping[str, Closure]) -> Moments:
    """Draw the moments of all pairs of many advertisers, whose closures are known by its key; rules as of `place`.

    What an advertiser gets follows from the design, its key, its closure and its listings: not from the others, nor
    from any order.
    """
    advertisers, owners = homes.owners
    keys, all_ = pair_keys(homes), Dice.of(design, ())
    letters = np.empty((all_.letters, len(homes.listings)), np.int64)
    in_order = chance.shuffled(chance.bits(design.seed, "rank", keys), owners)
    for some, levels in _abreast(np.bincount(owners), in_order):
        dice = all_.under([closures[advertisers[row]] for row in some.tolist()])
        board = Board(design.schedule, dice.openings, len(some), len(levels) * dice.letters)
        # All levels are read at once, and written at once: their pairs are neighbours in memory.
        for level, own in enumerate([keys[pairs] for pairs in levels]):
            asked = Asked(own, np.zeros(len(own), np.int32), dice.room[: len(own)])
            borne(dice, board, level * dice.letters, asked)
        for level, pairs in enumerate(levels):
            found = board.moments(level * dice.letters, dice.letters, len(pairs))
            for row, moments in zip(letters, found, strict=True):
                row[pairs] = moments
    return Moments(homes, letters, all_.longest)


def pair_keys(homes: Homes) -> Bits:
    """By what chance knows each pair."""
    advertisers, owners = homes.owners
    return chance.together(chance.digests(advertisers)[owners], homes.keys)


def _abreast(sizes: Ints, in_order: Ints) -> Iterator[tuple[Ints, list[Ints]]]:
    """Some advertisers at a time, with the first listing of each, the second of each that has one, and so on.

    ``sizes`` are the numbers of listings of the advertisers, whose listings follow each other ``in_order``. Those with
    most go first, so that an advertiser stands in the same row of each array.
    """
    begins, largest_first = np.cumsum(sizes) - sizes, np.argsort(-sizes, kind="stable")
    largest_first = largest_first[: np.count_nonzero(sizes)]
    parts = -(-len(largest_first) // ABREAST)
    # All as large as each other: a few left over would cost as many steps as the most.
    for some in np.array_split(largest_first, parts) if parts else ():
        yield some, [in_order[begins[some][sizes[some] > level] + level] for level in range(sizes[some[0]])]


class Board:
    """The moments that some advertisers have, each letter on a place of its own; what more they can bear."""

    def __init__(self, schedule: Schedule, openings: Openings, advertisers: int, places: int) -> None:
        days = len(openings.starts)
        self.per_week, self.per_day = schedule.per_advertiser_week, schedule.per_advertiser_day
        self.rest = math.ceil(schedule.cooldown_hours * 3600)
        self.days = days
        # By advertiser and week, or day; flat, since that is read in half the time.
        self.in_week = np.zeros(advertisers * days // WEEK, np.int16)
        self.on_day = np.zeros(advertisers * days, np.int16)
        self.origin = openings.origin
        self.letters = np.full((places, advertisers), FAR, np.int32)

    def has_room(self, rows: Ints, days: Ints) -> Flags:
        """Whether each advertiser may have one more pair in the week and on the day of its first letter."""
        places = rows * self.days + days
        room: Flags = self.in_week.take(places // WEEK) < self.per_week
        if self.per_day:
            room &= self.on_day.take(places) < self.per_day
        return room

    def has_rest(self, rows: Ints, letters: Few, places: int) -> Flags:
        """Whether all letters of each pair keep the cool-down from those on the first places of its advertiser."""
        there, near = self.letters[:places].take(rows, axis=1), np.zeros(len(rows), np.bool_)
        for moments in letters:
            # Less than the cool-down before or after is one comparison, where what is negative counts as very large.
            apart = (there - (moments - (self.rest - 1))).view(np.uint32)
            near |= (apart < 2 * self.rest - 1).any(axis=0)
        return ~near

    def add(self, rows: Ints, letters: Few, days: Ints, place: int) -> None:
        """Put the letters of a pair on this place and the next of these advertisers, which are all different."""
        places = rows * self.days + days
        self.in_week[places // WEEK] += 1
        if self.per_day:
            self.on_day[places] += 1
        for own, moments in zip(self.letters[place : place + len(letters)], letters, strict=True):
            own[rows] = moments

    def moments(self, place: int, number: int, advertisers: int) -> Ints:
        """The letters on so many places of so many advertisers, in seconds since 1970 (UTC); `NONE` for no letter."""
        letters = self.letters[place : place + number, :advertisers]
        return np.where(letters == FAR, NONE, letters + np.int64(self.origin))

    def hold(self, place: int, times: Times, day: int | None) -> None:
        """Put a pair that is there already on this place and the next, of the only advertiser of this board.

        It takes twice as many places as it has letters.

        A letter that went at a fraction of a second stands on the whole seconds before and after it; ``day`` is None
        for a first letter in no week of the period.
        """
        moments = [moment.timestamp() - self.origin for moment in times.moments]
        around = [whole(moment) for whole in (math.floor, math.ceil) for moment in moments]
        self.letters[place : place + len(around), 0] = around
        if day is not None:
            self.in_week[day // WEEK] += 1
            self.on_day[day] += 1


def borne(dice: Dice, board: Board, place: int, asked: Asked) -> None:
    """Put one more pair of each advertiser on the board, at the first of its draws that the advertiser can bear.

    Its letters go on ``place`` and the next; nothing does when no draw can be borne. The fewer are left and the more
    they tried, the more draws of each are looked at together; which is the first that can be borne does not change by
    it.
    """
    waiting, tried = np.flatnonzero(asked.choices > 0), 0
    while waiting.size and tried < TRIES:
        many = min(TRIES - tried, max(1, min(tried, TOGETHER // waiting.size)))
        rows = waiting if many == 1 else np.repeat(waiting, many)
        numbers = tried if many == 1 else np.tile(np.arange(tried, tried + many), waiting.size)
        rows, letters, days = _bearable(dice, board, place, asked, rows, numbers)
        if many > 1:
            # The draws of an advertiser follow each other: the first is where its row begins.
            begins = np.diff(rows, prepend=-1) > 0
            rows, letters, days = rows[begins], letters[:, begins], days[begins]
        board.add(rows, letters, days, place)
        waiting, tried = waiting[board.letters[place, waiting] == FAR], tried + many


def _bearable(
    dice: Dice, board: Board, places: int, asked: Asked, rows: Ints, numbers: int | Ints
) -> tuple[Ints, Few, Ints]:
    """Make these draws; return the rows, the moments and the first days of those that can be borne, in order."""
    first, days = dice.first(asked, rows, numbers)
    left = np.flatnonzero(board.has_room(rows, days))
    rows, first, days = rows.take(left), first.take(left), days.take(left)
    letters, good = dice.all(asked, rows, numbers if isinstance(numbers, int) else numbers.take(left), first)
    if board.rest and places:
        good &= board.has_rest(rows, letters, places)
    left = np.flatnonzero(good)
    return rows.take(left), letters.take(left, axis=1), days.take(left)
