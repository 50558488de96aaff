"""How the market hears a name: Dutch-sounding or not, and how its bearer is addressed."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_TITLES = {"dhr", "mevr", "mw", "heer", "meneer", "mevrouw", "de heer", "drs", "ir", "mr", "dr", "ing"}
_CLOSING = re.compile(
    r"^\s*(?:met\s+)?(?:(?:vriendelijke|hartelijke|beste|warme|alvast)\s+)*"
    r"(?:groet|groeten|groetjes|hoogachtend|bedankt|dank)\b,?[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_WORDS = range(2, 7)
_PARTICLES = {
    "van",
    "de",
    "den",
    "der",
    "het",
    "ter",
    "ten",
    "te",
    "el",
    "al",
    "ben",
    "op",
    "in",
    "'t",
    "v.d.",
    "bin",
    "ait",
}


@dataclass(frozen=True)
class Person:
    """A name as heard; ``gender`` is "m", "f" or None when the market cannot tell."""

    first: str
    last: str
    dutch: bool
    gender: str | None


@dataclass(frozen=True)
class _Knowledge:
    first_names: frozenset[str]
    surnames: frozenset[str]
    women: frozenset[str]
    men: frozenset[str]


def hear(name: str) -> Person:
    """Take a full name apart; Dutch-sounding means that first name and surname are both on the market's list.

    Case, diacritics, titles and "Surname, First" do not matter.
    """
    words = _words(name)
    known = _knowledge()
    for cut in range(1, len(words)):
        first, last = " ".join(words[:cut]), " ".join(words[cut:])
        if plain(first) in known.first_names and _is_surname(last, known):
            return Person(first, last, True, _gender(first, known))
    first, last = _cut(words)
    return Person(first, last, False, _gender(first, known))


def signature(body: str) -> str:
    """The name under a letter: what follows the last closing phrase, on its line or the next one; "" if none."""
    closings = list(_CLOSING.finditer(body))
    for closing in reversed(closings):
        for line in body[closing.end() :].splitlines()[:4]:
            if looks_like_a_name(line):
                return line.strip(" \t,.")
    return ""


def looks_like_a_name(text: str) -> bool:
    """Whether ``text`` could be somebody's first name and surname."""
    words = text.strip(" \t,.").split()
    return len(words) in _WORDS and not re.search(r"[@\d:/?!]", text) and words[0][:1].isupper()


def plain(text: str) -> str:
    """Lower case without diacritics, spaces collapsed: the form in which names and streets are compared."""
    replaced = text.replace("ı", "i").replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("’", "'")
    decomposed = unicodedata.normalize("NFKD", replaced.casefold())
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def _words(name: str) -> list[str]:
    last, comma, first = name.partition(",")
    ordered = f"{first} {last}" if comma and first.strip() else last
    return [word for word in ordered.split() if plain(word).rstrip(".") not in _TITLES]


def _cut(words: list[str]) -> tuple[str, str]:
    """First name and surname of an unknown name: a particle ("El", "van") opens the surname, else the first space."""
    if not words[1:]:
        return "".join(words), ""
    start = next((place for place, word in enumerate(words[1:], 1) if plain(word) in _PARTICLES), 1)
    return " ".join(words[:start]), " ".join(words[start:])


def _is_surname(last: str, known: _Knowledge) -> bool:
    whole = plain(last).replace("v.d.", "van der").replace("v/d", "van der")
    return whole in known.surnames or (
        "-" in whole and all(part.strip() in known.surnames for part in whole.split("-"))
    )


def _gender(first: str, known: _Knowledge) -> str | None:
    name = plain(first)
    if (name in known.women) == (name in known.men):
        return None
    return "f" if name in known.women else "m"


@cache
def _knowledge() -> _Knowledge:
    data: dict[str, Any] = tomllib.loads(files("market").joinpath("names.toml").read_text(encoding="utf-8"))
    women, men = (_plain_set(data["dutch"][sex].split()) for sex in ("women", "men"))
    return _Knowledge(
        first_names=women | men,
        surnames=_plain_set(data["dutch"]["surnames"]),
        women=women | _plain_set(data["other"]["women"].split()),
        men=men | _plain_set(data["other"]["men"].split()),
    )


def _plain_set(names: Iterable[str]) -> frozenset[str]:
    return frozenset(plain(name) for name in names)
