"""A YAML 1.2 file as plain data, with the place of every key and value."""

import re
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from orchestrator.design.places import KeyPath, Located, dotted, located
from orchestrator.text_file import read_utf8, shorten
from profiles.errors import BadInput, Problem
from profiles.sentences import Sentence

LONGEST = 1_000_000
DEEPEST = 100
"""Characters of a file, and brackets in brackets."""

_BRACKET = re.compile(r"[\[\]{}]")
_TAG = "tag:yaml.org,2002:"
_CONSTRUCTED = {f"{_TAG}{kind}" for kind in ("int", "float", "bool", "null")}
# A date stays text here: the shape of the design decides what it must be.
_PLAIN = {f"{_TAG}{kind}" for kind in ("str", "timestamp", "map", "seq")} | _CONSTRUCTED

_SYNTAX = {
    "'\\t'": "Spring in met spaties, niet met tabs.",
    "mapping values are not allowed": "Zet tekst met een dubbele punt erin tussen aanhalingstekens, en spring elke "
    "sleutel even ver in als zijn buren.",
    "end of stream": "Sluit het aanhalingsteken of de haak die nog openstaat.",
    "stream end": "Sluit het aanhalingsteken of de haak die nog openstaat.",
    "found another document": "Schrijf één geheel per bestand: haal de tweede --- weg.",
    "cannot start any token": "Zet deze tekst tussen aanhalingstekens.",
    "expected <block end>": "Spring elke sleutel even ver in als zijn buren.",
    "could not find expected ':'": "Zet na elke sleutel een dubbele punt en een spatie.",
    "undefined alias": "Zet tekst die met * begint tussen aanhalingstekens.",
}
_SYNTAX_ELSE = "Kijk op deze regel en de regel ervoor naar inspringing, dubbele punten en aanhalingstekens."


@dataclass(frozen=True)
class Spot:
    """Line and column from 1, and the text that stands there."""

    line: int
    column: int
    excerpt: str


