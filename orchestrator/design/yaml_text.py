"""A design file written anew with other values: what a person wrote around them, comments and order, stays."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from orchestrator.design.reading import file_of
from profiles.errors import BadInput

WIDE = 110


def rewritten(text: str, data: dict[str, Any]) -> str:
    """The file with this data; ``text`` is what stood there, which may be empty or no YAML at all.

    Reading the result gives ``data`` back: where the old text stands in the way of that, its comments are lost.
    """
    before = _read(text)
    if before is not None:
        written = _followed(text, before, data)
        if written and _read(written) == data:
            return written
    return _dumped(_yaml(), _fresh(data))


def _followed(text: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """The text with what changed; empty for what this reader takes otherwise: "<<", 30 February."""
    round_trip = _yaml()
    try:
        tree = round_trip.load(text)
        _follow(tree, before, after)
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError):
        return ""
    return _dumped(round_trip, tree)


def _read(text: str) -> dict[str, Any] | None:
    try:
        file = file_of(text, "")
    except BadInput:
        return None
    return None if file.problems else file.data


def _follow(tree: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    for key in before.keys() - after.keys():
        del tree[key]
    for key, value in after.items():
        old = before.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and isinstance(tree[key], CommentedMap):
            _follow(tree[key], old, value)
        elif key not in before or old != value or type(old) is not type(value):
            tree[key] = _fresh(value)


def _fresh(value: Any) -> Any:
    """Plain data as it is written by hand: groups on lines of their own, lists of words on one."""
    if isinstance(value, dict):
        return CommentedMap((key, _fresh(each)) for key, each in value.items())
    if isinstance(value, list):
        made = CommentedSeq([_fresh(each) for each in value])
        if not any(isinstance(each, dict) for each in value):
            made.fa.set_flow_style()
        return made
    return value


def _yaml() -> YAML:
    made = YAML()
    made.width = WIDE
    made.preserve_quotes = True
    return made


def _dumped(yaml: YAML, tree: Any) -> str:
    stream = StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()
