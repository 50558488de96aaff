"""Letter texts held against a signal before anything is drawn: every problem at once, with file and line."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from profiles import applicants
from profiles.errors import BadInput, Problem
from profiles.grounds import Described, Signal, SignalKind, word_pattern
from profiles.letters import TEMPLATES, Dwelling, Letter, files, home, render, signed
from profiles.pairs import BOTH
from profiles.profile import Gender, Language, Name, Profile

_FIELD = re.compile(r"\{[{%].*?[%}]\}")
_DWELLING = Dwelling("Proefstraat 1", "Proefstad", "PS-1", 3)
_SENTENCE = "Deze zin toont het signaal."


def check(
    ground: Described, signal: Signal, level: str, language: Language, *, templates: Path = TEMPLATES
) -> tuple[Problem, ...]:
    """Why these letters cannot carry this signal; empty when they can, in every language that the pair writes.

    A letter may ask for no field that the profile lacks, must show the signal once, where it goes by partner or
    sentence, and may not mention the ground otherwise.
    """
    spoken = sorted({signal.language(arm, language) for arm in BOTH})
    known = applicants.variants(signal, level, language, templates=templates)
    if len(known) < len(BOTH):
        return (_too_few(signal, level, spoken, known),)
    return tuple(
        problem
        for each in spoken
        for variant in known
        for problem in _of_variant(ground, signal, level, each, variant, templates)
    )


def _of_variant(
    ground: Described, signal: Signal, level: str, language: Language, variant: str, templates: Path
) -> Iterator[Problem]:
    paths = [templates / home(language, couple=signal.couple) / file for file in files(variant, level)]
    try:
        profile = _probe(signal, language)
        letter = render(variant, profile, _DWELLING, level, templates=templates)
    except BadInput as error:
        yield from error.problems
        return
    yield from (problem for path in paths for problem in _mentions(ground, path))
    yield from _missing_signs(signal, profile, letter, paths[-1])


def _probe(signal: Signal, language: Language) -> Profile:
    """Somebody who has all that a profile under this signal has."""
    name, partner = Name("Aafke", "Proef", "", Gender.FEMALE), Name("Wubbo", "Toets", "", Gender.MALE)
    return Profile(
        name=name,
        age=33,
        occupation="docent",
        contract="vast contract",
        income=4560,
        household="alleenstaand",
        move_in=date(2026, 11, 1),
        town="Proefdorp",
        partner=partner if signal.couple else None,
        sentence=_SENTENCE if signal.kind is SignalKind.SENTENCE else "",
        language=language,
    )


def _mentions(ground: Described, path: Path) -> Iterator[Problem]:
    told = word_pattern(ground.words)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if found := told.search(_FIELD.sub(" ", line)):
            yield Problem(
                "mentions-ground",
                f"Deze brieftekst noemt de grond die wordt getest ({ground.label.lower()}), dus in beide brieven.",
                str(path),
                number,
                found.start() + 1 if "{" not in line else None,
                found[0],
                "Schrijf de zin zonder dit woord.",
            )


def _missing_signs(signal: Signal, profile: Profile, letter: Letter, path: Path) -> Iterator[Problem]:
    signs = {"profile.sentence": profile.sentence} if profile.sentence else {}
    if profile.partner:
        signs |= {"profile.partner": profile.partner.first}
    body = letter.body.removesuffix(f"{signed(profile)}\n")
    for field, text in signs.items():
        if body.count(text) != 1:
            message = f"Deze brief toont het signaal '{signal.key}' {body.count(text)} keer in plaats van één keer."
            yield Problem(
                "signal-not-shown", message, str(path), found=field, remedy=f"Schrijf één keer {{{{ {field} }}}}."
            )
    if body == letter.body:
        field = "profile.names" if profile.partner else "profile.full_name"
        message = "Deze brief eindigt niet met de naam van wie schrijft."
        yield Problem("unsigned", message, str(path), remedy=f"Eindig met {{{{ {field} }}}}.")


def _too_few(signal: Signal, level: str, spoken: list[Language], known: tuple[str, ...]) -> Problem:
    of_whom = "van een stel" if signal.couple else "van één persoon"
    return Problem(
        "too-few-variants",
        f"Voor signaal '{signal.key}' zijn er op niveau {level} in {' en '.join(spoken)} te weinig brieven {of_whom}.",
        found=", ".join(known) or "geen",
        remedy="Schrijf in elke taal dezelfde twee of meer versies, of kies een andere taal.",
    )
