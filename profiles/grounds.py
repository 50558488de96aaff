"""The grounds that can be tested and the signals that show them, read from ``data/grounds.toml`` and checked."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from profiles.catalogue import DATA, Text
from profiles.errors import BadInput, Problem
from profiles.letters import Level
from profiles.pairs import BOTH, Arm
from profiles.profile import Ground, Language
from profiles.toml_file import TomlFile

FEWEST_WORDINGS = 2
"""The two letters of a pair have different wordings of the sentence."""

MOST_WORDS_APART = 3
"""A sentence that is longer by more than this would itself be a difference."""

FIELDS = frozenset({"income", "age"})
"""What a sentence may tell in braces."""

_FIELD = re.compile(r"\{([^{}]*)\}")


class SignalKind(StrEnum):
    """How a profile shows what it is tested on."""

    NAME = "name"
    PARTNER = "partner"
    SENTENCE = "sentence"
    LANGUAGE = "language"


class PartnerGender(StrEnum):
    """The gender of a partner, beside that of who writes."""

    OTHER = "other"
    SAME = "same"


@dataclass(frozen=True)
class Side:
    """How one arm shows the signal; ``label`` follows "de kandidaat met"; empty for names, which their set labels."""

    label: str
    sentences: Mapping[Language, tuple[str, ...]]
    language: Language | None = None
    partner: PartnerGender | None = None
    age: int | None = None


@dataclass(frozen=True)
class Needs:
    """What a listing must be for the signal to make sense; ``most_rent`` in EUR per month."""

    accessible: bool = False
    least_rooms: int = 1
    most_rent: int | None = None


@dataclass(frozen=True)
class Signal:
    """One way to show a ground. ``earners`` None: any household. ``cues`` are as `word_pattern` takes them."""

    key: str
    ground: Ground
    kind: SignalKind
    control: Side
    treatment: Side
    needs: Needs
    levels: tuple[Level, ...]
    couple: bool
    earners: int | None
    cues: tuple[str, ...]

    def side(self, arm: Arm) -> Side:
        return self.control if arm is Arm.CONTROL else self.treatment

    def language(self, arm: Arm, otherwise: Language) -> Language:
        """What an arm writes in; ``otherwise`` where the signal does not say."""
        return self.side(arm).language or otherwise

    @property
    def tells_income(self) -> bool:
        return any("{income}" in text for texts in self.control.sentences.values() for text in texts)


@dataclass(frozen=True)
class Described:
    """A ground as a report tells it; ``law`` is empty for a policy ground. Texts are Dutch."""

    ground: Ground
    label: str
    law: str
    equal: str
    claim: str
    words: tuple[str, ...]
    signals: Mapping[str, Signal]

    @property
    def policy(self) -> bool:
        """Whether no law forbids a distinction on this ground as such (beleidsgrond)."""
        return not self.law

    @property
    def basis(self) -> str:
        """The law, or what there is instead of one."""
        return self.law or "beleidsgrond: geen wet verbiedt dit onderscheid als zodanig"


@dataclass(frozen=True)
class Grounds:
    grounds: Mapping[Ground, Described]
    refused: Mapping[str, str]
    """Why a ground is not offered, by every word that people have for it."""

    def signal(self, ground: Ground, key: str = "") -> Signal:
        """The signal of this key, or the only one of the ground; BadInput when there is none, or a choice to make."""
        signals = self.grounds[ground].signals
        if not key and len(signals) == 1:
            return next(iter(signals.values()))
        if key not in signals:
            raise BadInput(_no_signal(ground, key, signals))
        return signals[key]


@lru_cache
def load(folder: Path = DATA) -> Grounds:
    """Read ``grounds.toml``; BadInput has every problem, and nothing is taken from a file that has one."""
    file = TomlFile.read(folder / "grounds.toml")
    shape = file.parse(_File)
    file.require(list(_problems(file, shape)))
    signals = {key: _signal(key, each, shape.sentences) for key, each in shape.signals.items()}
    described = {Ground(key): _described(Ground(key), each, signals) for key, each in shape.grounds.items()}
    refused = {word: each.why for key, each in shape.not_offered.items() for word in (key, *each.also)}
    return Grounds(MappingProxyType(described), MappingProxyType(refused))


def sentence_of(text: str, told: Mapping[str, str | int]) -> str:
    """The sentence as a letter says it, with what it tells filled in."""
    return _FIELD.sub(lambda field: str(told[field[1]]), text)


def word_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Match any of these words as a whole, in any case; a star at the end stands for the rest of the word."""
    longest_first = sorted(words, key=len, reverse=True)
    each = (re.escape(word.removesuffix("*")) + (r"[\w'’-]*" if word.endswith("*") else "") for word in longest_first)
    return re.compile(rf"(?<!\w)(?:{'|'.join(each) or '(?!)'})(?!\w)", re.IGNORECASE)


