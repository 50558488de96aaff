"""What may still point at the applicant in a text that was masked: names spelt wrong, pet names, greetings. Pure.

`outcomes.mask_cues` hides what is known; this finds what only looks like it. Whatever it finds is shown to no coder
until a person looked, so it may be wrong now and then, on the safe side.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from results.outcomes import MASK

ALIASES_FILE = Path(__file__).parent / "data" / "name_aliases.toml"

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_GREETING = re.compile(
    r"(?:^|(?<=[.!?]\s))[ \t>*_]*(?P<hail>beste|geachte|hallo|hoi|hi|hey|hé|dag|dear|hello|lieve|"
    r"goede?\s?(?:morgen|middag|avond|dag)|good (?:morning|afternoon|evening))(?![^\W_])"
    r"(?P<rest>(?:(?<![^\W_])[^\W\d_]\.|[^\n,.!?:;])*)",
    re.IGNORECASE | re.MULTILINE,
)
# A mask with a word behind it: "heer" is hidden, and what he was called may not be.
_BEHIND = re.compile(rf"{MASK}[ \t]+(?P<word>[^\W\d_][\w'’-]*)")
_ENDING = re.compile(r"(?:s|'s|’s|tje|je|pje|etje|ke|ie|tjes|jes)$")
_FEW = 3
"""So many words can stand between a greeting and a surname."""
_NEAR, _FAR = 5, 8
"""A word this long is a name spelt wrong when it is one letter off; this long, when it is two."""


@cache
def _words_of(key: str) -> frozenset[str]:
    data = tomllib.loads(ALIASES_FILE.read_text(encoding="utf-8"))
    return frozenset(str(word) for word in data["words"][key].split())


@cache
def aliases() -> Mapping[str, frozenset[str]]:
    """Pet names by first name, all folded to small letters without marks."""
    data = tomllib.loads(ALIASES_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({folded(name): frozenset(map(folded, short)) for name, short in data["aliases"].items()})


def suspects(masked: str, names: Sequence[str], domain: str = "") -> tuple[str, ...]:
    """What stands in a masked text that may be a name of the applicant, or an address of ``domain``; mostly empty."""
    found = [*_greeted(masked), *_particles(masked, names), *_behind_masks(masked), *_almost(masked, tuple(names))]
    if domain:
        found += re.findall(rf"[\w.+%-]*@{re.escape(domain)}", masked, re.IGNORECASE)
    return tuple(dict.fromkeys(found))


def folded(text: str) -> str:
    """Small letters without marks, strokes or dots."""
    spread = unicodedata.normalize("NFKD", text.casefold().translate(_STROKES))
    return "".join(char for char in spread if not unicodedata.combining(char))


_STROKES = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})


def _greeted(masked: str) -> Iterator[str]:
    """A greeting that holds a word by which no stranger is greeted."""
    for match in _GREETING.finditer(masked):
        for word in _WORD.finditer(match["rest"]):
            if folded(word[0]) not in _words_of("greeted") | _words_of("begins"):
                yield word[0]
            if folded(word[0]) not in _words_of("greeted"):
                break  # behind the first strange word, or "Dag wij hebben …", it is no greeting any more


def _particles(masked: str, names: Sequence[str]) -> Iterator[str]:
    """What is left of a name spelt wrong: "Beste van en" before the mask of "Berg", "Beste van den erg"."""
    small = {folded(word) for name in names for word in name.split() if word[0].islower()}
    for match in _GREETING.finditer(masked):
        words = [word for word in _WORD.findall(match["rest"]) if folded(word) not in _words_of("greeted")]
        if words and folded(words[0]) in small:
            yield words[0]
        before, mask, _ = match["rest"].partition(MASK)
        left = [word for word in _WORD.findall(before) if mask and folded(word) not in _words_of("greeted")]
        if len(left) <= _FEW:
            yield from left


def _behind_masks(masked: str) -> Iterator[str]:
    for match in _BEHIND.finditer(masked):
        if match["word"][0].isupper() and folded(match["word"]) not in _words_of("begins"):
            yield match["word"]


def _almost(masked: str, names: tuple[str, ...]) -> Iterator[str]:
    wanted, pets = _sought(names)
    for match in _WORD.finditer(masked):
        word = folded(match[0])
        pet = word in pets and match[0][0].isupper()
        if pet or (word not in _words_of("ordinary") and any(_like(word, name) for name in wanted)):
            yield match[0]


@lru_cache(maxsize=256)
def _sought(names: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The words of names that are long enough to be known when spelt wrong, and the pet names of all."""
    words = {folded(word) for name in names for word in re.split(r"[\s.'’-]+", name)}
    pets = {pet for word in words for pet in aliases().get(word, ())}
    return tuple(sorted(word for word in words if len(word) >= _NEAR)), frozenset(pets)


def _like(word: str, name: str) -> bool:
    """Say whether a word is a name with an ending of its own, cut short, or one or two letters off."""
    stem = _ENDING.sub("", word)
    if name in (word, stem) or (len(stem) >= _NEAR and stem == name[: len(stem)] and len(name) - len(stem) < 3):
        return True
    allowed = 0 if len(name) < _NEAR else 1 if len(name) < _FAR else 2
    return any(_apart(each, name, allowed) for each in {word, stem})


def _apart(one: str, other: str, most: int) -> bool:
    """Say whether two words are at most so many letters apart; two neighbours that changed places are one."""
    if abs(len(one) - len(other)) > most or not most:
        return one == other
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        earlier, before, row = before, row, [at]
        for place, wanted in enumerate(other, 1):
            cost = min(row[-1] + 1, before[place] + 1, before[place - 1] + (letter != wanted))
            swapped = at > 1 and place > 1 and (letter, one[at - 2]) == (other[place - 2], wanted)
            row.append(min(cost, earlier[place - 2] + 1) if swapped else cost)
    return row[-1] <= most