@dataclass
class YamlFile:
    """``data`` holds dicts, lists, str, int, float, bool and None; the spots are found by key path."""

    path: Path
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    keys: dict[KeyPath, Spot] = field(default_factory=dict)
    values: dict[KeyPath, Spot] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lost: set[KeyPath] = field(default_factory=set)
    """Where a value could not be taken over; `problems` says why."""
    _seen: set[int] = field(default_factory=set)
    _yaml: YAML = field(default_factory=lambda: YAML(typ="safe", pure=True))

    @classmethod
    def read(cls, path: Path, start: str) -> "YamlFile":
        """Read a file whose top is a group of keys; `problems` holds what could be passed over.

        Raises BadInput; for a file that holds nothing, or no keys, with ``start`` as what to write.
        """
        return cls.of(
            read_utf8(path, "encoding", "Bewaar het bestand in uw editor met de codering UTF-8."), path, start
        )

    @classmethod
    def of(cls, text: str, path: Path, start: str) -> "YamlFile":
        """As `read`, for text that is here already; ``path`` is what problems call it."""
        file = cls(path, text)
        root = file._compose()
        if root is None:
            raise BadInput(file._problem("empty-file", "Dit bestand is leeg.", remedy=start))
        if not isinstance(root, MappingNode):
            raise BadInput(file._problem("wrong-type", "Hier hoort een lijst van sleutels en waarden.", remedy=start))
        file.data = file._mapping(root, ())
        return file

    def place(self, found: Located, *, at_key: bool = False) -> Problem:
        """The problem with file, line, column and what stands there: of its value, or of its key."""
        spot = self._spot(found.path, at_key=at_key)
        problem = found.problem
        told = spot.excerpt if problem.found is None else problem.found
        return Problem(
            problem.code, problem.message, str(self.path), spot.line, spot.column, told or None, problem.remedy
        )

    def _spot(self, path: KeyPath, *, at_key: bool) -> Spot:
        spots = self.keys if at_key else self.values
        while path:
            if spot := spots.get(path) or self.values.get(path):
                return spot
            path = path[:-1]
        return Spot(1, 1, "")

    def _compose(self) -> Node | None:
        self._check_size()
        try:
            node: Node | None = self._yaml.compose(self.text)
        except MarkedYAMLError as error:
            raise BadInput(self._syntax(error)) from error
        except ReaderError as error:
            raise BadInput(self._control_character(error)) from error
        except (YAMLError, RecursionError) as error:
            raise BadInput(self._problem("yaml-syntax", "Dit is geen leesbare YAML.", remedy=_SYNTAX_ELSE)) from error
        empty = isinstance(node, ScalarNode) and node.tag == f"{_TAG}null"
        return None if empty else node

    def _check_size(self) -> None:
        """The library takes a time that grows with the square of how deep brackets nest, and much for a long text."""
        if len(self.text) > LONGEST:
            remedy = "Haal weg wat er niet in hoort."
            raise BadInput(self._problem("too-large", "Dit bestand is te groot voor een YAML-bestand.", remedy=remedy))
        deep = accumulate(1 if each[0] in "[{" else -1 for each in _BRACKET.finditer(self.text))
        if max(deep, default=0) > DEEPEST:
            raise BadInput(self._problem("yaml-syntax", "Dit is geen leesbare YAML.", remedy=_SYNTAX_ELSE))

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._note(key, path, "wrong-type", "Een sleutel is één woord.", "Schrijf het woord zonder haken.")
                continue
            inner = (*path, str(key.value))
            if key.value in data:
                first = self.keys[inner].line
                words = "Deze sleutel staat er twee keer; de eerste staat op regel %(line)s."
                message = Sentence.of(words, line=first)
                self._note(key, inner, "duplicate-key", message, "Haal een van de twee weg.")
                continue
            self.keys[inner] = self._at(key, key)
            self.values[inner] = self._at(value, key)
            data[str(key.value)] = self._value(value, inner)
        return data

    def _value(self, node: Node, path: KeyPath) -> Any:
        if isinstance(node, MappingNode | SequenceNode) and id(node) in self._seen:
            remedy = "Schrijf de waarde hier voluit, zonder & en *."
            spot = self.keys.get(path) or self.values[path[:-1]]
            message = Sentence.joined([dotted(path), "Een verwijzing kan hier niet."], ": ")
            self.problems.append(self._problem("yaml-alias", message, spot, remedy))
            self.lost.add(path)
            return None
        self._seen.add(id(node))
        if str(node.tag) not in _PLAIN:
            self._note(
                node, path, "yaml-tag", "Een YAML-tag kan hier niet.", Sentence.of("Haal %(tag)s weg.", tag=node.tag)
            )
            self.lost.add(path)
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _item(self, node: Node, path: KeyPath) -> Any:
        self.values[path] = self._at(node, node)
        return self._value(node, path)

    def _scalar(self, node: Node) -> Any:
        if str(node.tag) not in _CONSTRUCTED:
            return str(node.value)
        try:
            return self._yaml.constructor.construct_object(node)
        except (ValueError, LookupError):  # a number of thousands of digits, or a tag on what it does not fit
            return str(node.value)

    def _at(self, node: Node, start: Node) -> Spot:
        """The spot of a node; the excerpt runs from the start of its key to its end, as far as it is one line."""
        if node.start_mark.index == node.end_mark.index:
            node = start  # nothing stands here, and the parser places nothing at whatever comes next
        excerpt = self.text[start.start_mark.index : node.end_mark.index].strip()
        return Spot(node.start_mark.line + 1, node.start_mark.column + 1, _one_line(excerpt))

    def _note(self, node: Node, path: KeyPath, code: str, message: str, remedy: str) -> None:
        found = located(path, code, message, found=None, remedy=remedy).problem
        self.problems.append(self._problem(code, found.message, self._at(node, node), remedy))

    def _problem(self, code: str, message: str, spot: Spot | None = None, remedy: str | None = None) -> Problem:
        spot = spot or Spot(1, 1, "")
        return Problem(code, message, str(self.path), spot.line, spot.column, spot.excerpt or None, remedy)

    def _syntax(self, error: MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark
        spot = Spot(mark.line + 1, mark.column + 1, self._line(mark.line)) if mark else None
        told = f"{error.problem} {error.context}"
        remedy = next((remedy for phrase, remedy in _SYNTAX.items() if phrase in told), _SYNTAX_ELSE)
        return self._problem("yaml-syntax", "Dit is geen geldige YAML.", spot, remedy)

    def _control_character(self, error: ReaderError) -> Problem:
        before = self.text[: error.position].splitlines() or [""]
        spot = Spot(len(before), len(before[-1]) + 1, f"U+{ord(self.text[error.position]):04X}")
        message = "Hier staat een onzichtbaar teken dat in YAML niet mag."
        return self._problem("yaml-syntax", message, spot, "Haal het teken weg, of typ de regel opnieuw.")

    def _line(self, number: int) -> str:
        lines = self.text.splitlines()
        return _one_line(lines[number].strip()) if number < len(lines) else ""


def _one_line(text: str) -> str:
    return shorten(text.splitlines()[0].rstrip()) if text else ""