def _no_signal(ground: Ground, key: str, signals: Mapping[str, Signal]) -> Problem:
    return Problem(
        "unknown-signal" if key else "signal-not-chosen",
        f"De grond '{ground}' {'heeft dit signaal niet' if key else 'is op meer dan een manier te tonen'}.",
        found=key or None,
        remedy=f"Kies signal uit: {', '.join(signals)}.",
    )


# The shape of the file.


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Ground(_Shape):
    label: Text
    law: Text | None = None
    policy: StrictBool = False
    equal: Text
    claim: Text
    words: list[Text]


class _NotOffered(_Shape):
    also: list[Text]
    why: Text


Two = Annotated[list[PartnerGender], Field(min_length=2, max_length=2)]


class _Signal(_Shape):
    ground: Ground
    kind: SignalKind
    control: str = ""
    treatment: str = ""
    cues: list[Text] = []
    couple: StrictBool = False
    earners: Annotated[StrictInt, Field(ge=1, le=2)] | None = None
    levels: Annotated[list[Level], Field(min_length=1)] = list(Level)
    accessible: StrictBool = False
    least_rooms: Annotated[StrictInt, Field(ge=1)] = 1
    most_rent: Annotated[StrictInt, Field(ge=1)] | None = None
    partner: Two | None = None
    ages: Annotated[list[StrictInt], Field(min_length=2, max_length=2)] | None = None
    languages: Annotated[list[Language], Field(min_length=2, max_length=2)] | None = None


class _Sentence(_Shape):
    signal: Text
    language: Language = Language.DUTCH
    control: Text
    treatment: Text


class _File(_Shape):
    grounds: dict[str, _Ground]
    not_offered: dict[str, _NotOffered]
    signals: dict[str, _Signal]
    sentences: list[_Sentence]


def _described(ground: Ground, shape: _Ground, signals: Mapping[str, Signal]) -> Described:
    own = {key: signal for key, signal in signals.items() if signal.ground is ground}
    return Described(
        ground, shape.label, shape.law or "", shape.equal, shape.claim, tuple(shape.words), MappingProxyType(own)
    )


def _signal(key: str, shape: _Signal, sentences: list[_Sentence]) -> Signal:
    control, treatment = (_side(number, arm, key, shape, sentences) for number, arm in enumerate(BOTH))
    return Signal(
        key=key,
        ground=shape.ground,
        kind=shape.kind,
        control=control,
        treatment=treatment,
        needs=Needs(shape.accessible, shape.least_rooms, shape.most_rent),
        levels=tuple(shape.levels),
        couple=shape.couple,
        earners=shape.earners,
        cues=tuple(shape.cues),
    )


def _side(number: int, arm: Arm, key: str, shape: _Signal, sentences: list[_Sentence]) -> Side:
    own: dict[Language, tuple[str, ...]] = {}
    for each in sentences:
        if each.signal == key:
            own[each.language] = (*own.get(each.language, ()), getattr(each, arm.value))
    return Side(
        label=getattr(shape, arm.value),
        sentences=MappingProxyType(own),
        language=shape.languages[number] if shape.languages else None,
        partner=shape.partner[number] if shape.partner else None,
        age=shape.ages[number] if shape.ages else None,
    )


# What the shape cannot say.


def _problems(file: TomlFile, shape: _File) -> Iterator[Problem]:
    yield from _not_the_enum(file, shape)
    for key, ground in shape.grounds.items():
        if ground.policy == bool(ground.law):
            message = f"Een grond heeft een wet of is een beleidsgrond; '{key}' is beide of geen van beide."
            yield file.problem(("grounds", key), "law-or-policy", message, remedy="Schrijf law, of policy = true.")
    for key, signal in shape.signals.items():
        yield from _incomplete_signal(file, key, signal)
        yield from _too_few_wordings(file, key, signal, shape.sentences)
    for number, sentence in enumerate(shape.sentences):
        yield from _bad_sentence(file, number, sentence, shape.signals)


