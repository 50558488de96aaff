"""What an English letter writes for the Dutch words of a profile, read from ``data/english.toml``."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from profiles.catalogue import DATA, Text
from profiles.errors import BadInput, Problem
from profiles.profile import Language
from profiles.toml_file import TomlFile


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    words: dict[str, Text]


@lru_cache
def load(folder: Path = DATA) -> Mapping[str, str]:
    """The English of every Dutch word; BadInput when the file cannot be used."""
    return TomlFile.read(folder / "english.toml").parse(_File).words


def told_in(language: str, word: str, folder: Path = DATA) -> str:
    """The word in this language; BadInput for a word that has no English."""
    if language == Language.DUTCH:
        return word
    known = load(folder)
    if word not in known:
        path = str(folder / "english.toml")
        message, remedy = "Van dit woord is er geen Engels.", f'Voeg een regel toe: "{word}" = "…".'
        raise BadInput(Problem("no-english", message, path, found=word, remedy=remedy))
    return known[word]
