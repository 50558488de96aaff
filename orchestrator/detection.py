"""How far one advertiser could see that it is being tested, measured on what it received of us. Pure.

Whoever gets several letters from made-up people notices sooner, and then answers everybody alike: the difference that
is measured shrinks (Balfe, Button, Penn and Schwegman, Field Methods 34(1), 2022; NBER working paper 28718). Field
practice is no identical wording, no reuse on one advertiser, and a log of who saw through it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from math import ceil
from statistics import median
from types import MappingProxyType

from profiles.sentences import Sentence


class Sign(StrEnum):
    """What could give a test away; each grows with what the advertiser could notice."""

    NAME = "name"
    SURNAME = "surname"
    FIRST_NAME = "first_name"
    TEXT = "text"
    RHYTHM = "rhythm"
    QUESTIONS = "questions"


THRESHOLDS: Mapping[Sign, float] = MappingProxyType(
    {
        # One home-seeker may well write about several dwellings, but not often in a few weeks. A round brings a name
        # once (`rounds.casting`); more than that comes of many rounds, once all names are known.
        Sign.NAME: 5,
        # Different people who share a name: two or three are ordinary (Jansen, Mohamed). The name sets have none.
        Sign.SURNAME: 4,
        Sign.FIRST_NAME: 4,
        # Counted as absolute number, not as share: the advertiser reads our letters among many others. The eight letter
        # variants, two a test, bring one text six times to 1% of the advertisers; eight is once in every test of eight.
        Sign.TEXT: 8,
        # Moments drawn at random reach 0.6 in 3,000 advertisers; a letter a day at the same hour is 1.
        Sign.RHYTHM: 0.8,
        # Who agreed to be tested knows that tests come, so one guess is told to a person and excludes that test only,
        # also when it names the practice test. Two letters that were doubted are no longer a guess.
        Sign.QUESTIONS: 2,
    }
)
"""From which value an advertiser is paused. The example round of 240 tests, planned from 20 seeds, brings 800
advertisers to at most 1, 1, 1, 6 and 0.4 and pauses none: `benchmarks/detection.py` measures it again."""

SAID: Mapping[Sign, str] = MappingProxyType(
    {
        Sign.NAME: "Reacties onder één naam",
        Sign.SURNAME: "Mensen met dezelfde achternaam",
        Sign.FIRST_NAME: "Mensen met dezelfde voornaam",
        Sign.TEXT: "Mensen met (bijna) dezelfde tekst",
        Sign.RHYTHM: "Regelmaat van de tijd tussen reacties",
        Sign.QUESTIONS: "Reacties waarop werd gevraagd of dit een test is",
    }
)

ALIKE = 0.5
"""From which likeness two texts are the same to a reader: the same letter text filled in for two applicants has 0.68 to
1, two different letter texts at most 0.2, or less than 0.48 where both show a signal by the same sentence."""

FEWEST_FOR_RHYTHM = 8
"""With fewer letters chance alone makes the times between them look even."""

EVEN_SHARE = 0.75
"""The rhythm is that of this part of the times between letters: a weekend or a holiday must not hide it."""

_RUN = 3
_WORD = re.compile(r"\w+")


Wording = frozenset[tuple[str, ...]]
"""What a text says, as its runs of three words."""


@dataclass(frozen=True)
class Received:
    """One letter as the advertiser got it; ``own`` are phrases of this letter alone: of its listing, of a partner."""

    at: datetime
    first: str
    last: str
    body: str
    own: tuple[str, ...]

    @cached_property
    def wording(self) -> Wording:
        """What the body says, without names and listing; one that is shorter than a run is one itself."""
        words = _without(_words(self.body), filter(None, map(_words, {*self.own, self.first, self.last})))
        return frozenset(zip(*(words[start:] for start in range(_RUN)), strict=False)) or frozenset({tuple(words)})


@dataclass(frozen=True)
class Measure:
    """One sign; ``value`` is a number of letters or people, for the rhythm 0 to 1, or None when nothing can be said."""

    sign: Sign
    value: float | None

    @property
    def threshold(self) -> float:
        return THRESHOLDS[self.sign]

    @property
    def past(self) -> bool:
        return self.value is not None and self.value >= self.threshold

    @property
    def said(self) -> str:
        """A Dutch sentence of what was seen; it names nobody."""
        words = "%(sign)s: %(value)s (pauze vanaf %(limit)s)."
        limit = written(self.sign, self.threshold)
        return Sentence.of(words, sign=SAID[self.sign], value=self.text, limit=limit)

    @property
    def text(self) -> str:
        return written(self.sign, self.value)


@dataclass(frozen=True)
class Meter:
    """All signs of one advertiser, in the order of `Sign`, over so many letters."""

    letters: int
    measures: tuple[Measure, ...]

    @property
    def past(self) -> tuple[Measure, ...]:
        return tuple(measure for measure in self.measures if measure.past)

    @property
    def reason(self) -> str:
        """What was seen past its threshold, in Dutch; empty when nothing was."""
        return Sentence.joined([measure.said for measure in self.past])


def measure(letters: Sequence[Received], questions: int) -> Meter:
    """Measure what one advertiser received; ``questions`` is on how many letters it asked whether this is a test."""
    people = Counter(_sender(letter) for letter in letters)
    values: dict[Sign, float | None] = {
        Sign.NAME: max(people.values(), default=0),
        Sign.SURNAME: max(Counter(last for _, last in people).values(), default=0),
        Sign.FIRST_NAME: max(Counter(first for first, _ in people).values(), default=0),
        Sign.TEXT: _same_text(letters),
        Sign.RHYTHM: evenness([letter.at for letter in letters]),
        Sign.QUESTIONS: questions,
    }
    return Meter(len(letters), tuple(Measure(sign, values[sign]) for sign in Sign))


def likeness(one: Wording, other: Wording) -> float:
    """Return which part of the shorter text stands in the other, 0 to 1: a paragraph more does not hide a copy."""
    return len(one & other) / min(len(one), len(other))


def evenness(moments: Iterable[datetime]) -> float | None:
    """Return how even the times between letters are: 1 for a clock, about 0 for chance; None for too few letters.

    It is 1 minus the narrowest band that holds three quarters of the times between letters, divided by their median.
    """
    ordered = sorted(moments)
    if len(ordered) < FEWEST_FOR_RHYTHM:
        return None
    times = sorted((later - earlier).total_seconds() for earlier, later in pairwise(ordered))
    most = ceil(EVEN_SHARE * len(times))
    band = min(high - low for low, high in zip(times, times[most - 1 :], strict=False))
    return max(0.0, 1 - band / median(times)) if median(times) else 1.0


def written(sign: Sign, value: float | None) -> str:
    """Return a value as it is read: a number, for the rhythm a percentage, or a dash when nothing can be said yet."""
    if value is None:
        return "–"
    return f"{value:.0%}" if sign is Sign.RHYTHM else f"{value:.0f}"


def _sender(letter: Received) -> tuple[str, str]:
    return letter.first.casefold(), letter.last.casefold()


def _same_text(letters: Sequence[Received]) -> int:
    """Return how many different people sent one and the same text, at the most."""
    senders: defaultdict[Wording, set[tuple[str, str]]] = defaultdict(set)
    for letter in letters:
        senders[letter.wording].add(_sender(letter))
    # The few texts of a round are held against each other, not all the letters that were written with them.
    alike = (
        {who for other, people in senders.items() if likeness(text, other) >= ALIKE for who in people}
        for text in senders
    )
    return max(map(len, alike), default=0)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _without(words: Sequence[str], phrases: Iterable[Sequence[str]]) -> list[str]:
    """Return the words that are in none of these phrases, of which the longest that begins at a word counts."""
    by_first: defaultdict[str, list[Sequence[str]]] = defaultdict(list)
    for phrase in sorted(phrases, key=len, reverse=True):
        by_first[phrase[0]].append(phrase)
    left, at = [], 0
    while at < len(words):
        here = (len(each) for each in by_first.get(words[at], ()) if words[at : at + len(each)] == each)
        if not (length := next(here, 0)):
            left.append(words[at])
        at += length or 1
    return left
