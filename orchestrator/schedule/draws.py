"""Draws of both moments of many pairs at once, before it is asked whether an advertiser can bear them.

Chance is asked by pair and by the number of the draw (`orchestrator.chance`): a draw depends on no other pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np

from orchestrator import chance
from orchestrator.chance import Bits, Ints
from orchestrator.design import Design
from orchestrator.schedule.openings import Few, Flags, Openings
from orchestrator.schedule.times import Closure

SECOND = timedelta(seconds=1)
OPENING_SPREAD = timedelta(hours=1)
"""A letter moved to the next opening goes within this time of it: many letters at nine sharp would stand out."""


class Asked(NamedTuple):
    """What is asked for each pair: that its first letter goes on one of so many open seconds, from the lowest on.

    After each of these there is room for the shortest gaps, if all that comes between is open. The row of a pair is the
    number of the calendar of its advertiser.
    """

    keys: Bits
    lows: Few
    choices: Few


@dataclass(frozen=True, eq=False)
class Dice:
    """Draws moments from the open seconds of a schedule, for so many letters a pair; the gaps are in seconds."""

    seed: int
    openings: Openings
    shortest: int
    longest: int
    letters: int

    @classmethod
    def of(cls, design: Design, closures: Sequence[Closure]) -> "Dice":
        gaps, openings = design.schedule.gap_hours, Openings.of(design.schedule, closures)
        return cls(design.seed, openings, round(gaps.min * 3600), round(gaps.max * 3600), design.question.letters)

    def under(self, closures: Sequence[Closure]) -> "Dice":
        """The same under other closures."""
        return replace(self, openings=self.openings.under(closures))

    @cached_property
    def room(self) -> Few:
        """By calendar: how many open seconds leave room for the shortest gaps after them."""
        room = np.zeros_like(self.openings.totals)
        ever = np.flatnonzero(self.openings.totals)
        last, _ = self.openings.moments(ever, self.openings.totals[ever] - 1)
        room[ever] = self.openings.before(ever, last - self.shortest * (self.letters - 1) + 1)
        return room

    def first(self, asked: Asked, rows: Ints, numbers: int | Ints) -> tuple[Few, Ints]:
        """Draw the moment of the first letter of each pair, and its day; ``numbers`` are the draws', or that of all."""
        choices = asked.choices.take(rows)
        drawn = chance.below(self.seed, "first moment", asked.keys.take(rows), numbers, limits=choices)
        return self.openings.moments(rows, asked.lows.take(rows) + drawn.astype(np.int32))

    def all(self, asked: Asked, rows: Ints, numbers: int | Ints, first: Few) -> tuple[Few, Flags]:
        """Draw the moments of all letters of each pair, a row for each letter, and whether all found one."""
        moments, fits, keys = [first], np.ones(len(first), np.bool_), asked.keys.take(rows)
        for order in range(2, self.letters + 1):
            lows, choices = self.choices(rows, moments[-1] + self.shortest, moments[-1] + self.longest)
            fits &= choices > 0
            limits = np.maximum(choices, 1)
            drawn = chance.below(self.seed, f"moment {order}", keys, numbers, limits=limits)
            chosen = np.minimum(lows + drawn.astype(np.int32), self.openings.totals.take(rows) - 1)
            moments.append(self.openings.moments(rows, chosen)[0])
        return np.stack(moments), fits

    def choices(self, calendars: Ints, earliest: Few | Ints, latest: Few | Ints) -> tuple[Few, Few]:
        """The lowest of the open seconds from earliest to latest, and how many there are.

        Where nothing is open between the two these are the seconds soon after the next opening, if there is one.
        """
        lows = self.openings.before(calendars, earliest)
        choices = self.openings.before(calendars, latest + 1) - lows
        shut = np.flatnonzero(choices <= 0)
        shut = shut[lows[shut] < self.openings.totals[calendars[shut]]]
        if shut.size:
            left = self.openings.rest_of_day(calendars[shut], lows[shut])
            choices[shut] = np.minimum(left, OPENING_SPREAD // SECOND + 1)
        return lows, choices
