"""A web page as whoever fills in a form sees it: the fields of its forms, and its words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lxml import etree

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
    """Read HTML, however broken, as a browser does: what nobody can read is passed over."""
    reader = _Reader()
    # Not the parser of Python: tags that never end take it a time that grows with the square of the page.
    parser = etree.HTMLParser(target=reader, encoding="utf-8", no_network=True)
    try:
        parser.feed(text.encode("utf-8", "replace"))
        parser.close()
    except etree.XMLSyntaxError:
        pass  # an empty page
    return Page(tuple(reader.forms), " ".join("".join(reader.words).split()))


@dataclass
class _Reader:
    """What lxml tells of a page, in the order of the page."""

    forms: list[dict[str, Field]] = field(default_factory=lambda: [{}])
    words: list[str] = field(default_factory=list)
    seen: bool = True

    def start(self, tag: str, told: Mapping[str, str]) -> None:
        self.seen = tag not in _UNSEEN
        if tag == "form":
            self.forms.append({})
        name = told.get("name")
        if tag in _FIELDS and name and (told.get("type") or "").lower() not in _BUTTONS:
            self.forms[-1].setdefault(name, Field(told.get("value") or "", "required" in told))

    def end(self, tag: str) -> None:
        self.seen = True
        if tag == "form":
            self.forms.append({})

    def data(self, data: str) -> None:
        if self.seen:
            self.words.append(data)

    def close(self) -> None: ...
