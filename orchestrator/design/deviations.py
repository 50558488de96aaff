"""Where the values of a file are not what its shape asks: each with its place, what stood there and what to write."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from orchestrator.design.model import Part
from orchestrator.design.places import KeyPath, Located, choose_from, located
from orchestrator.design.yaml_file import YamlFile
from profiles import grounds
from profiles.errors import Problem
from profiles.sentences import Sentence

AnyPart = TypeVar("AnyPart", bound=Part)

_KINDS = {
    "string_type": "tekst",
    "bool_type": "true of false",
    "int_type": "een heel getal",
    "int_from_float": "een heel getal",
    "int_parsing_size": "een kleiner getal",
    "float_type": "een getal",
    "finite_number": "een getal",
    "tuple_type": "een lijst",
    "list_type": "een lijst",
    "dict_type": "een groep sleutels",
    "model_type": "een groep sleutels",
    "date_type": "een datum (jaar-maand-dag)",
    "date_parsing": "een datum (jaar-maand-dag)",
    "date_from_datetime_parsing": "een datum (jaar-maand-dag)",
    "clock_time": "een tijdstip (uu:mm)",
    "address": "een adres op een regel, zoals: Stadhuisplein 1, 3811 LM Amersfoort",
    "phone": "een Nederlands telefoonnummer dat bestaat, tussen aanhalingstekens",
    "web_address": "een webadres",
    "web_host": "de naam van een server, zonder https:// ervoor en zonder pad erachter",
    "plain_value": "één waarde: tekst, een getal, true of false",
}
_GUESS = "Bedoelt u '%(near)s'?"
_LIMITS = {
    "greater_than_equal": ("ge", "niet kleiner dan %(limit)s"),
    "less_than_equal": ("le", "niet groter dan %(limit)s"),
    "string_too_short": ("min_length", "niet leeg"),
    "string_too_long": ("max_length", "niet langer dan %(limit)s tekens"),
    "too_short": ("min_length", "niet leeg"),
}


def strict(part: type[AnyPart], data: object) -> AnyPart:
    """The data in this shape; raises pydantic's ValidationError."""
    # By way of JSON, so that "8" is no number but "2026-09-07" is a date.
    return part.model_validate_json(json.dumps(data), strict=True)


