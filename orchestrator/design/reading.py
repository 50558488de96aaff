"""A design from its file: every problem at once, each with line, column and remedy."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from orchestrator.design.checks import (
    KeyPath,
    Located,
    broken_by_letters,
    broken_by_question,
    broken_by_sample,
    broken_by_schedule,
    broken_rules,
    located,
)
from orchestrator.design.model import Design, Letters, Mode, Part, Question, Sample, Schedule
from orchestrator.design.yaml_file import YamlFile
from profiles.catalogue import NameSet, load, unknown_set
from profiles.errors import BadInput, Problem
from profiles.pairs import Arm

AnyPart = TypeVar("AnyPart", bound=Part)

_KINDS = {
    "string_type": "tekst",
    "int_type": "een heel getal",
    "int_from_float": "een heel getal",
    "int_parsing_size": "een kleiner getal",
    "float_type": "een getal",
    "finite_number": "een getal",
    "tuple_type": "een lijst",
    "list_type": "een lijst",
    "model_type": "een groep sleutels",
    "date_type": "een datum (jaar-maand-dag)",
    "date_parsing": "een datum (jaar-maand-dag)",
    "date_from_datetime_parsing": "een datum (jaar-maand-dag)",
    "clock_time": "een tijdstip (uu:mm)",
}
_LIMITS = {
    "greater_than_equal": ("ge", "niet kleiner dan {}"),
    "less_than_equal": ("le", "niet groter dan {}"),
    "string_too_short": ("min_length", "niet leeg"),
    "string_too_long": ("max_length", "niet langer dan {} tekens"),
    "too_short": ("min_length", "niet leeg"),
}


def read_design(path: Path, sets: Mapping[str, NameSet] | None = None) -> Design:
    """Read and check a design file (YAML 1.2, UTF-8); ``sets`` as in the catalogue, which is the default.

    Raises BadInput with every problem in the order of the file, each with code, line, column and remedy.
    """
    sets = load().sets if sets is None else sets
    file = YamlFile.read(path)
    design, problems = _parse(file, sets)
    problems = [*file.problems, *problems]
    if problems or design is None:
        raise BadInput(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return design


def _parse(file: YamlFile, sets: Mapping[str, NameSet]) -> tuple[Design | None, list[Problem]]:
    try:
        design = _strict(Design, file.data)
    except ValidationError as error:
        told = [detail for detail in error.errors(include_url=False) if detail["loc"] not in file.lost]
        deviations = [_deviation(file, detail) for detail in told]
        return None, deviations + [file.place(found) for found in _rules_of_sound_parts(file.data, sets)]
    return design, [file.place(found) for found in broken_rules(design, sets)]


def _strict(part: type[AnyPart], data: object) -> AnyPart:
    # By way of JSON, so that "8" is no number but "2026-09-07" is a date.
    return part.model_validate_json(json.dumps(data), strict=True)


def _rules_of_sound_parts(data: Mapping[str, Any], sets: Mapping[str, NameSet]) -> Iterator[Located]:
    """A mistake in one part does not hide what is wrong in another."""
    live = data.get("mode") == Mode.LIVE
    if question := _sound(Question, data.get("question")):
        yield from broken_by_question(question, sets, live=live)
    else:
        yield from _unknown_sets(data.get("question"), sets)
    if letters := _sound(Letters, data.get("letters")):
        yield from broken_by_letters(letters, live=live)
    if sample := _sound(Sample, data.get("sample")):
        yield from broken_by_sample(sample, live=live)
    if schedule := _sound(Schedule, data.get("schedule")):
        yield from broken_by_schedule(schedule)


def _unknown_sets(question: object, sets: Mapping[str, NameSet]) -> Iterator[Located]:
    for arm in Arm:
        key = question.get(arm.value) if isinstance(question, dict) else None
        if isinstance(key, str) and key not in sets:
            problem = unknown_set(key, sets)
            yield located(("question", arm.value), problem.code, problem.message, found=key, remedy=problem.remedy)


def _sound(part: type[AnyPart], data: object) -> AnyPart | None:
    try:
        return _strict(part, data)
    except ValidationError:
        return None


def _deviation(file: YamlFile, detail: ErrorDetails) -> Problem:
    path: KeyPath = detail["loc"]
    kind = detail["type"]
    if kind == "missing":
        return file.place(_missing(path), at_key=True)
    if kind == "extra_forbidden":
        return file.place(_unknown_key(path), at_key=True)
    return file.place(_bad_value(path, kind, detail))


def _missing(path: KeyPath) -> Located:
    # An absent key has no place: the message names it, the position is that of its group.
    found = located(path, "missing-key", "Deze sleutel ontbreekt.", found="", remedy=_for_example(path))
    return Located(path[:-1], found.problem)


def _unknown_key(path: KeyPath) -> Located:
    key = str(path[-1])
    known = list(_fields(path[:-1]))
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    home = [name for name, info in Design.model_fields.items() if key in _fields((name,)) and info]
    if near:
        remedy = f"Bedoelt u '{near[0]}'?"
    elif home:
        remedy = f"'{key}' hoort onder '{home[0]}'."
    else:
        remedy = f"Haal de sleutel weg. Hier kunnen staan: {', '.join(known)}."
    return located(path, "unknown-key", "Deze sleutel kennen we niet.", found=key, remedy=remedy)


def _bad_value(path: KeyPath, kind: str, detail: ErrorDetails) -> Located:
    example, context = _for_example(path), detail.get("ctx", {})
    if kind == "too_short" and path == ("schedule", "weekdays"):
        return located(path, "no-working-hours", "Er is geen enkele dag gekozen.", found=None, remedy=example)
    if kind in ("enum", "literal_error"):
        return _unknown_value(path, str(detail["input"]), context["expected"])
    if kind in _LIMITS:
        name, phrase = _LIMITS[kind]
        message = f"Deze waarde mag {phrase.format(context[name])} zijn."
        return located(path, "out-of-range", message, found=None, remedy=example)
    if detail["input"] is None:
        return located(path, "empty-value", "Hier staat niets.", found=None, remedy=example)
    if kind in _KINDS:
        return located(path, "wrong-type", f"Hier hoort {_KINDS[kind]}.", found=None, remedy=example)
    return located(path, "bad-value", "Deze waarde heeft niet de goede vorm.", found=None, remedy=example)


def _unknown_value(path: KeyPath, value: str, expected: str) -> Located:
    choices = [choice.strip().strip("'") for choice in expected.replace(" or ", ", ").split(",")]
    code = "unknown-ground" if path == ("question", "ground") else "unknown-value"
    near = get_close_matches(value, choices, n=1, cutoff=0.6)
    guess = f"Bedoelt u '{near[0]}'? " if near else ""
    return located(
        path, code, "Deze waarde kennen we niet.", found=value, remedy=f"{guess}Kies uit: {', '.join(choices)}."
    )


def _for_example(path: KeyPath) -> str:
    info = _field(path)
    if info is None or not info.examples:
        fields = _fields(path)
        needed = [name for name, each in fields.items() if each.is_required()]
        return f"Schrijf eronder, ingesprongen: {', '.join(needed or fields)}."
    key = [step for step in path if isinstance(step, str)][-1]
    return f"Schrijf bijvoorbeeld: {key}: {json.dumps(info.examples[0], ensure_ascii=False)}"


def _fields(path: KeyPath) -> Mapping[str, FieldInfo]:
    """The keys that a group, or each group in a list, may hold; none for a path that is neither."""
    fields = _by_key(Design)
    for step in (step for step in path if isinstance(step, str)):
        kind = fields[step].annotation if step in fields else None
        parts = [part for part in (kind, *get_args(kind)) if isinstance(part, type) and issubclass(part, Part)]
        fields = _by_key(parts[0]) if parts else {}
    return fields


def _by_key(part: type[Part]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in part.model_fields.items()}


def _field(path: KeyPath) -> FieldInfo | None:
    keys = [step for step in path if isinstance(step, str)]
    return _fields(tuple(keys[:-1])).get(keys[-1]) if keys else None
