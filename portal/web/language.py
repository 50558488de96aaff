"""The languages of the pages: Dutch, in which they are written, and English, from a gettext catalogue.

What reports say of their own has its English beside them (`results.language`).
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from profiles.sentences import Sentence
from results import language as reports
from results.language import DUTCH, ENGLISH

__all__ = ["COOKIE", "DUTCH", "ENGLISH", "LANGUAGES", "catalogue", "chosen", "gettext", "say"]

LANGUAGES = {DUTCH: "Nederlands", ENGLISH: "English"}
"""By the code in a cookie and in ``lang``: what a language calls itself."""

COOKIE = "taal"
LOCALE = Path(__file__).parent / "locale"


@cache
def catalogue(language: str) -> dict[str, str]:
    """The sentences of the pages; those of the reports they show are in a catalogue of their own."""
    return reports.read(LOCALE, language)


def gettext(language: str) -> Callable[[str], str]:
    """Return what translates a text of ours; one without a translation stays Dutch."""
    known = reports.catalogue(language) | catalogue(language)
    return lambda text: known.get(text, text)


def say(language: str) -> Callable[[str], str]:
    """Return what translates a text that comes from elsewhere: a word, or a `Sentence` with its values.

    It gives plain text, which a template escapes; ``_()`` in a template gives markup, and is for literals alone.
    """
    translate = gettext(language)

    def said(text: str) -> str:
        if not isinstance(text, Sentence) or language == DUTCH:
            return translate(text)
        values = {name: said(each) if isinstance(each, str) else each for name, each in text.values.items()}
        return translate(text.template) % values

    return said


def chosen(cookie: str | None) -> str:
    """Return the language of a browser: what its cookie says, else Dutch."""
    return cookie if cookie in LANGUAGES else DUTCH
