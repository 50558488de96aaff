"""Parity: the two letters of a pair carry the same facts, and over a round their words do not follow the arm."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import unified_diff

from profiles.letters import Dwelling, Letter, facts, render
from profiles.pairs import Arm
from profiles.profile import Name, Profile

MOST_LEANING = 4.0
"""Where the arms are exchangeable a leaning is nearly standard normal: one in 16,000 passes this by chance alone."""


@dataclass(frozen=True)
class Written:
    """A letter as it was planned: in which variant, by whom, and what it says."""

    variant: str
    profile: Profile
    letter: Letter


@dataclass(frozen=True)
class LetterPair:
    """The two letters on one dwelling, by arm; ``code`` is the pair's."""

    code: str
    dwelling: Dwelling
    letters: Mapping[Arm, Written]


@dataclass(frozen=True)
class Violation:
    """What breaks the likeness of the arms: a Dutch sentence, the pair's code (None: the whole round), and a diff."""

    pair: str | None
    sentence: str
    diff: tuple[str, ...] = ()


@dataclass(frozen=True)
class Leaning:
    """How much a marker of the words follows the arm over a round: both means, and ``z`` = sum(d) / sqrt(sum(d²)).

    ``d`` is treatment minus control of each pair. Under arms that could as well have been swapped, ``z`` has mean 0 and
    variance 1 (the sign-flip test of Fisher, The Design of Experiments, 1935, §21); 0 when no pair differs.
    """

    marker: str
    control: float
    treatment: float
    z: float
    n: int


def check(pairs: Sequence[LetterPair], level: str) -> tuple[Violation, ...]:
    """Return every violation of parity in a round's pairs; empty when a hostile reader would find none."""
    return (*(violation for pair in pairs for violation in check_pair(pair, level)), *_leaning_too_far(pairs))


def check_pair(pair: LetterPair, level: str) -> Iterator[Violation]:
    """Give what breaks parity within one pair: other facts, another text than its variant gives, facts left out."""
    yield from _other_facts(pair)
    yield from _not_a_function(pair, level)
    yield from _not_alike_without_signal(pair, level)
    yield from _facts_left_out(pair, level)


def leanings(pairs: Sequence[LetterPair]) -> tuple[Leaning, ...]:
    """Return how far each marker of length and tone follows the arm, over all pairs."""
    return tuple(_leaning(marker, count, pairs) for marker, count in MARKERS.items())


def _words(pattern: str) -> Callable[[str], int]:
    found = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
    return lambda text: len(found.findall(text))


MARKERS: Mapping[str, Callable[[str], int]] = {
    "tekens": len,
    "woorden": lambda text: len(text.split()),
    "alinea's": lambda text: text.count("\n\n"),
    "vraagtekens": lambda text: text.count("?"),
    "uitroeptekens": lambda text: text.count("!"),
    "formele aanhef of groet": _words("geachte|hoogachtend|dear sir|yours (?:sincerely|faithfully)"),
    "u en uw": _words("u|uw"),
    "je en jouw": _words("je|jij|jou|jouw"),
    "dank": _words("dank|bedankt|thanks?"),
    "bijlagen": _words("bijlagen?|bijgevoegd|meegestuurd|attach(?:ed|ments?)"),
}
"""What is counted in a letter without its signature: length, tone, and attachments that it speaks of (it has none)."""


def _other_facts(pair: LetterPair) -> Iterator[Violation]:
    control, treatment = (pair.letters[arm].profile for arm in Arm)
    for field in fields(Profile):
        one, other = getattr(control, field.name), getattr(treatment, field.name)
        if field.name != "name" and one != other:
            sentence = f"De twee woningzoekers verschillen ook in {field.name}."
            yield Violation(pair.code, sentence, (f"- {one}", f"+ {other}"))


def _not_a_function(pair: LetterPair, level: str) -> Iterator[Violation]:
    for written in pair.letters.values():
        again = render(written.variant, written.profile, pair.dwelling, level)
        if again != written.letter:
            sentence = f"Brief '{written.variant}' is niet de tekst die de briefversie met deze gegevens geeft."
            yield Violation(pair.code, sentence, _diff(again, written.letter))


def _not_alike_without_signal(pair: LetterPair, level: str) -> Iterator[Violation]:
    """In either variant, both applicants must write the very same letter once their names are taken away."""
    nameless = [_nameless(pair.letters[arm].profile) for arm in Arm]
    for variant in sorted({written.variant for written in pair.letters.values()}):
        control, treatment = (render(variant, profile, pair.dwelling, level) for profile in nameless)
        if control != treatment:
            sentence = f"Zonder het signaal verschillen de twee brieven van versie '{variant}' nog."
            yield Violation(pair.code, sentence, _diff(control, treatment))


def _nameless(profile: Profile) -> Profile:
    return replace(profile, name=Name("Voornaam", "Achternaam", "", profile.name.gender))


def _facts_left_out(pair: LetterPair, level: str) -> Iterator[Violation]:
    control, treatment = (_carried(pair.letters[arm], level) for arm in Arm)
    if control != treatment:
        sentence = f"De ene brief noemt {', '.join(sorted(control ^ treatment))}, de andere niet."
        yield Violation(pair.code, sentence, _diff(*(pair.letters[arm].letter for arm in Arm)))


def _carried(written: Written, level: str) -> frozenset[str]:
    """Return the facts of its writer that a letter mentions."""
    text = f"{written.letter.subject}\n{written.letter.body}"
    return frozenset(field for field, words in facts(written.profile, level).items() if str(words) in text)


def _leaning_too_far(pairs: Sequence[LetterPair]) -> Iterator[Violation]:
    for leaning in leanings(pairs):
        if abs(leaning.z) > MOST_LEANING:
            sentence = (
                f"Over de hele ronde hangt '{leaning.marker}' samen met het profiel: gemiddeld {leaning.control:.1f} "
                f"bij het controleprofiel en {leaning.treatment:.1f} bij het testprofiel (z = {leaning.z:.1f})."
            )
            yield Violation(None, sentence)


def _leaning(marker: str, count: Callable[[str], int], pairs: Sequence[LetterPair]) -> Leaning:
    told = [[count(_unsigned(pair.letters[arm])) for pair in pairs] for arm in Arm]
    control, treatment = told
    differences = [other - one for one, other in zip(control, treatment, strict=True)]
    spread = math.sqrt(sum(difference**2 for difference in differences))
    z = sum(differences) / spread if spread else 0.0
    most = max(len(pairs), 1)
    return Leaning(marker, sum(control) / most, sum(treatment) / most, z, len(pairs))


def _unsigned(written: Written) -> str:
    """Return what a letter says without the name of its writer, which is the signal and has a length of its own."""
    return written.letter.body.replace(written.profile.full_name, "")


def _diff(one: Letter, other: Letter) -> tuple[str, ...]:
    before, after = ([letter.subject, "", *letter.body.splitlines()] for letter in (one, other))
    return tuple(unified_diff(before, after, lineterm="", n=1))