@dataclass(frozen=True)
class Shape(Generic[AnyPart]):
    """What stands in a file below the keys ``above``."""

    root: type[AnyPart]
    above: KeyPath = ()

    def deviations(self, file: YamlFile, error: ValidationError) -> list[Problem]:
        """What is wrong with the data that was refused so, except where the file could not be taken over."""
        details = error.errors(include_url=False)
        return [self._deviation(file, each) for each in details if (*self.above, *each["loc"]) not in file.lost]

    def _deviation(self, file: YamlFile, detail: ErrorDetails) -> Problem:
        path: KeyPath = detail["loc"]
        kind = detail["type"]
        if kind == "missing":
            return file.place(self._missing(path), at_key=True)
        if kind == "extra_forbidden":
            return file.place(self._unknown_key(path), at_key=True)
        return file.place(self._bad_value(path, kind, detail))

    def _located(self, path: KeyPath, code: str, message: str, *, found: str | None, remedy: str | None) -> Located:
        return located((*self.above, *path), code, message, found=found, remedy=remedy)

    def _missing(self, path: KeyPath) -> Located:
        # An absent key has no place: the message names it, the position is that of its group.
        found = self._located(path, "missing-key", "Deze sleutel ontbreekt.", found="", remedy=self._for_example(path))
        return Located(found.path[:-1], found.problem)

    def _unknown_key(self, path: KeyPath) -> Located:
        key = str(path[-1])
        known = list(self._fields(path[:-1]))
        near = get_close_matches(key, known, n=1, cutoff=0.6)
        home = [name for name in self._fields(()) if key in self._fields((name,))]
        if near:
            remedy = Sentence.of(_GUESS, near=near[0])
        elif home:
            remedy = Sentence.of("'%(key)s' hoort onder '%(home)s'.", key=key, home=home[0])
        else:
            remedy = Sentence.of("Haal de sleutel weg. Hier kunnen staan: %(known)s.", known=", ".join(known))
        return self._located(path, "unknown-key", "Deze sleutel kennen we niet.", found=key, remedy=remedy)

    def _bad_value(self, path: KeyPath, kind: str, detail: ErrorDetails) -> Located:
        example, context = self._for_example(path), detail.get("ctx", {})
        if kind == "too_short" and path == ("schedule", "weekdays"):
            return self._located(path, "no-working-hours", "Er is geen enkele dag gekozen.", found=None, remedy=example)
        if detail["input"] is None:
            return self._located(path, "empty-value", "Hier staat niets.", found=None, remedy=example)
        if kind in ("enum", "literal_error"):
            return self._unknown_value(path, str(detail["input"]), context["expected"])
        if kind in _LIMITS:
            name, phrase = _LIMITS[kind]
            how = Sentence.of(phrase, limit=context[name])
            message = Sentence.of("Deze waarde mag %(how)s zijn.", how=how)
            return self._located(path, "out-of-range", message, found=None, remedy=example)
        if kind in _KINDS:
            message = Sentence.of("Hier hoort %(kind)s.", kind=_KINDS[kind])
            return self._located(path, "wrong-type", message, found=None, remedy=example)
        return self._located(path, "bad-value", "Deze waarde heeft niet de goede vorm.", found=None, remedy=example)

    def _unknown_value(self, path: KeyPath, value: str, expected: str) -> Located:
        if path == ("question", "ground") and (why := _why_not_offered(value)):
            return self._located(path, "ground-not-offered", why, found=value, remedy=self._for_example(path))
        choices = [choice.strip().strip("'") for choice in expected.replace(" or ", ", ").split(",")]
        code = "unknown-ground" if path == ("question", "ground") else "unknown-value"
        near = get_close_matches(value, choices, n=1, cutoff=0.6)
        guess = [Sentence.of(_GUESS, near=near[0])] if near else []
        remedy = Sentence.joined([*guess, choose_from(choices)])
        return self._located(path, code, "Deze waarde kennen we niet.", found=value, remedy=remedy)

    def _for_example(self, path: KeyPath) -> str:
        keys = tuple(step for step in path if isinstance(step, str))
        while len(keys) > 1 and keys[-1] not in self._fields(keys[:-1]):
            keys = keys[:-1]  # a key of the user's own choice: only the group it stands in is known here
        info = self._fields(keys[:-1]).get(keys[-1]) if keys else None
        if info is None or not info.examples:
            fields = self._fields(keys)
            needed = [name for name, each in fields.items() if each.is_required()]
            return Sentence.of("Schrijf eronder, ingesprongen: %(keys)s.", keys=", ".join(needed or fields))
        example = f"{keys[-1]}: {json.dumps(info.examples[0], ensure_ascii=False)}"
        return Sentence.of("Schrijf bijvoorbeeld: %(example)s", example=example)

    def _fields(self, path: KeyPath) -> Mapping[str, FieldInfo]:
        """The keys that a group, or each group in a list, may hold; none for a path that is neither."""
        fields = _by_key(self.root)
        for step in (step for step in path if isinstance(step, str)):
            part = _part_of(fields[step]) if step in fields else None
            fields = _by_key(part) if part else {}
        return fields


def _why_not_offered(ground: str) -> str | None:
    return grounds.load().refused.get(ground.strip().casefold().replace("-", "_"))


def _by_key(part: type[Part]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in part.model_fields.items()}


def _part_of(info: FieldInfo) -> type[Part] | None:
    """The group of keys that a field holds, if it holds one; one that may be left out is a group as well."""
    kinds = (info.annotation, *get_args(info.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Part)), None)
