"""The two applicants of a pair: matched by name, and then showing one signal, which is all that may tell them apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from numpy.random import Generator
from pydantic import BaseModel, ConfigDict, Field

from profiles import letters
from profiles.catalogue import DATA, Catalogue, Text, unknown_set
from profiles.errors import BadInput, Problem
from profiles.grounds import PartnerGender, Signal, SignalKind, sentence_of
from profiles.letters import Level
from profiles.naming import Combination, distinct
from profiles.pairs import (
    BOTH,
    USUAL_INCOME,
    Arm,
    IncomeRule,
    Matched,
    check_sets,
    differences,
    highest_income,
    match,
)
from profiles.profile import Gender, Ground, Language, Name, Profile
from profiles.sentences import Sentence
from profiles.toml_file import TomlFile


@dataclass(frozen=True)
class Wish:
    """What two applicants of a pair have in common from the start; ``rent`` in whole EUR per month."""

    rent: int
    move_in: date
    language: Language = Language.DUTCH
    income: IncomeRule = USUAL_INCOME


def draw_pair(
    catalogue: Catalogue,
    signal: Signal,
    sets: Mapping[Arm, str],
    wish: Wish,
    rng: Generator,
    names: Combination | None = None,
    partners: Combination | None = None,
    *,
    sham: Arm | None = None,
) -> Matched:
    """Draw a pair for one dwelling; in a sham pair both arms show what the arm ``sham`` shows.

    ``names`` are as in `pairs.match`, ``partners`` those of the partners of a couple when they were drawn before.
    Where the names are the signal the sets are those of the arms; else both arms have one set, and the names are those
    of two people of one gender in it. Everything else is drawn once for both. The same state of ``rng`` gives the same
    pair. BadInput when sets and signal do not fit.
    """
    if problems := check_signal(catalogue, signal, sets):
        raise BadInput(problems)
    ground, earning = named_ground(catalogue, signal, sets), _earning(catalogue, signal)
    named = match(earning, ground, sets, wish.rent, wish.move_in, rng, names, income=wish.income)
    towns = load_towns()
    town = towns[rng.integers(len(towns))]
    shown = {arm: sham or arm for arm in BOTH}
    drawn = {arm: _shaped(replace(named.of(arm), town=town), signal, shown[arm], wish.language) for arm in BOTH}
    if signal.couple:
        own = partners or _draw_partners(
            catalogue, signal, (drawn[Arm.CONTROL].name, drawn[Arm.TREATMENT].name), sham, rng
        )
        drawn = {arm: replace(drawn[arm], partner=partner) for arm, partner in zip(BOTH, own, strict=True)}
    drawn = _with_sentences(signal, shown, drawn, rng)
    return Matched(drawn[Arm.CONTROL], drawn[Arm.TREATMENT])


def named_ground(catalogue: Catalogue, signal: Signal, sets: Mapping[Arm, str]) -> Ground:
    """The ground by which the two names are drawn: where they are not the signal, that of the set of both."""
    return signal.ground if signal.kind is SignalKind.NAME else catalogue.sets[sets[Arm.CONTROL]].ground


def _shaped(profile: Profile, signal: Signal, shown: Arm, language: Language) -> Profile:
    """The profile with the language that its letter is in, and the age that the signal gives it, if it does."""
    age = signal.side(shown).age or profile.age
    return replace(profile, age=age, language=signal.language(shown, language))


def check_signal(catalogue: Catalogue, signal: Signal, sets: Mapping[Arm, str]) -> tuple[Problem, ...]:
    """Why these name sets cannot stand in a pair with this signal; empty when they can."""
    if signal.kind is SignalKind.NAME:
        return check_sets(catalogue, signal.ground, sets)
    unknown = [unknown_set(key, catalogue.sets) for key in sets.values() if key not in catalogue.sets]
    if unknown or sets[Arm.CONTROL] == sets[Arm.TREATMENT]:
        return tuple(unknown)
    return (
        Problem(
            "more-than-the-ground",
            Sentence.of(
                "Bij de grond '%(ground)s' krijgen beide profielen namen uit dezelfde set; anders verschilt er meer.",
                ground=signal.ground,
            ),
            found=f"{sets[Arm.CONTROL]}, {sets[Arm.TREATMENT]}",
            remedy="Noem bij control en treatment dezelfde namenset.",
        ),
    )


def unlike(signal: Signal, control: Profile, treatment: Profile, *, sham: Arm | None = None) -> frozenset[str]:
    """In what two profiles of a pair differ beyond what the signal is; empty when the pair is sound.

    Two people always have two names: what counts of a name, or of a partner's, is set and gender. In a sham pair only
    the people may differ, and both sentences are of the arm that both show.
    """
    shown = {arm: sham or arm for arm in BOTH}
    pair = {Arm.CONTROL: control, Arm.TREATMENT: treatment}
    beyond = differences(control, treatment) - {"name", "partner", "sentence", "age", "language", "phone", "address"}
    beyond |= _unlike_names(signal, control, treatment, sham=bool(sham))
    beyond |= _unlike_partners(signal, shown, pair)
    beyond |= {field for arm in BOTH for field in _not_shown(signal, shown[arm], pair[arm])}
    if signal.control.age is None or sham:
        beyond |= differences(control, treatment) & {"age"}
    if signal.control.language is None or sham:
        beyond |= differences(control, treatment) & {"language"}
    return frozenset(beyond)


def variants(signal: Signal, level: str, language: Language, *, templates: Path = letters.TEMPLATES) -> tuple[str, ...]:
    """The letter variants that both arms can have: they stand in every language of the pair, sorted."""
    spoken = {signal.language(arm, language) for arm in BOTH}
    known = [set(letters.variants(level, each, couple=signal.couple, templates=templates)) for each in spoken]
    return tuple(sorted(set.intersection(*known)))


def believable_rent(catalogue: Catalogue, signal: Signal, rule: IncomeRule) -> int:
    """The highest rent, in EUR per month, for which the rule leaves an income that somebody here can have."""
    return highest_income(_earning(catalogue, signal)) * 100 // rule.least


def income_is_told(signal: Signal, level: str) -> bool:
    """Whether an advertiser reads the income, so that the rule matters."""
    return level == Level.FULL or signal.tells_income


class _Towns(BaseModel):
    model_config = ConfigDict(extra="forbid")
    towns: Annotated[list[Text], Field(min_length=1)]


@lru_cache
def load_towns(folder: Path = DATA) -> tuple[str, ...]:
    """Where applicants may live, from ``towns.toml``."""
    return tuple(TomlFile.read(folder / "towns.toml").parse(_Towns).towns)


def _earning(catalogue: Catalogue, signal: Signal) -> Catalogue:
    """The catalogue with the households that the signal allows."""
    return catalogue if signal.earners is None else _with_earners(catalogue, signal.earners)


@lru_cache(maxsize=64)
def _with_earners(catalogue: Catalogue, earners: int) -> Catalogue:
    return replace(catalogue, households=tuple(each for each in catalogue.households if each.earners == earners))


Drawn = dict[Arm, Profile]


def partner_names(
    catalogue: Catalogue, signal: Signal, shown: Arm, name: Name, beside: Sequence[Name], rng: Generator
) -> tuple[Name, ...]:
    """The names that the partner of an applicant can have, in a drawn order; BadInput when there is none.

    Of the set and cohort of the applicant, of the gender that its side of the signal asks, and with no first name or
    surname of anybody ``beside`` it, who is the applicant itself too.
    """
    key, gender = catalogue.sets[name.name_set].base, _partner_gender(signal, shown, name)
    suited = [each for each in catalogue.drawable(key, gender) if each.cohort == name.cohort]
    free = [each for each in suited if all(distinct(each, other) for other in beside)]
    if not free:
        raise BadInput(_no_partner(key, gender))
    return tuple(free[place] for place in rng.permutation(len(free)))


def _draw_partners(
    catalogue: Catalogue, signal: Signal, names: Combination, sham: Arm | None, rng: Generator
) -> Combination:
    control = partner_names(catalogue, signal, sham or Arm.CONTROL, names[0], names, rng)[0]
    treatment = partner_names(catalogue, signal, sham or Arm.TREATMENT, names[1], (*names, control), rng)[0]
    return control, treatment


def _partner_gender(signal: Signal, shown: Arm, name: Name) -> Gender:
    same = signal.side(shown).partner is PartnerGender.SAME
    return next(gender for gender in Gender if (gender is name.gender) == same)


def _no_partner(key: str, gender: Gender) -> Problem:
    return Problem(
        "no-distinct-names",
        "Er is geen naam voor een partner van dezelfde leeftijdsgroep met een andere voornaam en achternaam.",
        found=f"{key}, {gender}",
        remedy="Voeg aan de namenset namen toe met een andere voornaam en achternaam.",
    )


def _with_sentences(signal: Signal, shown: Mapping[Arm, Arm], drawn: Drawn, rng: Generator) -> Drawn:
    """Each arm its sentence, in two wordings that are drawn independently of the arm."""
    if signal.kind is not SignalKind.SENTENCE:
        return drawn
    count = len(_sentences(signal, Arm.CONTROL, drawn[Arm.CONTROL]))
    chosen = rng.choice(count, size=len(BOTH), replace=False)
    return {
        arm: replace(profile, sentence=_sentences(signal, shown[arm], profile)[number])
        for (arm, profile), number in zip(drawn.items(), chosen, strict=True)
    }


def _sentences(signal: Signal, arm: Arm, profile: Profile) -> tuple[str, ...]:
    """Every sentence by which this profile can show this side; the empty one where no sentence shows it."""
    if signal.kind is not SignalKind.SENTENCE:
        return ("",)
    told = letters.facts(profile, Level.FULL)
    return tuple(sentence_of(text, told) for text in signal.side(arm).sentences.get(profile.language, ()))


def _unlike_names(signal: Signal, control: Profile, treatment: Profile, *, sham: bool) -> set[str]:
    one, other = control.name, treatment.name
    named = signal.kind is SignalKind.NAME and not sham
    beyond = {"name"} if not distinct(one, other) else set()
    if one.gender is not other.gender and not (named and signal.ground is Ground.GENDER):
        beyond.add("name.gender")
    if one.cohort != other.cohort:
        beyond.add("name.cohort")
    if one.name_set != other.name_set and not named:
        beyond.add("name.name_set")
    return beyond


def _unlike_partners(signal: Signal, shown: Mapping[Arm, Arm], pair: Mapping[Arm, Profile]) -> set[str]:
    partners = [profile.partner for profile in pair.values() if profile.partner]
    if len(partners) != (len(BOTH) if signal.couple else 0):
        return {"partner"}
    beyond = {"partner.name_set"} if len({partner.name_set for partner in partners}) > 1 else set()
    beyond |= {"partner.cohort"} if len({partner.cohort for partner in partners}) > 1 else set()
    for arm, profile in pair.items():
        if profile.partner and profile.partner.gender is not _partner_gender(signal, shown[arm], profile.name):
            beyond.add("partner.gender")
    return beyond


def _not_shown(signal: Signal, shown: Arm, profile: Profile) -> Iterator[str]:
    """The fields in which a profile does not show what its side of the signal is."""
    side = signal.side(shown)
    if profile.sentence not in _sentences(signal, shown, profile):
        yield "sentence"
    if side.age not in (None, profile.age):
        yield "age"
    if side.language not in (None, profile.language):
        yield "language"