def _not_the_enum(file: TomlFile, shape: _File) -> Iterator[Problem]:
    known = [ground.value for ground in Ground]
    for key in shape.grounds:
        if key not in known:
            message = "Deze grond kent het programma niet."
            remedy = f"Kies uit: {', '.join(known)}."
            yield file.problem(("grounds", key), "unknown-ground", message, found=key, remedy=remedy)
    shown = {signal.ground.value for signal in shape.signals.values()}
    for key in known:
        if key not in shape.grounds or key not in shown:
            message = f"De grond '{key}' wordt niet beschreven, of heeft geen signaal."
            remedy = f'Voeg [grounds.{key}] toe, en een signaal met ground = "{key}".'
            yield Problem("ground-not-described", message, str(file.path), remedy=remedy)


def _incomplete_signal(file: TomlFile, key: str, signal: _Signal) -> Iterator[Problem]:
    named = bool(signal.control and signal.treatment)
    if named == (signal.kind is SignalKind.NAME):
        message = f"Bij '{key}' horen control en treatment {'niet' if named else 'ook'}: zo heten de twee profielen."
        remedy = 'Alleen een signaal met kind = "name" heet naar zijn namensets.'
        yield file.problem(("signals", key), "unnamed-sides", message, remedy=remedy)
    needed = {SignalKind.PARTNER: signal.partner, SignalKind.LANGUAGE: signal.languages}.get(signal.kind, True)
    if not needed or signal.couple != bool(signal.partner):
        message = f"Bij '{key}' ontbreekt partner of languages, of couple past er niet bij."
        remedy = 'Een stel heeft couple = true en partner = ["other", "same"]; een taal heeft languages.'
        yield file.problem(("signals", key), "incomplete-signal", message, remedy=remedy)


def _too_few_wordings(file: TomlFile, key: str, signal: _Signal, sentences: list[_Sentence]) -> Iterator[Problem]:
    own = [sentence.language for sentence in sentences if sentence.signal == key]
    needed = {*own, Language.DUTCH} if signal.kind is SignalKind.SENTENCE else set(own)
    for language in sorted(needed):
        if own.count(language) < FEWEST_WORDINGS or signal.kind is not SignalKind.SENTENCE:
            message = f"Signaal '{key}' heeft {own.count(language)} zinnen in '{language}'."
            remedy = f'Geef een signaal met kind = "sentence" er ten minste {FEWEST_WORDINGS}, en een ander geen.'
            yield file.problem(("signals", key), "too-few-sentences", message, remedy=remedy)


def _bad_sentence(
    file: TomlFile, number: int, sentence: _Sentence, signals: Mapping[str, _Signal]
) -> Iterator[Problem]:
    place = ("sentences", number)
    signal = signals.get(sentence.signal)
    if signal is None:
        remedy = f"Kies uit: {', '.join(signals)}."
        message = "Dit signaal wordt niet beschreven."
        yield file.problem((*place, "signal"), "unknown-signal", message, found=sentence.signal, remedy=remedy)
        return
    for arm in BOTH:
        yield from _bad_text(file, (*place, arm.value), getattr(sentence, arm.value), signal)
    lengths = [len(text.split()) for text in (sentence.control, sentence.treatment)]
    if abs(lengths[0] - lengths[1]) > MOST_WORDS_APART:
        message = "Deze twee zinnen verschillen te veel in lengte."
        remedy = f"Maak ze hooguit {MOST_WORDS_APART} woorden verschillend."
        found = f"{lengths[0]} en {lengths[1]} woorden"
        yield file.problem((*place, "treatment"), "unequal-sentences", message, found=found, remedy=remedy)


def _bad_text(file: TomlFile, place: tuple[str | int, ...], text: str, signal: _Signal) -> Iterator[Problem]:
    unknown = set(_FIELD.findall(text)) - FIELDS
    if unknown:
        message, remedy = "Dit veld kan een zin niet noemen.", f"Kies uit: {', '.join(sorted(FIELDS))}."
        yield file.problem(place, "unknown-field", message, found=", ".join(sorted(unknown)), remedy=remedy)
    if not text.endswith(".") or re.search(r"[!?]", text):
        message = "Een zin die het signaal toont, eindigt met een punt en roept of vraagt niet."
        remedy = "Maak er een gewone zin van."
        yield file.problem(place, "not-a-plain-sentence", message, found=text, remedy=remedy)
    if not signal.ages and not word_pattern(signal.cues).search(text):
        message = "In deze zin staat geen van de woorden die voor wie codeert worden verborgen (cues)."
        yield file.problem(place, "sentence-without-cue", message, found=text, remedy="Voeg het woord toe aan cues.")
