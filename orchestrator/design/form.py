"""A design as the fields of a form, made from its shape: a key that the shape gets is a field by itself.

``data`` is the plain data of a design file, which may be incomplete or wrong; a field shows what stands there.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from orchestrator.design.model import Design, Part
from orchestrator.design.places import KeyPath, dotted

_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}([.,]\d{1,20})?(e-?\d{1,3})?", re.ASCII)
_REPEATED = re.compile(r"(.+?)\[(\d{1,3})\]", re.ASCII)
LONG = 200
"""A text that may be longer than this gets more than one line."""

MOST_REPEATED = 100
ON: Final = "true"


class Kind(StrEnum):
    """What a field takes; the last four take several values."""

    LINE = "line"
    LONG = "long"
    WHOLE = "whole"
    NUMBER = "number"
    DAY = "day"
    CLOCK = "clock"
    FLAG = "flag"
    CHOICE = "choice"
    MANY = "many"
    LINES = "lines"
    NUMBERS = "numbers"
    AMOUNTS = "amounts"


@dataclass(frozen=True)
class FormField:
    """One value of a design: where it stands, what it is, and in Dutch what it means.

    ``needed`` is false where it may be left empty; ``usual`` is what it is then, empty for nothing.
    """

    path: KeyPath
    kind: Kind
    told: str
    example: str
    needed: bool
    usual: str = ""
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its key path, as in the messages about a design: "schedule.gap_hours.min"."""
        return dotted(self.path)

    @property
    def group(self) -> KeyPath:
        return self.path[:-1]


@dataclass(frozen=True)
class Group:
    """Fields that stand together in a file, and in Dutch what they are about."""

    path: KeyPath
    told: str


def groups() -> dict[KeyPath, Group]:
    """What is said of each group of keys, by its path; a list of groups is there without its numbers."""
    return {group.path: group for group in _groups(Design, ())}


def fields(repeats: Mapping[str, int]) -> tuple[FormField, ...]:
    """All fields of a design, in the order of its shape; ``repeats`` is how many groups a list of groups has."""
    return tuple(_fields(Design, (), repeats, needed=True))


def repeats_in(data: Mapping[str, Any]) -> dict[str, int]:
    """For every list of groups one more than the data has, so that there is room for the next."""
    counted = {}
    for path in _lists(Design, ()):
        there = _at(data, path)
        counted[dotted(path)] = min(len(there) if isinstance(there, list) else 0, MOST_REPEATED - 1) + 1
    return counted


def repeats_among(names: Sequence[str]) -> dict[str, int]:
    """For every list of groups as many as these names of fields have."""
    counted: dict[str, int] = {}
    for found in filter(None, map(_REPEATED.match, names)):
        counted[found[1]] = max(counted.get(found[1], 0), min(int(found[2]) + 1, MOST_REPEATED))
    return counted


def shown(field: FormField, data: Mapping[str, Any]) -> tuple[str, ...]:
    """What a form shows of a field: one text, or for `Kind.MANY` those of its choices that are chosen."""
    value = _at(data, field.path)
    if field.kind is Kind.MANY:
        return tuple(_text(each) for each in value) if isinstance(value, list) else ()
    if value is None:
        return ("",)
    if field.kind in (Kind.LINES, Kind.NUMBERS) and isinstance(value, list):
        return ("\n".join(_text(each) for each in value),)
    if field.kind is Kind.AMOUNTS and isinstance(value, dict):
        return ("\n".join(f"{key}: {_text(each)}" for key, each in value.items()),)
    return (_text(value),)


