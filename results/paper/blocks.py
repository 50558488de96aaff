"""What stands on paper, block by block, without any layout: text, figures, tables and charts.

Everything is finished text; charts have their geometry in percent of the width (`results.charts`), and say in ``alt``
what a reader who cannot see them misses.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 1
    """1 below the title of the document, 2 below that."""


@dataclass(frozen=True)
class Text:
    text: str
    small: bool = False


@dataclass(frozen=True)
class Lead:
    """The sentence everything is about; ``figure`` is the part in bold."""

    before: str
    figure: str
    after: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alert:
    """What may not be overlooked."""

    heading: str
    text: str


@dataclass(frozen=True)
class Tiles:
    """Key figures: label, value, and what it is out of."""

    tiles: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Terms:
    terms: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Items:
    """A list; each item is a part in bold (or empty) and the rest."""

    items: tuple[tuple[str, str], ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """Cells as text under a row of headings. ``words`` are the columns that hold words, the others hold numbers."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = (0,)
    total: bool = False
    """Whether the last row is the total of the others."""


@dataclass(frozen=True)
class Stack:
    """One bar of stacked counts: key, start, width, and the count where it fits inside."""

    alt: str
    parts: tuple[tuple[str, float, float, str], ...]


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Line:
    """An interval with its point under a name; no interval where it is hidden."""

    name: str
    interval: tuple[float, float, float] | None
    strong: bool = False


@dataclass(frozen=True)
class Intervals:
    """Intervals above each other on one scale: start, end and point of each."""

    alt: str
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    zero: float


@dataclass(frozen=True)
class Band:
    """One advertiser's interval above the band of all."""

    alt: str
    own: tuple[float, float, float] | None
    band: tuple[float, float, float] | None
    ticks: tuple[Tick, ...]
    zero: float


SEALED = "praktijktest-zegel:"
"""Stands before the seal among the keywords of a file."""

Block = Heading | Text | Lead | Alert | Tiles | Terms | Items | Table | Stack | Intervals | Band


@dataclass(frozen=True)
class Paper:
    """A whole document. ``moment`` is when what it tells was settled; the file says no other time.

    ``logo`` is a picture (PNG or JPEG) for the top. ``seal`` is that of the release the document is of, which
    programs find among the keywords of the file.
    """

    title: str
    subtitle: str
    author: str
    footer: str
    moment: datetime
    blocks: tuple[Block, ...]
    language: str = "nl"
    logo: bytes | None = None
    seal: str | None = None

    def data(self) -> dict[str, Any]:
        """Everything a template needs, as plain values."""
        told = {name: getattr(self, name) for name in ("title", "subtitle", "author", "footer", "language")}
        blocks = [{"kind": type(block).__name__.lower(), **asdict(block)} for block in self.blocks]
        keywords = [f"{SEALED}{self.seal}"] if self.seal else []
        return {**told, "logo": self.logo and list(self.logo), "keywords": keywords, "blocks": blocks}
