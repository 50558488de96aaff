"""The texts of the toolkit as a municipality edits them: Markdown with placeholders, and two lists.

Of Markdown they use headings, paragraphs, lists, a quotation for what may not be overlooked, and bold at the start of
an item. ``<!-- dekt: key -->`` says which line of the checklist the next paragraph or item meets.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from orchestrator.text_file import decode_utf8, read_utf8
from profiles.errors import BadInput, Problem

SHIPPED = "data/toolkit/nl"
INDEX, CHOICES, POINTS = "toolkit.toml", "choices.toml", "reporting_points.toml"
COVERS = re.compile(r"<!--\s*dekt:\s*([\w-]+)\s*-->")
COMMENT = re.compile(r"<!--.*?-->")
MARKS = (("### ", "heading2"), ("## ", "heading1"), ("# ", "title"), ("> ", "alert"), ("- ", "item"))
NUMBER = re.compile(r"\d+\. ")
UTF8 = "Bewaar het bestand in uw editor met de codering UTF-8."


@dataclass(frozen=True)
class Passage:
    """One paragraph, heading or item, with its line in the file and the line of the checklist it meets."""

    kind: str
    text: str
    file: str
    line: int
    covers: str | None


@dataclass(frozen=True)
class Part:
    """One document of the toolkit; ``name`` is what it is called, ``checklist`` holds what it should say by key."""

    key: str
    name: str
    file: str
    passages: tuple[Passage, ...]
    checklist: Mapping[str, str]


@dataclass(frozen=True)
class Texts:
    """All texts. ``fingerprint`` changes with any letter of them, so that a version names one text only."""

    version: str
    fingerprint: str
    parts: tuple[Part, ...]
    choices: Mapping[str, Mapping[str, str]]
    points: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Folder:
    """The shipped texts, with a municipality's own file instead wherever it has one of that name.

    Raises BadInput for a folder that is not there.
    """

    own: Path | None

    def __post_init__(self) -> None:
        if self.own and not self.own.is_dir():
            remedy = "Zet PRAKTIJKTEST_TOOLKIT_TEXTS op een bestaande map, of laat haar weg."
            message = "Deze map met teksten is er niet."
            raise BadInput(Problem("missing-folder", message, str(self.own), remedy=remedy))

    def name(self, file: str) -> str:
        return str(self._own(file) or file)

    def read(self, file: str) -> str:
        if own := self._own(file):
            return read_utf8(own, "encoding", UTF8)
        shipped = files("results") / SHIPPED / file
        if not shipped.is_file():
            raise BadInput(Problem("missing-file", "Deze tekst van de toolkit is er niet.", file))
        return decode_utf8(shipped.read_bytes(), file, "encoding", UTF8)

    def table(self, file: str) -> dict[str, Any]:
        try:
            return tomllib.loads(self.read(file))
        except tomllib.TOMLDecodeError as error:
            message = f"Dit bestand is geen TOML: {error}."
            raise BadInput(Problem("not-toml", message, self.name(file), remedy="Herstel die regel.")) from error

    def _own(self, file: str) -> Path | None:
        path = self.own / file if self.own else None
        return path if path and path.is_file() else None


def read_texts(own: Path | None = None) -> Texts:
    """Read the texts, each from the folder of a municipality where that has one. Raises BadInput for what is wrong."""
    folder = Folder(own)
    index, read = folder.table(INDEX), {}
    parts = []
    try:
        for key, told in index["parts"].items():
            read[told["file"]] = folder.read(told["file"])
            passages = tuple(passages_of(read[told["file"]], folder.name(told["file"])))
            parts.append(Part(key, str(told["name"]), folder.name(told["file"]), passages, told.get("checklist", {})))
        version = str(index["version"])
    except (KeyError, AttributeError, TypeError) as error:
        message = "Hierin staan version, en bij elk onderdeel name, file en checklist."
        raise BadInput(Problem("wrong-index", message, folder.name(INDEX), found=str(error))) from error
    lists = {name: folder.read(name) for name in (INDEX, CHOICES, POINTS)}
    return Texts(
        version=version,
        fingerprint=fingerprint_of({**read, **lists}),
        parts=tuple(parts),
        choices=folder.table(CHOICES),
        points=tuple(folder.table(POINTS).get("points", ())),
    )


def fingerprint_of(read: Mapping[str, str]) -> str:
    """Return what changes with any letter of these texts, by the name of their file."""
    whole = "\0".join(f"{name}\0{read[name]}" for name in sorted(read))
    return sha256(whole.encode()).hexdigest()[:8]


def passages_of(text: str, file: str) -> Iterator[Passage]:
    """Paragraph by paragraph; a line that begins a heading, an item or a quotation begins a passage of its own."""
    waiting: Passage | None = None
    covers = None
    for number, line in enumerate(text.splitlines(), start=1):
        found = COVERS.search(line)
        covers = found.group(1) if found else covers
        plain = COMMENT.sub("", line).strip()
        if not plain:
            if waiting:
                yield waiting
            waiting = None
            continue
        kind, rest = _marked(plain)
        if waiting and kind == "text":
            waiting = replace(waiting, text=f"{waiting.text} {rest}")
            continue
        if waiting:
            yield waiting
        waiting = Passage(kind, rest, file, number, covers)
        covers = covers if kind.startswith(("heading", "title")) else None
    if waiting:
        yield waiting


def _marked(line: str) -> tuple[str, str]:
    for mark, kind in MARKS:
        if line.startswith(mark):
            return kind, line.removeprefix(mark).strip()
    if found := NUMBER.match(line):
        return "numbered", line[found.end() :]
    return "text", line
