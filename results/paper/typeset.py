"""Blocks set as a PDF: PDF/UA-1 (for screen readers) and PDF/A-2a (to be kept), byte for byte the same every time.

Typst refuses what these standards forbid, a picture without a description among them.
"""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import local
from typing import Literal

import typst

from profiles.errors import Refused
from results.paper.blocks import Paper

STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
FONTS = Path(__file__).parent / "fonts"
TEMPLATE = "templates/paper.typ"
REMEDY = "Vervang het teken of de afbeelding die genoemd wordt, of gebruik de pagina in plaats van de PDF."

AMBIGUOUS = b"\r\nendstream"
"""A stream that happens to end in a carriage return: a reader cannot tell it from the line end that follows, and PDF/A
wants the length of a stream to be beyond doubt. One file in twenty-five has one."""
_OWN = local()


def typeset(paper: Paper) -> bytes:
    """The PDF of a paper. Its only time is the paper's own; fonts are ours and those within typst, never the machine's.

    Raises `Refused` for what cannot stand in such a PDF: a character that no font has, or a picture that is none.
    """
    try:
        made = _compiled(paper)
        return _compiled(paper, plain=True) if AMBIGUOUS in made else made
    except typst.TypstError as error:
        said = f"'{paper.title}' kan geen toegankelijke PDF worden: {error.message}."
        raise Refused("not-on-paper", said, REMEDY) from None


def _compiled(paper: Paper, *, plain: bool = False) -> bytes:
    """The PDF as Typst makes it; ``plain`` writes every stream in visible characters, in twice the bytes."""
    made = _compiler().compile(
        input=_template(),
        format="pdf",
        sys_inputs={"paper": json.dumps(paper.data(), ensure_ascii=False)},
        pdf_standards=[*STANDARDS],
        timestamp=int(paper.moment.timestamp()),
        pretty=plain,
    )
    if not isinstance(made, bytes):
        raise TypeError("typst made no PDF of one file")
    return made


@cache
def _template() -> bytes:
    return (files("results") / TEMPLATE).read_bytes()


def _compiler() -> typst.Compiler:
    """One for each thread, as threads may not share one; they do share the fonts, which take longest to read."""
    if not hasattr(_OWN, "compiler"):
        _OWN.compiler = typst.Compiler(_template(), font_paths=_fonts())
    made: typst.Compiler = _OWN.compiler
    return made


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
