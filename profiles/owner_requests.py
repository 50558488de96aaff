"""The request test: what a fictitious owner asks a broker, once and neutrally, and what may be heard in answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from profiles.catalogue import DATA, Text
from profiles.errors import BadInput, Problem, Refused
from profiles.profile import Ground
from profiles.toml_file import TomlFile

FILE = DATA / "owner_requests.toml"
NOT_REACHED = "NIET_BEREIKT"


class Kind(StrEnum):
    """What an answer comes down to."""

    REFUSES = "refuses"
    INDIRECT = "indirect"
    DIRECT = "direct"
    EVASIVE = "evasive"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True)
class Script:
    """What is said, in this order; ``question`` is the only question, and the last thing asked."""

    key: str
    version: int
    ground: Ground
    opening: str
    reason: str
    request: str
    question: str
    closing: str

    @property
    def lines(self) -> tuple[str, ...]:
        return self.opening, self.reason, self.request, self.question, self.closing


@dataclass(frozen=True)
class Code:
    """What a coder makes of an answer, with an example of it."""

    key: str
    kind: Kind
    meaning: str
    example: str


@dataclass(frozen=True)
class Requests:
    """All scripts, by key and version, and the codes in their order."""

    scripts: Mapping[tuple[str, int], Script]
    codes: Mapping[str, Code]

    def newest(self, key: str) -> Script:
        """Return the newest version of a script; raise `Refused` naming those there are."""
        found = [script for (name, _), script in self.scripts.items() if name == key]
        if not found:
            known = ", ".join(sorted({name for name, _ in self.scripts}))
            raise Refused("unknown-script", f"Er is geen script '{key}'.", f"Kies uit: {known}.")
        return max(found, key=lambda script: script.version)

    def code(self, key: str) -> Code:
        """Return a code; raise `Refused` naming those there are."""
        if key not in self.codes:
            raise Refused("unknown-code", f"Code '{key}' bestaat niet.", f"Kies uit: {', '.join(self.codes)}.")
        return self.codes[key]


class _ScriptRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Text
    version: StrictInt = Field(ge=1)
    ground: Ground
    opening: Text
    reason: Text
    request: Text
    question: Text
    closing: Text


class _CodeRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Text
    kind: Kind
    meaning: Text
    example: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    scripts: tuple[_ScriptRow, ...]
    codes: tuple[_CodeRow, ...]


@lru_cache(maxsize=8)
def load(path: Path = FILE) -> Requests:
    """Read and check the scripts and codes. Raises BadInput with file and line of every problem."""
    file = TomlFile.read(path)
    rows = file.parse(_File)
    scripts = [Script(**row.model_dump()) for row in rows.scripts]
    problems = [
        file.problem(("scripts", number), "not-one-question", message, remedy=remedy)
        for number, script in enumerate(scripts)
        if (message := _provokes(script))
        for remedy in ("Vraag een keer, open en zonder druk: alleen question eindigt op een vraagteken.",)
    ]
    if len({(script.key, script.version) for script in scripts}) < len(scripts):
        problems.append(Problem("duplicate-script", "Een versie van een script staat er twee keer.", str(path)))
    if problems:
        raise BadInput(problems)
    codes = {row.key: Code(**row.model_dump()) for row in rows.codes}
    return Requests({(script.key, script.version): script for script in scripts}, codes)


def _provokes(script: Script) -> str | None:
    """Why a script asks more than once, or does not ask; None for one that is sound."""
    asked = [line for line in script.lines if "?" in line]
    if asked != [script.question] or script.question.count("?") != 1 or not script.question.endswith("?"):
        return f"Script '{script.key}' stelt niet precies een vraag."
    return None
