"""The language in which a report is written: Dutch, the language of its sentences, or another from a gettext catalogue.

It holds while a report is built and rendered (`written_in`), so that no function has to hand it on. A catalogue is read
as it was committed, without a step that compiles it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

DUTCH, ENGLISH = "nl", "en"
LANGUAGES = (DUTCH, ENGLISH)
LOCALE = Path(__file__).parent / "locale"
PLACE = re.compile(r"%\((\w+)\)s")
BETWEEN = re.compile(r"(; | (?=Gevonden: ))")
"""What stands between the parts of a note."""
NUMBERS = r"[-−]?\d[\d.,]*(?:, [\d.,]+)*"
COMMA = re.compile(r"(?<=\d),(?=\d)")

_CURRENT: ContextVar[str] = ContextVar("language", default=DUTCH)


def current() -> str:
    """The language of what is being written now."""
    return _CURRENT.get()


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Write in this language within the block."""
    before = _CURRENT.set(language)
    try:
        yield
    finally:
        _CURRENT.reset(before)


def read(locale: Path, language: str) -> dict[str, str]:
    """Return the sentences of a language by their Dutch; those of Dutch are nothing but themselves."""
    if language == DUTCH:
        return {}
    with (locale / language / "LC_MESSAGES" / "messages.po").open("rb") as lines:
        found = read_po(lines, locale=language)
    return {str(each.id): str(each.string) for each in found if each.id and each.string and not each.fuzzy}


@cache
def catalogue(language: str) -> dict[str, str]:
    """The sentences of the reports."""
    return read(LOCALE, language)


def gettext(language: str) -> Callable[[str], str]:
    """Return what translates a text of ours; one without a translation stays Dutch."""
    known = catalogue(language)
    return lambda text: known.get(text, text)


def _(text: str, /, **values: object) -> str:
    """Say a sentence in the language of now, with its places such as ``%(moment)s`` filled in."""
    said = catalogue(current()).get(text, text)
    return said % values if values else said


def note(text: str) -> str:
    """Say a note of a statistic: parts that are sentences of ours, some with numbers in them."""
    if current() == DUTCH or text in catalogue(current()):
        return _(text)
    return "".join(_part(current(), part) for part in BETWEEN.split(text))


@cache
def _part(language: str, part: str) -> str:
    known = catalogue(language)
    if part in known or BETWEEN.fullmatch(part):
        return known.get(part, part)
    for pattern, said in _patterns(language):
        if found := pattern.fullmatch(part):
            return said % {name: COMMA.sub(".", number) for name, number in found.groupdict().items()}
    return part


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every sentence with places, as what finds it with numbers in them."""
    return tuple((_pattern(text), said) for text, said in catalogue(language).items() if PLACE.search(text))


def _pattern(text: str) -> re.Pattern[str]:
    pieces = PLACE.split(text)
    return re.compile(
        "".join(f"(?P<{each}>{NUMBERS})" if odd % 2 else re.escape(each) for odd, each in enumerate(pieces))
    )
