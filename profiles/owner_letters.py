"""The letters of a fictitious owner: what a script says, as a mail. Pure but for the file it reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from profiles.catalogue import DATA, Text
from profiles.letters import Letter
from profiles.toml_file import TomlFile

FILE = DATA / "owner_letters.toml"
_Owner = Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]+ [A-Z][a-z]+$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    subject: Text
    farewell: Text
    owners: tuple[_Owner, ...] = Field(min_length=2)


@dataclass(frozen=True)
class OwnerLetters:
    """What every letter of an owner has besides the script."""

    subject: str
    farewell: str
    owners: tuple[str, ...]

    def request(self, lines: Sequence[str], owner: str) -> Letter:
        """Write the request of an owner: all lines of a script but the last, which ends a conversation."""
        return Letter(self.subject, self._signed("\n\n".join(lines[:-1]), owner))

    def thanks(self, lines: Sequence[str], owner: str) -> Letter:
        """Write what ends it after an answer: the last line of the script and nothing else."""
        return Letter(f"Re: {self.subject}", self._signed(lines[-1], owner))

    def _signed(self, text: str, owner: str) -> str:
        return f"{text}\n\n{self.farewell}\n{owner}\n"


@lru_cache(maxsize=4)
def load(path: Path = FILE) -> OwnerLetters:
    """Read and check the file. Raises BadInput with file and line of every problem."""
    return OwnerLetters(**TomlFile.read(path).parse(_File).model_dump())


def mailbox(owner: str) -> str:
    """Return what an owner's address begins with: the name in small letters, a full stop between its parts."""
    return re.sub(r"[^a-z]+", ".", owner.casefold())
