"""The document of a request test as a file: made of the document alone, so that it is the same byte for byte later."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from results.language import DUTCH
from results.paper import typeset
from results.releases.files import TYPES, read
from results.request_releases import paper

__all__ = ["TYPES", "as_csv", "read", "written"]

COLUMNS = ("table", "part", "offices", "share", "low", "high", "level", "method", "convention")


def written(text: str, kind: str, language: str = DUTCH) -> bytes:
    """Return the file of a kind in `TYPES`. Raises `Refused` for a PDF of what cannot stand in one."""
    if kind == "pdf":
        return typeset(paper.paper_of(text, language))
    return (text if kind == "json" else as_csv(read(text))).encode()


def as_csv(document: Mapping[str, Any]) -> str:
    """Return every number of the document, one row a part; a hidden one has the symbol of the policy."""
    out = io.StringIO()
    lines = csv.DictWriter(out, COLUMNS, lineterminator="\r\n", restval="")
    lines.writeheader()
    lines.writerows(_rows(document))
    return out.getvalue()


def _rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    result, symbol = document["result"], document["policy"]["symbol"]
    yield {"table": "total", "offices": result.get("offices", symbol)}
    for name in ("refuses", "notRefusing"):
        if share := result.get(name):
            told = {key: share[key] for key in ("low", "high", "level", "method", "convention")}
            yield {"table": "share", "part": name, "share": share["value"], **told}
    for table in document["tables"]:
        for part in table["parts"]:
            number = symbol if part["offices"] is None else part["offices"]
            yield {"table": table["name"], "part": part["name"], "offices": number}
    for key, number in document["burden"].items():
        yield {"table": "burden", "part": key, "offices": number}
