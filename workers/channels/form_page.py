"""A web page as whoever fills in a form sees it: the fields of its forms, and its words."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

_FIELDS = ("input", "select", "textarea")
_BUTTONS = ("submit", "button", "reset", "image")
_UNSEEN = ("script", "style")


@dataclass(frozen=True)
class Field:
    """What a field holds when the page is opened, and whether a browser insists on more."""

    value: str
    required: bool


@dataclass(frozen=True)
class Page:
    """``forms`` are fields by name; those outside any form are together as well. ``words`` is the text on one line."""

    forms: tuple[Mapping[str, Field], ...]
    words: str

    def form_with(self, names: Collection[str]) -> Mapping[str, Field]:
        """Return the form that has most of these fields."""
        return max(self.forms, key=lambda form: sum(name in form for name in names))


def read_page(text: str) -> Page:
    """Read HTML, however broken: what comes after a part that nobody can read is left out."""
    reader = _Reader()
    # An unknown <![section]> and a character reference of thousands of digits: the parser of Python gives up on both.
    with suppress(AssertionError, ValueError):
        reader.feed(text)
        reader.close()
    return Page(tuple(reader.forms), " ".join("".join(reader.words).split()))


@dataclass
class _Reader(HTMLParser):
    forms: list[dict[str, Field]] = field(default_factory=lambda: [{}])
    words: list[str] = field(default_factory=list)
    seen: bool = True

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.seen = tag not in _UNSEEN
        if tag == "form":
            self.forms.append({})
        name = told.get("name")
        if tag in _FIELDS and name and (told.get("type") or "").lower() not in _BUTTONS:
            self.forms[-1].setdefault(name, Field(told.get("value") or "", "required" in told))

    def handle_endtag(self, tag: str) -> None:
        self.seen = True
        if tag == "form":
            self.forms.append({})

    def handle_data(self, data: str) -> None:
        if self.seen:
            self.words.append(data)
