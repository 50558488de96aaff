"""A released document as a file, by the kind that its name ends with."""

from results.language import DUTCH
from results.paper import typeset
from results.releases import files, paper


def written(text: str, kind: str, language: str = DUTCH, seal: str | None = None) -> bytes:
    """Return the file of a kind in `files.TYPES`, made of the canonical text of the document and its seal alone.

    Raises `Refused` for a PDF of what cannot stand in one.
    """
    if kind == "pdf":
        return typeset(paper.paper_of(text, language, seal))
    return (text if kind == "json" else files.as_csv(files.read(text))).encode()
