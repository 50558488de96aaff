"""The languages of the pages: Dutch, in which they are written, and English, from a gettext catalogue.

The catalogue is read as it was committed, without a step that compiles it.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from profiles.sentences import Sentence

DUTCH, ENGLISH = "nl", "en"
LANGUAGES = {DUTCH: "Nederlands", ENGLISH: "English"}
"""By the code in a cookie and in ``lang``: what a language calls itself."""

COOKIE = "taal"
LOCALE = Path(__file__).parent / "locale"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the sentences of a language by their Dutch; those of Dutch are nothing but themselves."""
    if language == DUTCH:
        return {}
    with (LOCALE / language / "LC_MESSAGES" / "messages.po").open("rb") as lines:
        read = read_po(lines, locale=language)
    return {str(each.id): str(each.string) for each in read if each.id and each.string and not each.fuzzy}


def gettext(language: str) -> Callable[[str], str]:
    """Return what translates a text of ours; one without a translation stays Dutch."""
    known = catalogue(language)
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