def typed_over(
    data: Mapping[str, Any], asked: Sequence[FormField], typed: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The data with these fields as they were typed, by name; what is empty is left out, other keys stay.

    What is no number stays as it was typed, so that the check of the design can say so.
    """
    new = deepcopy(dict(data))
    for root in {_list_root(field.path) for field in asked} - {None}:
        _put(new, root or (), {})
    for field in asked:
        value = _value(field, typed.get(field.name, ()))
        if value is None and _is_list(field.path):
            continue
        _put(new, field.path, value)
    return _tidy(new, ())


def _groups(part: type[Part], above: KeyPath) -> Iterator[Group]:
    for name, info in part.model_fields.items():
        path, inner = (*above, info.alias or name), _part(info.annotation)
        if inner:
            yield Group(path, info.description or "")
            yield from _groups(inner, path)


def _fields(part: type[Part], above: KeyPath, repeats: Mapping[str, int], *, needed: bool) -> Iterator[FormField]:
    for name, info in part.model_fields.items():
        path, wanted = (*above, info.alias or name), needed and info.is_required()
        inner = _part(info.annotation)
        if inner and _listed(info.annotation):
            for number in range(repeats.get(dotted(path), 0)):
                yield from _fields(inner, (*path, number), repeats, needed=False)
        elif inner:
            yield from _fields(inner, path, repeats, needed=wanted)
        else:
            yield _field(path, info, needed=wanted)


def _field(path: KeyPath, info: FieldInfo, *, needed: bool) -> FormField:
    kind, choices = _kind(info)
    usual = "" if info.is_required() or kind in (Kind.FLAG, Kind.MANY) else _text(info.default)
    example = _for_example(info.examples[0] if info.examples else "", kind)
    return FormField(path, kind, info.description or "", example, needed, usual, choices)


def _kind(info: FieldInfo) -> tuple[Kind, tuple[str, ...]]:
    bare = _bare(info.annotation)
    if get_origin(bare) is tuple:
        inner = _bare(get_args(bare)[0])
        if choices := _choices(inner):
            return Kind.MANY, choices
        return (Kind.NUMBERS if inner in (int, float) else Kind.LINES), ()
    if get_origin(bare) is dict:
        return Kind.AMOUNTS, ()
    if choices := _choices(bare):
        return Kind.CHOICE, choices
    plain = {bool: Kind.FLAG, int: Kind.WHOLE, float: Kind.NUMBER, date: Kind.DAY, time: Kind.CLOCK}
    longest = max((getattr(each, "max_length", None) or 0 for each in info.metadata), default=0)
    return plain.get(bare, Kind.LONG if longest > LONG else Kind.LINE), ()


def _bare(annotation: Any) -> Any:
    """A type without its constraints and without None."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _bare(next(each for each in get_args(annotation) if each is not type(None)))
    return annotation


def _choices(bare: Any) -> tuple[str, ...]:
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return tuple(bare)
    return tuple(map(str, get_args(bare))) if get_origin(bare) is Literal else ()


def _listed(annotation: Any) -> bool:
    return get_origin(_bare(annotation)) is tuple


def _part(annotation: Any) -> type[Part] | None:
    bare = _bare(annotation)
    bare = _bare(get_args(bare)[0]) if get_origin(bare) is tuple else bare
    return bare if isinstance(bare, type) and issubclass(bare, Part) else None


def _lists(part: type[Part], above: KeyPath) -> Iterator[KeyPath]:
    """Where lists of groups stand; one in another is not known here."""
    for name, info in part.model_fields.items():
        path, inner = (*above, info.alias or name), _part(info.annotation)
        if inner and _listed(info.annotation):
            yield path
        elif inner:
            yield from _lists(inner, path)


def _at(data: Any, path: KeyPath) -> Any:
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and step < len(data) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


def _text(value: Any) -> str:
    match value:
        case None | () | {}:
            return ""
        case bool():
            return ON if value else "false"
        case float():
            return repr(value).removesuffix(".0")
        case str():
            return str(value)
        case int():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


def _for_example(value: Any, kind: Kind) -> str:
    match value:
        case list():
            return (", " if kind is Kind.MANY else "\n").join(_text(each) for each in value)
        case dict():
            return "\n".join(f"{key}: {_text(each)}" for key, each in value.items())
        case _:
            return _text(value)


def _value(field: FormField, texts: Sequence[str]) -> Any:
    """What was typed as a value of a file; None for nothing."""
    if field.kind is Kind.MANY:
        return list(texts) or ([] if field.needed else None)
    text = (texts[0] if texts else "").replace("\r\n", "\n").strip()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    match field.kind:
        case Kind.FLAG:
            return text == ON or None
        case Kind.WHOLE | Kind.NUMBER:
            return _number(text, field.kind) if text else None
        case Kind.LINES:
            return lines or None
        case Kind.NUMBERS:
            return [_number(line, Kind.NUMBER) for line in lines] or None
        case Kind.AMOUNTS:
            return dict(map(_amount, lines)) or None
        case _:
            return text or None


def _amount(line: str) -> tuple[str, Any]:
    name, _, amount = line.rpartition(":")
    return (name.strip(), _number(amount.strip(), Kind.WHOLE)) if name else (line, "")


def _number(text: str, kind: Kind) -> Any:
    if _WHOLE.fullmatch(text):
        return int(text)
    if kind is Kind.NUMBER and _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    return text


def _is_list(path: KeyPath) -> bool:
    return any(isinstance(step, int) for step in path)


def _list_root(path: KeyPath) -> KeyPath | None:
    place = next((place for place, step in enumerate(path) if isinstance(step, int)), None)
    return None if place is None else path[:place]


def _put(data: dict[Any, Any], path: KeyPath, value: Any) -> None:
    """Put a value at its place, or take it away; the numbers of a list are keys until `_tidy`."""
    *above, last = path
    for step in above:
        if not isinstance(data.get(step), dict):
            data[step] = {}
        data = data[step]
    if value is None:
        data.pop(last, None)
    else:
        data[last] = value


def _tidy(data: dict[Any, Any], above: KeyPath) -> dict[str, Any]:
    """Lists as lists, and no group that holds nothing, except those that a design cannot do without."""
    tidy: dict[str, Any] = {}
    lists = set(_lists(Design, ()))
    for key, value in data.items():
        path = (*above, key)
        if path in lists and isinstance(value, dict):
            if value:
                tidy[key] = [_tidy(each, (*path, 0)) for _, each in sorted(value.items())]
        elif isinstance(value, dict) and path in _OPTIONAL and not value:
            continue
        else:
            tidy[key] = _tidy(value, path) if isinstance(value, dict) and path in _GROUPS else value
    return tidy


def _optional_groups(part: type[Part], above: KeyPath, *, needed: bool) -> Iterator[KeyPath]:
    for name, info in part.model_fields.items():
        path, wanted, inner = (*above, info.alias or name), needed and info.is_required(), _part(info.annotation)
        if inner and not _listed(info.annotation):
            if not wanted:
                yield path
            yield from _optional_groups(inner, path, needed=wanted)


_GROUPS = frozenset(groups())
_OPTIONAL = frozenset(_optional_groups(Design, (), needed=True))
