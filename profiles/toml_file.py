"""A TOML file whose problems are told with the line they stand on."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from profiles.errors import BadInput, Problem

Shape = TypeVar("Shape", bound=BaseModel)
Place = Sequence[str | int]

# pydantic error type -> our code, the sentence, the remedy
_SENTENCES = {
    "missing": ("missing-key", "Het veld '{field}' ontbreekt.", "Voeg '{field}' toe."),
    "extra_forbidden": ("unknown-key", "Het veld '{field}' bestaat niet.", "Haal het weg of verbeter de spelling."),
    "string_pattern_mismatch": (
        "empty-text",
        "Hier staat geen tekst, of de tekst begint of eindigt met een spatie.",
        "Vul de tekst in, zonder spaties eromheen.",
    ),
    "too_short": ("too-few", "Er staan te weinig regels in '{field}'.", "Geef er ten minste {least}."),
    "enum": ("unknown-value", "Deze waarde kennen we niet.", "Kies uit: {choices}."),
    "union_tag_invalid": ("unknown-value", "Deze waarde kennen we niet.", "Kies uit: {choices}."),
    "union_tag_not_found": ("missing-key", "Het veld 'ground' ontbreekt.", 'Schrijf ground = "origin" of "gender".'),
}
_OTHER = (
    "bad-value",
    "Deze waarde heeft niet de goede vorm.",
    "Neem de vorm over van de andere regels in dit bestand.",
)


@dataclass(frozen=True)
class TomlFile:
    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "TomlFile":
        """The file's text; BadInput when it is not there or not UTF-8."""
        try:
            return cls(path, path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            problem = Problem("missing-file", "Dit bestand is er niet.", str(path), remedy="Zet het terug.")
        except UnicodeDecodeError:
            problem = Problem("not-utf8", "Dit bestand is geen UTF-8.", str(path), remedy="Bewaar het als UTF-8.")
        raise BadInput(problem)

    def parse(self, shape: type[Shape]) -> Shape:
        """The content in the given shape; BadInput with every deviation."""
        try:
            return shape.model_validate(tomllib.loads(self.text))
        except tomllib.TOMLDecodeError as error:
            raise BadInput(self._not_toml(error)) from error
        except ValidationError as error:
            raise BadInput(self._deviation(detail) for detail in error.errors()) from error

    def require(self, problems: Sequence[Problem]) -> None:
        """Raise BadInput when there are problems."""
        if problems:
            raise BadInput(problems)

    def problem(
        self, place: Place, code: str, message: str, *, found: str | None = None, remedy: str | None = None
    ) -> Problem:
        """A problem at a place in the file, as keys and indices from the top: ("sets", "dutch", "male", 3)."""
        return Problem(code, message, str(self.path), self.line(place), found=found, remedy=remedy)

    def _not_toml(self, error: tomllib.TOMLDecodeError) -> Problem:
        # Python 3.11 tells the position only in the message.
        position = re.search(r"at line (\d+), column (\d+)", str(error))
        line, column = (int(position[1]), int(position[2])) if position else (None, None)
        remedy = "Kijk of elk aanhalingsteken en elke haak gesloten is, en of niets dubbel staat."
        return Problem("not-toml", "Dit is geen geldige TOML.", str(self.path), line, column, str(error), remedy)

    def _deviation(self, detail: ErrorDetails) -> Problem:
        row = isinstance(detail["loc"][-1], int)
        # What a row of a list lacks has no name of its own.
        code, message, remedy = (
            _OTHER if row and detail["type"] == "missing" else _SENTENCES.get(detail["type"], _OTHER)
        )
        context = detail.get("ctx", {})
        words = {
            "field": detail["loc"][-1],
            "least": context.get("min_length"),
            "choices": context.get("expected") or context.get("expected_tags"),
        }
        absent = detail["type"] in ("missing", "union_tag_not_found")
        # A field that is absent has no line of its own: point at the table.
        place = detail["loc"][:2] if absent and not row else detail["loc"]
        found = None if absent else context.get("tag") or _short(detail["input"])
        return self.problem(place, code, message.format(**words), found=found, remedy=remedy.format(**words))

    def line(self, place: Place) -> int | None:
        """The line on which this place begins; None for the top of the file."""
        # A comment may hold brackets; blanked, positions stay the same.
        text = re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0]), self.text)
        at = None
        for pattern, nth in _steps(place):
            starts = [match.start() for match in re.compile(pattern, re.MULTILINE).finditer(text, at or 0)]
            at = starts[nth] if nth < len(starts) else at
        return None if at is None else text.count("\n", 0, at) + 1


def _steps(place: Place) -> Iterator[tuple[str, int]]:
    """Patterns to look for one after the other, each with how many matches to pass over."""
    if len(place) < 2:
        return
    table, item, *rest = place
    yield (rf"^[ \t]*\[\[{table}\]\]", item) if isinstance(item, int) else (rf"^[ \t]*\[{table}\.{item}\]", 0)
    # Only the last key: pydantic puts the tag of a union before it.
    keys = [key for key in rest if isinstance(key, str)]
    yield from ((rf"^[ \t]*{re.escape(key)}[ \t]*=", 0) for key in keys[-1:])
    indices = [index for index in rest if isinstance(index, int)]
    yield from ((r"\[\s*[^\[\s]", index) for index in indices[:1])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
