"""What differs between two designs, line by line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.design.model import Design, canonical


@dataclass(frozen=True)
class Change:
    """A key whose value differs; None where a design does not have it."""

    key: str
    before: str | None
    after: str | None


def changes(before: Design, after: Design) -> tuple[Change, ...]:
    """Every key of which the canonical texts say something else, in the order of the keys."""
    old, new = (dict(_lines(json.loads(canonical(each)), "")) for each in (before, after))
    keys = sorted(old.keys() | new.keys())
    return tuple(Change(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))


def lines(design: Design) -> tuple[str, ...]:
    """The design, a key with its value on each line."""
    return tuple(f"{key}: {value}" for key, value in _lines(json.loads(canonical(design)), ""))


def _lines(node: Any, above: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _lines(value, f"{above}.{key}" if above else key)
    elif isinstance(node, list) and any(isinstance(each, dict) for each in node):
        for number, value in enumerate(node):
            yield from _lines(value, f"{above}[{number}]")
    else:
        yield above, json.dumps(node, ensure_ascii=False)
