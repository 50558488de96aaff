"""Parity: the two letters of a pair carry the same facts, and over a round their words do not follow the arm."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from itertools import product

from profiles.applicants import unlike
from profiles.grounds import Signal
from profiles.letters import Dwelling, Letter, facts, render, signed
from profiles.pairs import BOTH, Arm
from profiles.profile import Language, Name, Profile

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
    """The two letters on one dwelling, by arm; ``code`` is the pair's. In a sham pair both show ``sham``.

    Of a set of more, each treatment makes a pair with the control. In an unpaired design ``only`` is the arm that
    writes, and the other letter is what the other would have written.
    """

    code: str
    dwelling: Dwelling
    letters: Mapping[Arm, Written]
    sham: Arm | None = None
    only: Arm | None = None

    @property
    def profiles(self) -> tuple[Profile, Profile]:
        """Those of control and treatment."""
        return self.letters[Arm.CONTROL].profile, self.letters[Arm.TREATMENT].profile


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


def check(pairs: Iterable[LetterPair], level: str, signal: Signal) -> tuple[Violation, ...]:
    """Return every violation of parity in a round's pairs; empty when a hostile reader would find none.

    Of each pair only what was counted is held on to: a round may have a hundred thousand.
    """
    within, counted = list[Violation](), list[Counted]()
    for pair in pairs:
        within += check_pair(pair, level, signal)
        counted.append(_counted(pair, level))
    return (*within, *_leaning_too_far(counted))


def check_pair(pair: LetterPair, level: str, signal: Signal) -> Iterator[Violation]:
    """Give what breaks parity within one pair: other facts, another text than its variant gives, facts left out."""
    yield from _other_facts(pair, signal)
    yield from _not_a_function(pair, level)
    yield from _not_alike_without_signal(pair, level)
    yield from _facts_left_out(pair, level)


def leanings(pairs: Iterable[LetterPair], level: str) -> tuple[Leaning, ...]:
    """Return how far each marker of length and tone follows the arm, over all pairs."""
    return _leanings([_counted(pair, level) for pair in pairs])


def _words(pattern: str) -> Callable[[str], int]:
    found = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
    return lambda text: len(found.findall(text))


Counted = tuple[tuple[int, int], ...]
"""How often each marker stands in the two letters of a pair, that of the control first."""

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
"""What is counted in a letter without its signal: length, tone, and attachments that it speaks of (it has none)."""


def _other_facts(pair: LetterPair, signal: Signal) -> Iterator[Violation]:
    control, treatment = pair.profiles
    for field in sorted(unlike(signal, control, treatment, sham=pair.sham)):
        sentence = f"De twee woningzoekers verschillen ook in {field}."
        yield Violation(pair.code, sentence, (f"- {_value(control, field)}", f"+ {_value(treatment, field)}"))


def _value(profile: Profile, field: str) -> object:
    value: object = profile
    for step in field.split("."):
        value = getattr(value, step, None)
    return value


def _not_a_function(pair: LetterPair, level: str) -> Iterator[Violation]:
    for written in pair.letters.values():
        again = render(written.variant, written.profile, pair.dwelling, level)
        if again != written.letter:
            sentence = f"Brief '{written.variant}' is niet de tekst die de briefversie met deze gegevens geeft."
            yield Violation(pair.code, sentence, _diff(again, written.letter))


def _not_alike_without_signal(pair: LetterPair, level: str) -> Iterator[Violation]:
    """In either variant, both applicants must write the very same letter once their signal is taken away.

    It is taken away twice: from the letter, where no other word may hang on it, and from the applicant, where the text
    must not miss it. Where the pair writes two languages, this holds in either.
    """
    languages = sorted({profile.language for profile in pair.profiles})
    variants = sorted({written.variant for written in pair.letters.values()})
    for variant, language in product(variants, languages):
        profiles = [replace(profile, language=language) for profile in pair.profiles]
        for without in (_signal_cut_out, _signal_never_there):
            control, treatment = (without(variant, profile, pair.dwelling, level) for profile in profiles)
            if control != treatment:
                sentence = f"Zonder het signaal verschillen de twee brieven van versie '{variant}' nog."
                yield Violation(pair.code, sentence, _diff(control, treatment))
                break


def _signal_never_there(variant: str, profile: Profile, dwelling: Dwelling, level: str) -> Letter:
    nobody = Name("Voornaam", "Achternaam", "", profile.name.gender)
    partner = replace(nobody, first="Partner") if profile.partner else None
    return render(
        variant,
        replace(profile, name=nobody, partner=partner, sentence="", age=0, phone="", address=""),
        dwelling,
        level,
    )


def _signal_cut_out(variant: str, profile: Profile, dwelling: Dwelling, level: str) -> Letter:
    letter = render(variant, profile, dwelling, level)
    return Letter(_cut(letter.subject, profile, dwelling), _cut(letter.body, profile, dwelling))


def _cut(text: str, profile: Profile, dwelling: Dwelling) -> str:
    """A text without what shows the signal; a street that is called like somebody stays what it is."""
    # First: the town of the dwelling can stand in it.
    text = text.replace(profile.address, "[adres]") if profile.address else text
    own = [phrase for phrase in (dwelling.street, dwelling.city, dwelling.reference) if phrase]
    for number, phrase in enumerate(own):
        text = text.replace(phrase, f"\0{number}\0")
    text = text.replace(profile.sentence, "[zin]") if profile.sentence else text
    text = text.replace(profile.phone, "[telefoon]") if profile.phone else text
    text = text.replace(signed(profile), "[naam]").replace(profile.full_name, "[naam]")
    if profile.partner:
        text = re.sub(rf"\b{re.escape(profile.partner.first)}\b", "[partner]", text)
    for number, phrase in enumerate(own):
        text = text.replace(f"\0{number}\0", phrase)
    return text


def _facts_left_out(pair: LetterPair, level: str) -> Iterator[Violation]:
    control, treatment = (_carried(pair.letters[arm], level) for arm in BOTH)
    if control != treatment:
        sentence = f"De ene brief noemt {', '.join(sorted(control ^ treatment))}, de andere niet."
        yield Violation(pair.code, sentence, _diff(*(pair.letters[arm].letter for arm in BOTH)))


def _carried(written: Written, level: str) -> frozenset[str]:
    """Return the facts of its writer that a letter mentions, in its own language."""
    text = f"{written.letter.subject}\n{written.letter.body}"
    return frozenset(field for field, words in facts(written.profile, level).items() if str(words) in text)


def _leaning_too_far(counted: Sequence[Counted]) -> Iterator[Violation]:
    for leaning in _leanings(counted):
        if abs(leaning.z) > MOST_LEANING:
            sentence = (
                f"Over de hele ronde hangt '{leaning.marker}' samen met het profiel: gemiddeld {leaning.control:.1f} "
                f"bij het controleprofiel en {leaning.treatment:.1f} bij het testprofiel (z = {leaning.z:.1f})."
            )
            yield Violation(None, sentence)


def _counted(pair: LetterPair, level: str) -> Counted:
    control, treatment = (_unsigned(pair, arm, level) for arm in BOTH)
    return tuple((count(control), count(treatment)) for count in MARKERS.values())


def _leanings(counted: Sequence[Counted]) -> tuple[Leaning, ...]:
    return tuple(_leaning(marker, [each[place] for each in counted]) for place, marker in enumerate(MARKERS))


def _leaning(marker: str, counts: Sequence[tuple[int, int]]) -> Leaning:
    differences = [treatment - control for control, treatment in counts]
    spread = math.sqrt(sum(difference**2 for difference in differences))
    z = sum(differences) / spread if spread else 0.0
    most = max(len(differences), 1)
    control, treatment = (sum(each[arm] for each in counts) for arm in (0, 1))
    return Leaning(marker, control / most, treatment / most, z, len(differences))


def _unsigned(pair: LetterPair, arm: Arm, level: str) -> str:
    """Return what a letter says without the signal, which has a length and words of its own.

    Where the two letters of a pair are in two languages, the Dutch of either is counted.
    """
    written = pair.letters[arm]
    body = written.letter.body
    if len({profile.language for profile in pair.profiles}) > 1:
        written = replace(written, profile=replace(written.profile, language=Language.DUTCH))
        body = render(written.variant, written.profile, pair.dwelling, level).body
    return re.sub(r"\[(?:naam|partner|zin|telefoon)\]", "", _cut(body, written.profile, pair.dwelling))


def _diff(one: Letter, other: Letter) -> tuple[str, ...]:
    before, after = ([letter.subject, "", *letter.body.splitlines()] for letter in (one, other))
    return tuple(unified_diff(before, after, lineterm="", n=1))
